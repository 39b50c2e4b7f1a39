/* What a burst of octets says about the setting that it was heard with: octets as real UARTs make them of a
 * meter's messages, and some by hand. And that UART itself. */
#include <string.h>

#include "check.h"

#include "burst.h"
#include "tuned.h"
#include "unhex.h"

#define FIRST_NS 1e9

/* ---- the UART ---- */

static size_t hear(struct uart *u, const struct wire *wire, unsigned baud,
                   enum serial_format format, uint8_t *octets, size_t size)
{
	size_t len = 0;
	double at_ns;

	u->wire = wire;
	uart_set(u, baud, format, 0);
	while (len < size && uart_receive(u, 1e18, &octets[len], &at_ns))
		len++;
	return len;
}

/* All octets, back to back and apart. */
static void test_uart_of_the_right_setting(void **state)
{
	static const enum serial_format formats[] = { SERIAL_8N1, SERIAL_8E1, SERIAL_7E1 };

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(formats); i++) {
		enum serial_format format = formats[i / 2];
		unsigned count = format == SERIAL_7E1 ? 128 : 256;
		struct wire wire = { .edges = NULL };
		struct uart uart = { .kind = i % 2 ? UART_16550 : UART_PL011 };
		uint8_t sent[256], heard[520];

		for (unsigned k = 0; k < count; k++)
			sent[k] = (uint8_t)k;
		wire_send(&wire, sent, count, FIRST_NS, 9600, format);
		for (unsigned k = 0; k < count; k++)
			wire_send(&wire, &sent[k], 1, wire.end_ns + 1e6 + k * 777, 9600, format);
		assert_int_equal(hear(&uart, &wire, 9600, format, heard, sizeof(heard)), 2 * count);
		assert_memory_equal(heard, sent, count);
		assert_memory_equal(heard + count, sent, count);
		assert_int_equal(uart.parity + uart.framing + uart.breaks, 0);
		wire_free(&wire);
	}
}

struct uart_case {
	const char *name;
	enum serial_format sent, heard;
	enum uart_kind kind;
	const char *octets; /* hex, back to back */
	const char *hex;    /* what is heard */
	unsigned parity, framing, breaks;
};

/* Worked out by hand, bit by bit. */
static void test_uart_of_a_wrong_format(void **state)
{
	/* clang-format off */
	static const struct uart_case cases[] = {
		{ "a parity bit of 1 is a good stop bit", SERIAL_8E1, SERIAL_8N1, UART_16550, "0107", "0107", 0, 0, 0 },
		{ "one of 0 is a bad one: the PL011 waits", SERIAL_8E1, SERIAL_8N1, UART_PL011, "7ea0", "7ea0", 0, 2, 0 },
		{ "the 16550 goes on at once", SERIAL_8E1, SERIAL_8N1, UART_16550, "7e01", "7e05fe", 0, 2, 0 },
		{ "a stop bit as parity, a start bit as stop", SERIAL_8N1, SERIAL_8E1, UART_16550, "7e01", "7e01", 1, 0, 0 },
		{ "octets of seven bits have the parity on top", SERIAL_7E1, SERIAL_8N1, UART_PL011, "2f41", "af41", 0, 0, 0 },
		{ "octets of eight, heard as seven", SERIAL_8N1, SERIAL_7E1, UART_PL011, "2f41a0", "2f4120", 1, 0, 0 },
		{ "a parity bit of 0 after 00 is a break", SERIAL_8E1, SERIAL_8N1, UART_16550, "0001", "0001", 0, 0, 1 },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct uart_case *c = &cases[i];
		struct wire wire = { .edges = NULL };
		struct uart uart = { .kind = c->kind };
		uint8_t sent[8], heard[16];
		char text[2 * sizeof(heard) + 1];
		size_t len;

		say_case(c->name);
		wire_send(&wire, sent, unhex(c->octets, sent, sizeof(sent)), FIRST_NS, 2400,
		          c->sent);
		len = hear(&uart, &wire, 2400, c->heard, heard, sizeof(heard));
		assert_string_equal(hex_of(heard, len, text), c->hex);
		assert_int_equal(uart.parity, c->parity);
		assert_int_equal(uart.framing, c->framing);
		assert_int_equal(uart.breaks, c->breaks);
		wire_free(&wire);
	}
}

/* ---- a meter's message, heard with every setting ---- */

static const struct tuned_meter meters[] = {
	{ "kaifa-ma304", 2400, SERIAL_8N1, 10000, 0, 0, false },
	{ "kaifa-ma304", 2400, SERIAL_8E1, 10000, 0, 0, false },
	{ "aidon-6525", 2400, SERIAL_8E1, 10000, 0, 0, false },
	{ "kamstrup-omnipower", 2400, SERIAL_8N1, 10000, 0, 0, false },
	{ "sagemcom-t210d", 2400, SERIAL_8E1, 10000, 0, 0, false },
	{ "lg-e450", 9600, SERIAL_8N1, 10000, 0, 0, false },
	{ "iskra-am550", 115200, SERIAL_8N1, 10000, 0, 0, false },
	{ "dsmr5", 115200, SERIAL_8N1, 10000, 0, 0, false },
	{ "dsmr5", 115200, SERIAL_7E1, 10000, 0, 0, false },
	{ "dsmr5", 9600, SERIAL_7E1, 10000, 0, 0, false },
};

static const struct tuning_line heard_with[] = {
	{ 2400, SERIAL_8N1 }, { 2400, SERIAL_8E1 },   { 9600, SERIAL_8N1 },
	{ 9600, SERIAL_7E1 }, { 115200, SERIAL_8N1 }, { 115200, SERIAL_7E1 },
};

static void check_burst(const struct burst *b, struct burst_errors errors,
                        const struct tuned_meter *meter, const struct tuning_line *line)
{
	enum burst_speed speed = meter->baud < line->baud   ? BURST_SPEED_SLOWER
	                         : meter->baud > line->baud ? BURST_SPEED_FASTER
	                                                    : BURST_SPEED_SAME;
	bool same = meter->baud == line->baud && meter->format == line->format;

	print_message("# %s %u %s, heard with %u %s\n", meter->name, meter->baud,
	              serial_format_name(meter->format), line->baud,
	              serial_format_name(line->format));
	assert_int_equal(burst_speed(b), speed);
	/* the start of an M-Bus frame is too short to be sure */
	if (!same || b->first != 0x68)
		assert_int_equal(burst_looks_right(b, errors), same);
	if (speed != BURST_SPEED_SAME) {
		unsigned other = meter->baud == 2400 ? 9600 : 2400;

		if ((other < line->baud) == (speed == BURST_SPEED_SLOWER) && other != line->baud)
			assert_true(burst_prefers_baud(b, meter->baud, other));
	} else if (!same) {
		assert_int_equal(burst_format(b, errors, line->format), meter->format);
	}
}

static void test_every_setting(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(meters) * COUNT(heard_with) * 2; i++) {
		const struct tuned_meter *meter = &meters[i / 2 / COUNT(heard_with)];
		const struct tuning_line *line = &heard_with[i / 2 % COUNT(heard_with)];
		struct uart uart = { .kind = i % 2 ? UART_16550 : UART_PL011 };
		struct burst burst = { .octets = 0 };
		struct wire wire = { .edges = NULL };
		uint8_t octet;
		double at_ns;

		wire_play(&wire, meter, 1000, 2000);
		uart.wire = &wire;
		uart_set(&uart, line->baud, line->format, 0);
		while (uart_receive(&uart, 1e18, &octet, &at_ns))
			burst_add(&burst, &octet, 1, (uint64_t)(at_ns / NS_PER_MS));
		check_burst(&burst,
		            (struct burst_errors){ uart.parity, uart.framing + uart.breaks }, meter,
		            line);
		wire_free(&wire);
	}
}

/* ---- by hand ---- */

#define HEADER "7ea02701020110 5a87" /* of a Kaifa list 1 */

struct burst_case {
	const char *name;
	const char *hex; /* of its octets */
	bool joined;
	struct burst_errors errors;
	enum burst_speed speed;
	bool looks_right;
};

static void test_by_hand(void **state)
{
	/* clang-format off */
	static const struct burst_case cases[] = {
		{ "a header", HEADER "aa", false, { 0, 0 }, BURST_SPEED_SAME, true },
		{ "a header after noise", "55cc" HEADER "aa", true, { 0, 0 }, BURST_SPEED_SAME, true },
		{ "a header after flags", "7e" HEADER, true, { 0, 0 }, BURST_SPEED_SAME, true },
		{ "a header with many errors", HEADER "aa", false, { 1, 1 }, BURST_SPEED_SAME, false },
		{ "a header with a wrong check", "c7 7ea02701020110 5a86 e9", true, { 0, 0 }, BURST_SPEED_UNKNOWN, false },
		{ "a header behind a flag in a header", "c7 7ea0 277e 7ea02701020110 5a87", true, { 0, 0 }, BURST_SPEED_UNKNOWN, false },
		{ "a flag, and nothing right", "7e 13c7 e931 c713", false, { 0, 0 }, BURST_SPEED_SAME, false },
		{ "the same, joined in its middle", "7e 13c7 e931 c713", true, { 0, 0 }, BURST_SPEED_UNKNOWN, false },
		{ "the start of an M-Bus frame", "c7 68fafa68 e931", true, { 0, 0 }, BURST_SPEED_SAME, false },
		{ "none: two lengths", "c7 68fafb68 e931", true, { 0, 0 }, BURST_SPEED_UNKNOWN, false },
		{ "text", "2f4953 6b35 0d0a", false, { 0, 0 }, BURST_SPEED_SAME, true },
		{ "text from its middle", "4953 6b35 0d0a", true, { 0, 0 }, BURST_SPEED_UNKNOWN, true },
		{ "text with parity bits", "afc953ebb58d0a", false, { 0, 0 }, BURST_SPEED_SAME, false },
		{ "zeros", "00000000000000", true, { 0, 7 }, BURST_SPEED_SLOWER, false },
		{ "long bits", "80f800788000f8", true, { 0, 0 }, BURST_SPEED_SLOWER, false },
		{ "anything", "13c7e931c713", false, { 0, 0 }, BURST_SPEED_FASTER, false },
		{ "the first octet of an M-Bus frame", "6813c7e931c7", false, { 0, 0 }, BURST_SPEED_SAME, false },
		{ "no second start in an M-Bus frame", "c7 68fafa13 e931", true, { 0, 0 }, BURST_SPEED_UNKNOWN, false },
		{ "a right check, but where no header can end", "c7 7ea02705f5 e931", true, { 0, 0 }, BURST_SPEED_UNKNOWN, false },
		{ "too little", "7e7e7e", false, { 0, 0 }, BURST_SPEED_UNKNOWN, false },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct burst_case *c = &cases[i];
		struct burst burst = { .joined = c->joined };
		uint8_t octets[64];
		size_t len = unhex(c->hex, octets, sizeof(octets));

		say_case(c->name);
		burst_add(&burst, octets, len, 1000);
		assert_int_equal(burst.octets, len);
		assert_int_equal(burst_speed(&burst), c->speed);
		assert_int_equal(burst_looks_right(&burst, c->errors), c->looks_right);
	}
}

/* Of text some octets may be damaged. */
static void test_text(void **state)
{
	(void)state;
	for (size_t wrong = 0; wrong < 8; wrong++) {
		struct burst burst = { .joined = true };
		uint8_t octets[130];

		memset(octets, 'T', sizeof(octets));
		memset(octets + 60, 0xC7, wrong);
		burst_add(&burst, octets, sizeof(octets), 1000);
		assert_int_equal(burst_looks_right(&burst, (struct burst_errors){ 0, 0 }),
		                 wrong <= 2);
	}
}

static void test_endless(void **state)
{
	struct burst burst = { .endless = true };

	(void)state;
	say_case("levels");
	burst_add(&burst, (const uint8_t *)"\0\0\0\0\0\0\0", 8, 1000);
	assert_int_equal(burst_speed(&burst), BURST_SPEED_UNKNOWN);
	say_case("a header");
	burst_add(&burst, (const uint8_t *)"\x7E\xA0\x27\x01\x02\x01\x10\x5A\x87", 9, 1000);
	assert_int_equal(burst_speed(&burst), BURST_SPEED_SAME);
}

/* A short burst heard with 2400 baud is one of 115200, a long one of 9600. */
static void test_faster_speeds(void **state)
{
	(void)state;
	for (unsigned ms = 50; ms <= 300; ms += 50) {
		struct burst burst = { .octets = 0 };

		burst_add(&burst, (const uint8_t *)"\x13\xC7\xE9", 3, 1000);
		burst_add(&burst, (const uint8_t *)"\x31\xC7\xE9", 3, 1000 + ms);
		assert_int_equal(burst_speed(&burst), BURST_SPEED_FASTER);
		assert_int_equal(burst_prefers_baud(&burst, 115200, 9600), ms < 150);
		assert_int_equal(burst_prefers_baud(&burst, 9600, 115200), ms >= 150);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uart_of_the_right_setting),
		cmocka_unit_test(test_uart_of_a_wrong_format),
		cmocka_unit_test(test_every_setting),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_faster_speeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
