/* From frames to messages: segments, blocks, and everything that may come between them. */
#include "frame.h"
#include "mbus-frame.h"
#include <stdlib.h>

#include "note.h"
#include "reason.h"

#include "message.h"

#define LLC "e6e700"

/* clang-format off */

/* What comes, word by word:
 *
 *	S…  F…      an HDLC frame, with and without the segmentation bit, around these octets
 *	s…  f…      the same, of another source
 *	d…          an HDLC frame to another destination
 *	M10…        an M-Bus frame with that CI
 *	A…          an APDU without a frame
 *	!           octets that belong to no frame
 *	@1000       the time, and a look at it
 *	.           the end
 *
 * and what is said of it: part, a whole message in hex, a refusal in brackets; -REASON when a message that
 * had begun was given up. */
static const struct {
	const char *name, *comes, *says;
} cases[] = {
	/* whole messages */
	{ "a frame",                  "F" LLC "0faabb",                     "0faabb" },
	{ "LLC of a command",         "Fe6e6000f",                          "0f" },
	{ "no LLC",                   "F0faabb",                            "[LLC]" },
	{ "LLC only",                 "F" LLC,                              "empty" },
	{ "LLC cut short",            "Fe6e7",                              "[TRUNCATED]" },
	{ "no information",           "F",                                  "[TRUNCATED]" },
	{ "frames in turn",           "F" LLC "0f01 F" LLC "0f02",          "0f01 0f02" },
	{ "bare APDUs",               "A0f01 A0f02 A",                      "0f01 0f02 empty" },

	/* HDLC segments */
	{ "two segments",             "S" LLC "0f01 F02",                   "part 0f0102" },
	{ "three segments",           "S" LLC "0f01 S0203 F04",             "part part 0f01020304" },
	{ "a segment that looks like an LLC", "S" LLC "0f01 Se6e700 F02",   "part part 0f01e6e70002" },
	{ "twice",                    "S" LLC "0f01 F02 S" LLC "0f03 F04",  "part 0f0102 part 0f0304" },
	{ "a later segment first",    "S02 F03 F" LLC "0f01",               "[SEGMENT] [TRUNCATED] 0f01" },
	{ "a last segment only",      "F02",                                "[TRUNCATED]" },
	{ "another message before the last", "S" LLC "0f01 F" LLC "0f02",   "part 0f02-INCOMPLETE" },
	{ "another begins",           "S" LLC "0f01 S" LLC "0f02 F03",      "part part-INCOMPLETE 0f0203" },
	{ "a ciphered one begins",    "S" LLC "0f01 S" LLC "db02 F03",      "part part-INCOMPLETE db0203" },
	{ "blocks begin",             "S" LLC "0f01 F" LLC "e08000010000010f", "part 0f-INCOMPLETE" },
	{ "a segment twice",          "S" LLC "0f01 S" LLC "0f01 F02",      "part part-INCOMPLETE 0f0102" },
	{ "from another source",      "S" LLC "0f01 f02 F03",               "part [TRUNCATED]-INCOMPLETE [TRUNCATED]" },
	{ "another source's message", "S" LLC "0f01 f" LLC "0f02 F03",      "part 0f02-INCOMPLETE [TRUNCATED]" },
	{ "another source's segments", "S" LLC "0f01 s" LLC "0f02 f03",     "part part-INCOMPLETE 0f0203" },
	{ "to another destination",   "S" LLC "0f01 d02",                   "part [TRUNCATED]-INCOMPLETE" },
	{ "noise between",            "S" LLC "0f01 ! F02",                 "part -INCOMPLETE [TRUNCATED]" },
	{ "noise before and behind",  "! S" LLC "0f01 F02 !",               "part 0f0102" },
	{ "a frame without information between", "S" LLC "0f01 F F02",      "part [TRUNCATED] 0f0102" },
	{ "soon enough",              "@1 S" LLC "0f01 @5001 F02",          "part 0f0102" },
	{ "too late",                 "@1 S" LLC "0f01 @5002 F02",          "part -TIMEOUT [TRUNCATED]" },
	{ "each soon enough",         "@1 S" LLC "0f01 @5001 S02 @10001 F03", "part part 0f010203" },
	{ "no clock",                 "S" LLC "0f01 @90000 F02",            "part 0f0102" },
	{ "a clock that stops",       "@1 S" LLC "0f01 @0 F02",             "part 0f0102" },
	{ "the end",                  "S" LLC "0f01 . F02",                 "part -END [TRUNCATED]" },
	{ "the end of nothing",       ". S" LLC "0f01 F02 . .",             "part 0f0102" },

	/* M-Bus segments */
	{ "one M-Bus segment",        "M100f01",                            "0f01" },
	{ "two M-Bus segments",       "M000f01 M1102",                      "part 0f0102" },
	{ "three",                    "M000f01 M0102 M1203",                "part part 0f010203" },
	{ "a last one only",          "M1102 M100f",                        "[SEGMENT] 0f" },
	{ "a middle one only",        "M0102 M1203",                        "[SEGMENT] [SEGMENT]" },
	{ "one lost",                 "M000f01 M1203 M1102",                "part [SEGMENT]-INCOMPLETE [SEGMENT]" },
	{ "one twice",                "M000f01 M0102 M0102 M1203",          "part part [SEGMENT]-INCOMPLETE [SEGMENT]" },
	{ "the first one twice",      "M000f01 M000f02 M1103",              "part part-INCOMPLETE 0f0203" },
	{ "a whole one between",      "M000f01 M100f02 M1103",              "part 0f02-INCOMPLETE [SEGMENT]" },
	{ "another program's telegram", "M720f01",                          "[APDU]" },
	{ "a foreign telegram between", "M000f01 M720f02 M1102",            "part [APDU] 0f0102" },
	{ "without data",             "M10",                                "[APDU]" },
	{ "noise between M-Bus segments", "M000f01 ! M1102",                "part 0f0102" },
	{ "M-Bus soon enough",        "@1 M000f01 @5001 M1102",             "part 0f0102" },
	{ "M-Bus too late",           "@1 M000f01 @5002 M1102",             "part -TIMEOUT [SEGMENT]" },
	{ "the end of M-Bus",         "M000f01 . M1102",                    "part -END [SEGMENT]" },
	{ "sixteen",                  "M0000 M0101 M0202 M0303 M0404 M0505 M0606 M0707 M0808 M0909 M0a0a M0b0b M0c0c M0d0d M0e0e M1f0f",
	  "part part part part part part part part part part part part part part part 000102030405060708090a0b0c0d0e0f" },

	/* framings in each other */
	{ "M-Bus in HDLC segments",   "S" LLC "0f01 M1102 F03",             "part [SEGMENT]-INCOMPLETE [TRUNCATED]" },
	{ "M-Bus in HDLC segments, the number fits", "M000f01 M0102 S" LLC "0f03 M1204 F05",
	  "part part part-INCOMPLETE [SEGMENT]-INCOMPLETE [TRUNCATED]" },
	{ "HDLC in M-Bus segments",   "M000f01 F02 M1103",                  "part [TRUNCATED]-INCOMPLETE [SEGMENT]" },
	{ "HDLC in M-Bus segments, the address fits", "F" LLC "0f00 M000f01 F02", "0f00 part [TRUNCATED]-INCOMPLETE" },
	{ "an HDLC message in M-Bus segments", "M000f01 F" LLC "0f02 M1103", "part 0f02-INCOMPLETE [SEGMENT]" },
	{ "an M-Bus message in HDLC segments", "S" LLC "0f01 M100f02 F03",  "part 0f02-INCOMPLETE [TRUNCATED]" },
	{ "a bare APDU in HDLC segments", "S" LLC "0f01 A0f02 F03",         "part 0f02-INCOMPLETE [TRUNCATED]" },
};
/* clang-format on */

/* clang-format off */

/* General blocks: L… in an HDLC frame with LLC, B… in one without, K… bare: control, number, octets. */
static const struct {
	const char *name, *comes, *says;
} trains[] = {
	{ "one block",                "Lc000010faa",                        "0faa" },
	{ "two",                      "L4000010f01 Bc0000202",              "part 0f0102" },
	{ "three",                    "L4000010f01 B40000202 Bc0000303",    "part part 0f010203" },
	{ "not streamed",             "L0000010f01 B80000202",              "part 0f0102" },
	{ "all with LLC",             "L4000010f01 Lc0000202",              "part 0f0102" },
	{ "none with LLC",            "B4000010f01 Bc0000202",              "part 0f0102" },
	{ "bare",                     "K4000010f01 Kc0000202",              "part 0f0102" },
	{ "an empty one",             "L4000010f01 B400002 Bc0000303",      "part part 0f0103" },
	{ "twice",                    "L4000010f01 Bc0000202 L4000010f03 Bc0000204", "part 0f0102 part 0f0304" },
	{ "the second lost",          "L4000010f01 B40000303 Bc0000404",    "part [BLOCK]-INCOMPLETE [BLOCK]" },
	{ "the last lost",            "L4000010f01 L4000010f03 Bc0000204",  "part part-INCOMPLETE 0f0304" },
	{ "the first lost",           "B40000202 Bc0000303 Lc000010f",      "[BLOCK] [BLOCK] 0f" },
	{ "two changed places",       "L4000010f01 B40000303 B40000202 Bc0000404", "part [BLOCK]-INCOMPLETE [BLOCK] [BLOCK]" },
	{ "one twice",                "L4000010f01 B40000202 B40000202 Bc0000303", "part part [BLOCK]-INCOMPLETE [BLOCK]" },
	{ "the first in the middle",  "L4000010f01 B40000202 B4000010f05 Bc0000206", "part part part-INCOMPLETE 0f0506" },
	{ "a whole one in the middle", "L4000010f01 Lc000010f02 Bc0000203", "part 0f02-INCOMPLETE [BLOCK]" },
	{ "one behind the last",      "L4000010f01 Bc0000202 Bc0000303",    "part 0f0102 [BLOCK]" },
	{ "number 0",                 "L4000000f01 Bc0000102",              "[BLOCK] 02" },
	{ "the high octet counts",    "L4000010f01 Bc0010202",              "part [BLOCK]-INCOMPLETE" },
	{ "another APDU between",     "L4000010f01 F" LLC "0f02 Bc0000203", "part 0f02-INCOMPLETE [BLOCK]" },
	{ "another maker's APDU between", "L4000010f01 Fc4 Bc0000203",      "part [TRUNCATED] 0f0103" },
	{ "noise between",            "L4000010f01 ! Bc0000202",            "part 0f0102" },
	{ "cut short",                "L4000010f01 F" LLC "e0c0000200000302 Bc0000202", "part [TRUNCATED]-INCOMPLETE [BLOCK]" },
	{ "octets behind",            "L4000010f01 F" LLC "e0c00002000001020f Bc0000202", "part [TRAILING]-INCOMPLETE [BLOCK]" },
	{ "a length of two octets",   "F" LLC "e0c0000100008200020f01",     "0f01" },
	{ "a malformed length",       "F" LLC "e0c000010000800f",           "[COUNT]" },
	{ "cut in the number",        "F" LLC "e0c000",                     "[TRUNCATED]" },
	{ "soon enough",              "@1 L4000010f01 @5001 Bc0000202",     "part 0f0102" },
	{ "too late",                 "@1 L4000010f01 @5002 Bc0000202",     "part -TIMEOUT [BLOCK]" },
	{ "the end",                  "L4000010f01 . Bc0000202",            "part -END [BLOCK]" },
	{ "in segments",              "Se040000100 F00020f01 Se0c00002 F0000020203", "part part part 0f010203" },
	{ "in segments of their own", "Se6e700e040000100 F00020f01 Se6e700e0c00002 F0000020203", "part part part 0f010203" },
	{ "in M-Bus, cut short",     "M10e04000010000020f01 M10e0c0000200000202", "part [TRUNCATED]-INCOMPLETE" },
	{ "in M-Bus, whole",          "M10e04000010000020f01 M10e0c0000200000102", "part 0f0102" },
	{ "a lost segment in a train", "L4000010f01 Se6e700e0c0 ! F0002",   "part part -INCOMPLETE [TRUNCATED]" },
};
/* clang-format on */

struct talk {
	struct framer framer;
	struct message message;
	struct note note;
	uint64_t now_ms;
};

static void talk_init(struct talk *talk)
{
	memset(talk, 0xA5, sizeof(*talk)); /* init expects nothing of it */
	framer_init(&talk->framer, HAN_PROTOCOL_AUTO);
	message_init(&talk->message);
	note_clear(&talk->note);
	talk->now_ms = 0;
}

static void note_state(struct talk *talk, enum message_state state)
{
	struct note *note = &talk->note;
	char hex[2 * 64 + 1];

	switch (state) {
	case MESSAGE_PART:
		note_add(note, "part");
		break;
	case MESSAGE_WHOLE:
		assert_true(talk->message.len <= 64);
		hex_of(talk->message.octets, talk->message.len, hex);
		note_add(note, "%s", talk->message.len > 0 ? hex : "empty");
		break;
	case MESSAGE_BAD:
		note_add(note, "[%s]", reason_word(talk->message.reason));
		break;
	}
}

static enum message_state take_frame(struct talk *talk, const uint8_t *frame, size_t len)
{
	enum framer_event event;

	assert_int_equal(framer_push(&talk->framer, frame, len, 0, &event), len);
	assert_int_equal(event, FRAMER_FRAME);
	return message_take_frame(&talk->message, &talk->framer, talk->now_ms);
}

static enum message_state take_hdlc(struct talk *talk, unsigned format, const char *destination,
                                    const char *source, const uint8_t *octets, size_t len)
{
	struct frame frame;

	frame_make(&frame, format, destination, source, octets, len);
	return take_frame(talk, frame.octets, frame.len);
}

static enum message_state take_mbus(struct talk *talk, const uint8_t *octets, size_t len)
{
	struct mbus_frame frame;

	mbus_frame_make(&frame, octets[0], octets + 1, len - 1);
	return take_frame(talk, frame.octets, frame.len);
}

/* Control and number, then octets: into a block APDU behind an LLC. */
static size_t make_block(const uint8_t *octets, size_t len, uint8_t buf[64])
{
	const uint8_t head[] = { 0xE6,      0xE7,      0x00, 0xE0, octets[0],
		                 octets[1], octets[2], 0x00, 0x00, (uint8_t)(len - 3) };

	memcpy(buf, head, sizeof(head));
	memcpy(buf + sizeof(head), octets + 3, len - 3);
	return sizeof(head) + len - 3;
}

static enum message_state take_word(struct talk *talk, char kind, const uint8_t *octets, size_t len)
{
	uint8_t buf[64];
	size_t n;

	switch (kind) {
	case 'S':
		return take_hdlc(talk, 0xA800, "cf", "0223", octets, len);
	case 'F':
		return take_hdlc(talk, 0xA000, "cf", "0223", octets, len);
	case 's':
		return take_hdlc(talk, 0xA800, "cf", "0221", octets, len);
	case 'f':
		return take_hdlc(talk, 0xA000, "cf", "0221", octets, len);
	case 'd':
		return take_hdlc(talk, 0xA000, "cd", "0223", octets, len);
	case 'M':
		return take_mbus(talk, octets, len);
	case 'A':
		return message_take_apdu(&talk->message, octets, len, talk->now_ms);
	}
	n = make_block(octets, len, buf);
	if (kind == 'K')
		return message_take_apdu(&talk->message, buf + 3, n - 3, talk->now_ms);
	assert_true(kind == 'L' || kind == 'B');
	n -= kind == 'B' ? 3 : 0;
	return take_hdlc(talk, 0xA000, "cf", "0223", kind == 'B' ? buf + 3 : buf, n);
}

/* What the word's look at the message says. */
static void hear_word(struct talk *talk, const char *word)
{
	uint8_t octets[128];
	enum han_err lost;
	struct note before = talk->note;
	const char *gap = note_gap(&talk->note);

	switch (word[0]) {
	case '!':
		message_disturb(&talk->message, false);
		break;
	case '.':
		message_end(&talk->message);
		break;
	case '@':
		talk->now_ms = strtoull(word + 1, NULL, 10);
		message_expire(&talk->message, talk->now_ms);
		break;
	default:
		note_add(&talk->note, "%s", gap);
		note_state(talk, take_word(talk, word[0], octets,
		                           unhex(word + 1, octets, sizeof(octets))));
	}
	lost = message_lost(&talk->message);
	if (lost != HAN_OK)
		note_add(&talk->note, "%s-%s", talk->note.len == before.len ? gap : "",
		         reason_word(lost));
	assert_int_equal(message_lost(&talk->message), HAN_OK);
}

static void hear_words(struct talk *talk, const char *words)
{
	char copy[512];
	int n = snprintf(copy, sizeof(copy), "%s", words);

	assert_true(n >= 0 && (size_t)n < sizeof(copy));
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		hear_word(talk, word);
}

static void check_talk(const char *comes, const char *says)
{
	static struct talk talk;

	talk_init(&talk);
	hear_words(&talk, comes);
	assert_string_equal(talk.note.text, says);
}

static void test_segments(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		say_case(cases[i].name);
		check_talk(cases[i].comes, cases[i].says);
	}
}

static void test_blocks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(trains); i++) {
		say_case(trains[i].name);
		check_talk(trains[i].comes, trains[i].says);
	}
}

/* The headers of a message are those of its first frame. */
static void check_first(const char *comes, enum han_framing framing, bool has_llc, unsigned format)
{
	static struct talk talk;

	talk_init(&talk);
	hear_words(&talk, comes);
	assert_int_equal(talk.message.framing, framing);
	assert_int_equal(talk.message.has_llc, has_llc);
	if (has_llc)
		assert_memory_equal(talk.message.llc, "\xe6\xe7\x00", 3);
	if (framing == HAN_FRAMING_HDLC) {
		assert_int_equal(talk.message.hdlc.format, format);
		assert_int_equal(talk.message.hdlc.source.len, 2);
	}
	if (framing == HAN_FRAMING_MBUS)
		assert_int_equal(talk.message.mbus.ci, format);
}

static void test_headers(void **state)
{
	(void)state;
	check_first("F" LLC "0f", HAN_FRAMING_HDLC, true, 0xA00E);
	check_first("S" LLC "0f01 S02 F030405", HAN_FRAMING_HDLC, true, 0xA80F);
	check_first("L4000010f01 Bc0000202", HAN_FRAMING_HDLC, true, 0xA016);
	check_first("B4000010f01 Bc0000202", HAN_FRAMING_HDLC, false, 0xA013);
	check_first("Se6e700e040000100 F00020f01 Se6e700e0c00002 F0000020203", HAN_FRAMING_HDLC,
	            true, 0xA812);
	check_first("F" LLC "0f M100f", HAN_FRAMING_MBUS, false, 0x10);
	check_first("L4000010f01 B4000010f02", HAN_FRAMING_HDLC, false, 0xA013);
	check_first("M10e04000010000020f01 M00e0c000020000 M11020203", HAN_FRAMING_MBUS, false,
	            0x10);
	check_first("M000f01 M0102 M1203", HAN_FRAMING_MBUS, false, 0x00);
	check_first("F" LLC "0f A0f", HAN_FRAMING_NONE, false, 0);
	check_first("L4000010f01 K4000010f01", HAN_FRAMING_NONE, false, 0);
}

/* Segments of 1000 octets and a last one, up to the limit and beyond. */
static enum message_state take_long(struct talk *talk, size_t total)
{
	uint8_t octets[3 + 1000] = { 0xE6, 0xE7, 0x00, 0x0F };
	enum message_state state = MESSAGE_PART;
	size_t taken = 1000;

	assert_int_equal(take_hdlc(talk, 0xA800, "cf", "0223", octets, sizeof(octets)),
	                 MESSAGE_PART);
	for (size_t n; taken < total && state == MESSAGE_PART; taken += n) {
		n = total - taken < 1000 ? total - taken : 1000;
		memset(octets, (int)(taken / 1000), sizeof(octets));
		state = take_hdlc(talk, n < 1000 ? 0xA000 : 0xA800, "cf", "0223", octets, n);
	}
	return state;
}

static void test_longest_message(void **state)
{
	static struct talk talk;

	(void)state;
	talk_init(&talk);
	assert_int_equal(take_long(&talk, HAN_MESSAGE_MAX), MESSAGE_WHOLE);
	assert_int_equal(talk.message.len, HAN_MESSAGE_MAX);
	assert_int_equal(talk.message.octets[0], 0x0F);
	assert_int_equal(talk.message.octets[HAN_MESSAGE_MAX - 1], 8);

	assert_int_equal(take_long(&talk, HAN_MESSAGE_MAX + 1), MESSAGE_BAD);
	assert_int_equal(talk.message.reason, HAN_ERR_SIZE);
	assert_int_equal(message_lost(&talk.message), HAN_OK); /* it was told */
	note_clear(&talk.note);
	hear_word(&talk, "F02"); /* nothing of it is left */
	hear_word(&talk, "F" LLC "0f01");
	assert_string_equal(talk.note.text, "[TRUNCATED] 0f01");
}

static enum message_state take_long_train(struct talk *talk, size_t total)
{
	uint8_t octets[7 + 4 + 1000] = { 0 };
	enum message_state state = MESSAGE_PART;

	for (size_t at = 0, n, number = 1; at < total && state == MESSAGE_PART; at += n, number++) {
		n = total - at < 1000 ? total - at : 1000;
		const uint8_t head[] = {
			0xE0, n < 1000 ? 0x80 : 0x00, 0,         (uint8_t)number, 0, 0,
			0x82, (uint8_t)(n >> 8),      (uint8_t)n
		};

		memcpy(octets, head, sizeof(head));
		state = take_hdlc(talk, 0xA000, "cf", "0223", octets, sizeof(head) + n);
	}
	return state;
}

static void test_longest_train(void **state)
{
	static struct talk talk;

	(void)state;
	talk_init(&talk);
	assert_int_equal(take_long_train(&talk, HAN_MESSAGE_MAX), MESSAGE_WHOLE);
	assert_int_equal(talk.message.len, HAN_MESSAGE_MAX);
	assert_int_equal(take_long_train(&talk, HAN_MESSAGE_MAX + 1), MESSAGE_BAD);
	assert_int_equal(talk.message.reason, HAN_ERR_SIZE);
	assert_int_equal(message_lost(&talk.message), HAN_OK);
	hear_word(&talk, "Bc0000a02");
	assert_string_equal(talk.note.text, "[BLOCK]");
}

/* Both may have begun; it is one loss for the caller. */
static void test_both_lost(void **state)
{
	static struct talk talk;

	(void)state;
	talk_init(&talk);
	hear_word(&talk, "@1");
	hear_word(&talk, "L4000010f01");
	hear_word(&talk, "Se6e700e0c00002");
	note_clear(&talk.note);
	hear_word(&talk, "@9999");
	assert_string_equal(talk.note.text, "-TIMEOUT");
	hear_word(&talk, ".");
	assert_string_equal(talk.note.text, "-TIMEOUT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segments),      cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_headers),       cmocka_unit_test(test_longest_message),
		cmocka_unit_test(test_longest_train), cmocka_unit_test(test_both_lost),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
