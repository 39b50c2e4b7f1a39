/* What is known of topics published below, across restarts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "scratch.h"

#include "bases.h"
#include "log.h"
#include "state.h"

static struct bases bases, again;

static int open_state(void **state)
{
	struct scratch *scratch = calloc(1, sizeof(*scratch));

	if (!scratch)
		return -1;
	if (scratch_init(scratch) < 0) {
		free(scratch);
		return -1;
	}
	setenv("STATE_DIRECTORY", scratch->dir, 1);
	bases_fini(&bases);
	bases_fini(&again);
	*state = scratch;
	return 0;
}

static int close_state(void **state)
{
	unsetenv("STATE_DIRECTORY");
	bases_fini(&bases);
	bases_fini(&again);
	scratch_fini(*state);
	free(*state);
	return 0;
}

static void check_bases(const struct bases *b, const char *expected)
{
	char text[1024] = "";

	for (size_t i = 0; i < b->count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s=%s",
		         i > 0 ? " " : "", b->list[i].base, b->list[i].identity);
	assert_string_equal(text, expected);
}

static void test_kept(void **state)
{
	(void)state;
	bases_load(&bases);
	check_bases(&bases, "");
	bases_note(&bases, "han/bridge/me", "");
	bases_note(&bases, "han/house", "1");
	bases_note(&bases, "han/cabin", "2");
	bases_note(&bases, "han/house", "1");
	check_bases(&bases, "han/bridge/me= han/cabin=2 han/house=1");
	bases_note(&bases, "han/house", "3");
	bases_load(&again);
	check_bases(&again, "han/bridge/me= han/cabin=2 han/house=1 han/house=3");
	bases_drop(&bases, bases_find(&bases, "han/cabin", "2"));
	bases_load(&again);
	check_bases(&again, "han/bridge/me= han/house=1 han/house=3");
	assert_null(bases_find(&again, "han/house", "2"));
	assert_null(bases_find(&again, "han/cabin", "2"));
}

static void test_renewed(void **state)
{
	(void)state;
	bases_note(&bases, "han/house", "1");
	bases.list[0].done = true;
	bases.list[0].looks = 2;
	bases_note(&bases, "han/house", "1"); /* changes nothing */
	assert_true(bases.list[0].done);
	bases_renew(&bases);
	assert_false(bases.list[0].done);
	assert_int_equal(bases.list[0].looks, 2);
}

/* What a file may hold, and what is left of it. */
/* clang-format off */
static const struct { const char *name, *text, *kept; } files[] = {
	{ "nothing",         "",                                      "" },
	{ "empty lines",     "\n\n\n",                                "" },
	{ "no identity",     "han/house\n",                           "" },
	{ "the daemon",      "han/bridge/me\t\n",                     "han/bridge/me=" },
	{ "no end of line",  "han/a\t1",                              "han/a=1" },
	{ "no base",         "\t1\nhan/a\t1\n",                       "han/a=1" },
	{ "one level",       "homeassistant\t1\nhan/a\t1\n",          "han/a=1" },
	{ "wildcards",       "han/#\t1\nhan/+\t1\nhan/a\t1\n",        "han/a=1" },
	{ "odd ends",        "/han\t1\nhan/\t1\n$SYS/a\t1\n",         "" },
	{ "control",         "han/\x01\t1\nhan/a\t\x7f\nhan/b\t2\n",  "han/b=2" },
	{ "twice",           "han/a\t1\nhan/a\t1\n",                  "han/a=1" },
	{ "letters of many", "han/Z\xc3\xa4hler 1\t1\n",              "han/Z\xc3\xa4hler 1=1" },
};
/* clang-format on */

static void test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		say_case(files[i].name);
		assert_int_equal(state_save("bases", "", files[i].text), 0);
		bases_load(&bases);
		check_bases(&bases, files[i].kept);
	}
}

static void test_long_texts(void **state)
{
	char base[400] = "han/", identity[200] = "";

	(void)state;
	memset(base + 4, 'b', sizeof(base) - 5);
	memset(identity, '1', sizeof(identity) - 1);
	bases_note(&bases, base, "1");
	bases_note(&bases, "han/a", identity);
	check_bases(&bases, "");
	base[BASES_TEXT - 1] = identity[HAN_IDENTITY_TEXT - 1] = '\0';
	bases_note(&bases, base, identity);
	bases_load(&again);
	assert_int_equal(again.count, 1);
	assert_string_equal(again.list[0].base, base);
	assert_string_equal(again.list[0].identity, identity);
}

/* The oldest makes room. */
static void test_full(void **state)
{
	static char text[BASES_MAX * 16];
	const char *base = "han/new";
	size_t len = 0;

	(void)state;
	for (unsigned i = 0; i < BASES_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "han/%u\t1\n", i);
	assert_int_equal(state_save("bases", "", text), 0);
	bases_load(&bases);
	assert_int_equal(bases.count, BASES_MAX);
	bases_note(&bases, "han/other", "1");
	bases_note(&bases, base, "1");
	assert_int_equal(bases.count, BASES_MAX);
	assert_null(bases_find(&bases, "han/1", "1"));
	assert_non_null(bases_find(&bases, "han/2", "1"));
	bases_load(&again);
	assert_int_equal(again.count, BASES_MAX);
	assert_string_equal(again.list[BASES_MAX - 1].base, base);
}

static void test_no_directory(void **state)
{
	(void)state;
	unsetenv("STATE_DIRECTORY");
	bases_note(&bases, "han/a", "1");
	check_bases(&bases, "han/a=1");
	bases_load(&again);
	check_bases(&again, "");
	setenv("STATE_DIRECTORY", "/nonexistent", 1);
	log_set_level(LOG_ERR);
	bases_note(&bases, "han/b", "1");
	check_bases(&bases, "han/a=1 han/b=1");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_state, close_state)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_kept),       TEST(test_renewed), TEST(test_files),
		TEST(test_long_texts), TEST(test_full),    TEST(test_no_directory),
	};

	return cmocka_run_group_tests_name("bases", tests, NULL, NULL);
}
