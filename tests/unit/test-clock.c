/* A meter's clock in the zones of this world: summer time both ways, deviations, and what is no time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#include "clock.h"

#define NO HAN_NO_DEVIATION

/* Times of the meter and the host's (near, in UTC) as "YYYY-MM-DD hh:mm:ss". */
/* clang-format off */
static const struct {
	const char *name, *zone, *said;
	int16_t deviation;
	const char *near, *instant; /* NULL: none */
} cases[] = {
	{ "winter",                     "Europe/Oslo", "2026-01-15 12:00:10", NO, "2026-01-15 11:00:10", "2026-01-15T12:00:10+01:00" },
	{ "summer",                     "Europe/Oslo", "2026-07-15 12:00:10", NO, "2026-07-15 10:00:10", "2026-07-15T12:00:10+02:00" },
	{ "the host is years away",     "Europe/Oslo", "2026-07-15 12:00:10", NO, "1970-01-01 00:00:00", "2026-07-15T12:00:10+02:00" },
	{ "leap day",                   "Europe/Oslo", "2028-02-29 23:59:59", NO, "2028-02-29 22:59:59", "2028-02-29T23:59:59+01:00" },
	{ "new year",                   "Europe/Oslo", "2027-01-01 00:00:00", NO, "2026-12-31 23:00:00", "2027-01-01T00:00:00+01:00" },

	{ "before the double hour",     "Europe/Oslo", "2026-10-25 01:59:59", NO, "2026-10-24 23:59:59", "2026-10-25T01:59:59+02:00" },
	{ "double hour, begins, first", "Europe/Oslo", "2026-10-25 02:00:00", NO, "2026-10-25 00:00:02", "2026-10-25T02:00:00+02:00" },
	{ "double hour, first",         "Europe/Oslo", "2026-10-25 02:30:00", NO, "2026-10-25 00:30:05", "2026-10-25T02:30:00+02:00" },
	{ "double hour, ends, first",   "Europe/Oslo", "2026-10-25 02:59:59", NO, "2026-10-25 00:59:59", "2026-10-25T02:59:59+02:00" },
	{ "double hour, begins, second", "Europe/Oslo", "2026-10-25 02:00:00", NO, "2026-10-25 01:00:02", "2026-10-25T02:00:00+01:00" },
	{ "double hour, second",        "Europe/Oslo", "2026-10-25 02:30:00", NO, "2026-10-25 01:30:05", "2026-10-25T02:30:00+01:00" },
	{ "double hour, ends, second",  "Europe/Oslo", "2026-10-25 02:59:59", NO, "2026-10-25 01:59:59", "2026-10-25T02:59:59+01:00" },
	{ "after the double hour",      "Europe/Oslo", "2026-10-25 03:00:00", NO, "2026-10-25 02:00:00", "2026-10-25T03:00:00+01:00" },
	{ "nearer to the first",        "Europe/Oslo", "2026-10-25 02:30:00", NO, "2026-10-25 00:59:59", "2026-10-25T02:30:00+02:00" },
	{ "nearer to the second",       "Europe/Oslo", "2026-10-25 02:30:00", NO, "2026-10-25 01:00:01", "2026-10-25T02:30:00+01:00" },
	{ "double hour, host before",   "Europe/Oslo", "2026-10-25 02:30:00", NO, "2026-01-01 00:00:00", "2026-10-25T02:30:00+02:00" },
	{ "double hour, host behind",   "Europe/Oslo", "2026-10-25 02:30:00", NO, "2027-01-01 00:00:00", "2026-10-25T02:30:00+01:00" },
	{ "before the gap",             "Europe/Oslo", "2026-03-29 01:59:59", NO, "2026-03-29 00:59:59", "2026-03-29T01:59:59+01:00" },
	{ "after the gap",              "Europe/Oslo", "2026-03-29 03:00:00", NO, "2026-03-29 01:00:00", "2026-03-29T03:00:00+02:00" },

	{ "UTC",                        "UTC", "2026-10-25 02:30:00", NO, "2026-10-25 02:30:00", "2026-10-25T02:30:00+00:00" },
	{ "UTC, in a gap elsewhere",    "UTC", "2026-03-29 02:30:00", NO, "2026-03-29 02:30:00", "2026-03-29T02:30:00+00:00" },

	{ "south, summer",              "Australia/Sydney", "2026-01-15 12:00:00", NO, "2026-01-15 01:00:00", "2026-01-15T12:00:00+11:00" },
	{ "south, winter",              "Australia/Sydney", "2026-07-15 12:00:00", NO, "2026-07-15 02:00:00", "2026-07-15T12:00:00+10:00" },
	{ "south, double hour, first",  "Australia/Sydney", "2026-04-05 02:30:00", NO, "2026-04-04 15:30:00", "2026-04-05T02:30:00+11:00" },
	{ "south, double hour, second", "Australia/Sydney", "2026-04-05 02:30:00", NO, "2026-04-04 16:30:00", "2026-04-05T02:30:00+10:00" },
	{ "half an hour, first",        "Australia/Lord_Howe", "2026-04-05 01:45:00", NO, "2026-04-04 14:45:00", "2026-04-05T01:45:00+11:00" },
	{ "half an hour, second",       "Australia/Lord_Howe", "2026-04-05 01:45:00", NO, "2026-04-04 15:15:00", "2026-04-05T01:45:00+10:30" },
	{ "west",                       "America/St_Johns", "2026-01-15 12:00:00", NO, "2026-01-15 15:30:00", "2026-01-15T12:00:00-03:30" },
	{ "double hour at midnight, first", "America/Santiago", "2026-04-04 23:30:00", NO, "2026-04-05 02:30:00", "2026-04-04T23:30:00-03:00" },
	{ "double hour at midnight, second", "America/Santiago", "2026-04-04 23:30:00", NO, "2026-04-05 03:30:00", "2026-04-04T23:30:00-04:00" },
	{ "winter is the exception, first", "Europe/Dublin", "2026-10-25 01:30:00", NO, "2026-10-25 00:30:00", "2026-10-25T01:30:00+01:00" },
	{ "another standard time, first", "Europe/Moscow", "2014-10-26 01:30:00", NO, "2014-10-25 21:30:00", "2014-10-26T01:30:00+04:00" },
	{ "another standard time, second", "Europe/Moscow", "2014-10-26 01:30:00", NO, "2014-10-25 22:30:00", "2014-10-26T01:30:00+03:00" },
	{ "winter is the exception, second", "Europe/Dublin", "2026-10-25 01:30:00", NO, "2026-10-25 01:30:00", "2026-10-25T01:30:00+00:00" },

	{ "deviation as the zone",      "Europe/Oslo", "2026-01-15 12:00:00", -60, "2026-01-15 11:00:00", "2026-01-15T12:00:00+01:00" },
	{ "standard time all year",     "Europe/Oslo", "2026-07-15 11:00:00", -60, "2026-07-15 10:00:00", "2026-07-15T11:00:00+01:00" },
	{ "UTC all year",               "Europe/Oslo", "2026-07-15 10:00:00", 0, "2026-07-15 10:00:00", "2026-07-15T10:00:00+00:00" },
	{ "deviation of another place", "Europe/Oslo", "2026-07-15 15:45:00", -345, "2026-07-15 10:00:00", "2026-07-15T15:45:00+05:45" },
	{ "deviation to the west",      "Europe/Oslo", "2026-07-15 06:30:00", 210, "2026-07-15 10:00:00", "2026-07-15T06:30:00-03:30" },
	{ "largest deviations, east",   "UTC", "2026-07-15 22:00:00", -720, "2026-07-15 10:00:00", "2026-07-15T22:00:00+12:00" },
	{ "largest deviations, west",   "UTC", "2026-07-14 22:00:00", 720, "2026-07-15 10:00:00", "2026-07-14T22:00:00-12:00" },
	{ "out of range, east",         "UTC", "2026-07-15 22:01:00", -721, "2026-07-15 10:00:00", "2026-07-15T22:01:00+00:00" },
	{ "out of range, west",         "UTC", "2026-07-14 21:59:00", 721, "2026-07-15 10:00:00", "2026-07-14T21:59:00+00:00" },
	{ "deviation in double hour, first", "Europe/Oslo", "2026-10-25 02:30:00", -120, "2026-10-25 00:30:00", "2026-10-25T02:30:00+02:00" },
	{ "deviation in double hour, second", "Europe/Oslo", "2026-10-25 02:30:00", -60, "2026-10-25 01:30:00", "2026-10-25T02:30:00+01:00" },
	{ "deviation in the gap",       "Europe/Oslo", "2026-03-29 02:30:00", -60, "2026-03-29 01:30:00", "2026-03-29T02:30:00+01:00" },
	{ "wrong sign",                 "Europe/Oslo", "2026-01-15 12:00:00", 60, "2026-01-15 11:00:00", "2026-01-15T12:00:00+01:00" },
	{ "wrong half of the year",     "Europe/Oslo", "2026-07-15 12:00:00", -60, "2026-07-15 10:00:00", "2026-07-15T12:00:00+02:00" },
	{ "15 minutes fast",            "Europe/Oslo", "2026-07-15 11:15:00", -60, "2026-07-15 10:00:00", "2026-07-15T11:15:00+01:00" },
	{ "15 minutes slow",            "Europe/Oslo", "2026-07-15 10:45:00", -60, "2026-07-15 10:00:00", "2026-07-15T10:45:00+01:00" },
	{ "more than 15 minutes fast",  "Europe/Oslo", "2026-07-15 11:15:01", -60, "2026-07-15 10:00:00", "2026-07-15T11:15:01+02:00" },
	{ "more than 15 minutes slow",  "Europe/Oslo", "2026-07-15 10:44:59", -60, "2026-07-15 10:00:00", "2026-07-15T10:44:59+02:00" },

	{ "second 59",                  "UTC", "2026-01-15 23:59:59", NO, "2026-01-15 23:59:59", "2026-01-15T23:59:59+00:00" },
	{ "second 60",                  "UTC", "2026-01-15 23:59:60", NO, "2026-01-15 23:59:59", NULL },
	{ "minute 60",                  "UTC", "2026-01-15 23:60:00", NO, "2026-01-15 23:59:59", NULL },
	{ "hour 24",                    "UTC", "2026-01-15 24:00:00", NO, "2026-01-15 23:59:59", NULL },
	{ "day 0",                      "UTC", "2026-01-00 12:00:00", NO, "2026-01-15 23:59:59", NULL },
	{ "day 32",                     "UTC", "2026-01-32 12:00:00", NO, "2026-01-15 23:59:59", NULL },
	{ "30 February",                "UTC", "2026-02-30 12:00:00", NO, "2026-01-15 23:59:59", NULL },
	{ "29 February",                "UTC", "2026-02-29 12:00:00", NO, "2026-01-15 23:59:59", NULL },
	{ "month 0",                    "UTC", "2026-00-15 12:00:00", NO, "2026-01-15 23:59:59", NULL },
	{ "month 13",                   "UTC", "2026-13-15 12:00:00", NO, "2026-01-15 23:59:59", NULL },
	{ "no year",                    "UTC", "65535-01-15 12:00:00", NO, "2026-01-15 23:59:59", NULL },
	{ "no month",                   "UTC", "2026-255-15 12:00:00", NO, "2026-01-15 23:59:59", NULL },
	{ "month: end of summer time",  "UTC", "2026-253-15 12:00:00", NO, "2026-01-15 23:59:59", NULL },
	{ "no day",                     "UTC", "2026-01-255 12:00:00", NO, "2026-01-15 23:59:59", NULL },
	{ "day: the last",              "UTC", "2026-01-254 12:00:00", NO, "2026-01-15 23:59:59", NULL },
	{ "no hour",                    "UTC", "2026-01-15 255:00:00", NO, "2026-01-15 23:59:59", NULL },
	{ "no minute",                  "UTC", "2026-01-15 12:255:00", NO, "2026-01-15 23:59:59", NULL },
	{ "no second",                  "UTC", "2026-01-15 12:00:255", NO, "2026-01-15 23:59:59", NULL },
	{ "no second, but a deviation", "UTC", "2026-01-15 12:00:255", 0, "2026-01-15 12:00:00", NULL },
	{ "the last that 32 bits hold", "UTC", "2038-01-19 03:14:07", NO, "2038-01-19 03:14:07", "2038-01-19T03:14:07+00:00" },
	{ "long ago",                   "UTC", "1970-01-02 00:00:00", NO, "2026-01-15 23:59:59", "1970-01-02T00:00:00+00:00" },
};

/* Where time_t has 64 bits. */
static const struct {
	const char *name, *said;
	int16_t deviation;
	const char *near, *instant;
} far[] = {
	{ "2038, one second more", "2038-01-19 03:14:08", NO, "2026-01-15 00:00:00", "2038-01-19T03:14:08+00:00" },
	{ "2038, by deviation",    "2038-01-19 04:14:08", -60, "2038-01-19 03:14:08", "2038-01-19T04:14:08+01:00" },
	{ "2100 has no leap day",  "2100-03-01 00:00:00", NO, "2026-01-15 00:00:00", "2100-03-01T00:00:00+00:00" },
	{ "29 February 2100",      "2100-02-29 00:00:00", NO, "2026-01-15 00:00:00", NULL },
	{ "year 0 had a leap day", "0000-02-29 00:00:00", NO, "2026-01-15 00:00:00", "0000-02-29T00:00:00+00:00" },
	{ "a year of five digits", "12026-03-01 00:00:00", NO, "2026-01-15 00:00:00", "12026-03-01T00:00:00+00:00" },
	{ "9999",                  "9999-12-31 23:59:59", NO, "2026-01-15 00:00:00", "9999-12-31T23:59:59+00:00" },
	{ "four digits",           "0999-01-01 00:00:00", NO, "2026-01-15 00:00:00", "0999-01-01T00:00:00+00:00" },
};

static const struct {
	time_t utc;
	long offset_s;
	const char *text;
} prints[] = {
	{ 0,          0,      "1970-01-01T00:00:00+00:00" },
	{ 0,          3600,   "1970-01-01T01:00:00+01:00" },
	{ 0,          -3600,  "1969-12-31T23:00:00-01:00" },
	{ 1795352410, 3600,   "2026-11-22T14:00:10+01:00" },
	{ 1795352410, -1800,  "2026-11-22T12:30:10-00:30" },
	{ 1795352410, 20700,  "2026-11-22T18:45:10+05:45" },
	{ 1795352410, 50400,  "2026-11-23T03:00:10+14:00" },
	{ 1795352410, -43200, "2026-11-22T01:00:10-12:00" },
};

static const struct {
	struct timespec time;
	const char *text;
} prints_utc[] = {
	{ { 1795352410, 250000000 }, "2026-11-22T13:00:10.250Z" },
	{ { 1795352410, 0 },         "2026-11-22T13:00:10.000Z" },
	{ { 1795352410, 999999999 }, "2026-11-22T13:00:10.999Z" },
	{ { 1795352410, 999999 },    "2026-11-22T13:00:10.000Z" },
	{ { 0, 1000000 },            "1970-01-01T00:00:00.001Z" },
};
/* clang-format on */

static struct han_datetime read_said(const char *text, int16_t deviation)
{
	unsigned year, month, day, hour, minute, second;

	assert_int_equal(
		sscanf(text, "%u-%u-%u %u:%u:%u", &year, &month, &day, &hour, &minute, &second), 6);
	return (struct han_datetime){
		.year = (uint16_t)year,
		.month = (uint8_t)month,
		.day = (uint8_t)day,
		.weekday = HAN_UNSPECIFIED,
		.hour = (uint8_t)hour,
		.minute = (uint8_t)minute,
		.second = (uint8_t)second,
		.hundredths = HAN_UNSPECIFIED,
		.deviation = deviation,
		.status = 0xFF,
	};
}

static time_t read_utc(const char *text)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);

	assert_true(end && !*end);
	return timegm(&tm);
}

static void set_zone(const char *zone)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
}

static void check_case(const char *said, int16_t deviation, const char *near, const char *instant)
{
	struct han_datetime time = read_said(said, deviation);
	struct clock_instant resolved = { 4711, 42 };
	bool found = clock_resolve(NULL, &time, read_utc(near), &resolved);
	char text[CLOCK_TEXT];

	assert_int_equal(found, instant != NULL);
	if (found)
		assert_string_equal(clock_print(&resolved, text), instant);
	else
		assert_true(resolved.utc == 4711 && resolved.offset_s == 42);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		say_case(cases[i].name);
		set_zone(cases[i].zone);
		check_case(cases[i].said, cases[i].deviation, cases[i].near, cases[i].instant);
	}
}

static void test_far(void **state)
{
	(void)state;
	if (sizeof(time_t) < 8) {
		print_message("# time_t has 32 bits\n");
		skip();
	}
	set_zone("UTC");
	for (size_t i = 0; i < COUNT(far); i++) {
		say_case(far[i].name);
		check_case(far[i].said, far[i].deviation, far[i].near, far[i].instant);
	}
}

/* The hour that spring leaves out, read as the standard time that it would be: the same whatever was asked
 * before, summer or winter. */
static void test_gap(void **state)
{
	static const char *const before[] = { "2026-01-15 12:00:00", "2026-07-15 12:00:00" };

	(void)state;
	set_zone("Europe/Oslo");
	for (size_t i = 0; i < COUNT(before); i++) {
		struct han_datetime time = read_said(before[i], NO);
		struct clock_instant instant;

		say_case(before[i]);
		assert_true(clock_resolve(NULL, &time, read_utc("2026-03-29 01:30:00"), &instant));
		check_case("2026-03-29 02:30:00", NO, "2026-03-29 01:30:00",
		           "2026-03-29T03:30:00+02:00");
		check_case("2026-03-29 02:00:00", NO, "2026-03-29 01:30:00",
		           "2026-03-29T03:00:00+02:00");
		check_case("2026-03-29 02:59:59", NO, "2026-03-29 01:30:00",
		           "2026-03-29T03:59:59+02:00");
	}
}

static void check_print(const char *buf, const char *text)
{
	assert_string_equal(buf, text);
	assert_int_equal(buf[CLOCK_TEXT], '#');
}

static void test_print(void **state)
{
	char buf[CLOCK_TEXT + 1];

	(void)state;
	set_zone("America/New_York"); /* counts for nothing here */
	for (size_t i = 0; i < COUNT(prints); i++) {
		const struct clock_instant instant = { prints[i].utc, prints[i].offset_s };

		memset(buf, '#', sizeof(buf));
		check_print(clock_print(&instant, buf), prints[i].text);
	}
	for (size_t i = 0; i < COUNT(prints_utc); i++) {
		memset(buf, '#', sizeof(buf));
		check_print(clock_print_utc(&prints_utc[i].time, buf), prints_utc[i].text);
	}
}

/* Every day of a thousand years as the C library has it, and the other way round. */
static void test_days(void **state)
{
	(void)state;
	set_zone("UTC");
	for (int64_t day = -200000; day < 200000; day++) {
		const time_t seconds = (time_t)(day * 86400 + (day * 7919 % 86400 + 86400) % 86400);
		const struct clock_instant instant = { seconds, 0 };
		struct clock_instant resolved;
		char text[CLOCK_TEXT], expected[CLOCK_TEXT];
		struct tm tm;

		if (sizeof(time_t) < 8 && (day < -24000 || day > 24000))
			continue;
		gmtime_r(&seconds, &tm);
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S+00:00", &tm);
		assert_string_equal(clock_print(&instant, text), expected);
		assert_true(clock_resolve(
			NULL,
			&(struct han_datetime){ (uint16_t)(tm.tm_year + 1900),
		                                (uint8_t)(tm.tm_mon + 1), (uint8_t)tm.tm_mday, 255,
		                                (uint8_t)tm.tm_hour, (uint8_t)tm.tm_min,
		                                (uint8_t)tm.tm_sec, 255, NO, 255 },
			seconds, &resolved));
		assert_int_equal(resolved.utc, seconds);
	}
}

/* Across the changes of a year it makes no difference whether the offset is kept, nor for a meter that does not follow
 * them. */
static void test_kept(void **state)
{
	static const char *const zones[] = { "Europe/Oslo", "Australia/Lord_Howe",
		                             "Asia/Kathmandu" };

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(zones); i++) {
		struct clock_zone zone = { 0 };

		set_zone(zones[i / 2]);
		for (time_t now = 1767225600; now < 1798761600; now += 420) {
			struct clock_instant kept, found;
			const time_t shown = i % 2 ? now + 3600 : now;
			struct han_datetime time;
			struct tm tm;

			if (i % 2)
				gmtime_r(&shown, &tm);
			else
				localtime_r(&shown, &tm);
			time = (struct han_datetime){ (uint16_t)(tm.tm_year + 1900),
				                      (uint8_t)(tm.tm_mon + 1),
				                      (uint8_t)tm.tm_mday,
				                      255,
				                      (uint8_t)tm.tm_hour,
				                      (uint8_t)tm.tm_min,
				                      (uint8_t)tm.tm_sec,
				                      255,
				                      NO,
				                      255 };
			assert_true(clock_resolve(&zone, &time, now, &kept));
			assert_true(clock_resolve(NULL, &time, now, &found));
			assert_int_equal(kept.utc, found.utc);
			assert_int_equal(kept.offset_s, found.offset_s);
		}
	}
}

/* Every field at every value: a time or none, and never more text than there is room. */
static void test_any_octets(void **state)
{
	(void)state;
	set_zone("Europe/Oslo");
	for (unsigned octet = 0; octet < HAN_DATETIME_OCTETS; octet++) {
		for (unsigned value = 0; value < 256; value++) {
			uint8_t octets[HAN_DATETIME_OCTETS] = { 0x07, 0xEA, 6,    15,   1,    12,
				                                30,   30,   0xFF, 0x80, 0x00, 0 };
			struct clock_instant instant;
			struct han_datetime time;
			char buf[CLOCK_TEXT + 1];

			octets[octet] = (uint8_t)value;
			time = han_datetime_read(octets);
			memset(buf, '#', sizeof(buf));
			if (clock_resolve(NULL, &time, 1781526630, &instant)) {
				clock_print(&instant, buf);
				assert_true(strlen(buf) < CLOCK_TEXT);
			}
			assert_int_equal(buf[CLOCK_TEXT], '#');
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),      cmocka_unit_test(test_far),
		cmocka_unit_test(test_gap),        cmocka_unit_test(test_print),
		cmocka_unit_test(test_any_octets), cmocka_unit_test(test_days),
		cmocka_unit_test(test_kept),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
