/* Which hour a reading belongs to, in zones and on days of all kinds, and whether it is the first of it. */
#include <stdlib.h>
#include <time.h>

#include "check.h"

#include "hour.h"

#define CET   "CET-1CEST,M3.5.0,M10.5.0/3"
#define INDIA "IST-5:30"

#define NO_CLOCK 0
#define FF       HAN_UNSPECIFIED

#define YEAR   1767225600 /* 2026-01-01 00:00 UTC */
#define YEAR_H 8760

/* clang-format off */
static const struct {
	const char *name, *zone;
	int64_t now; /* the host's clock */
	uint16_t year; /* NO_CLOCK: the list has none */
	uint8_t month, day, hour, minute, second;
	int16_t deviation;
	uint8_t status;
	int64_t begun;
} cases[] = {
	{ "winter",               CET,   1768482010, 2026, 1, 15, 14, 0, 10, HAN_NO_DEVIATION, 0,    1768482000 },
	{ "one second before",    CET,   1768482010, 2026, 1, 15, 13, 59, 59, HAN_NO_DEVIATION, 0,   1768478400 },
	{ "host ten minutes off", CET,   1768482610, 2026, 1, 15, 14, 0, 10, HAN_NO_DEVIATION, 0,    1768482000 },
	{ "host a year off",      CET,   1700000000, 2026, 1, 15, 14, 0, 10, HAN_NO_DEVIATION, 0,    1768482000 },
	{ "no clock",             CET,   1768482010, NO_CLOCK, 0, 0, 0, 0, 0, 0, 0,                  1768482000 },
	{ "no such date",         CET,   1768482010, 2026, 2, 30, 3, 0, 0, HAN_NO_DEVIATION, 0,      1768482000 },
	{ "invalid clock",        CET,   1768482010, 2000, 1, 1, 3, 0, 0, HAN_NO_DEVIATION, 0x81,    1768482000 },
	{ "status unspecified",   CET,   1768482010, 2026, 1, 15, 14, 0, 10, HAN_NO_DEVIATION, FF,   1768482000 },
	{ "before spring",        CET,   1774745999, 2026, 3, 29, 1, 59, 59, HAN_NO_DEVIATION, 0,    1774742400 },
	{ "after spring",         CET,   1774746010, 2026, 3, 29, 3, 0, 10, HAN_NO_DEVIATION, 0,     1774746000 },
	{ "first 02:00, autumn",  CET,   1792886410, 2026, 10, 25, 2, 0, 10, HAN_NO_DEVIATION, 0,    1792886400 },
	{ "second 02:00, autumn", CET,   1792890010, 2026, 10, 25, 2, 0, 10, HAN_NO_DEVIATION, 0,    1792890000 },
	{ "first by deviation",   CET,   1792886410, 2026, 10, 25, 2, 0, 10, -120, 0x80,             1792886400 },
	{ "second by deviation",  CET,   1792890010, 2026, 10, 25, 2, 0, 10, -60, 0,                 1792890000 },
	{ "half an hour off",     INDIA, 1768482010, 2026, 1, 15, 18, 30, 10, HAN_NO_DEVIATION, 0,   1768480200 },
	{ "host's half an hour",  INDIA, 1768482010, NO_CLOCK, 0, 0, 0, 0, 0, 0, 0,                  1768480200 },
};

#define MINUTE 60000

static const struct {
	const char *name;
	struct hour last;
	int64_t begun;
	uint8_t said;
	uint64_t now_ms;
	bool is_new;
} firsts[] = {
	{ "none before",          { false, 0, 0, 0 },    7200, 2,  5,            true },
	{ "the same",             { true, 2, 7200, 5 },  7200, 2,  300 * MINUTE, false },
	{ "the next",             { true, 1, 3600, 5 },  7200, 2,  6,            true },
	{ "days later",           { true, 1, 3600, 5 },  720000, 8, 6,           true },
	{ "back at once",         { true, 2, 7200, 5 },  3600, 1,  6,            false },
	{ "back, almost an hour", { true, 2, 7200, 5 },  3600, 1,  49 * MINUTE,  false },
	{ "back, an hour later",  { true, 2, 7200, 5 },  3600, 1,  51 * MINUTE,  true },
	{ "not in spring",        { true, 2, 7200, 5 },  7200, 3,  60 * MINUTE,  true },
	{ "not at midnight",      { true, 23, 7200, 5 }, 7200, 0,  60 * MINUTE,  true },
	{ "clocks disagree",      { true, 2, 7200, 5 },  7200, 3,  6,            false },
	{ "one hour is the same", { true, 2, 7200, 5 },  7200, 1,  60 * MINUTE,  false },
	{ "no clock before",      { true, FF, 7200, 5 }, 7200, 3,  60 * MINUTE,  false },
	{ "no clock, 16:00",      { true, FF, 7200, 5 }, 7200, 16, 60 * MINUTE,  false },
	{ "no clock now",         { true, 2, 7200, 5 },  7200, FF, 60 * MINUTE,  false },
};
/* clang-format on */

static struct han_reading reading_of(size_t i)
{
	struct han_reading reading = { 0 };

	reading.apdu.has_time = cases[i].year != NO_CLOCK;
	reading.apdu.time =
		(struct han_datetime){ cases[i].year,   cases[i].month,  cases[i].day,
		                       HAN_UNSPECIFIED, cases[i].hour,   cases[i].minute,
		                       cases[i].second, HAN_UNSPECIFIED, cases[i].deviation,
		                       cases[i].status };
	return reading;
}

static void test_hours(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct han_reading reading = reading_of(i);

		say_case(cases[i].name);
		setenv("TZ", cases[i].zone, 1);
		tzset();
		assert_int_equal(hour_of_reading(&reading, (time_t)cases[i].now), cases[i].begun);
	}
}

static void test_firsts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(firsts); i++) {
		say_case(firsts[i].name);
		assert_int_equal(hour_is_new(&firsts[i].last, firsts[i].begun, firsts[i].said,
		                             firsts[i].now_ms),
		                 firsts[i].is_new);
	}
}

/* How many hours of a year are kept of a meter that sends its registers every ten minutes; ahead_s: its clock's own
 * offset from UTC, 0: it is that of the zone. */
static unsigned live_a_year(long ahead_s)
{
	struct hour last = { 0 };
	unsigned kept = 0;

	for (int64_t now = YEAR; now < YEAR + YEAR_H * 3600; now += 600) {
		const time_t shown = now + ahead_s + 10, utc = now + 10;
		struct han_reading reading = { .apdu.has_time = true };
		const uint64_t now_ms = (uint64_t)(now - YEAR + 10) * 1000;
		int64_t begun;
		struct tm tm;

		if (ahead_s)
			gmtime_r(&shown, &tm);
		else
			localtime_r(&shown, &tm);
		reading.apdu.time = (struct han_datetime){
			(uint16_t)(tm.tm_year + 1900),
			(uint8_t)(tm.tm_mon + 1),
			(uint8_t)tm.tm_mday,
			FF,
			(uint8_t)tm.tm_hour,
			(uint8_t)tm.tm_min,
			(uint8_t)tm.tm_sec,
			FF,
			HAN_NO_DEVIATION,
			0,
		};
		begun = hour_of_reading(&reading, utc);
		if (!hour_is_new(&last, begun, hour_said(&reading), now_ms))
			continue;
		last = (struct hour){ true, hour_said(&reading), begun, now_ms };
		kept++;
	}
	return kept;
}

/* Of each hour one register, whether or not the meter's clock follows summer time. */
static void test_year(void **state)
{
	(void)state;
	setenv("TZ", CET, 1);
	tzset();
	assert_int_equal(live_a_year(0), YEAR_H);
	assert_int_equal(live_a_year(3600), YEAR_H);
	assert_int_equal(live_a_year(7200), YEAR_H);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hours),
		cmocka_unit_test(test_firsts),
		cmocka_unit_test(test_year),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
