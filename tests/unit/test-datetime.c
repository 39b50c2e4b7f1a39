/* COSEM date-times: every field, unspecified ones too, and their print. */
#include "unhex.h"

#include <han/datetime.h>

#define UNSPECIFIED "ffff ff ff ff ff ff ff ff 8000 ff"

/* clang-format off */
static const struct {
	const char *name, *hex;
	struct han_datetime time;
	const char *text;
} fields[] = {
	{ "Kaifa's way: hundredths and deviation unspecified", "07e6 05 05 04 15 00 0a ff 8000 00",
	  { 2022, 5, 5, 4, 21, 0, 10, 255, -32768, 0 },           "2022-05-05T21:00:10" },
	{ "every field its own value", "0102 03 04 05 06 07 08 09 000a 0b",
	  { 258, 3, 4, 5, 6, 7, 8, 9, 10, 11 },                   "0258-03-04T06:07:08-00:10" },
	{ "summer in Austria", "07e5 09 1b 01 09 2f 0f 00 ff88 80",
	  { 2021, 9, 27, 1, 9, 47, 15, 0, -120, 128 },            "2021-09-27T09:47:15+02:00" },
	{ "winter in Austria", "07e5 01 1b 03 09 2f 0f 00 ffc4 00",
	  { 2021, 1, 27, 3, 9, 47, 15, 0, -60, 0 },               "2021-01-27T09:47:15+01:00" },
	{ "Aidon's wrong sign", "07e5 06 01 00 00 00 00 ff 003c 00",
	  { 2021, 6, 1, 0, 0, 0, 0, 255, 60, 0 },                 "2021-06-01T00:00:00-01:00" },
	{ "no deviation is 0", "07e5 06 01 02 00 00 00 ff 0000 00",
	  { 2021, 6, 1, 2, 0, 0, 0, 255, 0, 0 },                  "2021-06-01T00:00:00+00:00" },
	{ "half an hour, and minutes below ten", "07e5 06 01 02 00 00 00 ff fe7a 00",
	  { 2021, 6, 1, 2, 0, 0, 0, 255, -390, 0 },               "2021-06-01T00:00:00+06:30" },
	{ "half an hour behind", "07e5 06 01 02 00 00 00 ff 00d7 00",
	  { 2021, 6, 1, 2, 0, 0, 0, 255, 215, 0 },                "2021-06-01T00:00:00-03:35" },
	{ "farthest ahead", "07e5 06 01 02 00 00 00 ff fd30 00",
	  { 2021, 6, 1, 2, 0, 0, 0, 255, -720, 0 },               "2021-06-01T00:00:00+12:00" },
	{ "farthest behind", "07e5 06 01 02 00 00 00 ff 02d0 00",
	  { 2021, 6, 1, 2, 0, 0, 0, 255, 720, 0 },                "2021-06-01T00:00:00-12:00" },
	{ "deviation too far ahead", "07e5 06 01 02 00 00 00 ff fd2f 00",
	  { 2021, 6, 1, 2, 0, 0, 0, 255, -721, 0 },               "2021-06-01T00:00:00" },
	{ "deviation too far behind", "07e5 06 01 02 00 00 00 ff 02d1 00",
	  { 2021, 6, 1, 2, 0, 0, 0, 255, 721, 0 },                "2021-06-01T00:00:00" },
	{ "deviation, largest", "07e5 06 01 02 00 00 00 ff 7fff 00",
	  { 2021, 6, 1, 2, 0, 0, 0, 255, 32767, 0 },              "2021-06-01T00:00:00" },
	{ "deviation, smallest but one", "07e5 06 01 02 00 00 00 ff 8001 00",
	  { 2021, 6, 1, 2, 0, 0, 0, 255, -32767, 0 },             "2021-06-01T00:00:00" },
	{ "deviation -1", "07e5 06 01 02 00 00 00 ff ffff 00",
	  { 2021, 6, 1, 2, 0, 0, 0, 255, -1, 0 },                 "2021-06-01T00:00:00+00:01" },
	{ "nothing specified", UNSPECIFIED,
	  { 65535, 255, 255, 255, 255, 255, 255, 255, -32768, 255 }, "65535-255-255T255:255:255" },
	{ "the longest print", "ffff ff ff ff ff ff ff ff fd30 ff",
	  { 65535, 255, 255, 255, 255, 255, 255, 255, -720, 255 }, "65535-255-255T255:255:255+12:00" },
	{ "all zero", "0000 00 00 00 00 00 00 00 0000 00",
	  { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },                       "0000-00-00T00:00:00+00:00" },
	{ "last day of the month, at the end of summer time", "07e5 fd fe ff 00 00 00 ff 8000 00",
	  { 2021, 253, 254, 255, 0, 0, 0, 255, -32768, 0 },       "2021-253-254T00:00:00" },
};

/* Date and time down to the second; the rest of the date-time has no say. */
static const struct {
	const char *hex;
	bool exists;
} calendar[] = {
	{ "07e6 05 05 04 15 00 0a", true },
	{ "07e6 01 01 ff 00 00 00", true },
	{ "07e6 0c 1f 00 17 3b 3b", true },  /* the last second of a year */
	{ "ffff 05 05 04 15 00 0a", false }, /* each field unspecified or out of range */
	{ "07e6 ff 05 04 15 00 0a", false },
	{ "07e6 fe 05 04 15 00 0a", false },
	{ "07e6 fd 05 04 15 00 0a", false },
	{ "07e6 00 05 04 15 00 0a", false },
	{ "07e6 0d 05 04 15 00 0a", false },
	{ "07e6 05 ff 04 15 00 0a", false },
	{ "07e6 05 fe 04 15 00 0a", false },
	{ "07e6 05 fd 04 15 00 0a", false },
	{ "07e6 05 00 04 15 00 0a", false },
	{ "07e6 05 20 04 15 00 0a", false },
	{ "07e6 05 05 04 ff 00 0a", false },
	{ "07e6 05 05 04 18 00 00", false },
	{ "07e6 05 05 04 15 ff 0a", false },
	{ "07e6 05 05 04 15 3c 0a", false },
	{ "07e6 05 05 04 15 00 ff", false },
	{ "07e6 05 05 04 15 00 3c", false },
	{ "07e6 02 1c ff 00 00 00", true },  /* 28 and 29 February 2022 */
	{ "07e6 02 1d ff 00 00 00", false },
	{ "07e8 02 1d ff 00 00 00", true },  /* 29 and 30 February 2024 */
	{ "07e8 02 1e ff 00 00 00", false },
	{ "07d0 02 1d ff 00 00 00", true },  /* 29 February 2000, 2100, 2400, 1900 */
	{ "0834 02 1d ff 00 00 00", false },
	{ "0960 02 1d ff 00 00 00", true },
	{ "076c 02 1d ff 00 00 00", false },
	{ "07e8 03 1f ff 00 00 00", true },  /* the other months of a leap year */
	{ "07e8 04 1e ff 00 00 00", true },
	{ "07e8 04 1f ff 00 00 00", false },
	{ "07e8 05 1f ff 00 00 00", true },
	{ "07e8 06 1e ff 00 00 00", true },
	{ "07e8 06 1f ff 00 00 00", false },
	{ "07e8 07 1f ff 00 00 00", true },
	{ "07e8 08 1f ff 00 00 00", true },
	{ "07e8 09 1e ff 00 00 00", true },
	{ "07e8 09 1f ff 00 00 00", false },
	{ "07e8 0a 1f ff 00 00 00", true },
	{ "07e8 0b 1e ff 00 00 00", true },
	{ "07e8 0b 1f ff 00 00 00", false },
	{ "07e8 0c 1f ff 00 00 00", true },
	{ "07e8 0c 20 ff 00 00 00", false },
};
/* clang-format on */

static void check_fields(const struct han_datetime *time, const struct han_datetime *expected)
{
	assert_int_equal(time->year, expected->year);
	assert_int_equal(time->month, expected->month);
	assert_int_equal(time->day, expected->day);
	assert_int_equal(time->weekday, expected->weekday);
	assert_int_equal(time->hour, expected->hour);
	assert_int_equal(time->minute, expected->minute);
	assert_int_equal(time->second, expected->second);
	assert_int_equal(time->hundredths, expected->hundredths);
	assert_int_equal(time->deviation, expected->deviation);
	assert_int_equal(time->status, expected->status);
}

static void test_read_and_print(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(fields); i++) {
		uint8_t octets[HAN_DATETIME_OCTETS];
		char buf[HAN_DATETIME_TEXT + 1];
		struct han_datetime time;

		say_case(fields[i].name);
		assert_int_equal(unhex(fields[i].hex, octets, sizeof(octets)), sizeof(octets));
		time = han_datetime_read(octets);
		check_fields(&time, &fields[i].time);
		memset(buf, '#', sizeof(buf));
		assert_ptr_equal(han_datetime_print(&time, buf), buf);
		assert_string_equal(buf, fields[i].text);
		assert_int_equal(buf[HAN_DATETIME_TEXT], '#');
	}
}

static void test_calendar(void **state)
{
	static const char *const rests[] = { "00 8000 00", "ff 8000 ff", "63 ff88 80",
		                             "00 7fff 01" };

	(void)state;
	for (size_t i = 0; i < COUNT(calendar) * COUNT(rests); i++) {
		const char *date = calendar[i / COUNT(rests)].hex;
		uint8_t octets[HAN_DATETIME_OCTETS];
		struct han_datetime time;
		size_t len = unhex(date, octets, sizeof(octets));

		say_case(date);
		len += unhex(rests[i % COUNT(rests)], octets + len, sizeof(octets) - len);
		assert_int_equal(len, sizeof(octets));
		time = han_datetime_read(octets);
		assert_int_equal(han_datetime_exists(&time), calendar[i / COUNT(rests)].exists);
	}
}

static void test_deviation_range(void **state)
{
	struct han_datetime time = { .year = 2022 };

	(void)state;
	for (int deviation = INT16_MIN; deviation <= INT16_MAX; deviation++) {
		time.deviation = (int16_t)deviation;
		assert_int_equal(han_datetime_has_deviation(&time),
		                 deviation >= -720 && deviation <= 720);
	}
	time.deviation = HAN_NO_DEVIATION;
	assert_false(han_datetime_has_deviation(&time));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_and_print),
		cmocka_unit_test(test_calendar),
		cmocka_unit_test(test_deviation_range),
	};

	return cmocka_run_group_tests_name("datetime", tests, NULL, NULL);
}
