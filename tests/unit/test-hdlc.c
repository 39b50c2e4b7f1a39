/* HDLC framing: what is delivered, what is refused and why, and that noise costs only what it hits. */
#include <stdlib.h>

#include "frame.h"
#include "note.h"

#include <han/decoder.h>

#include "framer.h"
#include "hdlc.h"

/* Frames without their flags; the last two octets of a header and of a frame are checks. */
#define A       "a00b01020110fb90 aa 9ccc"
#define B       "a00d0102011063ab 7e7d7e f185" /* flag and escape octets inside */
#define C       "a00b01020110fb90 cc acca"
#define SEGMENT "a80b01020110a3b1 dd a4cb"
#define NOTHING "a00703217301e6"         /* no information */
#define ONE     "a00a032113880e 55 e4c3" /* shortest with information */
#define BAD_HCS "a00b01020111fb90 aa 9ccc"
#define BAD_FCS "a00b01020110fb90 ab 9ccc"
/* Headers whose check is right and whose length is not. */
#define LENGTH_0    "a0000102011017d7"
#define LENGTH_6    "a006032113bc99"
#define LENGTH_8    "a008032113fe37"
#define LENGTH_9    "a009032113452b"
#define LENGTH_7    "a007 02020201 00000001 10 ec11" /* shorter than its addresses */
#define LENGTH_7A   "a00701020110cbe7"               /* an octet shorter than its header */
#define TO_FLAG     "a01401020110474e" /* up to the closing flag of a frame behind it */
#define BEFORE_FLAG "a013010201109b7e" /* one octet less; its check ends like a flag */
#define LONGEST     "a7ff010201109c3e"

/* clang-format off */
static const struct {
	const char *name, *stream;
	const char *events; /* information of frames, reasons of refusals, octets skipped before each */
} streams[] = {
	{ "nothing",                    "",                               "" },
	{ "one frame",                  "7e" A "7e",                      "frame:aa" },
	{ "two flags between",          "7e" A "7e 7e" B "7e",            "frame:aa frame:7e7d7e" },
	{ "one flag between",           "7e" A "7e" B "7e" C "7e",        "frame:aa frame:7e7d7e frame:cc" },
	{ "both in turn",               "7e" A "7e" B "7e 7e" C "7e",     "frame:aa frame:7e7d7e frame:cc" },
	{ "fill flags",                 "7e 7e 7e 7e" A "7e 7e 7e 7e 7e" B "7e", "frame:aa frame:7e7d7e" },
	{ "a fill flag at the end",     "7e" A "7e 7e",                   "frame:aa" },
	{ "fill flags at the end",      "7e" A "7e 7e 7e 7e",             "frame:aa" },
	{ "only flags",                 "7e 7e 7e 7e 7e",                 "" },
	{ "a flag",                     "7e",                             "" },
	{ "two flags",                  "7e 7e",                          "" },
	{ "no information",             "7e" NOTHING "7e" A "7e",         "frame: frame:aa" },
	{ "shortest information",       "7e" ONE "7e" A "7e",             "frame:55 frame:aa" },
	{ "segmented",                  "7e" SEGMENT "7e",                "segment:dd" },
	{ "noise only",                 "00 01 02 ff a0",                 "skip:5" },
	{ "noise before",               "00 01 02 7e" A "7e",             "skip:3 frame:aa" },
	{ "noise with flags before",    "7e 00 7e 01 02 7e" A "7e",       "skip:5 frame:aa" },
	{ "noise between",              "7e" A "7e 11 22 33 7e" B "7e",   "frame:aa skip:3 frame:7e7d7e" },
	{ "noise behind a fill flag",   "7e" A "7e 7e 11 22 7e" B "7e",   "frame:aa skip:3 frame:7e7d7e" },
	{ "noise behind",               "7e" A "7e 11 22 33",             "frame:aa skip:3" },
	{ "one octet of noise behind",  "7e" A "7e 11",                   "frame:aa skip:1" },
	{ "one octet of noise between", "7e" A "7e 11 7e" B "7e",         "frame:aa skip:1 frame:7e7d7e" },
	{ "noise like a format",        "7e" A "7e a0 7e" B "7e",         "frame:aa bad:HCS skip:1 frame:7e7d7e" },
	{ "middle of a frame",          "90 aa 9c cc 7e" B "7e",          "skip:4 frame:7e7d7e" },
	{ "middle of a frame, two flags", "90 aa 9c cc 7e 7e" B "7e",     "skip:4 frame:7e7d7e" },
	{ "middle of one with flags inside", "ab 7e 7d 7e f1 85 7e" C "7e", "skip:6 frame:cc" },
	{ "header check wrong",         "7e" BAD_HCS "7e" A "7e",         "bad:HCS skip:12 frame:aa" },
	{ "header check wrong, flags",  "7e" BAD_HCS "7e 7e" A "7e",      "bad:HCS skip:12 frame:aa" },
	{ "frame check wrong",          "7e" BAD_FCS "7e" A "7e",         "bad:FCS skip:12 frame:aa" },
	{ "frame check wrong, shared",  "7e" A "7e" BAD_FCS "7e" C "7e",  "frame:aa bad:FCS skip:11 frame:cc" },
	{ "two wrong ones",             "7e" BAD_FCS "7e" BAD_HCS "7e" C "7e", "bad:FCS skip:12 bad:HCS skip:12 frame:cc" },
	{ "no closing flag",            "7e" A "00 7e" B "7e",            "bad:FLAG skip:13 frame:7e7d7e" },
	{ "closing flag lost",          "7e" A B "7e" C "7e",             "bad:FLAG skip:25 frame:cc" },
	{ "length 0",                   "7e" LENGTH_0 "7e" A "7e",        "bad:LENGTH skip:9 frame:aa" },
	{ "length 6",                   "7e" LENGTH_6 "7e" A "7e",        "bad:LENGTH skip:8 frame:aa" },
	{ "length 6, and no more",      "7e a006",                        "bad:LENGTH skip:3" },
	{ "length 7, a header of 8",    "7e" LENGTH_7A "7e" A "7e",       "bad:LENGTH skip:9 frame:aa" },
	{ "length 7, longer addresses", "7e" LENGTH_7 "7e" A "7e",        "bad:LENGTH skip:14 frame:aa" },
	{ "length 8: half a check",     "7e" LENGTH_8 "7e" A "7e",        "bad:LENGTH skip:8 frame:aa" },
	{ "length 9: a check of nothing", "7e" LENGTH_9 "7e" A "7e",      "bad:LENGTH skip:8 frame:aa" },
	{ "length 9, octets enough",    "7e" LENGTH_9 "00 00 7e" A "7e",  "bad:LENGTH skip:10 frame:aa" },
	{ "type 9",                     "7e 900b010201102b57 aa 9ccc 7e" A "7e", "skip:12 frame:aa" },
	{ "type B",                     "7e b00b010201104bd2 aa 9ccc 7e" A "7e", "skip:12 frame:aa" },
	{ "type 2",                     "7e 20 0b 7e" A "7e",             "skip:3 frame:aa" },
	{ "end in the format",          "7e a0",                          "bad:END skip:2" },
	{ "end in the addresses",       "7e a00b01",                      "bad:END skip:4" },
	{ "end in the header check",    "7e a00b01020110fb",              "bad:END skip:8" },
	{ "end in the information",     "7e a00d0102011063ab 7e",         "bad:END skip:9" },
	{ "end before the closing flag", "7e" A,                          "bad:END skip:12" },
	{ "end, shared flag",           "7e" A "7e" "a00d01",             "frame:aa bad:END skip:3" },
	{ "length too long: a frame inside",        "7e" LONGEST "7e" A "7e",              "bad:END skip:9 frame:aa" },
	{ "length too long: frames and noise inside", "7e" LONGEST "7e" A "7e 01 02 7e" B "7e 7e" C "7e",
	  "bad:END skip:9 frame:aa skip:2 frame:7e7d7e frame:cc" },
	{ "too long inside too long",   "7e" LONGEST "7e" LONGEST "7e" A "7e",             "bad:END skip:9 bad:END skip:9 frame:aa" },
	{ "length up to another frame's flag", "7e" TO_FLAG "7e" A "7e" B "7e",            "bad:FCS skip:9 frame:aa frame:7e7d7e" },
	{ "length up to another frame's end",  "7e" BEFORE_FLAG "7e" A "7e" B "7e",        "bad:FLAG skip:8 frame:aa frame:7e7d7e" },
	{ "frame cut short, another behind", "7e a00d0102011063ab 7e7d 7e" A "7e",         "bad:FLAG skip:11 frame:aa" },
};
/* clang-format on */

static const char *reason_name(enum han_err reason)
{
	switch ((unsigned)reason) {
	case HAN_ERR_LENGTH:
		return "LENGTH";
	case HAN_ERR_ADDRESS:
		return "ADDRESS";
	case HAN_ERR_HCS:
		return "HCS";
	case HAN_ERR_FCS:
		return "FCS";
	case HAN_ERR_FLAG:
		return "FLAG";
	case HAN_ERR_TIMEOUT:
		return "TIMEOUT";
	case HAN_ERR_END:
		return "END";
	}
	return "?";
}

/* A receiver and what it said. */
struct line {
	struct framer hdlc;
	struct note note;
	size_t skipped; /* octets that belong to no frame, since the last frame or refusal */
};

static void line_init(struct line *line)
{
	memset(&line->hdlc, 0xA5, sizeof(line->hdlc)); /* init expects nothing of it */
	framer_init(&line->hdlc, HAN_PROTOCOL_HDLC);
	note_clear(&line->note);
	line->skipped = 0;
}

static void note_skipped(struct line *line)
{
	if (line->skipped > 0)
		note_add(&line->note, "%sskip:%zu", note_gap(&line->note), line->skipped);
	line->skipped = 0;
}

static void note_frame(struct line *line)
{
	bool segmented = line->hdlc.hdlc.format & HDLC_SEGMENTED;
	size_t len;
	const uint8_t *information = framer_payload(&line->hdlc, &len);

	note_add(&line->note, "%s%s:", note_gap(&line->note), segmented ? "segment" : "frame");
	for (size_t i = 0; i < len; i++)
		note_add(&line->note, "%02x", information[i]);
}

static void note_event(struct line *line, enum framer_event event)
{
	line->skipped += line->hdlc.discarded;
	if (event == FRAMER_MORE)
		return;
	note_skipped(line);
	if (event == FRAMER_FRAME)
		note_frame(line);
	else
		note_add(&line->note, "%sbad:%s", note_gap(&line->note),
		         reason_name(line->hdlc.reason));
}

/* From a block of its own, which is gone afterwards: nothing is read behind it or kept of it. */
static void line_push(struct line *line, const uint8_t *buf, size_t len, uint64_t now_ms)
{
	uint8_t *block = malloc(len + 1);
	size_t at = 0;
	enum framer_event event;

	assert_non_null(block);
	memcpy(block + 1, buf, len);
	do {
		at += framer_push(&line->hdlc, block + 1 + at, len - at, now_ms, &event);
		assert_true(at <= len);
		note_event(line, event);
	} while (event != FRAMER_MORE);
	assert_int_equal(at, len);
	free(block);
}

static void line_end(struct line *line)
{
	enum framer_event event;

	do {
		framer_end(&line->hdlc, &event);
		note_event(line, event);
	} while (event != FRAMER_MORE);
	note_skipped(line);
}

static void check_whole(const uint8_t *buf, size_t len, const char *events)
{
	struct line line;

	line_init(&line);
	line_push(&line, buf, len, 0);
	line_end(&line);
	assert_string_equal(line.note.text, events);
}

static void check_octets(const uint8_t *buf, size_t len, const char *events)
{
	struct line line;

	line_init(&line);
	for (size_t i = 0; i < len; i++)
		line_push(&line, buf + i, 1, 0);
	line_end(&line);
	assert_string_equal(line.note.text, events);
}

static void check_split(const uint8_t *buf, size_t len, size_t cut, const char *events)
{
	struct line line;

	line_init(&line);
	line_push(&line, buf, cut, 0);
	line_push(&line, buf + cut, len - cut, 0);
	line_end(&line);
	assert_string_equal(line.note.text, events);
}

static void check_stream(const char *name, const char *hex, const char *events)
{
	uint8_t buf[256];
	size_t len = unhex(hex, buf, sizeof(buf));

	say_case(name);
	check_whole(buf, len, events);
	check_octets(buf, len, events);
	for (size_t cut = 0; cut <= len; cut++)
		check_split(buf, len, cut, events);
}

static void test_streams(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(streams); i++)
		check_stream(streams[i].name, streams[i].stream, streams[i].events);
}

/* clang-format off */
static const struct {
	const char *destination, *source;
	bool sound;
} addresses[] = {
	{ "01",           "01",         true },
	{ "ff",           "03",         true },
	{ "01",           "0201",       true },
	{ "41",           "0883",       true },
	{ "ceff",         "03",         true },
	{ "0003",         "0005",       true },
	{ "00000001",     "03",         true },
	{ "03",           "00020001",   true },
	{ "02040605",     "fefcfa01",   true },
	{ "020201",       "03",         false },
	{ "03",           "020201",     false },
	{ "00000001",     "020201",     false },
	{ "020201",       "020201",     false },
	{ "0202020201",   "03",         false },
	{ "03",           "0202020201", false },
	{ "00000001",     "0202020201", false },
	{ "020202020201", "03",         false },
};
/* clang-format on */

static void check_address(const struct han_address *address, const char *hex)
{
	uint8_t octets[8];

	assert_int_equal(address->len, unhex(hex, octets, sizeof(octets)));
	assert_memory_equal(address->octets, octets, address->len);
}

/* A frame of one octet of information, as far as its header is told. */
static void check_header(const struct frame *frame, const char *destination, const char *source)
{
	static struct framer f;
	enum framer_event event;
	const uint8_t *octets;
	size_t len;

	framer_init(&f, HAN_PROTOCOL_HDLC);
	assert_int_equal(framer_push(&f, frame->octets, frame->len - 1, 0, &event), frame->len - 1);
	assert_int_equal(event, FRAMER_MORE);
	assert_int_equal(framer_push(&f, frame->octets + frame->len - 1, 1, 0, &event), 1);
	assert_int_equal(event, FRAMER_FRAME);
	assert_int_equal(f.discarded, 0);

	octets = framer_frame(&f, &len);
	assert_int_equal(len, frame->len);
	assert_memory_equal(octets, frame->octets, len);
	assert_int_equal(f.hdlc.format, frame->octets[1] << 8 | frame->octets[2]);
	check_address(&f.hdlc.destination, destination);
	check_address(&f.hdlc.source, source);
	assert_int_equal(f.hdlc.control, 0x13);
	assert_memory_equal(f.hdlc.hcs, frame->octets + len - 6, 2);
	assert_memory_equal(f.hdlc.fcs, frame->octets + len - 3, 2);
	octets = framer_payload(&f, &len);
	assert_int_equal(len, 1);
	assert_int_equal(*octets, 0x11);
}

static void test_addresses(void **state)
{
	const uint8_t information = 0x11;

	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct frame frame;
		char refused[32];

		say_case(addresses[i].destination);
		say_case(addresses[i].source);
		frame_make(&frame, 0xA000, addresses[i].destination, addresses[i].source,
		           &information, 1);
		if (addresses[i].sound) {
			check_header(&frame, addresses[i].destination, addresses[i].source);
			continue;
		}
		snprintf(refused, sizeof(refused), "bad:ADDRESS skip:%zu", frame.len - 1);
		check_whole(frame.octets, frame.len, refused);
		check_octets(frame.octets, frame.len, refused);
	}
}

/* clang-format off */
static const struct {
	const char *name;
	uint64_t first_ms;
	const char *first;
	uint64_t second_ms;
	const char *second;
	const char *events;
} gaps[] = {
	{ "as long as allowed",       1000, "7e a00b0102", 1000 + HAN_IDLE_MS,     "0110fb90 aa 9ccc 7e", "frame:aa" },
	{ "too long",                 1000, "7e a00b0102", 1000 + HAN_IDLE_MS + 1, "0110fb90 aa 9ccc 7e", "bad:TIMEOUT skip:12" },
	{ "too long by far",          1000, "7e a00b0102", UINT64_MAX,             "0110fb90 aa 9ccc 7e", "bad:TIMEOUT skip:12" },
	{ "no time at all",           0,    "7e a00b0102", 0,                      "0110fb90 aa 9ccc 7e", "frame:aa" },
	{ "no time at first",         0,    "7e a00b0102", 900000,                 "0110fb90 aa 9ccc 7e", "frame:aa" },
	{ "no time then",             1000, "7e a00b0102", 0,                      "0110fb90 aa 9ccc 7e", "frame:aa" },
	{ "the next frame is whole",  1000, "7e a00b0102", 9000,                   "7e" B "7e",           "bad:TIMEOUT skip:5 frame:7e7d7e" },
	{ "before the closing flag",  1000, "7e" A,        9000,                   "7e" B "7e",           "bad:TIMEOUT skip:12 frame:7e7d7e" },
	{ "in the format",            1000, "7e a0",       9000,                   "7e" B "7e",           "bad:TIMEOUT skip:2 frame:7e7d7e" },
	{ "nothing comes any more",   1000, "7e a00b0102", 9000,                   "",                    "bad:TIMEOUT skip:5" },
	{ "between two frames",       1000, "7e" A "7e",   9000,                   "7e" B "7e",           "frame:aa frame:7e7d7e" },
	{ "between two, one flag",    1000, "7e" A "7e",   9000,                   B "7e",                "frame:aa frame:7e7d7e" },
	{ "behind two flags",         1000, "7e" A "7e 7e", 9000,                  B "7e",                "frame:aa frame:7e7d7e" },
	{ "behind two flags, a third", 1000, "7e" A "7e 7e", 9000,                 "7e" B "7e",           "frame:aa frame:7e7d7e" },
	{ "behind three flags",       1000, "7e" A "7e 7e 7e", 9000,               B "7e",                "frame:aa frame:7e7d7e" },
	{ "behind a lone flag",       1000, "7e",          9000,                   A "7e",                "frame:aa" },
	{ "behind noise",             1000, "7e 11 22",    9000,                   "7e" A "7e",           "skip:3 frame:aa" },
	{ "behind an octet of noise", 1000, "7e 11",       9000,                   "7e" A "7e",           "skip:2 frame:aa" },
	{ "a frame inside",           1000, "7e" LONGEST "7e" A "7e", 9000,        "7e" B "7e",           "bad:TIMEOUT skip:9 frame:aa frame:7e7d7e" },
	{ "all that was begun",       1000, "7e" LONGEST "7e" LONGEST "7e a00b",  9000, "7e" B "7e",
	  "bad:TIMEOUT skip:9 bad:TIMEOUT skip:9 bad:TIMEOUT skip:3 frame:7e7d7e" },
};
/* clang-format on */

static void test_gaps(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(gaps); i++) {
		uint8_t buf[128];
		struct line line;
		size_t len = unhex(gaps[i].first, buf, sizeof(buf));

		say_case(gaps[i].name);
		line_init(&line);
		line_push(&line, buf, len, gaps[i].first_ms);
		len = unhex(gaps[i].second, buf, sizeof(buf));
		line_push(&line, buf, len, gaps[i].second_ms);
		line_end(&line);
		assert_string_equal(line.note.text, gaps[i].events);
	}
}

/* The gap is from octet to octet: a slow line is no silent one, and asking is no octet. */
static void test_gap_is_between_octets(void **state)
{
	uint8_t buf[32];
	size_t len = unhex("7e" B "7e", buf, sizeof(buf));
	uint64_t now_ms = 1;
	struct line line;

	(void)state;
	assert_in_range(HAN_IDLE_MS, 500, 1200); /* a slow port's gap, the pause before a list */
	line_init(&line);
	for (size_t i = 0; i < len; i++, now_ms += HAN_IDLE_MS)
		line_push(&line, buf + i, 1, now_ms);
	assert_string_equal(line.note.text, "frame:7e7d7e");

	line_init(&line);
	line_push(&line, buf, 5, 1000);
	line_push(&line, buf, 0, 1000 + HAN_IDLE_MS - 1);
	assert_string_equal(line.note.text, "");
	line_push(&line, buf, 0, 1000 + HAN_IDLE_MS + 1);
	assert_string_equal(line.note.text, "bad:TIMEOUT");
}

/* After its end a receiver is as new: nothing of before counts. */
static void test_end_is_a_start(void **state)
{
	uint8_t buf[64];
	size_t len;
	struct line line;

	(void)state;
	line_init(&line);
	len = unhex("7e" A "7e 7e a00d01", buf, sizeof(buf));
	line_push(&line, buf, len, 1000);
	line_end(&line);
	assert_string_equal(line.note.text, "frame:aa bad:END skip:4");

	note_clear(&line.note);
	len = unhex("02011063ab 7e7d7e f185 7e" A "7e", buf, sizeof(buf));
	line_push(&line, buf, len, 900000);
	line_end(&line);
	assert_string_equal(line.note.text, "skip:10 frame:aa");

	note_clear(&line.note); /* the flag behind the last frame opens no other */
	len = unhex(B "7e", buf, sizeof(buf));
	line_push(&line, buf, len, 900000);
	line_end(&line);
	assert_string_equal(line.note.text, "skip:13");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),        cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_gaps),           cmocka_unit_test(test_gap_is_between_octets),
		cmocka_unit_test(test_end_is_a_start),
	};

	return cmocka_run_group_tests_name("hdlc", tests, NULL, NULL);
}
