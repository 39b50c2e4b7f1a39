/* The hours of the local clock: on long and short days, with gaps, and when the clock is set. */
#include "hours.h"

#include <stdio.h>
#include <stdlib.h>

#include "check.h"

#define WH   3600000LL
#define HOUR 3600

static struct hours hours;
static int64_t wall;  /* seconds, UTC */
static int64_t skew;  /* of the wall clock from the other one */
static int64_t drawn; /* watts, always */

/* 1 kW since the epoch, in mJ. */
static int64_t energy(void *user, uint64_t at_ms)
{
	(void)user;
	return drawn * (int64_t)at_ms;
}

static uint64_t now_ms(void)
{
	return (uint64_t)((wall - skew) * 1000);
}

static bool tick(int64_t seconds)
{
	wall += seconds;
	return hours_tick(&hours, now_ms(), wall * 1000, energy, NULL);
}

static void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static int begin(void **state)
{
	(void)state;
	set_zone("Europe/Oslo");
	hours = (struct hours){ 0 };
	wall = 1768431600 + 1800; /* 2026-01-15 00:30 in Oslo */
	skew = 1768000000;
	drawn = 1000;
	tick(0);
	return 0;
}

static void check_energy(int64_t mwh)
{
	int64_t mj;

	assert_true(hours_energy(&hours, energy(NULL, now_ms()), &mj));
	assert_int_equal(mj * 1000 / WH, mwh);
}

static void check_settled(int64_t begin_s, int64_t wh)
{
	time_t at;
	int64_t mj;

	assert_true(hours_settled(&hours, now_ms(), &at, &mj));
	assert_int_equal(at, begin_s);
	assert_int_equal(mj, wh * WH);
	assert_false(hours_settled(&hours, now_ms(), &at, &mj));
}

static void check_unsettled(void)
{
	time_t at = 0;
	int64_t mj = 0;

	assert_false(hours_settled(&hours, now_ms(), &at, &mj));
}

static void run(int64_t seconds, int64_t step)
{
	for (int64_t end = wall + seconds; wall < end;)
		tick(step < end - wall ? step : end - wall);
}

static void test_hour_by_hour(void **state)
{
	int64_t mj, full = 1768431600 + HOUR;

	(void)state;
	run(1799, 2);
	assert_false(hours_energy(&hours, 0, &mj)); /* its begin was not seen */
	assert_true(tick(3));
	check_energy(555); /* two seconds */
	run(HOUR - 3, 10);
	check_unsettled(); /* of the first one the begin is missing */
	check_energy(999722);
	assert_true(tick(2));
	check_energy(277);
	check_unsettled();
	run(118, 2);
	check_unsettled();
	tick(1);
	check_settled(full, 1000);
}

/* Begin not seen, but told: a register of the full hour came ten seconds later. */
static void test_register_tells_the_begin(void **state)
{
	int64_t full = 1768431600 + HOUR;

	(void)state;
	begin(NULL);
	hours = (struct hours){ 0 };
	wall = full + 5;
	tick(0);
	run(5, 1);
	hours_register(&hours, now_ms() - 10000, false, 0, energy, NULL);
	check_energy(2777);
	run(HOUR, 2);
	hours_register(&hours, now_ms() - 10000, false, 0, energy, NULL);
	run(HOURS_SETTLE_MS / 1000, 2);
	check_settled(full, 1000);
}

/* A register in the middle of the hour tells nothing of its begin. */
static void test_register_of_the_middle(void **state)
{
	int64_t mj;

	(void)state;
	hours_register(&hours, now_ms(), false, 0, energy, NULL);
	assert_false(hours_energy(&hours, 0, &mj));
	run(1802, 2);
	drawn = 2000;
	hours_register(&hours, now_ms() + 61000, false, 0, energy, NULL);
	assert_int_equal(hours.now.energy_mj, 1000 * (int64_t)hours.now.at_ms);
	hours_register(&hours, now_ms() + 30000, false, 0, energy, NULL);
	assert_int_equal(hours.now.energy_mj, 2000 * (int64_t)hours.now.at_ms);
}

static void test_first_register_shifts(void **state)
{
	int64_t before;

	(void)state;
	run(1802, 2);
	before = hours.now.energy_mj;
	hours_register(&hours, now_ms() + 1000000, true, 5 * WH, energy, NULL);
	assert_int_equal(hours.now.energy_mj, before + 5 * WH);
	assert_false(hours.now.told);
}

/* An hour with a gap of more than a minute does not count, unless both ends were told. */
static void test_gap(void **state)
{
	int64_t second = 1768431600 + 2 * HOUR;

	(void)state;
	run(1802, 2);
	run(600, 2);
	tick(61);
	run(HOUR - 600, 2);
	run(300, 2);
	check_unsettled(); /* the one with the gap */
	run(HOUR, 2);
	check_settled(second, 1000);
}

static void test_gap_over_the_full_hour(void **state)
{
	(void)state;
	run(1798, 2);
	assert_true(tick(600));
	check_energy(166111); /* bridged: of an hour, but an estimate */
	run(HOUR, 2);
	check_unsettled();
	run(HOUR, 2);
	check_settled(1768431600 + 2 * HOUR, 1000);
}

static void test_told_over_gaps(void **state)
{
	(void)state;
	run(1798, 2);
	assert_true(tick(61)); /* not seen */
	hours_register(&hours, now_ms() - 59000, false, 0, energy, NULL);
	run(HOUR - 100, 2);
	assert_true(tick(100));
	hours_register(&hours, hours.now.at_ms, false, 0, energy, NULL);
	run(120, 2);
	check_settled(1768431600 + HOUR, 1000);
}

static void test_long_gap(void **state)
{
	int64_t mj;

	(void)state;
	run(1802, 2);
	assert_true(tick(HOUR + 1));
	assert_false(hours_energy(&hours, 0, &mj));
	check_unsettled();
}

/* What the hour before the gap had is nothing of the one after it; what this one has shown stays. */
static void test_long_gap_and_told(void **state)
{
	(void)state;
	run(1800 + 3000, 2);
	check_energy(833333);
	tick(HOUR + 620);
	hours_register(&hours, now_ms() - 20000, false, 0, energy, NULL);
	check_energy(5555);
	skew -= 6;
	wall -= 6;
	assert_true(tick(2));
	hours_register(&hours, now_ms() - 16000, false, 0, energy, NULL);
	check_energy(5555);
}

static void test_clock_set(void **state)
{
	int64_t mj;

	(void)state;
	run(1802, 2);
	skew += 6;
	tick(6 + 2); /* the other clock has gone on by 2 s */
	assert_false(hours_energy(&hours, 0, &mj));
	run(HOUR, 2);
	check_energy((wall - (1768431600 + 2 * HOUR)) * 1000 * 1000 / HOUR);
	skew -= 86400 * 365;
	wall -= 86400 * 365;
	assert_true(tick(2));
	assert_false(hours_energy(&hours, 0, &mj));
}

/* A clock that is put right by little steps around the full hour begins no hour twice. */
static void test_clock_slewed(void **state)
{
	(void)state;
	run(1800, 2);
	assert_int_equal(hours.now.begin, 1768431600 + HOUR);
	wall -= 2;
	skew -= 3;
	assert_false(tick(0));
	assert_false(tick(1));
	assert_int_equal(hours.now.begin, 1768431600 + HOUR);
	assert_false(tick(10));
}

static void test_days(void **state)
{
	static const struct {
		const char *name, *zone;
		int64_t midnight;
		unsigned hours;
	} days[] = {
		{ "spring, 23 hours", "Europe/Oslo", 1774738800, 23 },
		{ "autumn, 25 hours", "Europe/Oslo", 1792879200, 25 },
		{ "half an hour beside", "Asia/Kolkata", 1768415400, 24 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(days); i++) {
		unsigned begun = 0;
		time_t last = 0;

		say_case(days[i].name);
		set_zone(days[i].zone);
		hours = (struct hours){ 0 };
		wall = days[i].midnight - 60;
		tick(0);
		for (int64_t end = days[i].midnight + days[i].hours * HOUR; wall < end;) {
			if (!tick(60))
				continue;
			begun++;
			assert_true(!last || hours.now.begin - last == HOUR);
			assert_true(hours.now.known);
			last = hours.now.begin;
		}
		assert_int_equal(begun, days[i].hours + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_hour_by_hour, begin),
		cmocka_unit_test_setup(test_register_tells_the_begin, begin),
		cmocka_unit_test_setup(test_register_of_the_middle, begin),
		cmocka_unit_test_setup(test_first_register_shifts, begin),
		cmocka_unit_test_setup(test_gap, begin),
		cmocka_unit_test_setup(test_gap_over_the_full_hour, begin),
		cmocka_unit_test_setup(test_told_over_gaps, begin),
		cmocka_unit_test_setup(test_long_gap, begin),
		cmocka_unit_test_setup(test_long_gap_and_told, begin),
		cmocka_unit_test_setup(test_clock_set, begin),
		cmocka_unit_test_setup(test_clock_slewed, begin),
		cmocka_unit_test_setup(test_days, begin),
	};

	return cmocka_run_group_tests_name("hours", tests, NULL, NULL);
}
