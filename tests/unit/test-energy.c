/* Live energy over whole days, against the register that the meter had: how far off it is at the end of each
 * hour, and what is booked for each hour by whoever looks at the full hour (as Home Assistant does), with the
 * live energy and with the register as it arrives.
 *
 * HANMQTTD_TEST_DAYS simulates so many days of each kind; the figures are printed as a table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "civil.h"
#include "derive.h"
#include "dice.h"
#include "household.h"

#define HOUR          3600
#define DAY           (24 * HOUR)
#define WH            3600       /* in Ws */
#define BEGIN         1768431600 /* 2026-01-15 00:00 in Oslo */
#define SMALL_WH      300
#define SECONDS_MS(s) ((int64_t)(s)*1000)

/* ---- a day ---- */

/* At each second: the powers in it, and what the registers had at its begin, in Ws. */
struct day {
	uint32_t power[2][DAY + 1];
	uint64_t sum[2][DAY + 1];
};

static struct day day;

static void live_household(uint64_t seed)
{
	struct household house;

	household_init(&house, seed, 3);
	for (uint32_t s = 0; s <= DAY; s++) {
		struct household_state state;

		day.sum[0][s] = house.sum[HOUSEHOLD_IMPORT];
		day.sum[1][s] = house.sum[HOUSEHOLD_EXPORT];
		state = household_step(&house, s % DAY);
		day.power[0][s] = state.power_import;
		day.power[1][s] = state.power_export;
	}
}

static void sum_up(void)
{
	for (unsigned d = 0; d < 2; d++) {
		day.sum[d][0] = 23456789ULL * WH;
		for (uint32_t s = 0; s < DAY; s++)
			day.sum[d][s + 1] = day.sum[d][s] + day.power[d][s];
	}
}

static void live_flat(uint64_t seed)
{
	memset(&day, 0, sizeof(day));
	for (uint32_t s = 0; s <= DAY; s++)
		day.power[0][s] = 437 + (uint32_t)(seed % 100);
	sum_up();
}

/* 2 kW for one to five minutes, above next to nothing. */
static void live_kettle(uint64_t seed)
{
	struct dice dice = { seed };
	uint32_t left = 0;
	bool on = false;

	memset(&day, 0, sizeof(day));
	for (uint32_t s = 0; s <= DAY; s++) {
		if (left == 0) {
			on = !on;
			left = 60 + (uint32_t)dice_below(&dice, 240);
		}
		left--;
		day.power[0][s] = on ? 2150 : 90;
	}
	sum_up();
}

/* Clouds over a roof, and a house below it: import and export change places all the time. */
static void live_clouds(uint64_t seed)
{
	struct dice dice = { seed };
	int32_t net = 0;

	memset(&day, 0, sizeof(day));
	for (uint32_t s = 0; s <= DAY; s++) {
		if (dice_below(&dice, 20) == 0)
			net = (int32_t)dice_below(&dice, 8000) - 4000;
		day.power[0][s] = net > 0 ? (uint32_t)net : 0;
		day.power[1][s] = net < 0 ? (uint32_t)-net : 0;
	}
	sum_up();
}

/* ---- a meter ---- */

struct meter {
	uint32_t short_ms, long_ms; /* periods of the lists; short 0: there is none */
	uint32_t
		hourly_ms; /* when the registers come behind the full hour; 0: with every long list */
	bool of_hour, says_hour;          /* they are those of the full hour; the list says so */
	uint32_t step_wh;                 /* of the registers */
	uint32_t short_delay, long_delay; /* ms on the line */
	bool export_in_short;
};

/* clang-format off */
static const struct meter kaifa       = { 2000, 10000, 10000, false, false, 1, 171, 650, false };
static const struct meter kaifa_2017  = { 2000, 10000, 10000, true, true, 1, 171, 650, false };
static const struct meter aidon       = { 2500, 10000, 10000, true, true, 10, 202, 1815, false };
static const struct meter kamstrup    = { 0, 10000, 5000, true, false, 10, 0, 950, false };
static const struct meter dsmr        = { 0, 1000, 0, false, false, 1, 0, 80, false };
/* clang-format on */

struct run {
	const char *name;
	void (*live)(uint64_t seed);
	const struct meter *meter;
	unsigned lost_percent;
	uint32_t down_at, down_s; /* of the hour: no list comes */
	bool restart;             /* and the daemon begins anew */
	/* What may be off at the end of an hour: thousandths of its energy; Wh of an hour of next to nothing. 0: is
	 * printed only */
	unsigned limit, limit_wh;
};

static struct derive derive;
static const struct derive_settings settings = { true, true, true, true };
static struct han_reading reading;

static void add(const char *name, uint64_t magnitude, int exp10)
{
	struct han_value *v = &reading.values[reading.count++];

	*v = (struct han_value){ .type = HAN_VALUE_NUMBER,
		                 .number = { magnitude, (int16_t)exp10, false } };
	for (size_t i = 0; i < han_measurement_count(); i++) {
		if (strcmp(han_measurement_at(i)->name, name) == 0)
			v->measurement = han_measurement_at(i);
	}
	v->unit = v->measurement->unit;
}

static struct han_datetime civil(uint32_t second)
{
	return civil_at(BEGIN + (time_t)second);
}

static void add_registers(const struct meter *m, uint32_t s)
{
	uint32_t of = m->of_hour ? s - s % HOUR : s;
	struct han_value *clock = &reading.values[reading.count++];

	add("energy_active_cum_import", day.sum[0][of] / WH / m->step_wh,
	    m->step_wh == 1 ? -3 : -2);
	add("energy_active_cum_export", day.sum[1][of] / WH / m->step_wh,
	    m->step_wh == 1 ? -3 : -2);
	*clock =
		(struct han_value){ .type = HAN_VALUE_CLOCK, .time = civil(m->says_hour ? of : s) };
	for (size_t i = 0; i < han_measurement_count(); i++) {
		if (strcmp(han_measurement_at(i)->name, "meter_timestamp") == 0)
			clock->measurement = han_measurement_at(i);
	}
}

/* The list that is due at that millisecond, as after so many of delay it arrives; 0: none is. */
static uint32_t list_due(const struct meter *m, uint32_t ms)
{
	uint32_t s = ms / 1000;
	bool hourly = m->hourly_ms && ms % (HOUR * 1000) == m->hourly_ms;
	bool is_long = ms % m->long_ms == 0;

	reading = (struct han_reading){ 0 };
	if (!hourly && !is_long && !(m->short_ms && ms % m->short_ms == 0))
		return 0;
	if (m == &kaifa || m == &kaifa_2017) {
		reading.apdu.has_time = true;
		reading.apdu.time = civil(hourly && m->says_hour ? s - s % HOUR : s);
	}
	add("power_active_import", day.power[0][s], 0);
	if (hourly || is_long || m->export_in_short)
		add("power_active_export", day.power[1][s], 0);
	if (hourly || (is_long && !m->hourly_ms))
		add_registers(m, s);
	return hourly || is_long ? m->long_delay : m->short_delay;
}

/* ---- measured ---- */

struct error {
	double worst, sum;          /* of an hour's energy, unless that is next to nothing */
	int64_t worst_wh, small_wh; /* of all hours, of those of next to nothing */
	unsigned count;
};

struct result {
	struct error end[2], booked[2], by_register;
	uint64_t live[2];    /* as last published, in Wh */
	uint64_t at_hour[2]; /* the same when the hour began */
	uint64_t reg, reg_at_hour;
	bool has[2], had[2], has_reg, had_reg;
	unsigned falls;
};

static void note(struct error *e, int64_t off_ws, uint64_t hour_ws)
{
	double part = hour_ws ? (double)llabs(off_ws) / (double)hour_ws : 0;

	if (llabs(off_ws) / WH > e->worst_wh)
		e->worst_wh = llabs(off_ws) / WH;
	if (hour_ws < SMALL_WH * WH) { /* a part of nothing says nothing */
		e->small_wh = llabs(off_ws) / WH > e->small_wh ? llabs(off_ws) / WH : e->small_wh;
		return;
	}
	e->worst = part > e->worst ? part : e->worst;
	e->sum += part;
	e->count++;
}

static void publish(struct result *r, const struct moment *now)
{
	struct han_value values[CALCULATED_COUNT];
	size_t count = derive_reading(&derive, &reading, now, values);
	const struct han_value *reg = han_reading_find(&reading, "energy_active_cum_import");

	for (size_t i = 0; i < count; i++) {
		for (unsigned d = 0; d < 2; d++) {
			if (values[i].measurement !=
			    quantity_calculated(d ? CALCULATED_LIVE_EXPORT
			                          : CALCULATED_LIVE_IMPORT))
				continue;
			r->falls += r->has[d] && values[i].number.magnitude < r->live[d];
			r->live[d] = values[i].number.magnitude;
			r->has[d] = true;
		}
	}
	if (reg) {
		r->reg = reg->number.magnitude * (reg->number.exp10 == -3 ? 1 : 10);
		r->has_reg = true;
	}
}

static void begin_run(const struct run *run, struct result *r, bool again)
{
	derive_init(&derive, &settings, 0);
	derive_identify(&derive, run->name);
	for (unsigned d = 0; again && d < 2; d++) {
		char text[32];

		snprintf(text, sizeof(text), "%llu.%03llu", (unsigned long long)r->live[d] / 1000,
		         (unsigned long long)r->live[d] % 1000);
		if (r->has[d])
			derive_floor(&derive, d ? CALCULATED_LIVE_EXPORT : CALCULATED_LIVE_IMPORT,
			             text, strlen(text));
	}
	derive_floors_told(&derive);
}

static void end_hour(struct result *r, uint32_t s)
{
	for (unsigned d = 0; d < 2; d++) {
		uint64_t hour_ws = s >= HOUR ? day.sum[d][s] - day.sum[d][s - HOUR] : 0;
		int64_t booked = (int64_t)(r->live[d] - r->at_hour[d]) * WH;

		if (r->had[d] && s >= 2 * HOUR)
			note(&r->booked[d], booked - (int64_t)hour_ws, hour_ws);
		if (d == 0 && r->had_reg && s >= 3 * HOUR)
			note(&r->by_register,
			     (int64_t)(r->reg - r->reg_at_hour) * WH - (int64_t)hour_ws, hour_ws);
		r->at_hour[d] = r->live[d];
		r->had[d] = r->has[d];
	}
	r->reg_at_hour = r->reg;
	r->had_reg = r->has_reg;
}

static void live_through(const struct run *run, struct dice *dice, struct result *r)
{
	const struct meter *m = run->meter;

	*r = (struct result){ .end = { { 0 } } };
	begin_run(run, r, false);
	for (uint32_t ms = 0; ms < DAY * 1000u; ms += 500) {
		uint32_t s = ms / 1000, of_hour = s % HOUR, delay;
		bool down = run->down_s && s >= 2 * HOUR &&
		            (of_hour + HOUR - run->down_at) % HOUR < run->down_s;

		if (of_hour == 0 && ms % 1000 == 0 && s > 0)
			end_hour(r, s);
		/* what arrives behind the full hour was not there at hh:59:59 */
		if (of_hour == HOUR - 1 && ms % 1000 == 0 && s >= 2 * HOUR) {
			for (unsigned d = 0; d < 2; d++) {
				uint64_t hour_ws = day.sum[d][s] - day.sum[d][s - (HOUR - 1)];

				if (r->has[d])
					note(&r->end[d],
					     (int64_t)(r->live[d] * WH) - (int64_t)day.sum[d][s],
					     hour_ws);
			}
		}
		if (run->restart && s >= 2 * HOUR && of_hour == run->down_at && ms % 1000 == 0)
			begin_run(run, r, true);
		delay = list_due(m, ms);
		if (reading.count == 0 || down || dice_below(dice, 100) < run->lost_percent)
			continue;
		publish(r,
		        &(struct moment){ 1000000 + ms + delay, SECONDS_MS(BEGIN) + ms + delay });
	}
}

/* clang-format off */
static const struct run runs[] = {
	{ "household, 2 s, registers of now",      live_household, &kaifa,      0, 0, 0, false, 10, 3 },
	{ "household, 2 s, of the full hour",      live_household, &kaifa_2017, 0, 0, 0, false, 10, 3 },
	{ "household, 2.5 s, registers of 10 Wh",  live_household, &aidon,      0, 0, 0, false, 0, 25 },
	{ "household, 10 s, registers of 10 Wh",   live_household, &kamstrup,   0, 0, 0, false, 0, 40 },
	{ "household, 1 s, registers every time",  live_household, &dsmr,       0, 0, 0, false, 10, 3 },
	{ "household, 5 of 100 lists lost",        live_household, &kaifa,      5, 0, 0, false, 10, 5 },
	{ "household, half of the lists lost",     live_household, &kaifa,      50, 0, 0, false, 0, 40 },
	{ "household, restarted at hh:30 for 30 s", live_household, &kaifa,     0, 1800, 30, true, 0, 60 },
	{ "household, no lists hh:55 to hh:05",    live_household, &kaifa,      0, 3300, 600, false, 0, 0 },
	{ "flat, 2 s",                             live_flat,      &kaifa,      0, 0, 0, false, 10, 2 },
	{ "kettle, 2 s",                           live_kettle,    &kaifa,      0, 0, 0, false, 10, 3 },
	{ "kettle, 10 s",                          live_kettle,    &kamstrup,   0, 0, 0, false, 0, 40 },
	{ "clouds, 2 s",                           live_clouds,    &kaifa,      0, 0, 0, false, 0, 40 },
};
/* clang-format on */

static void merge(struct error *all, const struct error *one)
{
	all->worst = one->worst > all->worst ? one->worst : all->worst;
	all->small_wh = one->small_wh > all->small_wh ? one->small_wh : all->small_wh;
	all->worst_wh = one->worst_wh > all->worst_wh ? one->worst_wh : all->worst_wh;
	all->sum += one->sum;
	all->count += one->count;
}

static double mean(const struct error *e)
{
	return e->count ? 100 * e->sum / e->count : 0;
}

static void print(const struct run *run, const struct result *all)
{
	print_message(
		"# %-40s %6.2f %6.2f %5lld   %6.2f %6.2f   %7.1f %7.1f   %6.2f %5lld\n", run->name,
		mean(&all->end[0]), 100 * all->end[0].worst, (long long)all->end[0].worst_wh,
		mean(&all->booked[0]), 100 * all->booked[0].worst, mean(&all->by_register),
		100 * all->by_register.worst, mean(&all->end[1]), (long long)all->end[1].worst_wh);
}

static void test_days(void **state)
{
	const char *asked = getenv("HANMQTTD_TEST_DAYS");
	unsigned days = asked ? (unsigned)strtoul(asked, NULL, 10) : 2;
	struct dice dice = dice_new();

	(void)state;
	print_message(
		"# of an hour's energy, in %%: import at hh:59:59 (mean, worst, worst in Wh); booked "
		"by live energy (mean, worst); booked by register; export at hh:59:59 "
		"(mean, worst in Wh)\n");
	for (size_t i = 0; i < COUNT(runs); i++) {
		const struct run *run = &runs[i];
		struct result all = { .end = { { 0 } } };

		for (unsigned n = 0; n < days; n++) {
			struct result one;

			run->live(1000 + n);
			live_through(run, &dice, &one);
			assert_int_equal(one.falls, 0);
			for (unsigned d = 0; d < 2; d++) {
				merge(&all.end[d], &one.end[d]);
				merge(&all.booked[d], &one.booked[d]);
			}
			merge(&all.by_register, &one.by_register);
		}
		print(run, &all);
		if (!run->limit)
			continue;
		assert_true(all.end[0].worst < run->limit / 1000.0);
		assert_true(all.booked[0].worst < run->limit / 1000.0);
		assert_true(all.end[0].small_wh <= run->limit_wh);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days),
	};

	setenv("TZ", "Europe/Oslo", 1);
	tzset();
	unsetenv("STATE_DIRECTORY");
	return cmocka_run_group_tests_name("energy", tests, NULL, NULL);
}
