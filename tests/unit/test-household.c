/* The simulated household: plausible, repeatable, and its registers are the integral of its power. */
#include "check.h"
#include "household.h"

#define DAY 86400

static void test_day(void **state)
{
	struct household h;
	uint64_t energy = 0, start;

	(void)state;
	household_init(&h, 1);
	start = h.import_ws;
	for (uint32_t s = 0; s < DAY; s++) {
		struct household_state now = household_step(&h, s);
		uint64_t apparent = 0;

		energy += now.power_import;
		assert_int_equal(h.import_ws - start, energy);
		for (int i = 0; i < 3; i++) {
			assert_in_range(now.voltage_dv[i], 2200, 2400);
			apparent += (uint64_t)now.current_ma[i] * now.voltage_dv[i];
		}
		/* mA times 0.1 V: the power within what three currents are rounded by */
		assert_in_range(apparent, (uint64_t)now.power_import * 10000 - 3 * 2400,
		                (uint64_t)now.power_import * 10000);
		assert_in_range(now.power_import, 100, 9000);
		assert_int_equal(now.power_export, 0);
	}
	assert_in_range(energy / 3600000, 10, 80); /* kWh of a day */
}

static void test_same_seed_same_day(void **state)
{
	struct household a, b, c;
	bool differs = false;

	(void)state;
	household_init(&a, 7);
	household_init(&b, 7);
	household_init(&c, 8);
	for (uint32_t s = 0; s < 10000; s++) {
		struct household_state x = household_step(&a, s);
		struct household_state y = household_step(&b, s);
		struct household_state z = household_step(&c, s);

		assert_memory_equal(&x, &y, sizeof(x));
		differs |= x.power_import != z.power_import;
	}
	assert_true(differs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_day),
		cmocka_unit_test(test_same_seed_same_day),
	};

	return cmocka_run_group_tests_name("household", tests, NULL, NULL);
}
