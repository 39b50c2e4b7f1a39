/* A household's load, second by second: plausible, repeatable, integers only. Pure. */
#ifndef HOUSEHOLD_H
#define HOUSEHOLD_H

#include <stdint.h>

struct household {
	uint64_t random;   /* state of the generator */
	uint32_t load[3];  /* W of each phase */
	uint32_t kettle_s; /* seconds that the kettle still boils */
	/* registers: energies in W s and var s */
	uint64_t import_ws, export_ws;
	uint64_t reactive_import_vars, reactive_export_vars;
};

/* What a meter measures at this second. */
struct household_state {
	uint32_t power_import, power_export;       /* W */
	uint32_t reactive_import, reactive_export; /* var */
	uint32_t current_ma[3];
	uint32_t voltage_dv[3]; /* 0.1 V */
};

/* The registers start at some years of use. */
void household_init(struct household *h, uint64_t seed);

/* Lives through one second; second_of_day is the local time. */
struct household_state household_step(struct household *h, uint32_t second_of_day);

#endif
