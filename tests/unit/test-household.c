/* The simulated household: what a second of it says must be what a meter could have measured. */
#include "household.h"

#include "check.h"
#include "dice.h"

#define HOUR 3600
#define DAY  (24 * HOUR)

static const uint64_t seeds[] = { 0, 1, 2, 1767225600, UINT64_MAX };

/* One day from midnight, second by second, given to look. */
static void live_a_day(uint64_t seed,
                       void (*look)(uint32_t second, const struct household_state *state,
                                    void *user),
                       void *user)
{
	struct household h;

	print_message("# seed %llu\n", (unsigned long long)seed);
	household_init(&h, seed, 3);
	for (uint32_t second = 0; second < DAY; second++) {
		struct household_state state = household_step(&h, second);

		look(second, &state, user);
	}
}

/* ---- electricity ---- */

/* U I is the apparent power, to the last digit of the current. */
static void check_phase(const struct household_state *state, unsigned i)
{
	int64_t p = state->active[i], q = state->reactive[i];
	int64_t u = state->voltage_dv[i], current = state->current_ma[i];
	int64_t apparent = p * p + q * q; /* VA^2 */
	int64_t low = u * (current - 1), high = u * (current + 1);

	low = low > 0 ? low : 0;
	assert_true(low * low <= apparent * 100000000);
	assert_true(high * high >= apparent * 100000000);
}

/* The thousandths of P / S, to the last digit: the square of S lies between those of P / k. */
static void check_power_factor(const struct household_state *state, int64_t active,
                               int64_t reactive)
{
	int64_t k = state->power_factor, apparent = active * active + reactive * reactive;
	int64_t low = (2 * k - 3) * (2 * k - 3), high = (2 * k + 3) * (2 * k + 3);

	assert_in_range(k, 0, 1000);
	assert_true(k < 2 || low * apparent <= 4000000 * active * active);
	assert_true(high * apparent >= 4000000 * active * active);
}

static void look_at_power(uint32_t second, const struct household_state *state, void *user)
{
	int64_t active = 0, reactive = 0;

	(void)second;
	(void)user;
	for (unsigned i = 0; i < HOUSEHOLD_PHASES; i++) {
		check_phase(state, i);
		active += state->active[i];
		reactive += state->reactive[i];
	}
	check_power_factor(state, active, reactive);
	assert_true((int64_t)state->power_import - state->power_export == active);
	assert_true((int64_t)state->reactive_import - state->reactive_export == reactive);
	assert_true(state->power_import == 0 || state->power_export == 0);
	assert_true(state->reactive_import == 0 || state->reactive_export == 0);
}

static void test_power_is_voltage_times_current(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++)
		live_a_day(seeds[i], look_at_power, NULL);
}

/* In a house of one phase it has everything, the others nothing. */
static void test_one_phase(void **state)
{
	struct household h;

	(void)state;
	household_init(&h, 5, 1);
	for (uint32_t second = 0; second < DAY; second++) {
		struct household_state now = household_step(&h, second);

		check_phase(&now, 0);
		assert_true((int64_t)now.power_import - now.power_export == now.active[0]);
		assert_in_range(now.voltage_dv[0], 2070, 2530);
		assert_in_range(now.current_ma[0], 0, 80000);
		for (unsigned i = 1; i < HOUSEHOLD_PHASES; i++) {
			assert_int_equal(now.active[i], 0);
			assert_int_equal(now.reactive[i], 0);
			assert_int_equal(now.current_ma[i], 0);
			assert_int_equal(now.voltage_dv[i], 0);
		}
	}
}

/* EN 50160: 230 V and 10 % more or less; a main fuse of 50 A. */
static void look_at_bounds(uint32_t second, const struct household_state *state, void *user)
{
	(void)second;
	(void)user;
	for (unsigned i = 0; i < HOUSEHOLD_PHASES; i++) {
		assert_in_range(state->voltage_dv[i], 2070, 2530);
		assert_in_range(state->current_ma[i], 0, 50000);
	}
	assert_in_range(state->power_import, 0, 25000);
	assert_in_range(state->power_export, 0, 5000);
	assert_in_range(state->reactive_import, 0, 5000);
	assert_in_range(state->reactive_export, 0, 5000);
}

static void test_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++)
		live_a_day(seeds[i], look_at_bounds, NULL);
}

/* ---- registers ---- */

static void check_register(const struct household *before, const struct household *after,
                           enum household_register i, uint64_t power, unsigned tariff)
{
	const uint64_t *by_tariff = after->by_tariff[i];

	assert_true(after->sum[i] - before->sum[i] == power);
	assert_true(after->sum[i] / HOUR == by_tariff[0] + by_tariff[1]);
	assert_true(by_tariff[!tariff] == before->by_tariff[i][!tariff]);
	assert_true(by_tariff[tariff] >= before->by_tariff[i][tariff]);
}

static void check_registers(const struct household *before, const struct household *after,
                            const struct household_state *now)
{
	const uint64_t *sum = after->sum;
	uint64_t quadrants[4] = { 0 }; /* import and inductive, then against the clock */

	if (now->power_export == 0) {
		quadrants[0] = now->reactive_import;
		quadrants[3] = now->reactive_export;
	} else {
		quadrants[1] = now->reactive_import;
		quadrants[2] = now->reactive_export;
	}
	check_register(before, after, HOUSEHOLD_IMPORT, now->power_import, now->tariff);
	check_register(before, after, HOUSEHOLD_EXPORT, now->power_export, now->tariff);
	check_register(before, after, HOUSEHOLD_REACTIVE_IMPORT, now->reactive_import, now->tariff);
	check_register(before, after, HOUSEHOLD_REACTIVE_EXPORT, now->reactive_export, now->tariff);
	for (unsigned i = 0; i < 4; i++)
		check_register(before, after, HOUSEHOLD_Q1 + i, quadrants[i], now->tariff);
	assert_true(sum[HOUSEHOLD_REACTIVE_IMPORT] == sum[HOUSEHOLD_Q1] + sum[HOUSEHOLD_Q2]);
	assert_true(sum[HOUSEHOLD_REACTIVE_EXPORT] == sum[HOUSEHOLD_Q3] + sum[HOUSEHOLD_Q4]);
}

static void test_registers_are_integrals(void **state)
{
	struct household h, before;

	(void)state;
	household_init(&h, 7, 3);
	before = h;
	for (uint32_t second = 0; second < 2 * DAY; second++) {
		struct household_state now = household_step(&h, second % DAY);
		uint32_t hour = second % DAY / HOUR;

		assert_int_equal(now.tariff, hour >= 7 && hour < 23);
		check_registers(&before, &h, &now);
		before = h;
	}
	for (unsigned i = 0; i < HOUSEHOLD_REGISTERS; i++)
		print_message("# register %u: %llu\n", i + 1, (unsigned long long)h.sum[i] / HOUR);
}

/* The gas meter is heard every five minutes; until then it says the same. */
static void test_gas(void **state)
{
	struct household h, before;
	uint64_t first;

	(void)state;
	household_init(&h, 7, 3);
	before = h;
	first = h.gas_told_l;
	for (uint32_t second = 0; second < DAY; second++) {
		household_step(&h, second);
		assert_in_range(h.gas_ml - before.gas_ml, 0, 100);
		if (second % 300 == 0)
			assert_true(h.gas_told_l == h.gas_ml / 1000);
		else
			assert_true(h.gas_told_l == before.gas_told_l);
		before = h;
	}
	assert_in_range(h.gas_told_l - first, 1000, 10000); /* 1 … 10 m3 a day */
}

/* ---- repeatable ---- */

static void test_same_seed_same_house(void **state)
{
	struct household a, b;

	(void)state;
	household_init(&a, 42, 3);
	household_init(&b, 42, 3);
	for (uint32_t second = 0; second < DAY; second++) {
		struct household_state x = household_step(&a, second);
		struct household_state y = household_step(&b, second);

		assert_memory_equal(&x, &y, sizeof(x));
	}
}

static void test_other_seed_other_house(void **state)
{
	struct household a, b;
	unsigned different = 0;

	(void)state;
	household_init(&a, 1767225600, 3);
	household_init(&b, 1767225601, 3);
	for (uint32_t second = 0; second < DAY; second++) {
		struct household_state x = household_step(&a, second);
		struct household_state y = household_step(&b, second);

		different += x.power_import != y.power_import;
	}
	assert_true(different > DAY / 2);
}

/* Seconds need not follow each other: the clock may be set. */
static void test_any_second(void **state)
{
	struct dice dice = dice_new();
	struct household h;

	(void)state;
	household_init(&h, 3, 3);
	for (int i = 0; i < 100000; i++) {
		struct household_state now = household_step(&h, (uint32_t)dice_below(&dice, DAY));

		look_at_power(0, &now, NULL);
		look_at_bounds(0, &now, NULL);
	}
}

/* ---- plausible ---- */

struct hours {
	uint64_t import_ws[24], export_ws[24];
};

static void sum_hours(uint32_t second, const struct household_state *state, void *user)
{
	struct hours *hours = user;

	hours->import_ws[second / HOUR] += state->power_import;
	hours->export_ws[second / HOUR] += state->power_export;
}

static uint64_t wh_between(const uint64_t ws[24], unsigned from, unsigned to)
{
	uint64_t sum = 0;

	for (unsigned hour = from; hour < to; hour++)
		sum += ws[hour];
	return sum / HOUR;
}

/* Over many days: mornings and evenings above the night, export around noon and never in the dark, and the
 * consumption of a house. */
static void test_days(void **state)
{
	const unsigned days = 20;
	struct hours hours = { 0 };
	uint64_t night, morning, evening, day;

	(void)state;
	for (uint64_t seed = 0; seed < days; seed++)
		live_a_day(seed, sum_hours, &hours);
	night = wh_between(hours.import_ws, 1, 5) / 4;
	morning = wh_between(hours.import_ws, 6, 8) / 2;
	evening = wh_between(hours.import_ws, 17, 21) / 4;
	day = wh_between(hours.import_ws, 0, 24) / days;
	print_message(
		"# Wh: night %llu, morning %llu, evening %llu an hour; %llu a day, %llu sold\n",
		(unsigned long long)night / days, (unsigned long long)morning / days,
		(unsigned long long)evening / days, (unsigned long long)day,
		(unsigned long long)wh_between(hours.export_ws, 0, 24) / days);
	assert_true(2 * morning > 3 * night);
	assert_true(2 * evening > 3 * night);
	assert_true(day > 10000 && day < 100000);
	assert_true(wh_between(hours.export_ws, 10, 16) > 0);
	assert_int_equal(wh_between(hours.export_ws, 0, 6), 0);
	assert_int_equal(wh_between(hours.export_ws, 20, 24), 0);
}

struct extremes {
	uint32_t least, most, voltage_least, voltage_most;
	unsigned changes;
	uint32_t last;
};

static void find_extremes(uint32_t second, const struct household_state *state, void *user)
{
	struct extremes *x = user;

	if (second == 0)
		*x = (struct extremes){ UINT32_MAX, 0, UINT32_MAX, 0, 0, 0 };
	x->least = state->power_import < x->least ? state->power_import : x->least;
	x->most = state->power_import > x->most ? state->power_import : x->most;
	for (unsigned i = 0; i < HOUSEHOLD_PHASES; i++) {
		uint32_t u = state->voltage_dv[i];

		x->voltage_least = u < x->voltage_least ? u : x->voltage_least;
		x->voltage_most = u > x->voltage_most ? u : x->voltage_most;
	}
	x->changes += state->power_import != x->last;
	x->last = state->power_import;
}

/* Nothing stands still: a day has small and large loads, and hardly a second is like the one before. */
static void test_variety(void **state)
{
	struct extremes x;

	(void)state;
	for (size_t i = 0; i < COUNT(seeds); i++) {
		live_a_day(seeds[i], find_extremes, &x);
		assert_true(x.least < 500);
		assert_true(x.most > 4000);
		assert_true(x.voltage_most - x.voltage_least > 30);
		assert_true(x.changes > DAY / 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power_is_voltage_times_current),
		cmocka_unit_test(test_one_phase),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_registers_are_integrals),
		cmocka_unit_test(test_gas),
		cmocka_unit_test(test_same_seed_same_house),
		cmocka_unit_test(test_other_seed_other_house),
		cmocka_unit_test(test_any_second),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_variety),
	};

	return cmocka_run_group_tests_name("household", tests, NULL, NULL);
}
