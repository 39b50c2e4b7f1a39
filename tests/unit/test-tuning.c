/* The search for a line's setting, step by step: what is tried, and when it settles, begins again and says that
 * nothing was found. */
#include <stdio.h>
#include <string.h>

#include "check.h"

#include "tuning.h"

#define ANY_FORMAT (-1)

/* ---- choices ---- */

struct choice_case {
	const char *name;
	unsigned baud;
	int format;
	enum han_protocol protocol;
	struct tuning_line remembered; /* baud 0: none */
	const char *order;             /* what is listened with when nothing speaks for any */
};

/* Short bursts that say nothing, until the choices come again. */
static void check_order(const struct choice_case *c)
{
	const struct tuning_line *remembered = c->remembered.baud ? &c->remembered : NULL;
	char order[256] = "";
	struct tuning t;
	uint64_t now = 1000;

	tuning_init(&t, c->baud, c->format, c->protocol, remembered);
	tuning_opened(&t, now);
	for (size_t i = 0; i < t.count; i++) {
		struct tuning_line line = tuning_line(&t);
		size_t len = strlen(order);

		snprintf(order + len, sizeof(order) - len, "%s%u %s", i ? ", " : "", line.baud,
		         serial_format_name(line.format));
		for (unsigned k = 0; k < 20; k++) {
			now += 1000;
			tuning_octets(&t, (const uint8_t *)"\xA5", 1, now);
			if (tuning_pause(&t, (struct burst_errors){ 0 }, tuning_due(&t)))
				break;
		}
	}
	assert_string_equal(order, c->order);
	assert_false(tuning_all_tried(&t)); /* they were listened with, but nothing was heard */
}

static void test_choices(void **state)
{
	/* clang-format off */
	static const struct choice_case cases[] = {
		{ "automatic", 0, ANY_FORMAT, HAN_PROTOCOL_AUTO, { 0 },
		  "2400 8N1, 2400 8E1, 115200 8N1, 9600 8N1, 115200 7E1, 9600 7E1, 115200 8E1" },
		{ "P1", 0, ANY_FORMAT, HAN_PROTOCOL_P1, { 0 },
		  "115200 8N1, 115200 7E1, 9600 7E1, 115200 8E1, 9600 8N1, 2400 8N1, 2400 8E1" },
		{ "M-Bus", 0, ANY_FORMAT, HAN_PROTOCOL_MBUS, { 0 },
		  "2400 8E1, 2400 8N1, 9600 8N1, 115200 8N1, 115200 7E1, 9600 7E1, 115200 8E1" },
		{ "remembered", 0, ANY_FORMAT, HAN_PROTOCOL_HDLC, { 9600, SERIAL_8N1 },
		  "9600 8N1, 2400 8N1, 2400 8E1, 115200 8N1, 115200 7E1, 9600 7E1, 115200 8E1" },
		{ "remembered, of no known meter", 0, ANY_FORMAT, HAN_PROTOCOL_AUTO, { 19200, SERIAL_8E1 },
		  "19200 8E1, 2400 8N1, 2400 8E1, 115200 8N1, 9600 8N1, 115200 7E1, 9600 7E1, 115200 8E1" },
		{ "speed given", 2400, ANY_FORMAT, HAN_PROTOCOL_AUTO, { 0 }, "2400 8N1, 2400 8E1, 2400 7E1" },
		{ "speed given that no meter has", 4800, ANY_FORMAT, HAN_PROTOCOL_P1, { 0 }, "4800 8N1, 4800 8E1, 4800 7E1" },
		{ "format given", 0, SERIAL_8E1, HAN_PROTOCOL_AUTO, { 0 }, "2400 8E1, 115200 8E1, 9600 8E1" },
		{ "both given", 300, SERIAL_7E1, HAN_PROTOCOL_AUTO, { 2400, SERIAL_8N1 }, "300 7E1" },
		{ "remembered against what is given", 2400, ANY_FORMAT, HAN_PROTOCOL_AUTO, { 9600, SERIAL_8N1 },
		  "2400 8N1, 2400 8E1, 2400 7E1" },
		{ "remembered with what is given", 9600, ANY_FORMAT, HAN_PROTOCOL_AUTO, { 9600, SERIAL_7E1 },
		  "9600 7E1, 9600 8N1, 9600 8E1" },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		say_case(cases[i].name);
		check_order(&cases[i]);
	}
}

/* ---- step by step ---- */

#define HEADER "\x7E\xA0\x27\x01\x02\x01\x10\x5A\x87" /* of a frame */

enum heard {
	HEARD_FLAG,   /* what begins as a message does, and goes wrong */
	HEARD_RIGHT,  /* what looks right */
	HEARD_SOME,   /* what says nothing */
	HEARD_LITTLE, /* a crackle */
};

static void hear(struct tuning *t, enum heard what, uint64_t at_ms)
{
	static const char *const octets[] = {
		[HEARD_FLAG] = "\x7E\x13\xC7\xE9\x31\xC7\x13\xC7\xE9\x31\xC7\x13",
		[HEARD_RIGHT] = HEADER "\xE6\xE7\x13",
		[HEARD_SOME] = "\x13\xC7\xE9\x31\xC7\x13",
		[HEARD_LITTLE] = "\xC7",
	};

	tuning_octets(t, (const uint8_t *)octets[what], strlen(octets[what]), at_ms);
}

/* The burst with its pause. */
static bool heard(struct tuning *t, enum heard what, struct burst_errors errors, uint64_t at_ms)
{
	hear(t, what, at_ms);
	return tuning_pause(t, errors, at_ms + TUNING_PAUSE_MS);
}

static void frame_heard(struct tuning *t, uint64_t at_ms)
{
	hear(t, HEARD_RIGHT, at_ms);
	tuning_frame(t, at_ms);
	tuning_pause(t, (struct burst_errors){ 0, 0 }, at_ms + TUNING_PAUSE_MS);
}

static void begin(struct tuning *t, enum han_protocol protocol)
{
	tuning_init(t, 0, ANY_FORMAT, protocol, NULL);
	tuning_opened(t, 1000);
}

/* What may have been joined in its middle is not held against a setting. */
static void test_joined(void **state)
{
	const struct burst_errors none = { 0, 0 };
	struct tuning t;

	(void)state;
	begin(&t, HAN_PROTOCOL_AUTO);
	assert_false(heard(&t, HEARD_FLAG, none, 1400));
	assert_true(heard(&t, HEARD_FLAG, none, 5000));

	say_case("opened again");
	begin(&t, HAN_PROTOCOL_AUTO);
	hear(&t, HEARD_FLAG, 5000);
	tuning_opened(&t, 5100);
	assert_int_equal(tuning_due(&t), 0); /* what was heard before is forgotten */
	assert_false(heard(&t, HEARD_FLAG, none, 5200));
	tuning_opened(&t, 100000);
	assert_false(heard(&t, HEARD_FLAG, none, 100100));
	assert_true(heard(&t, HEARD_FLAG, none, 105000));

	say_case("lost right after its first frame");
	begin(&t, HAN_PROTOCOL_AUTO);
	hear(&t, HEARD_RIGHT, 5000);
	tuning_frame(&t, 5000);
	tuning_opened(&t, 6000);
	assert_true(tuning_settled(&t));
	assert_true(heard(&t, HEARD_FLAG, none, 10000));
	assert_false(tuning_settled(&t)); /* with this line there was none */
}

/* When the best guess was wrong, the other formats of that speed come before other speeds. */
static void test_formats_of_a_speed(void **state)
{
	const struct burst_errors none = { 0, 0 };
	struct tuning t;

	(void)state;
	begin(&t, HAN_PROTOCOL_P1);
	assert_true(heard(&t, HEARD_FLAG, none, 5000));
	assert_int_equal(tuning_line(&t).format, SERIAL_8E1);
	assert_true(heard(&t, HEARD_FLAG, none, 10000));
	assert_int_equal(tuning_line(&t).format, SERIAL_7E1);
	assert_int_equal(tuning_line(&t).baud, 115200);
}

/* How many bursts without a frame it takes, and for how long. */
static void test_patience(void **state)
{
	uint64_t now = 20000;
	struct tuning t;

	(void)state;
	begin(&t, HAN_PROTOCOL_AUTO);
	frame_heard(&t, 5000);
	assert_true(tuning_settled(&t));
	hear(&t, HEARD_FLAG, 10000);
	tuning_frame(&t, 10000);
	for (unsigned i = 0; i < 6; i++, now += 20000) {
		hear(&t, HEARD_FLAG, now);
		assert_int_equal(tuning_due(&t), 0);
	}
	hear(&t, HEARD_FLAG, now); /* six are over, and it is two minutes */
	assert_int_equal(tuning_due(&t), now + TUNING_PAUSE_MS);
	assert_true(tuning_pause(&t, (struct burst_errors){ 0, 0 }, now + TUNING_PAUSE_MS));
	assert_false(tuning_settled(&t));

	say_case("many in a short time");
	begin(&t, HAN_PROTOCOL_AUTO);
	frame_heard(&t, 5000);
	for (now = 6000; now < 54000; now += 1000) {
		hear(&t, HEARD_FLAG, now);
		assert_int_equal(tuning_due(&t), 0);
	}
	hear(&t, HEARD_FLAG, 55000);
	assert_true(tuning_due(&t) > 0);

	say_case("not one after the other");
	begin(&t, HAN_PROTOCOL_AUTO);
	for (unsigned i = 0; i < 20; i++) {
		frame_heard(&t, 100000 + i * 40000);
		hear(&t, HEARD_FLAG, 110000 + i * 40000);
		hear(&t, HEARD_FLAG, 120000 + i * 40000);
	}
	hear(&t, HEARD_FLAG, 5000000);
	hear(&t, HEARD_FLAG, 5010000);
	assert_int_equal(tuning_due(&t), 0);

	say_case("what looks right does not count");
	begin(&t, HAN_PROTOCOL_AUTO);
	frame_heard(&t, 5000);
	for (now = 10000; now < 1000000; now += 10000)
		hear(&t, HEARD_RIGHT, now);
	assert_int_equal(tuning_due(&t), 0);
}

/* When people are told. */
static void test_all_tried(void **state)
{
	const struct burst_errors none = { 0, 0 };
	uint64_t now = 5000;
	struct tuning t;

	(void)state;
	say_case("one choice: after three bursts, and again when it begins again");
	tuning_init(&t, 2400, SERIAL_8N1, HAN_PROTOCOL_AUTO, NULL);
	tuning_opened(&t, 1000);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 3; i++, now += 10000) {
			assert_false(tuning_all_tried(&t));
			assert_false(heard(&t, HEARD_FLAG, none, now));
		}
		assert_true(tuning_all_tried(&t));
		frame_heard(&t, now);
		assert_false(tuning_all_tried(&t));
		for (unsigned i = 0; i < 5; i++)
			hear(&t, HEARD_FLAG, now += 20000);
		now += 20000;
	}

	say_case("seven choices, none of them with a whole burst");
	begin(&t, HAN_PROTOCOL_AUTO);
	for (unsigned i = 0; i < 100; i++) {
		tuning_opened(&t, now += 10000);
		heard(&t, HEARD_SOME, none, now + 100);
	}
	for (unsigned i = 0; i < 3; i++)
		heard(&t, HEARD_SOME, none, now += 10000);
	assert_false(tuning_all_tried(&t));

	say_case("seven choices: each of them, and again");
	begin(&t, HAN_PROTOCOL_AUTO);
	for (unsigned i = 0; i < 30 && !tuning_all_tried(&t); i++)
		heard(&t, HEARD_SOME, none, now += 10000);
	assert_true(tuning_all_tried(&t));
	frame_heard(&t, now += 10000);
	for (unsigned i = 0; i < 10; i++)
		heard(&t, HEARD_FLAG, none, now += 20000);
	assert_false(tuning_settled(&t));
	assert_false(tuning_all_tried(&t));
}

/* ---- wrong formats whose frames are valid ---- */

static bool burst_of(struct tuning *t, uint64_t at_ms, bool framed, struct burst_errors errors)
{
	static const uint8_t octets[40] = { 0x7E, 0xA0, 0x27, 0x01, 0x02, 0x01, 0x10, 0x5A };

	tuning_octets(t, octets, sizeof(octets), at_ms);
	if (framed)
		tuning_frame(t, at_ms);
	return tuning_pause(t, errors, at_ms + TUNING_PAUSE_MS);
}

static void test_twin(void **state)
{
	const struct burst_errors none = { 0, 0 }, many = { 0, 30 };
	struct tuning t;

	(void)state;
	say_case("the other one is better");
	tuning_init(&t, 0, ANY_FORMAT, HAN_PROTOCOL_AUTO, NULL);
	tuning_opened(&t, 1000);
	assert_true(burst_of(&t, 5000, true, many));
	assert_false(tuning_settled(&t));
	assert_int_equal(tuning_line(&t).format, SERIAL_8E1);
	assert_false(heard(&t, HEARD_LITTLE, none, 8000));
	assert_false(burst_of(&t, 10000, true, none));
	assert_true(tuning_settled(&t));
	assert_int_equal(tuning_due(&t), 0);

	say_case("the other one is worse");
	tuning_init(&t, 0, ANY_FORMAT, HAN_PROTOCOL_AUTO, NULL);
	tuning_opened(&t, 1000);
	assert_true(burst_of(&t, 5000, true, many));
	assert_true(burst_of(&t, 10000, false, many));
	assert_true(tuning_settled(&t));
	assert_int_equal(tuning_line(&t).format, SERIAL_8N1);
	tuning_octets(&t, (const uint8_t *)"~", 1, 15000);
	assert_int_equal(tuning_due(&t), 0); /* that was tried once, and for good */

	say_case("there is no other one");
	tuning_init(&t, 2400, SERIAL_8N1, HAN_PROTOCOL_AUTO, NULL);
	tuning_opened(&t, 1000);
	assert_false(burst_of(&t, 5000, true, many));
	assert_true(tuning_settled(&t));
}

/* Errors are those of the burst, also where a pause was told too early. */
static void test_early_pause(void **state)
{
	static const struct burst_errors some[] = { { 10, 0 }, { 0, 10 }, { 4, 6 } };
	struct tuning t;

	(void)state;
	for (size_t i = 0; i < COUNT(some); i++) {
		tuning_init(&t, 0, ANY_FORMAT, HAN_PROTOCOL_AUTO, NULL);
		tuning_opened(&t, 1000);
		tuning_octets(&t, (const uint8_t *)"~abcdefghijklmnopqrstuvwxyz~abcd", 32, 5000);
		tuning_frame(&t, 5000);
		assert_int_equal(tuning_due(&t), 5500);
		assert_false(tuning_pause(&t, some[i], 5499));
		assert_true(tuning_pause(&t, (struct burst_errors){ 0 }, 5500));
		assert_int_equal(tuning_line(&t).format, SERIAL_8E1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_joined),
		cmocka_unit_test(test_formats_of_a_speed),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_all_tried),
		cmocka_unit_test(test_twin),
		cmocka_unit_test(test_early_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
