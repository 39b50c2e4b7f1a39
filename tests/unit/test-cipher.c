/* Deciphering: published vectors, every kind of APDU, and everything that must not be opened. */
#include "dice.h"
#include "opened.h"

#include <han/axdr.h>

#include "apdu.h"
#include "cursor.h"

/* The Green Book's message. */
#define GET "c0010000080000010000ff0200" /* get-request */

/* A push without time, whose body is an empty structure. */
#define PUSH "0f 40000000 00 0200"

static void test_tags(void **state)
{
	static const char ciphered[] = "c8 c9 ca cb cc cd cf d0 d1 d2 d3 d4 d5 d6 d7 db dc dd";

	(void)state;
	for (unsigned tag = 0; tag < 256; tag++) {
		struct cipher c = cipher_with(NULL, NULL, TITLE);
		uint8_t buf[] = { (uint8_t)tag };
		struct opened o;
		char hex[3];

		hex_of(buf, 1, hex);
		assert_int_equal(apdu_is_ciphered((uint8_t)tag), strstr(ciphered, hex) != NULL);
		open_apdu(&c, buf, sizeof(buf), &o);
		assert_int_equal(o.err,
		                 apdu_is_ciphered((uint8_t)tag) ? HAN_ERR_TRUNCATED : HAN_ERR_APDU);
	}
}

/* Each APDU with the keys given, from the Green Book's example on. */
/* clang-format off */
static const struct {
	const char *name, *key, *auth_key, *title; /* of the settings */
	const char *apdu;
	enum han_err err;
	const char *plain, *says; /* title, "" when it is not known; NULL: no security header was read */
	uint8_t control;
	uint32_t counter;
	bool authenticated;
} cases[] = {
	{ "Green Book, both",       EK, AK, TITLE, "c81e3001234567 411312ff935a47566827c467bc 7d825c3be4a77c3fcc056b6b", HAN_OK, GET, TITLE, 0x30, 0x01234567, true },
	{ "Green Book, tag only",   EK, AK, TITLE, "c81e1001234567 " GET " 06725d910f9221d263877516", HAN_OK, GET, TITLE, 0x10, 0x01234567, true },
	{ "Green Book, cipher only, is no push", EK, AK, TITLE, "c8122001234567 411312ff935a47566827c467bc", HAN_ERR_KEY, "", TITLE, 0x20, 0x01234567, false },
	{ "Green Book, title in the APDU", EK, AK, NULL, "db08" TITLE "1e3001234567 411312ff935a47566827c467bc 7d825c3be4a77c3fcc056b6b", HAN_OK, GET, TITLE, 0x30, 0x01234567, true },
	{ "the APDU's title goes first", EK, AK, OTHER_TITLE, "db08" TITLE "1e3001234567 411312ff935a47566827c467bc 7d825c3be4a77c3fcc056b6b", HAN_OK, GET, TITLE, 0x30, 0x01234567, true },
	{ "an empty title",         EK, AK, TITLE, "db00 1e3001234567 411312ff935a47566827c467bc 7d825c3be4a77c3fcc056b6b", HAN_OK, GET, TITLE, 0x30, 0x01234567, true },
	{ "other encryption key",   OTHER_KEY, AK, TITLE, "c81e3001234567 411312ff935a47566827c467bc 7d825c3be4a77c3fcc056b6b", HAN_ERR_KEY, "", TITLE, 0x30, 0x01234567, false },
	{ "other title",            EK, AK, OTHER_TITLE, "c81e3001234567 411312ff935a47566827c467bc 7d825c3be4a77c3fcc056b6b", HAN_ERR_KEY, "", OTHER_TITLE, 0x30, 0x01234567, false },
	{ "tag only, other authentication key", EK, EK, TITLE, "c81e1001234567 " GET " 06725d910f9221d263877516", HAN_ERR_TAG, "", TITLE, 0x10, 0x01234567, false },
	{ "tag only, no authentication key", EK, NULL, TITLE, "c81e1001234567 " GET " 06725d910f9221d263877516", HAN_OK, GET, TITLE, 0x10, 0x01234567, false },
	{ "tag only, no key at all", NULL, NULL, TITLE, "c81e1001234567 " GET " 06725d910f9221d263877516", HAN_OK, GET, TITLE, 0x10, 0x01234567, false },
	{ "tag only, to be verified without key", NULL, AK, TITLE, "c81e1001234567 " GET " 06725d910f9221d263877516", HAN_ERR_NO_KEY, "", TITLE, 0x10, 0x01234567, false },
	{ "encrypted, no key",      NULL, NULL, TITLE, "c81e3001234567 411312ff935a47566827c467bc 7d825c3be4a77c3fcc056b6b", HAN_ERR_NO_KEY, "", TITLE, 0x30, 0x01234567, false },
	{ "encrypted, authentication key only", NULL, AK, TITLE, "c8122001234567 411312ff935a47566827c467bc", HAN_ERR_NO_KEY, "", TITLE, 0x20, 0x01234567, false },
	{ "encrypted, no title",    EK, AK, NULL, "c81e3001234567 411312ff935a47566827c467bc 7d825c3be4a77c3fcc056b6b", HAN_ERR_TITLE, "", "", 0x30, 0x01234567, false },
	{ "an empty title, none in the settings", EK, AK, NULL, "db00 1e3001234567 411312ff935a47566827c467bc 7d825c3be4a77c3fcc056b6b", HAN_ERR_TITLE, "", "", 0x30, 0x01234567, false },
	{ "in clear",               NULL, NULL, NULL, "db08" TITLE "0d0000000007" PUSH, HAN_OK, PUSH, TITLE, 0x00, 7, false },
	{ "in clear, keys given",   EK, AK, NULL, "db08" TITLE "0d0000000007" PUSH, HAN_OK, PUSH, TITLE, 0x00, 7, false },
	{ "in clear, any content",  NULL, NULL, NULL, "db08" TITLE "070000000007 ffee", HAN_OK, "ffee", TITLE, 0x00, 7, false },
	{ "in clear, nothing",      NULL, NULL, NULL, "db08" TITLE "050000000007", HAN_OK, "", TITLE, 0x00, 7, false },
	{ "general, in clear: no counter", NULL, NULL, NULL, "dd 00 08" TITLE "00 00 00 00 0900" PUSH, HAN_OK, PUSH, TITLE, 0x00, 0, false },
	{ "encrypted nothing",      EK, NULL, NULL, "db08" TITLE "052000000007", HAN_ERR_KEY, "", TITLE, 0x20, 7, false },
	{ "compressed",             EK, AK, NULL, "db08" TITLE "0db000000007" PUSH, HAN_ERR_SECURITY, "", TITLE, 0xB0, 7, false },
	{ "compressed, in clear",   EK, AK, NULL, "db08" TITLE "0d8000000007" PUSH, HAN_ERR_SECURITY, "", TITLE, 0x80, 7, false },
	{ "suite 2",                EK, AK, NULL, "db08" TITLE "0d2200000007" PUSH, HAN_ERR_SECURITY, "", TITLE, 0x22, 7, false },
	{ "suite 15",               EK, AK, NULL, "db08" TITLE "0d2f00000007" PUSH, HAN_ERR_SECURITY, "", TITLE, 0x2F, 7, false },
	{ "general, a key inside",  EK, AK, NULL, "dd 00 08" TITLE "00 00 00 01 00 02 0d2000000007" PUSH, HAN_ERR_SECURITY, "", NULL, 0, 0, false },
	{ "title of 7",             EK, AK, TITLE, "db07 4d4d4d0000bc61 0d0000000007" PUSH, HAN_ERR_TITLE, "", NULL, 0, 0, false },
	{ "title of 9",             EK, AK, TITLE, "db09" TITLE "00 0d0000000007" PUSH, HAN_ERR_TITLE, "", NULL, 0, 0, false },
	{ "general, title of 7",    EK, AK, TITLE, "dd 00 07 4d4d4d0000bc61 000000 00 0d0000000007" PUSH, HAN_ERR_TITLE, "", NULL, 0, 0, false },
	{ "shorter than its tag",   EK, AK, NULL, "db08" TITLE "103000000007 0102030405060708090a0b", HAN_ERR_TRUNCATED, "", TITLE, 0x30, 7, false },
	{ "shorter than its header", EK, AK, NULL, "db08" TITLE "0430000000 07", HAN_ERR_TRUNCATED, "", NULL, 0, 0, false },
	{ "content cut short",      EK, AK, NULL, "db08" TITLE "0e0000000007" PUSH, HAN_ERR_TRUNCATED, "", TITLE, 0x00, 7, false },
	{ "octets behind it",       EK, AK, NULL, "db08" TITLE "0c0000000007" PUSH, HAN_ERR_TRAILING, "", TITLE, 0x00, 7, false },
	{ "length of four octets, huge", EK, AK, NULL, "db08" TITLE "84ffffffff 0000000007" PUSH, HAN_ERR_TRUNCATED, "", TITLE, 0x00, 7, false },
	{ "length indefinite",      EK, AK, NULL, "db08" TITLE "80 0000000007" PUSH, HAN_ERR_COUNT, "", NULL, 0, 0, false },
	{ "title's length indefinite", EK, AK, NULL, "db80" TITLE "0d0000000007" PUSH, HAN_ERR_COUNT, "", NULL, 0, 0, false },
	{ "another APDU",           EK, AK, TITLE, PUSH, HAN_ERR_APDU, "", NULL, 0, 0, false },
	{ "signed",                 EK, AK, TITLE, "df 00 08" TITLE "000000", HAN_ERR_APDU, "", NULL, 0, 0, false },
	{ "nothing",                EK, AK, TITLE, "", HAN_ERR_TRUNCATED, "", NULL, 0, 0, false },
};
/* clang-format on */

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cipher c = cipher_with(cases[i].key, cases[i].auth_key, cases[i].title);
		uint8_t apdu[128];
		size_t len = unhex(cases[i].apdu, apdu, sizeof(apdu));
		struct opened o;

		say_case(cases[i].name);
		open_apdu(&c, apdu, len, &o);
		assert_int_equal(o.err, cases[i].err);
		if (o.err == HAN_OK)
			check_plain(&o, cases[i].plain);
		assert_int_equal(cipher_has_header(&o.encryption), cases[i].says != NULL);
		check_title(&o.encryption, cases[i].says ? cases[i].says : "");
		assert_int_equal(o.encryption.control, cases[i].control);
		assert_int_equal(o.encryption.counter, cases[i].counter);
		assert_int_equal(o.encryption.authenticated, cases[i].authenticated);
	}
}

/* The key stream of test case 3 of the GCM specification (McGrew, Viega; its plaintext and ciphertext
 * combined) under a message of our own: the counter begins with 2, behind the block that masks the tag. */
static void test_key_stream_of_the_specification(void **state)
{
	static const char head[] = "db 08cafebabefacedbad 2d 20decaf888";
	static const char text_hex[] = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da"
				       "2e4c303d8a318a721c3c0c9595680953";
	static const char cipher_hex[] = "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e0"
					 "35c17e2329aca12e21d514b25466931c";
	uint8_t text[40], ciphertext[40], apdu[64];
	uint8_t push[40] = { 0x0F, 1, 2, 3, 4, 0x00, 0x02 };
	struct cipher c = cipher_with("feffe9928665731c6d6a8f9467308308", NULL, NULL);
	size_t at = unhex(head, apdu, sizeof(apdu));
	struct opened o;

	(void)state;
	assert_int_equal(unhex(text_hex, text, sizeof(text)), 40);
	assert_int_equal(unhex(cipher_hex, ciphertext, sizeof(ciphertext)), 40);
	for (size_t i = 0; i < 40; i++)
		apdu[at + i] = text[i] ^ ciphertext[i] ^ push[i];
	open_apdu(&c, apdu, at + 40, &o);
	assert_int_equal(o.err, HAN_OK);
	assert_int_equal(o.len, 40);
	assert_memory_equal(o.plain, push, 40);
}

/* The example in the description of the customer interface of EVN / Netz Niederösterreich, a Kaifa MA309,
 * out of its two M-Bus frames (its misprint corrected). */
static const char evn[] =
	"db084b464d675000000981f8200000002388d5ab4f97515aafc6b88d2f85daa7a0e3c0c40d004535c397c9d0"
	"37ab7dbda329107615444894a1a0dd7e85f02d496cecd3ff46af5fb3c9229cfe8f3ee4606ab2e1f409f36aad"
	"2e50900a4396fc6c2e083f373233a69616950758bfc7d63a9e9b6e99e21b2cbc2b934772ca51fd4d69830711"
	"cab1f8cff25f0a329337cba51904f0caed88d61968743c8454ba922eb00038182c22fe316d16f2a9f544d6f7"
	"5d51a4e92a1c4ef8ab19a2b7feaa32d0726c0ed80229ae6c0f7621a4209251ace2b2bc66ff0327a653bb686c"
	"756be033c7a281f1d2a7e1fa31c3983e15f8fd16cc5787e6f5419a3cfda44be438c96f0e38bf83d9";
#define EVN_KEY "36c66639e48a8ca4d6bc8b282a793bbb"

static void check_parses_completely(const uint8_t *text, size_t len)
{
	struct han_cursor in = cursor_over(text, len);
	struct han_apdu_header header;
	struct han_axdr axdr;
	struct han_item item;

	apdu_read_notification(&in, &header);
	assert_int_equal(in.err, HAN_OK);
	han_axdr_begin(&axdr, in.pos, cursor_left(&in));
	while (han_axdr_next(&axdr, &item))
		;
	assert_int_equal(axdr.cursor.err, HAN_OK);
}

static void test_published_example(void **state)
{
	static const char begins[] = "0f8006870e0c07e5091b01092f0f00ff88800223";
	struct cipher c = cipher_with(EVN_KEY, NULL, NULL);
	uint8_t apdu[300], begin[20];
	size_t len = unhex(evn, apdu, sizeof(apdu));
	struct opened o;

	(void)state;
	open_apdu(&c, apdu, len, &o);
	assert_int_equal(o.err, HAN_OK);
	assert_int_equal(o.len, 0xF8 - 5);
	assert_memory_equal(o.plain, begin, unhex(begins, begin, sizeof(begin)));
	check_parses_completely(o.plain, o.len);
	check_title(&o.encryption, "4b464d6750000009");
	assert_int_equal(o.encryption.control, 0x20);
	assert_int_equal(o.encryption.counter, 0x23);

	c = cipher_with(OTHER_KEY, NULL, NULL);
	open_apdu(&c, apdu, len, &o);
	assert_int_equal(o.err, HAN_ERR_KEY);
	c = cipher_with(NULL, NULL, NULL);
	open_apdu(&c, apdu, len, &o);
	assert_int_equal(o.err, HAN_ERR_NO_KEY);
}

/* clang-format off */
static const struct seal seals[] = {
	{ 0xDB, 0x30, 0, 0x00000001, TITLE, NULL, EK, AK, { NULL } },
	{ 0xDB, 0x30, 2, 0xFFFFFFFF, TITLE, NULL, EK, AK, { NULL } },
	{ 0xDB, 0x31, 1, 0x01020304, TITLE, NULL, EK, AK, { NULL } },
	{ 0xDB, 0x70, 4, 0x80000000, TITLE, NULL, EK, AK, { NULL } },
	{ 0xDB, 0x30, 3, 0x00000009, NULL, TITLE, EK, AK, { NULL } },
	{ 0xDC, 0x30, 0, 0x00000009, TITLE, NULL, EK, AK, { NULL } },
	{ 0xDC, 0x10, 0, 0x00000009, TITLE, NULL, EK, AK, { NULL } },
	{ 0xDB, 0x11, 0, 0x00000009, TITLE, NULL, EK, AK, { NULL } },
	{ 0xC8, 0x30, 0, 0x00000009, NULL, TITLE, EK, AK, { NULL } },
	{ 0xCA, 0x30, 2, 0x00000009, NULL, TITLE, EK, AK, { NULL } },
	{ 0xCF, 0x10, 0, 0x00000009, NULL, TITLE, EK, AK, { NULL } },
	{ 0xD2, 0x31, 0, 0x00000009, NULL, TITLE, EK, AK, { NULL } },
	{ 0xDD, 0x30, 0, 0x00000009, TITLE, NULL, EK, AK, { NULL } },
	{ 0xDD, 0x30, 0, 0x00000009, TITLE, NULL, EK, AK, { "0102030405060708", OTHER_TITLE, "07e8011702120000ff800000", "a1a2a3" } },
	{ 0xDD, 0x31, 2, 0x00000009, NULL, TITLE, EK, AK, { "01", "", "", "" } },
	{ 0xDD, 0x10, 0, 0x00000009, TITLE, NULL, EK, AK, { "0102", OTHER_TITLE, "", "ff" } },
};
/* clang-format on */

static void test_every_kind_opens(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(seals); i++) {
		struct seal seal = seals[i];
		struct cipher both = cipher_with(EK, AK, seal.hidden);
		struct cipher one = cipher_with(EK, NULL, seal.hidden);
		struct sealed_apdu apdu;

		seal_list(&apdu, &seal);
		check_opens(&both, &apdu, &seal, true);
		check_opens(&one, &apdu, &seal, false);
		for (unsigned without = 0; without <= 0x20; without += 0x20) { /* the tag */
			seal.control = (uint8_t)((seals[i].control & 0xCF) | without);
			if (seal.tag == 0xDD && without == 0)
				seal.counter = 0;
			seal_list(&apdu, &seal);
			check_opens(&both, &apdu, &seal, false);
			check_opens(&one, &apdu, &seal, false);
		}
	}
}

/* No part of an APDU is one, and nothing may follow it. */
static void test_cut_and_longer(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(seals); i++) {
		struct cipher c = cipher_with(EK, AK, seals[i].hidden);
		struct sealed_apdu apdu;
		struct opened o;

		seal_list(&apdu, &seals[i]);
		for (size_t cut = 0; cut < apdu.len; cut++) {
			open_apdu(&c, apdu.octets, cut, &o);
			assert_int_equal(o.err, HAN_ERR_TRUNCATED);
		}
		apdu.octets[apdu.len] = 0;
		open_apdu(&c, apdu.octets, apdu.len + 1, &o);
		assert_int_equal(o.err, HAN_ERR_TRAILING);
		assert_int_equal(o.encryption.counter, seals[i].counter);
	}
}

/* The tag of a service-specific APDU is covered by nothing: another one says the same of the content. */
static void check_same_content(const struct opened *o, const struct seal *seal, size_t bit)
{
	assert_true(seal->tag < 0xD8 && bit < 8);
	check_plain(o, list);
	assert_true(o->encryption.authenticated);
}

/* One bit wrong anywhere: nothing is opened, once it is known that the meter sends tags. */
static void test_every_bit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(seals); i++) {
		struct cipher c = cipher_with(EK, AK, seals[i].hidden);
		struct sealed_apdu apdu;
		struct opened o;

		remember(&c, TITLE, seals[i].counter - 1, true);
		seal_list(&apdu, &seals[i]);
		check_opens(&c, &apdu, &seals[i], true);
		for (size_t bit = 0; bit < 8 * apdu.len; bit++) {
			apdu.octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
			open_apdu(&c, apdu.octets, apdu.len, &o);
			if (o.err == HAN_OK)
				check_same_content(&o, &seals[i], bit);
			apdu.octets[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

/* A bit wrong in the text or in the tag is the tag's matter; in key or title, the key's. */
static void test_tag_or_key(void **state)
{
	struct cipher c = cipher_with(EK, AK, NULL);
	struct sealed_apdu apdu;
	struct opened o;

	(void)state;
	seal_list(&apdu, &seals[0]);
	for (size_t at = apdu.len - 20; at < apdu.len; at++) {
		apdu.octets[at] ^= 0x10;
		open_apdu(&c, apdu.octets, apdu.len, &o);
		assert_int_equal(o.err, HAN_ERR_TAG);
		apdu.octets[at] ^= 0x10;
	}
	c = cipher_with(EK, OTHER_KEY, NULL);
	open_apdu(&c, apdu.octets, apdu.len, &o);
	assert_int_equal(o.err, HAN_ERR_TAG);
	c = cipher_with(OTHER_KEY, AK, NULL);
	open_apdu(&c, apdu.octets, apdu.len, &o);
	assert_int_equal(o.err, HAN_ERR_KEY);
}

/* How a message begins, seen by whether a text without tag is taken. */
/* clang-format off */
static const struct {
	const char *name, *text;
	bool begins;
} beginnings[] = {
	{ "no time, structure",         "0f 00000000 00 02",                               true },
	{ "no time, array",             "0f ffffffff 00 01",                               true },
	{ "time as the standard has it", "0f 00000000 0c 07e8011702113a3aff800000 02",     true },
	{ "time with a type",           "0f 00000000 090c 07e8011702113a3aff800000 02",    true },
	{ "no time, a number",          "0f 00000000 00 06",                               false },
	{ "no time, nothing",           "0f 00000000 00",                                  false },
	{ "time cut short",             "0f 00000000 0c 07e8011702113a3aff8000",           false },
	{ "nothing behind the time",    "0f 00000000 0c 07e8011702113a3aff800000",         false },
	{ "a number behind the time",   "0f 00000000 0c 07e8011702113a3aff800000 09",      false },
	{ "time of another length",     "0f 00000000 0b 07e8011702113a3aff8000 02",        false },
	{ "time of another type",       "0f 00000000 0a0c 07e8011702113a3aff800000 02",    false },
	{ "another APDU",               "0e 00000000 00 02",                               false },
	{ "telegram",                   "2f 4b464d 35",                                    true },
	{ "telegram, small letters",    "2f 4b616d 35",                                    true },
	{ "telegram, letters alone",    "2f 5a417a",                                       true },
	{ "telegram, a letter short",   "2f 4b46",                                         false },
	{ "telegram, a digit",          "2f 4b3444 35",                                    false },
	{ "telegram, behind Z",         "2f 4b5b44 35",                                    false },
	{ "telegram, in front of A",    "2f 4b4044 35",                                    false },
	{ "telegram, high octet",       "2f 4bc144 35",                                    false },
	{ "block",                      "e0 c0 0001 0000 03 0f0000",                       false },
	{ "block, empty",               "e0 c0 0001 0000 00",                              false },
	{ "event-notification",         "c2 00 0003 0100010700ff 02 06 0000004d",          true },
	{ "event-notification, cut",    "c2 00 0003 0100010700",                           false },
	{ "a compact array",            "0f 40000000 00 13 12 02 0001",                    true },
	{ "block, longer",              "e0 c0 0001 0000 03 0f000000",                     false },
	{ "block, shorter",             "e0 c0 0001 0000 03 0f00",                         false },
	{ "block, no length",           "e0 c0 0001 0000",                                 false },
	{ "ciphered again",             "db 08 4b464d6750000009 05 00 00000001",           false },
};
/* clang-format on */

static void test_beginnings(void **state)
{
	struct seal seal = { 0xDB, 0x20, 0, 1, TITLE, NULL, EK, AK, { NULL } };
	struct cipher c = cipher_with(EK, AK, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(beginnings); i++) {
		uint8_t text[64];
		size_t len = unhex(beginnings[i].text, text, sizeof(text));
		struct sealed_apdu apdu;
		struct opened o;

		say_case(beginnings[i].name);
		seal_message(&apdu, &seal, text, len);
		open_apdu(&c, apdu.octets, apdu.len, &o);
		assert_int_equal(o.err, beginnings[i].begins ? HAN_OK : HAN_ERR_KEY);
		if (o.err == HAN_OK)
			check_plain(&o, beginnings[i].text);
	}
}

static void test_sizes(void **state)
{
	static const uint8_t controls[] = { 0x00, 0x10, 0x20, 0x30 };
	static uint8_t text[HAN_MESSAGE_MAX + 1] = { 0x0F, 0, 0, 0, 0, 0, 0x02 };
	struct cipher c = cipher_with(EK, AK, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(controls); i++) {
		struct seal seal = { 0xDB, controls[i], 0, 1, TITLE, NULL, EK, AK, { NULL } };
		static struct sealed_apdu apdu;
		static struct opened o;

		seal_message(&apdu, &seal, text, HAN_MESSAGE_MAX);
		open_apdu(&c, apdu.octets, apdu.len, &o);
		assert_int_equal(o.err, HAN_OK);
		assert_int_equal(o.len, HAN_MESSAGE_MAX);
		assert_memory_equal(o.plain, text, HAN_MESSAGE_MAX);
		open_into(&c, apdu.octets, apdu.len, HAN_MESSAGE_MAX - 1, &o);
		assert_int_equal(o.err, HAN_ERR_SIZE);
		open_into(&c, apdu.octets, apdu.len, 0, &o);
		assert_int_equal(o.err, HAN_ERR_SIZE);

		seal_message(&apdu, &seal, text, HAN_MESSAGE_MAX + 1);
		open_into(&c, apdu.octets, apdu.len, HAN_MESSAGE_MAX + 1, &o);
		assert_int_equal(o.err, HAN_ERR_SIZE);
		assert_int_equal(o.encryption.counter, 1);
	}
}

static void test_init_and_wipe(void **state)
{
	struct han_settings settings;
	struct cipher c;

	(void)state;
	memset(&settings, 0, sizeof(settings));
	memset(settings.key, 0xA5, sizeof(settings.key)); /* not said to be there */
	memset(settings.auth_key, 0xA5, sizeof(settings.auth_key));
	memset(settings.title, 0xA5, sizeof(settings.title));
	memset(&c, 0xA5, sizeof(c));
	cipher_init(&c, &settings);
	assert_true(all_zero(&c, sizeof(c)));
	memset(&c, 0xA5, sizeof(c));
	cipher_init(&c, NULL);
	assert_true(all_zero(&c, sizeof(c)));

	settings.has_key = settings.has_auth_key = settings.has_title = true;
	settings.allow_replay = true;
	cipher_init(&c, &settings);
	assert_true(c.has_key && c.has_auth_key && c.has_title && c.allow_replay);
	assert_memory_equal(c.key, settings.key, sizeof(c.key));
	assert_memory_equal(c.auth_key, settings.auth_key, sizeof(c.auth_key));
	assert_memory_equal(c.title, settings.title, sizeof(c.title));
	remember(&c, TITLE, 9, true);
	cipher_wipe(&c);
	assert_true(all_zero(&c, sizeof(c)));
}

/* Any octet of it will do. */
static void test_has_header(void **state)
{
	struct han_encryption nothing = { .control = 0 };
	struct han_encryption control = { .control = 0x20 };
	struct han_encryption counter = { .counter = 0x01000000 };
	struct han_encryption title = { .title = { 0, 0, 0, 0, 0, 0, 0, 1 } };

	(void)state;
	assert_false(cipher_has_header(&nothing));
	assert_true(cipher_has_header(&control));
	assert_true(cipher_has_header(&counter));
	assert_true(cipher_has_header(&title));
}

/* Anything at all, most of it with a sound front: it ends inside the buffer, and nothing is verified. */
static void test_random_octets(void **state)
{
	static const uint8_t tags[] = { 0xDB, 0xDC, 0xDD, 0xCA, 0xD2 };
	static const uint8_t likely[] = { 0, 1, 5, 8, 0x10, 0x20, 0x30, 0x31, 0x81, 0x82, 0x84 };
	struct cipher c = cipher_with(EK, AK, NULL);
	struct dice dice = dice_new();

	(void)state;
	for (int run = 0; run < 20000; run++) {
		size_t len = 1 + dice_below(&dice, 60);
		uint8_t buf[64];
		struct opened o;

		dice_fill(&dice, buf, len);
		for (size_t i = 0; i < len; i++) {
			if (dice_below(&dice, 3) > 0)
				buf[i] = likely[dice_below(&dice, COUNT(likely))];
		}
		buf[0] = tags[dice_below(&dice, COUNT(tags))];
		if (dice_below(&dice, 2) > 0 && len > 11) {
			buf[1] = 8;
			buf[10] = (uint8_t)(len - 11);
		}
		open_apdu(&c, buf, len, &o);
		assert_false(o.encryption.authenticated);
		assert_true((unsigned)o.err < HAN_ERR_KINDS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_key_stream_of_the_specification),
		cmocka_unit_test(test_published_example),
		cmocka_unit_test(test_every_kind_opens),
		cmocka_unit_test(test_cut_and_longer),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_tag_or_key),
		cmocka_unit_test(test_beginnings),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_init_and_wipe),
		cmocka_unit_test(test_has_header),
		cmocka_unit_test(test_random_octets),
	};

	return cmocka_run_group_tests_name("cipher", tests, NULL, NULL);
}
