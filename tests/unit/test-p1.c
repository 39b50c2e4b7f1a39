/* P1 framing: what is a telegram, what is none and why, and that damage costs only what it hits. */
#include "dice.h"
#include "p1text.h"
#include "receiver.h"
#include "unhex.h"

#include "p1.h"
#include "telegram.h"

#define NL                              \
	"/ISK5\\2M550T-1012\r\n\r\n"    \
	"1-3:0.2.8(50)\r\n"             \
	"0-0:1.0.0(200426223325S)\r\n"  \
	"1-0:1.8.1(002130.115*kWh)\r\n" \
	"1-0:32.7.0(229.9*V)\r\n"       \
	"0-1:24.2.1(200426223001S)(00246.138*m3)\r\n!"
#define SE                                \
	"/KAM5\r\n\r\n"                   \
	"0-0:1.0.0(240407122854S)\r\n"    \
	"1-0:1.8.0(00009621.983*kWh)\r\n" \
	"1-0:3.8.0(00000000.916*kVArh)\r\n!"
#define DSMR2                                                     \
	"/ISk5\\2MT382-1004\r\n\r\n"                              \
	"0-0:96.1.1(00000000000000)\r\n"                          \
	"0-1:24.3.0(161107190000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n" \
	"(00001.001)\r\n"                                         \
	"0-1:24.4.0(1)\r\n!"
#define HEAD   "/ABC5x\r\n\r\n"
#define LINE_1 "1-0:1.7.0(00.111*kW)\r\n"

#define TITLE "4b464d1020000001"
#define APDU  "db08" TITLE "8211" /* length and the rest follow */

static void receiver_note_frame(struct receiver *r)
{
	const struct han_p1_header *p1 = &r->framer.p1;
	size_t len, payload_len;
	const uint8_t *frame = framer_frame(&r->framer, &len);
	const uint8_t *payload = framer_payload(&r->framer, &payload_len);

	assert_int_equal(r->framer.framing, HAN_FRAMING_P1);
	assert_ptr_equal(payload, frame);
	if (frame[0] == 0xDB) {
		assert_int_equal(len, payload_len);
		note_add(&r->note, "%sapdu:%zu", note_gap(&r->note), len);
		return;
	}
	assert_int_equal(payload[payload_len - 1], '!');
	note_add(&r->note, "%s%.*s:%zu", note_gap(&r->note), (int)p1->ident_len,
	         (const char *)p1->ident, len);
	if (p1->has_crc)
		note_add(&r->note, ":crc");
}

/* Telegrams as they stand, "####" for their check. */
/* clang-format off */
static const struct {
	const char *name, *text, *events;
} streams[] = {
	{ "nothing",                   "",                          "" },
	{ "Netherlands",               NL "####\r\n",               "ISK5\\2M550T-1012:158:crc" },
	{ "Sweden",                    SE "####\r\n",               "KAM5:102:crc" },
	{ "two, one behind the other", SE "####\r\n" SE "####\r\n", "KAM5:102:crc KAM5:102:crc" },
	{ "an empty line between",     "\r\n" SE "####\r\n\r\n" SE "####\r\n", "skip:2 KAM5:102:crc skip:2 KAM5:102:crc" },
	{ "zeros behind",              SE "####\r\n" "@@@",         "KAM5:102:crc skip:3" },
	{ "zeros behind, no line end", SE "####" "@@@" SE "####\r\n", "KAM5:100:crc skip:3 KAM5:102:crc" },
	{ "blanks behind the check",   SE "####  \r\n",             "KAM5:100:crc skip:4" },
	{ "no line end, another one",  SE "####" SE "####\r\n",     "KAM5:100:crc KAM5:102:crc" },
	{ "no line end at the end",    SE "####",                   "KAM5:100:crc" },
	{ "half a line end at the end", SE "####\r",                "KAM5:101:crc" },
	{ "half a line end",           SE "####\r" SE "####\r\n",   "KAM5:101:crc KAM5:102:crc" },
	{ "LF behind the check",       SE "####\n" SE "####\r\n",   "KAM5:101:crc KAM5:102:crc" },
	{ "its end only",              "0-0:1.0.0(1)\r\n!1234\r\n" SE "####\r\n", "skip:21 KAM5:102:crc" },
	{ "noise before",              "/ab/ /ABC /ABCD" SE "####\r\n", "skip:15 KAM5:102:crc" },
	{ "line ends of a file",       "/KAM5\n\n1-0:1.8.0(1*kWh)\n!####\n", "KAM5:30:crc" },
	{ "no check",                  DSMR2 "\r\n",                "ISk5\\2MT382-1004:133" },
	{ "no check, line ends of a file", "/KAM5\n\n1-0:1.8.0(1*kWh)\n!\n", "KAM5:26" },
	{ "no check, one with behind", DSMR2 "\r\n" SE "####\r\n",  "ISk5\\2MT382-1004:133 KAM5:102:crc" },
	{ "no check, version 3",       HEAD "1-3:0.2.8(39)\r\n!\r\n", "ABC5x:28" },
	{ "no check, version a text",  HEAD "1-3:0.2.8(4x)\r\n!\r\n", "ABC5x:28" },
	{ "no check, empty lines",     HEAD "\r\n" LINE_1 "\r\n!\r\n", "ABC5x:39" },
	{ "with a check, no empty line", "/ABC5x\r\n" LINE_1 "!####\r\n", "ABC5x:37:crc" },
	{ "with a check, no lines",    "/ABC5x\r\n!####\r\n",       "ABC5x:15:crc" },
	{ "with a check, odd lines",   HEAD "F.F(00)\r\n.8\r\n" LINE_1 "!####\r\n", "ABC5x:52:crc" },
	{ "a slash inside a line",     HEAD "1-0:1.7.0(a/b)\r\n!####\r\n", "ABC5x:33:crc" },
	{ "an exclamation mark inside", HEAD "1-0:1.7.0(a!b)\r\n!####\r\n", "ABC5x:33:crc" },
	{ "longest identification",    "/ABC5567890123456789012345678901234567890123456789012345678901234\r\n\r\n" LINE_1 "!####\r\n",
	  "ABC5567890123456789012345678901234567890123456789012345678901234:98:crc" },

	{ "check wrong",               HEAD LINE_1 "!0000\r\n" SE "####\r\n", "bad:CRC skip:39 KAM5:102:crc" },
	{ "check cut",                 HEAD LINE_1 "!123\r\n" SE "####\r\n",  "bad:CRC skip:38 KAM5:102:crc" },
	{ "check no number",           HEAD LINE_1 "!12G4\r\n" SE "####\r\n", "bad:CRC skip:39 KAM5:102:crc" },
	{ "check lost",                NL "\r\n" SE "####\r\n",     "bad:CRC skip:154 KAM5:102:crc" },
	{ "version 4, no check",       HEAD "1-3:0.2.8(40)\r\n!\r\n", "bad:CRC skip:28" },
	{ "version 42 in front zeros", HEAD "1-3:0.2.8(0042)\r\n!\n", "bad:CRC skip:29" },
	{ "CR behind the mark",        HEAD LINE_1 "!\r" SE "####\r\n", "bad:CRC skip:34 KAM5:102:crc" },
	{ "cut before another one",    HEAD LINE_1 SE "####\r\n",   "bad:LINE skip:32 KAM5:102:crc" },
	{ "cut inside a line",         HEAD "1-0:1.7.0(00" SE "####\r\n", "bad:CRC skip:22 KAM5:102:crc" },
	{ "a lone CR",                 HEAD "1-0:1.7\r.0(1*kW)\r\n!####\r\n", "bad:LINE skip:35" },
	{ "a zero",                    HEAD "1-0:1.7@.0(1*kW)\r\n!####\r\n", "bad:LINE skip:35" },
	{ "a tab",                     HEAD "1-0:1.7\t.0(1*kW)\r\n!####\r\n", "bad:LINE skip:35" },
	{ "a delete",                  HEAD "1-0:1.7\x7f.0(1*kW)\r\n!####\r\n", "bad:LINE skip:35" },
	{ "an eighth bit",             HEAD "1-0:1.7\xb1.0(1*kW)\r\n!####\r\n", "bad:LINE skip:35" },
	{ "identification too long",   "/ABC55678901234567890123456789012345678901234567890123456789012345\r\n\r\n" LINE_1 "!####\r\n",
	  "bad:LINE skip:99" },
	{ "end in the start",          "/AB",                       "bad:END skip:3" },
	{ "end in a line",             HEAD "1-0",                  "bad:END skip:13" },
	{ "end behind the mark",       HEAD LINE_1 "!",             "bad:END skip:33" },
	{ "end in the check",          HEAD LINE_1 "!12",           "bad:END skip:35" },
	{ "no digit",                  "/ABCx\r\n\r\n!####\r\n",    "skip:16" },

	{ "no check, no empty line",   "/ABC5x\r\n" LINE_1 "!\r\n", "bad:LINE skip:33" },
	{ "no check, lines at once",   "/ABC5x\r\n" LINE_1 LINE_1 "!\r\n", "bad:LINE skip:55" },
	{ "no check, no lines",        HEAD "!\r\n",                "bad:LINE skip:13" },
	{ "no check, nothing",         "/ABC5x\r\n!\r\n",           "bad:LINE skip:11" },
	{ "no check, no value",        HEAD "1-0:1.7.0\r\n!\r\n",   "bad:LINE skip:24" },
	{ "no check, value not closed", HEAD "1-0:1.7.0(1\r\n!\r\n", "bad:LINE skip:26" },
	{ "no check, no code",         HEAD "F.F(00)\r\n!\r\n",     "bad:LINE skip:22" },
	{ "no check, code of one",     HEAD "1(00)\r\n!\r\n",       "bad:LINE skip:20" },
	{ "no check, 256",             HEAD "1-0:256.7.0(1)\r\n!\r\n", "bad:LINE skip:29" },
	{ "no check, more behind",     HEAD "1-0:1.7.0(1)x\r\n!\r\n", "bad:LINE skip:28" },
	{ "no check, begins with a rest", HEAD "(1)\r\n" LINE_1 "!\r\n", "bad:LINE skip:40" },
};
/* clang-format on */

/* The text with '@' as zeros, and each "####" as the check of the telegram before it (CR LF or none). */
static size_t fill_in(const char *text, uint8_t *buf, size_t size)
{
	size_t len = strlen(text), start = 0;

	assert_true(len < size);
	memcpy(buf, text, len);
	for (size_t i = 0; i < len; i++) {
		if (buf[i] == '/' && (i == 0 || buf[i - 1] != 'a'))
			start = i;
		else if (buf[i] == '@')
			buf[i] = 0;
		if (len - i < 4 || memcmp(buf + i, "####", 4) != 0)
			continue;
		p1_put_check(buf + start, i - start, buf + i);
		for (size_t k = i; i % 2 && k < i + 4; k++) /* also in small letters */
			buf[k] = (uint8_t)(buf[k] >= 'A' ? buf[k] | 0x20 : buf[k]);
	}
	return len;
}

static void test_streams(void **state)
{
	static struct receiver r;

	(void)state;
	for (size_t i = 0; i < COUNT(streams); i++) {
		uint8_t buf[1024];
		size_t len = fill_in(streams[i].text, buf, sizeof(buf));

		say_case(streams[i].name);
		for (size_t piece = 1; piece <= len + 1; piece += 1 + piece / 7) {
			receiver_take(&r, HAN_PROTOCOL_P1, buf, len, piece);
			assert_string_equal(r.note.text, streams[i].events);
			receiver_take(&r, HAN_PROTOCOL_AUTO, buf, len, piece);
			assert_string_equal(r.note.text, streams[i].events);
		}
		receiver_take(&r, HAN_PROTOCOL_MBUS, buf, len, len + 1);
		assert_int_equal(r.frames, 0);
	}
}

/* A file that has lost its CR, but not the check of what was sent. */
static void test_lost_cr(void **state)
{
	static struct receiver r;
	uint8_t sent[512], file[512];
	size_t len = p1_make(SE, sent, sizeof(sent)), n = 0;

	(void)state;
	for (size_t i = 0; i < len; i++) {
		if (sent[i] != '\r')
			file[n++] = sent[i];
	}
	receiver_take(&r, HAN_PROTOCOL_P1, file, n, n);
	assert_string_equal(r.note.text, "KAM5:96:crc");
	assert_int_equal(r.framer.p1.crc, arc_by_bits(sent, len - 6));
	memmove(sent + 5, sent + 6, len - 6); /* one of them alone is damage */
	receiver_take(&r, HAN_PROTOCOL_P1, sent, len - 1, len);
	assert_string_equal(r.note.text, "bad:CRC skip:101");
}

/* Length from the security control on. */
static size_t make_apdu(uint8_t *buf, const char *head, size_t len)
{
	size_t n = unhex(head, buf, 32);

	for (size_t i = 0; i < len; i++)
		buf[n++] = (uint8_t)(i * 37);
	return n;
}

/* clang-format off */
static const struct {
	const char *name, *head; /* up to the security control */
	size_t rest;
	const char *events;
} apdus[] = {
	{ "two octets of length",  "db08" TITLE "820200 30", 511, "apdu:525" },
	{ "one octet of length",   "db08" TITLE "8180 30",   127, "apdu:140" },
	{ "short length",          "db08" TITLE "7f 30",     126, "apdu:138" },
	{ "encrypted only",        "db08" TITLE "10 20",     15,  "apdu:27" },
	{ "other suite",           "db08" TITLE "20 31",     31,  "apdu:43" },
	{ "other suite, encrypted only", "db08" TITLE "20 21", 31, "apdu:43" },
	{ "shortest",              "db08" TITLE "12 30",     17,  "apdu:29" },
	{ "shortest without tag",  "db08" TITLE "06 20",     5,   "apdu:17" },
	{ "longest",               "db08" TITLE "821ff3 20", 8178, "apdu:8192" },
	{ "too long",              "db08" TITLE "821ff4 20", 100, "bad:LENGTH skip:114" },
	{ "far too long",          "db08" TITLE "82ffff 20", 100, "bad:LENGTH skip:114" },
	{ "too short",             "db08" TITLE "05 20",     4,   "bad:LENGTH skip:16" },
	{ "too short for a tag",   "db08" TITLE "11 30",     16,  "bad:LENGTH skip:28" },
	{ "length of nothing",     "db08" TITLE "00 30",     16,  "bad:LENGTH skip:28" },
	{ "length 80",             "db08" TITLE "80 30",     16,  "skip:28" },
	{ "length 83",             "db08" TITLE "83000010 30", 16, "skip:31" },
	{ "authenticated only",    "db08" TITLE "20 10",     31,  "skip:43" },
	{ "compressed",            "db08" TITLE "20 b0",     31,  "skip:43" },
	{ "no capital letter",     "db08 4b466d1020000001 20 30", 31, "skip:43" },
	{ "title of seven",        "db07" TITLE "20 30",     31,  "skip:43" },
	{ "cut",                   "db08" TITLE "20 30",     30,  "bad:END skip:42" },
};
/* clang-format on */

static void test_apdus(void **state)
{
	static struct receiver r;

	(void)state;
	for (size_t i = 0; i < COUNT(apdus); i++) {
		static uint8_t buf[9000];
		size_t len = make_apdu(buf, apdus[i].head, apdus[i].rest);

		say_case(apdus[i].name);
		receiver_take(&r, HAN_PROTOCOL_P1, buf, len, 1);
		assert_string_equal(r.note.text, apdus[i].events);
		receiver_take(&r, HAN_PROTOCOL_P1, buf, len, len);
		assert_string_equal(r.note.text, apdus[i].events);
		if (r.frames > 0)
			assert_int_equal(r.framer.p1.ident_len, 0);
	}
}

/* In the middle of other framings' octets an APDU is theirs. */
static void test_apdu_where_frames_begin(void **state)
{
	static struct receiver r;
	uint8_t buf[256];
	size_t len = make_apdu(buf, "00 db08" TITLE "20 30", 31);

	(void)state;
	receiver_take(&r, HAN_PROTOCOL_AUTO, buf, len, len);
	assert_int_equal(r.frames, 0);
	receiver_take(&r, HAN_PROTOCOL_P1, buf, len, len);
	assert_string_equal(r.note.text, "skip:1 apdu:43");
	receiver_take(&r, HAN_PROTOCOL_AUTO, buf + 1, len - 1, len);
	assert_string_equal(r.note.text, "apdu:43");

	/* One behind the other, and after a pause. */
	receiver_init(&r, HAN_PROTOCOL_AUTO);
	receiver_push(&r, buf + 1, len - 1, 1000);
	receiver_push(&r, buf + 1, len - 1, 1001);
	receiver_push(&r, buf, 1, 1002);
	receiver_push(&r, buf + 1, len - 1, 1003 + HAN_IDLE_MS);
	assert_string_equal(r.note.text, "apdu:43 apdu:43 skip:1 apdu:43");
}

/* An APDU that lost octets does not swallow the one behind it. */
static void test_apdu_inside_apdu(void **state)
{
	static struct receiver r;
	uint8_t buf[256];
	size_t len = make_apdu(buf, "db08" TITLE "20 30", 31);

	(void)state;
	for (size_t kept = 15; kept <= len - 4; kept++) {
		memcpy(buf + kept, buf, kept);
		make_apdu(buf + kept, "db08" TITLE "20 30", 31);
		receiver_take(&r, HAN_PROTOCOL_P1, buf, kept + len, kept + len);
		assert_int_equal(r.frames, 1);
		assert_memory_equal(r.note.text, "bad:LENGTH", 10);
		make_apdu(buf, "db08" TITLE "20 30", 31);
	}
}

/* What is delivered of octets in which one telegram was damaged: the sound one, or it as it was made. */
static void check_damaged(const uint8_t *buf, size_t len, const uint8_t *made, size_t made_len)
{
	static struct framer f;
	enum framer_event event;
	size_t at = 0, frames = 0;

	framer_init(&f, HAN_PROTOCOL_AUTO);
	do {
		size_t n;
		const uint8_t *payload;

		at += framer_push(&f, buf + at, len - at, 0, &event);
		if (event != FRAMER_FRAME)
			continue;
		payload = framer_payload(&f, &n);
		assert_int_equal(n, made_len - 6);
		assert_memory_equal(payload, made, n);
		frames++;
	} while (event != FRAMER_MORE);
	assert_true(frames >= 1);
}

static void test_damaged(void **state)
{
	uint8_t made[512], buf[1100];
	size_t len = p1_make(NL, made, sizeof(made));

	(void)state;
	for (size_t i = 0; i < len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			memcpy(buf, made, len);
			memcpy(buf + len, made, len);
			buf[i] ^= (uint8_t)(1 << bit);
			check_damaged(buf, 2 * len, made, len);
		}
		memcpy(buf, made, i); /* dropped */
		memcpy(buf + i, made + i + 1, len - i - 1);
		memcpy(buf + len - 1, made, len);
		check_damaged(buf, 2 * len - 1, made, len);
		memcpy(buf, made, i + 1); /* doubled */
		memcpy(buf + i + 1, made + i, len - i);
		memcpy(buf + len + 1, made, len);
		check_damaged(buf, 2 * len + 1, made, len);
		memcpy(buf, made, i); /* cut */
		memcpy(buf + i, made, len);
		check_damaged(buf, i + len, made, len);
	}
}

/* A line and a telegram have an end: at LINE_MAX and at FRAMER_MAX. */
static void test_bounds(void **state)
{
	static struct receiver r;
	static uint8_t buf[FRAMER_MAX + 64];
	size_t head = strlen(HEAD), len;

	(void)state;
	memset(buf, 'x', sizeof(buf));
	for (size_t i = 0; i < head; i++)
		buf[i] = (uint8_t)HEAD[i];
	memcpy(buf + head + 2100, "\r\n!", 4);
	p1_make((const char *)buf, buf, sizeof(buf));
	receiver_take(&r, HAN_PROTOCOL_P1, buf, head + 2100 + 9, 100);
	assert_int_equal(r.frames, 1);
	memset(buf + head, 'x', sizeof(buf) - head);
	receiver_take(&r, HAN_PROTOCOL_P1, buf, head + 2100, 100);
	assert_string_equal(r.note.text, "bad:END skip:2110");
	receiver_take(&r, HAN_PROTOCOL_P1, buf, head + 2101, 100);
	assert_string_equal(r.note.text, "bad:LINE skip:2111");

	for (size_t extra = 0; extra < 2; extra++) {
		size_t n = FRAMER_MAX - 4 + extra; /* up to the mark */

		for (len = head; len < n - 2; len++)
			buf[len] = (len - head) % 50 == 49 ? '\n' : 'x';
		memcpy(buf + n - 2, "\n!", 3);
		len = p1_make((const char *)buf, buf, sizeof(buf));
		receiver_take(&r, HAN_PROTOCOL_P1, buf, len, 1000);
		assert_int_equal(r.frames, extra == 0);
	}
	assert_non_null(strstr(r.note.text, "bad:SIZE"));
}

static void test_pause(void **state)
{
	static struct receiver r;
	uint8_t buf[512];
	size_t len = p1_make(SE, buf, sizeof(buf));

	(void)state;
	receiver_init(&r, HAN_PROTOCOL_P1);
	receiver_push(&r, buf, 50, 1000);
	receiver_push(&r, buf, len - 2, 1001 + HAN_IDLE_MS); /* without its line end, */
	receiver_push(&r, buf, 0, 1002 + HAN_IDLE_MS);
	assert_int_equal(r.frames, 0);
	receiver_push(&r, buf, 0, 1002 + 2 * HAN_IDLE_MS); /* which does not come */
	assert_string_equal(r.note.text, "bad:TIMEOUT skip:50 KAM5:100:crc");
}

/* clang-format off */
static const struct {
	const char *name, *text;
	enum han_err err;
} alone[] = {
	{ "as sent",              SE "####\r\n",        HAN_OK },
	{ "no line end",          SE "####",            HAN_OK },
	{ "padded",               SE "####\r\n@@@@",    HAN_OK },
	{ "padded with blanks",   SE "####  ",          HAN_OK },
	{ "no check",             SE "\r\n",            HAN_OK },
	{ "no check, no line end", SE,                  HAN_OK },
	{ "no check, padded",     SE "@@@",             HAN_OK },
	{ "check wrong",          SE "####0000\r\n",    HAN_ERR_TRAILING },
	{ "another behind",       SE "####\r\n" SE "####\r\n", HAN_ERR_TRAILING },
	{ "wrong check",          HEAD LINE_1 "!0000",  HAN_ERR_CRC },
	{ "version without check", NL,                  HAN_ERR_CRC },
	{ "cut in the check",     HEAD LINE_1 "!00",    HAN_ERR_TRUNCATED },
	{ "cut in a line",        HEAD "1-0:1",         HAN_ERR_TRUNCATED },
	{ "cut in the start",     "/AB",                HAN_ERR_TRUNCATED },
	{ "nothing",              "",                   HAN_ERR_TRUNCATED },
	{ "something before",     " " SE "####",        HAN_ERR_LINE },
	{ "no telegram",          "\x0f@@@",            HAN_ERR_LINE },
	{ "an octet that none has", HEAD "\x01",        HAN_ERR_LINE },
};
/* clang-format on */

static void test_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(alone); i++) {
		struct han_p1_header header = { .ident_len = 99 };
		uint8_t buf[512];
		size_t len = fill_in(alone[i].text, buf, sizeof(buf));
		size_t telegram_len = 12345;
		uint8_t *block = malloc(len + 1);

		say_case(alone[i].name);
		assert_non_null(block);
		memcpy(block + 1, buf, len);
		assert_int_equal(telegram_check(block + 1, len, &header, &telegram_len),
		                 alone[i].err);
		free(block);
		assert_int_equal(telegram_len, alone[i].err == HAN_OK ? strlen(SE) : 12345);
		assert_int_equal(header.ident_len, alone[i].err == HAN_OK ? 4 : 99);
		if (alone[i].err == HAN_OK)
			assert_int_equal(header.has_crc, strstr(alone[i].text, "####") != NULL);
	}
}

/* Anything, of octets that telegrams have: it ends, and keeps its promises. */
static void test_random_octets(void **state)
{
	static const char likely[] = "/ABC5\r\n\r\n1-0:1.7.0(1)!0\n/\xdb\x08";
	static struct receiver r;
	struct dice dice = dice_new();

	(void)state;
	for (int run = 0; run < 3000; run++) {
		uint8_t buf[300];
		size_t len = 1 + dice_below(&dice, sizeof(buf) - 1);

		dice_fill(&dice, buf, len);
		for (size_t i = 0; i < len; i++) {
			if (dice_below(&dice, 30) > 0)
				buf[i] = (uint8_t)likely[i % (sizeof(likely) - 1)];
		}
		receiver_take(&r, HAN_PROTOCOL_AUTO, buf, len, 1 + dice_below(&dice, len));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_lost_cr),
		cmocka_unit_test(test_apdus),
		cmocka_unit_test(test_apdu_where_frames_begin),
		cmocka_unit_test(test_apdu_inside_apdu),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_random_octets),
	};

	return cmocka_run_group_tests_name("p1", tests, NULL, NULL);
}
