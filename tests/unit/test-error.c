/* Every error has a phrase of its own. */
#include "unhex.h"

#include <han/error.h>

static void test_names(void **state)
{
	(void)state;
	for (unsigned err = 0; err < HAN_ERR_KINDS; err++) {
		const char *name = han_err_name((enum han_err)err);

		assert_non_null(name);
		assert_true(strlen(name) > 0);
		for (unsigned other = 0; other < err; other++)
			assert_string_not_equal(name, han_err_name((enum han_err)other));
	}
	assert_string_equal(han_err_name(HAN_ERR_FCS), "frame check sequence wrong");
}

static void test_numbers_that_are_none(void **state)
{
	static const int numbers[] = { HAN_ERR_KINDS, HAN_ERR_KINDS + 1, 1000, -1 };

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++)
		assert_string_equal(han_err_name((enum han_err)numbers[i]), "unknown error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_numbers_that_are_none),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
