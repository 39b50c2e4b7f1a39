#include "household.h"

#include <assert.h>
#include <stdbool.h>

#define HOUR 3600
#define DAY  (24 * HOUR)

#define LOW_ENDS   (7 * HOUR)
#define LOW_BEGINS (23 * HOUR)

#define SUNRISE (6 * HOUR)
#define SUNSET  (20 * HOUR)
#define CELLS   3000 /* W under a clear sky at noon */
#define SKY_MIN 250
#define SKY_MAX 1000

#define VOLTAGE_DV 2310
#define DRIFT_MAX  40  /* 0.1 V */
#define SAG        200 /* W that take 0.1 V */

/* Reactive power in thousandths of the active one: above 0 a motor, below 0 a switching supply. A
 * thermostat (cycle_s) is on for so many tenths of its cycle in each hour of the day; all else is
 * switched on by people, so many times in ten hours, and runs for half to one and a half of run_s. */
struct appliance {
	uint8_t phase;
	uint16_t watts;
	int16_t reactive;
	uint16_t cycle_s;
	uint16_t run_s;
	const char *by_hour; /* 24 digits */
};

/* clang-format off */
static const struct appliance appliances[] = {
	{ 0,   95,  620, 2700,    0, "333333333333444444444333" }, /* fridge */
	{ 1,  120,  650, 3300,    0, "333333333333333444333333" }, /* freezer */
	{ 2,  900,    0, 1200,    0, "222358632222233568876432" }, /* floor heating */
	{ 1, 1100,  350, 1800,    0, "444457865433345678876544" }, /* heat pump */
	{ 0, 1950,    0, 7200,    0, "221113432111111234321222" }, /* water heater */
	{ 0, 2150,    0,    0,  160, "000003874323433346754310" }, /* kettle */
	{ 2, 1800,    0,    0, 1500, "000000341123211397310000" }, /* stove */
	{ 1, 2050,   90,    0, 2400, "000000112222222222111000" }, /* washing machine */
	{ 0,  160, -350,    0, 5400, "100001332222333456666531" }, /* screens */
	{ 2,  140, -200,    0, 5400, "000008972111112358999962" }, /* lights */
	{ 1, 1250,  300,    0,  420, "000000542334644466421000" }, /* microwave oven */
	{ 2,  800,  250,    0,  600, "000000011222222223110000" }, /* vacuum cleaner */
};
/* clang-format on */

_Static_assert(sizeof(appliances) / sizeof(appliances[0]) == HOUSEHOLD_APPLIANCES,
               "a place for each appliance's state");

/* What is never switched off. */
static const struct {
	int32_t active, reactive;
} base[HOUSEHOLD_PHASES] = { { 55, -30 }, { 70, -45 }, { 40, -20 } };

/* A number below limit (xorshift64*: Vigna 2016). */
static uint32_t dice(struct household *h, uint32_t limit)
{
	h->random ^= h->random >> 12;
	h->random ^= h->random << 25;
	h->random ^= h->random >> 27;
	return (uint32_t)(h->random * 0x2545F4914F6CDD1D >> 33) % limit;
}

void household_init(struct household *h, uint64_t seed, unsigned phases)
{
	static const uint64_t registers[HOUSEHOLD_REGISTERS] = { 23456789, 2853145, 120588,
		                                                 4285508,  98421,   22167,
		                                                 1061742,  3223766 };

	assert(phases == 1 || phases == HOUSEHOLD_PHASES);
	*h = (struct household){
		.phases = phases,
		.random = seed ? seed : 1,
		.sky = SKY_MAX,
		.gas_ml = 4711123 * 1000ULL,
		.gas_told_l = 4711123,
	};
	for (unsigned i = 0; i < HOUSEHOLD_REGISTERS; i++) {
		h->sum[i] = registers[i] * HOUR;
		h->by_tariff[i][0] = registers[i] * 2 / 5;
		h->by_tariff[i][1] = registers[i] - h->by_tariff[i][0];
	}
}

static bool runs(struct household *h, uint32_t i, uint32_t second_of_day)
{
	const struct appliance *a = &appliances[i];
	uint32_t tenths = (uint32_t)(a->by_hour[second_of_day / HOUR] - '0');

	if (a->cycle_s > 0) /* every thermostat has a beat of its own */
		return (second_of_day + 577 * i) % a->cycle_s < tenths * a->cycle_s / 10;
	if (h->on_s[i] > 0)
		h->on_s[i]--;
	else if (dice(h, 10 * HOUR) < tenths)
		h->on_s[i] = a->run_s / 2 + dice(h, a->run_s);
	return h->on_s[i] > 0;
}

/* One step of a walk that stays within low … high. */
static int32_t wander(struct household *h, int32_t at, int32_t step, int32_t low, int32_t high)
{
	at += (int32_t)dice(h, (uint32_t)(2 * step + 1)) - step;
	return at < low ? low : at > high ? high : at;
}

/* What a phase gets from the roof: a parabola over the day, under the clouds. */
static int32_t sunshine(struct household *h, uint32_t second_of_day)
{
	uint64_t up, left;

	h->sky = (uint32_t)wander(h, (int32_t)h->sky, 6, SKY_MIN, SKY_MAX);
	if (second_of_day < SUNRISE || second_of_day >= SUNSET)
		return 0;
	up = second_of_day - SUNRISE;
	left = SUNSET - second_of_day;
	return (int32_t)(CELLS * h->sky / 1000 * 4 * up * left /
	                 ((uint64_t)(SUNSET - SUNRISE) * (SUNSET - SUNRISE)) / HOUSEHOLD_PHASES);
}

static void consume(struct household *h, uint32_t second_of_day, struct household_state *state)
{
	int32_t sun = sunshine(h, second_of_day);

	for (unsigned i = 0; i < HOUSEHOLD_PHASES; i++) {
		state->active[i % h->phases] += base[i].active + (int32_t)dice(h, 9) - sun;
		state->reactive[i % h->phases] += base[i].reactive + (int32_t)dice(h, 5);
	}
	for (uint32_t i = 0; i < HOUSEHOLD_APPLIANCES; i++) {
		const struct appliance *a = &appliances[i];

		if (!runs(h, i, second_of_day))
			continue;
		state->active[a->phase % h->phases] += a->watts;
		state->reactive[a->phase % h->phases] += a->watts * a->reactive / 1000;
	}
}

/* The square root, rounded to the nearest. */
static uint64_t root_of(uint64_t square)
{
	uint64_t root = 0;

	for (uint64_t bit = 1ULL << 31; bit > 0; bit >>= 1) {
		if ((root + bit) * (root + bit) <= square)
			root += bit;
	}
	return square - root * root > root ? root + 1 : root;
}

static uint64_t apparent_mva(int32_t active, int32_t reactive)
{
	uint64_t square = (uint64_t)((int64_t)active * active + (int64_t)reactive * reactive);

	return root_of(square * 1000000);
}

/* I = S / U */
static uint32_t current_of(int32_t active, int32_t reactive, uint32_t voltage_dv)
{
	return (uint32_t)((apparent_mva(active, reactive) * 10 + voltage_dv / 2) / voltage_dv);
}

/* Of nothing it is 1. */
static uint32_t power_factor_of(int32_t active, int32_t reactive)
{
	uint64_t apparent = apparent_mva(active, reactive);
	uint64_t size = (uint64_t)(active < 0 ? -active : active);

	return apparent > 0 ? (uint32_t)((size * 1000000 + apparent / 2) / apparent) : 1000;
}

static void measure(struct household *h, struct household_state *state)
{
	int32_t active = 0, reactive = 0;

	for (unsigned i = 0; i < h->phases; i++) {
		h->drift_dv[i] = wander(h, h->drift_dv[i], 1, -DRIFT_MAX, DRIFT_MAX);
		state->voltage_dv[i] =
			(uint32_t)(VOLTAGE_DV + h->drift_dv[i] - state->active[i] / SAG);
		state->current_ma[i] =
			current_of(state->active[i], state->reactive[i], state->voltage_dv[i]);
		active += state->active[i];
		reactive += state->reactive[i];
	}
	state->power_import = active > 0 ? (uint32_t)active : 0;
	state->power_export = active < 0 ? (uint32_t)-active : 0;
	state->reactive_import = reactive > 0 ? (uint32_t)reactive : 0;
	state->reactive_export = reactive < 0 ? (uint32_t)-reactive : 0;
	state->power_factor = power_factor_of(active, reactive);
}

/* ---- registers ---- */

static void count(struct household *h, enum household_register i, uint32_t power, unsigned tariff)
{
	uint64_t before = h->sum[i] / HOUR;

	h->sum[i] += power;
	h->by_tariff[i][tariff] += h->sum[i] / HOUR - before;
}

static void count_all(struct household *h, const struct household_state *state)
{
	bool exports = state->power_export > 0;
	unsigned tariff = state->tariff;

	count(h, HOUSEHOLD_IMPORT, state->power_import, tariff);
	count(h, HOUSEHOLD_EXPORT, state->power_export, tariff);
	count(h, HOUSEHOLD_REACTIVE_IMPORT, state->reactive_import, tariff);
	count(h, HOUSEHOLD_REACTIVE_EXPORT, state->reactive_export, tariff);
	count(h, exports ? HOUSEHOLD_Q2 : HOUSEHOLD_Q1, state->reactive_import, tariff);
	count(h, exports ? HOUSEHOLD_Q3 : HOUSEHOLD_Q4, state->reactive_export, tariff);
}

/* Hot water and heating: so many decilitres in ten seconds of each hour of the day. */
static void burn(struct household *h, uint32_t second_of_day)
{
	static const char dl_in_10_s[] = "110001388532222222468863";

	h->gas_ml += (uint64_t)(dl_in_10_s[second_of_day / HOUR] - '0') * 10;
	if (second_of_day % HOUSEHOLD_GAS_S == 0)
		h->gas_told_l = h->gas_ml / 1000;
}

struct household_state household_step(struct household *h, uint32_t second_of_day)
{
	struct household_state state = { 0 };

	assert(second_of_day < DAY);
	state.tariff = second_of_day >= LOW_ENDS && second_of_day < LOW_BEGINS;
	consume(h, second_of_day, &state);
	measure(h, &state);
	count_all(h, &state);
	burn(h, second_of_day);
	return state;
}
