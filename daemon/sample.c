#include "sample.h"

#include <assert.h>
#include <string.h>

#define SECONDS_IN_HOUR 3600
#define MARCH           2
#define OCTOBER         9
#define SUMMER          0x80 /* of the clock status */

/* ---- values ---- */

static uint64_t phase_power(int32_t active, bool export)
{
	return (uint64_t)(export ? (active < 0 ? -active : 0) : (active > 0 ? active : 0));
}

/* The value as it is kept, and how many decimals that has. */
static uint64_t momentary(const struct sample *sample, unsigned c, int *decimals)
{
	const struct household_state *state = &sample->state;
	unsigned phase = c / 20 - 1;

	*decimals = 0;
	switch (c) {
	case 1:
		return state->power_import;
	case 2:
		return state->power_export;
	case 3:
		return state->reactive_import;
	case 4:
		return state->reactive_export;
	case 13:
		*decimals = 3;
		return state->power_factor;
	}
	assert(c > 20 && phase < HOUSEHOLD_PHASES);
	switch (c % 20) {
	case 1:
		return phase_power(state->active[phase], false);
	case 2:
		return phase_power(state->active[phase], true);
	case 11:
		*decimals = 3;
		return state->current_ma[phase];
	case 12:
		*decimals = 1;
		return state->voltage_dv[phase];
	}
	assert(false); /* no measurement of the household */
	return 0;
}

static uint64_t energy(const struct sample *sample, unsigned c, unsigned tariff)
{
	assert(c >= 1 && c <= HOUSEHOLD_REGISTERS && tariff <= HOUSEHOLD_TARIFFS);
	return tariff == 0 ? sample->energy[c - 1] : sample->by_tariff[c - 1][tariff - 1];
}

uint64_t sample_value(const struct sample *sample, struct han_obis obis, int exp10)
{
	uint64_t value, step = 1;
	int decimals = 0;
	bool live = obis.d == 7;

	assert(live || obis.d == 8);
	value = live ? momentary(sample, obis.c, &decimals) : energy(sample, obis.c, obis.e);
	for (; decimals < -exp10; decimals++)
		value *= 10;
	for (; decimals > -exp10; decimals--)
		step *= 10;
	return (value + (live ? step / 2 : 0)) / step;
}

/* ---- time ---- */

struct han_datetime sample_civil(const struct han_datetime *time)
{
	struct han_datetime civil = *time;

	civil.hundredths = HAN_UNSPECIFIED;
	civil.deviation = HAN_NO_DEVIATION;
	civil.status = 0;
	return civil;
}

struct han_datetime sample_date(time_t second)
{
	struct tm tm;

	gmtime_r(&second, &tm);
	return (struct han_datetime){
		.year = (uint16_t)(tm.tm_year + 1900),
		.month = (uint8_t)(tm.tm_mon + 1),
		.day = (uint8_t)tm.tm_mday,
		.weekday = (uint8_t)(tm.tm_wday ? tm.tm_wday : 7),
		.hour = (uint8_t)tm.tm_hour,
		.minute = (uint8_t)tm.tm_min,
		.second = (uint8_t)tm.tm_sec,
		.hundredths = HAN_UNSPECIFIED,
		.deviation = HAN_NO_DEVIATION,
	};
}

/* Directive 2000/84/EC: from the last Sunday in March, 2 o'clock, to that in October, 3 o'clock. Both months
 * have 31 days. */
static bool in_summer(const struct tm *tm)
{
	bool over = tm->tm_mday - tm->tm_wday >= 25; /* whether the last Sunday has come */

	if (tm->tm_mon != MARCH && tm->tm_mon != OCTOBER)
		return tm->tm_mon > MARCH && tm->tm_mon < OCTOBER;
	if (over && tm->tm_wday == 0)
		over = tm->tm_hour >= (tm->tm_mon == MARCH ? 2 : 3);
	return over == (tm->tm_mon == MARCH);
}

static struct han_datetime datetime_of(const struct sampler *s, time_t second)
{
	struct han_datetime time = sample_date(second);

	time.hundredths = 0;
	time.deviation = s->summer ? -120 : -60;
	time.status = s->summer ? SUMMER : 0;
	return time;
}

/* ---- samples ---- */

static void read_registers(const struct household *house, uint64_t energy[HOUSEHOLD_REGISTERS])
{
	for (unsigned i = 0; i < HOUSEHOLD_REGISTERS; i++)
		energy[i] = house->sum[i] / SECONDS_IN_HOUR;
}

struct sample sample_hourly(const struct sample *sample)
{
	struct sample hourly = *sample;

	memcpy(hourly.energy, sample->hour_energy, sizeof(hourly.energy));
	return hourly;
}

void sampler_init(struct sampler *s, time_t start, unsigned phases)
{
	struct tm tm;

	*s = (struct sampler){ .second = start };
	gmtime_r(&start, &tm);
	s->summer = in_summer(&tm);
	household_init(&s->house, (uint64_t)start, phases);
	read_registers(&s->house, s->hour_energy);
}

void sampler_next(struct sampler *s, struct sample *sample)
{
	struct han_datetime now = datetime_of(s, s->second);
	uint32_t second_of_day = now.hour * 3600u + now.minute * 60u + now.second;

	*sample = (struct sample){
		.now = now,
		.gas_time = datetime_of(s, s->second - second_of_day % HOUSEHOLD_GAS_S),
		.state = household_step(&s->house, second_of_day),
		.gas_l = s->house.gas_told_l,
	};
	read_registers(&s->house, sample->energy);
	if (second_of_day % SECONDS_IN_HOUR == 0)
		memcpy(s->hour_energy, sample->energy, sizeof(s->hour_energy));
	memcpy(sample->hour_energy, s->hour_energy, sizeof(sample->hour_energy));
	memcpy(sample->by_tariff, s->house.by_tariff, sizeof(sample->by_tariff));
	s->second++;
}
