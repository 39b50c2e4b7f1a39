/* A decoder that knows a meter's frames by heart tells the same as one that has never seen any: of the frames
 * themselves, and of others that are like them but for a few octets. */
#include "dice.h"
#include "frame.h"
#include "loaded.h"
#include "unhex.h"

#include "../support/same.h"

#define TRIALS        500 /* of each message */
#define WRONG_MAX     3   /* octets that differ */
#define BEGINNING_MAX 400

/* ---- what comes ---- */

static void say_message(struct han_decoder *decoder, const uint8_t *octets, size_t len)
{
	struct han_event event;

	do {
		size_t used = han_decoder_push(decoder, octets, len, 0, &event);

		octets += used;
		len -= used;
	} while (event.type != HAN_MORE);
}

/* From a block of its own, which is gone as soon as all of it is taken. */
static void push_both(struct han_decoder *practised, struct han_decoder *fresh,
                      const uint8_t *octets, size_t len, uint64_t base)
{
	uint8_t *block = memcpy(malloc(len), octets, len);
	struct han_event a, b;
	size_t used = 0;

	do {
		const uint8_t *rest = block ? block + used : NULL;
		size_t n = han_decoder_push(practised, rest, len - used, 0, &a);

		assert_int_equal(han_decoder_push(fresh, rest, len - used, 0, &b), n);
		used += n;
		if (used == len) {
			free(block);
			block = NULL;
		}
		assert_true(same_event(&a, &b, base));
	} while (a.type != HAN_MORE);
	assert_null(block);
	free(block);
}

/* The same reads to both. */
static void compare(struct han_decoder *practised, struct han_decoder *fresh, struct dice *dice,
                    const uint8_t *octets, size_t len, uint64_t base)
{
	size_t most = dice_below(dice, 3) == 0 ? 1 + dice_below(dice, 20) : len;

	for (size_t at = 0, n; at < len; at += n) {
		n = len - at < most ? len - at : most;
		push_both(practised, fresh, octets + at, n, base);
	}
	assert_int_equal(han_decoder_wanted(practised), han_decoder_wanted(fresh));
}

static void put_check(uint8_t *format, size_t len)
{
	uint16_t check = check_by_bits(format, len);

	format[len] = (uint8_t)check;
	format[len + 1] = (uint8_t)(check >> 8);
}

static size_t address_end(const uint8_t *frame, size_t at)
{
	while (at < 8 && !(frame[at] & 1))
		at++;
	return at + 1;
}

/* What still looks like frames gets sound checks again. */
static void mend(uint8_t *octets, size_t len)
{
	size_t inside;

	for (size_t at = 0; at + 12 < len && octets[at] == 0x7E; at += inside + 1) {
		uint8_t *frame = octets + at;
		size_t header = address_end(frame, address_end(frame, 3)) + 1;

		inside = (size_t)(frame[1] & 7) << 8 | frame[2];
		if (inside < header + 4 || at + inside + 2 > len)
			return;
		put_check(frame + 1, header - 1);
		put_check(frame + 1, inside - 2);
		if (at + inside + 2 < len && frame[inside + 2] == 0x7E)
			inside++;
	}
}

/* In the message, a few octets are others, of any value or of one that means something. */
static void vary(struct dice *dice, uint8_t *octets, size_t len)
{
	static const uint8_t marked[] = {
		0x00, 0x01, 0x02, 0x06, 0x09, 0x0F, 0x10, 0x12, 0x7E, 0xFF
	};

	for (size_t wrong = dice_below(dice, WRONG_MAX + 1); wrong > 0; wrong--) {
		uint8_t *octet = &octets[dice_below(dice, len)];

		if (dice_below(dice, 2) == 0)
			*octet = marked[dice_below(dice, sizeof(marked))];
		else
			*octet = (uint8_t)dice_below(dice, 256);
	}
	if (dice_below(dice, 8) > 0)
		mend(octets, len);
}

/* Now and then the beginning of another message comes in front: a frame that is cut, or segments that wait for others. */
static size_t put_beginning(struct dice *dice, uint8_t *buf)
{
	const struct message *other = &messages.list[dice_below(dice, messages.count)];
	size_t len = other->len < BEGINNING_MAX ? other->len : BEGINNING_MAX;

	if (dice_below(dice, 3) > 0 || other->framing != HAN_FRAMING_HDLC)
		return 0;
	len = dice_below(dice, len);
	memcpy(buf, other->octets, len);
	return len;
}

static void check_message(struct dice *dice, const struct message *message)
{
	static struct han_decoder practised, fresh;
	const struct han_settings settings = message_settings(message);
	uint8_t *octets = malloc(BEGINNING_MAX + message->len);
	uint64_t base = 0;

	say_case(message->name);
	han_decoder_init(&practised, &settings);
	for (unsigned i = 0; i < TRIALS; i++) {
		struct han_event end;
		size_t len;

		for (unsigned k = 0; k < 2; k++, base += message->len)
			say_message(&practised, message->octets, message->len);
		han_decoder_end(&practised, &end);
		assert_int_equal(end.type, HAN_MORE);
		len = put_beginning(dice, octets);
		memcpy(octets + len, message->octets, message->len);
		vary(dice, octets + len, message->len);
		len += message->len;
		han_decoder_init(&fresh, &settings);
		compare(&practised, &fresh, dice, octets, len, base);
		base += len;
		while (han_decoder_end(&practised, &end), end.type != HAN_MORE)
			;
	}
	free(octets);
}

static void test_like_a_fresh_one(void **state)
{
	struct dice dice = dice_new();

	(void)state;
	for (size_t i = 0; i < messages.count; i++) {
		const struct message *message = &messages.list[i];

		/* a cipher has a memory of its own */
		if (message->framing == HAN_FRAMING_HDLC && !message->has_key)
			check_message(&dice, message);
	}
}

/* ---- texts that a list is chosen by ---- */

/* Kamstrup's list in a few elements: a version, the type of another channel, which begins like a date, and a
 * register; or a version that is sent as a date. */
#define HEAD     "e6e7000f4000000000 "
#define VERSION  "0a0e 4b616d73747275705f5630303031 "
#define TYPE     "0906 0003600107ff 090c 07ea0102 0304050607 "
#define REGISTER "0906 0101010800ff 06000003e8"

static const struct {
	const char *message, *list;
} typed[] = {
	{ HEAD "0205" VERSION TYPE "323435" REGISTER, "kamstrup-wh" },
	{ HEAD "0205" VERSION TYPE "323436" REGISTER, "kamstrup" },
	{ HEAD "0203 19 4b616d73747275705f563030" REGISTER, "kamstrup" },
	{ HEAD "0203 19 4b616d73747275705e563030" REGISTER, "self-describing" },
};

/* What is shown as a clock may be a text, too, and only its end tell which list it is. */
static void test_list_by_the_end_of_a_clock(void **state)
{
	static struct han_decoder decoder;

	(void)state;
	han_decoder_init(&decoder, NULL);
	for (size_t i = 0; i < 3 * COUNT(typed); i++) {
		const char *message = typed[i % COUNT(typed)].message;
		uint8_t octets[128];
		struct frame frame;
		struct han_event event;

		frame_make(&frame, 0xA000, "2b", "21", octets,
		           unhex(message, octets, sizeof(octets)));
		han_decoder_push(&decoder, frame.octets, frame.len, 0, &event);
		assert_int_equal(event.type, HAN_READING);
		assert_int_equal(event.reading->values[0].type,
		                 i % 4 < 2 ? HAN_VALUE_TEXT : HAN_VALUE_CLOCK);
		assert_string_equal(han_list_name(event.reading->list),
		                    typed[i % COUNT(typed)].list);
	}
}

/* ---- voltages that are counted in volts or in parts of them ---- */

#define VOLTAGES(l1, l2, l3)                                                    \
	HEAD "0207" VERSION "0906 0101200700ff 12" l1 "0906 0101340700ff 12" l2 \
	     "0906 0101480700ff 12" l3

/* The second value of a code has its unit, too, but not its name. */
#define TWICE(l1, l2, again)                                                    \
	HEAD "0207" VERSION "0906 0101200700ff 12" l1 "0906 0000340700ff 12" l2 \
	     "0906 0000340700ff 12" again

static const struct {
	const char *message, *volts[3];
} measured[] = {
	{ VOLTAGES("00e5", "00e4", "03e8"), { "229", "228", "1000" } },
	{ VOLTAGES("0320", "0000", "59aa"), { "8.00", "0.00", "229.54" } },
	{ VOLTAGES("0000", "0000", "0000"), { "0", "0", "0" } },
	{ VOLTAGES("03e9", "03e8", "0001"), { "10.01", "10.00", "0.01" } },
	{ TWICE("00e5", "00e4", "03e8"), { "229", "228", "1000" } },
	{ TWICE("00e5", "0320", "59aa"), { "2.29", "8.00", "229.54" } },
};

/* The largest of them tells it of all. */
static void test_voltages(void **state)
{
	static struct han_decoder decoder;

	(void)state;
	han_decoder_init(&decoder, NULL);
	for (size_t i = 0; i < 2 * COUNT(measured); i++) {
		uint8_t octets[128];
		char text[HAN_DECIMAL_TEXT];
		struct frame frame;
		struct han_event event;

		frame_make(&frame, 0xA000, "2b", "21", octets,
		           unhex(measured[i % COUNT(measured)].message, octets, sizeof(octets)));
		han_decoder_push(&decoder, frame.octets, frame.len, 0, &event);
		assert_int_equal(event.type, HAN_READING);
		assert_int_equal(event.reading->count, 4);
		for (size_t k = 0; k < 3; k++) {
			const struct han_value *v = &event.reading->values[1 + k];

			assert_int_equal(v->unit, HAN_UNIT_V);
			assert_string_equal(han_decimal_print(v->number, text),
			                    measured[i % COUNT(measured)].volts[k]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_like_a_fresh_one),
		cmocka_unit_test(test_list_by_the_end_of_a_clock),
		cmocka_unit_test(test_voltages),
	};

	return cmocka_run_group_tests_name("repeat", tests, load, unload);
}
