/* When values leave, and how long the broker keeps them: hours of a meter, in no time. */
#include <stdio.h>

#include "check.h"
#include "note.h"

#include "pace.h"

#define DAY_S   86400u
#define START   1000 /* the clock's first millisecond here */
#define SLACK   200
#define UNKNOWN 90000u /* seconds */

/* ---- one value after the other ---- */

enum { SAME, OTHER };

/* Values at these times: each leaves, waits or stays. */
#define STEPS 8

/* clang-format off */
static const struct {
	const char *name;
	struct pace_rules rules;
	struct { unsigned at_ms; int value; } steps[STEPS]; /* at 0: the first one */
	const char *verdicts;
} cases[] = {
	{ "all leave",                      { false, 0, true },
	  { { 0, SAME }, { 2000, SAME }, { 4000, OTHER }, { 6000, SAME } },      "leaves leaves leaves leaves" },
	{ "what has changed leaves",        { true, 0, true },
	  { { 0, SAME }, { 2000, SAME }, { 4000, OTHER }, { 6000, SAME } },      "leaves stays leaves stays" },
	{ "half of a minute",               { true, 0, true },
	  { { 0, SAME }, { 2000, SAME }, { 29999, SAME }, { 30000, SAME } },     "leaves stays stays stays" },
	{ "half of ten pauses",             { true, 0, true },
	  { { 0, SAME }, { 10000, SAME }, { 49999, SAME }, { 100000, SAME } },   "leaves stays stays stays" },
	{ "nothing expires, nothing again", { true, 0, false },
	  { { 0, SAME }, { 2000, SAME }, { 4000, SAME }, { 3600000, SAME } },    "leaves stays stays stays" },
	{ "too soon",                       { false, 10000, true },
	  { { 0, SAME }, { 2000, OTHER }, { 9999, SAME }, { 10000, SAME } },     "leaves waits waits leaves" },
	{ "too soon, and changed back",     { true, 10000, true },
	  { { 0, SAME }, { 2000, OTHER }, { 4000, SAME }, { 10000, SAME } },     "leaves waits stays stays" },
	{ "late enough",                    { true, 10000, true },
	  { { 0, SAME }, { 10000, OTHER }, { 19999, OTHER }, { 20000, OTHER } }, "leaves leaves waits leaves" },
};
/* clang-format on */

static const char *const verdicts[] = {
	[PACE_LEAVES] = "leaves",
	[PACE_WAITS] = "waits",
	[PACE_STAYS] = "stays",
};

static void test_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pace pace = { 0 };
		struct note note;

		say_case(cases[i].name);
		note_clear(&note);
		for (size_t j = 0; j == 0 || cases[i].steps[j].at_ms > 0; j++) {
			uint64_t now = START + cases[i].steps[j].at_ms;
			enum pace_verdict verdict =
				pace_came(&pace, &cases[i].rules, cases[i].steps[j].value, now);

			note_add(&note, "%s%s", note_gap(&note), verdicts[verdict]);
			assert_int_equal(pace.waits, verdict == PACE_WAITS);
			if (verdict == PACE_LEAVES)
				pace_left(&pace, pace_lifetime_s(&pace, &cases[i].rules), now);
			else if (verdict == PACE_WAITS)
				assert_int_equal(pace_due_ms(&pace, &cases[i].rules),
				                 pace.left_ms + cases[i].rules.min_interval_ms +
				                         SLACK);
		}
		assert_string_equal(note.text, cases[i].verdicts);
	}
}

/* ---- how long a value lives ---- */

#define PAUSES 12

/* clang-format off */
static const struct {
	const char *name;
	unsigned pauses_ms[PAUSES]; /* 0 ends them */
	unsigned min_interval_s;
	unsigned lifetime_s;
} lives[] = {
	{ "nothing known",                { 0 },                                      0,     UNKNOWN },
	{ "two seconds",                  { 2000, 2000 },                             0,     60 },
	{ "ten seconds, the first pause", { 10000 },                                  0,     100 },
	{ "an odd pause",                 { 10050, 9950 },                            0,     101 },
	{ "an hour",                      { 3600000, 3600000 },                       0,     36000 },
	{ "one was lost",                 { 10000, 10000, 20000, 10000 },             0,     200 },
	{ "one was lost, some time ago",  { 20000, 10000, 10000, 10000, 10000 },      0,     100 },
	{ "silent for an hour",           { 10000, 3600000, 10000 },                  0,     36000 },
	{ "and spoke again",              { 3600000, 10000, 10000, 10000, 10000 },    0,     100 },
	{ "in bunches",                   { 90000, 1, 1, 90000, 1, 1 },               0,     900 },
	{ "at the same time",             { 300000, 1, 1, 300000 },                   0,     3000 },
	{ "silent for a week",            { 7 * DAY_S * 1000 },                       0,     10 * DAY_S },
	{ "a short interval",             { 10000, 10000 },                           10,    100 },
	{ "a long interval",              { 2000, 2000 },                             300,   600 },
	{ "the longest interval",         { 2000, 2000 },                             DAY_S, 2 * DAY_S },
	{ "the longest, nothing known",   { 0 },                                      DAY_S, 2 * DAY_S },
};
/* clang-format on */

static void test_lifetime(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lives); i++) {
		const struct pace_rules rules = { .expire = true,
			                          .min_interval_ms =
			                                  lives[i].min_interval_s * 1000u };
		struct pace pace = { 0 };
		uint64_t now = START;

		say_case(lives[i].name);
		pace_came(&pace, &rules, true, now);
		for (size_t j = 0; j < PAUSES && lives[i].pauses_ms[j]; j++) {
			now += lives[i].pauses_ms[j];
			pace_came(&pace, &rules, true, now);
		}
		assert_int_equal(pace_lifetime_s(&pace, &rules), lives[i].lifetime_s);
	}
}

/* What is sent later than it came lives as much shorter; history is not sent. */
static void test_age(void **state)
{
	const struct pace_rules rules = { .expire = true }, for_good = { 0 };
	struct pace pace = { 0 };
	unsigned expiry_s = 1;

	(void)state;
	pace_came(&pace, &rules, true, START);
	pace_came(&pace, &rules, true, START + 10000);
	assert_true(pace_expiry_s(&pace, &rules, START + 10000, &expiry_s));
	assert_int_equal(expiry_s, 100);
	assert_true(pace_expiry_s(&pace, &rules, START + 10000 + 30999, &expiry_s));
	assert_int_equal(expiry_s, 70);
	assert_true(pace_expiry_s(&pace, &rules, START + 10000 + 99999, &expiry_s));
	assert_int_equal(expiry_s, 1);
	assert_false(pace_expiry_s(&pace, &rules, START + 10000 + 100000, &expiry_s));
	assert_true(pace_expiry_s(&pace, &for_good, START + 10000 + 100000, &expiry_s));
	assert_int_equal(expiry_s, 0);
}

/* Two values in one millisecond are no reason to forget anything. */
static void test_no_pause(void **state)
{
	const struct pace_rules rules = { .expire = true };
	struct pace pace = { 0 };

	(void)state;
	pace_came(&pace, &rules, true, START);
	pace_came(&pace, &rules, true, START);
	assert_int_equal(pace_lifetime_s(&pace, &rules), 60);
}

/* The broker was told less, because the value was old already: it is sent again in time for that. */
static void test_told_less(void **state)
{
	const struct pace_rules rules = { .on_change = true, .expire = true };
	struct pace pace = { 0 };

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		pace_came(&pace, &rules, true, START + i * 10000);
	pace_left(&pace, 100, START + 40000);
	assert_int_equal(pace_came(&pace, &rules, false, START + 80000), PACE_STAYS);
	pace_left(&pace, 60, START + 80000);
	assert_int_equal(pace_came(&pace, &rules, false, START + 109000), PACE_STAYS);
	assert_int_equal(pace_came(&pace, &rules, false, START + 111000), PACE_LEAVES);
}

/* ---- a meter, the daemon's timer, and a broker that forgets ---- */

struct run {
	const char *name;
	struct pace_rules rules;
	unsigned period_ms, jitter_ms;
	unsigned steady; /* so many values in a row are equal; 0: all */
	unsigned lose;   /* every so manieth message is lost on the line; 0: none */
	unsigned hours;
	unsigned sent_min, sent_max; /* of the run */
};

/* clang-format off */
static const struct run runs[] = {
	{ "no rule, 2 s",                   { false, 0, true },       2000, 50,   1, 0, 1, 1799, 1801 },
	{ "on change, never",               { true, 0, true },        2000, 50,   0, 0, 1, 112, 122 },
	{ "on change, never, no expiry",    { true, 0, false },       2000, 50,   0, 0, 1, 1, 1 },
	{ "on change, each",                { true, 0, true },        2000, 50,   1, 0, 1, 1799, 1801 },
	{ "on change, each minute",         { true, 0, true },        2000, 50,  30, 0, 1, 118, 122 },
	{ "on change, each minute, noisy",  { true, 0, true },        2000, 50,  30, 3, 1, 115, 125 },
	{ "on change, never, 10 s",         { true, 0, true },       10000, 100,  0, 0, 6, 355, 361 },
	{ "on change, never, 10 s, noisy",  { true, 0, true },       10000, 100,  0, 4, 6, 175, 216 },
	{ "on change, never, 1 h",          { true, 0, true },     3600000, 900,  0, 0, 100, 16, 21 },
	{ "10 s, 2 s",                      { false, 10000, true },   2000, 50,   1, 0, 1, 345, 361 },
	{ "10 s, 10 s",                     { false, 10000, true },  10000, 100,  1, 0, 1, 345, 361 },
	{ "10 s, 2.5 s",                    { false, 10000, true },   2500, 20,   1, 0, 1, 345, 361 },
	{ "60 s, 2 s, on change, never",    { true, 60000, true },    2000, 50,   0, 0, 6, 340, 361 },
	{ "60 s, 2 s, on change, seldom",   { true, 60000, true },    2000, 50, 100, 0, 6, 300, 361 },
	{ "60 s, 2 s, on change, each",     { true, 60000, true },    2000, 50,   1, 0, 6, 350, 361 },
	{ "300 s, 2 s",                     { false, 300000, true },  2000, 50,   1, 5, 6, 71, 73 },
	{ "1 s, 2 s",                       { false, 1000, true },    2000, 50,   1, 0, 1, 1799, 1801 },
	{ "15 s, 10 s",                     { false, 15000, true },  10000, 100,  1, 0, 1, 180, 240 },
	{ "60 s, 1 h",                      { true, 60000, true }, 3600000, 900,  1, 0, 50, 49, 51 },
};
/* clang-format on */

struct simulation {
	const struct run *run;
	struct pace pace;
	uint64_t now;
	unsigned newest, left;  /* values */
	uint64_t changed_since; /* the newest is another than the one that left; 0: it is not */
	uint64_t expires;       /* at the broker; 0: never */
	unsigned sent;
};

static void leave(struct simulation *s)
{
	unsigned expiry_s;

	assert_true(pace_expiry_s(&s->pace, &s->run->rules, s->now, &expiry_s));
	if (s->sent > 0)
		assert_true(s->now - s->pace.left_ms >= s->run->rules.min_interval_ms);
	s->expires = expiry_s > 0 ? s->now + expiry_s * 1000u : 0;
	pace_left(&s->pace, expiry_s, s->now);
	s->left = s->newest;
	s->changed_since = 0;
	s->sent++;
}

static void come(struct simulation *s, unsigned number)
{
	s->newest = s->run->steady > 0 ? number / s->run->steady : 0;
	if (s->newest != s->left && !s->changed_since)
		s->changed_since = s->now;
	if (s->newest == s->left)
		s->changed_since = 0;
	if (pace_came(&s->pace, &s->run->rules, s->sent == 0 || s->newest != s->left, s->now) ==
	    PACE_LEAVES)
		leave(s);
}

/* As the daemon's timer does. */
static void tick(struct simulation *s)
{
	if (s->pace.waits && s->now >= pace_due_ms(&s->pace, &s->run->rules))
		leave(s);
	if (s->changed_since)
		assert_true(s->now - s->changed_since <= s->run->rules.min_interval_ms + SLACK);
	if (s->expires)
		assert_true(s->now < s->expires);
}

static void check_run(const struct run *run)
{
	struct simulation s = { .run = run, .now = START };
	uint64_t end = START + (uint64_t)run->hours * 3600000;
	unsigned number = 0;

	for (; s.now < end; s.now += 10) {
		uint64_t jitter = run->jitter_ms > 0 ? number * 7919 % (2 * run->jitter_ms + 1) : 0;
		uint64_t at = START + run->jitter_ms + (uint64_t)number * run->period_ms + jitter;

		if (s.now + run->jitter_ms >= at) {
			if (run->lose == 0 || number % run->lose != 1)
				come(&s, number);
			number++;
		}
		tick(&s);
	}
	print_message("#  %u of %u were sent\n", s.sent, number);
	assert_in_range(s.sent, run->sent_min, run->sent_max);
}

/* Never sooner than the interval, a change never later, and nothing expires that the meter still sends. */
static void test_runs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(runs); i++) {
		say_case(runs[i].name);
		check_run(&runs[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),  cmocka_unit_test(test_lifetime),
		cmocka_unit_test(test_age),       cmocka_unit_test(test_no_pause),
		cmocka_unit_test(test_told_less), cmocka_unit_test(test_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
