/* The month's three highest hours on three days. */
#include "capacity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "dice.h"

/* Local time as "2026-11-29 17". */
static time_t hour_of(const char *text)
{
	struct tm tm = { .tm_isdst = -1 };

	assert_true(strptime(text, "%Y-%m-%d %H", &tm));
	return mktime(&tm);
}

static void check(const struct capacity *c, const char *expected)
{
	char text[CAPACITY_TEXT];

	assert_string_equal(capacity_print(c, text), expected);
}

static void test_three_days(void **state)
{
	struct capacity c = { 0 };

	(void)state;
	assert_false(capacity_hour(&c, hour_of("2026-11-01 00"), 900)); /* no month yet */
	assert_true(capacity_month(&c, hour_of("2026-11-01 00")));
	assert_false(capacity_month(&c, hour_of("2026-11-30 23")));
	assert_int_equal(capacity_mean(&c), 0);
	assert_true(capacity_hour(&c, hour_of("2026-11-01 07"), 3000));
	assert_int_equal(capacity_mean(&c), 3000);
	assert_false(capacity_hour(&c, hour_of("2026-11-01 08"), 2999));
	assert_true(capacity_hour(&c, hour_of("2026-11-01 09"), 3001));
	check(&c, "2026-11\n1 3001\n");
	assert_true(capacity_hour(&c, hour_of("2026-11-02 23"), 5000));
	assert_true(capacity_hour(&c, hour_of("2026-11-03 00"),
	                          4000)); /* the next day, an hour later */
	check(&c, "2026-11\n2 5000\n3 4000\n1 3001\n");
	assert_int_equal(capacity_mean(&c), 4000);
	assert_false(capacity_hour(&c, hour_of("2026-11-04 00"), 3001));
	assert_true(capacity_hour(&c, hour_of("2026-11-04 01"), 3002));
	check(&c, "2026-11\n2 5000\n3 4000\n4 3002\n");
	assert_true(capacity_hour(&c, hour_of("2026-11-04 02"), 6000));
	check(&c, "2026-11\n4 6000\n2 5000\n3 4000\n");
	assert_false(capacity_hour(&c, hour_of("2026-12-01 00"), 9000)); /* not this month's */
	assert_true(capacity_month(&c, hour_of("2026-12-01 00")));
	check(&c, "2026-12\n");
}

/* In autumn the hour from 2 to 3 comes twice, on one day; both hours are hours. */
static void test_long_day(void **state)
{
	struct capacity c = { 0 };
	time_t first = hour_of("2026-10-25 01") + 3600;

	(void)state;
	capacity_month(&c, first);
	assert_true(capacity_hour(&c, first, 100));
	assert_true(capacity_hour(&c, first + 3600, 200));
	assert_true(capacity_hour(&c, hour_of("2026-10-25 23"), 300));
	assert_true(capacity_hour(&c, hour_of("2026-10-26 00"), 150));
	check(&c, "2026-10\n25 300\n26 150\n");
}

/* As if all hours of the month were known. */
static void test_any_month(void **state)
{
	struct dice dice = dice_new();

	(void)state;
	for (int n = 0; n < 200; n++) {
		uint64_t days[31] = { 0 };
		time_t first = hour_of("2026-03-01 00");
		struct capacity c = { 0 };

		capacity_month(&c, first);
		for (int hour = 0; hour < 31 * 24 - 1; hour++) { /* one has 23 */
			time_t begin = first + hour * 3600;
			uint64_t wh = dice_below(&dice, 50);
			struct tm tm;

			localtime_r(&begin, &tm);
			capacity_hour(&c, begin, wh);
			if (wh > days[tm.tm_mday - 1])
				days[tm.tm_mday - 1] = wh;
		}
		for (unsigned i = 0; i < CAPACITY_DAYS; i++) {
			unsigned above = 0, equal = 0;

			for (unsigned d = 0; d < 31; d++) {
				above += days[d] > c.peaks[i].wh;
				equal += days[d] == c.peaks[i].wh;
			}
			assert_true(above <= i && above + equal > i);
			assert_true(days[c.peaks[i].day - 1] == c.peaks[i].wh);
		}
	}
}

/* clang-format off */
static const struct {
	const char *text;
	bool fits;
} kept[] = {
	{ "2026-11\n", true },
	{ "2026-11\n2 5000\n", true },
	{ "2026-11\n2 5000\n3 4000\n1 3001\n", true },
	{ "2026-11\n2 5000\n3 5000\n1 5000\n", true },
	{ "2026-11\n2 5000\n3 4000\n1 3001\n4 2000\n", false },
	{ "2026-11\n2 5000\n2 4000\n", false },
	{ "2026-11\n2 4000\n3 5000\n", false },
	{ "2026-11\n0 4000\n", false },
	{ "2026-11\n32 4000\n", false },
	{ "2026-11\n2 4000000000\n", false },
	{ "2026-11\n2 -5\n", false },
	{ "2026-11\n2\n", false },
	{ "2026-13\n", false },
	{ "1969-12\n", false },
	{ "x", false },
	{ "", false },
};
/* clang-format on */

static void test_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kept); i++) {
		struct capacity c = { .year = 4711 };

		say_case(kept[i].text);
		assert_int_equal(capacity_read(&c, kept[i].text), kept[i].fits);
		if (kept[i].fits)
			check(&c, kept[i].text);
		else
			assert_int_equal(c.year, 4711);
	}
}

/* The longest that there is has room. */
static void test_room(void **state)
{
	const struct capacity c = { 99999,
		                    12,
		                    { { 31, 1000000000 }, { 30, 1000000000 }, { 29, 999999999 } } };
	char text[CAPACITY_TEXT];

	(void)state;
	assert_true(strlen(capacity_print(&c, text)) < CAPACITY_TEXT / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_days), cmocka_unit_test(test_long_day),
		cmocka_unit_test(test_any_month),  cmocka_unit_test(test_kept),
		cmocka_unit_test(test_room),
	};

	setenv("TZ", "Europe/Oslo", 1);
	tzset();
	return cmocka_run_group_tests_name("capacity", tests, NULL, NULL);
}
