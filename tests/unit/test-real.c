/* Floats as decimals: the shortest that the C library reads back, found among what it prints. */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "real.h"

#define DIGITS32 9 /* that are always enough */
#define DIGITS64 17

/* clang-format off */
static const struct {
	const char *name;
	uint32_t bits;
	struct han_decimal number;
} sound32[] = {
	{ "zero",                          0x00000000, { 0, 0, false } },
	{ "minus zero",                    0x80000000, { 0, 0, false } },
	{ "one",                           0x3F800000, { 1, 0, false } },
	{ "minus one",                     0xBF800000, { 1, 0, true } },
	{ "ten",                           0x41200000, { 1, 1, false } },
	{ "230, no zero behind",           0x43660000, { 23, 1, false } },
	{ "0.1",                           0x3DCCCCCD, { 1, -1, false } },
	{ "a third",                       0x3EAAAAAB, { 33333334, -8, false } },
	{ "230.1, as a meter sends it",    0x4366199A, { 2301, -1, false } },
	{ "11589.514",                     0x4635160E, { 11589514, -3, false } },
	{ "2^24",                          0x4B800000, { 16777216, 0, false } },
	{ "largest",                       0x7F7FFFFF, { 34028235, 31, false } },
	{ "smallest, too",                 0xFF7FFFFF, { 34028235, 31, true } },
	{ "of two as close the even one: down", 0x41801000, { 16007812, -6, false } }, /* ….0078125 */
	{ "of two as close the even one: up",   0x41803000, { 16023438, -6, false } }, /* ….0234375 */
	{ "halfway reads back as the even one", 0x4C000004, { 3355445, 1, false } },   /* 33554448 */
	{ "and not as the odd one",        0x4C000005, { 33554452, 0, false } },
	{ "2^90: the closest of its length does not read back", 0x6C800000, { 12379401, 20, false } },
	{ "2^-96, the same",               0x0F800000, { 12621775, -36, false } },
	{ "denormal, 10^-40",              0x000116C2, { 1, -40, false } },
	{ "denormal, minus 3 x 10^-40",    0x80034447, { 3, -40, true } },
};

static const struct {
	const char *name;
	uint64_t bits;
	struct han_decimal number;
} sound64[] = {
	{ "zero",                       0x0000000000000000, { 0, 0, false } },
	{ "minus zero",                 0x8000000000000000, { 0, 0, false } },
	{ "one",                        0x3FF0000000000000, { 1, 0, false } },
	{ "minus two and a half",       0xC004000000000000, { 25, -1, true } },
	{ "0.1",                        0x3FB999999999999A, { 1, -1, false } },
	{ "0.1 + 0.2",                  0x3FD3333333333334, { 30000000000000004, -17, false } },
	{ "a third",                    0x3FD5555555555555, { 3333333333333333, -16, false } },
	{ "239.7",                      0x406DF66666666666, { 2397, -1, false } },
	{ "239.70000000000002",         0x406DF66666666667, { 23970000000000002, -14, false } },
	{ "2^53 - 1",                   0x433FFFFFFFFFFFFF, { 9007199254740991, 0, false } },
	{ "2^53",                       0x4340000000000000, { 9007199254740992, 0, false } },
	{ "2^53 + 2",                   0x4340000000000001, { 9007199254740994, 0, false } },
	{ "2^64",                       0x43F0000000000000, { 18446744073709552, 3, false } },
	{ "largest float32",            0x47EFFFFFE0000000, { 34028234663852886, 22, false } },
	{ "10^22",                      0x4480F0CF064DD592, { 1, 22, false } },
	{ "10^40",                      0x483D6329F1C35CA5, { 1, 40, false } },
	{ "10^41, a zero before it",    0x48725DFA371A19E7, { 10, 40, false } },
	{ "10^59, zeros that fill it",  0x4C2FDCA16E04B86D, { 10000000000000000000u, 40, false } },
	{ "halfway reads back as the even one: 10^23", 0x44B52D02C7E14AF6, { 1, 23, false } },
	{ "and not as the odd one",     0x44B52D02C7E14AF7, { 10000000000000001, 7, false } },
	{ "largest that fits",          0x4C3D6329F1C35CA4, { 18446744073709550000u, 40, false } },
	{ "10^-40",                     0x37A16C262777579C, { 1, -40, false } },
	{ "2^-44: the closest of its length does not read back", 0x3D30000000000000,
	  { 5684341886080802, -29, false } },
};

static const struct {
	const char *name;
	uint64_t bits;
	bool wide; /* float64 */
} refused[] = {
	{ "infinite",                     0x7F800000,         false },
	{ "minus infinite",               0xFF800000,         false },
	{ "not a number",                 0x7FC00000,         false },
	{ "not a number, signalling",     0x7F800001,         false },
	{ "not a number, all ones",       0xFFFFFFFF,         false },
	{ "smallest denormal",            0x00000001,         false },
	{ "smallest that is normal",      0x00800000,         false },
	{ "largest denormal",             0x007FFFFF,         false },
	{ "infinite",                     0x7FF0000000000000, true },
	{ "minus infinite",               0xFFF0000000000000, true },
	{ "not a number",                 0x7FF8000000000000, true },
	{ "not a number, low half only",  0x7FF0000000000001, true },
	{ "not a number, all ones",       0xFFFFFFFFFFFFFFFF, true },
	{ "smallest denormal",            0x0000000000000001, true },
	{ "largest denormal",             0x000FFFFFFFFFFFFF, true },
	{ "smallest that is normal",      0x0010000000000000, true },
	{ "largest",                      0x7FEFFFFFFFFFFFFF, true },
	{ "smallest that does not fit",   0x4C3D6329F1C35CA5, true },
	{ "9.9 x 10^59",                  0x4C63B6EA48DFB884, true },
	{ "10^60",                        0x4C63E9E4E4C2F344, true },
	{ "2^200",                        0x4C70000000000000, true },
	{ "9 x 10^-41",                   0x379F5C44AD706A80, true },
	{ "1.5 x 10^-40",                 0x37AA22393B33036B, true },
	{ "2^-134",                       0x3790000000000000, true },
	{ "10^300",                       0x7E37E43C8800759C, true },
};
/* clang-format on */

static const struct han_decimal untouched = { 4711, -3, true };

/* What the digits are to be read as, by the C library. */
static uint64_t bits_of(const char *text, bool wide)
{
	double number = wide ? strtod(text, NULL) : 0;
	float narrow = wide ? 0 : strtof(text, NULL);
	uint64_t bits64;
	uint32_t bits32;

	memcpy(&bits64, &number, sizeof(bits64));
	memcpy(&bits32, &narrow, sizeof(bits32));
	return wide ? bits64 : bits32;
}

static double number_of(uint64_t bits, bool wide)
{
	uint32_t bits32 = (uint32_t)bits;
	double number;
	float narrow;

	memcpy(&number, &bits, sizeof(number));
	memcpy(&narrow, &bits32, sizeof(narrow));
	return wide ? number : (double)narrow;
}

static bool reads_back(const struct han_decimal *number, int exp10, uint64_t bits, bool wide)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%llue%d", number->negative ? "-" : "",
	         (unsigned long long)number->magnitude, exp10);
	return bits_of(text, wide) == bits;
}

/* The closest decimal of so many digits, or where that does not read back, one beside it. */
static bool search_among(uint64_t bits, bool wide, int digits, struct han_decimal *found,
                         int *exp10)
{
	static const int beside[] = { 0, 1, -1 };
	char text[64], *at = text;
	uint64_t magnitude = 0;

	snprintf(text, sizeof(text), "%.*e", digits - 1, number_of(bits, wide));
	found->negative = *at == '-';
	for (at += found->negative; *at != 'e'; at++) {
		if (*at != '.')
			magnitude = magnitude * 10 + (uint64_t)(*at - '0');
	}
	*exp10 = (int)strtol(at + 1, NULL, 10) - (digits - 1);
	for (size_t i = 0; i < COUNT(beside); i++) {
		found->magnitude = magnitude + (uint64_t)beside[i];
		if (reads_back(found, *exp10, bits, wide))
			return true;
	}
	return false;
}

/* What is to come out for a number that is not zero, and not infinite either. */
static enum han_err expect(uint64_t bits, bool wide, struct han_decimal *number)
{
	int exp10 = 0;

	for (int digits = 1; !search_among(bits, wide, digits, number, &exp10); digits++)
		assert_true(digits < (wide ? DIGITS64 : DIGITS32));
	for (; exp10 > 40; exp10--) {
		if (number->magnitude > UINT64_MAX / 10)
			return HAN_ERR_NUMBER;
		number->magnitude *= 10;
	}
	number->exp10 = (int16_t)exp10;
	return exp10 < -40 ? HAN_ERR_NUMBER : HAN_OK;
}

static enum han_err read_bits(uint64_t bits, bool wide, struct han_decimal *number)
{
	*number = untouched;
	return wide ? real_read64(bits, number) : real_read32((uint32_t)bits, number);
}

static void check_number(struct han_decimal got, struct han_decimal number)
{
	assert_int_equal(got.magnitude, number.magnitude);
	assert_int_equal(got.exp10, number.exp10);
	assert_int_equal(got.negative, number.negative);
}

static void check_against_libc(uint64_t bits, bool wide)
{
	struct han_decimal number, got;
	enum han_err err = expect(bits, wide, &number);

	if (read_bits(bits, wide, &got) != err)
		print_message("# %s %llx\n", wide ? "float64" : "float32",
		              (unsigned long long)bits);
	assert_int_equal(read_bits(bits, wide, &got), err);
	check_number(got, err == HAN_OK ? number : untouched);
}

/* The bits, and those of the numbers up to two steps away. */
static void check_around(uint64_t bits, bool wide)
{
	for (uint64_t i = 0; i < 5; i++)
		check_against_libc(bits + i - 2, wide);
}

static void test_sound32(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sound32); i++) {
		struct han_decimal got;

		say_case(sound32[i].name);
		assert_int_equal(read_bits(sound32[i].bits, false, &got), HAN_OK);
		check_number(got, sound32[i].number);
	}
}

static void test_sound64(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sound64); i++) {
		struct han_decimal got;

		say_case(sound64[i].name);
		assert_int_equal(read_bits(sound64[i].bits, true, &got), HAN_OK);
		check_number(got, sound64[i].number);
	}
}

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct han_decimal got;

		say_case(refused[i].name);
		assert_int_equal(read_bits(refused[i].bits, refused[i].wide, &got), HAN_ERR_NUMBER);
		check_number(got, untouched);
	}
}

/* Where the distance to the neighbours changes, and the largest and smallest that fit. */
static void test_powers_of_two(void **state)
{
	(void)state;
	for (uint64_t exponent = 1; exponent < 255; exponent++)
		check_around(exponent << 23, false);
	for (uint64_t exponent = 1; exponent < 2047; exponent++)
		check_around(exponent << 52, true);
	for (uint32_t bit = 1; bit < 1U << 23; bit <<= 1)
		check_around(bit + 2, false); /* denormal */
	check_against_libc(0x7F7FFFFF, false);
}

static void test_powers_of_ten(void **state)
{
	char text[16];

	(void)state;
	for (int exp10 = -44; exp10 <= 62; exp10++) {
		snprintf(text, sizeof(text), "1e%d", exp10);
		check_around(bits_of(text, true), true);
		if (exp10 <= FLT_MAX_10_EXP)
			check_around(bits_of(text, false), false);
	}
}

static void test_random_bits(void **state)
{
	struct dice dice = dice_new();

	(void)state;
	for (int i = 0; i < 30000; i++) {
		uint64_t sign = dice_below(&dice, 2);
		uint64_t narrow = dice_below(&dice, 0x7F800000 - 1) + 1;
		uint64_t exponent = 1023 - 140 + dice_below(&dice, 340);
		uint64_t fraction =
			(uint64_t)dice_below(&dice, 1 << 26) << 26 | dice_below(&dice, 1 << 26);

		check_against_libc(sign << 31 | narrow, false);
		check_against_libc(sign << 63 | exponent << 52 | fraction, true);
	}
}

/* A decimal of few digits comes out as it went in. */
static void check_decimal(uint64_t magnitude, int exp10, bool wide)
{
	struct han_decimal got;
	char text[64];

	while (magnitude % 10 == 0) {
		magnitude /= 10;
		exp10++;
	}
	snprintf(text, sizeof(text), "-%llue%d", (unsigned long long)magnitude, exp10);
	assert_int_equal(read_bits(bits_of(text, wide), wide, &got), HAN_OK);
	check_number(got, (struct han_decimal){ magnitude, (int16_t)exp10, true });
}

static void test_random_decimals(void **state)
{
	struct dice dice = dice_new();

	(void)state;
	for (int i = 0; i < 30000; i++) {
		uint64_t six = 1 + dice_below(&dice, 999999);
		uint64_t fifteen = dice_below(&dice, 1000000000) * (uint64_t)1000000 + six;

		check_decimal(six, (int)dice_below(&dice, 30 + 36) - 36, false);
		check_decimal(fifteen, (int)dice_below(&dice, 25 + 40) - 40, true);
		check_decimal((fifteen >> dice_below(&dice, 50)) + 1, -40, true);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound32),         cmocka_unit_test(test_sound64),
		cmocka_unit_test(test_refused),         cmocka_unit_test(test_powers_of_two),
		cmocka_unit_test(test_powers_of_ten),   cmocka_unit_test(test_random_bits),
		cmocka_unit_test(test_random_decimals),
	};

	return cmocka_run_group_tests_name("real", tests, NULL, NULL);
}
