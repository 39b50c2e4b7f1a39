#include "flow.h"

#define PERIODS_VALID 2
#define PERIOD_MAX_MS 60000 /* a longer one is a gap */

/* What one direction alone says of the other: nothing while it has power itself, and that it goes on while it
 * has none. */
static void infer(const struct flow *flow, struct flow_sample samples[FLOW_DIRECTIONS],
                  enum flow_direction one, enum flow_direction other)
{
	if (flow->separate || !samples[one].has || samples[other].has || !flow->last[other].seen)
		return;
	if (samples[one].mw > 0)
		samples[other] = (struct flow_sample){ true, 0 };
	else if (flow->last[other].mw > 0)
		samples[other] = (struct flow_sample){ true, flow->last[other].mw };
}

static void note(struct flow *flow, enum flow_direction d, uint64_t mw, uint64_t now_ms)
{
	uint64_t period = now_ms - flow->last[d].said_ms;

	if (flow->last[d].seen && period <= PERIOD_MAX_MS)
		flow->last[d].period_ms = period;
	flow->last[d].seen = true;
	flow->last[d].mw = mw;
	flow->last[d].at_ms = flow->last[d].said_ms = now_ms;
}

void flow_take(struct flow *flow, struct flow_sample samples[FLOW_DIRECTIONS], uint64_t now_ms)
{
	bool said[FLOW_DIRECTIONS] = { samples[FLOW_IMPORT].has, samples[FLOW_EXPORT].has };

	if (said[FLOW_IMPORT] && said[FLOW_EXPORT] && samples[FLOW_IMPORT].mw > 0 &&
	    samples[FLOW_EXPORT].mw > 0)
		flow->separate = true;
	infer(flow, samples, FLOW_IMPORT, FLOW_EXPORT);
	infer(flow, samples, FLOW_EXPORT, FLOW_IMPORT);
	for (unsigned d = 0; d < FLOW_DIRECTIONS; d++) {
		if (said[d]) {
			note(flow, d, samples[d].mw, now_ms);
		} else if (samples[d].has && samples[d].mw == 0) {
			flow->last[d].mw = 0;
			flow->last[d].at_ms = now_ms;
		}
	}
}

static bool is_known(const struct flow *flow, enum flow_direction d, uint64_t now_ms)
{
	uint64_t age = now_ms - flow->last[d].at_ms;

	return flow->last[d].seen && age <= PERIODS_VALID * flow->last[d].period_ms;
}

bool flow_net(const struct flow *flow, uint64_t now_ms, int64_t *mw)
{
	if (!is_known(flow, FLOW_IMPORT, now_ms) || !is_known(flow, FLOW_EXPORT, now_ms))
		return false;
	*mw = (int64_t)flow->last[FLOW_IMPORT].mw - (int64_t)flow->last[FLOW_EXPORT].mw;
	return true;
}
