/* The registers that were kept last, for a broker that has none.
 *
 * A meter may send its registers once an hour: after a restart they are known from the state directory at once.
 * What the broker keeps is as new or newer, unless it has lost it: so it is asked first, and what it has not, and
 * what has not come meanwhile, is put up on the board.
 */
#ifndef RECALL_H
#define RECALL_H

#include <stdbool.h>
#include <stddef.h>

#include <han/decimal.h>

#include "board.h"
#include "look.h"

#define RECALL_MAX 48

struct recall_register {
	size_t index;                /* its place in quantity.h */
	char text[HAN_DECIMAL_TEXT]; /* as the meter sent it */
	bool kept;                   /* the broker has one */
};

struct recall {
	struct look *look;
	struct board *board;
	struct recall_register *list; /* count of them, at most RECALL_MAX */
	size_t count;
};

/* look and board outlive it. */
void recall_init(struct recall *r, struct look *look, struct board *board);
void recall_fini(struct recall *r); /* accepts a zeroed one */

/* The meter is known: what was kept of it last, JSON of payload_registers(); NULL: nothing. */
void recall_set(struct recall *r, const char *json);

/* The broker is there, or the meter's topics are known, or both: whichever comes last. */
void recall_ask(struct recall *r);

/* What the broker keeps is not this meter's: without asking. */
void recall_all(struct recall *r);

#endif
