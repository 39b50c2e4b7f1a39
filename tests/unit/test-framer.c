/* The search for frames: what every framing shares, and framings on one line. */
#include "dice.h"
#include "frame.h"
#include "mbus-frame.h"
#include "note.h"
#include "reason.h"

#include "framer.h"

#define HDLC_AA    "7ea00b01020110fb90 aa 9ccc 7e" /* 13 octets */
#define HDLC_AB    "7ea00b01020110fb90 ab 9ccc 7e" /* its frame check is wrong */
#define HDLC_CUT   "7ea00b01020110fb90 aa"
#define HDLC_LONG  "7ea7ff010201109c3e"             /* the header of 2049 octets */
#define MBUS_0F    "68070768 53ff100167 0f00 d9 16" /* 13 octets */
#define MBUS_SUM   "68070768 53ff100167 0f01 d9 16"
#define MBUS_STOP  "68070768 53ff100167 0f00 d9 17"
#define MBUS_LONG  "68fafa68 53ff000167"
#define BEGINNINGS "7ea7ff010201109c3e68fafa6853ff000167" /* the beginnings of both */
#define AUTO       HAN_PROTOCOL_AUTO
#define HDLC       HAN_PROTOCOL_HDLC
#define MBUS       HAN_PROTOCOL_MBUS
#define SEALED     "db08 4b4d500000000001 06 20 00000001 aa "
#define P1         HAN_PROTOCOL_P1

/* clang-format off */

/* A frame is framing@offset+length, a refused one bad-REASON@offset. */
static const struct {
	const char *name;
	enum han_protocol protocol;
	const char *stream, *says;
	size_t discarded;
} streams[] = {
	{ "nothing",                  AUTO, "",                 "", 0 },
	{ "noise only",               AUTO, "00 01 ff 16 0d",   "", 5 },
	{ "one HDLC frame",           AUTO, HDLC_AA,            "hdlc@0+13", 0 },
	{ "one M-Bus frame",          AUTO, MBUS_0F,            "mbus@0+13", 0 },
	{ "HDLC asked for",           HDLC, MBUS_0F HDLC_AA MBUS_0F, "hdlc@13+13", 26 },
	{ "M-Bus asked for",          MBUS, HDLC_AA MBUS_0F HDLC_AA, "mbus@13+13", 26 },
	{ "P1 asked for",             P1,   HDLC_AA MBUS_0F,    "", 26 },
	{ "in turn",                  AUTO, HDLC_AA MBUS_0F HDLC_AA MBUS_0F, "hdlc@0+13 mbus@13+13 hdlc@26+13 mbus@39+13", 0 },
	{ "in turn, noise between",   AUTO, "01" HDLC_AA "02" MBUS_0F "03" HDLC_AA "04", "hdlc@1+13 mbus@15+13 hdlc@29+13", 4 },
	{ "a flag shared",            AUTO, HDLC_AA "a00b01020110fb90 aa 9ccc 7e", "hdlc@0+13 hdlc@12+13", 0 },
	{ "flags fill",               AUTO, "7e7e7e" HDLC_AA "7e7e" HDLC_AA "7e", "hdlc@3+13 hdlc@18+13", 0 },
	{ "flags only",               AUTO, "7e7e7e7e",         "", 0 },
	{ "start octets only",        AUTO, "68686868",         "bad-END@0 bad-END@1 bad-END@2", 4 },
	{ "a start octet at the end", AUTO, HDLC_AA "68",       "hdlc@0+13", 1 },
	{ "a slash at the end",       AUTO, HDLC_AA "2f",       "hdlc@0+13", 1 },
	{ "HDLC in an M-Bus frame that ends early", AUTO, MBUS_LONG HDLC_AA, "bad-END@0 hdlc@9+13", 9 },
	{ "M-Bus in an HDLC frame that ends early", AUTO, HDLC_LONG MBUS_0F, "bad-END@0 mbus@9+13", 9 },
	{ "both, one in the other",   AUTO, HDLC_LONG MBUS_LONG HDLC_LONG MBUS_0F, "bad-END@0 bad-END@9 bad-END@18 mbus@27+13", 27 },
	{ "M-Bus behind a wrong HDLC frame", AUTO, HDLC_AB MBUS_0F, "bad-FCS@0 mbus@13+13", 13 },
	{ "HDLC behind a wrong M-Bus frame", AUTO, MBUS_SUM HDLC_AA, "bad-CHECKSUM@0 hdlc@13+13", 13 },
	{ "no stop octet",            AUTO, MBUS_STOP MBUS_0F,  "bad-STOP@0 mbus@13+13", 13 },
	{ "the end in an HDLC frame", AUTO, HDLC_AA HDLC_CUT,   "hdlc@0+13 bad-END@13", 10 },
	{ "the end in an M-Bus frame", AUTO, HDLC_AA MBUS_LONG, "hdlc@0+13 bad-END@13", 9 },
	{ "the end where two had begun", AUTO, HDLC_LONG MBUS_LONG, "bad-END@0 bad-END@9", 18 },
	{ "a ciphered telegram",      AUTO, SEALED,             "p1@0+17", 0 },
	{ "one behind noise",         AUTO, "01" SEALED,        "", 18 },
	{ "one behind noise behind one", AUTO, SEALED "01" SEALED, "p1@0+17 p1@18+17", 1 },
	{ "one behind noise behind an HDLC frame", AUTO, SEALED HDLC_AA "01" SEALED, "p1@0+17 hdlc@17+13", 18 },
	{ "a header where a ciphered telegram's title ends it", AUTO, "db08 7ea005 010203040506", "bad-LENGTH@2", 11 },
	{ "one where its control ends it", AUTO, "db08 4b4d50 7ea005 0000 06 55", "bad-LENGTH@5", 12 },
	{ "an M-Bus frame inside an HDLC frame's information is not looked for", AUTO,
	  "7ea017010201108b53" MBUS_0F "b423 7e", "hdlc@0+25", 0 },
};
/* clang-format on */

struct watch {
	struct framer framer;
	struct note note;
	size_t discarded;
	const uint8_t *stream; /* NULL: the frames' octets are not looked at */
};

static void watch_init(struct watch *watch, enum han_protocol protocol, const uint8_t *stream)
{
	memset(watch, 0xA5, sizeof(*watch));
	framer_init(&watch->framer, protocol);
	note_clear(&watch->note);
	watch->discarded = 0;
	watch->stream = stream;
}

static void watch_event(struct watch *watch, enum framer_event event)
{
	const struct framer *f = &watch->framer;
	const uint8_t *frame, *payload;
	size_t len, payload_len;
	unsigned long long offset = framer_offset(f);

	watch->discarded += f->discarded;
	if (event == FRAMER_MORE)
		return;
	frame = framer_frame(f, &len);
	assert_true(len > 0);
	if (watch->stream)
		assert_memory_equal(frame, watch->stream + offset, len);
	if (event == FRAMER_BAD) {
		note_add(&watch->note, "%sbad-%s@%llu", note_gap(&watch->note),
		         reason_word(f->reason), offset);
		return;
	}
	payload = framer_payload(f, &payload_len);
	assert_true(payload >= frame && payload_len <= len);
	assert_true(payload + payload_len <= frame + len);
	note_add(&watch->note, "%s%s@%llu+%zu", note_gap(&watch->note),
	         han_framing_name(f->framing), offset, len);
}

static void watch_push(struct watch *watch, const uint8_t *buf, size_t len, uint64_t now_ms)
{
	enum framer_event event;

	do {
		size_t used = framer_push(&watch->framer, buf, len, now_ms, &event);

		assert_true(used <= len);
		buf += used;
		len -= used;
		watch_event(watch, event);
	} while (event != FRAMER_MORE);
	assert_int_equal(len, 0);
}

static void watch_push_hex(struct watch *watch, const char *hex, uint64_t now_ms)
{
	uint8_t buf[256];
	size_t len = unhex(hex, buf, sizeof(buf));

	watch_push(watch, buf, len, now_ms);
}

static void watch_end(struct watch *watch)
{
	enum framer_event event;

	do {
		framer_end(&watch->framer, &event);
		watch_event(watch, event);
	} while (event != FRAMER_MORE);
}

/* In parts of every length. */
static void test_streams(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(streams); i++) {
		uint8_t buf[256];
		size_t len = unhex(streams[i].stream, buf, sizeof(buf));

		say_case(streams[i].name);
		for (size_t part = 1; part <= len + 1; part++) {
			static struct watch watch;

			watch_init(&watch, streams[i].protocol, buf);
			for (size_t at = 0; at < len; at += part)
				watch_push(&watch, buf + at, len - at < part ? len - at : part, 0);
			watch_end(&watch);
			assert_string_equal(watch.note.text, streams[i].says);
			assert_int_equal(watch.discarded, streams[i].discarded);
		}
	}
}

/* Each event tells the octets discarded since the one before; the octets of a refused frame are told with
 * the event after it. */
static void test_discarded_by_event(void **state)
{
	static const size_t expected[] = { 2, 3, 14, 1 };
	static struct framer f;
	uint8_t buf[256];
	size_t len = unhex("0102" HDLC_AA "030405" HDLC_AB "06" HDLC_AA "68", buf, sizeof(buf));
	size_t at = 0;
	enum framer_event event;

	(void)state;
	framer_init(&f, HAN_PROTOCOL_AUTO);
	for (size_t i = 0; i < COUNT(expected) - 1; i++) {
		at += framer_push(&f, buf + at, len - at, 0, &event);
		assert_int_equal(event, i == 1 ? FRAMER_BAD : FRAMER_FRAME);
		assert_int_equal(f.discarded, expected[i]);
	}
	at += framer_push(&f, buf + at, len - at, 0, &event);
	assert_int_equal(event, FRAMER_MORE);
	assert_int_equal(f.discarded, 0);
	assert_int_equal(at, len);
	framer_end(&f, &event);
	assert_int_equal(event, FRAMER_MORE);
	assert_int_equal(f.discarded, expected[3]);
	framer_end(&f, &event);
	assert_int_equal(f.discarded, 0);
}

/* What is left in the buffer behind a frame is told with the event after that. */
static void test_discarded_behind_a_found_frame(void **state)
{
	static struct framer f;
	uint8_t buf[2049] = { 0 };
	enum framer_event event;
	size_t at;

	(void)state;
	unhex(HDLC_LONG, buf, 9);
	unhex(MBUS_0F "01", buf + sizeof(buf) - 14, 14);
	framer_init(&f, HAN_PROTOCOL_AUTO);
	at = framer_push(&f, buf, sizeof(buf), 0, &event);
	assert_int_equal(event, FRAMER_BAD);
	assert_int_equal(at, sizeof(buf));
	framer_push(&f, NULL, 0, 0, &event);
	assert_int_equal(event, FRAMER_FRAME);
	assert_int_equal(f.discarded, sizeof(buf) - 14);
	framer_push(&f, NULL, 0, 0, &event);
	assert_int_equal(event, FRAMER_MORE);
	assert_int_equal(f.discarded, 1);
}

/* clang-format off */

/* Octets and when they come; the first at 1000. */
static const struct {
	const char *name;
	struct { const char *hex; uint64_t after_ms; } parts[4];
	const char *says;
	bool fresh; /* the candidate that begins now */
} gaps[] = {
	{ "at the start",           { { "", 0 } },                                   "", true },
	{ "behind noise",           { { "0102", 0 } },                               "", false },
	{ "noise and a pause",      { { "0102", 0 }, { "", 1001 } },                 "", true },
	{ "noise and no pause",     { { "0102", 0 }, { "", 1000 } },                 "", false },
	{ "behind an M-Bus frame",  { { "01" MBUS_0F, 0 } },                         "mbus@1+13", true },
	{ "behind an HDLC frame",   { { "01" HDLC_AA, 0 } },                         "hdlc@1+13", true },
	{ "behind flags",           { { "01" HDLC_AA "7e7e", 0 } },                  "hdlc@1+13", true },
	{ "behind noise after a frame", { { MBUS_0F "01", 0 } },                     "mbus@0+13", false },
	{ "behind a refused frame", { { MBUS_SUM, 0 } },                             "bad-CHECKSUM@0", false },
	{ "a gap in an HDLC frame", { { HDLC_CUT, 0 }, { "9ccc7e", 1000 } },         "hdlc@0+13", true },
	{ "a pause in an HDLC frame", { { HDLC_CUT, 0 }, { "9ccc7e", 1001 } },       "bad-TIMEOUT@0", false },
	{ "a pause in an M-Bus frame", { { MBUS_LONG, 0 }, { MBUS_0F, 1001 } },      "bad-TIMEOUT@0 mbus@9+13", true },
	{ "a pause, then nothing",  { { HDLC_CUT, 0 }, { "", 1001 } },               "bad-TIMEOUT@0", true },
	{ "gaps that add up",       { { HDLC_CUT, 0 }, { "9c", 900 }, { "cc", 900 }, { "7e", 900 } }, "hdlc@0+13", true },
	{ "a look between",         { { HDLC_CUT, 0 }, { "", 600 }, { "9ccc7e", 600 } }, "bad-TIMEOUT@0", false },
	{ "two had begun",          { { HDLC_LONG MBUS_LONG, 0 }, { HDLC_AA, 1001 } }, "bad-TIMEOUT@0 bad-TIMEOUT@9 hdlc@18+13", true },
	{ "one had begun, and a whole frame in it", { { HDLC_LONG MBUS_0F, 0 }, { "", 1001 } }, "bad-TIMEOUT@0 mbus@9+13", true },
	{ "a lone flag",            { { "7e", 0 }, { "a00b01020110fb90 aa 9ccc 7e", 5000 } }, "hdlc@0+13", true },
	{ "a shared flag",          { { HDLC_AA, 0 }, { "a00b01020110fb90 aa 9ccc 7e", 5000 } }, "hdlc@0+13 hdlc@12+13", true },
	{ "a lone start octet",     { { "0168", 0 }, { "", 1001 } },                 "", true },
	{ "a lone DB",              { { "01db", 0 }, { "", 1001 } },                 "", true },
	{ "a lone start octet, and no pause", { { "0168", 0 }, { "", 1000 } },       "", false },
};
/* clang-format on */

static void test_gaps(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(gaps); i++) {
		static struct watch watch;
		uint64_t now_ms = 1000;

		say_case(gaps[i].name);
		watch_init(&watch, HAN_PROTOCOL_AUTO, NULL);
		for (size_t k = 0; k < COUNT(gaps[i].parts) && gaps[i].parts[k].hex; k++) {
			now_ms += gaps[i].parts[k].after_ms;
			watch_push_hex(&watch, gaps[i].parts[k].hex, now_ms);
		}
		assert_string_equal(watch.note.text, gaps[i].says);
		watch_push_hex(&watch, "68", now_ms);
		assert_int_equal(watch.framer.framing, HAN_FRAMING_MBUS);
		assert_int_equal(watch.framer.fresh, gaps[i].fresh);
	}
}

/* A flag in front, the last one's or one after a pause, does not take a beginning's freshness. */
static void test_fresh_behind_a_flag(void **state)
{
	static const char *const before[] = { "7e", HDLC_AA, HDLC_AA "7e", MBUS_0F "7e" };
	static struct watch watch;

	(void)state;
	for (size_t i = 0; i < COUNT(before); i++) {
		watch_init(&watch, HAN_PROTOCOL_AUTO, NULL);
		watch_push_hex(&watch, before[i], 0);
		watch_push_hex(&watch, "68", 0);
		assert_int_equal(framer_have(&watch.framer), 1);
		assert_int_equal(watch.framer.framing, HAN_FRAMING_MBUS);
		assert_true(watch.framer.fresh);
	}
	watch_init(&watch, HAN_PROTOCOL_AUTO, NULL);
	watch_push_hex(&watch, "017e68", 0);
	assert_false(watch.framer.fresh);
}

/* Time 0 is no time, before or after; and a clock that goes back is no pause. */
static void test_no_clock(void **state)
{
	static const uint64_t times[][2] = {
		{ 0, 0 }, { 0, 90000 }, { 90000, 0 }, { 90000, 80000 }
	};

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		static struct watch watch;

		watch_init(&watch, HAN_PROTOCOL_AUTO, NULL);
		watch_push_hex(&watch, HDLC_CUT, times[i][0]);
		watch_push_hex(&watch, "9ccc7e", times[i][1]);
		assert_string_equal(watch.note.text, "hdlc@0+13");
	}
}

/* After the end it is as at the start, but counts on. */
static void test_end(void **state)
{
	static const char *const before[] = { "",       "01",      "7e",    "68",
		                              HDLC_CUT, MBUS_LONG, HDLC_AA, BEGINNINGS };

	(void)state;
	for (size_t i = 0; i < COUNT(before); i++) {
		static struct watch watch;
		uint8_t buf[256];
		size_t len = unhex(before[i], buf, sizeof(buf));
		char expected[32];

		watch_init(&watch, HAN_PROTOCOL_AUTO, NULL);
		watch_push(&watch, buf, len, 1000);
		watch_end(&watch);
		watch_end(&watch);
		assert_true(watch.framer.fresh);
		assert_int_equal(framer_have(&watch.framer), 0);
		note_clear(&watch.note);
		snprintf(expected, sizeof(expected), "mbus@%zu+13", len);
		watch_push_hex(&watch, MBUS_0F, 900000);
		assert_string_equal(watch.note.text, expected);
	}
}

/* A refused frame is shown as far as it is there. */
static void test_refused_frame(void **state)
{
	static struct framer f;
	uint8_t buf[256];
	size_t len = unhex("01" HDLC_AB "02", buf, sizeof(buf));
	enum framer_event event;
	const uint8_t *frame;
	size_t frame_len;

	(void)state;
	framer_init(&f, HAN_PROTOCOL_AUTO);
	assert_int_equal(framer_push(&f, buf, len, 0, &event), len - 1);
	assert_int_equal(event, FRAMER_BAD);
	assert_int_equal(f.framing, HAN_FRAMING_HDLC);
	frame = framer_frame(&f, &frame_len);
	assert_int_equal(frame_len, 13);
	assert_memory_equal(frame, buf + 1, 13);
	assert_int_equal(framer_offset(&f), 1);
}

/* A frame of either framing, of any length. */
static size_t put_frame(uint8_t *at, struct dice *dice)
{
	uint8_t octets[2036];
	struct frame hdlc;
	struct mbus_frame mbus;

	dice_fill(dice, octets, sizeof(octets));
	if (dice_below(dice, 3) == 0) {
		mbus_frame_make(&mbus, 0x10, octets, dice_below(dice, 256));
		memcpy(at, mbus.octets, mbus.len);
		return mbus.len;
	}
	frame_make(&hdlc, 0xA000, "01", "0201", octets, 1 + dice_below(dice, sizeof(octets)));
	memcpy(at, hdlc.octets, hdlc.len);
	return hdlc.len;
}

/* Frames of all lengths and both framings, behind one another and torn anywhere: the buffer is filled and
 * moved many times. */
static void test_long_stream(void **state)
{
	static uint8_t stream[1 << 20];
	static struct watch watch;
	struct dice dice = dice_new();
	size_t len = 0, frames = 0;

	(void)state;
	while (len < sizeof(stream) - sizeof(struct frame)) {
		len += put_frame(stream + len, &dice);
		frames++;
	}
	watch_init(&watch, HAN_PROTOCOL_AUTO, stream);
	for (size_t at = 0, n; at < len; at += n) {
		n = 1 + dice_below(&dice, 3000);
		if (n > len - at)
			n = len - at;
		watch_push(&watch, stream + at, n, 0);
		assert_null(strstr(watch.note.text, "bad"));
		for (const char *c = watch.note.text; *c; c++)
			frames -= *c == '@';
		note_clear(&watch.note);
	}
	assert_int_equal(frames, 0);
	assert_int_equal(watch.discarded, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_discarded_by_event),
		cmocka_unit_test(test_discarded_behind_a_found_frame),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_fresh_behind_a_flag),
		cmocka_unit_test(test_no_clock),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_refused_frame),
		cmocka_unit_test(test_long_stream),
	};

	return cmocka_run_group_tests_name("framer", tests, NULL, NULL);
}
