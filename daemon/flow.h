/* The power in both directions, from lists of which some have only one. Pure; powers in mW.
 *
 * A meter that sums its phases has one direction at 0 whenever the other is not: then the short list says both.
 * One that was seen with both above 0 counts each by itself.
 */
#ifndef FLOW_H
#define FLOW_H

#include <stdbool.h>
#include <stdint.h>

enum flow_direction { FLOW_IMPORT, FLOW_EXPORT, FLOW_DIRECTIONS };

struct flow_sample {
	bool has;
	uint64_t mw;
};

/* Zeroed: nothing yet. */
struct flow {
	bool separate; /* each direction counts by itself */
	struct {
		bool seen;
		uint64_t mw, at_ms;          /* as last known for certain */
		uint64_t said_ms, period_ms; /* when a list had it, and how often lists have it */
	} last[FLOW_DIRECTIONS];
};

/* Takes what a list has; adds to it what that says of the other direction. */
void flow_take(struct flow *flow, struct flow_sample samples[FLOW_DIRECTIONS], uint64_t now_ms);

/* Import minus export; false while one of them is not known, or no longer: twice its usual period old. */
bool flow_net(const struct flow *flow, uint64_t now_ms, int64_t *mw);

#endif
