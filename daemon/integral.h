/* Energy from momentary powers: the area under their curve, and what it was a little while ago.
 *
 * Between two samples the mean of both counts (trapezoid). Integers only: powers in mW, energies in mJ, of
 * which a Wh has 3,600,000. Time is any clock that never goes back. Pure.
 */
#ifndef INTEGRAL_H
#define INTEGRAL_H

#include <stdbool.h>
#include <stdint.h>

#define INTEGRAL_POINTS    64            /* of the past */
#define INTEGRAL_SPACING   2000          /* ms between two of them, at least */
#define INTEGRAL_BRIDGE_MS 3600000       /* a longer gap has no energy: a register will tell */
#define INTEGRAL_MAX_MW    1000000000000 /* no house draws a GW */

struct integral_point {
	uint64_t at_ms, mj;
};

/* Zeroed: nothing yet. */
struct integral {
	bool started;
	uint64_t at_ms, power_mw;                    /* of the last sample */
	uint64_t mj;                                 /* up to there */
	uint64_t rest_uj;                            /* what is left below a mJ */
	uint64_t past_ms;                            /* of the newest point of the past */
	unsigned count, next;                        /* points, and the place of the next one */
	struct integral_point past[INTEGRAL_POINTS]; /* a ring */
};

/* A sample; power_mw up to INTEGRAL_MAX_MW. Returns the time since the one before, 0 for the first. */
uint64_t integral_power(struct integral *integral, uint64_t power_mw, uint64_t now_ms);

/* The energy from the first sample to at_ms: exactly as far back as the past is known, some two minutes at
 * least; before that, what it was then. Behind the last sample it does not go on. */
uint64_t integral_at(const struct integral *integral, uint64_t at_ms);

/* Whether the past is known as far back. */
bool integral_reaches(const struct integral *integral, uint64_t at_ms);

#endif
