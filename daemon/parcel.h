/* Messages one behind the other, on their way from one thread to another: what a turn of the loop has to say is
 * handed over at once, and not each message by itself.
 *
 * Bounded, and nothing is replaced in it: that is the outbox's. Not locked: a parcel belongs to one thread, or its owner
 * locks.
 */
#ifndef PARCEL_H
#define PARCEL_H

#include <stdbool.h>
#include <stddef.h>

#include "message.h"

#define PARCEL_OCTETS \
	(256 * 1024) /* with what is kept of each message; only what is used is touched */

struct parcel {
	unsigned char *octets;
	size_t begin, end; /* of what is in it */
	size_t count;      /* messages */
};

/* False: no memory. */
bool parcel_init(struct parcel *p);
void parcel_fini(struct parcel *p);

/* Copies a message that has no ticket behind the others; false when there is no room for it. */
bool parcel_put(struct parcel *p, const struct message *message);

/* Puts all of another one behind its own, and leaves that empty; false, and both as before, when there is no room. */
bool parcel_put_all(struct parcel *p, struct parcel *other);

/* Takes the first one, which is valid until something is put; false: there is none. */
bool parcel_take(struct parcel *p, struct message *message);

/* Throws away all but those that are wanted, which stay in their order. */
void parcel_keep(struct parcel *p, bool (*is_wanted)(const struct message *message));

void parcel_clear(struct parcel *p);

#endif
