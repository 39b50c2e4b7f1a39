/* When a meter's clock is told to be far from this machine's: once, and once that it is over. */
#include <stdlib.h>

#include "check.h"

#include "clock-told.h"

#define ADVICE "this machine's: check time and time zone here (timedatectl)"

static void test_steps(void **state)
{
	static const struct {
		int64_t offset_s;
		const char *text; /* NULL: no news */
	} steps[] = {
		{ 0, NULL },
		{ 900, NULL },
		{ 901, NULL },
		{ 901, "its clock is 15 minutes ahead of " ADVICE },
		{ 7200, NULL },
		{ 601, NULL },
		{ 600, NULL },
		{ 600, "its clock agrees with this machine's again" },
		{ 900, NULL },
		{ -3600, NULL },
		{ -3600, "its clock is 1 hour behind " ADVICE },
		{ 3600, NULL },
		{ -1, NULL },
		{ -1700000000, NULL }, /* to and fro */
		{ 0, NULL },
		{ -1700000000, NULL },
		{ 0, NULL },
		{ 0, "its clock agrees with this machine's again" },
		{ 18000, NULL },
		{ 0, NULL },
		{ 18000, NULL },
		{ 0, NULL },
		{ 18000, NULL },
		{ 18000, "its clock is 5 hours ahead of " ADVICE },
		{ 0, NULL },
		{ 0, "its clock agrees with this machine's again" },
		{ -19800, NULL },
		{ -19800, "its clock is 5 h 30 min behind " ADVICE },
		{ 0, NULL },
		{ 0, "its clock agrees with this machine's again" },
		{ 172799, NULL },
		{ 172799, "its clock is 47 h 59 min ahead of " ADVICE },
		{ 0, NULL },
		{ 0, "its clock agrees with this machine's again" },
		{ 172800, NULL },
		{ 172800, "its clock is 2 days ahead of " ADVICE },
		{ 0, NULL },
		{ 0, "its clock agrees with this machine's again" },
		{ -1700000000, NULL },
		{ -1700000000, "its clock is 19675 days behind " ADVICE },
		{ 0, NULL },
		{ 0, "its clock agrees with this machine's again" },
		{ INT64_C(-4294967296), NULL }, /* a meter in 1890: more than 32 bits hold */
		{ INT64_C(-4294967296), "its clock is 49710 days behind " ADVICE },
		{ INT64_C(2005000000000), NULL },
		{ INT64_C(2005000000000), NULL },
	};
	struct clock_told told = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		char text[CLOCK_TOLD_TEXT];

		print_message("# step %zu\n", i);
		assert_int_equal(clock_told(&told, steps[i].offset_s, text), steps[i].text != NULL);
		if (steps[i].text)
			assert_string_equal(text, steps[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_steps) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
