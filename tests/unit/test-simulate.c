/* What hantool simulate is asked for: meters, and which list is due when. */
#include "simulate.h"

#include <string.h>

#include "check.h"
#include "meters.h"

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
	assert_int_equal(meters_count(), 8);
	for (size_t i = 0; i < meters_count(); i++) {
		const char *name = meters_at(i)->name;

		assert_ptr_equal(meters_find(name), meters_at(i));
		assert_true(strlen(meters_at(i)->about) > 10);
		assert_non_null(strstr(meters_at(i)->about,
		                       meters_at(i)->baud == 2400 ? "2400 8" : "115200 8"));
		assert_non_null(
			strstr(meters_at(i)->about, meters_at(i)->bits == 11 ? "8E1" : "8N1"));
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
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_due),
	};

	return cmocka_run_group_tests_name("simulate", tests, NULL, NULL);
}
