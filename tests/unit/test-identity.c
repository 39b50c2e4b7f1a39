/* Who a meter is, kept in the state directory; names for ports and for the machine. */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>

#include "scratch.h"

#include "identity.h"

#define PORT "/dev/ttyAMA0"

/* clang-format off */
static const struct {
	const char *name, *content;
	size_t len;
	const char *identity; /* NULL: none */
} files[] = {
	{ "as saved",        "6970631400000000\n", 17, "6970631400000000" },
	{ "no newline",      "6970631400000000",   16, "6970631400000000" },
	{ "more lines",      "69706314\nx\n",      11, "69706314" },
	{ "one sign",        "~\n",                2,  "~" },
	{ "blank",           " \n",                2,  " " },
	{ "empty",           "",                   0,  NULL },
	{ "an empty line",   "\n69706314\n",       10, NULL },
	{ "a NUL in front",  "\0" "69706314\n",    10, NULL },
	{ "control octet",   "6970\x01" "6314\n",  10, NULL },
	{ "tab",             "6970\t6314\n",       10, NULL },
	{ "DEL",             "6970\x7F" "6314\n",  10, NULL },
	{ "not ASCII",       "6970\xC3\xA9\n",     7,  NULL },
	{ "octet FF",        "\xFF\xFF\xFF\n",     4,  NULL },
};
/* clang-format on */

static int state_setup(void **state)
{
	int rc = scratch_setup(state);

	return rc ? rc : setenv("STATE_DIRECTORY", ((struct scratch *)*state)->dir, 1);
}

static int state_teardown(void **state)
{
	unsetenv("STATE_DIRECTORY");
	return scratch_teardown(state);
}

/* How many files are kept; the name of the last one into name. */
static size_t kept(const struct scratch *scratch, char name[SCRATCH_PATH])
{
	DIR *dir = opendir(scratch->dir);
	const struct dirent *entry;
	size_t count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, SCRATCH_PATH, "%s", entry->d_name);
		count++;
	}
	closedir(dir);
	return count;
}

static void test_kept(void **state)
{
	char buf[64], name[SCRATCH_PATH], path[SCRATCH_PATH];
	struct stat st;

	assert_false(identity_load(PORT, buf, sizeof(buf)));
	identity_save(PORT, "6970631400000000");
	assert_true(identity_load(PORT, buf, sizeof(buf)));
	assert_string_equal(buf, "6970631400000000");
	assert_false(identity_load("/dev/ttyUSB0", buf, sizeof(buf)));
	assert_false(identity_load("auto", buf, sizeof(buf)));

	assert_int_equal(kept(*state, name), 1); /* no half-written file beside it */
	assert_int_equal(stat(scratch_path(*state, name, path), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	identity_save(PORT, "7359992890941742");
	identity_save("auto", "6970631400000001");
	assert_int_equal(kept(*state, name), 2);
	assert_true(identity_load(PORT, buf, sizeof(buf)));
	assert_string_equal(buf, "7359992890941742");
	assert_true(identity_load("auto", buf, sizeof(buf)));
	assert_string_equal(buf, "6970631400000001");
}

/* Whatever stands in the file, only a text that can be an identity comes out of it. */
static void test_content(void **state)
{
	char name[SCRATCH_PATH];

	identity_save(PORT, "1");
	assert_int_equal(kept(*state, name), 1);
	for (size_t i = 0; i < COUNT(files); i++) {
		char buf[64] = "as before";
		bool loaded;

		say_case(files[i].name);
		scratch_write(*state, name, files[i].content, files[i].len);
		loaded = identity_load(PORT, buf, sizeof(buf));
		assert_int_equal(loaded, files[i].identity != NULL);
		assert_string_equal(buf, loaded ? files[i].identity : "as before");
	}
}

static void test_long(void **state)
{
	char identity[256], buf[256], small[9];

	(void)state;
	memset(identity, '7', sizeof(identity));
	identity[255] = '\0';
	identity_save(PORT, identity);
	assert_true(identity_load(PORT, buf, sizeof(buf)));
	assert_string_equal(buf, identity);

	small[8] = '#';
	assert_true(identity_load(PORT, small, 8));
	assert_string_equal(small, "7777777");
	assert_int_equal(small[8], '#');
}

/* A link does not lead elsewhere, neither reading nor writing. */
static void test_link(void **state)
{
	char name[SCRATCH_PATH], path[SCRATCH_PATH], target[SCRATCH_PATH], buf[64];

	identity_save(PORT, "1");
	kept(*state, name);
	scratch_text(*state, "elsewhere", "2\n");
	scratch_path(*state, name, path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(scratch_path(*state, "elsewhere", target), path), 0);
	assert_false(identity_load(PORT, buf, sizeof(buf)));

	identity_save(PORT, "3");
	assert_true(identity_load(PORT, buf, sizeof(buf)));
	assert_string_equal(buf, "3");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(target, path), 0);
	assert_true(identity_load(PORT, buf, sizeof(buf)));
	assert_string_equal(buf, "2");
}

/* Without a state directory, or without a usable one, nothing is kept and nothing breaks. */
static void test_nowhere(void **state)
{
	const char *const nowhere[] = { NULL, "", "/nonexistent/hanmqttd", "/dev/null" };
	char buf[64];

	(void)state;
	for (size_t i = 0; i < COUNT(nowhere); i++) {
		say_case(nowhere[i] ? nowhere[i] : "(unset)");
		if (nowhere[i])
			assert_int_equal(setenv("STATE_DIRECTORY", nowhere[i], 1), 0);
		else
			assert_int_equal(unsetenv("STATE_DIRECTORY"), 0);
		identity_save(PORT, "6970631400000000");
		assert_false(identity_load(PORT, buf, sizeof(buf)));
	}
}

static void check_hex(const char *text, size_t digits)
{
	assert_int_equal(strlen(text), digits);
	for (size_t i = 0; i < digits; i++)
		assert_true(isdigit((unsigned char)text[i]) || (text[i] >= 'a' && text[i] <= 'f'));
}

static void test_of_port(void **state)
{
	char a[IDENTITY_TEXT], again[IDENTITY_TEXT], b[IDENTITY_TEXT];

	(void)state;
	assert_ptr_equal(identity_of_port(PORT, a), a);
	assert_memory_equal(a, "port-", 5);
	check_hex(a + 5, 8);
	assert_string_equal(identity_of_port(PORT, again), a);
	assert_string_not_equal(identity_of_port("/dev/ttyAMA1", b), a);
}

static void test_of_machine(void **state)
{
	char a[IDENTITY_TEXT], again[IDENTITY_TEXT];

	(void)state;
	assert_ptr_equal(identity_of_machine(a), a);
	check_hex(a, 4);
	assert_string_equal(identity_of_machine(again), a);
}

#define WITH_STATE(test) cmocka_unit_test_setup_teardown(test, state_setup, state_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STATE(test_kept),
		WITH_STATE(test_content),
		WITH_STATE(test_long),
		WITH_STATE(test_link),
		WITH_STATE(test_nowhere),
		cmocka_unit_test(test_of_port),
		cmocka_unit_test(test_of_machine),
	};

	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
