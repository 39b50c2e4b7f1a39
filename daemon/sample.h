/* What a simulated meter knows in one second of its life: the household's values and the time. Pure.
 *
 * A meter's encoder asks for a value by its OBIS code, in the steps in which its list has it.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <han/datetime.h>
#include <han/obis.h>

#include "household.h"

struct sample {
	/* Local time, as of a meter that knows its zone: UTC = local time + deviation, -60 in winter and -120
	 * with bit 7 of status in summer. */
	struct han_datetime now;
	struct han_datetime gas_time; /* when the gas meter was heard */
	uint32_t number; /* of the message: one more than that of the meter's last one */
	struct household_state state;
	uint64_t energy[HOUSEHOLD_REGISTERS]; /* Wh, varh */
	uint64_t hour_energy
		[HOUSEHOLD_REGISTERS]; /* at the last full hour; until there is one, at the start */
	uint64_t by_tariff[HOUSEHOLD_REGISTERS][HOUSEHOLD_TARIFFS];
	uint64_t gas_l;
};

/* The value of an electrical OBIS code (C, D and E count) in steps of 10^exp10 of its COSEM unit: momentary
 * values rounded to the nearest, registers completed. Of 1.7 … 4.7, 1.8.e … 8.8.e (e: 0, or a tariff),
 * 21/41/61.7 and 22/42/62.7, 31/51/71.7, 32/52/72.7, 13.7 (the power factor). No other may be asked for. */
uint64_t sample_value(const struct sample *sample, struct han_obis obis, int exp10);

/* A time as a meter writes it that does not know its zone: without deviation, status 0, and no hundredths. */
struct han_datetime sample_civil(const struct han_datetime *time);

/* Local time as if it were UTC, written like that. */
struct han_datetime sample_date(time_t second);

/* The same with the registers of the last full hour, which are what a list that comes once an hour has. */
struct sample sample_hourly(const struct sample *sample);

struct sampler {
	struct household house;
	time_t second; /* the next sample's local time as if it were UTC */
	bool summer;   /* stays what it was at the start: a simulated clock does not jump */
	uint64_t hour_energy[HOUSEHOLD_REGISTERS];
};

/* From local time on, as if it were UTC; in Central Europe's summer time when the calendar says so. The
 * household's seed is the start. */
void sampler_init(struct sampler *s, time_t start, unsigned phases);

/* Lives through one more second. sample->number is the caller's. */
void sampler_next(struct sampler *s, struct sample *sample);

#endif
