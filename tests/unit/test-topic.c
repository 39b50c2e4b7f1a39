/* Names in topics, in discovery ids and in entity ids. */
#include <string.h>

#include "check.h"

#include "topic.h"

#define LONG64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* clang-format off */
static const struct {
	const char *name, *level, *id, *slug;
} cases[] = {
	{ "6970631400000000", "6970631400000000", "6970631400000000", "6970631400000000" },
	{ "",                 "",                 "",                 "" },
	{ "House",            "House",            "House",            "house" },
	{ "AZaz09_-",         "AZaz09_-",         "AZaz09_-",         "azaz09" },
	{ "@[`{/:",           "@[`{_:",           "______",           "" }, /* beside A Z a z 0 9 */
	{ "a/b+c#d",          "a_b_c_d",          "a_b_c_d",          "a_b_c_d" },
	{ "/+#",              "___",              "___",              "" },
	{ "a b.c",            "a b.c",            "a_b_c",            "a_b_c" },
	{ "a  -- b",          "a  -- b",          "a__--_b",          "a_b" },
	{ "  a  ",            "  a  ",            "__a__",            "a" },
	{ "_a_",              "_a_",              "_a_",              "a" },
	{ "$SYS",             "$SYS",             "_SYS",             "sys" },
	{ "\x01\x1f\x7f\t\n", "_____",            "_____",            "" },
	{ "a\x01" "b",        "a_b",              "a_b",              "a_b" },
	{ "a\x20~",           "a ~",              "a__",              "a" },
	{ "caf\xC3\xA9",      "caf\xC3\xA9",      "caf__",            "caf" },
	{ "\xC3\x85s",        "\xC3\x85s",        "__s",              "s" },
	{ "\xFF\x80",         "\xFF\x80",         "__",               "" },
	{ "bridge",           "bridge",           "bridge",           "bridge" },
	{ LONG64,             LONG64,             LONG64,             LONG64 },
};

/* In a buffer too small: as much as fits. */
static const struct {
	const char *name;
	size_t size;
	const char *level, *id, *slug;
} cuts[] = {
	{ "a/b",    1, "",    "",    "" },
	{ "a/b",    2, "a",   "a",   "a" },
	{ "a/b",    3, "a_",  "a_",  "a" },
	{ "a/b",    4, "a_b", "a_b", "a_b" },
	{ "a//bcd", 4, "a__", "a__", "a_b" },
};

static const struct {
	const char *filter, *topic;
	bool matches;
} filters[] = {
	{ "a/b",      "a/b",      true },
	{ "a/b",      "a/c",      false },
	{ "a/b",      "a",        false },
	{ "a/b",      "a/b/c",    false },
	{ "a",        "ab",       false },
	{ "ab",       "a",        false },
	{ "a/+",      "a/b",      true },
	{ "a/+",      "a/",       true },
	{ "a/+",      "a",        false },
	{ "a/+",      "a/b/c",    false },
	{ "+/b",      "a/b",      true },
	{ "+/b",      "/b",       true },
	{ "+",        "a",        true },
	{ "+",        "/a",       false },
	{ "+/+",      "/a",       true },
	{ "a/+/c",    "a/b/c",    true },
	{ "a/+/c",    "a/b/d",    false },
	{ "a/+/c/+",  "a/b/c/d",  true },
	{ "#",        "a/b/c",    true },
	{ "#",        "/",        true },
	{ "a/#",      "a",        true },
	{ "a/#",      "a/",       true },
	{ "a/#",      "a/b/c",    true },
	{ "a/#",      "b/c",      false },
	{ "a/#",      "ab",       false },
	{ "+/#",      "a",        true },
	{ "#",        "$SYS/a",   false },
	{ "+/a",      "$SYS/a",   false },
	{ "$SYS/#",   "$SYS/a",   true },
	{ "a/$b",     "a/$b",     true },
	{ "a//b",     "a//b",     true },
	{ "a/+/b",    "a//b",     true },
	{ "a/",       "a",        false },
	{ "a",        "a/",       false },
};
/* clang-format on */

static void test_filters(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
		if (topic_matches(filters[i].filter, filters[i].topic) != filters[i].matches)
			fail_msg("%s and %s", filters[i].filter, filters[i].topic);
	}
}

static void check_names(const char *name, size_t size, const char *level, const char *id,
                        const char *slug)
{
	static char *(*const make[])(const char *name, char *buf,
	                             size_t size) = { topic_level, topic_id, topic_slug };
	const char *const expected[] = { level, id, slug };
	char buf[128];

	for (size_t i = 0; i < COUNT(make); i++) {
		memset(buf, '#', sizeof(buf));
		assert_ptr_equal(make[i](name, buf, size), buf);
		assert_string_equal(buf, expected[i]);
		assert_int_equal(buf[size], '#');
	}
}

static void test_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %zu\n", i);
		check_names(cases[i].name, 100, cases[i].level, cases[i].id, cases[i].slug);
		check_names(cases[i].name, strlen(cases[i].name) + 1, cases[i].level, cases[i].id,
		            cases[i].slug);
	}
}

static void test_cuts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cuts); i++) {
		print_message("# %s in %zu\n", cuts[i].name, cuts[i].size);
		check_names(cuts[i].name, cuts[i].size, cuts[i].level, cuts[i].id, cuts[i].slug);
	}
}

/* Every octet alone: one level never holds what separates, matches many or cannot be seen. */
static void test_octets(void **state)
{
	(void)state;
	for (unsigned c = 1; c < 256; c++) {
		const char name[2] = { (char)c, '\0' };
		bool level = c >= 0x20 && c != 0x7F && c != '/' && c != '+' && c != '#';
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		bool digit = c >= '0' && c <= '9';
		char buf[4];

		print_message("# %02x\n", c);
		assert_string_equal(topic_level(name, buf, sizeof(buf)), level ? name : "_");
		assert_string_equal(topic_id(name, buf, sizeof(buf)),
		                    letter || digit || c == '_' || c == '-' ? name : "_");
		assert_int_equal(strlen(topic_slug(name, buf, sizeof(buf))), letter || digit);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_octets),
	};

	return cmocka_run_group_tests_name("topic", tests, NULL, NULL);
}
