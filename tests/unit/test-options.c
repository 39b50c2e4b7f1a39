/* The values of options: keys, bauds, formats. */
#include "options.h"

#include <string.h>

#include "unhex.h"

#define KEY "000102030405060708090A0B0C0D0E0F"

static void test_keys(void **state)
{
	static const char *const wrong[] = {
		"",
		"00",
		"000102030405060708090a0b0c0d0e0",
		KEY "0",
		KEY "00",
		"000102030405060708090a0b0c0d0e0g",
		"000102030405060708090a0b0c0d0e 0",
		"0x0102030405060708090a0b0c0d0e0f",
		"00010203-0405-0607-0809-0a0b0c0d",
	};
	uint8_t key[HAN_KEY_OCTETS], expected[HAN_KEY_OCTETS];

	(void)state;
	unhex(KEY, expected, sizeof(expected));
	assert_true(options_parse_key(KEY, key));
	assert_memory_equal(key, expected, sizeof(key));
	unhex("a0b1c2d3e4f5061728394a5b6c7d8e9f", expected, sizeof(expected));
	assert_true(options_parse_key("a0b1C2d3e4F5061728394A5b6c7D8e9f", key));
	assert_memory_equal(key, expected, sizeof(key));
	for (size_t i = 0; i < COUNT(wrong); i++) {
		print_message("# '%s'\n", wrong[i]);
		assert_false(options_parse_key(wrong[i], key));
		assert_memory_equal(key, expected, sizeof(key));
	}
}

static void test_bauds(void **state)
{
	static const struct {
		const char *text;
		unsigned baud;
	} cases[] = {
		{ "300", 300 },      { "2400", 2400 }, { "9600", 9600 }, { "115200", 115200 },
		{ "02400", 2400 },   { "", 0 },        { "0", 0 },       { "2401", 0 },
		{ "230400", 0 },     { "2400 ", 0 },   { "-2400", 0 },   { "2400baud", 0 },
		{ "4294969696", 0 }, /* 2400 to 32 bits */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		say_case(cases[i].text);
		assert_int_equal(options_parse_baud(cases[i].text), cases[i].baud);
	}
}

static void test_formats(void **state)
{
	static const struct {
		const char *text;
		int format; /* -1: none */
	} cases[] = {
		{ "8N1", SERIAL_8N1 },
		{ "8E1", SERIAL_8E1 },
		{ "7E1", SERIAL_7E1 },
		{ "7e1", SERIAL_7E1 },
		{ "", -1 },
		{ "8O1", -1 },
		{ "8N2", -1 },
		{ "8N", -1 },
		{ "8N1 ", -1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum serial_format format = SERIAL_8N1;
		bool found = serial_format_find(cases[i].text, &format);

		say_case(cases[i].text);
		assert_int_equal(found ? (int)format : -1, cases[i].format);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_bauds),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
