/* P1 telegrams: groups against text, the check sequence against its polynomial. */
#include "p1lines.h"

#include <stdlib.h>

#include "arc.h"
#include "check.h"
#include "unhex.h"

static void check_text(const struct encoder *e, const char *expected)
{
	char text[512];

	assert_false(e->overflow);
	assert_true(e->len < sizeof(text));
	memcpy(text, e->octets, e->len);
	text[e->len] = '\0';
	assert_string_equal(text, expected);
}

/* The check value that is published with the polynomial. */
static void test_the_test(void **state)
{
	(void)state;
	assert_int_equal(arc_by_bits((const uint8_t *)"123456789", 9), 0xBB3D);
}

/* clang-format off */
static const struct {
	uint64_t value;
	unsigned digits, decimals;
	const char *unit, *text;
} numbers[] = {
	{ 1581123,    6, 3, "kWh", "(001581.123*kWh)" },
	{ 0,          6, 3, "kWh", "(000000.000*kWh)" },
	{ 5,          2, 3, "kW",  "(00.005*kW)" },
	{ 2309,       3, 1, "V",   "(230.9*V)" },
	{ 6,          3, 0, "A",   "(006*A)" },
	{ 0,          1, 0, NULL,  "(0)" },
	{ 4,          5, 0, NULL,  "(00004)" },
	{ 987,        1, 3, NULL,  "(0.987)" },
	{ 1234567,    2, 3, "kW",  "(1234.567*kW)" }, /* more digits than places */
	{ UINT64_MAX, 6, 3, "kWh", "(18446744073709551.615*kWh)" },
	{ UINT64_MAX, 9, 0, "Wh",  "(18446744073709551615*Wh)" },
};
/* clang-format on */

static void test_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		uint8_t buf[64];
		struct encoder e;

		say_case(numbers[i].text);
		encoder_init(&e, buf, sizeof(buf));
		p1lines_number(&e, numbers[i].value, numbers[i].digits, numbers[i].decimals,
		               numbers[i].unit);
		check_text(&e, numbers[i].text);
	}
}

static void test_groups(void **state)
{
	const struct han_datetime winter = { 2026, 1, 2, 5, 3, 4, 5, 0, -60, 0 };
	const struct han_datetime summer = { 2109, 10, 22, 2, 13, 44, 55, 0, -120, 0x80 };
	uint8_t buf[256];
	struct encoder e;

	(void)state;
	encoder_init(&e, buf, sizeof(buf));
	p1lines_code(&e, "0-0:1.0.0");
	p1lines_time(&e, &winter);
	p1lines_time(&e, &summer);
	p1lines_text(&e, "");
	p1lines_text(&e, "0002");
	p1lines_hex(&e, "");
	p1lines_hex(&e, "K8J");
	p1lines_hex(&e, "\xff");
	p1lines_end_line(&e);
	check_text(&e, "0-0:1.0.0(260102030405W)(091022134455S)()(0002)()(4B384A)(FF)\r\n");
}

static size_t write_telegram(struct encoder *e)
{
	p1lines_begin(e, "HAN5test");
	p1lines_code(e, "1-0:1.8.1");
	p1lines_number(e, 1581123, 6, 3, "kWh");
	p1lines_end_line(e);
	p1lines_code(e, "0-0:96.14.0");
	p1lines_text(e, "0002");
	p1lines_end_line(e);
	return p1lines_end(e);
}

#define TELEGRAM "/HAN5test\r\n\r\n1-0:1.8.1(001581.123*kWh)\r\n0-0:96.14.0(0002)\r\n!"

static void test_whole_telegram(void **state)
{
	uint8_t buf[256];
	struct encoder e;

	(void)state;
	encoder_init(&e, buf, sizeof(buf));
	assert_int_equal(write_telegram(&e), strlen(TELEGRAM "C231\r\n"));
	check_text(&e, TELEGRAM "C231\r\n");
	assert_int_equal(arc_by_bits((const uint8_t *)TELEGRAM, strlen(TELEGRAM)), 0xC231);
	assert_int_equal(write_telegram(&e), strlen(TELEGRAM "C231\r\n"));
	check_text(&e, TELEGRAM "C231\r\n" TELEGRAM "C231\r\n"); /* one behind the other */
}

/* All four digits of the check, whatever they are. */
static void test_check_digits(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		uint8_t buf[64];
		char check[5] = { 0 };
		struct encoder e;

		encoder_init(&e, buf, sizeof(buf));
		p1lines_begin(&e, "HAN5");
		p1lines_number(&e, i, 1, 0, NULL);
		p1lines_end(&e);
		memcpy(check, buf + e.len - 6, 4);
		assert_int_equal(strtoul(check, NULL, 16), arc_by_bits(buf, e.len - 6));
	}
}

static void test_small_buffers(void **state)
{
	const size_t whole = strlen(TELEGRAM "C231\r\n");

	(void)state;
	for (size_t size = 0; size <= whole; size++) {
		uint8_t *buf = malloc(size + 1);
		struct encoder e;

		assert_non_null(buf);
		buf[size] = 0x55;
		encoder_init(&e, buf, size);
		assert_int_equal(write_telegram(&e), size < whole ? 0 : whole);
		assert_int_equal(buf[size], 0x55);
		free(buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_test),     cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_groups),       cmocka_unit_test(test_whole_telegram),
		cmocka_unit_test(test_check_digits), cmocka_unit_test(test_small_buffers),
	};

	return cmocka_run_group_tests_name("p1lines", tests, NULL, NULL);
}
