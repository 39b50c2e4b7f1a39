#include "household.h"

#define HOUR   3600
#define KETTLE 2200 /* W */

/* xorshift64*: a number below limit. */
static uint32_t dice(struct household *h, uint32_t limit)
{
	h->random ^= h->random >> 12;
	h->random ^= h->random << 25;
	h->random ^= h->random >> 27;
	return (uint32_t)((h->random * 0x2545F4914F6CDD1D) >> 33) % limit;
}

void household_init(struct household *h, uint64_t seed)
{
	*h = (struct household){
		.random = seed ? seed : 1,
		.import_ws = 23456789ULL * 3600,
		.export_ws = 2853145ULL * 3600,
		.reactive_import_vars = 120588ULL * 3600,
		.reactive_export_vars = 4285508ULL * 3600,
	};
}

/* What stands in the house, by the hour: base, fridge on L1, cooking on L2, heating on L3. */
static void load_at(const struct household *h, uint32_t s, uint32_t load[3])
{
	uint32_t hour = s / HOUR;
	uint32_t fridge = s % 2700 < 900 ? 95 : 0;
	uint32_t cooking = (hour >= 16 && hour < 19) || hour == 7 ? 1400 : 0;
	uint32_t light = hour >= 6 && hour < 23 ? 180 : 20;
	uint32_t heating = s % 600 < (hour >= 5 && hour < 23 ? 420U : 240U) ? 1500 : 0;

	load[0] = 60 + fridge + light + (h->kettle_s ? KETTLE : 0);
	load[1] = 90 + cooking;
	load[2] = 40 + heating;
}

struct household_state household_step(struct household *h, uint32_t second_of_day)
{
	struct household_state state = { 0 };
	uint32_t total = 0, reactive;

	if (h->kettle_s > 0)
		h->kettle_s--;
	else if (second_of_day > 6 * HOUR && dice(h, 5400) == 0)
		h->kettle_s = 150;
	load_at(h, second_of_day, h->load);
	for (unsigned i = 0; i < 3; i++) {
		h->load[i] += dice(h, 9);
		total += h->load[i];
		state.voltage_dv[i] = 2300 - h->load[i] / 150 + dice(h, 7);
		state.current_ma[i] =
			(uint32_t)((uint64_t)h->load[i] * 10000 / state.voltage_dv[i]);
	}
	state.power_import = total;
	reactive = 40 + total / 20 + dice(h, 5);
	state.reactive_import = h->kettle_s ? 0 : reactive;
	state.reactive_export = h->kettle_s ? reactive / 2 : 0;

	h->import_ws += state.power_import;
	h->reactive_import_vars += state.reactive_import;
	h->reactive_export_vars += state.reactive_export;
	return state;
}
