/* What stands below a base: whose it is, and whether it is wanted. */
#include "check.h"

#include "leaf.h"
#include "publisher.h"
#include "quantity.h"

static void test_leaf_of(void **state)
{
	(void)state;
	assert_string_equal(leaf_of("han/a/info", "han/a"), "info");
	assert_string_equal(leaf_of("han/a/obis/1", "han/a"), "obis/1");
	assert_string_equal(leaf_of("han/a/", "han/a"), "");
	assert_null(leaf_of("han/a", "han/a"));
	assert_null(leaf_of("han/ab/info", "han/a"));
	assert_null(leaf_of("han/b/info", "han/a"));
	assert_null(leaf_of("han", "han/a"));
}

/* clang-format off */
static const struct {
	const char *leaf;
	bool bridges, meters, value;
} leaves[] = {
	{ "availability",              true,  true,  false },
	{ "info",                      true,  true,  false },
	{ "power_active_import",       false, true,  true },
	{ "meter_timestamp",           false, true,  true },
	{ "capacity_mean",             false, true,  true },
	{ "obis/0-1:24.2.1",           false, true,  true },
	{ "obis/item07",               false, true,  true },
	{ "diagnostics/problem",       false, true,  false },
	{ "reading",                   false, false, false },
	{ "hourly",                    false, false, false },
	{ "",                          false, false, false },
	{ "obis",                      false, false, false },
	{ "obis/",                     false, false, false },
	{ "obis/a/b",                  false, false, false },
	{ "diagnostics",               false, false, false },
	{ "diagnostics/a/b",           false, false, false },
	{ "power_active_import/min",   false, false, false },
	{ "power_active",              false, false, false },
	{ "command/announce",          false, false, false },
};
/* clang-format on */

static void test_owners(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(leaves); i++) {
		say_case(leaves[i].leaf);
		assert_int_equal(leaf_is_bridges(leaves[i].leaf), leaves[i].bridges);
		assert_int_equal(leaf_is_meters(leaves[i].leaf), leaves[i].meters);
		assert_int_equal(leaf_is_value(leaves[i].leaf), leaves[i].value);
	}
}

/* How many of the calculated values are wanted. */
static unsigned count_calculated(const struct publisher_settings *settings,
                                 const struct derive_settings *derive)
{
	unsigned count = 0;

	for (enum calculated i = 0; i < CALCULATED_COUNT; i++)
		count += leaf_is_wanted(quantity_calculated(i)->name, settings, derive);
	return count;
}

static void test_wanted(void **state)
{
	const struct derive_settings all = { true, true, true, true }, none = { 0 };
	const struct derive_settings net = { .net_power = true }, live = { .live_energy = true };
	const struct derive_settings hour = { .hour_energy = true };
	const struct derive_settings peaks = { .capacity_peaks = true };
	struct publisher_settings settings = { .retain = true };

	(void)state;
	assert_true(leaf_is_wanted("power_active_import", &settings, NULL));
	assert_false(leaf_is_wanted("obis/item07", &settings, &all));
	assert_int_equal(count_calculated(&settings, NULL), 0);
	assert_int_equal(count_calculated(&settings, &none), 0);
	assert_int_equal(count_calculated(&settings, &all), CALCULATED_COUNT);
	assert_int_equal(count_calculated(&settings, &net), 1);
	assert_int_equal(count_calculated(&settings, &live), 2);
	assert_int_equal(count_calculated(&settings, &hour), 2);
	assert_int_equal(count_calculated(&settings, &peaks), 4);
	settings.unknown_obis = true;
	assert_true(leaf_is_wanted("obis/item07", &settings, NULL));
	settings.retain = false;
	assert_false(leaf_is_wanted("obis/item07", &settings, &all));
	assert_false(leaf_is_wanted("power_active_import", &settings, &all));
	assert_int_equal(count_calculated(&settings, &all), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaf_of),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_wanted),
	};

	return cmocka_run_group_tests_name("leaf", tests, NULL, NULL);
}
