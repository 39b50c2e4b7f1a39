#include "integral.h"

#include <assert.h>

_Static_assert(2 * (uint64_t)INTEGRAL_MAX_MW <= UINT64_MAX / INTEGRAL_BRIDGE_MS,
               "the area of the longest bridge fits");

/* How far back it goes, newest first. */
static const struct integral_point *past_at(const struct integral *integral, unsigned age)
{
	return &integral->past[(integral->next + 2 * INTEGRAL_POINTS - 1 - age) % INTEGRAL_POINTS];
}

static void remember(struct integral *integral)
{
	if (integral->count > 0 && integral->at_ms - integral->past_ms < INTEGRAL_SPACING)
		return;
	integral->past_ms = integral->at_ms;
	integral->past[integral->next] = (struct integral_point){ integral->at_ms, integral->mj };
	integral->next = (integral->next + 1) % INTEGRAL_POINTS;
	if (integral->count < INTEGRAL_POINTS)
		integral->count++;
}

static void add(struct integral *integral, uint64_t power_mw, uint64_t ms)
{
	uint64_t uj = (integral->power_mw + power_mw) * ms / 2 + integral->rest_uj;

	integral->mj += uj / 1000;
	integral->rest_uj = uj % 1000;
}

uint64_t integral_power(struct integral *integral, uint64_t power_mw, uint64_t now_ms)
{
	uint64_t gap = integral->started ? now_ms - integral->at_ms : 0;

	assert(power_mw <= INTEGRAL_MAX_MW);
	if (integral->started)
		remember(integral);
	if (gap <= INTEGRAL_BRIDGE_MS)
		add(integral, power_mw, gap);
	integral->started = true;
	integral->power_mw = power_mw;
	integral->at_ms = now_ms;
	return gap;
}

/* Between two points it grows evenly. */
static uint64_t between(const struct integral_point *a, const struct integral_point *b,
                        uint64_t at_ms)
{
	uint64_t span = b->at_ms - a->at_ms, energy = b->mj - a->mj, part = at_ms - a->at_ms;

	if (span == 0)
		return b->mj;
	return a->mj + energy / span * part + energy % span * part / span;
}

uint64_t integral_at(const struct integral *integral, uint64_t at_ms)
{
	struct integral_point later = { integral->at_ms, integral->mj };

	if (at_ms >= later.at_ms)
		return later.mj;
	for (unsigned age = 0; age < integral->count; age++) {
		const struct integral_point *point = past_at(integral, age);

		if (point->at_ms <= at_ms)
			return between(point, &later, at_ms);
		later = *point;
	}
	return later.mj;
}

bool integral_reaches(const struct integral *integral, uint64_t at_ms)
{
	const uint64_t oldest_ms = integral->count > 0
	                                   ? past_at(integral, integral->count - 1)->at_ms
	                                   : integral->at_ms;

	return at_ms >= oldest_ms;
}
