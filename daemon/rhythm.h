/* How often a meter speaks, learned from the pauses between its frames. Pure. */
#ifndef RHYTHM_H
#define RHYTHM_H

#include <stdint.h>

/* Zeroed: nothing is known. */
struct rhythm {
	uint64_t period_ms; /* the longest pause that has been seen twice */
	uint64_t candidate_ms;
	uint64_t since_ms; /* that was seen: all pauses since then */
};

/* Takes the pause between two frames into account. A pause counts when a similar one follows within a day: a meter
 * that was dead for an hour has no period of an hour, not even when that happens every year. */
void rhythm_learn(struct rhythm *rhythm, uint64_t pause_ms);

/* Three of its periods: a pause that is not longer says nothing. 0: nothing is known. */
uint64_t rhythm_pause(const struct rhythm *rhythm);

/* How long such a meter may be silent: the same, but at least 30 s. */
uint64_t rhythm_patience(const struct rhythm *rhythm);

#endif
