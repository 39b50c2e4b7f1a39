/* What explain says: every octet once and in order, whatever comes; fields, checks and meanings by the words. */
#include "explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../daemon/kaifa.h" /* beside this file is another one */
#include "dice.h"
#include "frame.h"
#include "mbus-frame.h"
#include "unhex.h"

static struct han_decoder decoder;

/* The page of these octets, pushed in chunks; the caller's to free. */
static char *explain_octets_of(const uint8_t *octets, size_t len, size_t chunk, bool colour)
{
	static struct explain x;
	struct han_event event;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	han_decoder_init(&decoder, NULL);
	explain_init(&x, out, colour);
	for (size_t at = 0; at < len;) {
		size_t n = len - at < chunk ? len - at : chunk, used;

		do {
			used = han_decoder_push(&decoder, octets + at, n, 0, &event);
			explain_octets(&x, octets + at, used);
			at += used;
			n -= used;
			explain_event(&x, &event);
		} while (event.type != HAN_MORE);
	}
	do {
		han_decoder_end(&decoder, &event);
		explain_event(&x, &event);
	} while (event.type != HAN_MORE);
	explain_end(&x);
	explain_fini(&x);
	fclose(out);
	return text;
}

/* The octets of a line, unless they are those of an inner message. */
static size_t octets_of(const char *line, uint8_t *out)
{
	size_t n = 0;
	char *end;

	if (strspn(line, " ") > 7 || memchr(line, '+', 8) || strlen(line) < 12)
		return 0;
	strtoul(line, &end, 10);
	if (end == line || strncmp(end, "  ", 2) != 0)
		return 0;
	for (const char *at = end + 2; n < 16 && at[0] && at[1] && (at[2] == ' ' || !at[2]) &&
	                               strspn(at, "0123456789abcdef") == 2;
	     at += 3) {
		unhex((const char[]){ at[0], at[1], 0 }, out + n++, 1);
		if (!at[2])
			break;
	}
	return n;
}

/* Every octet, once, in order. */
static void check_octets(const uint8_t *octets, size_t len, size_t chunk)
{
	char *text = explain_octets_of(octets, len, chunk, false), *save = NULL;
	uint8_t *shown = malloc(len + 1);
	size_t at = 0;

	assert_null(strchr(text, '\033'));
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		uint8_t row[16];
		size_t n = octets_of(line, row);

		assert_true(at + n <= len);
		memcpy(shown + at, row, n);
		at += n;
	}
	assert_int_equal(at, len);
	assert_memory_equal(shown, octets, len);
	free(shown);
	free(text);
}

static const struct kaifa meter = {
	.meter_id = "6970631400000000",
	.meter_type = "MA304H4",
	.source = { 0x02, 0x01 },
	.now = { 2026, 1, 31, 6, 23, 59, 50, HAN_UNSPECIFIED, HAN_NO_DEVIATION, 0 },
	.clock = { 2026, 1, 31, 6, 23, 59, 50, HAN_UNSPECIFIED, HAN_NO_DEVIATION, 0 },
	.power_import = 1527,
	.current = { 4218, 1902, 0 },
	.voltage = { 2314, 2309, 2320 },
	.energy = { 48211337, 0, 311820, 9120004 },
};

static size_t make_list(uint8_t buf[ENCODER_FRAME_MAX], enum kaifa_list list)
{
	struct encoder e;

	encoder_init(&e, buf, ENCODER_FRAME_MAX);
	return kaifa_encode(&e, &meter, list);
}

/* ---- every octet ---- */

static size_t make_stream(uint8_t *buf)
{
	size_t len = 0;

	for (int i = 0; i < 4; i++) {
		len += make_list(buf + len, KAIFA_LIST_1);
		len += make_list(buf + len, i % 2 ? KAIFA_LIST_2 : KAIFA_LIST_3);
		if (i == 2)
			len--; /* a flag that two frames share */
	}
	return len;
}

static void test_sound(void **state)
{
	uint8_t buf[8 * ENCODER_FRAME_MAX];
	size_t len = make_stream(buf);

	(void)state;
	for (size_t chunk = 1; chunk <= len; chunk += chunk)
		check_octets(buf, len, chunk);
	for (size_t cut = 0; cut < 200; cut++)
		check_octets(buf + cut, len - 2 * cut, len);
}

/* Altered, lost, doubled; starts of all framings thrown in. */
static void test_damaged(void **state)
{
	static const uint8_t starts[] = { 0x7E, 0x68, '/', 0xDB, 0x16, '!', 0xA0, 0x10 };
	struct dice dice = dice_new();

	(void)state;
	for (int round = 0; round < 150; round++) {
		uint8_t buf[8 * ENCODER_FRAME_MAX];
		size_t len = make_stream(buf);

		for (size_t n = 1 + dice_below(&dice, 30); n > 0; n--) {
			size_t at = dice_below(&dice, len - 1);

			switch (dice_below(&dice, 3)) {
			case 0:
				buf[at] = (uint8_t)dice_below(&dice, 256);
				break;
			case 1:
				memmove(buf + at, buf + at + 1, --len - at);
				break;
			default:
				buf[at] = starts[dice_below(&dice, sizeof(starts))];
			}
		}
		check_octets(buf, len, 1 + dice_below(&dice, 300));
	}
}

/* More noise than is ever held back. */
static void test_noise(void **state)
{
	static uint8_t buf[20 * HAN_MESSAGE_MAX];
	struct dice dice = dice_new();

	(void)state;
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)dice_below(&dice, 256);
	check_octets(buf, sizeof(buf), 777);
	memset(buf, 0x7E, sizeof(buf));
	check_octets(buf, sizeof(buf), 777);
	check_octets(buf, 0, 1);
}

/* ---- words ---- */

static void check_words(const uint8_t *octets, size_t len, const char *const *words)
{
	char *text = explain_octets_of(octets, len, len, false);
	const char *at = text;

	for (; *words && at; words++) {
		const char *found = strstr(at, *words);

		if (!found)
			print_error("no \"%s\" in\n%s\n", *words, at);
		at = found ? found + strlen(*words) : NULL;
	}
	assert_non_null(at);
	free(text);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_frame(void **state)
{
	uint8_t buf[ENCODER_FRAME_MAX];
	size_t len = make_list(buf, KAIFA_LIST_3);

	(void)state;
	check_words(
		buf, len,
		WORDS("Octet 0: HDLC frame, 156 octets", "7e    ", "opening flag",
	              "frame format: type 10, not segmented or last, 154 octets",
	              "destination address 0", "source address 128", "control: information frame",
	              "header check", "right", "LLC header", "data-notification",
	              "invoke id 0, confirmed", "date-time 2026-01-31T23:59:50", "structure of 18",
	              "octet-string \"KFM_001\" => obis_version = KFM_001",
	              "double-long-unsigned 1527 => power_active_import = 1527 W",
	              "[1-0:1.7.0.255, Active power import (Q1+Q4)]",
	              "4218 x 10^-3 => phase_current_l1 = 4.218 A", "2314 x 10^-1 =>",
	              "=> meter_timestamp = 2026-01-31T23:59:50",
	              "48211337 x 10^-3 => energy_active_cum_import = 48211.337 kWh", "frame check",
	              "right", "closing flag", "message decoded: kaifa-list3-3ph, 18 values",
	              "Summary", "156 octets, 0 of them in no frame", "1 frame whose checks agree",
	              "1 message decoded"));
}

static void test_wrong_checks(void **state)
{
	uint8_t buf[ENCODER_FRAME_MAX];
	size_t len = make_list(buf, KAIFA_LIST_1);

	(void)state;
	buf[len - 5] ^= 1;
	check_words(buf, len,
	            WORDS("HDLC frame, refused: frame check sequence wrong", "header check",
	                  "right", "double-long-unsigned 1271", "frame check", "wrong, computed",
	                  "closing flag", "refused: frame check sequence wrong",
	                  "0 frames whose checks agree",
	                  "1 refused as a frame: frame check sequence wrong", "no check agrees"));
}

/* A wrong header check: the frame is taken apart where its end or its LLC bears its length out. */
static void test_wrong_header(void **state)
{
	uint8_t buf[ENCODER_FRAME_MAX];
	size_t len = make_list(buf, KAIFA_LIST_1);

	(void)state;
	buf[6] ^= 1; /* the control octet */
	check_octets(buf, len, 7);
	check_words(buf, len,
	            WORDS("refused: header check sequence wrong", "header check", "wrong, computed",
	                  "LLC header", "data-notification", "double-long-unsigned 1527",
	                  "frame check", "wrong, computed", "closing flag", "Summary"));
	buf[len - 1] = 0;
	check_octets(buf, len, 7);
	check_words(buf, len, WORDS("wrong, computed", "LLC header", "data-notification"));
	buf[9] = 0; /* of the LLC */
	check_octets(buf, len, 7);
	check_words(
		buf, len,
		WORDS("refused: header check sequence wrong", "wrong, computed", "in no frame"));
	len = make_list(buf, KAIFA_LIST_1);
	buf[2] ^= 2; /* the length */
	buf[9] = 0;
	check_octets(buf, len, 7);
	check_words(buf, len, WORDS("refused: header check sequence wrong", "in no frame"));
}

/* The check as it should be, in the order of the line. */
static void test_computed_check(void **state)
{
	uint8_t buf[ENCODER_FRAME_MAX];
	size_t len = make_list(buf, KAIFA_LIST_1);
	char said[64];
	unsigned check;

	(void)state;
	buf[len - 5] ^= 1;
	check = check_by_bits(buf + 1, len - 4);
	snprintf(said, sizeof(said), "wrong, computed %02x %02x\n", check & 0xFF, check >> 8);
	check_words(buf, len, WORDS(said));
}

/* A damaged frame that opens with the flag of the good one before it. */
static void test_shared_flag(void **state)
{
	uint8_t buf[2 * ENCODER_FRAME_MAX];
	size_t first = make_list(buf, KAIFA_LIST_1);
	size_t len = first - 1 + make_list(buf + first - 1, KAIFA_LIST_1);

	(void)state;
	buf[len - 5] ^= 1;
	check_octets(buf, len, 20);
	check_words(buf, len,
	            WORDS("message decoded", "Octet 40: HDLC frame, refused",
	                  "opening flag: the closing one above", "frame format",
	                  "refused: frame check sequence wrong"));
}

/* The first one has lost octets, and its length reaches into the second. */
static void test_two_damaged(void **state)
{
	uint8_t buf[2 * ENCODER_FRAME_MAX];
	size_t first = make_list(buf, KAIFA_LIST_1) - 4;
	size_t len = first + make_list(buf + first, KAIFA_LIST_1);

	(void)state;
	buf[len - 5] ^= 1;
	check_octets(buf, len, 20);
	check_words(buf, len,
	            WORDS("Octet 0: HDLC frame, refused: ", "Octet 37: HDLC frame, refused: ",
	                  "      37  7e", "opening flag", "data-notification", "closing flag",
	                  "refused: frame check sequence wrong"));
}

static void test_segments(void **state)
{
	uint8_t list[ENCODER_FRAME_MAX], stream[2 * FRAME_MAX];
	size_t len = make_list(list, KAIFA_LIST_2), inside = len - 9 - 3, half = 50;
	struct frame frame;

	(void)state;
	frame_make(&frame, 0xA800, "cf", "0223", list + 9, half);
	memcpy(stream, frame.octets, frame.len);
	len = frame.len;
	frame_make(&frame, 0xA000, "cf", "0223", list + 9 + half, inside - half);
	memcpy(stream + len, frame.octets, frame.len);
	len += frame.len;
	check_octets(stream, len, 13);
	check_words(stream, len,
	            WORDS("a segment, more follow", "LLC header", "part 1 of a message",
	                  "a part of a message: the rest is to come", "part 2 of a message",
	                  "put together from 2 parts", "+0  0f", "data-notification",
	                  "=> power_active_import = 1527 W", "frame check",
	                  "message decoded: kaifa-list2-3ph, 13 values"));
}

/* ---- parts that are lost ---- */

struct stream {
	uint8_t octets[4 * FRAME_MAX];
	size_t len;
};

static void append(struct stream *s, const uint8_t *octets, size_t len)
{
	memcpy(s->octets + s->len, octets, len);
	s->len += len;
}

static void append_frame(struct stream *s, unsigned format, const uint8_t *information, size_t len)
{
	struct frame frame;

	frame_make(&frame, format, "cf", "0223", information, len);
	append(s, frame.octets, frame.len);
}

static void append_segment(struct stream *s, uint8_t ci, const uint8_t *data, size_t len)
{
	struct mbus_frame frame;

	mbus_frame_make(&frame, ci, data, len);
	append(s, frame.octets, frame.len);
}

/* The list in three parts of a message, as far as `comes` says: A, B, and C, the last; a foreign or an empty frame
 * (-), noise (!). */
static void make_parts(struct stream *s, bool mbus, const char *comes)
{
	uint8_t list[ENCODER_FRAME_MAX];
	size_t skipped = mbus ? 9 + 3 : 9, len = make_list(list, KAIFA_LIST_2) - 3 - skipped;
	const uint8_t *part = list + skipped;

	for (s->len = 0; *comes; comes++) {
		size_t number = (size_t)(*comes - 'A'), last = *comes == 'C';

		if (*comes == '!')
			append(s, (const uint8_t *)"\1\2\3", 3);
		else if (*comes == '-' && mbus)
			append_segment(s, 0x72, part, 20);
		else if (*comes == '-')
			append_frame(s, 0xA000, NULL, 0);
		else if (mbus)
			append_segment(s, (uint8_t)(number | last << 4), part + 30 * number,
			               last ? len - 60 : 30);
		else
			append_frame(s, last ? 0xA000 : 0xA800, part + 30 * number,
			             last ? len - 60 : 30);
	}
}

#define WHOLE                                                                                \
	"part 2 of a message", "part 3 of a message", "put together from 3 parts", "+0  0f", \
		"=> power_active_import = 1527 W", "message decoded: kaifa-list2-3ph"
#define REFUSED "part of a message", "message not decoded: "

/* What is put together is what the library puts together. */
static void test_lost_parts(void **state)
{
	static const struct {
		bool mbus;
		const char *comes;
		const char *words[10];
	} cases[] = {
		{ false, "ABC", { WHOLE } },
		{ false, "AABC", { "part 1 of a message", "part 1 of a message", WHOLE } },
		{ false, "ABABC", { "part 2 of a message", "part 1 of a message", WHOLE } },
		{ false, "A!ABC", { "3 octets in no frame", "part 1 of a message", WHOLE } },
		{ false, "AB-C", { WHOLE } },
		{ true, "ABC", { WHOLE } },
		{ true, "AB!C", { WHOLE } },
		{ true, "CABC", { REFUSED, "part 1 of a message", WHOLE } },
		{ true, "ACABC", { REFUSED, "part 1 of a message", WHOLE } },
		{ true,
		  "AB-C",
		  { "control information: no segment", "program's telegram", "part 3",
		    "put together from 3 parts", "=> power_active_import = 1527 W" } },
	};
	static struct stream s;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		say_case(cases[i].comes);
		make_parts(&s, cases[i].mbus, cases[i].comes);
		check_octets(s.octets, s.len, 13);
		check_words(s.octets, s.len, cases[i].words);
	}
}

/* How often a word is on the page. */
static unsigned count_words(const struct stream *s, const char *word)
{
	char *text = explain_octets_of(s->octets, s->len, s->len, false);
	unsigned count = 0;

	for (const char *at = text; (at = strstr(at, word)); at++)
		count++;
	free(text);
	return count;
}

/* A block that was lost: what is left is no message. */
static void test_lost_block(void **state)
{
	static const char *const blocks[] = { "e6e700 e040 0001 0000 05 0f40000000",
		                              "e040 0002 0000 03 000101",
		                              "e0c0 0003 0000 05 06000005f7" };
	static const unsigned comes[] = { 0, 2, 0, 1, 2, 1, 2 };
	uint8_t information[64];
	static struct stream s;

	(void)state;
	for (size_t i = 0; i < COUNT(comes); i++) {
		const char *hex = blocks[comes[i]];

		append_frame(&s, 0xA000, information, unhex(hex, information, sizeof(information)));
	}
	check_octets(s.octets, s.len, 13);
	assert_int_equal(count_words(&s, "put together"), 1);
	assert_int_equal(count_words(&s, "put together from 3 blocks: 13 octets"), 1);
}

/* Another message between two blocks: the library puts none together around it. */
static void test_message_between_blocks(void **state)
{
	static const char other[] = "e6e700 0f 40000000 00 0203 0906 0100010700ff 06 000005f7"
				    "0202 0f00 161b";
	static const char *const parts[] = { "e6e700 e040 0001 0000 05 0f40000000", other,
		                             "e040 0002 0000 03 000101",
		                             "e0c0 0003 0000 05 06000005f7" };
	uint8_t information[64];
	static struct stream s;

	(void)state;
	for (size_t i = 0; i < COUNT(parts); i++)
		append_frame(&s, 0xA000, information,
		             unhex(parts[i], information, sizeof(information)));
	assert_int_equal(count_words(&s, "put together"), 0);
}

static void check_in_frame(const char *hex, const char *const *words)
{
	uint8_t information[512];
	size_t len = unhex(hex, information, sizeof(information));
	struct frame frame;

	frame_make(&frame, 0xA000, "41", "03", information, len);
	check_octets(frame.octets, frame.len, 9);
	check_words(frame.octets, frame.len, words);
}

/* clang-format off */
static const struct {
	const char *name, *hex;
	const char *words[9];
} messages[] = {
	{ "tagged, with scaler and unit",
	  "e6e700 0f 40000000 00 0101 0203 0906 0100010700ff 06 0000052e 0202 0f00 161b",
	  { "date-time: none", "array of 1", "code 1-0:1.7.0.255, power_active_import",
	    "double-long-unsigned 1326 => power_active_import = 1326 W", "integer 0, the scaler: x 10^0", "enum 27, the unit: W" } },
	{ "an unknown type",
	  "e6e700 0f 40000000 00 0202 06 00000001 07 00",
	  { "double-long-unsigned 1", "reading stops here, at type 07 (unknown type)", "data type unknown", "not read",
	    "frame check", "message not decoded: data type unknown" } },
	{ "ciphered, without a key",
	  "e6e700 db 08 4b414d4501020304 1e 30 00000023 000102030405060708090a0b0c a0a1a2a3a4a5a6a7a8a9aaab",
	  { "general-glo-ciphering", "system title \"KAME....\"", "length of the ciphered part: 30 octets",
	    "suite 0, authenticated, encrypted, unicast key", "invocation counter 35", "ciphertext", "authentication tag",
	    "give it with --key" } },
	{ "general-ciphering without protection has no counter",
	  "e6e700 dd 00 08 4b414d4501020304 00 00 00 00 0e 00 0f40000000 00 0201 06 000005f7",
	  { "general-ciphering", "key information: none", "suite 0, unicast key",
	    " 0f 40 00 00 00 00 02 01 06 00 00 05 f7   ", "message in clear", "power_active_import = 1527 W" } },
	{ "a push list that does not push itself",
	  "e6e700 0f 40000000 00 0203 0102 0204 12 0003 0906 0100010700ff 0f02 12 0000"
	  "0204 12 0003 0906 0100020700ff 0f02 12 0000 06 00000007 06 00000007",
	  { "array of 2", "double-long-unsigned 7 => power_active_import = 7 W",
	    "double-long-unsigned 7 => power_active_export = 7 W", "message decoded" } },
	{ "other codes than most",
	  "e6e700 0f 40000000 00 0202 0203 0906 010001080064 06 00000007 0202 0f03 161e 0202 0906 0700030000ff 06 00000009",
	  { "code 1-0:1.8.0.100", "7 => energy_active_cum_import = 7 kWh", "code 7-0:3.0.0.255", "9 => 7-0:3.0.0.255 = 9" } },
	{ "an event: the whole body is its value",
	  "e6e700 c2 00 0003 0100010700ff 02 06 000005f7",
	  { "event-notification", "class 3", "code 1-0:1.7.0.255", "attribute 2",
	    "double-long-unsigned 1527 => power_active_import = 1527 W", "message decoded" } },
	{ "a block of blocks",
	  "e6e700 e0 40 0001 0000 05 0f40000000",
	  { "general-block-transfer", "more blocks follow, streaming, window 0", "block number 1", "acknowledged: 0",
	    "length of the block: 5 octets", "block 1 of the message" } },
	{ "another APDU",
	  "e6e700 c4 01 c1 00",
	  { "get-response: no push message", "not read", "message not decoded: not a push message" } },
	{ "a length that cannot be",
	  "e6e700 db 08 4b414d4501020304 85 00",
	  { "length of the ciphered part malformed", "not read" } },
	{ "nothing behind the LLC",
	  "e6e700",
	  { "LLC header", "frame check", "message not decoded" } },
};
/* clang-format on */

static void test_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		say_case(messages[i].name);
		check_in_frame(messages[i].hex, messages[i].words);
	}
}

/* Sent by nobody: two octets of a message in one M-Bus frame, its checksum wrong. */
static void test_mbus(void **state)
{
	static const char *const good = "68 07 07 68 53 ff 10 01 67 0f 40 19 16";
	uint8_t buf[32];
	size_t len = unhex(good, buf, sizeof(buf));

	(void)state;
	check_octets(buf, len, 3);
	check_words(buf, len,
	            WORDS("M-Bus frame, 13 octets", "start, length 7 (twice), start",
	                  "control: send user data", "address 255", "segment 0, the last one",
	                  "data-notification", "checksum 19: right", "stop"));
	buf[11]++;
	check_words(buf, len,
	            WORDS("M-Bus frame, refused: checksum wrong", "checksum 1a: wrong, "
	                                                          "computed 19"));
}

/* Codes in other spellings; and a file that has lost its CR, of which the check is that with them. */
static void check_spellings(void)
{
	static const char codes[] = "/XYZ5\\2 meter\r\n\r\n1-0:1.7.0*255(00.193*kW)\r\n"
				    "1-0:2.7.0&255(00.194*kW)\r\n3.7.0(00.195*kvar)\r\n!\r\n";
	static const char bare[] = "/XYZ5\\2 meter\n\n1-0:1.7.0(00.193*kW)\n!239E\n";

	check_words((const uint8_t *)codes, strlen(codes),
	            WORDS("1-0:1.7.0*255(00.193*kW) => power_active_import = 193 W",
	                  "1-0:2.7.0&255(00.194*kW) => power_active_export = 194 W",
	                  "3.7.0(00.195*kvar) => power_reactive_import = 195 var"));
	check_words(
		(const uint8_t *)bare, strlen(bare),
		WORDS("=> power_active_import = 193 W", "check 239E: right", "message decoded"));
}

static void test_telegram(void **state)
{
	static const char telegram[] = "/XYZ5\\2 meter\r\n\r\n1-0:1.7.0(00.193*kW)\r\n!B60D\r\n";
	struct page page;
	struct span span = { (const uint8_t *)telegram, strlen(telegram) };
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	page_init(&page, out, false);
	explain_telegram(&page, &span, NULL);
	assert_int_equal(span.left, 0);
	assert_int_equal(page.offset, strlen(telegram));
	fclose(out);
	assert_non_null(strstr(text, "identification: XYZ5\\2 meter\n"));
	assert_non_null(strstr(text, "blank line\n"));
	assert_non_null(strstr(text, "1-0:1.7.0(00.193*kW)\n"));
	assert_non_null(strstr(text, "check B60D: "));
	free(text);
	check_spellings();
}

/* ---- the page ---- */

static void test_colour(void **state)
{
	uint8_t buf[ENCODER_FRAME_MAX];
	char *text = explain_octets_of(buf, make_list(buf, KAIFA_LIST_1), 50, true);
	const char *reset = "\033[0m";

	(void)state;
	assert_non_null(strstr(text, "\033[1m"));
	for (const char *at = strchr(text, '\033'); at; at = strchr(at + 1, '\033')) {
		const char *end = strchr(at, '\n');

		assert_true(end - at >= 4); /* what begins on a line ends on it */
		assert_memory_equal(end - 4, reset, 4);
	}
	free(text);
}

static void test_hints(void **state)
{
	static const struct {
		const char *name;
		struct explain_summary summary;
		const char *hint;
	} cases[] = {
		{ "silence", { .live = true }, "Nothing came" },
		{ "an empty file", { 0 }, "The input is empty.\n" },
		{ "a file that cannot be read",
		  { .ended = -EIO },
		  "0 messages decoded\nReading ended "
		  "early: Input/output error.\n" },
		{ "read in part",
		  { .octets = 9, .ended = -EFBIG },
		  "ended early: File too large.\n" },
		{ "seven bits", { .octets = 100, .letters = 98, .high = 45 }, "7E1" },
		{ "hex",
		  { .octets = 100, .letters = 100, .hex = 100 },
		  "\nThis is hex as text: xxd -r -p FILE | hantool explain\n" },
		{ "another rate", { .octets = 100, .letters = 40, .high = 60 }, "--baud" },
		{ "no check agrees",
		  { .octets = 900, .frame_errors[HAN_ERR_HCS] = 3 },
		  "but no check "
		  "agrees: octets "
		  "are lost" },
		{ "no flag",
		  { .octets = 900, .frame_errors = { [HAN_ERR_HCS] = 1, [HAN_ERR_FLAG] = 1 } },
		  "Something like frames, but octets are lost or altered." },
		{ "no stop", { .octets = 900, .frame_errors[HAN_ERR_STOP] = 1 }, "--format" },
		{ "cut", { .octets = 9, .frame_errors[HAN_ERR_END] = 1 }, "none is complete" },
		{ "no key",
		  { .octets = 9, .frames = 1, .message_errors[HAN_ERR_NO_KEY] = 1 },
		  "\nThe meter encrypts: ask the grid company for its key, and give it with --key.\n" },
		{ "a wrong key",
		  { .octets = 9, .frames = 1, .message_errors[HAN_ERR_KEY] = 1 },
		  "not this meter's" },
		{ "a message again",
		  { .octets = 9, .frames = 1, .message_errors[HAN_ERR_REPLAY] = 1 },
		  "given twice" },
		{ "a list that nobody knows",
		  { .octets = 9, .frames = 1, .message_errors[HAN_ERR_LIST] = 1 },
		  "not known yet" },
		{ "not the list",
		  { .octets = 9,
		    .frames = 1,
		    .list_given = true,
		    .message_errors[HAN_ERR_LIST] = 2 },
		  "without --list" },
		{ "a damaged line",
		  { .octets = 9, .frames = 9, .frame_errors[HAN_ERR_FCS] = 2 },
		  "       2 refused as frames: frame check sequence wrong\n" },
		{ "one of all",
		  { .octets = 1, .frames = 1, .messages = 1 },
		  "       1 octet, 0 of them in no frame\n       1 frame whose checks agree\n"
		  "       1 message decoded\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct page page;
		char *text;
		size_t size;
		FILE *out = open_memstream(&text, &size);

		say_case(cases[i].name);
		page_init(&page, out, false);
		summary_print(&cases[i].summary, &page);
		fclose(out);
		if (!strstr(text, cases[i].hint))
			print_error("%s", text);
		assert_non_null(strstr(text, cases[i].hint));
		free(text);
	}
}

/* What is cut has a sign. */
static void test_cut(void **state)
{
	char text[16];

	(void)state;
	assert_string_equal(page_text((const uint8_t *)"0123456789", 10, text, 11), "0123456789");
	assert_string_equal(page_text((const uint8_t *)"0123456789", 10, text, 10),
	                    "012345" PAGE_CUT);
	assert_string_equal(page_text((const uint8_t *)"0123456789", 10, text, 4), PAGE_CUT);
}

/* What is in no frame, as decode counts it: without the flags between frames. */
static void test_noise_is_counted(void **state)
{
	uint8_t buf[2 * ENCODER_FRAME_MAX] = { 0xFF, 0x00, 0x7E };
	size_t len = 3 + make_list(buf + 3, KAIFA_LIST_1);

	(void)state;
	len += unhex("01 7e 7e", buf + len, sizeof(buf) - len);
	check_octets(buf, len, 5);
	check_words(buf, len,
	            WORDS("Octet 0: 2 octets in no frame", "       2  7e", "flag between frames",
	                  "Octet 44: 1 octet in no frame", "flags between frames",
	                  "47 octets, 3 of them in no frame"));
}

/* ---- a line ---- */

/* Pushes into an explain of a line; how many octets it has not shown yet. */
static size_t push_line(struct explain *x, const uint8_t *octets, size_t len, uint64_t now_ms)
{
	struct han_event event;

	do {
		size_t used = han_decoder_push(&decoder, octets, len, now_ms, &event);

		if (used > 0)
			explain_octets(x, octets, used);
		octets += used;
		len -= used;
		explain_event(x, &event);
	} while (event.type != HAN_MORE);
	if (len == 0 && !octets)
		explain_silence(x);
	return x->len;
}

/* Nothing that nobody will make sense of is kept for long; a frame that is coming in is not torn. */
static void test_line(void **state)
{
	static struct explain x;
	static uint8_t noise[6000];
	uint8_t frame[ENCODER_FRAME_MAX];
	size_t frame_len = make_list(frame, KAIFA_LIST_3), size;
	struct dice dice = dice_new();
	char *text;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)dice_below(&dice, 0x7E);
	han_decoder_init(&decoder, &(struct han_settings){ .protocol = HAN_PROTOCOL_HDLC });
	explain_init(&x, out, false);
	x.summary.live = true;
	for (size_t at = 0; at < sizeof(noise); at += 100)
		assert_in_range(push_line(&x, noise + at, 100, 1000 + at), 0, 2048 + 100);
	push_line(&x, frame, 80, 8000);
	push_line(&x, frame + 80, frame_len - 80, 8100);
	push_line(&x, noise, 200, 8200);
	assert_int_equal(push_line(&x, NULL, 0, 9500), 0);
	push_line(&x, frame, 80, 9600);
	assert_int_equal(push_line(&x, NULL, 0, 10700), 0);
	explain_end(&x);
	explain_fini(&x);
	fclose(out);
	assert_non_null(strstr(text, "Octet 6000: HDLC frame, 156 octets"));
	assert_non_null(strstr(text, "refused: line silent inside a frame"));
	assert_non_null(strstr(text, "1 message decoded"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),        cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_noise),        cmocka_unit_test(test_frame),
		cmocka_unit_test(test_wrong_checks), cmocka_unit_test(test_computed_check),
		cmocka_unit_test(test_shared_flag),  cmocka_unit_test(test_two_damaged),
		cmocka_unit_test(test_segments),     cmocka_unit_test(test_lost_parts),
		cmocka_unit_test(test_lost_block),   cmocka_unit_test(test_message_between_blocks),
		cmocka_unit_test(test_messages),     cmocka_unit_test(test_mbus),
		cmocka_unit_test(test_telegram),     cmocka_unit_test(test_colour),
		cmocka_unit_test(test_hints),        cmocka_unit_test(test_cut),
		cmocka_unit_test(test_wrong_header), cmocka_unit_test(test_noise_is_counted),
		cmocka_unit_test(test_line),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
