/* The check sequences: published values, and the tables against the polynomials. */
#include "dice.h"
#include "frame.h"
#include "p1text.h"

#include <han/crc16.h>

#define LONG 300

/* clang-format off */
static const struct {
	const char *name, *hex;
	const char *check; /* as on the wire */
} cases[] = {
	{ "no octets",                               "",                       "0000" },
	{ "the catalogue's \"123456789\": 906E",     "31 32 33 34 35 36 37 38 39", "6e90" },
	{ "the Green Book's vector",                 "03 3f",                  "5bec" },
	{ "header of a Kaifa list 1",                "a0 27 01 02 01 10",      "5a87" },
	{ "header of a Kaifa list 2",                "a0 79 01 02 01 10",      "8093" },
	{ "header of a Kaifa list 3",                "a0 9b 01 00 01 10",      "561b" },
	{ "zeros",                                   "00 00 00 00",            "defc" },
	{ "ones",                                    "ff ff ff ff",            "470f" },
};
/* clang-format on */

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t buf[32], check[2] = { 0 };
		size_t len = unhex(cases[i].hex, buf, sizeof(buf) - sizeof(check));
		uint16_t crc = han_crc16(HAN_CRC16_START, buf, len);

		say_case(cases[i].name);
		assert_int_equal(unhex(cases[i].check, check, sizeof(check)), sizeof(check));
		assert_int_equal((uint8_t)~crc, check[0]);
		assert_int_equal((uint8_t)(~crc >> 8), check[1]);

		memcpy(buf + len, check, sizeof(check));
		assert_int_equal(han_crc16(HAN_CRC16_START, buf, len + 2), HAN_CRC16_GOOD);
		buf[len] ^= 1;
		assert_int_not_equal(han_crc16(HAN_CRC16_START, buf, len + 2), HAN_CRC16_GOOD);
	}
}

/* One octet behind another: every entry of the table, with both halves of the register in use. */
static void test_every_octet(void **state)
{
	(void)state;
	for (unsigned octet = 0; octet < 256; octet++) {
		const uint8_t buf[2] = { 0x5A, (uint8_t)octet };

		assert_int_equal((uint16_t)~han_crc16(HAN_CRC16_START, buf, 2),
		                 check_by_bits(buf, 2));
	}
}

/* The register of one part is the start of the next. */
static void test_every_split(void **state)
{
	struct dice dice = dice_new();
	uint8_t buf[LONG];

	(void)state;
	dice_fill(&dice, buf, LONG);
	for (size_t cut = 0; cut <= LONG; cut++) {
		uint16_t crc = han_crc16(HAN_CRC16_START, buf, cut);

		assert_int_equal((uint16_t)~crc, check_by_bits(buf, cut));
		crc = han_crc16(crc, buf + cut, LONG - cut);
		assert_int_equal((uint16_t)~crc, check_by_bits(buf, LONG));
	}
}

/* clang-format off */
static const struct {
	const char *name, *hex;
	uint16_t crc;
} arc_cases[] = {
	{ "no octets",                           "",                           0 },
	{ "the catalogue's \"123456789\": BB3D", "31 32 33 34 35 36 37 38 39", 0xBB3D },
	{ "zeros",                               "00 00 00 00",                0 },
	{ "one",                                 "01",                         0xC0C1 },
	{ "ones",                                "ff ff ff ff",                0x9401 },
};
/* clang-format on */

static void test_arc_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(arc_cases); i++) {
		uint8_t buf[32];
		size_t len = unhex(arc_cases[i].hex, buf, sizeof(buf));

		say_case(arc_cases[i].name);
		assert_int_equal(han_crc16_arc(0, buf, len), arc_cases[i].crc);
		assert_int_equal(arc_by_bits(buf, len), arc_cases[i].crc);
	}
}

static void test_arc_every_octet(void **state)
{
	(void)state;
	for (unsigned octet = 0; octet < 256; octet++) {
		const uint8_t buf[2] = { 0x5A, (uint8_t)octet };

		assert_int_equal(han_crc16_arc(0, buf, 2), arc_by_bits(buf, 2));
	}
}

static void test_arc_every_split(void **state)
{
	struct dice dice = dice_new();
	uint8_t buf[LONG];

	(void)state;
	dice_fill(&dice, buf, LONG);
	for (size_t cut = 0; cut <= LONG; cut++) {
		uint16_t crc = han_crc16_arc(0, buf, cut);

		assert_int_equal(crc, arc_by_bits(buf, cut));
		assert_int_equal(han_crc16_arc(crc, buf + cut, LONG - cut), arc_by_bits(buf, LONG));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),          cmocka_unit_test(test_every_octet),
		cmocka_unit_test(test_every_split),     cmocka_unit_test(test_arc_values),
		cmocka_unit_test(test_arc_every_octet), cmocka_unit_test(test_arc_every_split),
	};

	return cmocka_run_group_tests_name("crc16", tests, NULL, NULL);
}
