/* The buffer that a message's parts are put into. */
#include <string.h>

#include "check.h"

#include "assembly.h"

static struct assembly a;

static void test_parts(void **state)
{
	(void)state;
	memset(&a, 0xA5, sizeof(a));
	assembly_init(&a);
	assert_false(a.open);
	assert_false(assembly_close(&a));
	assembly_begin(&a);
	assert_true(a.open);
	assert_int_equal(a.len, 0);
	assert_true(assembly_append(&a, (const uint8_t *)"abc", 3, 0));
	assert_true(assembly_append(&a, NULL, 0, 0));
	assert_true(assembly_append(&a, (const uint8_t *)"de", 2, 0));
	assert_true(assembly_close(&a));
	assert_false(assembly_close(&a));
	assert_int_equal(a.len, 5); /* it stays until the next one begins */
	assert_memory_equal(a.octets, "abcde", 5);
	assembly_begin(&a);
	assert_int_equal(a.len, 0);
}

static void test_limit(void **state)
{
	static const uint8_t octets[HAN_MESSAGE_MAX + 1];
	static const size_t first[] = { 0, 1, HAN_MESSAGE_MAX - 1, HAN_MESSAGE_MAX };

	(void)state;
	for (size_t i = 0; i < COUNT(first); i++) {
		assembly_begin(&a);
		assert_true(assembly_append(&a, octets, first[i], 0));
		assert_true(assembly_append(&a, octets, HAN_MESSAGE_MAX - first[i], 0));
		assert_int_equal(a.len, HAN_MESSAGE_MAX);
		assert_true(assembly_append(&a, octets, 0, 0));
		assert_false(assembly_append(&a, octets, 1, 0));
		assert_false(a.open);

		assembly_begin(&a);
		assert_true(assembly_append(&a, octets, first[i], 0));
		assert_false(assembly_append(&a, octets, HAN_MESSAGE_MAX + 1 - first[i], 0));
		assert_false(a.open);
	}
	assembly_begin(&a);
	assert_true(assembly_append(&a, octets, 1, 0));
	assert_false(assembly_append(&a, octets, SIZE_MAX, 0));
}

/* clang-format off */
static const struct {
	const char *name;
	uint64_t part_ms, now_ms;
	bool overdue;
} times[] = {
	{ "just in time",       1,    1 + HAN_PART_MS, false },
	{ "just too late",      1,    2 + HAN_PART_MS, true },
	{ "at once",            7,    7,               false },
	{ "no clock",           0,    0,               false },
	{ "no clock now",       7,    0,               false },
	{ "no clock then",      0,    UINT64_MAX,      false },
	{ "a very long time",   1,    UINT64_MAX,      true },
};
/* clang-format on */

static void test_overdue(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		say_case(times[i].name);
		assembly_begin(&a);
		assert_false(assembly_overdue(&a, UINT64_MAX)); /* nothing was put in */
		assert_true(assembly_append(&a, (const uint8_t *)"a", 1, times[i].part_ms));
		assert_int_equal(assembly_overdue(&a, times[i].now_ms), times[i].overdue);
		assembly_close(&a);
		assert_false(assembly_overdue(&a, times[i].now_ms));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_overdue),
	};

	return cmocka_run_group_tests_name("assembly", tests, NULL, NULL);
}
