/* How long a meter may be silent, after what was heard of it. */
#include "check.h"

#include "rhythm.h"

#define PAUSES 8

/* clang-format off */
static const struct {
	const char *name;
	uint64_t pauses_ms[PAUSES]; /* 0 ends them */
	uint64_t patience_ms;
} cases[] = {
	{ "nothing heard",          { 0 },                               30000 },
	{ "Kaifa",                  { 2500, 2500, 2500 },                30000 },
	{ "ten seconds",            { 10000, 10000, 10000 },             30000 },
	{ "a minute",               { 60000, 60000 },                    180000 },
	{ "seen once",              { 60000 },                           30000 },
	{ "nearly the same",        { 60000, 50000 },                    150000 },
	{ "much shorter",           { 60000, 44000 },                    132000 },
	{ "much longer",            { 44000, 60000 },                    30000 },
	{ "long and short",         { 2500, 2500, 20000, 2500, 20000 },  60000 },
	{ "dead for an hour",       { 10000, 10000, 3600000, 10000 },    30000 },
	{ "dead for an hour twice", { 3600000, 10000, 3600000 },         30000 },
	{ "slower than before",     { 10000, 10000, 15000, 15000 },      45000 },
	{ "faster than before",     { 60000, 60000, 2500, 2500 },        180000 },
};
/* clang-format on */

static void test_patience(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rhythm rhythm = { 0 };

		say_case(cases[i].name);
		for (size_t j = 0; j < PAUSES && cases[i].pauses_ms[j]; j++)
			rhythm_learn(&rhythm, cases[i].pauses_ms[j]);
		assert_int_equal(rhythm_patience(&rhythm), cases[i].patience_ms);
	}
}

/* A meter of ten seconds with a longer pause every so many hours. */
static uint64_t patience_with(uint64_t pause_ms, unsigned every_h)
{
	struct rhythm rhythm = { 0 };

	for (unsigned n = 0; n < 3; n++) {
		for (unsigned i = 0; i < every_h * 360; i++)
			rhythm_learn(&rhythm, 10000);
		rhythm_learn(&rhythm, pause_ms);
	}
	return rhythm_patience(&rhythm);
}

/* What comes again each day belongs to the meter; what comes again some days later has happened to it. */
static void test_again(void **state)
{
	(void)state;
	assert_int_equal(patience_with(40000, 1), 120000);
	assert_int_equal(patience_with(40000, 24), 120000);
	assert_int_equal(patience_with(40000, 48), 30000);
	assert_int_equal(patience_with(3600000, 365 * 24), 30000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
