/* Checked reading: fixed fields, lengths, and the first error that sticks. */
#include "unhex.h"

#include "cursor.h"

/* clang-format off */
static const struct {
	const char *name, *hex;
	unsigned octets;
	uint64_t value;
} numbers[] = {
	{ "one octet",             "ff",                      1, 0xFF },
	{ "two, high octet first", "01 02",                   2, 0x0102 },
	{ "three",                 "80 00 01",                3, 0x800001 },
	{ "four, all ones",        "ff ff ff ff",             4, UINT32_MAX },
	{ "five",                  "01 00 00 00 00",          5, 0x100000000 },
	{ "eight, all ones",       "ff ff ff ff ff ff ff ff", 8, UINT64_MAX },
	{ "eight, all different",  "01 23 45 67 89 ab cd ef", 8, 0x0123456789ABCDEF },
};

static const struct {
	const char *name, *hex;
	size_t length;
	enum han_err err;
} lengths[] = {
	{ "zero",                       "00",             0,          HAN_OK },
	{ "one octet",                  "01",             1,          HAN_OK },
	{ "largest in one octet",       "7f",             127,        HAN_OK },
	{ "one more octet",             "81 80",          128,        HAN_OK },
	{ "one more, largest",          "81 ff",          255,        HAN_OK },
	{ "one more, not needed",       "81 05",          5,          HAN_OK },
	{ "two more octets",            "82 01 00",       256,        HAN_OK },
	{ "two more, not needed",       "82 00 05",       5,          HAN_OK },
	{ "three more octets",          "83 01 00 00",    65536,      HAN_OK },
	{ "three more, not needed",     "83 00 00 00",    0,          HAN_OK },
	{ "four more octets",           "84 01 02 03 04", 0x01020304, HAN_OK },
	{ "four more, not needed",      "84 00 00 00 7f", 127,        HAN_OK },
	{ "four more, largest",         "84 ff ff ff ff", UINT32_MAX, HAN_OK },
	{ "indefinite",                 "80",             0,          HAN_ERR_COUNT },
	{ "indefinite, octets behind",  "80 01 02",       0,          HAN_ERR_COUNT },
	{ "five more octets",           "85 00 00 00 00 01", 0,       HAN_ERR_COUNT },
	{ "eight more octets",          "88 00 00 00 00 00 00 00 01", 0, HAN_ERR_COUNT },
	{ "low half like 81",           "91 05",          0,          HAN_ERR_COUNT },
	{ "reserved",                   "ff",             0,          HAN_ERR_COUNT },
};
/* clang-format on */

static void check_all_taken(const struct han_cursor *c)
{
	assert_int_equal(c->err, HAN_OK);
	assert_int_equal(cursor_left(c), 0);
}

static void test_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		uint8_t buf[16];
		size_t len = unhex(numbers[i].hex, buf, sizeof(buf));
		struct han_cursor c = cursor_over(buf, len);

		say_case(numbers[i].name);
		assert_int_equal(len, numbers[i].octets);
		assert_int_equal(cursor_be(&c, numbers[i].octets), numbers[i].value);
		check_all_taken(&c);
		for (size_t cut = 0; cut < len; cut++) {
			c = cursor_over(buf, cut);
			assert_int_equal(cursor_be(&c, numbers[i].octets), 0);
			assert_int_equal(c.err, HAN_ERR_TRUNCATED);
			assert_int_equal(cursor_left(&c), cut);
		}
	}
}

static void test_lengths(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		uint8_t buf[16];
		size_t len = unhex(lengths[i].hex, buf, sizeof(buf));
		struct han_cursor c = cursor_over(buf, len);

		say_case(lengths[i].name);
		assert_int_equal(cursor_length(&c), lengths[i].length);
		assert_int_equal(c.err, lengths[i].err);
		if (lengths[i].err != HAN_OK)
			continue;
		check_all_taken(&c);
		for (size_t cut = 0; cut < len; cut++) {
			c = cursor_over(buf, cut);
			assert_int_equal(cursor_length(&c), 0);
			assert_int_equal(c.err, HAN_ERR_TRUNCATED);
		}
	}
}

static void test_take(void **state)
{
	const uint8_t buf[4] = { 1, 2, 3, 4 };
	struct han_cursor c = cursor_over(buf, sizeof(buf));

	(void)state;
	assert_ptr_equal(cursor_take(&c, 0), buf);
	assert_ptr_equal(cursor_take(&c, 3), buf);
	assert_int_equal(cursor_left(&c), 1);
	assert_int_equal(cursor_u8(&c), 4);
	assert_ptr_equal(cursor_take(&c, 0), buf + 4); /* nothing is left, and nothing is asked */
	check_all_taken(&c);
	assert_int_equal(cursor_u8(&c), 0);
	assert_int_equal(c.err, HAN_ERR_TRUNCATED);
}

/* A number that would wrap around the address space when it is added to a pointer. */
static void test_take_too_much(void **state)
{
	static const size_t wishes[] = { 5, 6, 0x80000000, SIZE_MAX / 2, SIZE_MAX - 1, SIZE_MAX };
	const uint8_t buf[4] = { 1, 2, 3, 4 };

	(void)state;
	for (size_t i = 0; i < COUNT(wishes); i++) {
		struct han_cursor c = cursor_over(buf, sizeof(buf));

		assert_null(cursor_take(&c, wishes[i]));
		assert_int_equal(c.err, HAN_ERR_TRUNCATED);
		assert_ptr_equal(c.pos, buf);
	}
}

static void check_stuck(struct han_cursor *c, enum han_err err)
{
	const uint8_t *pos = c->pos;

	assert_null(cursor_take(c, 0));
	assert_null(cursor_take(c, 1));
	assert_null(cursor_take(c, 100));
	assert_int_equal(cursor_u8(c), 0);
	assert_int_equal(cursor_be(c, 2), 0);
	assert_int_equal(cursor_length(c), 0);
	cursor_fail(c, HAN_ERR_LIST);
	assert_int_equal(c->err, err);
	assert_ptr_equal(c->pos, pos);
}

static void test_first_error_sticks(void **state)
{
	const uint8_t buf[4] = { 0x80, 0x85, 3, 4 };
	struct han_cursor c = cursor_over(buf, sizeof(buf));

	(void)state;
	cursor_fail(&c, HAN_ERR_LLC);
	check_stuck(&c, HAN_ERR_LLC);

	c = cursor_over(buf, sizeof(buf));
	assert_int_equal(cursor_be(&c, 5), 0);
	check_stuck(&c, HAN_ERR_TRUNCATED);

	c = cursor_over(buf, sizeof(buf));
	assert_int_equal(cursor_length(&c), 0);
	check_stuck(&c, HAN_ERR_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_take_too_much),
		cmocka_unit_test(test_first_error_sticks),
	};

	return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
