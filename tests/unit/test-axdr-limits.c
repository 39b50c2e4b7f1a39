/* A-XDR limits: how many items, how deep; and whatever the octets, the walk ends within them. */
#include <stdlib.h>

#include "dice.h"
#include "unhex.h"

#include <han/axdr.h>

#define LIMIT 1024 /* items in one message */

/* Walks through a head, count in three octets, and count octets of 0; returns how it ended. */
static enum han_err walk_many(const char *head, size_t count, size_t *items)
{
	uint8_t buf[16 + 2 * LIMIT] = { 0 };
	size_t len = unhex(head, buf, 16);
	struct han_axdr axdr;
	struct han_item item;

	assert_true(count < 2 * LIMIT);
	buf[len++] = 0x82;
	buf[len++] = (uint8_t)(count >> 8);
	buf[len++] = (uint8_t)count;
	han_axdr_begin(&axdr, buf, len + count);
	for (*items = 0; han_axdr_next(&axdr, &item); ++*items)
		;
	return axdr.cursor.err;
}

static void test_item_limit(void **state)
{
	static const char nulls[] = "0201 01"; /* an array of them in a structure: two items more */
	size_t items;

	(void)state;
	assert_int_equal(walk_many(nulls, LIMIT - 3, &items), HAN_OK);
	assert_int_equal(items, LIMIT - 1);
	assert_int_equal(walk_many(nulls, LIMIT - 2, &items), HAN_OK);
	assert_int_equal(items, LIMIT);
	assert_int_equal(walk_many(nulls, LIMIT - 1, &items), HAN_ERR_LIMIT);
	assert_int_equal(items, LIMIT);
	assert_int_equal(walk_many(nulls, LIMIT + 500, &items), HAN_ERR_LIMIT);
	assert_int_equal(items, LIMIT);
}

/* A compact array that holds too many is told before its first element. */
static void test_item_limit_compact(void **state)
{
	static const char octets[] = "0201 13 11";
	static const char structures[] =
		"0201 13 0203 00 11 0200"; /* of four items for one octet */
	size_t items;

	(void)state;
	assert_int_equal(walk_many(octets, LIMIT - 2, &items), HAN_OK);
	assert_int_equal(items, LIMIT);
	assert_int_equal(walk_many(octets, LIMIT - 1, &items), HAN_ERR_LIMIT);
	assert_int_equal(items, 1);
	assert_int_equal(walk_many(structures, (LIMIT - 2) / 4, &items), HAN_OK);
	assert_int_equal(items, 2 + (LIMIT - 2) / 4 * 4);
	assert_int_equal(walk_many(structures, (LIMIT - 2) / 4 + 1, &items), HAN_ERR_LIMIT);
	assert_int_equal(items, 1);
}

/* A structure of many nulls is cheap to describe. */
static void test_item_limit_description(void **state)
{
	uint8_t buf[5 + 2 * LIMIT] = { 0x13, 0x02, 0x82 };
	struct han_axdr axdr;
	struct han_item item;

	(void)state;
	for (size_t count = LIMIT - 3; count < 2 * LIMIT - 2; count++) {
		bool fits = count + 2 <= LIMIT;

		buf[3] = (uint8_t)(count >> 8);
		buf[4] = (uint8_t)count;
		memset(buf + 5, 0x00, count);
		buf[4 + count] = 0x11; /* the last is none */
		buf[5 + count] = 1;
		buf[6 + count] = 42;
		han_axdr_begin(&axdr, buf, 7 + count);
		assert_int_equal(han_axdr_next(&axdr, &item), fits);
		assert_int_equal(axdr.cursor.err, fits ? HAN_OK : HAN_ERR_LIMIT);
	}
}

/* Nor is what an array without elements would hold: it counts as if it were there. An element of two for one octet,
 * and described in so many more. */
static void test_item_limit_empty(void **state)
{
	uint8_t buf[32 + 2 * LIMIT] = { 0x13, 0x02, 0x02, 0x01, 0x00, 0x00, 0x02, 0x82 };
	struct han_axdr axdr;
	struct han_item item;

	(void)state;
	for (size_t count = 1; count < 2 * LIMIT; count++) {
		for (size_t elements = 1; elements <= 3; elements++) {
			bool fits = 1 + elements * (3 + 1 + count) <= LIMIT;
			size_t len = 10;

			buf[8] = (uint8_t)(count >> 8);
			buf[9] = (uint8_t)count;
			memset(buf + len, 0x00, count);
			len += count;
			buf[len++] = 0x11;
			buf[len++] = (uint8_t)elements;
			memset(buf + len, 42, elements);
			han_axdr_begin(&axdr, buf, len + elements);
			assert_int_equal(han_axdr_next(&axdr, &item), fits);
			assert_int_equal(axdr.cursor.err, fits ? HAN_OK : HAN_ERR_LIMIT);
			while (han_axdr_next(&axdr, &item))
				;
			assert_int_equal(axdr.cursor.err, fits ? HAN_OK : HAN_ERR_LIMIT);
		}
	}
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

/* Octets that mean something, more often than chance has it. */
static uint8_t likely_octet(struct dice *dice)
{
	static const uint8_t likely[] = {
		0,  0,  0,  0,  1,  1,  2,  2,  3,  4,  5,  6,  9,    10,   12,   13,   15,
		16, 17, 19, 19, 19, 23, 24, 25, 26, 27, 28, 31, 0x81, 0x82, 0x84, 0xFF,
	};

	if (dice_below(dice, 4) == 0)
		return (uint8_t)dice_below(dice, 256);
	return likely[dice_below(dice, COUNT(likely))];
}

static void test_random_octets(void **state)
{
	struct dice dice = dice_new();

	(void)state;
	for (int run = 0; run < 40000; run++) {
		size_t len = 1 + dice_below(&dice, run % 100 == 0 ? 4000 : 60);
		uint8_t *buf = malloc(len); /* on the heap, where a sanitizer sees its end */

		assert_non_null(buf);
		for (size_t i = 0; i < len; i++)
			buf[i] = likely_octet(&dice);
		check_anything(buf, len);
		free(buf);
	}
}

/* A compact array of which the head is sound: the description is short, its contents run to the end. */
static void test_random_compact(void **state)
{
	struct dice dice = dice_new();

	(void)state;
	for (int run = 0; run < 40000; run++) {
		size_t described = 1 + dice_below(&dice, 10);
		size_t contents = dice_below(&dice, run % 50 == 0 ? 4000 : 40);
		size_t len = 1 + described + 3 + contents;
		uint8_t *buf = malloc(len);
		uint8_t *at = buf;

		assert_non_null(buf);
		*at++ = 0x13;
		for (size_t i = 0; i < described; i++)
			*at++ = likely_octet(&dice);
		*at++ = 0x82;
		*at++ = (uint8_t)(contents >> 8);
		*at++ = (uint8_t)contents;
		for (size_t i = 0; i < contents; i++)
			*at++ = (uint8_t)dice_below(&dice, 3);
		check_anything(buf, len);
		free(buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_item_limit),
		cmocka_unit_test(test_item_limit_compact),
		cmocka_unit_test(test_item_limit_description),
		cmocka_unit_test(test_item_limit_empty),
		cmocka_unit_test(test_random_octets),
		cmocka_unit_test(test_random_compact),
	};

	return cmocka_run_group_tests_name("axdr-limits", tests, NULL, NULL);
}
