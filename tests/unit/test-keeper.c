/* Texts that a thread writes. A disk that hangs is one that refuses, and whoever is told of it waits. */
#include <dirent.h>
#include <errno.h>
#include <semaphore.h>
#include <stdlib.h>

#include "scratch.h"

#include "keeper.h"
#include "state.h"

#define PATIENCE_MS 20000

static int failures, last_rc;
static sem_t hangs, goes_on;

static void count_failure(const char *about, int rc)
{
	(void)about;
	__atomic_store_n(&last_rc, rc, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&failures, 1, __ATOMIC_SEQ_CST);
}

static void wait_at_failure(const char *about, int rc)
{
	assert_string_equal(about, "hangs");
	assert_int_equal(rc, -EISDIR);
	sem_post(&hangs);
	sem_wait(&goes_on);
}

static int setup(void **state)
{
	int rc = scratch_setup(state);

	sem_init(&hangs, 0, 0);
	sem_init(&goes_on, 0, 0);
	failures = last_rc = 0;
	if (rc == 0)
		setenv("STATE_DIRECTORY", ((struct scratch *)*state)->dir, 1);
	return rc;
}

static void save(const char *kind, const char *about, const char *text)
{
	keeper_save(kind, about, text, count_failure);
}

static void check_kept(const char *kind, const char *about, const char *text)
{
	char buf[64] = "as before";

	assert_int_equal(keeper_load(kind, about, buf, sizeof(buf)), text != NULL);
	assert_string_equal(buf, text ? text : "as before");
}

static void check_on_disk(const char *kind, const char *about, const char *text)
{
	char buf[64];

	assert_true(state_load(kind, about, buf, sizeof(buf)));
	assert_string_equal(buf, text);
}

/* Where the file is to be written there is a directory, until it is removed; path holds SCRATCH_PATH octets. */
static void hang(const struct scratch *s, const char *text, char *path)
{
	const struct dirent *entry;
	char name[SCRATCH_PATH] = "";
	DIR *dir;

	assert_int_equal(state_save("kind", "hangs", "old"), 0);
	dir = opendir(s->dir);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, "kind-", strlen("kind-")) == 0)
			snprintf(name, sizeof(name), "%.200s.new", entry->d_name);
	}
	closedir(dir);
	scratch_mkdir(s, name);
	scratch_path(s, name, path);
	keeper_start();
	keeper_save("kind", "hangs", text, wait_at_failure);
	sem_wait(&hangs);
}

static void go_on(const char *path)
{
	assert_int_equal(rmdir(path), 0);
	sem_post(&goes_on);
	assert_true(keeper_stop(PATIENCE_MS));
}

static void test_not_started(void **state)
{
	(void)state;
	assert_true(keeper_stop(0));
	save("kind", "a", "1");
	check_on_disk("kind", "a", "1");
	assert_true(keeper_stop(0));
}

static void test_written(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++) {
		char text[8];

		keeper_start();
		for (int i = 0; i < 200; i++) {
			snprintf(text, sizeof(text), "%d", i);
			save("kind", text, "");
			save("kind", "a", text);
			check_kept("kind", "a", text);
		}
		assert_true(keeper_stop(PATIENCE_MS));
		check_on_disk("kind", "a", "199");
		check_on_disk("kind", "0", "");
		check_kept("kind", "a", "199");
		check_kept("other", "a", NULL);
	}
	assert_int_equal(failures, 0);
}

static void test_cannot_be_written(void **state)
{
	(void)state;
	setenv("STATE_DIRECTORY", "/nonexistent", 1);
	keeper_start();
	save("kind", "a", "1");
	assert_true(keeper_stop(PATIENCE_MS));
	assert_int_equal(failures, 1);
	assert_int_equal(last_rc, -ENOENT);
	check_kept("kind", "a", NULL);
}

/* Nothing waits for it, and what is newest is known. */
static void test_disk_hangs(void **state)
{
	char path[SCRATCH_PATH];

	hang(*state, "1", path);
	save("kind", "b", "1");
	check_kept("kind", "hangs", "1");
	save("kind", "hangs", "2");
	save("kind", "b", "2");
	save("other", "hangs", "3");
	check_kept("kind", "hangs", "2");
	check_kept("kind", "b", "2");
	check_kept("other", "hangs", "3");
	check_on_disk("kind", "hangs", "old");
	assert_false(keeper_stop(0));
	assert_false(keeper_stop(20));
	go_on(path);
	check_on_disk("kind", "hangs", "2");
	check_on_disk("kind", "b", "2");
	check_on_disk("other", "hangs", "3");
	assert_int_equal(failures, 0);
}

/* Memory has a bound; those that wait longest go, but not the one in the thread's hands. */
static void test_too_many(void **state)
{
	static char large[KEEPER_OCTETS / 4 - 1000];
	const char *abouts[] = { "a", "b", "c", "d", "e", "f" };
	char path[SCRATCH_PATH], buf[64];

	memset(large, 'x', sizeof(large) - 1);
	hang(*state, "1", path);
	for (int i = 0; i < 6; i++)
		save("kind", abouts[i], large);
	assert_int_equal(failures, 2);
	assert_int_equal(last_rc, -ENOBUFS);
	check_kept("kind", "hangs", "1");
	check_kept("kind", "a", NULL);
	check_kept("kind", "b", NULL);
	go_on(path);
	assert_int_equal(failures, 2);
	for (int i = 2; i < 6; i++)
		assert_true(state_load("kind", abouts[i], buf, sizeof(buf)));
	check_on_disk("kind", "hangs", "old");
}

/* However many numbers a meter says, the directory has a bound; what is in it already goes on. */
static void test_full(void **state)
{
	const struct scratch *s = *state;
	char path[128];

	keeper_start();
	save("kind", "known", "1");
	assert_true(keeper_stop(PATIENCE_MS));
	for (int i = 0; i < STATE_FILES_MAX; i++) {
		snprintf(path, sizeof(path), "%s/%d", s->dir, i);
		assert_true(close(creat(path, 0600)) == 0);
	}
	keeper_start();
	save("kind", "new", "1");
	save("kind", "known", "2");
	assert_true(keeper_stop(PATIENCE_MS));
	assert_int_equal(failures, 1);
	assert_int_equal(last_rc, -EDQUOT);
	check_kept("kind", "new", NULL);
	check_on_disk("kind", "known", "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_not_started, setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_written, setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_cannot_be_written, setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_disk_hangs, setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_too_many, setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
