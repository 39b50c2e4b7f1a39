#include "live.h"

#define FLOOR_HOURS  3
#define HOUSE_MAX_W  50000
#define CREDIT_LIMIT ((int64_t)(100 * LIVE_MJ_PER_WH)) /* so that a change of mind takes no year */

void live_init(struct live *live, unsigned max_power_w)
{
	*live = (struct live){
		.max_power_mw = (max_power_w ? max_power_w : HOUSE_MAX_W) * 1000ULL,
		.step_mj = UINT64_MAX,
	};
}

uint64_t live_power(struct live *live, uint64_t power_mw, uint64_t now_ms)
{
	return integral_power(&live->integral, power_mw, now_ms);
}

/* Of the anchor, on to where the integral is at. */
static int64_t energy_at(const struct live *live, uint64_t at)
{
	return (int64_t)live->anchor_mj + (int64_t)(at - live->anchor_at);
}

int64_t live_energy(const struct live *live, uint64_t at_ms)
{
	return energy_at(live, integral_at(&live->integral, at_ms));
}

static int64_t size_of(int64_t n)
{
	return n < 0 ? -n : n;
}

/* From one register to the next: which moments agree better with the power between them? */
static void weigh(struct live *live, uint64_t mj, uint64_t at, uint64_t hour)
{
	int64_t grown = (int64_t)(mj - live->last.mj);
	int64_t said = size_of(grown - (int64_t)(at - live->last.at));
	int64_t full = size_of(grown - (int64_t)(hour - live->last.hour));

	if (said > CREDIT_LIMIT && full > CREDIT_LIMIT) /* the power was not seen all the time */
		return;
	live->hour_credit += said - full;
	if (live->hour_credit > CREDIT_LIMIT)
		live->hour_credit = CREDIT_LIMIT;
	if (live->hour_credit < -CREDIT_LIMIT)
		live->hour_credit = -CREDIT_LIMIT;
}

/* A register hides what is below its last digit: within that, what was thought stays. */
static int64_t agree(int64_t thought, const struct live_register *reg, uint64_t step_mj)
{
	int64_t low = (int64_t)reg->mj, high = low + (int64_t)step_mj - 1;

	return thought < low ? low : thought > high ? high : thought;
}

int64_t live_register(struct live *live, const struct live_register *reg)
{
	uint64_t at = integral_at(&live->integral, reg->at_ms);
	uint64_t hour = integral_at(&live->integral, reg->hour_ms);
	bool doubtful = reg->at_ms != reg->hour_ms;
	int64_t thought, known = (int64_t)reg->mj;

	if (reg->step_mj < live->step_mj)
		live->step_mj = reg->step_mj;
	if (doubtful && live->last.doubtful)
		weigh(live, reg->mj, at, hour);
	live->last.mj = reg->mj;
	live->last.at = at;
	live->last.hour = hour;
	live->last.doubtful = doubtful;
	live->anchor_ms = reg->at_ms;
	if (live->hour_credit > 0) {
		live->anchor_ms = reg->hour_ms;
		at = hour;
	}
	thought = energy_at(live, at);
	if (live->anchored)
		known = agree(thought, reg, live->step_mj);
	live->anchored = live->registered = true;
	live->anchor_mj = (uint64_t)known;
	live->anchor_at = at;
	return known - thought;
}

/* Whether so much more than the register says cannot be of the same meter. */
static bool strange(const struct live *live, int64_t above)
{
	return above > (int64_t)(live->max_power_mw * FLOOR_HOURS * 3600);
}

bool live_floor(struct live *live, uint64_t mj)
{
	if (live->registered && strange(live, (int64_t)mj - energy_at(live, live->integral.mj)))
		return false;
	if (live->shown && mj <= live->shown_mj)
		return true;
	live->shown = true;
	live->shown_mj = mj;
	if (!live->registered) {
		live->anchored = true;
		live->anchor_mj = mj;
		live->anchor_at = live->integral.mj;
	}
	return true;
}

bool live_show(struct live *live, uint64_t *wh, bool *dropped)
{
	int64_t now = energy_at(live, live->integral.mj);

	*dropped = false;
	if (!live->anchored || now < 0)
		return false;
	if (live->shown && strange(live, (int64_t)live->shown_mj - now)) {
		live->shown = false;
		*dropped = true;
	}
	if (!live->shown || live->shown_mj < (uint64_t)now)
		live->shown_mj = (uint64_t)now;
	live->shown = true;
	*wh = live->shown_mj / LIVE_MJ_PER_WH;
	return true;
}
