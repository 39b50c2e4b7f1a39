/* Exact decimals as whole mW and mJ, and printed numbers read back. */
#include "amount.h"

#include "check.h"

/* clang-format off */
static const struct {
	struct han_decimal w;
	bool fits;
	uint64_t mw;
} powers[] = {
	{ { 0, 0, false },             true,  0 },
	{ { 1234, 0, false },          true,  1234000 },
	{ { 12345, -1, false },        true,  1234500 },
	{ { 1234, -3, false },         true,  1234 },
	{ { 12349, -4, false },        true,  1234 },
	{ { 12, 3, false },            true,  12000000 },
	{ { 1, 9, false },             true,  1000000000000 },
	{ { 1000000001, 0, false },    false, 0 },
	{ { 1, 40, false },            false, 0 },
	{ { 0, 40, false },            true,  0 },
	{ { UINT64_MAX, -40, false },  true,  0 },
	{ { UINT64_MAX, 0, false },    false, 0 },
	{ { 1, 0, true },              false, 0 },
};

static const struct {
	struct han_decimal kwh;
	bool fits;
	uint64_t mj, step_mj;
} energies[] = {
	{ { 0, -3, false },            true,  0,               3600000 },
	{ { 11589514, -3, false },     true,  41722250400000,  3600000 },
	{ { 1158951, -2, false },      true,  41722236000000,  36000000 },
	{ { 11589, 0, false },         true,  41720400000000,  3600000000 },
	{ { 1, -8, false },            true,  36,              36 },
	{ { 1, -12, false },           true,  0,               1 },
	{ { 1000000000, 0, false },    true,  3600000000000000000, 3600000000 },
	{ { 1000000001, 0, false },    false, 0,               0 },
	{ { UINT64_MAX, -3, false },   false, 0,               0 },
	{ { 1, 30, false },            false, 0,               0 },
	{ { 5, -3, true },             false, 0,               0 },
};

static const struct {
	const char *text;
	bool fits;
	struct han_decimal number;
} texts[] = {
	{ "11589.514",         true,  { 11589514, -3, false } },
	{ "0.000",             true,  { 0, -3, false } },
	{ "7",                 true,  { 7, 0, false } },
	{ "999999999999.999",  true,  { 999999999999999, -3, false } },
	{ "9999999999999.999", false, { 0 } },
	{ "",                  false, { 0 } },
	{ ".5",                false, { 0 } },
	{ "5.",                false, { 0 } },
	{ "-1",                false, { 0 } },
	{ "1e3",               false, { 0 } },
	{ " 1",                false, { 0 } },
	{ "1 ",                false, { 0 } },
	{ "1.2.3",             false, { 0 } },
	{ "None",              false, { 0 } },
};
/* clang-format on */

static void test_powers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(powers); i++) {
		uint64_t mw = 4711;

		assert_int_equal(amount_mw(powers[i].w, &mw), powers[i].fits);
		assert_true(mw == (powers[i].fits ? powers[i].mw : 4711));
	}
}

static void test_energies(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(energies); i++) {
		uint64_t mj = 4711, step_mj = 42;

		assert_int_equal(amount_mj(energies[i].kwh, &mj, &step_mj), energies[i].fits);
		assert_true(mj == (energies[i].fits ? energies[i].mj : 4711));
		assert_true(step_mj == (energies[i].fits ? energies[i].step_mj : 42));
	}
}

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct han_decimal number = { 4711, 2, true };
		struct han_decimal wanted = texts[i].fits ? texts[i].number : number;

		say_case(texts[i].text);
		assert_int_equal(amount_read(texts[i].text, &number), texts[i].fits);
		assert_true(number.magnitude == wanted.magnitude && number.exp10 == wanted.exp10 &&
		            number.negative == wanted.negative);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_powers),
		cmocka_unit_test(test_energies),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests_name("amount", tests, NULL, NULL);
}
