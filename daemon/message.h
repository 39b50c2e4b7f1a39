/* One message on its way to the broker. Borrowed: whoever keeps it copies it. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What may become of it while it waits for the broker. */
enum message_kind {
	MESSAGE_STATE,      /* stands for its topic: a newer one takes its place */
	MESSAGE_EVENT,      /* one of its own */
	MESSAGE_DIAGNOSTIC, /* like STATE, and the first to go when room ends */
};

struct message {
	const char *topic;   /* complete, no wildcards */
	size_t topic_len;    /* without its NUL; 0: nobody has counted yet */
	const char *payload; /* text; not NUL-terminated by contract, len counts */
	size_t len;          /* 0 clears a retained topic */
	int qos;             /* 0 to 2 */
	bool retain;
	enum message_kind kind;
	unsigned expiry_s; /* MQTT 5: the broker forgets it after so many seconds; 0: never */
	uint64_t ticket;   /* with qos 1 or 2: told once the broker has it; 0: nobody asks */
};

static inline size_t message_topic_len(const struct message *message)
{
	return message->topic_len ? message->topic_len : strlen(message->topic);
}

/* Where messages go. send() copies; 0 or a negative errno, which the sender may ignore: the way out
 * counts what it drops. */
struct outlet {
	void *user;
	int (*send)(void *user, const struct message *message);
};

#endif
