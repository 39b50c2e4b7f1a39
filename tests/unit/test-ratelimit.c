/* How many messages of a kind pass, and that the rest is counted and told. */
#include <stdio.h>
#include <string.h>

#include "check.h"

#include "ratelimit.h"

#define MINUTE RATELIMIT_PAUSE_MS

static struct ratelimit limit;

static int empty(void **state)
{
	(void)state;
	limit = (struct ratelimit){ 0 };
	return 0;
}

/* Sends count messages at once; returns how many passed, and checks that the first told of `before`. */
static unsigned send(uint64_t kind, unsigned count, uint64_t now_ms, unsigned before)
{
	unsigned passed = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned suppressed = 99;
		char text[32];

		snprintf(text, sizeof(text), "message %u", i);
		if (!ratelimit_pass(&limit, kind, now_ms, 4, text, &suppressed))
			continue;
		assert_int_equal(suppressed, passed ? 0 : before);
		passed++;
	}
	return passed;
}

/* clang-format off */
static const struct {
	const char *name;
	struct {
		uint64_t at_ms;
		unsigned sent, passed, before;
	} steps[4];
} cases[] = {
	{ "one", { { 1, 1, 1, 0 } } },
	{ "a burst", { { 1, RATELIMIT_BURST, RATELIMIT_BURST, 0 } } },
	{ "more than a burst", { { 1, 1000, RATELIMIT_BURST, 0 } } },
	{ "nothing is free just before the pause is over", { { 1, 100, 20, 0 }, { MINUTE, 1, 0, 0 } } },
	{ "one is free after the pause", { { 1, 100, 20, 0 }, { 1 + MINUTE, 5, 1, 80 } } },
	{ "two after two pauses, and they tell what was missing in between",
	  { { 1, 30, 20, 0 }, { 1 + MINUTE, 5, 1, 10 }, { 1 + 3 * MINUTE, 5, 2, 4 } } },
	{ "a whole burst after a long rest, and no more", { { 1, 100, 20, 0 }, { 1 + 999 * MINUTE, 100, 20, 80 } } },
	{ "a late start", { { UINT64_C(1) << 40, 100, 20, 0 } } },
};
/* clang-format on */

static void test_cases(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		say_case(cases[i].name);
		empty(state);
		for (size_t k = 0; k < COUNT(cases[i].steps) && cases[i].steps[k].at_ms; k++)
			assert_int_equal(send(7, cases[i].steps[k].sent, cases[i].steps[k].at_ms,
			                      cases[i].steps[k].before),
			                 cases[i].steps[k].passed);
	}
}

/* A day of ten messages a second is a burst and then one line a minute, whoever calls when. */
static void test_day(void **state)
{
	const uint64_t day = 24 * 60 * MINUTE;
	struct ratelimit_kind told;
	unsigned lines = 0, counted = 0, sent = 0;

	(void)state;
	for (uint64_t now = 1; now < day; now += 100, sent++) {
		unsigned suppressed;

		if (ratelimit_pass(&limit, 7, now, 4, "again", &suppressed)) {
			lines++;
			counted += suppressed + 1;
		}
		if (now % MINUTE == 1 && ratelimit_next(&limit, now, &told)) {
			lines++;
			counted += told.suppressed;
		}
	}
	if (ratelimit_next(&limit, day, &told))
		counted += told.suppressed;
	assert_int_equal(counted, sent);
	assert_in_range(lines, 24 * 60, 24 * 60 + RATELIMIT_BURST + 1);
}

/* Kinds do not keep each other quiet. */
static void test_kinds(void **state)
{
	(void)state;
	for (uint64_t kind = 0; kind < RATELIMIT_KINDS; kind++)
		assert_int_equal(send(kind, 100, 5, 0), RATELIMIT_BURST);
	for (uint64_t kind = 0; kind < RATELIMIT_KINDS; kind++)
		assert_int_equal(send(kind, 1, 6, 0), 0);
}

/* One kind too many: the last message of the one that was quiet for longest is forgotten, and nothing else. */
static void test_room(void **state)
{
	(void)state;
	for (uint64_t kind = 0; kind < RATELIMIT_KINDS; kind++)
		assert_int_equal(send(kind, 100, 1000 - kind, 0), RATELIMIT_BURST);
	assert_int_equal(send(1000, 1, 2000, 0), 1);
	assert_int_equal(send(0, 1, 2001, 0), 0);
	assert_int_equal(send(RATELIMIT_KINDS - 1, 1, 2002, 0), 0);
	assert_int_equal(send(RATELIMIT_KINDS - 1, 1, 1000 + MINUTE, 81), 1);
}

/* Some hundred meters whose ports come and go: each kind has its burst, and then a line a minute. */
static void test_many_kinds(void **state)
{
	enum { KINDS = 2000 };
	static unsigned passed[KINDS];
	unsigned suppressed;

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		for (unsigned i = 0; i < KINDS; i++)
			passed[i] += ratelimit_pass(&limit, i * UINT64_C(0x100000001B3),
			                            1 + round * 5000, 4, "lost", &suppressed);
	}
	for (unsigned i = 0; i < KINDS; i++)
		assert_in_range(passed[i], RATELIMIT_BURST, RATELIMIT_BURST + 5);
}

/* What was suppressed is told once, by its last message, of each kind. */
static void test_next(void **state)
{
	struct ratelimit_kind told;

	(void)state;
	assert_false(ratelimit_next(&limit, 1, &told));
	send(1, RATELIMIT_BURST, 1, 0);
	assert_false(ratelimit_next(&limit, 1, &told));
	send(1, 3, 2, 0);
	send(2, RATELIMIT_BURST + 1, 2, 0);
	assert_true(ratelimit_next(&limit, 3, &told));
	assert_int_equal(told.suppressed, 3);
	assert_int_equal(told.level, 4);
	assert_string_equal(told.text, "message 2");
	assert_true(ratelimit_next(&limit, 3, &told));
	assert_int_equal(told.suppressed, 1);
	assert_string_equal(told.text, "message 20");
	assert_false(ratelimit_next(&limit, 3, &told));
}

/* A text of any length is kept as far as it fits. */
static void test_long(void **state)
{
	char text[4 * RATELIMIT_TEXT];
	struct ratelimit_kind told;
	unsigned suppressed;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	send(1, RATELIMIT_BURST, 1, 0);
	assert_false(ratelimit_pass(&limit, 1, 1, 4, text, &suppressed));
	assert_true(ratelimit_next(&limit, 1, &told));
	assert_int_equal(strlen(told.text), RATELIMIT_TEXT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test_setup(test_day, empty),
		cmocka_unit_test_setup(test_kinds, empty),
		cmocka_unit_test_setup(test_room, empty),
		cmocka_unit_test_setup(test_many_kinds, empty),
		cmocka_unit_test_setup(test_next, empty),
		cmocka_unit_test_setup(test_long, empty),
	};

	return cmocka_run_group_tests_name("ratelimit", tests, NULL, NULL);
}
