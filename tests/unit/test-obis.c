/* Codes: printed, compared. */
#include "unhex.h"

#include <han/obis.h>

/* clang-format off */
static const struct {
	struct han_obis obis;
	const char *text;
} cases[] = {
	{ { 1, 0, 1, 8, 0, 255 },              "1-0:1.8.0.255" },
	{ { 1, 1, 0, 2, 129, 255 },            "1-1:0.2.129.255" },
	{ { 0, 0, 96, 1, 0, 255 },             "0-0:96.1.0.255" },
	{ { 0, 0, 0, 0, 0, 0 },                "0-0:0.0.0.0" },
	{ { 10, 99, 100, 101, 9, 1 },          "10-99:100.101.9.1" },
	{ { 255, 255, 255, 255, 255, 255 },    "255-255:255.255.255.255" },
};
/* clang-format on */

static void test_print(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char buf[HAN_OBIS_TEXT + 1];

		memset(buf, '#', sizeof(buf));
		assert_ptr_equal(han_obis_print(cases[i].obis, buf), buf);
		assert_string_equal(buf, cases[i].text);
		assert_int_equal(buf[HAN_OBIS_TEXT], '#');
	}
}

/* Two codes are equal when all six groups are: each alone makes a difference, all its bits do. */
static void test_equal(void **state)
{
	const uint8_t code[6] = { 1, 0, 32, 7, 0, 255 };

	(void)state;
	for (unsigned bit = 0; bit < 8 * sizeof(code); bit++) {
		uint8_t octets[6];
		struct han_obis x, y;

		memcpy(octets, code, sizeof(octets));
		octets[bit / 8] ^= (uint8_t)(1U << bit % 8);
		x = (struct han_obis){ code[0], code[1], code[2], code[3], code[4], code[5] };
		y = (struct han_obis){ octets[0], octets[1], octets[2],
			               octets[3], octets[4], octets[5] };
		assert_true(han_obis_equal(x, x));
		assert_true(han_obis_equal(y, y));
		assert_false(han_obis_equal(x, y));
		assert_false(han_obis_equal(y, x));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests_name("obis", tests, NULL, NULL);
}
