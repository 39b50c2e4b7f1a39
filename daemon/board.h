/* The values of one meter on the broker: the newest payload of each topic, and when it leaves.
 *
 * Two sizes of board: a place for each quantity, and so many codes without a name. Shut, it holds what comes;
 * open, each value leaves at its pace: at once, when its time is up, or never, as the broker has it. Messages
 * leave through an outlet; one timer serves all that wait.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>

#include <han/reading.h>

#include "loop.h"
#include "message.h"
#include "notice.h"
#include "unnamed.h"

struct publisher_settings;

struct board {
	const struct publisher_settings *settings;
	struct outlet outlet;
	struct notice *notices; /* by a quantity's place */
	bool open;
	size_t base_len;      /* up to the leaf; 0: there is none yet */
	char topic[160 + 64]; /* the base of all, and the newest leaf */
	struct unnamed unnamed;
	struct timer timer;
	uint64_t due_ms; /* when it fires; 0: it is stopped */
};

/* settings and outlet->user outlive the board. 0 or a negative errno. */
int board_init(struct board *b, struct loop *loop, const struct publisher_settings *settings,
               const struct outlet *outlet);
void board_fini(struct board *b); /* accepts a half-built one */

/* Shuts it: from now on the topics are these. */
void board_move(struct board *b, const char *base);

/* Nothing is known any more. */
void board_forget(struct board *b);

/* These values are about to be taken: what is known of them is fetched from memory all at once. */
void board_expect(const struct board *b, const struct han_reading *reading);

/* A value has come, now_ms, and this is its text, of len octets. Whether it is a text that has a name and is another
 * than before. */
bool board_take(struct board *b, const struct han_value *value, const char *text, size_t len,
                uint64_t now_ms);

/* The register at that place of an earlier run, unless it has come in this one. */
void board_recall(struct board *b, size_t index, const char *text);

/* Opens it: everything leaves that is still true. */
void board_restate(struct board *b);

/* What the broker keeps of values that have not come is another meter's: it goes. */
void board_disown(struct board *b);

/* The newest text of that quantity; NULL: none. */
const char *board_text(const struct board *b, const char *name);

/* Whether there is a value for that leaf: a quantity's name, or "obis/" and a code. */
bool board_holds(const struct board *b, const char *leaf);

#endif
