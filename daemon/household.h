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

struct household {
	uint64_t random;                     /* state of the generator */
	uint32_t on_s[HOUSEHOLD_APPLIANCES]; /* seconds that an appliance still runs */
	int32_t drift_dv[HOUSEHOLD_PHASES];  /* how far the grid's voltage has wandered */
	uint32_t sky;                        /* what the clouds let through, of 1000 */
	/* The registers, in W s and var s: the exact sum of what every second had. */
	uint64_t import_ws, export_ws;
	uint64_t reactive_import_vars, reactive_export_vars;
};

/* What a meter measures in this second. Import and export are the phases' sum above and below 0. */
struct household_state {
	uint32_t power_import, power_export;       /* W; one of them is 0 */
	uint32_t reactive_import, reactive_export; /* var; one of them is 0 */
	int32_t active[HOUSEHOLD_PHASES];          /* W; below 0 is export */
	int32_t reactive[HOUSEHOLD_PHASES];        /* var; below 0 is capacitive */
	uint32_t current_ma[HOUSEHOLD_PHASES];     /* (U I)^2 = P^2 + Q^2 */
	uint32_t voltage_dv[HOUSEHOLD_PHASES];     /* 0.1 V */
};

/* The registers start at some years of use. */
void household_init(struct household *h, uint64_t seed);

/* Lives through one second; second_of_day (0 … 86399) is the local time. */
struct household_state household_step(struct household *h, uint32_t second_of_day);

#endif
