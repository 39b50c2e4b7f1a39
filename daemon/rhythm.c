#include "rhythm.h"

#define PATIENCE_MIN_MS 30000
#define PATIENCE_FACTOR 3
#define AGAIN_MS        90000000 /* within which a period comes again: a day, and an hour more */

void rhythm_learn(struct rhythm *rhythm, uint64_t pause_ms)
{
	uint64_t shorter, between = rhythm->since_ms;

	rhythm->since_ms += pause_ms;
	if (pause_ms <= rhythm->period_ms)
		return;
	shorter = pause_ms < rhythm->candidate_ms ? pause_ms : rhythm->candidate_ms;
	if (shorter > rhythm->period_ms && shorter >= pause_ms - pause_ms / 4 &&
	    between <= AGAIN_MS)
		rhythm->period_ms = shorter;
	rhythm->candidate_ms = pause_ms;
	rhythm->since_ms = 0;
}

uint64_t rhythm_pause(const struct rhythm *rhythm)
{
	return rhythm->period_ms * PATIENCE_FACTOR;
}

uint64_t rhythm_patience(const struct rhythm *rhythm)
{
	uint64_t patience = rhythm_pause(rhythm);

	return patience > PATIENCE_MIN_MS ? patience : PATIENCE_MIN_MS;
}
