/* Powers become energy: trapezoids, gaps, and what it was a little while ago. */
#include "integral.h"

#include "check.h"
#include "dice.h"

#define W  1000ULL    /* mW */
#define WH 3600000ULL /* mJ */

static struct integral integral;

static int begin(void **state)
{
	(void)state;
	integral = (struct integral){ 0 };
	return 0;
}

static void test_trapezoid(void **state)
{
	(void)state;
	assert_int_equal(integral_power(&integral, 1000 * W, 5000), 0);
	assert_int_equal(integral.mj, 0);
	assert_int_equal(integral_power(&integral, 2000 * W, 7000), 2000);
	assert_int_equal(integral.mj, 1500 * 2000);
	assert_int_equal(integral_power(&integral, 0, 9000), 2000);
	assert_int_equal(integral.mj, 1500 * 2000 + 1000 * 2000);
	assert_int_equal(integral_power(&integral, 0, 9000), 0); /* two lists in one moment */
	assert_int_equal(integral.mj, 2500 * 2000);
}

/* What is below a mJ is kept: a mW for an hour is 3.6 J. */
static void test_nothing_is_lost(void **state)
{
	(void)state;
	for (uint64_t ms = 0; ms <= 3600000; ms += 7)
		integral_power(&integral, 1, ms);
	integral_power(&integral, 1, 3600000);
	assert_in_range(integral.mj, 3599, 3600);
}

static void test_gaps(void **state)
{
	(void)state;
	integral_power(&integral, 1000 * W, 0);
	assert_int_equal(integral_power(&integral, 3000 * W, INTEGRAL_BRIDGE_MS),
	                 INTEGRAL_BRIDGE_MS);
	assert_int_equal(integral.mj, 2000 * WH);
	integral_power(&integral, 3000 * W, 2 * INTEGRAL_BRIDGE_MS + 1); /* too long */
	assert_int_equal(integral.mj, 2000 * WH);
	integral_power(&integral, 3000 * W, 2 * INTEGRAL_BRIDGE_MS + 1001);
	assert_int_equal(integral.mj, 2000 * WH + 3000 * 1000);
}

static void test_largest(void **state)
{
	(void)state;
	integral_power(&integral, INTEGRAL_MAX_MW, 0);
	integral_power(&integral, INTEGRAL_MAX_MW, INTEGRAL_BRIDGE_MS);
	assert_int_equal(integral.mj, 1000000000 * WH);
}

static void test_past(void **state)
{
	(void)state;
	assert_int_equal(integral_at(&integral, 1000), 0);
	integral_power(&integral, 1000 * W, 10000);
	assert_int_equal(integral_at(&integral, 0), 0);
	assert_int_equal(integral_at(&integral, 20000), 0);
	integral_power(&integral, 1000 * W, 20000);
	assert_int_equal(integral_at(&integral, 9000), 0); /* before it all began */
	assert_int_equal(integral_at(&integral, 12500), 2500 * 1000);
	assert_int_equal(integral_at(&integral, 20000), 10000 * 1000);
	assert_int_equal(integral_at(&integral, 99000), 10000 * 1000); /* not further */
}

/* However often lists come, the past reaches back two minutes. */
static void test_reach(void **state)
{
	static const uint64_t periods[] = { 100, 1000, 1900, 2000, 2500, 10000 };

	(void)state;
	for (size_t i = 0; i < COUNT(periods); i++) {
		uint64_t now = 0;

		begin(NULL);
		for (; now < 1000000; now += periods[i])
			integral_power(&integral, 1000 * W, now);
		for (uint64_t age = periods[i]; age <= 120000; age += 777)
			assert_int_equal(integral_at(&integral, now - age), (now - age) * 1000);
	}
}

/* The past never falls, and ends at what it is now. */
static void test_any(void **state)
{
	struct dice dice = dice_new();
	uint64_t now = 0;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		uint64_t before = 0;

		now += dice_below(&dice, 5) ? dice_below(&dice, 3000) : dice_below(&dice, 200000);
		integral_power(&integral, dice_below(&dice, 10000000), now);
		for (uint64_t at = now > 150000 ? now - 150000 : 0; at <= now; at += 5000) {
			uint64_t then = integral_at(&integral, at);

			assert_true(then >= before && then <= integral.mj);
			before = then;
		}
		assert_int_equal(integral_at(&integral, now), integral.mj);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_trapezoid, begin),
		cmocka_unit_test_setup(test_nothing_is_lost, begin),
		cmocka_unit_test_setup(test_gaps, begin),
		cmocka_unit_test_setup(test_largest, begin),
		cmocka_unit_test_setup(test_past, begin),
		cmocka_unit_test_setup(test_reach, begin),
		cmocka_unit_test_setup(test_any, begin),
	};

	return cmocka_run_group_tests_name("integral", tests, NULL, NULL);
}
