/* Ciphered messages through the face of the library: what is read of them, and what is not believed. */
#include "decoding.h"
#include "frame.h"
#include "kaifa.h"
#include "mbus-frame.h"
#include "sealed-apdu.h"

#define KEY       "000102030405060708090a0b0c0d0e0f"
#define AUTH_KEY  "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
#define OTHER_KEY "f00102030405060708090a0b0c0d0e0f"
#define TITLE     "4b464d6750000001"
#define MESSAGE   "0f 40000000 00 " LIST_1
#define NO_LIST   "0f 40000000 00 02 02 06 00000001 06 00000002"
#define CUT       "0f 40000000 00 02 02 06 00000001"
#define ANOTHER   "c4 40000000 00 " LIST_1
#define TELEGRAM  "/ABC5X\r\n\r\n1-0:1.7.0(01.234*kW)\r\n!\r\n"

enum keys { NO_KEYS, KEY_ONLY, BOTH_KEYS, WRONG_KEY, WRONG_AUTH_KEY };

/* clang-format off */
static const struct {
	const char *name;
	uint8_t tag, control;
	const char *message; /* hex */
	enum keys keys;
	const char *says;
	bool authenticated;
} messages[] = {
	{ "no key, authenticated",   0xDB, 0x30, MESSAGE, NO_KEYS,   "bad-message:NO_KEY", false },
	{ "no key, encrypted only",  0xDB, 0x20, MESSAGE, NO_KEYS,   "bad-message:NO_KEY", false },
	{ "no key, not encrypted",   0xDB, 0x10, MESSAGE, NO_KEYS,   "reading:kaifa-list1", false },
	{ "both keys",               0xDB, 0x30, MESSAGE, BOTH_KEYS, "reading:kaifa-list1", true },
	{ "both keys, no tag",       0xDB, 0x20, MESSAGE, BOTH_KEYS, "reading:kaifa-list1", false },
	{ "both keys, not encrypted", 0xDB, 0x10, MESSAGE, BOTH_KEYS, "reading:kaifa-list1", true },
	{ "no authentication key",   0xDB, 0x30, MESSAGE, KEY_ONLY,  "reading:kaifa-list1", false },
	{ "general-ded",             0xDC, 0x30, MESSAGE, BOTH_KEYS, "reading:kaifa-list1", true },
	{ "general-ciphering",       0xDD, 0x30, MESSAGE, BOTH_KEYS, "reading:kaifa-list1", true },
	{ "another suite",           0xDB, 0x21, MESSAGE, BOTH_KEYS, "reading:kaifa-list1", false },
	{ "a suite that is not read", 0xDB, 0x32, MESSAGE, BOTH_KEYS, "bad-message:SECURITY", false },
	{ "wrong key",               0xDB, 0x30, MESSAGE, WRONG_KEY, "bad-message:KEY", false },
	{ "wrong key, no tag",       0xDB, 0x20, MESSAGE, WRONG_KEY, "bad-message:KEY", false },
	{ "wrong authentication key", 0xDB, 0x30, MESSAGE, WRONG_AUTH_KEY, "bad-message:TAG", false },
	{ "an unknown list",         0xDB, 0x20, NO_LIST, KEY_ONLY,  "bad-message:LIST", false },
	{ "no sense, no tag",        0xDB, 0x20, CUT,     KEY_ONLY,  "bad-message:KEY", false },
	{ "no sense, tag not looked at", 0xDB, 0x30, CUT, KEY_ONLY,  "bad-message:KEY", false },
	{ "no sense, tag agrees",    0xDB, 0x30, CUT,     BOTH_KEYS, "bad-message:TRUNCATED", true },
	{ "no sense, not encrypted", 0xDB, 0x10, CUT,     NO_KEYS,   "bad-message:TRUNCATED", false },
	{ "another APDU, no tag",    0xDB, 0x20, ANOTHER, KEY_ONLY,  "bad-message:KEY", false },
	{ "another APDU, tag agrees", 0xDB, 0x30, ANOTHER, BOTH_KEYS, "bad-message:APDU", true },
};
/* clang-format on */

static const struct han_settings *settings_of(enum keys keys)
{
	static struct han_settings settings;

	memset(&settings, 0, sizeof(settings));
	settings.has_key = keys != NO_KEYS;
	settings.has_auth_key = keys != NO_KEYS && keys != KEY_ONLY;
	unhex(keys == WRONG_KEY ? OTHER_KEY : KEY, settings.key, HAN_KEY_OCTETS);
	unhex(keys == WRONG_AUTH_KEY ? OTHER_KEY : AUTH_KEY, settings.auth_key, HAN_KEY_OCTETS);
	return &settings;
}

static void seal_octets(struct sealed_apdu *apdu, uint8_t tag, uint8_t control, uint32_t counter,
                        const uint8_t *text, size_t len)
{
	const struct seal seal = {
		.tag = tag,
		.control = control,
		.counter = counter,
		.title = TITLE,
		.key = KEY,
		.auth_key = AUTH_KEY,
	};

	seal_message(apdu, &seal, text, len);
}

static void seal_hex(struct sealed_apdu *apdu, uint8_t tag, uint8_t control, uint32_t counter,
                     const char *message)
{
	uint8_t text[256];

	seal_octets(apdu, tag, control, counter, text, unhex(message, text, sizeof(text)));
}

static void decode(struct meter *meter, const struct sealed_apdu *apdu, struct han_event *event)
{
	memset(event, 0xA5, sizeof(*event));
	note_clear(&meter->note);
	han_decoder_apdu(&meter->decoder, apdu->octets, apdu->len, event);
	meter_note(meter, event);
}

static void test_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		static struct meter meter;
		static struct sealed_apdu apdu;
		struct han_event event;
		uint8_t title[HAN_TITLE_OCTETS];

		say_case(messages[i].name);
		meter_init_with(&meter, settings_of(messages[i].keys));
		seal_hex(&apdu, messages[i].tag, messages[i].control, 0x01020304,
		         messages[i].message);
		decode(&meter, &apdu, &event);
		assert_string_equal(meter.note.text, messages[i].says);
		assert_non_null(event.reading);
		assert_true(event.reading->has_encryption);
		unhex(TITLE, title, sizeof(title));
		assert_memory_equal(event.reading->encryption.title, title, sizeof(title));
		assert_int_equal(event.reading->encryption.control, messages[i].control);
		assert_int_equal(event.reading->encryption.counter, 0x01020304);
		assert_int_equal(event.reading->encryption.authenticated,
		                 messages[i].authenticated);
	}
}

/* The message of a reading is the one in clear; the meter is known by its title. */
static void test_in_clear(void **state)
{
	static struct meter meter;
	static struct sealed_apdu apdu;
	struct han_event event;
	struct note note;
	uint8_t text[64];
	char identity[HAN_IDENTITY_TEXT];
	size_t len = unhex(MESSAGE, text, sizeof(text));

	(void)state;
	meter_init_with(&meter, settings_of(BOTH_KEYS));
	seal_octets(&apdu, 0xDB, 0x30, 1, text, len);
	decode(&meter, &apdu, &event);
	assert_int_equal(event.type, HAN_READING);
	assert_int_equal(event.reading->message_len, len);
	assert_memory_equal(event.reading->message, text, len);
	assert_ptr_equal(event.reading->body, event.reading->message + 6);
	note_reading(&note, event.reading);
	assert_string_equal(note.text, SAYS_LIST_1);
	assert_int_equal(han_reading_identity(event.reading, identity), HAN_IDENTITY_SYSTEM_TITLE);
	assert_string_equal(identity, TITLE);

	unhex(MESSAGE, text,
	      sizeof(text)); /* in clear behind a ciphered one: nothing is left over */
	han_decoder_apdu(&meter.decoder, text, len, &event);
	assert_int_equal(event.type, HAN_READING);
	assert_false(event.reading->has_encryption);
	assert_int_equal(han_reading_identity(event.reading, identity), HAN_IDENTITY_NONE);
}

/* clang-format off */

/* Messages in turn: counters, controls, what they hold. */
static const struct {
	const char *name;
	bool allow;
	struct { uint8_t control; uint32_t counter; const char *message; const char *says; } turns[4];
} replays[] = {
	{ "up",                      false, { { 0x30, 1, MESSAGE, "reading:kaifa-list1" }, { 0x30, 2, MESSAGE, "reading:kaifa-list1" },
	  { 0x30, 9, MESSAGE, "reading:kaifa-list1" } } },
	{ "the same again",          false, { { 0x30, 5, MESSAGE, "reading:kaifa-list1" }, { 0x30, 5, MESSAGE, "bad-message:REPLAY" },
	  { 0x30, 6, MESSAGE, "reading:kaifa-list1" } } },
	{ "back",                    false, { { 0x30, 5, MESSAGE, "reading:kaifa-list1" }, { 0x30, 4, MESSAGE, "bad-message:REPLAY" } } },
	{ "back, and it may",        true,  { { 0x30, 5, MESSAGE, "reading:kaifa-list1" }, { 0x30, 4, MESSAGE, "reading:kaifa-list1" } } },
	{ "without a tag",           false, { { 0x20, 5, MESSAGE, "reading:kaifa-list1" }, { 0x20, 5, MESSAGE, "bad-message:REPLAY" } } },
	{ "a refused one does not count", false, { { 0x20, 5, MESSAGE, "reading:kaifa-list1" }, { 0x20, 900, CUT, "bad-message:KEY" },
	  { 0x20, 6, MESSAGE, "reading:kaifa-list1" } } },
	{ "an unknown list counts",  false, { { 0x20, 5, NO_LIST, "bad-message:LIST" }, { 0x20, 5, MESSAGE, "bad-message:REPLAY" } } },
	{ "what makes no sense but was verified counts", false, { { 0x30, 5, CUT, "bad-message:TRUNCATED" }, { 0x30, 5, MESSAGE, "bad-message:REPLAY" } } },
	{ "once verified, always",   false, { { 0x30, 5, MESSAGE, "reading:kaifa-list1" }, { 0x20, 6, MESSAGE, "bad-message:TAG" } } },
};
/* clang-format on */

static void test_replays(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(replays); i++) {
		static struct meter meter;
		static struct sealed_apdu apdu;
		struct han_settings settings = *settings_of(BOTH_KEYS);

		say_case(replays[i].name);
		settings.allow_replay = replays[i].allow;
		meter_init_with(&meter, &settings);
		for (size_t k = 0; k < 4 && replays[i].turns[k].message; k++) {
			struct han_event event;

			seal_hex(&apdu, 0xDB, replays[i].turns[k].control,
			         replays[i].turns[k].counter, replays[i].turns[k].message);
			decode(&meter, &apdu, &event);
			assert_string_equal(meter.note.text, replays[i].turns[k].says);
			assert_non_null(event.reading);
			assert_true(event.reading->has_encryption);
		}
	}
}

/* The end of the octets is not the end of the counters; a new beginning is. */
static void test_counters_and_the_end(void **state)
{
	static struct meter meter;
	static struct sealed_apdu apdu;
	struct han_event event;

	(void)state;
	meter_init_with(&meter, settings_of(BOTH_KEYS));
	seal_hex(&apdu, 0xDB, 0x30, 5, MESSAGE);
	decode(&meter, &apdu, &event);
	meter_end(&meter);
	decode(&meter, &apdu, &event);
	assert_string_equal(meter.note.text, "bad-message:REPLAY");
	han_decoder_fini(&meter.decoder);
	han_decoder_init(&meter.decoder, settings_of(BOTH_KEYS));
	decode(&meter, &apdu, &event);
	assert_string_equal(meter.note.text, "reading:kaifa-list1");
}

static size_t count_of(const struct han_decoder *decoder, const void *pattern, size_t len)
{
	const uint8_t *octets = (const uint8_t *)decoder;
	size_t count = 0;

	for (size_t i = 0; i + len <= sizeof(*decoder); i++)
		count += memcmp(octets + i, pattern, len) == 0;
	return count;
}

/* Of the keys there is one copy inside, and none after the end; nor is there a message. */
static void test_keys_are_wiped(void **state)
{
	static struct meter meter;
	static struct sealed_apdu apdu;
	const struct han_settings *settings = settings_of(BOTH_KEYS);
	struct han_event event;
	const uint8_t *octets = (const uint8_t *)&meter.decoder;

	(void)state;
	meter_init_with(&meter, settings);
	seal_hex(&apdu, 0xDB, 0x30, 5, MESSAGE);
	decode(&meter, &apdu, &event);
	assert_int_equal(event.type, HAN_READING);
	assert_int_equal(count_of(&meter.decoder, settings->key, HAN_KEY_OCTETS), 1);
	assert_int_equal(count_of(&meter.decoder, settings->auth_key, HAN_KEY_OCTETS), 1);
	han_decoder_fini(&meter.decoder);
	for (size_t i = 0; i < sizeof(meter.decoder); i++)
		assert_int_equal(octets[i], 0);
	han_decoder_fini(&meter.decoder);
}

/* What a wrong key makes of a message is not kept. */
static void test_garbage_is_wiped(void **state)
{
	static struct meter meter;
	static struct sealed_apdu apdu;
	struct han_event event;
	uint8_t text[64];
	size_t len = unhex(MESSAGE, text, sizeof(text));

	(void)state;
	meter_init_with(&meter, settings_of(WRONG_AUTH_KEY));
	seal_octets(&apdu, 0xDB, 0x30, 5, text, len);
	decode(&meter, &apdu, &event);
	assert_int_equal(event.err, HAN_ERR_TAG);
	assert_int_equal(count_of(&meter.decoder, text, len), 0);
}

struct line {
	uint8_t octets[2048];
	size_t len;
};

static void put(struct line *line, const void *octets, size_t len)
{
	assert_true(len <= sizeof(line->octets) - line->len);
	memcpy(line->octets + line->len, octets, len);
	line->len += len;
}

static void put_hdlc(struct line *line, unsigned format, const void *octets, size_t len)
{
	struct frame frame;

	frame_make(&frame, format, "cf", "0223", octets, len);
	put(line, frame.octets, frame.len);
}

static void put_mbus(struct line *line, uint8_t ci, const uint8_t *octets, size_t len)
{
	struct mbus_frame frame;

	mbus_frame_make(&frame, ci, octets, len);
	put(line, frame.octets, frame.len);
}

/* LLC, a block's header, and the octets. */
static void put_block(struct line *line, uint8_t control, uint8_t number, const uint8_t *octets,
                      size_t len)
{
	struct line apdu = { .len = 0 };
	const uint8_t head[] = { 0xE6, 0xE7, 0x00, 0xE0, control, 0, number, 0, 0, (uint8_t)len };

	put(&apdu, head, sizeof(head));
	put(&apdu, octets, len);
	put_hdlc(line, 0xA000, apdu.octets, apdu.len);
}

static void put_in_hdlc(struct line *line, const struct sealed_apdu *apdu)
{
	struct line information = { .len = 0 };

	put(&information, "\xe6\xe7", 3);
	put(&information, apdu->octets, apdu->len);
	put_hdlc(line, 0xA000, information.octets, information.len);
}

static void check_line(const struct line *line, enum han_protocol protocol, const char *says)
{
	for (size_t part = 1; part <= line->len; part++) {
		static struct meter meter;
		struct han_settings settings = *settings_of(BOTH_KEYS);

		settings.protocol = protocol;
		meter_init_with(&meter, &settings);
		for (size_t at = 0; at < line->len; at += part)
			meter_push(&meter, line->octets + at,
			           line->len - at < part ? line->len - at : part, 0);
		meter_end(&meter);
		assert_string_equal(meter.note.text, says);
		assert_int_equal(meter.discarded, 0);
	}
}

/* Ciphered messages in every framing, whole and in parts. */
static void test_framings(void **state)
{
	static struct sealed_apdu apdu;
	struct line line = { .len = 0 };
	struct line first = { .len = 0 };

	(void)state;
	seal_hex(&apdu, 0xDB, 0x30, 1, MESSAGE);
	put_in_hdlc(&line, &apdu);
	seal_hex(&apdu, 0xDB, 0x30, 2, MESSAGE);
	put(&first, "\xe6\xe7", 3);
	put(&first, apdu.octets, 20);
	put_hdlc(&line, 0xA800, first.octets, first.len);
	put_hdlc(&line, 0xA000, apdu.octets + 20, apdu.len - 20);
	seal_hex(&apdu, 0xDB, 0x30, 3, MESSAGE);
	put_block(&line, 0x40, 1, apdu.octets, 20);
	put_block(&line, 0xC0, 2, apdu.octets + 20, apdu.len - 20);
	seal_hex(&apdu, 0xDB, 0x30, 4, MESSAGE);
	put_mbus(&line, 0x00, apdu.octets, 20);
	put_mbus(&line, 0x11, apdu.octets + 20, apdu.len - 20);
	seal_hex(&apdu, 0xDB, 0x30, 5, MESSAGE);
	put(&line, apdu.octets, apdu.len); /* bare, as some P1 ports send it */
	check_line(&line, HAN_PROTOCOL_AUTO,
	           "reading:kaifa-list1 part reading:kaifa-list1 part reading:kaifa-list1 "
	           "part reading:kaifa-list1 reading:kaifa-list1");
}

/* A telegram inside: in HDLC, and bare. */
static void test_telegrams(void **state)
{
	static struct sealed_apdu apdu;
	const uint8_t *text = (const uint8_t *)TELEGRAM;
	struct line line = { .len = 0 };

	(void)state;
	seal_octets(&apdu, 0xDB, 0x30, 1, text, sizeof(TELEGRAM) - 1);
	put_in_hdlc(&line, &apdu);
	check_line(&line, HAN_PROTOCOL_HDLC, "reading:p1");

	line.len = 0;
	put(&line, apdu.octets, apdu.len);
	seal_octets(&apdu, 0xDB, 0x20, 2, text, sizeof(TELEGRAM) - 1);
	put(&line, apdu.octets, apdu.len);
	check_line(&line, HAN_PROTOCOL_P1, "reading:p1 bad-message:TAG");
	seal_octets(&apdu, 0xDB, 0x30, 3, text, sizeof(TELEGRAM) - 1);
	put(&line, apdu.octets, apdu.len);
	check_line(&line, HAN_PROTOCOL_AUTO, "reading:p1 bad-message:TAG reading:p1");
}

static void test_telegram_inside(void **state)
{
	static struct meter meter;
	static struct sealed_apdu apdu;
	struct han_event event;
	struct note note;

	(void)state;
	meter_init_with(&meter, settings_of(BOTH_KEYS));
	seal_octets(&apdu, 0xDB, 0x30, 1, (const uint8_t *)TELEGRAM, sizeof(TELEGRAM) - 1);
	decode(&meter, &apdu, &event);
	assert_string_equal(meter.note.text, "reading:p1");
	assert_true(event.reading->is_telegram);
	assert_null(event.reading->body);
	assert_int_equal(event.reading->p1.ident_len, 5);
	assert_memory_equal(event.reading->p1.ident, "ABC5X", 5);
	note_reading(&note, event.reading);
	assert_string_equal(note.text, "power_active_import=1234W");
	assert_true(event.reading->has_encryption);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),        cmocka_unit_test(test_in_clear),
		cmocka_unit_test(test_replays),         cmocka_unit_test(test_counters_and_the_end),
		cmocka_unit_test(test_keys_are_wiped),  cmocka_unit_test(test_garbage_is_wiped),
		cmocka_unit_test(test_framings),        cmocka_unit_test(test_telegrams),
		cmocka_unit_test(test_telegram_inside),
	};

	return cmocka_run_group_tests_name("decoder-cipher", tests, NULL, NULL);
}
