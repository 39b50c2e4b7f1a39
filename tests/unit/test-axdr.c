/* A-XDR items: every type, containers, compact arrays; what is malformed, and what is cut short. */
#include <stdlib.h>

#include "note.h"
#include "unhex.h"

#include <han/axdr.h>

/* A walk is written one item after the other: depth, ':', the tag's name, then nothing, a number, the octets
 * in quotes, or the count of a container: "0:struct(2) 1:int8 -5 1:oct'0aff' 1:float32 2301e-1". */
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
	{ "bcd, zero",                  "0d 00",                      "0:bcd 0" },
	{ "bcd, digits in order",       "0d 42",                      "0:bcd 42" },
	{ "bcd, largest",               "0d 99",                      "0:bcd 99" },
	{ "float32, zero",              "17 00000000",                "0:float32 0" },
	{ "float32, minus zero",        "17 80000000",                "0:float32 0" },
	{ "float32",                    "17 4366199a",                "0:float32 2301e-1" },
	{ "float32, negative",          "17 c3660000",                "0:float32 -23e1" },
	{ "float64",                    "18 406df66666666666",        "0:float64 2397e-1" },
	{ "float64, negative",          "18 bfd5555555555555",        "0:float64 -3333333333333333e-16" },
	{ "date-time",                  "19 07e6050504 15000aff 8000 00", "0:datetime'07e605050415000aff800000'" },
	{ "date",                       "1a 07e6050504",              "0:date'07e6050504'" },
	{ "time",                       "1b 15000aff",                "0:time'15000aff'" },
	{ "delta-integer",              "1c fe",                      "0:dint8 -2" },
	{ "delta-long",                 "1d 8000",                    "0:dint16 -32768" },
	{ "delta-double-long",          "1e fffffffe",                "0:dint32 -2" },
	{ "delta-unsigned",             "1f fe",                      "0:duint8 254" },
	{ "delta-long-unsigned",        "20 8001",                    "0:duint16 32769" },
	{ "delta-double-long-unsigned", "21 fffffffe",                "0:duint32 4294967294" },
	{ "don't care",                 "ff",                         "0:dontcare" },
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
	{ "compact, no element",        "13 12 00",                   "0:compact(0)" },
	{ "compact, no structure",      "13 02021209 00",             "0:compact(0)" },
	{ "compact, no null",           "13 00 00",                   "0:compact(0)" },
	{ "compact, numbers",           "13 12 04 00e6 00e7",         "0:compact(2) 1:uint16 230 1:uint16 231" },
	{ "compact, longer lengths",    "13 02820002110f 8104 01ff 02fe",
	  "0:compact(2) 1:struct(2) 2:uint8 1 2:int8 -1 1:struct(2) 2:uint8 2 2:int8 -2" },
	{ "compact, strings",           "13 09 06 02 4b46 00 01 4d",  "0:compact(3) 1:oct'4b46' 1:oct'' 1:oct'4d'" },
	{ "compact, bit-strings",       "13 04 05 09 ff80 01 80",     "0:compact(2) 1:bit'ff80' 1:bit'80'" },
	{ "compact, floats",            "13 17 08 4366199a c3660000", "0:compact(2) 1:float32 2301e-1 1:float32 -23e1" },
	{ "compact, bcd",               "13 0d 02 12 34",             "0:compact(2) 1:bcd 12 1:bcd 34" },
	{ "compact, times",             "13 1b 08 15000aff 16000aff", "0:compact(2) 1:time'15000aff' 1:time'16000aff'" },
	{ "compact, structures",        "13 02021209 09 00e6 02 4b46 00e7 01 4d",
	  "0:compact(2) 1:struct(2) 2:uint16 230 2:oct'4b46' 1:struct(2) 2:uint16 231 2:oct'4d'" },
	{ "compact, nothing beside something", "13 02 04 00 11 ff 0200 02 01 02",
	  "0:compact(2) 1:struct(4) 2:null 2:uint8 1 2:dontcare 2:struct(0) 1:struct(4) 2:null 2:uint8 2 2:dontcare 2:struct(0)" },
	{ "compact, structure inside",  "13 0202 0202 110f 16 06 01ff03 02fe04",
	  "0:compact(2) 1:struct(2) 2:struct(2) 3:uint8 1 3:int8 -1 2:enum 3 1:struct(2) 2:struct(2) 3:uint8 2 3:int8 -2 2:enum 4" },
	{ "compact, arrays",            "13 01 0002 11 04 01 02 03 04",
	  "0:compact(2) 1:array(2) 2:uint8 1 2:uint8 2 1:array(2) 2:uint8 3 2:uint8 4" },
	{ "compact, array inside, and behind it", "13 0202 01 0002 0201 11 0f 06 01 02 ff 03 04 fe",
	  "0:compact(2) 1:struct(2) 2:array(2) 3:struct(1) 4:uint8 1 3:struct(1) 4:uint8 2 2:int8 -1"
	  " 1:struct(2) 2:array(2) 3:struct(1) 4:uint8 3 3:struct(1) 4:uint8 4 2:int8 -2" },
	{ "compact, empty array inside", "13 0202 01 0000 0202 1109 11 02 01 02",
	  "0:compact(2) 1:struct(2) 2:array(0) 2:uint8 1 1:struct(2) 2:array(0) 2:uint8 2" },
	{ "compact, as many nulls as octets", "13 0202 01 0001 00 11 02 01 02",
	  "0:compact(2) 1:struct(2) 2:array(1) 3:null 2:uint8 1 1:struct(2) 2:array(1) 3:null 2:uint8 2" },
	{ "compact, others around",     "02 03 11 01 13 11 02 02 03 11 04",
	  "0:struct(3) 1:uint8 1 1:compact(2) 2:uint8 2 2:uint8 3 1:uint8 4" },
	{ "compact, one behind the other", "01 02 13 11 01 05 13 12 02 0006",
	  "0:array(2) 1:compact(1) 2:uint8 5 1:compact(1) 2:uint16 6" },
	{ "compact, eight deep",        "0201 0201 0201 0201 0201 0201 0201 13 11 01 07",
	  "0:struct(1) 1:struct(1) 2:struct(1) 3:struct(1) 4:struct(1) 5:struct(1) 6:struct(1) 7:compact(1) 8:uint8 7" },
	{ "compact, its description eight deep", "13 0201 010001 0201 010001 0201 010001 0201 11 01 07",
	  "0:compact(1) 1:struct(1) 2:array(1) 3:struct(1) 4:array(1) 5:struct(1) 6:array(1) 7:struct(1) 8:uint8 7" },
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
	{ "bcd, tens above nine",      "0d a0",                  "",            HAN_ERR_NUMBER },
	{ "bcd, ones above nine",      "0d 0a",                  "",            HAN_ERR_NUMBER },
	{ "float32, not a number",     "17 7fc00000",            "",            HAN_ERR_NUMBER },
	{ "float64, infinite",         "18 fff0000000000000",    "",            HAN_ERR_NUMBER },
	{ "float64, too large",        "02 02 00 18 7e37e43c8800759c", "0:struct(2) 1:null", HAN_ERR_NUMBER },
	{ "compact, an octet short",   "13 12 03 00e6 00",       "",            HAN_ERR_TRUNCATED },
	{ "compact, ends in a structure", "13 02021209 05 00e6 00 00e7", "",    HAN_ERR_TRUNCATED },
	{ "compact, a structure short of a string", "13 02021209 02 00e6", "",  HAN_ERR_TRUNCATED },
	{ "compact, string beyond the contents", "02 02 13 09 02 02 31 11 05", "0:struct(2)", HAN_ERR_TRUNCATED },
	{ "compact, array beyond the contents", "02 02 13 01 0003 11 02 01 02 11 05", "0:struct(2)", HAN_ERR_TRUNCATED },
	{ "compact, more nulls than octets", "13 0202 01 0003 00 11 02 01 02", "", HAN_ERR_TRUNCATED },
	{ "compact, 65535 nulls",      "13 0202 11 01 ffff 00 01 01", "",       HAN_ERR_TRUNCATED },
	{ "compact, contents too long", "13 11 03 01 02",        "",            HAN_ERR_TRUNCATED },
	{ "compact, contents far too long", "13 11 84 ffffffff 01", "",         HAN_ERR_TRUNCATED },
	{ "compact, description too long", "13 02 05 11 11 02 01 02", "",       HAN_ERR_TRUNCATED },
	{ "compact, description too long, of unknown type", "13 02 06 11 07 02 01 02", "", HAN_ERR_TRUNCATED },
	{ "compact, description far too long", "13 02 84 ffffffff 11 00", "",   HAN_ERR_TRUNCATED },
	{ "compact, description with nothing left", "13 02 01",  "",            HAN_ERR_TRUNCATED },
	{ "compact, nulls of an octet", "13 00 01 00",           "",            HAN_ERR_COUNT },
	{ "compact, anything of an octet", "13 ff 01 00",        "",            HAN_ERR_COUNT },
	{ "compact, empty structures of an octet", "13 02 00 01 00", "",        HAN_ERR_COUNT },
	{ "compact, empty arrays of an octet", "13 01 0000 11 01 00", "",       HAN_ERR_COUNT },
	{ "compact, structures of nulls", "13 02 02 00 00 01 00", "",           HAN_ERR_COUNT },
	{ "compact, contents of length 80", "13 11 80 00",       "",            HAN_ERR_COUNT },
	{ "compact, description of count 80", "13 02 80 00 00",  "",            HAN_ERR_COUNT },
	{ "compact, string of length 80", "13 09 02 80 00",      "",            HAN_ERR_COUNT },
	{ "compact, bcd above nine",   "13 0d 02 12 3a",         "",            HAN_ERR_NUMBER },
	{ "compact, of unknown type",  "13 07 00",               "",            HAN_ERR_TYPE },
	{ "compact, unknown type inside", "13 0202 11 0201 08 00", "",          HAN_ERR_TYPE },
	{ "compact, of compact arrays", "13 13 11 00 00",        "",            HAN_ERR_TYPE },
	{ "compact, a compact array inside", "13 0202 11 13 11 00", "",         HAN_ERR_TYPE },
	{ "compact, nine deep",        "0201 0201 0201 0201 0201 0201 0201 0201 13 11 00",
	  "0:struct(1) 1:struct(1) 2:struct(1) 3:struct(1) 4:struct(1) 5:struct(1) 6:struct(1) 7:struct(1)", HAN_ERR_LIMIT },
	{ "compact, its description nine deep", "13 0201 0201 0201 010001 0201 0201 0201 0201 11 01 07", "", HAN_ERR_LIMIT },
	{ "compact, that without contents", "13 0201 0201 0201 010001 0201 0201 0201 0200 00", "", HAN_ERR_LIMIT },
	{ "compact, a description of nothing but depth", "0201 0201 0201 0201 0201 0201 0201 0201 13"
	  "0201 0201 0201 0201 0201 0201 0201 0201 0201 0201 0201 0201",
	  "0:struct(1) 1:struct(1) 2:struct(1) 3:struct(1) 4:struct(1) 5:struct(1) 6:struct(1) 7:struct(1)", HAN_ERR_LIMIT },
	{ "behind a compact array",    "13 11 01 05 05",         "0:compact(1) 1:uint8 5", HAN_ERR_TRAILING },
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
	{ HAN_TAG_BCD,            HAN_ITEM_NUMBER,    "bcd" },
	{ HAN_TAG_COMPACT_ARRAY,  HAN_ITEM_CONTAINER, "compact" },
	{ HAN_TAG_FLOAT32,        HAN_ITEM_NUMBER,    "float32" },
	{ HAN_TAG_FLOAT64,        HAN_ITEM_NUMBER,    "float64" },
	{ HAN_TAG_DATE_TIME,      HAN_ITEM_OCTETS,    "datetime" },
	{ HAN_TAG_DATE,           HAN_ITEM_OCTETS,    "date" },
	{ HAN_TAG_TIME,           HAN_ITEM_OCTETS,    "time" },
	{ HAN_TAG_DELTA_INT8,     HAN_ITEM_NUMBER,    "dint8" },
	{ HAN_TAG_DELTA_INT16,    HAN_ITEM_NUMBER,    "dint16" },
	{ HAN_TAG_DELTA_INT32,    HAN_ITEM_NUMBER,    "dint32" },
	{ HAN_TAG_DELTA_UINT8,    HAN_ITEM_NUMBER,    "duint8" },
	{ HAN_TAG_DELTA_UINT16,   HAN_ITEM_NUMBER,    "duint16" },
	{ HAN_TAG_DELTA_UINT32,   HAN_ITEM_NUMBER,    "duint32" },
	{ HAN_TAG_DONT_CARE,      HAN_ITEM_NULL,      "dontcare" },
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
		if (item->exp10 != 0)
			note_add(note, "e%d", item->exp10);
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

/* An item that is refused leaves the caller's as it was. */
static void test_refused_item_is_not_written(void **state)
{
	static const char *const cases[] = { "",      "07",          "12 00",
		                             "0d aa", "17 7fc00000", "13 12 01 00" };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct han_item item, before;
		struct han_axdr axdr;
		uint8_t buf[8];

		memset(&item, 0xA5, sizeof(item));
		memcpy(&before, &item, sizeof(item));
		han_axdr_begin(&axdr, buf, unhex(cases[i], buf, sizeof(buf)));
		assert_false(han_axdr_next(&axdr, &item));
		assert_memory_equal(&item, &before, sizeof(item));
	}
}

/* A string is not copied: it is where it was in the message. */
static void test_octets_are_the_message(void **state)
{
	const uint8_t buf[] = { 0x02, 0x03, 0x09, 0x02, 0x31, 0x32, 0x0A,
		                0x00, 0x13, 0x0A, 0x02, 0x01, 0x33 };
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
	assert_true(han_axdr_next(&axdr, &item));
	assert_null(item.octets);
	assert_true(han_axdr_next(&axdr, &item));
	assert_ptr_equal(item.octets, buf + 12);
	assert_int_equal(item.len, 1);
	assert_false(han_axdr_next(&axdr, &item));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_every_tag),
		cmocka_unit_test(test_refused_item_is_not_written),
		cmocka_unit_test(test_octets_are_the_message),
	};

	return cmocka_run_group_tests_name("axdr", tests, NULL, NULL);
}
