/* A bounded store of messages between two threads: one puts, the other takes.
 *
 * A newer state or diagnostic takes the place, in the order too, of one that waits for the same topic. When
 * room ends the oldest diagnostics go first, then the oldest events; a state is not taken rather than that
 * another one goes, and what somebody asks for by its ticket goes last of all. No allocation per message.
 * Not locked: the owner does that around every call.
 */
#ifndef OUTBOX_H
#define OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "message.h"

#define OUTBOX_MESSAGE (256 * 1024) /* octets of one message with its topic, at most */

/* In the order in which they go when room ends. */
enum outbox_class {
	OUTBOX_DIAGNOSTIC,
	OUTBOX_EVENT,
	OUTBOX_STATE,
	OUTBOX_TICKET, /* of any kind: never replaced */
	OUTBOX_CLASSES,
};

struct outbox_entry;

/* Entries by their number, the oldest first. */
struct outbox_list {
	uint32_t first, last;
	size_t cost; /* of their octets */
};

struct outbox {
	struct arena arena; /* an entry's topic with its NUL, and its payload */
	struct outbox_entry *entries;
	uint32_t max, fresh; /* so many may be, so many have been used so far */
	uint32_t spare;      /* the first of those that are free again */
	uint32_t *buckets;   /* states and diagnostics, by their topic */
	uint32_t bucket_mask;
	struct outbox_list lists[OUTBOX_CLASSES];
	size_t count;
	uint64_t serial;
	unsigned char *taken;

	uint64_t dropped; /* messages that found no room, or lost it */
	bool state_lost; /* one of them was a state, or to be kept; the owner puts it back to false */
};

/* For so many messages, of so many octets together; false: no memory. */
bool outbox_init(struct outbox *box, size_t count, size_t octets);
void outbox_fini(struct outbox *box);

/* Copies the message; false when there is no room for it. */
bool outbox_put(struct outbox *box, const struct message *message);

/* The next message, valid until the next outbox_take(), whatever is put meanwhile; false: none. */
bool outbox_take(struct outbox *box, struct message *message);

/* Other bounds; false: no memory, or not all that waits fits, and all is as before. */
bool outbox_resize(struct outbox *box, size_t count, size_t octets);

/* Throws everything away; returns how many messages that were. */
size_t outbox_clear(struct outbox *box);

bool outbox_is_empty(const struct outbox *box);

#endif
