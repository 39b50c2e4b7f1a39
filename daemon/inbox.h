/* A bounded store of messages that arrived: one thread fills it, the other takes it away as a whole.
 *
 * One flat buffer, no allocation per message. Not locked: the owner does that around the calls.
 */
#ifndef INBOX_H
#define INBOX_H

#include <stdbool.h>
#include <stddef.h>

#define INBOX_PAYLOAD 65536        /* octets of one payload, at most */
#define INBOX_SIZE    (256 * 1024) /* octets of all */
#define INBOX_COUNT   2048

/* A message that arrived. */
struct arrival {
	const char *topic;
	const void *payload; /* len octets of anything */
	size_t len;
	bool retained;
};

struct inbox {
	unsigned char *octets;
	size_t used;
	size_t read;
	size_t count; /* not yet read */
};

bool inbox_init(struct inbox *box); /* false: no memory */
void inbox_fini(struct inbox *box);

/* Copies it; false when there is no room for it. */
bool inbox_put(struct inbox *box, const struct arrival *arrival);

/* Whether one of any length might not fit: better nothing more is taken from the broker now. */
bool inbox_is_crowded(const struct inbox *box);

/* The two change places; `empty` must have been read to its end. */
void inbox_take(struct inbox *box, struct inbox *empty);

/* The next arrival, valid until the next inbox_take(); false: none. */
bool inbox_next(struct inbox *box, struct arrival *arrival);

#endif
