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
	enum han_identity by;
} files[] = {
	{ "as saved",        "6970631400000000\n", 17, "6970631400000000", HAN_IDENTITY_METER_ID },
	{ "no newline",      "6970631400000000",   16, "6970631400000000", HAN_IDENTITY_METER_ID },
	{ "more lines",      "69706314\nx\n",      11, "69706314", HAN_IDENTITY_METER_ID },
	{ "one sign",        "~\n",                2,  "~", HAN_IDENTITY_METER_ID },
	{ "blank",           " \n",                2,  " ", HAN_IDENTITY_METER_ID },
	{ "the daemon's own", "bridge\n",          7,  NULL, HAN_IDENTITY_NONE },
	{ "device name",     "ISK1030775209\ndevice-name\n", 26, "ISK1030775209", HAN_IDENTITY_DEVICE_NAME },
	{ "meter id",        "69706314\nmeter-id\n", 18, "69706314", HAN_IDENTITY_METER_ID },
	{ "number",          "K8EG\nnumber",      11, "K8EG", HAN_IDENTITY_NUMBER },
	{ "system title",    "4b464d1122334455\nsystem-title\nx", 31, "4b464d1122334455", HAN_IDENTITY_SYSTEM_TITLE },
	{ "no such kind",    "69706314\nname\n",  14, "69706314", HAN_IDENTITY_METER_ID },
	{ "no kind",         "69706314\n\n",      10, "69706314", HAN_IDENTITY_METER_ID },
	{ "NUL in the kind", "69706314\nnum\0ber\n", 17, "69706314", HAN_IDENTITY_METER_ID },
	{ "empty",           "",                   0,  NULL, HAN_IDENTITY_NONE },
	{ "an empty line",   "\n69706314\n",       10, NULL, HAN_IDENTITY_NONE },
	{ "a NUL in front",  "\0" "69706314\n",    10, NULL, HAN_IDENTITY_NONE },
	{ "control octet",   "6970\x01" "6314\n",  10, NULL, HAN_IDENTITY_NONE },
	{ "tab",             "6970\t6314\n",       10, NULL, HAN_IDENTITY_NONE },
	{ "DEL",             "6970\x7F" "6314\n",  10, NULL, HAN_IDENTITY_NONE },
	{ "not ASCII",       "6970\xC3\xA9\n",     7,  NULL, HAN_IDENTITY_NONE },
	{ "octet FF",        "\xFF\xFF\xFF\n",     4,  NULL, HAN_IDENTITY_NONE },
};

#define NO     HAN_IDENTITY_NONE
#define NAME   HAN_IDENTITY_DEVICE_NAME
#define ID     HAN_IDENTITY_METER_ID
#define NUMBER HAN_IDENTITY_NUMBER
#define TITLE  HAN_IDENTITY_SYSTEM_TITLE

static const struct {
	const char *name;
	struct identity known, said;
	bool news;
} ladder[] = {
	{ "nothing known, best",      { "", NO },     { "a", NAME },   true },
	{ "nothing known, worst",     { "", NO },     { "a", TITLE },  true },
	{ "the same again",           { "a", ID },    { "a", ID },     false },
	{ "exchanged",                { "a", ID },    { "b", ID },     true },
	{ "exchanged, by name",       { "a", NAME },  { "b", NAME },   true },
	{ "exchanged, by title",      { "a", TITLE }, { "b", TITLE },  true },
	{ "a worse one",              { "a", ID },    { "b", TITLE },  false },
	{ "a worse one of the same",  { "a", NAME },  { "a", NUMBER }, false },
	{ "a better one later",       { "a", TITLE }, { "b", NAME },   false },
	{ "the next better one",      { "a", NUMBER }, { "b", ID },    false },
	{ "the port stood for it",    { "port-1", NO }, { "a", TITLE }, true },
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

static struct identity identity_made(const char *text, enum han_identity by)
{
	struct identity identity = { .by = by };

	snprintf(identity.text, sizeof(identity.text), "%.*s", HAN_IDENTITY_TEXT - 1, text);
	return identity;
}

static void save(const char *port, const char *text, enum han_identity by)
{
	const struct identity identity = identity_made(text, by);

	identity_save(port, &identity);
}

/* text NULL: none is kept. */
static void check_kept(const char *port, const char *text, enum han_identity by)
{
	struct identity identity = identity_made("as before", HAN_IDENTITY_NONE);

	assert_int_equal(identity_load(port, &identity), text != NULL);
	assert_string_equal(identity.text, text ? text : "as before");
	assert_int_equal(identity.by, by);
}

static void test_kept(void **state)
{
	char name[SCRATCH_PATH], path[SCRATCH_PATH];
	struct stat st;

	check_kept(PORT, NULL, NO);
	save(PORT, "6970631400000000", ID);
	check_kept(PORT, "6970631400000000", ID);
	check_kept("/dev/ttyUSB0", NULL, NO);
	check_kept("auto", NULL, NO);

	assert_int_equal(kept(*state, name), 1); /* no half-written file beside it */
	assert_int_equal(stat(scratch_path(*state, name, path), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	save(PORT, "4b464d1122334455", TITLE);
	save("auto", "ISK1030775209", NAME);
	assert_int_equal(kept(*state, name), 2);
	check_kept(PORT, "4b464d1122334455", TITLE);
	check_kept("auto", "ISK1030775209", NAME);
	save(PORT, "K8EG004046395507", NUMBER);
	check_kept(PORT, "K8EG004046395507", NUMBER);
}

/* Whatever stands in the file, only a text that can be an identity comes out of it. */
static void test_content(void **state)
{
	char name[SCRATCH_PATH];

	save(PORT, "1", ID);
	assert_int_equal(kept(*state, name), 1);
	for (size_t i = 0; i < COUNT(files); i++) {
		say_case(files[i].name);
		scratch_write(*state, name, files[i].content, files[i].len);
		check_kept(PORT, files[i].identity, files[i].by);
	}
}

/* The longest comes back whole, and one of an older version is cut as the meter's own text is. */
static void test_long(void **state)
{
	char text[256], name[SCRATCH_PATH];
	struct identity identity;

	memset(text, '7', sizeof(text));
	text[255] = '\0';
	identity = identity_made(text, NUMBER);
	assert_int_equal(strlen(identity.text), HAN_IDENTITY_TEXT - 1);
	identity_save(PORT, &identity);
	check_kept(PORT, identity.text, NUMBER);

	assert_int_equal(kept(*state, name), 1);
	scratch_text(*state, name, text);
	check_kept(PORT, identity.text, ID);
}

static void test_ladder(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ladder); i++) {
		say_case(ladder[i].name);
		assert_int_equal(identity_is_news(&ladder[i].known, &ladder[i].said),
		                 ladder[i].news);
	}
}

/* A link does not lead elsewhere, neither reading nor writing. */
static void test_link(void **state)
{
	char name[SCRATCH_PATH], path[SCRATCH_PATH], target[SCRATCH_PATH];

	save(PORT, "1", ID);
	kept(*state, name);
	scratch_text(*state, "elsewhere", "2\n");
	scratch_path(*state, name, path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(scratch_path(*state, "elsewhere", target), path), 0);
	check_kept(PORT, NULL, NO);

	save(PORT, "3", ID);
	check_kept(PORT, "3", ID);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(target, path), 0);
	check_kept(PORT, "2", ID);
}

/* Without a state directory, or without a usable one, nothing is kept and nothing breaks. */
static void test_nowhere(void **state)
{
	const char *const nowhere[] = { NULL, "", "/nonexistent/hanmqttd", "/dev/null" };

	(void)state;
	for (size_t i = 0; i < COUNT(nowhere); i++) {
		say_case(nowhere[i] ? nowhere[i] : "(unset)");
		if (nowhere[i])
			assert_int_equal(setenv("STATE_DIRECTORY", nowhere[i], 1), 0);
		else
			assert_int_equal(unsetenv("STATE_DIRECTORY"), 0);
		save(PORT, "6970631400000000", ID);
		check_kept(PORT, NULL, NO);
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
		WITH_STATE(test_kept),          WITH_STATE(test_content),
		WITH_STATE(test_long),          WITH_STATE(test_link),
		WITH_STATE(test_nowhere),       cmocka_unit_test(test_ladder),
		cmocka_unit_test(test_of_port), cmocka_unit_test(test_of_machine),
	};

	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
