/* One message on its way to the broker. Borrowed: whoever keeps it copies it. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

struct message {
	const char *topic;   /* complete, no wildcards */
	const char *payload; /* text; not NUL-terminated by contract, len counts */
	size_t len;          /* 0 clears a retained topic */
	int qos;             /* 0 to 2 */
	bool retain;
};

/* Where messages go. send() copies; 0 or a negative errno, which the sender may ignore: the way out
 * counts what it drops. */
struct outlet {
	void *user;
	int (*send)(void *user, const struct message *message);
};

#endif
