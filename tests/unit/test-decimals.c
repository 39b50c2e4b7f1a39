/* Registers compared and subtracted: in other steps, at the ends of what fits. */
#include "check.h"

#include "decimals.h"

#define N(magnitude, exp10)     ((struct han_decimal){ (magnitude), (exp10), false })
#define MINUS(magnitude, exp10) ((struct han_decimal){ (magnitude), (exp10), true })

static void test_compare(void **state)
{
	static const struct {
		const char *name;
		struct han_decimal a, b;
		int order;
	} cases[] = {
		{ "the same", N(48211337, -3), N(48211337, -3), 0 },
		{ "one step less", N(48211336, -3), N(48211337, -3), -1 },
		{ "the same in other steps", N(4821, 1), N(48210000, -3), 0 },
		{ "a little less in other steps", N(4821133, -2), N(48211331, -3), -1 },
		{ "nothing and nothing", N(0, -3), N(0, 40), 0 },
		{ "nothing and something", N(0, 40), N(1, -40), -1 },
		{ "too far apart to count", N(UINT64_MAX - 1, -40), N(1, 40), -1 },
		{ "below nothing", MINUS(1, 0), N(0, -3), -1 },
		{ "further below nothing", MINUS(2, 0), MINUS(1, 0), -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		say_case(cases[i].name);
		assert_int_equal(decimals_compare(cases[i].a, cases[i].b), cases[i].order);
		assert_int_equal(decimals_compare(cases[i].b, cases[i].a), -cases[i].order);
	}
}

static void test_rise(void **state)
{
	static const struct {
		const char *name;
		struct han_decimal from, to;
		unsigned power_w;
		uint64_t seconds;
		bool fits;
	} cases[] = {
		{ "an hour at the limit", N(1000000, -3), N(1010000, -3), 10000, 3600, true },
		{ "one step cut off at either end", N(1000000, -3), N(1010002, -3), 10000, 3600,
		  true },
		{ "above", N(1000000, -3), N(1010003, -3), 10000, 3600, false },
		{ "steps of 10 Wh", N(100000, -2), N(101001, -2), 10000, 3600, true },
		{ "steps of 1 kWh", N(1000, 0), N(1001, 0), 10, 1, true },
		{ "two of them", N(1000, 0), N(1002, 0), 10, 1, false },
		{ "steps below 1 Wh", N(10000000, -4), N(10100011, -4), 10000, 3600, true },
		{ "above with these", N(10000000, -4), N(10100012, -4), 10000, 3600, false },
		{ "no time at all", N(5, -3), N(5, -3), 1, 0, true },
		{ "ten years of the largest meter", N(0, -3), N(UINT64_MAX, -3), 100000000,
		  315360000, false },
		{ "as long as there is time", N(0, -3), N(5000000000000, -3), UINT32_MAX,
		  UINT64_MAX, true },
		{ "a float without its zeros", N(1, 3), N(2, 3), 10000, 3600, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		say_case(cases[i].name);
		assert_int_equal(decimals_rise_fits(cases[i].from, cases[i].to, cases[i].power_w,
		                                    cases[i].seconds),
		                 cases[i].fits);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_rise),
	};

	return cmocka_run_group_tests_name("decimals", tests, NULL, NULL);
}
