#include "hours.h"

#include <stdlib.h>

#define SKEW_MAX_MS 5000 /* more, and the clock was set */
#define HOUR_S      3600

time_t hours_begin(time_t utc)
{
	struct tm tm;

	if (!localtime_r(&utc, &tm))
		return utc - utc % HOUR_S;
	return utc - tm.tm_min * 60 - tm.tm_sec;
}

void hours_forget(struct hours *hours)
{
	*hours = (struct hours){ 0 };
}

/* The begin of an hour that nobody saw. */
static void begin_blind(struct hours *hours, time_t begin, uint64_t at_ms)
{
	if (begin != hours->now.begin)
		hours->shown_mj = 0;
	hours->now = (struct hours_mark){ .begin = begin, .at_ms = at_ms };
	hours->before = hours->now;
	hours->pending = false;
	hours->gap = false;
}

static void begin_seen(struct hours *hours, time_t begin, uint64_t at_ms, int64_t energy_mj,
                       bool seen)
{
	hours->before = hours->now;
	hours->pending = true;
	hours->now = (struct hours_mark){
		.begin = begin, .at_ms = at_ms, .known = true, .seen = seen, .energy_mj = energy_mj
	};
	hours->gap_before = hours->gap;
	hours->gap = false;
	hours->shown_mj = 0;
}

bool hours_tick(struct hours *hours, uint64_t now_ms, int64_t wall_ms,
                int64_t (*energy)(void *user, uint64_t at_ms), void *user)
{
	const time_t begin = hours_begin((time_t)(wall_ms / 1000));
	const int64_t skew_ms = wall_ms - (int64_t)now_ms;
	const uint64_t at_ms = (uint64_t)((int64_t)begin * 1000 - skew_ms);
	const bool was_set = hours->ticked && llabs(skew_ms - hours->skew_ms) > SKEW_MAX_MS;
	const uint64_t gap_ms = hours->ticked ? now_ms - hours->tick_ms : 0;
	const uint64_t last_ms = hours->tick_ms;
	const bool ticked = hours->ticked;

	hours->ticked = true;
	hours->tick_ms = now_ms;
	hours->skew_ms = skew_ms;
	if (gap_ms > HOURS_GAP_MS)
		hours->gap = true;
	if (begin == hours->now.begin && !was_set)
		return false;
	/* a clock that runs a little otherwise may be back before the full hour for a moment */
	if (!was_set && begin < hours->now.begin && hours->now.begin - begin <= HOUR_S)
		return false;
	if (!ticked || was_set || at_ms < last_ms || gap_ms > HOUR_S * 1000) {
		begin_blind(hours, begin, at_ms);
	} else {
		begin_seen(hours, begin, at_ms, energy(user, at_ms), gap_ms <= HOURS_GAP_MS);
		hours->gap = gap_ms > HOURS_GAP_MS;
	}
	return true;
}

void hours_shift(struct hours *hours, int64_t shift_mj)
{
	if (!hours->now.told)
		hours->now.energy_mj += shift_mj;
	if (!hours->before.told)
		hours->before.energy_mj += shift_mj;
}

void hours_mend(struct hours *hours, int64_t shift_mj)
{
	if (hours->gap)
		return;
	hours->now.energy_mj += shift_mj;
	if (!hours->gap_before)
		hours->before.energy_mj += shift_mj;
}

void hours_register(struct hours *hours, uint64_t at_ms, bool first, int64_t shift_mj,
                    int64_t (*energy)(void *user, uint64_t at_ms), void *user)
{
	struct hours_mark *mark = &hours->now;
	bool near = llabs((long long)(at_ms - mark->at_ms)) <= HOURS_GAP_MS;

	if (first)
		hours_shift(hours, shift_mj);
	if (!hours->ticked || !near)
		return;
	mark->energy_mj = energy(user, mark->at_ms);
	mark->known = mark->told = true;
}

bool hours_energy(struct hours *hours, int64_t energy_mj, int64_t *mj)
{
	int64_t since = energy_mj - hours->now.energy_mj;

	if (!hours->now.known)
		return false;
	if (since > hours->shown_mj)
		hours->shown_mj = since;
	*mj = hours->shown_mj;
	return true;
}

bool hours_settled(struct hours *hours, uint64_t now_ms, time_t *begin, int64_t *mj)
{
	const struct hours_mark *a = &hours->before, *b = &hours->now;

	if (!hours->pending || now_ms - b->at_ms < HOURS_SETTLE_MS)
		return false;
	hours->pending = false;
	if (!a->known || !b->known)
		return false;
	if (!(a->told && b->told) && !(a->seen && b->seen && !hours->gap_before))
		return false;
	*begin = a->begin;
	*mj = b->energy_mj - a->energy_mj;
	return true;
}
