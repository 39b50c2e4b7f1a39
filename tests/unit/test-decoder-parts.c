/* Messages in parts through the face of the library: nothing depends on how the octets are cut. */
#include "decoding.h"
#include "frame.h"
#include "kaifa.h"
#include "mbus-frame.h"

#define HEAD  "e6e7000f400000"
#define TAIL  "0000020106000004d2"
#define WHOLE "F" HEAD TAIL
#define OTHER "Fe6e7000f4000000000020106000004d3"

/* clang-format off */

/* What comes on the line, word by word:
 *
 *	S…  F…  an HDLC frame, with and without the segmentation bit, around these octets
 *	s…  f…  the same, of another source
 *	W…      an HDLC frame whose frame check is wrong
 *	M10…    an M-Bus frame with that CI
 *	-…      these octets
 *	<… >…   the first half of a word's octets, and the other
 */
static const struct {
	const char *name, *comes, *says;
	size_t discarded;
} lines[] = {
	{ "a message",                WHOLE,                                  "reading:kaifa-list1", 0 },
	{ "two segments",             "S" HEAD " F" TAIL,                     "part reading:kaifa-list1", 0 },
	{ "three segments",           "S" HEAD " S0000 F020106000004d2",      "part part reading:kaifa-list1", 0 },
	{ "twice, flags between",     "S" HEAD " -7e7e F" TAIL " S" HEAD " F" TAIL, "part reading:kaifa-list1 part reading:kaifa-list1", 0 },
	{ "a wrong frame between",    "S" HEAD " W00 F" TAIL " " WHOLE,       "part bad-frame:FCS bad-message:INCOMPLETE bad-message:LLC reading:kaifa-list1", 12 },
	{ "noise between",            "S" HEAD " -0102 F" TAIL " " WHOLE,     "part bad-message:LLC bad-message:INCOMPLETE reading:kaifa-list1", 2 },
	{ "noise and a wrong frame",  "S" HEAD " -01 W00 F" TAIL,             "part bad-frame:FCS bad-message:INCOMPLETE bad-message:LLC", 13 },
	{ "noise in front and behind", "-01 S" HEAD " F" TAIL " -0102",       "part reading:kaifa-list1", 3 },
	{ "noise, then a whole one",  "S" HEAD " -01 " OTHER,                 "part reading:kaifa-list1 bad-message:INCOMPLETE", 1 },
	{ "another begins",           "S" HEAD " " OTHER " F" TAIL,           "part reading:kaifa-list1 bad-message:INCOMPLETE bad-message:LLC", 0 },
	{ "two are lost",             "S" HEAD " S" HEAD " S" HEAD " F" TAIL, "part part bad-message:INCOMPLETE part bad-message:INCOMPLETE reading:kaifa-list1", 0 },
	{ "of another source",        "S" HEAD " f" TAIL,                     "part bad-message:LLC bad-message:INCOMPLETE", 0 },
	{ "the end in a message",     "S" HEAD,                               "part bad-message:END", 0 },
	{ "the end in a message, noise behind", "S" HEAD " -0102",            "part bad-message:END", 2 },
	{ "the end in a message, a start octet behind", "S" HEAD " -68",      "part bad-message:END", 1 },
	{ "the end in a frame of it", "S" HEAD " -7ea0",                      "part bad-frame:END bad-message:INCOMPLETE", 2 },
	{ "a message that makes no sense", "S" HEAD " F00000201",               "part bad-message:TRUNCATED", 0 },

	{ "M-Bus",                    "M100f40000000000201" "06000004d2",     "reading:kaifa-list1", 0 },
	{ "M-Bus segments",           "M000f40000000 M110002" "0106000004d2", "part reading:kaifa-list1", 0 },
	{ "M-Bus segments, noise between", "M000f40000000 -0102 M110002" "0106000004d2", "part reading:kaifa-list1", 2 },
	{ "M-Bus segments, a wrong one between", "M000f40000000 -6807076853ff1001670f01d916 M110002" "0106000004d2",
	  "part bad-frame:CHECKSUM bad-message:INCOMPLETE bad-message:SEGMENT", 13 },
	{ "an M-Bus segment lost",    "M000f40000000 M120002" "0106000004d2", "part bad-message:SEGMENT bad-message:INCOMPLETE", 0 },
	{ "a foreign telegram",       "M720f " WHOLE,                         "bad-message:APDU reading:kaifa-list1", 0 },
	{ "M-Bus in HDLC segments",   "S" HEAD " M100f40000000000201" "06000004d2 F" TAIL,
	  "part reading:kaifa-list1 bad-message:INCOMPLETE bad-message:LLC", 0 },

	{ "blocks",                   "Fe6e700e0400001000005" "0f40000000 Fe0c00002000008" "0002" "0106000004d2", "part reading:kaifa-list1", 0 },
	{ "blocks, a wrong frame between", "Fe6e700e0400001000005" "0f40000000 W00 Fe0c00002000008" "0002" "0106000004d2", "part bad-frame:FCS reading:kaifa-list1", 12 },
	{ "a block lost",             "Fe6e700e0400001000005" "0f40000000 Fe0c00003000008" "0002" "0106000004d2", "part bad-message:BLOCK bad-message:INCOMPLETE", 0 },
	{ "another APDU in a train",  "Fe6e700e0400001000005" "0f40000000 " WHOLE " Fe0c00002000008" "0002" "0106000004d2",
	  "part reading:kaifa-list1 bad-message:INCOMPLETE bad-message:BLOCK", 0 },
	{ "the end in a train",       "Fe6e700e0400001000005" "0f40000000",   "part bad-message:END", 0 },
	{ "an event-notification",    "Fe6e700c20000030100010700ff0206000004d2", "reading:self-describing", 0 },
	{ "an event of no number",    "Fe6e700c20000030100010700ff02020206000004d206000004d2", "bad-message:LIST", 0 },
};
/* clang-format on */

struct line {
	uint8_t octets[2048];
	size_t len;
};

static void put(struct line *line, const uint8_t *octets, size_t len)
{
	assert_true(len <= sizeof(line->octets) - line->len);
	memcpy(line->octets + line->len, octets, len);
	line->len += len;
}

static void put_hdlc(struct line *line, char kind, const uint8_t *octets, size_t len)
{
	struct frame frame;

	frame_make(&frame, kind == 'S' || kind == 's' ? 0xA800 : 0xA000, "cf",
	           kind == 's' || kind == 'f' ? "0221" : "0223", octets, len);
	if (kind == 'W')
		frame.octets[frame.len - 2] ^= 1;
	put(line, frame.octets, frame.len);
}

static void put_word(struct line *line, const char *word)
{
	uint8_t octets[256] = { 0 };
	size_t len = unhex(word + 1, octets, sizeof(octets));
	struct mbus_frame frame;

	if (word[0] == '-') {
		put(line, octets, len);
	} else if (word[0] == 'M') {
		mbus_frame_make(&frame, octets[0], octets + 1, len - 1);
		put(line, frame.octets, frame.len);
	} else {
		put_hdlc(line, word[0], octets, len);
	}
}

static void put_half(struct line *line, const char *word)
{
	struct line whole = { .len = 0 };
	size_t half;

	put_word(&whole, word + 1);
	half = whole.len / 2;
	if (word[0] == '<')
		put(line, whole.octets, half);
	else
		put(line, whole.octets + half, whole.len - half);
}

static void put_words(struct line *line, const char *words)
{
	char copy[512];
	int n = snprintf(copy, sizeof(copy), "%s", words);

	assert_true(n >= 0 && (size_t)n < sizeof(copy));
	line->len = 0;
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
		if (word[0] == '<' || word[0] == '>')
			put_half(line, word);
		else
			put_word(line, word);
	}
}

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		static struct line line;

		say_case(lines[i].name);
		put_words(&line, lines[i].comes);
		for (size_t part = 1; part <= line.len; part++) {
			static struct meter meter;

			meter_init(&meter);
			for (size_t at = 0; at < line.len; at += part)
				meter_push(&meter, line.octets + at,
				           line.len - at < part ? line.len - at : part, 0);
			meter_end(&meter);
			meter_end(&meter);
			assert_string_equal(meter.note.text, lines[i].says);
			assert_int_equal(meter.discarded, lines[i].discarded);
		}
	}
}

/* clang-format off */

/* Words, and when they come. */
static const struct {
	const char *name;
	struct { const char *word; uint64_t now_ms; } words[3];
	const char *says;
} times[] = {
	{ "in time",                  { { "S" HEAD, 1000 }, { "F" TAIL, 6000 } }, "part reading:kaifa-list1" },
	{ "too late",                 { { "S" HEAD, 1000 }, { "F" TAIL, 6001 } }, "part bad-message:TIMEOUT bad-message:LLC" },
	{ "only a look at the clock", { { "S" HEAD, 1000 }, { "-", 6001 }, { WHOLE, 6001 } }, "part bad-message:TIMEOUT reading:kaifa-list1" },
	{ "looks in between",         { { "S" HEAD, 1000 }, { "-", 5999 }, { "F" TAIL, 6000 } }, "part reading:kaifa-list1" },
	{ "noise, then too late",     { { "S" HEAD, 1000 }, { "-01", 1100 }, { WHOLE, 6101 } }, "part bad-message:TIMEOUT reading:kaifa-list1" },
	{ "M-Bus, too late",          { { "M000f40000000", 1000 }, { "M1100020106000004d2", 6001 } }, "part bad-message:TIMEOUT bad-message:SEGMENT" },
	{ "begun in time",            { { "S" HEAD, 1000 }, { "<F" TAIL, 5500 }, { ">F" TAIL, 6400 } }, "part reading:kaifa-list1" },
	{ "begun in time, the first octet alone", { { "S" HEAD, 1000 }, { "-7e", 5999 }, { "F" TAIL, 6001 } }, "part bad-message:TIMEOUT bad-message:LLC" },
	{ "begun too late",           { { "S" HEAD, 1000 }, { "<F" TAIL, 6001 }, { ">F" TAIL, 6400 } }, "part bad-message:TIMEOUT bad-message:LLC" },
	{ "begun, but for a pause",   { { "S" HEAD, 1000 }, { "<F" TAIL, 5500 }, { ">F" TAIL, 6501 } }, "part bad-message:TIMEOUT bad-frame:TIMEOUT" },
	{ "M-Bus, begun in time",     { { "M000f40000000", 1000 }, { "<M110002" "0106000004d2", 5500 }, { ">M110002" "0106000004d2", 6400 } }, "part reading:kaifa-list1" },
	{ "a block, begun in time",   { { "Fe6e700e0400001000005" "0f40000000", 1000 }, { "<Fe0c00002000008" "0002" "0106000004d2", 5500 }, { ">Fe0c00002000008" "0002" "0106000004d2", 6400 } }, "part reading:kaifa-list1" },
	{ "no clock",                 { { "S" HEAD, 0 }, { "F" TAIL, 900000 } }, "part reading:kaifa-list1" },
};
/* clang-format on */

static void test_times(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		static struct meter meter;
		struct line line;

		say_case(times[i].name);
		meter_init(&meter);
		for (size_t k = 0; k < COUNT(times[i].words) && times[i].words[k].word; k++) {
			put_words(&line, times[i].words[k].word);
			meter_push(&meter, line.octets, line.len, times[i].words[k].now_ms);
		}
		assert_string_equal(meter.note.text, times[i].says);
	}
}

/* An event of a lost message has neither frame nor reading, and says how far the octets had come. */
static void test_lost(void **state)
{
	static struct meter meter;
	static struct line line;
	struct han_event event;

	(void)state;
	meter_init(&meter);
	put_words(&line, "-0102 S" HEAD);
	meter_push(&meter, line.octets, line.len, 1000);
	assert_int_equal(han_decoder_push(&meter.decoder, line.octets, line.len, 9000, &event), 0);
	assert_int_equal(event.type, HAN_BAD_MESSAGE);
	assert_int_equal(event.err, HAN_ERR_TIMEOUT);
	assert_int_equal(event.framing, HAN_FRAMING_HDLC);
	assert_null(event.frame);
	assert_int_equal(event.frame_len, 0);
	assert_null(event.reading);
	assert_int_equal(event.discarded, 0);
	assert_int_equal(event.offset, line.len);
}

/* The headers of a message in parts are those of its first frame, the event's frame is the last. */
static void test_first_frame(void **state)
{
	static struct meter meter;
	static struct line line;
	struct han_event event;
	size_t at = 0;

	(void)state;
	meter_init(&meter);
	put_words(&line, "S" HEAD " F" TAIL);
	at = han_decoder_push(&meter.decoder, line.octets, line.len, 0, &event);
	assert_int_equal(event.type, HAN_PART);
	assert_null(event.reading);
	assert_int_equal(event.offset, 0);
	assert_int_equal(event.frame_len, at);
	han_decoder_push(&meter.decoder, line.octets + at, line.len - at, 0, &event);
	assert_int_equal(event.type, HAN_READING);
	assert_int_equal(event.offset, at);
	assert_memory_equal(event.frame, line.octets + at, event.frame_len);
	assert_int_equal(event.reading->hdlc.format, 0xA800 | (at - 2));
	assert_true(event.reading->has_llc);
	assert_int_equal(event.reading->message_len, 13);
	assert_int_equal(event.reading->message[0], 0x0F);
	assert_int_equal(event.reading->apdu.invoke_id, 0x40000000);
	assert_int_equal(event.reading->body_len, 7);

	put_words(&line, "M000f40000000 M1100020106000004d2");
	at = han_decoder_push(&meter.decoder, line.octets, line.len, 0, &event);
	han_decoder_push(&meter.decoder, line.octets + at, line.len - at, 0, &event);
	assert_int_equal(event.type, HAN_READING);
	assert_int_equal(event.reading->framing, HAN_FRAMING_MBUS);
	assert_int_equal(event.reading->mbus.ci, 0x00);
	assert_int_equal(event.reading->mbus.control, 0x53);
	assert_int_equal(event.reading->mbus.address, 0xFF);
	assert_int_equal(event.reading->mbus.stsap, 0x01);
	assert_int_equal(event.reading->mbus.dtsap, 0x67);
	assert_false(event.reading->has_llc);
}

/* clang-format off */
static const struct {
	enum han_protocol protocol;
	const char *says;
} protocols[] = {
	{ HAN_PROTOCOL_AUTO, "reading:kaifa-list1 reading:kaifa-list1 reading:p1" },
	{ HAN_PROTOCOL_HDLC, "reading:kaifa-list1" },
	{ HAN_PROTOCOL_MBUS, "reading:kaifa-list1" },
	{ HAN_PROTOCOL_P1,   "reading:p1" },
};
/* clang-format on */

/* The settings say what is looked for. */
static void test_protocols(void **state)
{
	static const char telegram[] = "/ABC5X\r\n\r\n1-0:1.7.0(01.234*kW)\r\n!\r\n";

	(void)state;
	for (size_t i = 0; i < COUNT(protocols); i++) {
		const struct han_settings settings = { .protocol = protocols[i].protocol };
		static struct meter meter;
		struct line line;

		put_words(&line, WHOLE " M100f4000000000020106000004d2");
		put(&line, (const uint8_t *)telegram, sizeof(telegram) - 1);
		meter_init_with(&meter, &settings);
		meter_push(&meter, line.octets, line.len, 0);
		meter_end(&meter);
		assert_string_equal(meter.note.text, protocols[i].says);
	}
}

/* Bare APDUs: blocks of them, too; nothing of what came before stays. */
static void test_bare_blocks(void **state)
{
	static const char *const apdus[] = { "e04000010000050f40000000",
		                             "e0c0000200000800020106000004d2" };
	static struct meter meter;
	struct han_event event;
	uint8_t buf[64];

	(void)state;
	meter_init(&meter);
	for (size_t i = 0; i < 2 * COUNT(apdus); i++) {
		size_t len = unhex(apdus[i % 2], buf, sizeof(buf));

		han_decoder_apdu(&meter.decoder, buf, len, &event);
		meter_note(&meter, &event);
	}
	han_decoder_apdu(&meter.decoder, buf, unhex(apdus[1], buf, sizeof(buf)), &event);
	meter_note(&meter, &event);
	han_decoder_apdu(&meter.decoder, buf, unhex(apdus[0], buf, sizeof(buf)), &event);
	meter_note(&meter, &event);
	han_decoder_apdu(&meter.decoder, buf, unhex(apdus[0], buf, sizeof(buf)), &event);
	meter_note(&meter, &event);
	han_decoder_apdu(&meter.decoder, buf, unhex(apdus[1], buf, sizeof(buf)), &event);
	meter_note(&meter, &event);
	meter_end(&meter);
	assert_string_equal(meter.note.text,
	                    "part reading:kaifa-list1 part reading:kaifa-list1 bad-message:BLOCK "
	                    "part part reading:kaifa-list1");
}

#define TELEGRAM "/ABC5X\r\n\r\n1-0:1.7.0(01.234*kW)\r\n!"

static void put_telegram_in_hdlc(struct line *line, const char *telegram)
{
	struct line information = { .len = 0 };

	put(&information, (const uint8_t *)"\xe6\xe7", 3);
	put(&information, (const uint8_t *)telegram, strlen(telegram));
	put_hdlc(line, 'F', information.octets, information.len);
}

/* A telegram where an APDU is expected is checked as one. */
static void test_telegram_in_hdlc(void **state)
{
	static struct meter meter;
	struct line line = { .len = 0 };

	(void)state;
	put_telegram_in_hdlc(&line, TELEGRAM "\r\n");
	put_telegram_in_hdlc(&line, TELEGRAM "0000\r\n");
	put_telegram_in_hdlc(&line, "/ABC5X\r\n\r\n1-0:1.7.0(01.234*kW)\r\n");
	meter_init(&meter);
	meter_push(&meter, line.octets, line.len, 0);
	meter_end(&meter);
	assert_string_equal(meter.note.text, "reading:p1 bad-message:CRC bad-message:TRUNCATED");
}

/* clang-format off */
static const struct {
	const char *list, *says;
} wanted[] = {
	{ "p1",              "bad-message:LIST bad-message:LIST reading:p1" },
	{ "kaifa-list1",     "reading:kaifa-list1 bad-message:LIST bad-message:LIST" },
	{ "self-describing", "bad-message:LIST reading:self-describing bad-message:LIST" },
};
/* clang-format on */

static void test_wanted_lists(void **state)
{
	static const char telegram[] = TELEGRAM "\r\n";

	(void)state;
	for (size_t i = 0; i < COUNT(wanted); i++) {
		const struct han_settings settings = { .list = han_list_find(wanted[i].list) };
		static struct meter meter;
		struct line line;

		put_words(&line, WHOLE " Fe6e700c20000030100010700ff0206000004d2");
		put(&line, (const uint8_t *)telegram, sizeof(telegram) - 1);
		meter_init_with(&meter, &settings);
		meter_push(&meter, line.octets, line.len, 0);
		meter_end(&meter);
		assert_string_equal(meter.note.text, wanted[i].says);
	}
}

static const struct han_reading *read_one(struct meter *meter, const char *words,
                                          const char *telegram, struct han_event *event)
{
	static struct line line;

	put_words(&line, words);
	put(&line, (const uint8_t *)telegram, strlen(telegram));
	han_decoder_push(&meter->decoder, line.octets, line.len, 0, event);
	assert_non_null(event->reading);
	assert_int_equal(event->frame_len, line.len);
	return event->reading;
}

/* Each message's reading is its own: nothing of the one before is in it. */
static void test_nothing_is_left_over(void **state)
{
	static struct meter meter;
	struct han_event event;
	const struct han_reading *r;

	(void)state;
	meter_init_with(&meter, &(struct han_settings){ .protocol = HAN_PROTOCOL_AUTO });
	r = read_one(&meter, "", TELEGRAM "\r\n", &event);
	assert_int_equal(event.type, HAN_READING);
	assert_true(r->is_telegram);
	assert_int_equal(r->framing, HAN_FRAMING_P1);
	assert_int_equal(r->p1.ident_len, 5);
	assert_memory_equal(r->p1.ident, "ABC5X", 5);
	assert_false(r->p1.has_crc);
	assert_false(r->has_llc);
	assert_null(r->body);

	r = read_one(&meter, "Fe6e7000f40000001090c07e8011702113a3aff800000020106000004d2", "",
	             &event);
	assert_int_equal(event.type, HAN_READING);
	assert_false(r->is_telegram);
	assert_true(r->apdu.has_time);
	assert_int_equal(r->apdu.invoke_id, 0x40000001);
	assert_int_equal(r->count, 1);

	r = read_one(&meter, "Fe6e700c4400000020906", "", &event);
	assert_int_equal(event.type, HAN_BAD_MESSAGE);
	assert_false(r->apdu.has_time);
	assert_int_equal(r->apdu.invoke_id, 0);
	assert_null(r->body);
	assert_null(r->list);
	assert_int_equal(r->count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_first_frame),
		cmocka_unit_test(test_telegram_in_hdlc),
		cmocka_unit_test(test_wanted_lists),
		cmocka_unit_test(test_nothing_is_left_over),
		cmocka_unit_test(test_protocols),
		cmocka_unit_test(test_bare_blocks),
	};

	return cmocka_run_group_tests_name("decoder-parts", tests, NULL, NULL);
}
