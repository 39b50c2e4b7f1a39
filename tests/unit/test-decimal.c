/* Exact decimals as text, and without their trailing zeros. */
#include "unhex.h"

#include <han/decimal.h>

#define NINETEEN_ZEROS "0000000000000000000"
#define FORTY_ZEROS    NINETEEN_ZEROS NINETEEN_ZEROS "00"

/* clang-format off */
static const struct {
	struct han_decimal number;
	const char *text;    /* as it is */
	const char *trimmed; /* without trailing zeros behind the point */
} cases[] = {
	{ { 0, 0, false },                   "0",         "0" },
	{ { 0, -1, false },                  "0.0",       "0" },
	{ { 0, -3, false },                  "0.000",     "0" },
	{ { 0, 3, false },                   "0",         "0" },
	{ { 7, 0, false },                   "7",         "7" },
	{ { 1527, 0, false },                "1527",      "1527" },
	{ { 1520, 0, false },                "1520",      "1520" },
	{ { 15, 2, false },                  "1500",      "1500" },
	{ { 11589514, -3, false },           "11589.514", "11589.514" },
	{ { 2320, -1, false },               "232.0",     "232" },
	{ { 2301, -1, false },               "230.1",     "230.1" },
	{ { 2000, -3, false },               "2.000",     "2" },
	{ { 1010, -3, false },               "1.010",     "1.01" },
	{ { 5, -1, false },                  "0.5",       "0.5" },
	{ { 5, -3, false },                  "0.005",     "0.005" },
	{ { 500, -3, false },                "0.500",     "0.5" },
	{ { 999, -3, false },                "0.999",     "0.999" },
	{ { 1000, -3, false },               "1.000",     "1" },
	{ { 10, -1, false },                 "1.0",       "1" },
	{ { 100, -1, false },                "10.0",      "10" },
	{ { 100, -4, false },                "0.0100",    "0.01" },
	{ { 7, 0, true },                    "-7",        "-7" },
	{ { 7, 1, true },                    "-70",       "-70" },
	{ { 70, -1, true },                  "-7.0",      "-7" },
	{ { 70, -3, true },                  "-0.070",    "-0.07" },
	{ { 4294967295, -3, false },         "4294967.295", "4294967.295" },
	{ { UINT64_MAX, 0, false },          "18446744073709551615", "18446744073709551615" },
	{ { UINT64_MAX, -3, false },         "18446744073709551.615", "18446744073709551.615" },
	{ { UINT64_MAX, -19, true },         "-1.8446744073709551615", "-1.8446744073709551615" },
	{ { UINT64_MAX, -20, true },         "-0.18446744073709551615", "-0.18446744073709551615" },
	{ { (uint64_t)1 << 63, 0, true },    "-9223372036854775808", "-9223372036854775808" },
	{ { 10000000000000000000u, -19, false }, "1." NINETEEN_ZEROS, "1" },
	{ { 10000000000000000000u, 0, false },   "1" NINETEEN_ZEROS,  "1" NINETEEN_ZEROS },
	{ { UINT64_MAX, 40, true },          "-18446744073709551615" FORTY_ZEROS, "-18446744073709551615" FORTY_ZEROS },
	{ { 1, -40, true },                  "-0." NINETEEN_ZEROS NINETEEN_ZEROS "01", "-0." NINETEEN_ZEROS NINETEEN_ZEROS "01" },
	{ { 0, -40, false },                 "0." FORTY_ZEROS, "0" },
};
/* clang-format on */

static void check_print(struct han_decimal number, const char *text)
{
	char buf[HAN_DECIMAL_TEXT + 1];

	memset(buf, '#', sizeof(buf));
	assert_ptr_equal(han_decimal_print(number, buf), buf);
	assert_string_equal(buf, text);
	assert_int_equal(buf[HAN_DECIMAL_TEXT], '#');
}

static void test_print(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_print(cases[i].number, cases[i].text);
}

static void test_trim(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct han_decimal trimmed = han_decimal_trim(cases[i].number);

		check_print(trimmed, cases[i].trimmed);
		assert_int_equal(trimmed.negative, cases[i].number.negative);
		check_print(han_decimal_trim(trimmed), cases[i].trimmed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_trim),
	};

	return cmocka_run_group_tests_name("decimal", tests, NULL, NULL);
}
