/* From readings to calculated values. */
#include "derive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "civil.h"
#include "scratch.h"

#define HOUR     3600
#define MIDNIGHT 1796252400 /* 2026-12-03 00:00 in Oslo */

static struct derive derive;
static struct derive_settings settings;
static struct han_reading reading;
static struct han_value values[CALCULATED_COUNT];
static size_t count;
static int64_t second; /* since midnight */
static int64_t ahead;  /* the host's clock, in seconds */

static int begin(void **state)
{
	(void)state;
	settings = (struct derive_settings){ true, true, true, true };
	unsetenv("STATE_DIRECTORY");
	second = 9 * HOUR + 1800;
	ahead = 0;
	reading = (struct han_reading){ 0 };
	derive_init(&derive, &settings, 0);
	derive_identify(&derive, "4711");
	derive_floors_told(&derive);
	return 0;
}

static struct han_value *add(const char *name)
{
	struct han_value *v = &reading.values[reading.count++];

	*v = (struct han_value){ .type = HAN_VALUE_NUMBER };
	for (size_t i = 0; i < han_measurement_count(); i++) {
		if (strcmp(han_measurement_at(i)->name, name) == 0)
			v->measurement = han_measurement_at(i);
	}
	assert_non_null(v->measurement);
	v->unit = v->measurement->unit;
	return v;
}

static void number(const char *name, uint64_t magnitude, int exp10)
{
	add(name)->number = (struct han_decimal){ magnitude, (int16_t)exp10, false };
}

static void power(uint64_t import)
{
	number("power_active_import", import, 0);
}

static struct han_datetime civil(int64_t at)
{
	return civil_at(MIDNIGHT + (time_t)at);
}

/* A register of now, or of another time that is said. */
static void registers(uint64_t import_wh, int64_t at)
{
	struct han_value *clock = add("meter_timestamp");

	clock->type = HAN_VALUE_CLOCK;
	clock->time = civil(at);
	number("energy_active_cum_import", import_wh, -3);
}

/* The list that was put together arrives. */
static void arrive(void)
{
	const struct moment now = { (uint64_t)(1000000 + second * 1000),
		                    (MIDNIGHT + second + ahead) * 1000 };

	count = derive_reading(&derive, &reading, &now, values);
	reading = (struct han_reading){ 0 };
}

static void draw(uint64_t watts, int64_t seconds)
{
	for (int64_t end = second + seconds; second < end;) {
		second += end - second < 2 ? end - second : 2;
		power(watts);
		arrive();
	}
}

static const char *text_of(enum calculated which)
{
	static char text[HAN_DECIMAL_TEXT];

	for (size_t i = 0; i < count; i++) {
		if (values[i].measurement == quantity_calculated(which))
			return han_decimal_print(values[i].number, text);
	}
	return "-";
}

static void check(enum calculated which, const char *expected)
{
	assert_string_equal(text_of(which), expected);
}

static void test_held_until_the_broker_has_told(void **state)
{
	(void)state;
	derive_init(&derive, &settings, 0);
	assert_false(derive_wants_floors(&derive)); /* of whom? */
	derive_identify(&derive, "4711");
	assert_true(derive_wants_floors(&derive));
	power(1000);
	registers(5000, second);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "-");
	derive_floor(&derive, CALCULATED_LIVE_IMPORT, "5.250", 5);
	draw(1000, 2);
	check(CALCULATED_LIVE_IMPORT, "-");
	derive_floors_told(&derive);
	assert_false(derive_wants_floors(&derive));
	draw(1000, 2);
	check(CALCULATED_LIVE_IMPORT, "5.250");
	draw(1000, 900);
	check(CALCULATED_LIVE_IMPORT, "5.251");
	check(CALCULATED_LIVE_EXPORT, "-");
}

static void test_strange_floors(void **state)
{
	static const char *const floors[] = { "None",
		                              "",
		                              "-3",
		                              "5.250 kWh",
		                              "999999999.000",
		                              "1000000000000.000",
		                              "5.2500000000000000000000000000000" };

	(void)state;
	for (size_t i = 0; i < COUNT(floors); i++) {
		say_case(floors[i]);
		derive_init(&derive, &settings, 0);
		derive_identify(&derive, "4711");
		power(1000);
		registers(5000, second);
		arrive();
		derive_floor(&derive, CALCULATED_LIVE_IMPORT, floors[i], strlen(floors[i]));
		derive_floors_told(&derive);
		draw(1000, 2);
		check(CALCULATED_LIVE_IMPORT, "5.000");
	}
}

static void test_goes_on_from_the_floor(void **state)
{
	(void)state;
	derive_init(&derive, &settings, 0);
	derive_identify(&derive, "4711");
	derive_floor(&derive, CALCULATED_LIVE_IMPORT, "11589.514", 9);
	derive_floors_told(&derive);
	draw(1000, 2);
	check(CALCULATED_LIVE_IMPORT, "11589.514");
	draw(1000, HOUR / 2);
	check(CALCULATED_LIVE_IMPORT, "11590.014");
	derive_floor(&derive, CALCULATED_LIVE_IMPORT, "11600.000", 9); /* too late */
	draw(1000, 2);
	check(CALCULATED_LIVE_IMPORT, "11590.014");
}

/* The broker was not there when the first full hour went by: what it tells is nothing that was drawn in that hour. */
static void test_late_floor(void **state)
{
	(void)state;
	derive_init(&derive, &settings, 0);
	derive_identify(&derive, "4711");
	draw(1000, 1802);
	derive_floor(&derive, CALCULATED_LIVE_IMPORT, "11589.514", 9);
	derive_floors_told(&derive);
	draw(1000, 600);
	power(1000);
	registers(11589700, second);
	arrive();
	check(CALCULATED_HOUR_IMPORT, "0.167");
	draw(1000, HOUR);
	check(CALCULATED_PEAK_1, "1.000");
}

/* The register that tells what was drawn in a long gap may come hours after it: it tells nothing of those. */
static void test_late_register(void **state)
{
	(void)state;
	power(1000);
	registers(5000, second);
	arrive();
	second += 5 * HOUR;
	draw(1000, 2 * HOUR);
	check(CALCULATED_LIVE_IMPORT, "6.999");
	power(1000);
	registers(12000, second);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "12.000");
	check(CALCULATED_HOUR_IMPORT, "0.500");
	draw(1000, HOUR);
	check(CALCULATED_PEAK_1, "1.000");
}

/* More was drawn in a gap than the powers around it say, and the list of the full hour is lost: the next register
 * tells, but nothing of the hour that it comes in. */
static void test_late_register_of_a_bridge(void **state)
{
	(void)state;
	draw(1000, 1800 + 10);
	power(1000);
	registers(5000, second);
	arrive();
	draw(1000, 1200);
	second += 1800;
	draw(1000, 40 * 60);
	check(CALCULATED_HOUR_IMPORT, "0.502");
	power(1000);
	registers(10000, second);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "10.000");
	check(CALCULATED_HOUR_IMPORT, "0.502");
	draw(1000, HOUR);
	check(CALCULATED_PEAK_1, "1.000");
}

static void test_settings(void **state)
{
	(void)state;
	settings = (struct derive_settings){ 0 };
	assert_false(derive_wants_floors(&derive));
	power(1000);
	number("power_active_export", 0, 0);
	registers(5000, second);
	arrive();
	assert_int_equal(count, 0);
}

/* Registers of the full hour, said so, or those of now. */
static void test_of_the_full_hour(void **state)
{
	(void)state;
	draw(3600, 1800 + 10);
	power(3600);
	registers(5000, second - 10);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "5.010");
	draw(3600, HOUR);
	power(3600);
	registers(8600, second - 10);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "8.610");
}

static void test_of_now(void **state)
{
	(void)state;
	draw(3600, 1800 + 10);
	power(3600);
	registers(5000, second);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "5.000");
}

/* The host's clock is years behind: the list comes some ten seconds after the hour all the same. */
static void test_wrong_host_clock(void **state)
{
	struct moment now = { 1000000, 1000 };

	(void)state;
	for (; now.ms < 1030000; now.ms += 2000, now.wall_ms += 2000) {
		power(3600);
		derive_reading(&derive, &reading, &now, values);
		reading = (struct han_reading){ 0 };
	}
	power(3600);
	registers(5000, 10 * HOUR);
	count = derive_reading(&derive, &reading, &now, values);
	check(CALCULATED_LIVE_IMPORT, "5.010");
}

/* What came an hour ago comes again: it is of an hour ago. */
static void test_repeated_list(void **state)
{
	int64_t hour = 10 * HOUR;

	(void)state;
	draw(3600, 1800 + 10);
	power(3600);
	registers(5000, hour);
	arrive();
	draw(3600, HOUR);
	power(3600);
	registers(5000, hour);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "8.610");
	draw(3600, HOUR);
	check(CALCULATED_LIVE_IMPORT, "12.210"); /* has not stood still */
	power(3600);
	registers(12200, hour + 2 * HOUR);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "12.210");
	draw(3600, 130);
	check(CALCULATED_PEAK_1, "3.600"); /* not two hours in one */
}

/* The first list of all is of an hour ago: what was drawn since then shows with the next one, and is of no hour that
 * was seen. */
static void test_first_list_of_an_hour_ago(void **state)
{
	(void)state;
	draw(3600, 1800 + 10);
	power(3600);
	registers(5000, second - 10 - HOUR);
	arrive();
	draw(3600, HOUR);
	power(3600);
	registers(12200, second - 10);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "12.210");
	draw(3600, 130);
	check(CALCULATED_PEAK_1, "3.600");
}

/* A clock that does not follow summer time is an hour behind, its registers are not. The first list alone may be one
 * of an hour ago. */
static void test_clock_an_hour_behind(void **state)
{
	(void)state;
	draw(3600, 1800 + 10);
	power(3600);
	registers(5000, second - 10 - HOUR);
	arrive();
	draw(3600, HOUR);
	power(3600);
	registers(8600, second - 10 - HOUR);
	arrive();
	draw(3600, 600); /* what was too much is made up for */
	check(CALCULATED_LIVE_IMPORT, "9.210");
	draw(3600, HOUR - 600);
	power(3600);
	registers(12200, second - 10 - HOUR);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "12.210");
}

/* The tariffs of a Dutch meter, and a total where there is one. */
static void test_tariffs(void **state)
{
	(void)state;
	number("power_active_import", 1234, -3);
	number("power_active_export", 0, -3);
	number("energy_active_cum_import_t1", 1000001, -3);
	number("energy_active_cum_import_t2", 2000002, -3);
	number("energy_active_cum_export_t1", 0, -3);
	number("energy_active_cum_export_t2", 5, -3);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "3000.003");
	check(CALCULATED_LIVE_EXPORT, "0.005");
	check(CALCULATED_NET, "1.234");
	begin(NULL);
	power(1000);
	number("energy_active_cum_import", 3000004, -3);
	number("energy_active_cum_import_t1", 1, -3);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "3000.004");
}

/* One of them was refused by the gate: what is left is no register. */
static void test_not_all_tariffs(void **state)
{
	(void)state;
	power(1000);
	number("energy_active_cum_import_t1", 1000, -3);
	number("energy_active_cum_import_t2", 2000, -3);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "3.000");
	power(1000);
	number("energy_active_cum_import_t2", 9000, -3);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "3.000");
	power(1000);
	number("energy_active_cum_import", 3001, -3);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "3.001");
	power(1000); /* the total was refused */
	number("energy_active_cum_import_t1", 1000, -3);
	number("energy_active_cum_import_t2", 9000, -3);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "3.001");
}

static void test_net(void **state)
{
	(void)state;
	power(100);
	arrive();
	check(CALCULATED_NET, "-");
	power(100);
	number("power_active_export", 350, 0);
	arrive();
	check(CALCULATED_NET, "-250");
	second += 2;
	number("power_active_import", 1005, -1);
	number("power_active_export", 0, 0);
	arrive();
	check(CALCULATED_NET, "100.5");
	power(100);
	number("power_active_export", 100, 0);
	arrive();
	check(CALCULATED_NET, "0.0");
}

/* A structural zero is no power, a text no register. */
static void test_no_numbers(void **state)
{
	struct han_value *v;

	(void)state;
	power(100);
	v = add("power_active_export");
	v->structural = true;
	v = add("energy_active_cum_import");
	v->type = HAN_VALUE_TEXT;
	arrive();
	check(CALCULATED_NET, "-");
	check(CALCULATED_LIVE_IMPORT, "-");
}

static void test_hour_energy(void **state)
{
	(void)state;
	registers(5000, second);
	draw(1000, 1798);
	check(CALCULATED_HOUR_IMPORT, "-");
	draw(1000, 2);
	check(CALCULATED_HOUR_IMPORT, "0.000");
	draw(1000, HOUR - 2);
	check(CALCULATED_HOUR_IMPORT, "0.999");
	draw(1000, 2);
	check(CALCULATED_HOUR_IMPORT, "0.000");
}

static void test_another_meter(void **state)
{
	(void)state;
	power(1000);
	registers(5000000, second);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "5000.000");
	derive_identify(&derive, "4711");
	draw(1000, 2);
	check(CALCULATED_LIVE_IMPORT, "5000.000");
	derive_identify(&derive, "4712");
	assert_false(derive_wants_floors(&derive)); /* what the broker keeps is of the other one */
	draw(1000, 2);
	check(CALCULATED_LIVE_IMPORT, "-");
	power(1000);
	registers(12, second);
	arrive();
	check(CALCULATED_LIVE_IMPORT, "0.012");
}

/* Days of an hour each that is higher than the rest, but for half of its first two seconds. */
static void live_days(unsigned days, unsigned first_watts)
{
	for (unsigned n = 0; n < days; n++) {
		draw(200, 2 * HOUR);
		draw(first_watts + 1000 * n, HOUR);
		draw(200, 21 * HOUR);
	}
}

static void test_peaks(void **state)
{
	struct scratch *s = *state;

	begin(NULL);
	setenv("STATE_DIRECTORY", s->dir, 1);
	second = -HOUR - 10;
	power(200);
	registers(5000, second);
	arrive();
	check(CALCULATED_PEAK_1, "0.000");
	check(CALCULATED_MEAN, "0.000");
	draw(200, HOUR + 10);
	live_days(4, 1000);
	check(CALCULATED_PEAK_1, "3.999");
	check(CALCULATED_PEAK_2, "2.999");
	check(CALCULATED_PEAK_3, "2.000");
	check(CALCULATED_MEAN, "2.999");

	/* a restart */
	derive_init(&derive, &settings, 0);
	draw(200, 2);
	check(CALCULATED_PEAK_1, "-"); /* of whom? */
	derive_identify(&derive, "4711");
	draw(200, 2);
	check(CALCULATED_PEAK_1, "3.999");
	check(CALCULATED_MEAN, "2.999");

	/* the clock is in another month by mistake, and then not any more */
	ahead = 60 * 86400;
	draw(200, 2);
	check(CALCULATED_PEAK_1, "0.000");
	ahead = 0;
	draw(200, 2);
	check(CALCULATED_PEAK_1, "3.999");
}

/* Without a network the clock of a machine that has none of its own may be in a wrong month for days. */
static void test_wrong_month(void **state)
{
	struct scratch *s = *state;

	begin(NULL);
	setenv("STATE_DIRECTORY", s->dir, 1);
	draw(3000, 1800 + HOUR + 130);
	check(CALCULATED_PEAK_1, "3.000");
	for (unsigned n = 0; n < 2; n++) { /* and a restart */
		derive_init(&derive, &settings, 0);
		derive_identify(&derive, "4711");
		ahead = -300 * 86400;
		draw(500, 2 * HOUR);
		check(CALCULATED_PEAK_1, "0.500");
	}
	ahead = 0;
	draw(500, 2);
	check(CALCULATED_PEAK_1, "3.000");
	draw(4000, 2 * HOUR);
	check(CALCULATED_PEAK_1, "4.000");
	derive_init(&derive, &settings, 0);
	derive_identify(&derive, "4711");
	draw(500, 2);
	check(CALCULATED_PEAK_1, "4.000");
	check(CALCULATED_PEAK_2, "0.000");
}

static void test_new_month(void **state)
{
	struct scratch *s = *state;

	begin(NULL);
	setenv("STATE_DIRECTORY", s->dir, 1);
	second = 28 * 86400 + 22 * HOUR - 10; /* the 31st */
	draw(200, 10);
	draw(1000, HOUR);
	draw(3000, HOUR); /* the month's last */
	check(CALCULATED_PEAK_1, "1.000");
	draw(3000, 130);
	check(CALCULATED_PEAK_1, "2.999");
	draw(3000, 60);
	check(CALCULATED_PEAK_1, "0.000");
	draw(3000, HOUR);
	check(CALCULATED_PEAK_1, "3.000");
	check(CALCULATED_PEAK_2, "0.000");
	check(CALCULATED_MEAN, "3.000");
}

/* A register of the full hour before the first power is as exact as any. */
static void test_start_behind_the_hour(void **state)
{
	(void)state;
	second = 10 * HOUR + 60;
	draw(3600, 10);
	power(3600);
	registers(5000, 10 * HOUR);
	arrive();
	draw(3600, HOUR - 60);
	power(3600);
	registers(8600, 11 * HOUR);
	arrive();
	draw(3600, 130);
	check(CALCULATED_PEAK_1, "3.600");
}

/* More was drawn between the samples than they say. */
static void test_start_with_the_hour(void **state)
{
	(void)state;
	second = 10 * HOUR + 10;
	power(3000);
	registers(5000, 10 * HOUR);
	arrive();
	for (unsigned n = 1; n <= 13; n++) {
		second += 300;
		power(3000);
		if (n == 12)
			registers(9000, 11 * HOUR);
		arrive();
	}
	check(CALCULATED_PEAK_1, "4.000");
}

/* In spring, with a list every 10 s: from the second hour on the clock is behind, and the list is one of now. */
static void test_clock_falls_behind(void **state)
{
	uint64_t wh = 5000;

	(void)state;
	for (unsigned hour = 0; hour < 3; hour++, wh += 3600) {
		for (unsigned n = 0; n < 360; n++) {
			second += 10;
			power(3600);
			if (n == 359)
				registers(wh, second - 10 - (hour > 0 ? HOUR : 0));
			arrive();
		}
	}
	draw(3600, 140);
	check(CALCULATED_PEAK_1, "3.600");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_start_behind_the_hour, begin),
		cmocka_unit_test_setup(test_start_with_the_hour, begin),
		cmocka_unit_test_setup(test_clock_falls_behind, begin),
		cmocka_unit_test_setup(test_held_until_the_broker_has_told, begin),
		cmocka_unit_test_setup(test_strange_floors, begin),
		cmocka_unit_test_setup(test_goes_on_from_the_floor, begin),
		cmocka_unit_test_setup(test_late_floor, begin),
		cmocka_unit_test_setup(test_late_register, begin),
		cmocka_unit_test_setup(test_late_register_of_a_bridge, begin),
		cmocka_unit_test_setup(test_settings, begin),
		cmocka_unit_test_setup(test_of_the_full_hour, begin),
		cmocka_unit_test_setup(test_of_now, begin),
		cmocka_unit_test_setup(test_wrong_host_clock, begin),
		cmocka_unit_test_setup(test_repeated_list, begin),
		cmocka_unit_test_setup(test_first_list_of_an_hour_ago, begin),
		cmocka_unit_test_setup(test_clock_an_hour_behind, begin),
		cmocka_unit_test_setup(test_tariffs, begin),
		cmocka_unit_test_setup(test_not_all_tariffs, begin),
		cmocka_unit_test_setup(test_net, begin),
		cmocka_unit_test_setup(test_no_numbers, begin),
		cmocka_unit_test_setup(test_hour_energy, begin),
		cmocka_unit_test_setup(test_another_meter, begin),
		cmocka_unit_test_setup_teardown(test_peaks, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_wrong_month, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_new_month, scratch_setup, scratch_teardown),
	};

	setenv("TZ", "Europe/Oslo", 1);
	tzset();
	return cmocka_run_group_tests_name("derive", tests, NULL, NULL);
}
