/* What a meter has to tell: the quantities that Home Assistant is told of. Pure.
 *
 * Learned from the lists as they come, from what is calculated from them, and from what an earlier run knew: a
 * list alone need not show all, and a smaller set would take entities away.
 */
#ifndef REPERTOIRE_H
#define REPERTOIRE_H

#include <stdbool.h>

#include <han/reading.h>

#include "derive.h"

#define REPERTOIRE_LISTS 4

/* A list whose promises were noted, and how many of its values were structural zeros then. */
struct repertoire_noted {
	const struct han_list *list;
	size_t structural;
};

struct repertoire {
	const struct derive_settings *derive; /* NULL: nothing is calculated */
	bool *set;        /* what there is, by a quantity's place (quantity.h) */
	bool *sent;       /* came, or was promised by a list */
	bool *kept;       /* known from an earlier run */
	bool *structural; /* zeros of the list that is learned from */
	bool stale;       /* of these, something is another than when the set was made */
	struct repertoire_noted noted[REPERTOIRE_LISTS]; /* would say nothing new */
	unsigned next_noted;
	bool heard; /* a list has come */
	bool known; /* one has shown what the meter sends */
};

/* derive outlives it. 0 or -ENOMEM. */
int repertoire_init(struct repertoire *r, const struct derive_settings *derive);
void repertoire_fini(struct repertoire *r); /* accepts a half-built one */

/* Of another meter nothing is known. */
void repertoire_clear(struct repertoire *r);

/* An earlier run announced this; what is no quantity is ignored. */
void repertoire_keep(struct repertoire *r, const char *name);

/* A list, or something calculated, has come. Whether there is news, so that the set is to be announced. */
bool repertoire_learn(struct repertoire *r, const struct han_reading *reading);
bool repertoire_learn_calculated(struct repertoire *r, const struct han_measurement *quantity);

/* Whether the set is whole, as far as anybody knows, and the meter there. */
bool repertoire_is_known(const struct repertoire *r);

#endif
