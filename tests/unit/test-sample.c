/* The sample of a simulated meter: values in the steps of its list, time, registers. */
#include "sample.h"

#include <string.h>

#include "check.h"
#include "made.h"

/* clang-format off */
static const struct {
	const char *name;
	struct han_obis obis;
	int exp10;
	uint64_t value;
} values[] = {
	{ "import, W",              { 1, 0, 1, 7, 0, 255 },   0,  1234 },
	{ "export, W",              { 1, 1, 2, 7, 0, 255 },   0,  5678 },
	{ "export, kW",             { 1, 1, 2, 7, 0, 255 },   3,  6 },
	{ "reactive import",        { 1, 0, 3, 7, 0, 255 },   0,  91 },
	{ "reactive export",        { 1, 0, 4, 7, 0, 255 },   0,  56 },
	{ "reactive export, dvar",  { 1, 0, 4, 7, 0, 255 },   -1, 560 },
	{ "L1 imports",             { 1, 0, 21, 7, 0, 255 },  0,  1500 },
	{ "L1 does not export",     { 1, 0, 22, 7, 0, 255 },  0,  0 },
	{ "L2 does not import",     { 1, 0, 41, 7, 0, 255 },  0,  0 },
	{ "L2 exports",             { 1, 0, 42, 7, 0, 255 },  0,  700 },
	{ "L3 imports",             { 1, 0, 61, 7, 0, 255 },  0,  434 },
	{ "L1, mA",                 { 1, 0, 31, 7, 0, 255 },  -3, 1661 },
	{ "L1, 0.01 A, up",         { 1, 0, 31, 7, 0, 255 },  -2, 166 },
	{ "L2, 0.1 A",              { 1, 0, 51, 7, 0, 255 },  -1, 21 },
	{ "L3, 0.01 A",             { 1, 0, 71, 7, 0, 255 },  -2, 134 },
	{ "L3, A, down",            { 1, 0, 71, 7, 0, 255 },  0,  1 },
	{ "L1, 0.1 V",              { 1, 0, 32, 7, 0, 255 },  -1, 2289 },
	{ "L2, V, up",              { 1, 0, 52, 7, 0, 255 },  0,  229 },
	{ "L3, 0.01 V",             { 1, 0, 72, 7, 0, 255 },  -2, 22770 },
	{ "power factor",           { 1, 0, 13, 7, 0, 255 },  -3, 987 },
	{ "power factor, %",        { 1, 0, 13, 7, 0, 255 },  -2, 99 },
	{ "energy, Wh",             { 1, 1, 1, 8, 0, 255 },   0,  11589514 },
	{ "energy, 10 Wh",          { 1, 1, 2, 8, 0, 255 },   1,  285314 },
	{ "energy, not rounded up", { 1, 0, 3, 8, 0, 255 },   1,  12058 },
	{ "quadrant 4",             { 1, 0, 8, 8, 0, 255 },   0,  3223766 },
	{ "quadrant 1, low",        { 1, 0, 5, 8, 1, 255 },   0,  39368 },
	{ "export, normal",         { 1, 0, 2, 8, 2, 255 },   0,  1711887 },
};

static const struct {
	const char *name;
	time_t start; /* of which local time */
	int deviation;
} seasons[] = {
	{ "January",                1767225600, -60 },  /* 2026-01-01T00:00:00 */
	{ "the last second of winter", 1774749599, -60 }, /* 2026-03-29T01:59:59, a Sunday */
	{ "summer",                 1774749600, -120 },
	{ "the Sunday before",      1774144800, -60 },  /* 2026-03-22T02:00:00 */
	{ "after the last Sunday",  1774828800, -120 }, /* 2026-03-30T00:00:00 */
	{ "July",                   1782864000, -120 }, /* 2026-07-01T00:00:00 */
	{ "the last second of summer", 1792897199, -120 }, /* 2026-10-25T02:59:59, a Sunday */
	{ "winter again",           1792897200, -60 },
	{ "October 31",             1793404800, -60 },  /* 2026-10-31T00:00:00 */
	{ "a Sunday on the 24th",   1711281600, -60 },  /* 2024-03-24T12:00:00 */
	{ "a last Sunday on the 25th", 1869098400, -120 }, /* 2029-03-25T02:00:00 */
	{ "a last Sunday on the 31st", 1711850399, -60 }, /* 2024-03-31T01:59:59 */
	{ "and its summer",         1711850400, -120 },
};
/* clang-format on */

static void test_values(void **state)
{
	const struct sample sample = made_sample();

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		say_case(values[i].name);
		assert_int_equal(sample_value(&sample, values[i].obis, values[i].exp10),
		                 values[i].value);
	}
}

static void test_seasons(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(seasons); i++) {
		struct sampler sampler;
		struct sample sample;

		say_case(seasons[i].name);
		sampler_init(&sampler, seasons[i].start, 3);
		sampler_next(&sampler, &sample);
		assert_int_equal(sample.now.deviation, seasons[i].deviation);
		assert_int_equal(sample.now.status, seasons[i].deviation == -120 ? 0x80 : 0);
	}
}

/* 2026-02-28T22:54:58, a Saturday: over the hour, over midnight, over the month. */
static void test_clock(void **state)
{
	time_t start = 1772319298;
	struct sampler sampler;
	struct sample sample;
	char text[HAN_DATETIME_TEXT];

	(void)state;
	sampler_init(&sampler, start, 3);
	sampler_next(&sampler, &sample);
	assert_string_equal(han_datetime_print(&sample.now, text), "2026-02-28T22:54:58+01:00");
	assert_int_equal(sample.now.weekday, 6);
	assert_int_equal(sample.now.hundredths, 0);
	assert_string_equal(han_datetime_print(&sample.gas_time, text),
	                    "2026-02-28T22:50:00+01:00");
	for (int i = 0; i < 2 + 3600 + 300; i++)
		sampler_next(&sampler, &sample);
	assert_string_equal(han_datetime_print(&sample.now, text), "2026-03-01T00:00:00+01:00");
	assert_string_equal(han_datetime_print(&sample.gas_time, text),
	                    "2026-03-01T00:00:00+01:00");
	assert_int_equal(sample.now.weekday, 7);
	sample.now = sample_civil(&sample.now);
	assert_string_equal(han_datetime_print(&sample.now, text), "2026-03-01T00:00:00");
	assert_int_equal(sample.now.hundredths, HAN_UNSPECIFIED);
	assert_int_equal(sample.now.status, 0);
}

/* The hour's registers are those that the meter had at the full hour. */
static void test_registers(void **state)
{
	struct sampler sampler;
	struct sample sample, hourly;
	uint64_t hour[HOUSEHOLD_REGISTERS];
	unsigned moved = 0;

	(void)state;
	sampler_init(&sampler, 1767225600 + 10 * 3600 + 1, 3);
	for (unsigned i = 0; i < HOUSEHOLD_REGISTERS; i++)
		hour[i] = sampler.house.sum[i] / 3600;
	for (int second = 0; second < 3 * 3600; second++) {
		sampler_next(&sampler, &sample);
		if (sample.now.minute == 0 && sample.now.second == 0)
			memcpy(hour, sample.energy, sizeof(hour));
		hourly = sample_hourly(&sample);
		assert_memory_equal(hourly.energy, hour, sizeof(hour));
		assert_memory_equal(&hourly.state, &sample.state, sizeof(sample.state));
		moved += sample.energy[HOUSEHOLD_IMPORT] != hour[HOUSEHOLD_IMPORT];
		for (unsigned i = 0; i < HOUSEHOLD_REGISTERS; i++)
			assert_true(sample.energy[i] ==
			            sample.by_tariff[i][0] + sample.by_tariff[i][1]);
	}
	assert_true(moved > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_seasons),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_registers),
	};

	return cmocka_run_group_tests_name("sample", tests, NULL, NULL);
}
