/* Values of codes without a name: the newest of each, of a bounded number of codes. */
#include <stdio.h>
#include <string.h>

#include "check.h"

#include "unnamed.h"

static void code_of(unsigned n, char code[HAN_OBIS_TEXT])
{
	snprintf(code, HAN_OBIS_TEXT, "1-0:99.%u.0.255", n);
}

static void test_newest(void **state)
{
	struct unnamed u = { 0 };
	const struct unnamed_state *a = unnamed_store(&u, "1-0:15.8.0.255", "5"), *b;

	(void)state;
	assert_string_equal(a->notice.text, "5");
	b = unnamed_store(&u, "item07", "text");
	assert_string_equal(b->code, "item07");
	a = unnamed_store(&u, "1-0:15.8.0.255", "a longer one");
	assert_ptr_equal(a, &u.states[0]);
	assert_string_equal(a->notice.text, "a longer one");
	assert_string_equal(a->code, "1-0:15.8.0.255");
	assert_int_equal(u.count, 2);
	assert_false(u.full);
	unnamed_clear(&u);
	assert_int_equal(u.count, 0);
	unnamed_clear(&u); /* once more is harmless */
}

/* Those that were first stay, and go on being stored. */
static void test_full(void **state)
{
	struct unnamed u = { 0 };
	char code[HAN_OBIS_TEXT];

	(void)state;
	for (unsigned n = 0; n < UNNAMED_MAX; n++) {
		code_of(n, code);
		assert_non_null(unnamed_store(&u, code, "1"));
	}
	assert_false(u.full);
	assert_null(unnamed_store(&u, "1-0:98.0.0.255", "1"));
	assert_true(u.full);
	assert_int_equal(u.count, UNNAMED_MAX);
	for (unsigned n = 0; n < UNNAMED_MAX; n++) {
		code_of(n, code);
		assert_string_equal(unnamed_store(&u, code, "2")->notice.text, "2");
	}
	unnamed_clear(&u);
	assert_false(u.full);
	assert_non_null(unnamed_store(&u, "1-0:98.0.0.255", "1"));
	unnamed_clear(&u);
}

/* Nothing is worth a topic only where there was something. */
static void test_empty(void **state)
{
	struct unnamed u = { 0 };

	(void)state;
	assert_null(unnamed_store(&u, "0-0:96.13.0", ""));
	assert_int_equal(u.count, 0);
	assert_non_null(unnamed_store(&u, "0-0:96.13.0", "hello"));
	assert_string_equal(unnamed_store(&u, "0-0:96.13.0", "")->notice.text, "");
	assert_int_equal(u.count, 1);
	unnamed_clear(&u);
}

/* The longest code that there is. */
static void test_long_code(void **state)
{
	const struct han_value value = { .has_obis = true,
		                         .obis = { 255, 255, 255, 255, 255, 255 } };
	struct unnamed u = { 0 };
	char code[HAN_OBIS_TEXT];

	(void)state;
	assert_string_equal(unnamed_store(&u, han_value_code(&value, code), "1")->code,
	                    "255-255:255.255.255.255");
	unnamed_clear(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newest),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_long_code),
	};

	return cmocka_run_group_tests_name("unnamed", tests, NULL, NULL);
}
