/* Passwords: of files and of credentials, and why there is none. */
#include <stdlib.h>

#include "scratch.h"

#include "secret.h"

#define LONGEST 1023 /* characters */

/* clang-format off */
static const struct {
	const char *name, *content;
	const char *secret; /* NULL: its first line is empty */
} files[] = {
	{ "one line",              "hunter2\n",            "hunter2" },
	{ "no newline",            "hunter2",              "hunter2" },
	{ "of Windows",            "hunter2\r\n",          "hunter2" },
	{ "more lines",            "hunter2\nnot me\n",    "hunter2" },
	{ "blanks belong to it",   "  hunter 2 \n",        "  hunter 2 " },
	{ "signs",                 "#;=\"'%s\\n\n",        "#;=\"'%s\\n" },
	{ "UTF-8",                 "gr\xC3\xBC\xC3\x9F\n", "gr\xC3\xBC\xC3\x9F" },
	{ "no octet",              "",                     NULL },
	{ "a newline",             "\n",                   NULL },
	{ "a line below",          "\nhunter2\n",          NULL },
	{ "carriage return",       "\r\nhunter2",          NULL },
};

#define DIGITS "00112233445566778899aabbccddeeff"

static const struct {
	const char *name, *content;
	bool accepted;
} keys[] = {
	{ "one line",             DIGITS "\n",                                true },
	{ "no newline",           DIGITS,                                     true },
	{ "capitals",             "00112233445566778899AABBCCDDEEFF\n",       true },
	{ "of Windows",           DIGITS "\r\n",                              true },
	{ "blanks around",        "\n \t" DIGITS " \n\n",                     true },
	{ "in groups",            "00112233 44556677 8899aabb ccddeeff\n",    true },
	{ "two lines",            "0011223344556677\n8899aabbccddeeff\n",     true },
	{ "nothing",              "",                                         false },
	{ "blanks",               " \n",                                      false },
	{ "a digit less",         "00112233445566778899aabbccddeef\n",        false },
	{ "a digit more",         DIGITS "0\n",                               false },
	{ "another key",          DIGITS "\n" DIGITS "\n",                    false },
	{ "a letter",             "0011223344556677g899aabbccddeeff\n",       false },
	{ "as C writes it",       "0x" DIGITS "\n",                           false },
	{ "colons",               "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff\n", false },
	{ "a comment",            "# my key\n" DIGITS "\n",                   false },
};

static const struct {
	mode_t mode;
	bool accepted;
} modes[] = {
	{ 0600, true }, { 0400, true }, { 0640, true }, { 0440, true }, { 0660, true },
	{ 0644, false }, { 0604, false }, { 0004, false }, { 0666, false },
};
/* clang-format on */

/* "PATH: reason" */
static void check_error(const char *error, const char *path, const char *reason)
{
	size_t len = strlen(path);

	assert_memory_equal(error, path, len);
	assert_memory_equal(error + len, ": ", 2);
	assert_string_equal(error + len + 2, reason);
}

static void check_refused(const char *path, const char *reason)
{
	char error[SECRET_ERROR] = "";

	assert_null(secret_read_file(path, error));
	check_error(error, path, reason);
}

static void test_files(void **state)
{
	char path[SCRATCH_PATH], error[SECRET_ERROR];

	scratch_path(*state, "secret", path);
	for (size_t i = 0; i < COUNT(files); i++) {
		char *secret;

		say_case(files[i].name);
		scratch_text(*state, "secret", files[i].content);
		if (!files[i].secret) {
			check_refused(path, "its first line is empty");
			continue;
		}
		memset(error, '#', sizeof(error));
		secret = secret_read_file(path, error);
		assert_string_equal(secret, files[i].secret);
		assert_string_equal(error, "");
		secret_free(secret);
	}
}

static void test_modes(void **state)
{
	char path[SCRATCH_PATH], error[SECRET_ERROR];

	scratch_text(*state, "secret", "hunter2\n");
	scratch_path(*state, "secret", path);
	for (size_t i = 0; i < COUNT(modes); i++) {
		char *secret;

		print_message("# mode %o\n", (unsigned)modes[i].mode);
		assert_int_equal(chmod(path, modes[i].mode), 0);
		if (!modes[i].accepted) {
			check_refused(path,
			              "everybody may read it; accepted: a file with mode 0640 or "
			              "less");
			continue;
		}
		secret = secret_read_file(path, error);
		assert_string_equal(secret, "hunter2");
		secret_free(secret);
	}
}

static void test_no_file(void **state)
{
	char path[SCRATCH_PATH], below[SCRATCH_PATH];

	check_refused(scratch_path(*state, "nothing", path), "No such file or directory");
	scratch_text(*state, "file", "x");
	check_refused(scratch_path(*state, "file/below", below), "Not a directory");
	check_refused(((const struct scratch *)*state)->dir, "Is a directory");
}

/* A path too long for the message is cut there. */
static void test_long_path(void **state)
{
	char path[1000], error[SECRET_ERROR];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_null(secret_read_file(path, error));
	assert_memory_equal(error, path, 200);
	assert_string_equal(error + 200, ": File name too long");
}

/* The longest secret comes whole; one that does not fit must not come cut. */
static void test_long(void **state)
{
	char content[LONGEST + 2], path[SCRATCH_PATH], error[SECRET_ERROR];
	char *secret;

	memset(content, 'x', sizeof(content));
	content[LONGEST - 1] = '\n';
	scratch_write(*state, "secret", content, LONGEST);
	secret = secret_read_file(scratch_path(*state, "secret", path), error);
	assert_non_null(secret);
	assert_int_equal(strlen(secret), LONGEST - 1);
	secret_free(secret);

	content[LONGEST - 1] = 'x';
	scratch_write(*state, "secret", content, LONGEST + 2);
	secret = secret_read_file(path, error);
	assert_null(secret);
	assert_true(error[0]);
}

static void test_credentials(void **state)
{
	const struct scratch *scratch = *state;
	char error[SECRET_ERROR] = "x", path[SCRATCH_PATH];
	char *secret;

	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_null(secret_read_credential("mqtt-password", error));
	assert_string_equal(error, "");

	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", scratch->dir, 1), 0);
	memset(error, 'x', 1);
	assert_null(secret_read_credential("mqtt-password", error));
	assert_string_equal(error, "");

	scratch_text(scratch, "mqtt-password", "hunter2\n");
	secret = secret_read_credential("mqtt-password", error);
	assert_string_equal(secret, "hunter2");
	assert_string_equal(error, "");
	secret_free(secret);
	assert_null(secret_read_credential("other", error));
	assert_string_equal(error, "");

	scratch_path(scratch, "mqtt-password", path);
	assert_int_equal(chmod(path, 0644), 0);
	assert_null(secret_read_credential("mqtt-password", error));
	check_error(error, path, "everybody may read it; accepted: a file with mode 0640 or less");
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

static const uint8_t octets[SECRET_KEY] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
	                                    0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF };

/* A refused key leaves the one before, and its digits stand in no message. */
static void test_keys(void **state)
{
	char path[SCRATCH_PATH], error[SECRET_ERROR];

	scratch_path(*state, "key", path);
	for (size_t i = 0; i < COUNT(keys); i++) {
		uint8_t key[SECRET_KEY] = { 0xA5 }, before[SECRET_KEY] = { 0xA5 };
		struct secret_version version = { .size = 4711 };

		say_case(keys[i].name);
		scratch_text(*state, "key", keys[i].content);
		assert_int_equal(secret_read_key(path, key, &version, error), keys[i].accepted);
		assert_memory_equal(key, keys[i].accepted ? octets : before, SECRET_KEY);
		if (keys[i].accepted) {
			assert_string_equal(error, "");
			assert_int_equal(version.size, strlen(keys[i].content));
		} else {
			check_error(error, path, "it holds no key; accepted: 32 hex digits");
			assert_int_equal(version.size, 4711);
		}
	}
}

static void test_key_modes(void **state)
{
	char path[SCRATCH_PATH], error[SECRET_ERROR];

	scratch_text(*state, "key", DIGITS);
	scratch_path(*state, "key", path);
	for (size_t i = 0; i < COUNT(modes); i++) {
		struct secret_version version;
		uint8_t key[SECRET_KEY];

		print_message("# mode %o\n", (unsigned)modes[i].mode);
		assert_int_equal(chmod(path, modes[i].mode), 0);
		assert_int_equal(secret_read_key(path, key, &version, error), modes[i].accepted);
		if (!modes[i].accepted)
			check_error(error, path,
			            "everybody may read it; accepted: a file with mode 0640 or "
			            "less");
	}
	assert_int_equal(unlink(path), 0);
	assert_false(secret_read_key(path, (uint8_t[SECRET_KEY]){ 0 },
	                             &(struct secret_version){ 0 }, error));
	check_error(error, path, "No such file or directory");
}

static void test_key_credentials(void **state)
{
	const struct scratch *scratch = *state;
	struct secret_version version;
	uint8_t key[SECRET_KEY];
	char error[SECRET_ERROR] = "x", path[SCRATCH_PATH];

	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_false(secret_read_key_credential("key", key, &version, error));
	assert_string_equal(error, "");
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", scratch->dir, 1), 0);
	error[0] = 'x';
	assert_false(secret_read_key_credential("key", key, &version, error));
	assert_string_equal(error, "");
	scratch_text(scratch, "key", DIGITS "\n");
	assert_true(secret_read_key_credential("key", key, &version, error));
	assert_memory_equal(key, octets, SECRET_KEY);
	scratch_text(scratch, "key", "none\n");
	assert_false(secret_read_key_credential("key", key, &version, error));
	check_error(error, scratch_path(scratch, "key", path),
	            "it holds no key; accepted: 32 hex digits");
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
}

/* Another key in the same file is seen, and so is another file with the same key. */
static void test_versions(void **state)
{
	struct secret_version a, again, b;
	char path[SCRATCH_PATH], other[SCRATCH_PATH], error[SECRET_ERROR];
	uint8_t key[SECRET_KEY];

	scratch_text(*state, "key", DIGITS "\n");
	scratch_text(*state, "other", DIGITS "\n");
	assert_true(secret_read_key(scratch_path(*state, "key", path), key, &a, error));
	assert_true(secret_read_key(path, key, &again, error));
	assert_true(secret_version_same(&a, &again));
	assert_true(secret_read_key(scratch_path(*state, "other", other), key, &b, error));
	assert_false(secret_version_same(&a, &b));
	do {
		scratch_text(*state, "key", "ff112233445566778899aabbccddeeff\n");
		assert_true(secret_read_key(path, key, &b, error));
	} while (b.changed.tv_nsec == a.changed.tv_nsec && b.changed.tv_sec == a.changed.tv_sec);
	assert_false(secret_version_same(&a, &b)); /* at the kernel's pace of some ms */
}

static void test_free_none(void **state)
{
	(void)state;
	secret_free(NULL);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(test_files),
		WITH_FILES(test_modes),
		WITH_FILES(test_no_file),
		cmocka_unit_test(test_long_path),
		WITH_FILES(test_long),
		WITH_FILES(test_credentials),
		WITH_FILES(test_keys),
		WITH_FILES(test_key_modes),
		WITH_FILES(test_key_credentials),
		WITH_FILES(test_versions),
		cmocka_unit_test(test_free_none),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
