/* A-XDR items: every type, containers, limits; what is malformed, and what is cut short. */
#include <stdlib.h>

#include "dice.h"
#include "note.h"
#include "unhex.h"

#include <han/axdr.h>

/* A walk is written one item after the other: depth, ':', then "null", a number, the octets in quotes
 * behind their tag, or the count of a container: "0:struct(2) 1:-5 1:oct'0aff'". */
/* clang-format off */
static const struct {
	const char *name, *hex, *walk;
} sound[] = {
	{ "null",                       "00",                         "0:null" },
	{ "boolean, false",             "03 00",                      "0:bool 0" },
	{ "boolean, true",              "03 01",                      "0:bool 1" },
	{ "boolean, also true",         "03 ff",                      "0:bool 255" },
	{ "int8, zero",                 "0f 00",                      "0:int8 0" },
	{ "int8, largest",              "0f 7f",                      "0:int8 127" },
	{ "int8, smallest",             "0f 80",                      "0:int8 -128" },
	{ "int8, minus one",            "0f ff",                      "0:int8 -1" },
	{ "int16, largest",             "10 7fff",                    "0:int16 32767" },
	{ "int16, smallest",            "10 8000",                    "0:int16 -32768" },
	{ "int16, minus one",           "10 ffff",                    "0:int16 -1" },
	{ "int16, minus 256",           "10 ff00",                    "0:int16 -256" },
	{ "int32, largest",             "05 7fffffff",                "0:int32 2147483647" },
	{ "int32, smallest",            "05 80000000",                "0:int32 -2147483648" },
	{ "int32, minus two",           "05 fffffffe",                "0:int32 -2" },
	{ "int32, octets in order",     "05 01020304",                "0:int32 16909060" },
	{ "int64, largest",             "14 7fffffffffffffff",        "0:int64 9223372036854775807" },
	{ "int64, smallest",            "14 8000000000000000",        "0:int64 -9223372036854775808" },
	{ "int64, minus one",           "14 ffffffffffffffff",        "0:int64 -1" },
	{ "uint8, largest",             "11 ff",                      "0:uint8 255" },
	{ "uint16, largest",            "12 ffff",                    "0:uint16 65535" },
	{ "uint16, octets in order",    "12 0102",                    "0:uint16 258" },
	{ "uint32, largest",            "06 ffffffff",                "0:uint32 4294967295" },
	{ "uint32, top bit",            "06 80000000",                "0:uint32 2147483648" },
	{ "uint64, largest",            "15 ffffffffffffffff",        "0:uint64 18446744073709551615" },
	{ "uint64, octets in order",    "15 0102030405060708",        "0:uint64 72623859790382856" },
	{ "enum",                       "16 1b",                      "0:enum 27" },
	{ "octet-string",               "09 03 0aff00",               "0:oct'0aff00'" },
	{ "octet-string, empty",        "09 00",                      "0:oct''" },
	{ "visible-string",             "0a 02 4b46",                 "0:vis'4b46'" },
	{ "utf8-string",                "0c 02 c3a6",                 "0:utf8'c3a6'" },
	{ "length of one more octet",   "09 81 02 0102",              "0:oct'0102'" },
	{ "length of two more octets",  "09 82 0002 0102",            "0:oct'0102'" },
	{ "length of three",            "0a 83 000002 3132",          "0:vis'3132'" },
	{ "length of four",             "0c 84 00000002 3132",        "0:utf8'3132'" },
	{ "bit-string, empty",          "04 00",                      "0:bit''" },
	{ "bit-string, one bit",        "04 01 80",                   "0:bit'80'" },
	{ "bit-string, seven bits",     "04 07 fe",                   "0:bit'fe'" },
	{ "bit-string, eight bits",     "04 08 ff",                   "0:bit'ff'" },
	{ "bit-string, nine bits",      "04 09 ff80",                 "0:bit'ff80'" },
	{ "bit-string, long length",    "04 81 10 0102",              "0:bit'0102'" },
	{ "structure, empty",           "02 00",                      "0:struct(0)" },
	{ "array, empty",               "01 00",                      "0:array(0)" },
	{ "structure of one",           "02 01 06 00000001",          "0:struct(1) 1:uint32 1" },
	{ "structure of two",           "02 02 0f fb 09 02 0aff",     "0:struct(2) 1:int8 -5 1:oct'0aff'" },
	{ "array of three nulls",       "01 03 00 00 00",             "0:array(3) 1:null 1:null 1:null" },
	{ "count of two more octets",   "02 82 0002 00 00",           "0:struct(2) 1:null 1:null" },
	{ "inside each other",          "02 03 00 02 01 11 07 16 01", "0:struct(3) 1:null 1:struct(1) 2:uint8 7 1:enum 1" },
	{ "empty ones at the end",      "02 02 01 00 02 00",          "0:struct(2) 1:array(0) 1:struct(0)" },
	{ "an empty one before others", "02 02 01 00 11 05",          "0:struct(2) 1:array(0) 1:uint8 5" },
	{ "two ends at once",           "01 02 02 01 02 01 00 11 01", "0:array(2) 1:struct(1) 2:struct(1) 3:null 1:uint8 1" },
	{ "eight deep",                 "0201 0101 0201 0101 0201 0101 0201 0101 11 09",
	  "0:struct(1) 1:array(1) 2:struct(1) 3:array(1) 4:struct(1) 5:array(1) 6:struct(1) 7:array(1) 8:uint8 9" },
	{ "eight deep, and up again",   "0202 0101 0201 0101 0201 0101 0201 0101 00 00",
	  "0:struct(2) 1:array(1) 2:struct(1) 3:array(1) 4:struct(1) 5:array(1) 6:struct(1) 7:array(1) 8:null 1:null" },
};

static const struct {
	const char *name, *hex, *walk; /* the items in front of the error */
	enum han_err err;
} refused[] = {
	{ "nothing at all",            "",                       "",            HAN_ERR_TRUNCATED },
	{ "one octet too many",        "11 05 00",               "0:uint8 5",   HAN_ERR_TRAILING },
	{ "a second element",          "11 05 11 06",            "0:uint8 5",   HAN_ERR_TRAILING },
	{ "behind a structure",        "02 01 00 00",            "0:struct(1) 1:null", HAN_ERR_TRAILING },
	{ "behind an empty array",     "01 00 00",               "0:array(0)",  HAN_ERR_TRAILING },
	{ "count larger than what is left", "02 05 00 00 00 00", "",            HAN_ERR_TRUNCATED },
	{ "count with nothing left",   "02 01",                  "",            HAN_ERR_TRUNCATED },
	{ "count far too large",       "01 84 ffffffff 00 00",   "",            HAN_ERR_TRUNCATED },
	{ "inner count too large",     "02 02 00 02 02 00",      "0:struct(2) 1:null", HAN_ERR_TRUNCATED },
	{ "count that its elements do not fill", "02 03 11 01 11 02", "0:struct(3) 1:uint8 1 1:uint8 2", HAN_ERR_TRUNCATED },
	{ "string longer than what is left", "09 05 01 02 03 04", "",           HAN_ERR_TRUNCATED },
	{ "string far too long",       "09 84 ffffffff 01",      "",            HAN_ERR_TRUNCATED },
	{ "bit-string far too long",   "04 84 ffffffff 01",      "",            HAN_ERR_TRUNCATED },
	{ "bit-string a bit too long", "04 11 0102",             "",            HAN_ERR_TRUNCATED },
	{ "length 80",                 "09 80 01 02",            "",            HAN_ERR_COUNT },
	{ "length 85",                 "09 85 0000000001 01",    "",            HAN_ERR_COUNT },
	{ "count 80",                  "02 80 00 00",            "",            HAN_ERR_COUNT },
	{ "count 85",                  "01 85 0000000001 00",    "",            HAN_ERR_COUNT },
	{ "bit-string 80",             "04 80 00",               "",            HAN_ERR_COUNT },
	{ "unknown type inside",       "02 02 00 07 00",         "0:struct(2) 1:null", HAN_ERR_TYPE },
	{ "nine deep",                 "0201 0201 0201 0201 0201 0201 0201 0201 0201 00",
	  "0:struct(1) 1:struct(1) 2:struct(1) 3:struct(1) 4:struct(1) 5:struct(1) 6:struct(1) 7:struct(1)", HAN_ERR_LIMIT },
	{ "nine deep, empty",          "0201 0201 0201 0201 0201 0201 0201 0201 0100",
	  "0:struct(1) 1:struct(1) 2:struct(1) 3:struct(1) 4:struct(1) 5:struct(1) 6:struct(1) 7:struct(1)", HAN_ERR_LIMIT },
};

static const struct {
	enum han_tag tag;
	enum han_item_kind kind;
	const char *name;
} tags[] = {
	{ HAN_TAG_NULL,           HAN_ITEM_NULL,      "null" },
	{ HAN_TAG_ARRAY,          HAN_ITEM_CONTAINER, "array" },
	{ HAN_TAG_STRUCTURE,      HAN_ITEM_CONTAINER, "struct" },
	{ HAN_TAG_BOOLEAN,        HAN_ITEM_NUMBER,    "bool" },
	{ HAN_TAG_BIT_STRING,     HAN_ITEM_OCTETS,    "bit" },
	{ HAN_TAG_INT32,          HAN_ITEM_NUMBER,    "int32" },
	{ HAN_TAG_UINT32,         HAN_ITEM_NUMBER,    "uint32" },
	{ HAN_TAG_OCTET_STRING,   HAN_ITEM_OCTETS,    "oct" },
	{ HAN_TAG_VISIBLE_STRING, HAN_ITEM_OCTETS,    "vis" },
	{ HAN_TAG_UTF8_STRING,    HAN_ITEM_OCTETS,    "utf8" },
	{ HAN_TAG_INT8,           HAN_ITEM_NUMBER,    "int8" },
	{ HAN_TAG_INT16,          HAN_ITEM_NUMBER,    "int16" },
	{ HAN_TAG_UINT8,          HAN_ITEM_NUMBER,    "uint8" },
	{ HAN_TAG_UINT16,         HAN_ITEM_NUMBER,    "uint16" },
	{ HAN_TAG_INT64,          HAN_ITEM_NUMBER,    "int64" },
	{ HAN_TAG_UINT64,         HAN_ITEM_NUMBER,    "uint64" },
	{ HAN_TAG_ENUM,           HAN_ITEM_NUMBER,    "enum" },
};
/* clang-format on */

static size_t find_tag(uint8_t tag)
{
	size_t i = 0;

	while (i < COUNT(tags) && tags[i].tag != tag)
		i++;
	return i;
}

static void note_item(struct note *note, const struct han_item *item)
{
	size_t i = find_tag(item->tag);

	assert_true(i < COUNT(tags));
	assert_int_equal(item->kind, tags[i].kind);
	note_add(note, "%s%u:%s", note_gap(note), (unsigned)item->depth, tags[i].name);
	switch (item->kind) {
	case HAN_ITEM_NULL:
		break;
	case HAN_ITEM_NUMBER:
		note_add(note, " %s%llu", item->negative ? "-" : "",
		         (unsigned long long)item->magnitude);
		break;
	case HAN_ITEM_OCTETS:
		note_add(note, "'");
		for (size_t k = 0; k < item->len; k++)
			note_add(note, "%02x", item->octets[k]);
		note_add(note, "'");
		break;
	case HAN_ITEM_CONTAINER:
		note_add(note, "(%zu)", item->count);
		break;
	}
}

/* Walks through all items and returns how it ended; asks again behind the end. */
static enum han_err walk(const uint8_t *buf, size_t len, struct note *note)
{
	struct han_axdr axdr;
	struct han_item item;
	enum han_err err;

	note_clear(note);
	memset(&axdr, 0xA5, sizeof(axdr));
	han_axdr_begin(&axdr, buf, len);
	while (han_axdr_next(&axdr, &item))
		note_item(note, &item);
	err = axdr.cursor.err;
	for (int i = 0; i < 3; i++) {
		assert_false(han_axdr_next(&axdr, &item));
		assert_int_equal(axdr.cursor.err, err);
	}
	return err;
}

/* Nothing that is whole is found in an octet less, and no item that is not there. */
static void check_cut(const uint8_t *whole, size_t cut, const char *text)
{
	uint8_t *buf = malloc(cut + 1); /* on the heap, where a sanitizer sees its end */
	struct note part;

	assert_non_null(buf);
	memcpy(buf + 1, whole, cut);
	assert_int_equal(walk(buf + 1, cut, &part), HAN_ERR_TRUNCATED);
	assert_memory_equal(part.text, text, part.len);
	free(buf);
}

static void test_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sound); i++) {
		uint8_t buf[64];
		struct note note;
		size_t len = unhex(sound[i].hex, buf, sizeof(buf));

		say_case(sound[i].name);
		assert_int_equal(walk(buf, len, &note), HAN_OK);
		assert_string_equal(note.text, sound[i].walk);
		for (size_t cut = 0; cut < len; cut++)
			check_cut(buf, cut, sound[i].walk);
		buf[len] = 0;
		assert_int_equal(walk(buf, len + 1, &note), HAN_ERR_TRAILING);
		assert_string_equal(note.text, sound[i].walk);
	}
}

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		uint8_t buf[64];
		struct note note;
		size_t len = unhex(refused[i].hex, buf, sizeof(buf));

		say_case(refused[i].name);
		assert_int_equal(walk(buf, len, &note), refused[i].err);
		assert_string_equal(note.text, refused[i].walk);
	}
}

/* A tag is known or refused, whatever follows. */
static void test_every_tag(void **state)
{
	(void)state;
	for (unsigned tag = 0; tag < 256; tag++) {
		uint8_t buf[16] = { (uint8_t)tag };
		struct note note;
		enum han_err err = walk(buf, sizeof(buf), &note);

		if (find_tag((uint8_t)tag) < COUNT(tags))
			assert_int_equal(err, HAN_ERR_TRAILING); /* an item of zeros, and more */
		else
			assert_int_equal(err, HAN_ERR_TYPE);
	}
}

#define LIMIT 1024 /* items in one message */

/* An array of count nulls behind a structure's head: two items more. */
static enum han_err walk_nulls(size_t count, size_t *items)
{
	uint8_t buf[2 + 4 + 2 * LIMIT] = { 0x02, 0x01, 0x01, 0x82 };
	struct han_axdr axdr;
	struct han_item item;

	assert_true(count < 2 * LIMIT);
	buf[4] = (uint8_t)(count >> 8);
	buf[5] = (uint8_t)count;
	han_axdr_begin(&axdr, buf, 6 + count);
	for (*items = 0; han_axdr_next(&axdr, &item); ++*items)
		;
	return axdr.cursor.err;
}

static void test_item_limit(void **state)
{
	size_t items;

	(void)state;
	assert_int_equal(walk_nulls(LIMIT - 3, &items), HAN_OK);
	assert_int_equal(items, LIMIT - 1);
	assert_int_equal(walk_nulls(LIMIT - 2, &items), HAN_OK);
	assert_int_equal(items, LIMIT);
	assert_int_equal(walk_nulls(LIMIT - 1, &items), HAN_ERR_LIMIT);
	assert_int_equal(items, LIMIT);
	assert_int_equal(walk_nulls(LIMIT + 500, &items), HAN_ERR_LIMIT);
	assert_int_equal(items, LIMIT);
}

/* A string is not copied: it is where it was in the message. */
static void test_octets_are_the_message(void **state)
{
	const uint8_t buf[] = { 0x02, 0x02, 0x09, 0x02, 0x31, 0x32, 0x0A, 0x00 };
	struct han_axdr axdr;
	struct han_item item;

	(void)state;
	han_axdr_begin(&axdr, buf, sizeof(buf));
	assert_true(han_axdr_next(&axdr, &item));
	assert_null(item.octets);
	assert_true(han_axdr_next(&axdr, &item));
	assert_ptr_equal(item.octets, buf + 4);
	assert_int_equal(item.len, 2);
	assert_true(han_axdr_next(&axdr, &item));
	assert_int_equal(item.len, 0);
	assert_false(han_axdr_next(&axdr, &item));
}

/* Walks through anything: it ends, inside the buffer, and with items that keep what they promise. */
static void check_anything(const uint8_t *buf, size_t len)
{
	struct han_axdr axdr;
	struct han_item item;
	unsigned items = 0;

	han_axdr_begin(&axdr, buf, len);
	while (han_axdr_next(&axdr, &item)) {
		assert_true(++items <= LIMIT);
		assert_true(item.depth <= HAN_AXDR_DEPTH);
		assert_true(find_tag(item.tag) < COUNT(tags));
		if (item.kind == HAN_ITEM_OCTETS) {
			assert_true(item.octets >= buf);
			assert_true(item.len <= (size_t)(buf + len - item.octets));
		}
		if (item.kind == HAN_ITEM_CONTAINER)
			assert_true(item.count < len);
		if (item.kind == HAN_ITEM_NUMBER && item.negative)
			assert_true(item.magnitude > 0);
	}
	assert_true(axdr.cursor.pos <= buf + len);
	if (axdr.cursor.err == HAN_OK)
		assert_ptr_equal(axdr.cursor.pos, buf + len);
}

static void test_random_octets(void **state)
{
	static const uint8_t likely[] = { 0, 1, 2, 3, 4, 5, 6, 9, 10, 12, 15, 16, 17, 0x81, 0x84 };
	struct dice dice = dice_new();

	(void)state;
	for (int run = 0; run < 20000; run++) {
		size_t len = 1 + dice_below(&dice, 60);
		uint8_t *buf = malloc(len);

		assert_non_null(buf);
		dice_fill(&dice, buf, len);
		for (size_t i = 0; i < len; i++) {
			if (dice_below(&dice, 4) > 0)
				buf[i] = likely[dice_below(&dice, COUNT(likely))];
		}
		check_anything(buf, len);
		free(buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_every_tag),
		cmocka_unit_test(test_item_limit),
		cmocka_unit_test(test_octets_are_the_message),
		cmocka_unit_test(test_random_octets),
	};

	return cmocka_run_group_tests_name("axdr", tests, NULL, NULL);
}
