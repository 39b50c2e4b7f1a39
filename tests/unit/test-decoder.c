/* The face of the library: octets in, readings out, and every refusal with its reason. */
#include "decoding.h"
#include "dice.h"
#include "frame.h"
#include "kaifa.h"

/* Whole frames of a made-up meter, checks included. */
#define FRAME_1234_W \
	"7ea027010201105a87 e6e700 0f 40000000 090c07e8011702113a3aff800000 020106000004d2 7522 7e"
#define FRAME_FLAGS_INSIDE \
	"7ea027010201105a87 e6e700 0f 40000000 090c07e8011702113b02ff800000 02010600007e7e 8e71 7e"
#define FRAME_LIST_2_1PH                                                                           \
	"7ea06501020110f050 e6e700 0f 40000000 090c07e8011702120000ff800000"                       \
	"020909074b464d5f30303109103639373036333134303030303030303009084d4131303548324506000004d2" \
	"060000000006000000000600000038060000153806000008fd 1f57 7e"
#define FRAME_LIST_3_3PH                                                                             \
	"7ea09a01020110aaa5 e6e700 0f 40000000 090c07e801170212000aff800000"                         \
	"021209074b464d5f30303109103639373036333134303030303030303009074d41333034483406000004d2"     \
	"060000000006000000000600000038060000067d0600000837060000053906000008f106000008f006000008e5" \
	"090c07e801170212000aff8000000600b0d78a06002b8919060001d70c0600416444 da23 7e"

#define PUSH  "e6e700 0f 40000000 00 " /* headers without a time */
#define AT_18 "e6e700 0f 40000000 090c 07e8 01 17 02 12 00 00 ff 8000 00 "

/* clang-format off */
static const struct {
	const char *name, *hex;
	const char *list, *time, *values;
} frames[] = {
	{ "list 1",                      FRAME_1234_W,       "kaifa-list1",     "2024-01-23T17:58:58", SAYS_LIST_1 },
	{ "list 1, two flags as value",  FRAME_FLAGS_INSIDE, "kaifa-list1",     "2024-01-23T17:59:02", "power_active_import=32382W" },
	{ "list 2, one phase",           FRAME_LIST_2_1PH,   "kaifa-list2-1ph", "2024-01-23T18:00:00", SAYS_LIST_2_1PH },
	{ "list 3, three phases",        FRAME_LIST_3_3PH,   "kaifa-list3-3ph", "2024-01-23T18:00:10", SAYS_LIST_3_3PH },
};

/* The information of a frame whose checks are right. */
static const struct {
	const char *name, *information;
	unsigned format;
	const char *says;
} messages[] = {
	{ "list 1",                  PUSH LIST_1,                  0xA000, "reading:kaifa-list1" },
	{ "list 2, one phase",       AT_18 LIST_2_1PH,             0xA000, "reading:kaifa-list2-1ph" },
	{ "list 2, three phases",    AT_18 LIST_2_3PH,             0xA000, "reading:kaifa-list2-3ph" },
	{ "list 3, one phase",       AT_18 LIST_3_1PH,             0xA000, "reading:kaifa-list3-1ph" },
	{ "list 3, three phases",    PUSH LIST_3_3PH,              0xA000, "reading:kaifa-list3-3ph" },
	{ "LLC of a command",        "e6e600 0f 40000000 00" LIST_1, 0xA000, "reading:kaifa-list1" },
	{ "the standard's date-time", "e6e700 0f 40000000 0c 07e801170212000aff800000" LIST_1, 0xA000, "reading:kaifa-list1" },
	{ "one segment of several",  PUSH LIST_1,                  0xA800, "part" },
	{ "a segment of anything",   "00",                         0xA800, "bad-message:SEGMENT" },
	{ "no LLC",                  "0f 40000000 00" LIST_1,      0xA000, "bad-message:LLC" },
	{ "another LLC",             "e6e701 0f 40000000 00" LIST_1, 0xA000, "bad-message:LLC" },
	{ "another APDU",            "e6e700 c4 40000000 00" LIST_1, 0xA000, "bad-message:APDU" },
	{ "ciphered",                "e6e700 db 08 4b464d6750000009 20 21 00000023", 0xA000, "bad-message:TRUNCATED" },
	{ "another date-time",       "e6e700 0f 40000000 0a" LIST_1, 0xA000, "bad-message:DATETIME" },
	{ "headers only",            PUSH,                         0xA000, "bad-message:TRUNCATED" },
	{ "LLC only",                "e6e700",                     0xA000, "bad-message:TRUNCATED" },
	{ "one octet",               "e6",                         0xA000, "bad-message:TRUNCATED" },
	{ "no information",          "",                           0xA000, "bad-message:TRUNCATED" },
	{ "value cut short",         PUSH "02 01 06 0000",         0xA000, "bad-message:TRUNCATED" },
	{ "octets behind",           PUSH LIST_1 "00",             0xA000, "bad-message:TRAILING" },
	{ "length malformed",        PUSH "02 80 06 00000000",     0xA000, "bad-message:COUNT" },
	{ "unknown type",            PUSH "02 01 08 00000000",     0xA000, "bad-message:TYPE" },
	{ "nested too deep",         PUSH "0201 0201 0201 0201 0201 0201 0201 0201 0201 00", 0xA000, "bad-message:LIMIT" },
	{ "a number too far out",    PUSH "01 01 02 03 0906 0100200700ff 06 00000001 02 02 0f7f 1623", 0xA000, "bad-message:NUMBER" },
	{ "octets that firmware garbled", PUSH "01 02 02 02 0906 0101000281ff 0a0b 454d425249515f56315f31"
	  "02 03 0609 01001f0700ff 06 00000538 02 02 0ffd 1621", 0xA000, "reading:embriq" },
	{ "garbled, of another maker", PUSH "01 02 02 02 0906 0101000281ff 0a0b 4149444f4e5f5630303031"
	  "02 03 0609 01001f0700ff 06 00000538 02 02 0ffd 1621", 0xA000, "bad-message:TYPE" },
	{ "unknown list",            PUSH "02 02 06 00000001 06 00000002", 0xA000, "bad-message:LIST" },
};
/* clang-format on */

static void check_reading(const struct han_reading *reading, const char *list, const char *time,
                          const char *values)
{
	char text[HAN_DATETIME_TEXT];
	struct note note;

	assert_string_equal(han_list_name(reading->list), list);
	assert_non_null(han_reading_time(reading));
	assert_string_equal(han_datetime_print(han_reading_time(reading), text), time);
	note_reading(&note, reading);
	assert_string_equal(note.text, values);
}

static void test_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(frames); i++) {
		static struct meter meter;
		struct han_event event;
		uint8_t buf[256];
		size_t len = unhex(frames[i].hex, buf, sizeof(buf));

		say_case(frames[i].name);
		meter_init(&meter);
		push_frame(&meter.decoder, buf, len, &event);
		assert_int_equal(event.type, HAN_READING);
		check_reading(event.reading, frames[i].list, frames[i].time, frames[i].values);
	}
}

/* The header as it is on the wire, and pointers into the frame of the event. */
static void test_headers(void **state)
{
	static struct meter meter;
	const struct han_reading *reading;
	struct han_event event;
	uint8_t buf[256];
	size_t len = unhex(FRAME_LIST_3_3PH, buf, sizeof(buf));

	(void)state;
	meter_init(&meter);
	push_frame(&meter.decoder, buf, len, &event);
	reading = event.reading;
	assert_int_equal(reading->framing, HAN_FRAMING_HDLC);
	assert_int_equal(reading->hdlc.format, 0xA09A);
	assert_int_equal(reading->hdlc.destination.len, 1);
	assert_memory_equal(reading->hdlc.destination.octets, buf + 3, 1);
	assert_int_equal(reading->hdlc.source.len, 2);
	assert_memory_equal(reading->hdlc.source.octets, buf + 4, 2);
	assert_int_equal(reading->hdlc.control, 0x10);
	assert_memory_equal(reading->hdlc.hcs, "\xaa\xa5", 2);
	assert_memory_equal(reading->hdlc.fcs, "\xda\x23", 2);
	assert_int_equal(reading->mbus.control, 0); /* of other framings nothing */
	assert_int_equal(reading->p1.ident_len, 0);
	assert_false(reading->p1.has_crc);
	assert_true(reading->has_llc);
	assert_memory_equal(reading->llc, "\xe6\xe7\x00", 3);
	assert_int_equal(reading->apdu.tag, 0x0F);
	assert_int_equal(reading->apdu.invoke_id, 0x40000000);
	assert_true(reading->apdu.has_time);
	assert_memory_equal(reading->apdu.time_octets, buf + 19, HAN_DATETIME_OCTETS);
	assert_ptr_equal(reading->body, event.frame + 31);
	assert_int_equal(reading->body_len, len - 31 - 3);
	assert_ptr_equal(reading->values[1].octets, event.frame + 31 + 13);
	assert_int_equal(reading->values[1].len, 16);
}

/* A frame around each message; then a good frame shows that nothing stuck. */
static void test_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		static struct meter meter;
		struct frame frame;
		struct han_event event;
		uint8_t buf[256];
		size_t len = unhex(messages[i].information, buf, sizeof(buf));

		say_case(messages[i].name);
		frame_make(&frame, messages[i].format, "01", "0201", buf, len);
		meter_init(&meter);
		push_frame(&meter.decoder, frame.octets, frame.len, &event);
		meter_note(&meter, &event);
		assert_string_equal(meter.note.text, messages[i].says);

		len = unhex(FRAME_1234_W, buf, sizeof(buf));
		push_frame(&meter.decoder, buf, len, &event);
		assert_int_equal(event.type, HAN_READING);
		check_reading(event.reading, "kaifa-list1", "2024-01-23T17:58:58", SAYS_LIST_1);
	}
}

/* The same without frame and LLC. */
static void test_bare_apdus(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		static struct meter meter;
		struct han_event event;
		uint8_t buf[256];
		size_t len = unhex(messages[i].information, buf, sizeof(buf));

		if (messages[i].format != 0xA000 || len < 3 || strstr(messages[i].says, "LLC"))
			continue;
		say_case(messages[i].name);
		meter_init(&meter);
		memset(&event, 0xA5, sizeof(event));
		han_decoder_apdu(&meter.decoder, buf + 3, len - 3, &event);
		assert_non_null(event.reading);
		assert_int_equal(event.discarded, 0);
		assert_ptr_equal(event.frame, buf + 3);
		assert_int_equal(event.frame_len, len - 3);
		if (event.type == HAN_READING) {
			assert_int_equal(event.reading->framing, HAN_FRAMING_NONE);
			assert_false(event.reading->has_llc);
			assert_ptr_equal(event.reading->body + event.reading->body_len,
			                 event.reading->message + event.reading->message_len);
			note_add(&meter.note, "reading:%s", han_list_name(event.reading->list));
		} else {
			note_add(&meter.note, "bad-message:%s", reason_word(event.err));
		}
		assert_string_equal(meter.note.text, messages[i].says);
	}
}

/* A message's time is its own: none stays behind from the message before. */
static void test_no_time_is_left_over(void **state)
{
	static struct meter meter;
	char identity[HAN_IDENTITY_TEXT];
	struct han_event event;
	uint8_t buf[256];
	size_t len = unhex("0f 40000000 090c 07e8011702113a3aff800000" LIST_1, buf, sizeof(buf));

	(void)state;
	meter_init(&meter);
	han_decoder_apdu(&meter.decoder, buf, len, &event);
	assert_non_null(event.reading);
	assert_non_null(han_reading_time(event.reading));
	len = unhex("0f 40000000 00" LIST_1, buf, sizeof(buf));
	han_decoder_apdu(&meter.decoder, buf, len, &event);
	assert_non_null(event.reading);
	assert_null(han_reading_time(event.reading));
	assert_int_equal(han_reading_identity(event.reading, identity), HAN_IDENTITY_NONE);
	assert_string_equal(identity, "");
}

/* Whole messages only: a frame with sound checks around the first octets of one has no values. */
static void test_messages_cut_short(void **state)
{
	static const char *const whole[] = { AT_18 LIST_1, AT_18 LIST_2_1PH, AT_18 LIST_2_3PH,
		                             AT_18 LIST_3_1PH, AT_18 LIST_3_3PH };

	(void)state;
	for (size_t i = 0; i < COUNT(whole); i++) {
		static struct meter meter;
		uint8_t buf[256];
		size_t len = unhex(whole[i], buf, sizeof(buf));

		for (size_t cut = 0; cut < len; cut++) {
			struct han_event event;
			struct frame frame;

			frame_make(&frame, 0xA000, "01", "0201", buf, cut);
			meter_init(&meter);
			push_frame(&meter.decoder, frame.octets, frame.len, &event);
			assert_int_equal(event.type, HAN_BAD_MESSAGE);
			assert_int_equal(event.err, HAN_ERR_TRUNCATED);
		}
	}
}

/* No bit of a frame is without a check. */
static void test_every_bit_flipped(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(frames); i++) {
		static struct meter meter;
		uint8_t buf[256];
		size_t len = unhex(frames[i].hex, buf, sizeof(buf));

		say_case(frames[i].name);
		for (size_t bit = 0; bit < 8 * len; bit++) {
			buf[bit / 8] ^= (uint8_t)(1U << bit % 8);
			meter_init(&meter);
			meter_push(&meter, buf, len, 0);
			meter_end(&meter);
			assert_null(strstr(meter.note.text, "reading"));
			buf[bit / 8] ^= (uint8_t)(1U << bit % 8);
		}
	}
}

/* clang-format off */
static const struct {
	const char *name, *stream;
	const char *says;
	size_t discarded;
} streams[] = {
	{ "all four",                FRAME_1234_W FRAME_LIST_2_1PH FRAME_FLAGS_INSIDE FRAME_LIST_3_3PH,
	  "reading:kaifa-list1 reading:kaifa-list2-1ph reading:kaifa-list1 reading:kaifa-list3-3ph", 0 },
	{ "noise between",           "0102" FRAME_1234_W "030405" FRAME_LIST_2_1PH "06070809", "reading:kaifa-list1 reading:kaifa-list2-1ph", 9 },
	{ "a wrong one between",     FRAME_1234_W "7ea00b01020110fb90 ab 9ccc 7e" FRAME_1234_W, "reading:kaifa-list1 bad-frame:FCS reading:kaifa-list1", 12 },
	{ "an unknown one between",  FRAME_1234_W "7ea00b01020110fb90 aa 9ccc 7e" FRAME_1234_W, "reading:kaifa-list1 bad-message:TRUNCATED reading:kaifa-list1", 0 },
	{ "the end inside a frame",  FRAME_1234_W "7ea0270102", "reading:kaifa-list1 bad-frame:END", 5 },
	{ "a frame in a frame",      "7ea7ff010201109c3e" FRAME_1234_W, "bad-frame:END reading:kaifa-list1", 9 },
};
/* clang-format on */

static void test_streams(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(streams); i++) {
		static struct meter meter;
		uint8_t buf[1024];
		size_t len = unhex(streams[i].stream, buf, sizeof(buf));

		say_case(streams[i].name);
		for (size_t part = 1; part <= len; part++) {
			meter_init(&meter);
			for (size_t at = 0; at < len; at += part)
				meter_push(&meter, buf + at, len - at < part ? len - at : part, 0);
			meter_end(&meter);
			assert_string_equal(meter.note.text, streams[i].says);
			assert_int_equal(meter.discarded, streams[i].discarded);
		}
	}
}

/* The caller's clock reaches the frames. */
static void test_silence(void **state)
{
	static struct meter meter;
	uint8_t buf[256];
	size_t len = unhex(FRAME_1234_W, buf, sizeof(buf));

	(void)state;
	meter_init(&meter);
	meter_push(&meter, buf, 20, 5000);
	meter_push(&meter, buf + 20, len - 20, 5000 + HAN_IDLE_MS);
	assert_string_equal(meter.note.text, "reading:kaifa-list1");

	meter_init(&meter);
	meter_push(&meter, buf, 20, 5000);
	meter_push(&meter, buf, len, 5000 + HAN_IDLE_MS + 1);
	assert_string_equal(meter.note.text, "bad-frame:TIMEOUT reading:kaifa-list1");

	meter_init(&meter);
	meter_push(&meter, buf, 20, 0);
	meter_push(&meter, buf + 20, len - 20, 0);
	assert_string_equal(meter.note.text, "reading:kaifa-list1");

	meter_init(&meter); /* a look at the clock alone */
	meter_push(&meter, buf, 20, 5000);
	meter_push(&meter, NULL, 0, 5000 + HAN_IDLE_MS);
	assert_string_equal(meter.note.text, "");
	meter_push(&meter, NULL, 0, 5000 + HAN_IDLE_MS + 1);
	assert_string_equal(meter.note.text, "bad-frame:TIMEOUT");
}

/* After its end a decoder is as after init. */
static void test_end(void **state)
{
	static struct meter meter;
	uint8_t buf[256];
	size_t len = unhex(FRAME_1234_W, buf, sizeof(buf));

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		meter_init(&meter);
		meter_push(&meter, buf, cut, 1000);
		meter_end(&meter);
		assert_string_equal(meter.note.text, cut > 1 ? "bad-frame:END" : "");
		assert_int_equal(meter.discarded, cut > 1 ? cut : 0);
		note_clear(&meter.note);
		meter_push(&meter, buf, len, 900000);
		meter_end(&meter);
		assert_string_equal(meter.note.text, "reading:kaifa-list1");
	}
}

/* Two meters whose octets come in turn. */
static void test_two_meters(void **state)
{
	static struct meter one, two;
	uint8_t buf[256], other[256];
	size_t len = unhex(FRAME_LIST_3_3PH, buf, sizeof(buf));
	size_t other_len = unhex(FRAME_LIST_2_1PH, other, sizeof(other));

	(void)state;
	meter_init(&one);
	meter_init(&two);
	for (size_t i = 0; i < 4 * len; i++) {
		meter_push(&one, &buf[i % len], 1, 1 + i);
		meter_push(&two, &other[i % other_len], 1, 1 + i * HAN_IDLE_MS);
	}
	assert_string_equal(one.note.text, "reading:kaifa-list3-3ph reading:kaifa-list3-3ph "
	                                   "reading:kaifa-list3-3ph reading:kaifa-list3-3ph");
	assert_string_equal(
		two.note.text,
		"reading:kaifa-list2-1ph reading:kaifa-list2-1ph reading:kaifa-list2-1ph "
		"reading:kaifa-list2-1ph reading:kaifa-list2-1ph reading:kaifa-list2-1ph");
}

/* One decoder's reading stays while another works. */
static void test_reading_is_the_decoders_own(void **state)
{
	static struct meter one, two;
	struct han_event event, other;
	uint8_t buf[256], octets[256];
	size_t len = unhex(FRAME_LIST_3_3PH, buf, sizeof(buf));

	(void)state;
	meter_init(&one);
	meter_init(&two);
	push_frame(&one.decoder, buf, len, &event);
	memset(buf, 0, sizeof(buf)); /* what was pushed is the caller's again */
	push_frame(&two.decoder, octets, unhex(FRAME_LIST_2_1PH, octets, sizeof(octets)), &other);
	check_reading(event.reading, "kaifa-list3-3ph", "2024-01-23T18:00:10", SAYS_LIST_3_3PH);
	check_reading(other.reading, "kaifa-list2-1ph", "2024-01-23T18:00:00", SAYS_LIST_2_1PH);
}

/* Anything behind sound headers and checks: no crash, and no reading that is not whole. */
static void check_anything(struct meter *meter, const uint8_t *information, size_t len)
{
	const struct han_reading *reading;
	struct han_event event;
	struct frame frame;
	struct note note;

	frame_make(&frame, 0xA000, "01", "0201", information, len);
	push_frame(&meter->decoder, frame.octets, frame.len, &event);
	if (event.type != HAN_READING)
		return;
	reading = event.reading;
	note_reading(&note, reading);
	for (size_t i = 0; i < reading->count; i++) {
		const struct han_value *value = &reading->values[i];

		if (value->type != HAN_VALUE_TEXT)
			continue;
		assert_true(value->octets >= reading->body);
		assert_true(value->octets + value->len <= reading->body + reading->body_len);
	}
}

static void test_random_messages(void **state)
{
	static const char *const whole[] = { AT_18 LIST_1, AT_18 LIST_2_1PH, AT_18 LIST_2_3PH,
		                             AT_18 LIST_3_1PH, AT_18 LIST_3_3PH };
	static struct meter meter;
	struct dice dice = dice_new();

	(void)state;
	meter_init(&meter);
	for (int run = 0; run < 3000; run++) {
		uint8_t buf[512];
		size_t len = unhex(whole[dice_below(&dice, COUNT(whole))], buf, sizeof(buf));

		for (size_t hits = dice_below(&dice, 4); hits > 0; hits--)
			buf[dice_below(&dice, len)] = (uint8_t)dice_below(&dice, 256);
		if (dice_below(&dice, 4) == 0)
			len = dice_below(&dice, len + 1);
		check_anything(&meter, buf, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_bare_apdus),
		cmocka_unit_test(test_no_time_is_left_over),
		cmocka_unit_test(test_messages_cut_short),
		cmocka_unit_test(test_every_bit_flipped),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_two_meters),
		cmocka_unit_test(test_reading_is_the_decoders_own),
		cmocka_unit_test(test_random_messages),
	};

	return cmocka_run_group_tests_name("decoder", tests, NULL, NULL);
}
