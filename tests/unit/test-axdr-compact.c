/* Compact arrays of random types: the walk is that of a plain array of the same elements. */
#include "dice.h"
#include "note.h"

#include <han/axdr.h>

struct octets {
	uint8_t at[8192];
	size_t len;
};

static void put(struct octets *o, uint8_t octet)
{
	assert_true(o->len < sizeof(o->at));
	o->at[o->len++] = octet;
}

static void put_be16(struct octets *o, size_t number)
{
	put(o, (uint8_t)(number >> 8));
	put(o, (uint8_t)number);
}

static void put_length(struct octets *o, size_t len)
{
	put(o, 0x82);
	put_be16(o, len);
}

static void append(struct octets *o, const struct octets *more)
{
	for (size_t i = 0; i < more->len; i++)
		put(o, more->at[i]);
}

/* How many octets a value takes; strings have a length in front. */
static const struct {
	uint8_t tag, octets;
	bool string;
} simple[] = {
	{ HAN_TAG_BOOLEAN, 1, false },       { HAN_TAG_INT32, 4, false },
	{ HAN_TAG_UINT64, 8, false },        { HAN_TAG_INT16, 2, false },
	{ HAN_TAG_DATE_TIME, 12, false },    { HAN_TAG_DATE, 5, false },
	{ HAN_TAG_TIME, 4, false },          { HAN_TAG_DELTA_INT8, 1, false },
	{ HAN_TAG_DELTA_UINT32, 4, false },  { HAN_TAG_OCTET_STRING, 0, true },
	{ HAN_TAG_VISIBLE_STRING, 0, true }, { HAN_TAG_NULL, 0, false },
	{ HAN_TAG_DONT_CARE, 0, false },
};

#define SOLID (COUNT(simple) - 2) /* that take an octet at least */

/* Describes a type of up to so many containers inside each other. A solid one takes an octet at least, as
 * elements of an array have to. */
static void roll_type(struct dice *dice, unsigned containers, bool solid, struct octets *type)
{
	size_t kind = containers > 0 ? dice_below(dice, 5) : 0;
	size_t count = dice_below(dice, 4) + solid;

	if (kind == 1) {
		put(type, HAN_TAG_ARRAY);
		put_be16(type, count);
		roll_type(dice, containers - 1, true, type);
	} else if (kind == 2) {
		put(type, HAN_TAG_STRUCTURE);
		put(type, (uint8_t)count);
		for (size_t i = 0; i < count; i++)
			roll_type(dice, containers - 1, solid && i == 0, type);
	} else {
		put(type, simple[dice_below(dice, solid ? SOLID : COUNT(simple))].tag);
	}
}

static void roll_simple(struct dice *dice, uint8_t tag, struct octets *bare, struct octets *tagged)
{
	size_t i = 0, len;

	while (simple[i].tag != tag)
		i++;
	len = simple[i].string ? dice_below(dice, 4) : simple[i].octets;
	if (simple[i].string) {
		put(bare, (uint8_t)len);
		put(tagged, (uint8_t)len);
	}
	while (len-- > 0) {
		uint8_t octet = (uint8_t)dice_below(dice, 256);

		put(bare, octet);
		put(tagged, octet);
	}
}

/* Appends a value of the type, without tags and with them; returns the end of the description. */
static const uint8_t *roll_value(struct dice *dice, const uint8_t *type, struct octets *bare,
                                 struct octets *tagged)
{
	static struct octets nowhere;
	uint8_t tag = *type++;
	const uint8_t *end;

	put(tagged, tag);
	if (tag == HAN_TAG_STRUCTURE) {
		put(tagged, *type);
		end = type + 1;
		for (unsigned i = 0; i < *type; i++)
			end = roll_value(dice, end, bare, tagged);
	} else if (tag == HAN_TAG_ARRAY) {
		put(tagged, type[1]);
		nowhere.len = 0;
		end = roll_value(dice, type + 2, &nowhere, &nowhere);
		for (unsigned i = 0; i < type[1]; i++)
			end = roll_value(dice, type + 2, bare, tagged);
	} else {
		roll_simple(dice, tag, bare, tagged);
		end = type;
	}
	return end;
}

static enum han_err walk(const struct octets *message, struct note *note, size_t *items)
{
	struct han_axdr axdr;
	struct han_item item;

	note_clear(note);
	han_axdr_begin(&axdr, message->at, message->len);
	for (*items = 0; han_axdr_next(&axdr, &item); ++*items) {
		if (*items == 0) /* only there the tags differ */
			item.tag = 0;
		note_add(note, "%u:%u/%d %s%llu %zu ", item.depth, item.tag, (int)item.kind,
		         item.negative ? "-" : "", (unsigned long long)item.magnitude, item.count);
		for (size_t i = 0; i < item.len; i++)
			note_add(note, "%02x", item.octets[i]);
	}
	return axdr.cursor.err;
}

static void check_same(const struct octets *compact, const struct octets *plain)
{
	struct note a, b;
	size_t items, plain_items;

	assert_int_equal(walk(plain, &a, &plain_items), HAN_OK);
	assert_int_equal(walk(compact, &b, &items), HAN_OK);
	assert_int_equal(items, plain_items);
	assert_string_equal(b.text, a.text);
}

static void test_same_as_plain(void **state)
{
	static struct octets type, bare, tagged, compact, plain;
	struct dice dice = dice_new();

	(void)state;
	for (int run = 0; run < 20000; run++) {
		size_t count = dice_below(&dice, 5);

		type.len = bare.len = tagged.len = compact.len = plain.len = 0;
		roll_type(&dice, 3, true, &type);
		for (size_t i = 0; i < count; i++)
			(void)roll_value(&dice, type.at, &bare, &tagged);
		put(&compact, HAN_TAG_COMPACT_ARRAY);
		append(&compact, &type);
		put_length(&compact, bare.len);
		append(&compact, &bare);
		put(&plain, HAN_TAG_ARRAY);
		put_length(&plain, count);
		append(&plain, &tagged);
		check_same(&compact, &plain);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_plain),
	};

	return cmocka_run_group_tests_name("axdr-compact", tests, NULL, NULL);
}
