/* When the bus power is cycled: silence, growing pauses, the day's limit, and the count across restarts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#include "cycle.h"

#define S    1000ULL
#define MIN  (60 * S)
#define HOUR (60 * MIN)
#define DAY  (24 * HOUR)

static const struct cycle_settings usual = { .after_ms = 120 * S, .max = 6 };

/* One look, with nothing before it but what the row says. */
/* clang-format off */
static const struct {
	const char *name;
	struct cycle_settings settings;
	struct cycle_view view;
	unsigned attempts;
	uint64_t on_ms, now_ms;
	enum cycle_step step;
	uint64_t wait_ms, silent_ms;
} cases[] = {
	{ "just opened",            { 120 * S, 6 }, { 1, 10 * S, 0, 0 },       0, 0,       10 * S,   CYCLE_WAIT, 120 * S, 0 },
	{ "a moment too early",     { 120 * S, 6 }, { 1, 10 * S, 0, 0 },       0, 0,       130 * S - 1, CYCLE_WAIT, 1,    0 },
	{ "long enough",            { 120 * S, 6 }, { 1, 10 * S, 0, 0 },       0, 0,       130 * S,  CYCLE_NOW,  0, 120 * S },
	{ "far too long",           { 120 * S, 6 }, { 1, 10 * S, 0, 0 },       0, 0,       9 * HOUR, CYCLE_NOW,  0, 9 * HOUR - 10 * S },
	{ "never",                  { 0, 6 },       { 1, 10 * S, 0, 0 },       0, 0,       9 * HOUR, CYCLE_IDLE, 0, 0 },
	{ "none a day",             { 120 * S, 0 }, { 1, 10 * S, 0, 0 },       0, 0,       9 * HOUR, CYCLE_IDLE, 0, 0 },
	{ "no port is open",        { 120 * S, 6 }, { 0, 0, 0, 0 },            0, 0,       9 * HOUR, CYCLE_IDLE, 0, 0 },
	{ "lost after a frame",     { 120 * S, 6 }, { 0, 0, 5 * S, 0 },        0, 0,       9 * HOUR, CYCLE_IDLE, 0, 0 },
	{ "frames until now",       { 120 * S, 6 }, { 1, HOUR, HOUR, 0 },      0, 0,       HOUR + S, CYCLE_WAIT, 119 * S, 0 },
	{ "frames until then",      { 120 * S, 6 }, { 1, HOUR, HOUR, 0 },      0, 0,       HOUR + 120 * S, CYCLE_NOW, 0, 120 * S },
	{ "one of two speaks",      { 120 * S, 6 }, { 2, HOUR, HOUR, 0 },      0, 0,       HOUR + 5 * S, CYCLE_WAIT, 115 * S, 0 },
	{ "just on again",          { 120 * S, 6 }, { 1, 10 * S, 0, 0 },       0, HOUR,    HOUR,     CYCLE_WAIT, 120 * S, 0 },
	{ "second attempt, early",  { 120 * S, 6 }, { 1, 10 * S, 0, 0 },       1, HOUR,    HOUR + 239 * S, CYCLE_WAIT, S, 0 },
	{ "second attempt",         { 120 * S, 6 }, { 1, 10 * S, 0, 0 },       1, HOUR,    HOUR + 240 * S, CYCLE_NOW, 0, HOUR + 230 * S },
	{ "fourth attempt",         { 120 * S, 6 }, { 1, 10 * S, 0, 0 },       3, HOUR,    HOUR + 960 * S, CYCLE_NOW, 0, HOUR + 950 * S },
	{ "fifth, early",           { 120 * S, 6 }, { 1, 10 * S, 0, 0 },       4, HOUR,    HOUR + 1919 * S, CYCLE_WAIT, S, 0 },
	{ "the longest pause",      { 120 * S, 6 }, { 1, 10 * S, 0, 0 },       5, HOUR,    HOUR + HOUR - 1, CYCLE_WAIT, 1, 0 },
	{ "no longer pause",        { 120 * S, 6 }, { 1, 10 * S, 0, 0 },       999, HOUR,  2 * HOUR, CYCLE_NOW, 0, 2 * HOUR - 10 * S },
	{ "longer by itself",       { 5 * HOUR, 6 }, { 1, 10 * S, 0, 0 },      9, HOUR,    6 * HOUR, CYCLE_NOW, 0, 6 * HOUR - 10 * S },
	{ "longer, early",          { 5 * HOUR, 6 }, { 1, 10 * S, 0, 0 },      9, HOUR,    6 * HOUR - 1, CYCLE_WAIT, 1, 0 },
	{ "the largest",            { 86400 * S, 6 }, { 1, 1, 0, 0 },          9, 0,       DAY + 1,  CYCLE_NOW, 0, DAY },
	{ "a frame since",          { 120 * S, 6 }, { 1, HOUR + S, HOUR + S, 0 }, 5, HOUR, HOUR + 121 * S, CYCLE_NOW, 0, 120 * S },
	{ "a frame before",         { 120 * S, 6 }, { 1, HOUR - 9 * S, HOUR - 9 * S, 0 }, 1, HOUR, HOUR + 121 * S, CYCLE_WAIT, 119 * S, 0 },
	{ "takes its time",         { 120 * S, 6 }, { 1, HOUR, HOUR, 900 * S }, 0, 0,      HOUR + 899 * S, CYCLE_WAIT, S, 0 },
	{ "longer than usual",      { 120 * S, 6 }, { 1, HOUR, HOUR, 900 * S }, 0, 0,      HOUR + 900 * S, CYCLE_NOW, 0, 900 * S },
	{ "usually shorter",        { 120 * S, 6 }, { 1, HOUR, HOUR, 30 * S }, 0, 0,       HOUR + 120 * S, CYCLE_NOW, 0, 120 * S },
	{ "once an hour",           { 120 * S, 6 }, { 1, HOUR, HOUR, 3 * HOUR }, 3, 0,     4 * HOUR - 1, CYCLE_WAIT, 1, 0 },
	{ "never, takes its time",  { 0, 6 },       { 1, HOUR, HOUR, 900 * S }, 0, 0,      9 * HOUR, CYCLE_IDLE, 0, 0 },
	{ "plugged in again since", { 120 * S, 6 }, { 1, HOUR + MIN, 0, 0 },   1, HOUR,    HOUR + 4 * MIN, CYCLE_WAIT, MIN, 0 },
};
/* clang-format on */

static void test_decide(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct cycle_view *view = &cases[i].view;
		/* what was heard before an attempt was looked at before it */
		struct cycle c = { .attempts = cases[i].attempts,
			           .on_ms = cases[i].on_ms,
			           .heard_ms =
			                   view->frame_ms <= cases[i].on_ms ? view->frame_ms : 0 };
		struct cycle_verdict verdict;

		say_case(cases[i].name);
		verdict = cycle_decide(&c, &cases[i].settings, view, cases[i].now_ms);
		assert_int_equal(verdict.step, cases[i].step);
		assert_int_equal(verdict.wait_ms, cases[i].wait_ms);
		assert_int_equal(verdict.silent_ms, cases[i].silent_ms);
	}
}

/* Lives through a silence, waiting as long as is said; returns how many attempts there were, and writes when
 * each began. */
static size_t suffer(struct cycle *c, const struct cycle_settings *settings,
                     const struct cycle_view *view, uint64_t from_ms, uint64_t to_ms,
                     uint64_t *begun, size_t size)
{
	size_t n = 0;

	for (uint64_t now = from_ms; now < to_ms;) {
		struct cycle_verdict verdict = cycle_decide(c, settings, view, now);

		if (verdict.step == CYCLE_IDLE)
			break;
		if (verdict.step == CYCLE_NOW) {
			assert_true(n < size);
			begun[n++] = now;
			cycle_begin(c, true, now);
			now += 6 * S;
			cycle_end(c, now);
		} else {
			assert_true(verdict.wait_ms > 0);
			now += verdict.wait_ms;
		}
	}
	return n;
}

static void test_growth(void **state)
{
	static const uint64_t pauses[] = {
		120 * S, 240 * S, 480 * S, 960 * S, 1920 * S, HOUR, HOUR
	};
	const struct cycle_settings settings = { 120 * S, 1000 };
	const struct cycle_view silent = { 1, 10 * S, 0, 0 };
	struct cycle c = { 0 };
	uint64_t begun[64] = { 0 }, since = 10 * S;
	size_t n;

	(void)state;
	n = suffer(&c, &settings, &silent, 10 * S, 10 * HOUR, begun, COUNT(begun));
	assert_true(n > COUNT(pauses));
	for (size_t i = 0; i < COUNT(pauses); i++) {
		assert_int_equal(begun[i] - since, pauses[i]);
		since = begun[i] + 6 * S;
	}
}

/* In no 24 hours are there more than the limit, for three days of silence. */
static void test_limit(void **state)
{
	const struct cycle_view silent = { 1, 10 * S, 0, 0 };
	struct cycle c = { 0 };
	uint64_t begun[64] = { 0 };
	size_t n;

	(void)state;
	n = suffer(&c, &usual, &silent, 10 * S, 3 * DAY, begun, COUNT(begun));
	assert_int_equal(n, 18);
	for (size_t i = 6; i < n; i++)
		assert_true(begun[i] - begun[i - 6] >= DAY);
	assert_int_equal(begun[6], begun[0] + DAY);
}

/* Told once, until somebody speaks or the power was cycled: whoever looks every minute tells it no more. */
static void test_limit_told(void **state)
{
	const struct cycle_settings settings = { 120 * S, 1 };
	struct cycle_view view = { 1, 20 * S, 20 * S, 0 };
	struct cycle c = { 0 };

	(void)state;
	cycle_begin(&c, true, 10 * S);
	for (uint64_t now = 200 * S; now < HOUR; now += MIN) {
		assert_int_equal(cycle_decide(&c, &settings, &view, now).step, CYCLE_LIMIT);
		assert_int_equal(c.limit_told, now > 200 * S);
		c.limit_told = true;
	}
	view = (struct cycle_view){ 1, HOUR, HOUR, 0 };
	assert_int_equal(cycle_decide(&c, &settings, &view, HOUR).step, CYCLE_WAIT);
	assert_false(c.limit_told);
	c.limit_told = true;
	cycle_begin(&c, false, HOUR);
	assert_false(c.limit_told);
}

/* What was asked for counts for the day, but does not make attempts rarer, and is not refused. */
static void test_commanded(void **state)
{
	const struct cycle_view silent = { 1, 10 * S, 0, 0 };
	struct cycle_verdict verdict;
	struct cycle c = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 6; i++)
		cycle_begin(&c, false, HOUR + i * MIN);
	cycle_end(&c, HOUR + 6 * MIN);
	assert_int_equal(c.attempts, 0);
	assert_int_equal(cycle_today(&c, HOUR + 6 * MIN), 6);
	verdict = cycle_decide(&c, &usual, &silent, HOUR + 8 * MIN);
	assert_int_equal(verdict.step, CYCLE_LIMIT);
	assert_int_equal(verdict.wait_ms, DAY - 8 * MIN);
	cycle_begin(&c, false, HOUR + 9 * MIN);
	assert_int_equal(cycle_today(&c, HOUR + 9 * MIN), 7);
	assert_int_equal(cycle_today(&c, HOUR + DAY - 1), 7);
	assert_int_equal(cycle_today(&c, HOUR + DAY), 6);
	assert_int_equal(cycle_today(&c, HOUR + DAY + 9 * MIN), 0);
}

/* The room for a day has an end: the newest are kept, and the limit holds. */
static void test_many(void **state)
{
	const struct cycle_settings settings = { S, 1000 };
	const struct cycle_view silent = { 1, 1, 0, 0 };
	struct cycle c = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 3 * CYCLE_KEPT; i++)
		cycle_begin(&c, false, 1 + i * S);
	assert_int_equal(cycle_today(&c, 3 * CYCLE_KEPT * S), CYCLE_KEPT);
	assert_int_equal(cycle_today(&c, DAY + 2 * CYCLE_KEPT * S), CYCLE_KEPT);
	assert_int_equal(cycle_today(&c, DAY + 2 * CYCLE_KEPT * S + 1), CYCLE_KEPT - 1);
	assert_int_equal(cycle_decide(&c, &settings, &silent, DAY).step, CYCLE_LIMIT);
}

#define NOW 1795600000LL /* November 2026 */

/* clang-format off */
static const struct {
	const char *name;
	struct cycle_stamp stamp, now;
	uint64_t age_s;
} ages[] = {
	{ "an hour ago",                       { 5000, NOW },        { 8600, NOW + 3600 },   3600 },
	{ "this very second",                  { 5000, NOW },        { 5000, NOW },          0 },
	{ "the clock was set forward",         { 50, 86400 },        { 110, NOW },           60 },
	{ "the clock was set back",            { 5000, NOW },        { 8600, NOW - 99999 },  3600 },
	{ "back to 1970",                      { 5000, NOW },        { 8600, 100 },          3600 },
	{ "another boot",                      { 5000, NOW },        { 30, NOW + 600 },      600 },
	{ "another boot, days later",          { 5000, NOW },        { 30, NOW + 259200 },   259200 },
	{ "another boot, clock back",          { 5000, NOW },        { 30, NOW - 600 },      0 },
	{ "another boot, clock not set",       { 5000, NOW },        { 30, 30 },             0 },
	{ "another boot, longer up: at least", { 60, NOW },          { 660, NOW + 90000 },   600 },
	{ "of an earlier boot when written",   { -1, NOW },          { 660, NOW + 7200 },    7200 },
	{ "of an earlier boot, clock back",    { -1, NOW },          { 660, NOW - 7200 },    0 },
	{ "nonsense",                          { -99999, -5 },       { 1, -10 },             0 },
};
/* clang-format on */

static void test_ages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ages); i++) {
		say_case(ages[i].name);
		assert_int_equal(cycle_age_ms(&ages[i].stamp, &ages[i].now), ages[i].age_s * 1000);
	}
}

/* A daemon that crashes at once and is started again and again cycles no more often than one that lives. */
static void test_crash_loop(void **state)
{
	const struct cycle_view silent = { 1, 1, 0, 0 };
	char *text = calloc(1, CYCLE_TEXT);
	uint64_t now = 10 * S;
	unsigned cycles = 0;

	(void)state;
	assert_non_null(text);
	while (now < DAY) {
		struct cycle c = { 0 };
		/* the wall clock falls back to 1970 whenever somebody looks */
		long long wall = (now / S) % 3 ? NOW + (long long)(now / S) : 17;

		cycle_parse(&c, text, now, wall);
		now += 121 * S;
		if (cycle_decide(&c, &usual, &silent, now).step == CYCLE_NOW) {
			cycles++;
			cycle_begin(&c, true, now);
			assert_true(cycle_print(&c, now, wall, text, CYCLE_TEXT) < CYCLE_TEXT);
		}
		now += S;
	}
	assert_int_equal(cycles, usual.max);
	free(text);
}

/* Over a reboot: what is of the last day is taken along, and once more. */
static void test_reboot(void **state)
{
	char text[512];
	struct cycle before = { 0 }, after = { 0 }, later = { 0 }, again = { 0 };

	(void)state;
	cycle_begin(&before, true, 100 * S);
	cycle_begin(&before, true, 30 * HOUR);
	cycle_begin(&before, true, 31 * HOUR);
	cycle_print(&before, 31 * HOUR, NOW, text, sizeof(text));
	assert_string_equal(text, "108000 1795596400\n111600 1795600000\n");

	assert_true(cycle_parse(&after, text, 60 * S, NOW + 2 * 3600));
	assert_int_equal(cycle_today(&after, 60 * S), 2);
	assert_int_equal(after.at_ms[0], (int64_t)(60 * S) - (int64_t)(3 * HOUR));
	cycle_begin(&after, true, 10 * MIN);
	cycle_print(&after, 10 * MIN, NOW + 2 * 3600 + 540, text, sizeof(text));
	assert_string_equal(text, "-1 1795596400\n-1 1795600000\n600 1795607740\n");

	assert_true(cycle_parse(&later, text, 60 * S, NOW + 22 * 3600 + 1));
	assert_int_equal(cycle_today(&later, 60 * S), 3);
	cycle_print(&later, 60 * S, NOW + 22 * 3600 + 1, text, sizeof(text));
	assert_int_equal(cycle_today(&later, 60 * S + HOUR), 2);
	assert_false(cycle_parse(&again, text, 60 * S, NOW + 22 * 3600 + 1));
	assert_int_equal(cycle_today(&again, 60 * S), 3);
}

/* clang-format off */
static const struct {
	const char *name, *text;
	size_t count;
} files[] = {
	{ "empty",           "", 0 },
	{ "one",             "100 1795600000\n", 1 },
	{ "no newline",      "100 1795600000", 1 },
	{ "empty lines",     "\n\n100 1795600000\n\n", 1 },
	{ "noise between",   "100 1795600000\nx\n7\n 9\n7 \n101 1795600000\n", 2 },
	{ "more behind",     "100 1795600000 5\n", 0 },
	{ "blanks",          "100  1795600000\n", 0 },
	{ "no numbers",      "one two\n", 0 },
	{ "too large",       "99999999999999999999 99999999999999999999\n", 0 },
	{ "far future",      "-1 1099511627776\n", 1 }, /* counts as new */
	{ "octets",          "\xFF\xFE\x01\n", 0 },
};
/* clang-format on */

static void test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		struct cycle c = { 0 };

		say_case(files[i].name);
		cycle_parse(&c, files[i].text, 200 * S, NOW + 100);
		assert_int_equal(cycle_today(&c, 200 * S), files[i].count);
	}
}

/* More lines than there is room for. */
static void test_long_file(void **state)
{
	static char text[3 * CYCLE_TEXT];
	struct cycle c = { 0 };
	size_t used = 0;

	(void)state;
	while (used + 64 < sizeof(text))
		used += (size_t)snprintf(text + used, sizeof(text) - used, "100 %lld\n", NOW);
	cycle_parse(&c, text, 200 * S, NOW);
	assert_int_equal(cycle_today(&c, 200 * S), CYCLE_KEPT);
	assert_true(cycle_print(&c, 200 * S, NOW, text, CYCLE_TEXT) < CYCLE_TEXT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decide),     cmocka_unit_test(test_growth),
		cmocka_unit_test(test_limit),      cmocka_unit_test(test_commanded),
		cmocka_unit_test(test_many),       cmocka_unit_test(test_ages),
		cmocka_unit_test(test_crash_loop), cmocka_unit_test(test_reboot),
		cmocka_unit_test(test_files),      cmocka_unit_test(test_long_file),
		cmocka_unit_test(test_limit_told),
	};

	return cmocka_run_group_tests_name("cycle", tests, NULL, NULL);
}
