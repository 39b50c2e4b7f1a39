/* What hantool simulate is asked for: keys, meters, and which list is due when. */
#include "simulate.h"

#include <string.h>

#include "check.h"
#include "meters.h"
#include "unhex.h"

#define KEY "000102030405060708090A0B0C0D0E0F"

static void test_keys(void **state)
{
	static const char *const wrong[] = {
		"",
		"00",
		"000102030405060708090a0b0c0d0e0",
		KEY "0",
		KEY "00",
		"000102030405060708090a0b0c0d0e0g",
		"000102030405060708090a0b0c0d0e 0",
		"0x0102030405060708090a0b0c0d0e0f",
		"00010203-0405-0607-0809-0a0b0c0d",
	};
	uint8_t key[SIMULATE_KEY_OCTETS], expected[SIMULATE_KEY_OCTETS];

	(void)state;
	unhex(KEY, expected, sizeof(expected));
	assert_true(simulate_read_key(KEY, key));
	assert_memory_equal(key, expected, sizeof(key));
	unhex("a0b1c2d3e4f5061728394a5b6c7d8e9f", expected, sizeof(expected));
	assert_true(simulate_read_key("a0b1C2d3e4F5061728394A5b6c7D8e9f", key));
	assert_memory_equal(key, expected, sizeof(key));
	for (size_t i = 0; i < COUNT(wrong); i++) {
		print_message("# '%s'\n", wrong[i]);
		assert_false(simulate_read_key(wrong[i], key));
		assert_memory_equal(key, expected, sizeof(key));
	}
}

static void test_settings(void **state)
{
	static const struct {
		const char *meter;
		bool has_key, has_auth_key, good;
	} cases[] = {
		{ "kaifa-ma304", false, false, true },     { "dsmr5", false, false, true },
		{ "kaifa-ma304", true, false, false },     { "kaifa-ma304", false, true, false },
		{ "sagemcom-t210d", false, false, false }, { "sagemcom-t210d", false, true, false },
		{ "sagemcom-t210d", true, false, true },   { "sagemcom-t210d", true, true, true },
		{ "abacus", false, false, false },         { "", false, false, false },
		{ "kaifa-ma30", false, false, false },     { "kaifa-ma3044", false, false, false },
	};
	struct simulate_settings settings;

	(void)state;
	simulate_init(&settings);
	assert_string_equal(settings.meter, "kaifa-ma304");
	assert_null(simulate_check(&settings));
	for (size_t i = 0; i < COUNT(cases); i++) {
		say_case(cases[i].meter);
		settings.meter = cases[i].meter;
		settings.has_key = cases[i].has_key;
		settings.has_auth_key = cases[i].has_auth_key;
		assert_int_equal(simulate_check(&settings) == NULL, cases[i].good);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(simulate_meter_count(), 8);
	for (size_t i = 0; i < simulate_meter_count(); i++) {
		const char *name = simulate_meter_name(i);

		assert_ptr_equal(meters_find(name), meters_at(i));
		assert_true(strlen(simulate_meter_about(i)) > 10);
		assert_non_null(strstr(simulate_meter_about(i),
		                       meters_at(i)->baud == 2400 ? "2400 8" : "115200 8"));
		assert_non_null(
			strstr(simulate_meter_about(i), meters_at(i)->bits == 11 ? "8E1" : "8N1"));
	}
}

/* clang-format off */
static const struct {
	const char *meter;
	uint8_t minute, second;
	unsigned list, delay_ms;
} due[] = {
	{ "kaifa-ma304", 59, 58, 1, 0 },
	{ "kaifa-ma304", 59, 59, 0, 0 },
	{ "kaifa-ma304", 0,  0,  2, 0 },
	{ "kaifa-ma304", 0,  8,  1, 0 },
	{ "kaifa-ma304", 0,  10, 3, 0 },
	{ "kaifa-ma304", 1,  10, 2, 0 },
	{ "aidon-6525",  0,  0,  2, 0 },
	{ "aidon-6525",  0,  1,  0, 0 },
	{ "aidon-6525",  0,  2,  1, 500 },
	{ "aidon-6525",  0,  3,  0, 0 },
	{ "aidon-6525",  0,  4,  0, 0 },
	{ "aidon-6525",  0,  5,  1, 0 },
	{ "aidon-6525",  0,  7,  1, 500 },
	{ "aidon-6525",  0,  9,  0, 0 },
	{ "aidon-6525",  0,  10, 3, 0 },
	{ "aidon-6525",  59, 57, 1, 500 },
	{ "kamstrup-omnipower", 0,  0,  1, 0 },
	{ "kamstrup-omnipower", 0,  5,  2, 0 },
	{ "kamstrup-omnipower", 0,  10, 1, 0 },
	{ "kamstrup-omnipower", 1,  5,  0, 0 },
	{ "lg-e450",     0,  0,  1, 0 },
	{ "lg-e450",     0,  4,  0, 0 },
	{ "lg-e450",     59, 55, 1, 0 },
	{ "iskra-am550", 30, 5,  1, 0 },
	{ "iskra-am550", 30, 6,  0, 0 },
	{ "sagemcom-t210d", 30, 5,  1, 0 },
	{ "dsmr5",       0,  0,  1, 0 },
	{ "dsmr5",       59, 59, 1, 0 },
};
/* clang-format on */

static void test_due(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(due); i++) {
		struct han_datetime now = { .minute = due[i].minute, .second = due[i].second };
		unsigned delay_ms = 0;

		print_message("# %s %02u:%02u\n", due[i].meter, now.minute, now.second);
		assert_int_equal(meters_due(meters_find(due[i].meter), &now, &delay_ms),
		                 due[i].list);
		assert_int_equal(delay_ms, due[i].delay_ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_due),
	};

	return cmocka_run_group_tests_name("simulate", tests, NULL, NULL);
}
