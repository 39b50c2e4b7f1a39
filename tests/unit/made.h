/* A sample made by hand: every value is another one. */
#ifndef MADE_H
#define MADE_H

#include "sample.h"

static inline struct sample made_sample(void)
{
	static const uint64_t energy[HOUSEHOLD_REGISTERS] = { 11589514, 2853145, 120588,  4285508,
		                                              98421,    22167,   1061742, 3223766 };
	struct sample sample = {
		.now = { 2026, 3, 1, 7, 12, 0, 10, 0, -60, 0 },
		.gas_time = { 2026, 3, 1, 7, 11, 55, 0, 0, -60, 0 },
		.number = 0x01234567,
		.state = {
			.power_import = 1234,
			.power_export = 5678,
			.reactive_import = 91,
			.reactive_export = 56,
			.active = { 1500, -700, 434 },
			.reactive = { 35, -20, 20 },
			.current_ma = { 1661, 2103, 1337 },
			.voltage_dv = { 2289, 2288, 2277 },
			.power_factor = 987,
			.tariff = 1,
		},
		/* Active import, active export, reactive import, reactive export */
		.hour_energy = { 11589009, 2853000, 120500, 4285509 },
		.gas_l = 4711123,
	};

	for (unsigned i = 0; i < HOUSEHOLD_REGISTERS; i++) {
		sample.energy[i] = energy[i];
		sample.by_tariff[i][0] = energy[i] * 2 / 5;
		sample.by_tariff[i][1] = energy[i] - sample.by_tariff[i][0];
	}
	return sample;
}

#endif
