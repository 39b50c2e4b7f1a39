/* Paths below a root, and what stands in the first line there. */
#include "scratch.h"

#include "below.h"

static const struct {
	const char *content; /* NULL: there is no such file */
	const char *line;
} files[] = {
	{ NULL, "" },
	{ "", "" },
	{ "\n", "" },
	{ "one", "one" },
	{ "one\n", "one" },
	{ "one\ntwo\n", "one" },
	{ "1234567", "1234567" },
	{ "123456789\n", "1234567" },
};

static void test_first_line(void **state)
{
	const struct scratch *s = *state;
	char path[PATH_MAX], line[8];

	for (size_t i = 0; i < COUNT(files); i++) {
		say_case(files[i].content ? files[i].content : "no file");
		if (files[i].content)
			scratch_text(s, "file", files[i].content);
		memset(line, '#', sizeof(line));
		assert_ptr_equal(
			below_read_line(below(path, s->dir, "/%s", "file"), line, sizeof(line)),
			line);
		assert_string_equal(line, files[i].line);
	}
}

/* One that were cut might be another file's. */
static void test_long_path(void **state)
{
	char root[PATH_MAX + 8], path[PATH_MAX];

	(void)state;
	memset(root, 'r', sizeof(root));
	root[PATH_MAX - 5] = '\0';
	assert_ptr_equal(below(path, root, "/%s", "abc"), path);
	assert_int_equal(strlen(path), PATH_MAX - 1);
	assert_string_equal(below(path, root, "/%s", "abcd"), "");
	root[PATH_MAX - 5] = 'r';
	root[PATH_MAX + 7] = '\0';
	assert_string_equal(below(path, root, "/abc"), "");
	assert_string_equal(below(path, "", "/abc"), "/abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first_line, scratch_setup, scratch_teardown),
		cmocka_unit_test(test_long_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
