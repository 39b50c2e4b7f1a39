/* A household's load, second by second: plausible, the same for the same seed, integers only. Pure.
 *
 * Three phases with a base load, thermostats (fridge, freezer, floor heating, heat pump, water heater),
 * what people switch on (more of it in the morning and in the evening), and cells on the roof that
 * feed back around noon.
 */
#ifndef HOUSEHOLD_H
#define HOUSEHOLD_H

#include <stdint.h>

#define HOUSEHOLD_PHASES     3
#define HOUSEHOLD_APPLIANCES 12
#define HOUSEHOLD_TARIFFS    2

/* The registers: C of the OBIS code is one more. Reactive import is Q1 + Q2, export Q3 + Q4. */
enum household_register {
	HOUSEHOLD_IMPORT,
	HOUSEHOLD_EXPORT,
	HOUSEHOLD_REACTIVE_IMPORT,
	HOUSEHOLD_REACTIVE_EXPORT,
	HOUSEHOLD_Q1, /* import, inductive */
	HOUSEHOLD_Q2, /* export, capacitive */
	HOUSEHOLD_Q3, /* export, inductive */
	HOUSEHOLD_Q4, /* import, capacitive */
	HOUSEHOLD_REGISTERS,
};

struct household {
	unsigned phases;                     /* that the house has: 1 or 3 */
	uint64_t random;                     /* state of the generator */
	uint32_t on_s[HOUSEHOLD_APPLIANCES]; /* seconds that an appliance still runs */
	int32_t drift_dv[HOUSEHOLD_PHASES];  /* how far the grid's voltage has wandered */
	uint32_t sky;                        /* what the clouds let through, of 1000 */
	/* In W s and var s: the exact sum of what every second had. */
	uint64_t sum[HOUSEHOLD_REGISTERS];
	/* The same in whole Wh and varh, each counted where it was completed: the low tariff (23 to 7 o'clock),
	 * the normal one. */
	uint64_t by_tariff[HOUSEHOLD_REGISTERS][HOUSEHOLD_TARIFFS];
	/* Gas, and what its meter, which is heard every five minutes, said last. */
	uint64_t gas_ml, gas_told_l;
};

/* What a meter measures in this second. Import and export are the phases' sum above and below 0. */
struct household_state {
	uint32_t power_import, power_export;       /* W; one of them is 0 */
	uint32_t reactive_import, reactive_export; /* var; one of them is 0 */
	int32_t active[HOUSEHOLD_PHASES];          /* W; below 0 is export */
	int32_t reactive[HOUSEHOLD_PHASES];        /* var; below 0 is capacitive */
	uint32_t current_ma[HOUSEHOLD_PHASES];     /* (U I)^2 = P^2 + Q^2 */
	uint32_t voltage_dv[HOUSEHOLD_PHASES];     /* 0.1 V */
	uint32_t power_factor;                     /* thousandths: P / S of the phases' sums */
	unsigned tariff;                           /* 0 low, 1 normal */
};

#define HOUSEHOLD_GAS_S 300 /* how often the gas meter is heard */

/* phases: 3, or 1, which then has all appliances. The registers start at some years of use. */
void household_init(struct household *h, uint64_t seed, unsigned phases);

/* Lives through one second; second_of_day (0 … 86399) is the local time. */
struct household_state household_step(struct household *h, uint32_t second_of_day);

#endif
