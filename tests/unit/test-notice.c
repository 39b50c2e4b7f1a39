/* A topic's newest text and the one that the broker has; their memory is kept for the next ones. */
#include <string.h>

#include "check.h"

#include "notice.h"

static const struct pace_rules always, on_change = { .on_change = true };

static void write_text(struct notice *n, const char *text)
{
	assert_int_equal(notice_write(n, text, strlen(text)), 0);
	assert_string_equal(n->text, text);
}

static void check_left(const struct notice *n, const char *text)
{
	assert_true(n->left);
	assert_string_equal(n->text + n->size, text);
}

static void test_texts(void **state)
{
	static const char *const texts[] = {
		"", "229", "230.1", "a text of twenty-three.", "a text of twenty-four...", "1"
	};
	struct notice n = { 0 };
	char longest[300];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		write_text(&n, texts[i]);
		notice_left(&n, &on_change, 60, 1 + i);
		check_left(&n, texts[i]);
		assert_int_equal(n.pace.left_expiry_s, 60);
	}
	for (size_t len = 0; len < sizeof(longest); len++) {
		memset(longest, 'x', len);
		longest[len] = '\0';
		write_text(&n, longest);
	}
	check_left(&n, "1");
	notice_clear(&n);
	assert_null(n.text);
	assert_false(n.left);
	write_text(&n, "5");
	notice_clear(&n);
	notice_clear(&n); /* once more is harmless */
}

/* What is no longer takes no other memory. */
static void test_memory(void **state)
{
	struct notice n = { 0 };
	const char *text;
	uint32_t size;

	(void)state;
	write_text(&n, "a text that is longer than most are");
	size = n.size;
	write_text(&n, "1234567");
	assert_int_equal(n.size, size);
	notice_left(&n, &on_change, 0, 1);
	text = n.text;
	write_text(&n, "7654321");
	notice_left(&n, &on_change, 0, 2);
	write_text(&n, "123456789");
	assert_ptr_equal(n.text, text);
	check_left(&n, "7654321");
	notice_clear(&n);
}

static void test_changed(void **state)
{
	struct notice n = { 0 };

	(void)state;
	write_text(&n, "5");
	assert_int_equal(notice_came(&n, &on_change, 1), PACE_LEAVES);
	notice_left(&n, &on_change, 0, 1);
	write_text(&n, "5");
	assert_int_equal(notice_came(&n, &on_change, 2), PACE_STAYS);
	assert_int_equal(notice_came(&n, &always, 3), PACE_LEAVES);
	write_text(&n, "55");
	assert_int_equal(notice_came(&n, &on_change, 4), PACE_LEAVES);
	write_text(&n, "5"); /* the one before never left */
	assert_int_equal(notice_came(&n, &on_change, 5), PACE_STAYS);
	notice_left(&n, &always, 0, 6);
	assert_false(n.left);
	assert_int_equal(notice_came(&n, &always, 7), PACE_LEAVES);
	notice_clear(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_changed),
	};

	return cmocka_run_group_tests_name("notice", tests, NULL, NULL);
}
