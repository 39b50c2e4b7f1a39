/* M-Bus framing: what is delivered, what is refused and why, and that noise costs only what it hits. */
#include "dice.h"
#include "receiver.h"
#include "unhex.h"

#include "mbus.h"

/* Frames made by hand; the last two octets are checksum and stop. */
#define FIRST    "68 07 07 68 53 ff 00 01 67 db 08 9d 16"       /* segment 0 */
#define LAST     "68 06 06 68 73 ff 11 01 67 aa 95 16"          /* segment 1, the last */
#define INSIDE   "68 09 09 68 53 ff 10 01 67 68 16 68 16 c6 16" /* start and stop octets inside */
#define EMPTY    "68 05 05 68 53 ff 10 01 67 ca 16"
#define METER    "68 08 08 68 53 fe 72 01 02 03 04 05 d2 16" /* plain M-Bus, EN 13757-3 */
#define READ     "10 5b 01 5c 16"                            /* a short frame */
#define REPLY    "68 06 06 68 08 01 72 01 02 03 81 16"       /* not sent by SND_UD */
#define BAD_SUM  "68 07 07 68 53 ff 00 01 67 db 08 9e 16"
#define BAD_STOP "68 07 07 68 53 ff 00 01 67 db 08 9d 17"

/* clang-format off */
static const struct {
	const char *name, *stream, *events;
} streams[] = {
	{ "nothing",               "",                        "" },
	{ "one frame",             FIRST,                     "00:db08" },
	{ "two segments",          FIRST LAST,                "00:db08 11:aa" },
	{ "starts and stops inside", INSIDE FIRST,            "10:68166816 00:db08" },
	{ "no data",               EMPTY LAST,                "10: 11:aa" },
	{ "a plain telegram",      METER LAST,                "72: 11:aa" },
	{ "a short frame",         READ LAST,                 "skip:5 11:aa" },
	{ "an acknowledgement",    "e5" LAST,                 "skip:1 11:aa" },
	{ "a reply",               REPLY LAST,                "skip:12 11:aa" },
	{ "noise before",          "00 16 ff" FIRST,          "skip:3 00:db08" },
	{ "noise behind",          FIRST "00 16 ff",          "00:db08 skip:3" },
	{ "noise between",         FIRST "68 16 68" LAST,     "00:db08 skip:3 11:aa" },
	{ "starts before",         "68 68 68" FIRST,          "skip:3 00:db08" },
	{ "a start behind",        FIRST "68",                "00:db08 skip:1" },
	{ "two octets of a start", FIRST "68 07",             "00:db08 bad:END skip:2" },
	{ "lengths differ",        "68 07 08 68 53" FIRST,    "skip:5 00:db08" },
	{ "no second start",       "68 07 07 69 53" FIRST,    "skip:5 00:db08" },
	{ "checksum wrong",        BAD_SUM LAST,              "bad:CHECKSUM skip:13 11:aa" },
	{ "no stop",               BAD_STOP LAST,             "bad:STOP skip:13 11:aa" },
	{ "an octet lost",         "68 07 07 68 53 ff 00 01 67 db 9d 16" LAST, "bad:CHECKSUM skip:12 11:aa" },
	{ "cut short by another",  "68 07 07 68 53 ff 00" LAST INSIDE, "bad:CHECKSUM skip:7 11:aa 10:68166816" },
	{ "length too long",       "68 40 40 68 53 ff" FIRST LAST, "bad:END skip:6 00:db08 11:aa" },
	{ "end in the head",       "68 07 07",                "bad:END skip:3" },
	{ "end in the data",       "68 07 07 68 53 ff 00 01", "bad:END skip:8" },
	{ "end before the stop",   "68 07 07 68 53 ff 00 01 67 db 08 9d", "bad:END skip:12" },
	{ "the wrap, cut short",   "68 01 01 68 53 ff" FIRST, "bad:END skip:6 00:db08" },
};
/* clang-format on */

static void receiver_note_frame(struct receiver *r)
{
	size_t len;
	const uint8_t *octets;

	assert_int_equal(r->framer.framing, HAN_FRAMING_MBUS);
	note_add(&r->note, "%s%02x:", note_gap(&r->note), r->framer.mbus.ci);
	octets = framer_payload(&r->framer, &len);
	for (size_t i = 0; i < len; i++)
		note_add(&r->note, "%02x", octets[i]);
}

static void test_streams(void **state)
{
	static struct receiver r;

	(void)state;
	for (size_t i = 0; i < COUNT(streams); i++) {
		uint8_t buf[256];
		size_t len = unhex(streams[i].stream, buf, sizeof(buf));

		say_case(streams[i].name);
		for (size_t piece = 1; piece <= len + 1; piece++) {
			receiver_take(&r, HAN_PROTOCOL_MBUS, buf, len, piece);
			assert_string_equal(r.note.text, streams[i].events);
			receiver_take(&r, HAN_PROTOCOL_AUTO, buf, len, piece);
			assert_string_equal(r.note.text, streams[i].events);
		}
		receiver_take(&r, HAN_PROTOCOL_HDLC, buf, len, len + 1);
		assert_int_equal(r.frames, 0);
	}
}

/* A frame of user data by the standard: n octets from C on. */
static size_t make(uint8_t *buf, uint8_t control, uint8_t ci, size_t n)
{
	unsigned sum = 0;

	buf[0] = buf[3] = 0x68;
	buf[1] = buf[2] = (uint8_t)n;
	for (size_t i = 0; i < n; i++)
		buf[4 + i] = (uint8_t)(0x68 * (i % 3));
	memcpy(buf + 4, (const uint8_t[]){ control, 0xFF, ci, 0x01, 0x67 }, 5);
	for (size_t i = 0; i < n; i++)
		sum += buf[4 + i];
	buf[4 + n] = (uint8_t)sum;
	buf[5 + n] = 0x16;
	return 6 + n;
}

static void check_header(const struct receiver *r, const uint8_t *frame, size_t n)
{
	const struct framer *f = &r->framer;
	bool segment = frame[6] < 0x20;
	size_t len;
	const uint8_t *payload = framer_payload(f, &len);

	assert_int_equal(f->mbus.control, frame[4]);
	assert_int_equal(f->mbus.address, 0xFF);
	assert_int_equal(f->mbus.ci, frame[6]);
	assert_int_equal(f->mbus.stsap, segment ? 0x01 : 0);
	assert_int_equal(f->mbus.dtsap, segment ? 0x67 : 0);
	assert_int_equal(len, segment ? n - 5 : 0);
	assert_memory_equal(payload, frame + 9, len);
	assert_memory_equal(framer_frame(f, &len), frame, n + 6);
	assert_int_equal(len, n + 6);
}

/* Every length: 5 to 255 as it is, 256 to 260 modulo 256. */
static void test_every_length(void **state)
{
	static struct receiver r;
	uint8_t buf[300];

	(void)state;
	for (size_t n = 5; n <= 260; n++) {
		size_t len = make(buf, 0x53, 0x10, n);

		receiver_init(&r, HAN_PROTOCOL_MBUS);
		receiver_push(&r, buf, len - 1, 0);
		assert_int_equal(r.frames, 0);
		receiver_push(&r, buf + len - 1, 1, 0);
		assert_int_equal(r.frames, 1);
	}
}

static void test_every_header(void **state)
{
	static struct receiver r;
	uint8_t buf[64];

	(void)state;
	for (unsigned octet = 0; octet < 512; octet++) {
		bool control = octet < 256;
		size_t len = make(buf, control ? (uint8_t)octet : 0x73,
		                  control ? 0x10 : (uint8_t)octet, 20);
		enum framer_event event;

		receiver_init(&r, HAN_PROTOCOL_MBUS);
		framer_push(&r.framer, buf, len, 0, &event);
		if (control && octet != 0x53 && octet != 0x73) {
			assert_int_not_equal(event, FRAMER_FRAME);
			continue;
		}
		assert_int_equal(event, FRAMER_FRAME);
		check_header(&r, buf, 20);
	}
}

/* What is delivered of a damaged frame is not there, and the frame behind it is. */
static void check_damaged(const uint8_t *buf, size_t len)
{
	static struct receiver r;
	uint8_t stream[400];
	uint8_t good[32];
	size_t good_len = unhex(LAST, good, sizeof(good));

	memcpy(stream, buf, len);
	memcpy(stream + len, good, good_len);
	receiver_take(&r, HAN_PROTOCOL_MBUS, stream, len + good_len, len + good_len);
	assert_int_equal(r.frames, 1);
	assert_non_null(strstr(r.note.text, "11:aa"));
}

static void test_cut(void **state)
{
	uint8_t buf[300];
	size_t len = make(buf, 0x53, 0x00, 257);

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		check_damaged(buf, cut);
}

static void test_every_bit(void **state)
{
	uint8_t buf[300];
	size_t len = make(buf, 0x53, 0x00, 100);

	(void)state;
	for (size_t bit = 0; bit < 8 * len; bit++) {
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		check_damaged(buf, len);
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void test_pause(void **state)
{
	static struct receiver r;
	uint8_t buf[32];
	size_t len = unhex(FIRST, buf, sizeof(buf));

	(void)state;
	receiver_init(&r, HAN_PROTOCOL_MBUS);
	receiver_push(&r, buf, 9, 1000);
	receiver_push(&r, buf, len, 1001 + HAN_IDLE_MS);
	assert_string_equal(r.note.text, "bad:TIMEOUT skip:9 00:db08");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),      cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_every_header), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_every_bit),    cmocka_unit_test(test_pause),
	};

	return cmocka_run_group_tests_name("mbus", tests, NULL, NULL);
}
