/* A bounded store of messages between two threads: one fills, the other empties.
 *
 * Two flat buffers: messages are copied into one while the other is being sent; they change places when
 * that is empty. No allocation per message. Not locked: the owner does that around the calls that say so.
 */
#ifndef OUTBOX_H
#define OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "message.h"

#define OUTBOX_SIZE (1024 * 1024) /* octets of one buffer */

struct outbox_buffer {
	unsigned char *octets;
	size_t used;
	size_t sent;
	size_t count;
};

struct outbox {
	struct outbox_buffer filling;
	struct outbox_buffer sending;
};

bool outbox_init(struct outbox *box); /* false: no memory */
void outbox_fini(struct outbox *box);

/* Locked. Copies the message; false when there is no room for it. */
bool outbox_put(struct outbox *box, const struct message *message);

/* Locked. Makes what was put available to outbox_next() when all before was taken. */
void outbox_turn(struct outbox *box);

/* Of the emptying thread alone. The next message, valid until outbox_turn(); false: none. */
bool outbox_next(struct outbox *box, struct message *message);

/* Locked. Throws everything away; returns how many messages were lost. */
size_t outbox_clear(struct outbox *box);

/* Locked. */
bool outbox_is_empty(const struct outbox *box);

#endif
