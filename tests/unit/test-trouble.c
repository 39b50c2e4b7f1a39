/* Refused messages: how they are counted, and what people are told. */
#include <string.h>

#include "check.h"

#include "trouble.h"

#define REFUSED    "messages arrive but are refused: "
#define UNREAD     "messages arrive but are not understood: "
#define SHOWS_MORE "; `hantool decode` on the port shows more"
#define CHECK_LINE "; frames are lost; check the cable, baud and format in "

/* clang-format off */
static const struct {
	enum han_err err;
	enum trouble trouble;
	const char *section, *says;
} rows[] = {
	{ HAN_ERR_NO_KEY,   TROUBLE_DECRYPT, "",      REFUSED "encrypted, and no key is given; set key-file in [meter]" },
	{ HAN_ERR_NO_KEY,   TROUBLE_DECRYPT, "cabin", REFUSED "encrypted, and no key is given; set key-file in [meter cabin]" },
	{ HAN_ERR_KEY,      TROUBLE_DECRYPT, "",      REFUSED "encrypted with another key; check key-file in [meter]" },
	{ HAN_ERR_TAG,      TROUBLE_DECRYPT, "a",     REFUSED "authentication tag wrong; check key-file and auth-key-file in [meter a]" },
	{ HAN_ERR_SECURITY, TROUBLE_DECRYPT, "a",     REFUSED "security control not supported; this kind of ciphering is not supported" },
	{ HAN_ERR_TITLE,    TROUBLE_DECRYPT, "a",     REFUSED "system title unknown; this kind of ciphering is not supported" },
	{ HAN_ERR_REPLAY,   TROUBLE_REPLAY,  "",      REFUSED "invocation counter did not rise; if it is the meter that sends so, set allow-replay in [meter]" },
	{ HAN_ERR_SEGMENT,  TROUBLE_FRAGMENT, "b",    REFUSED "segment without those before it" CHECK_LINE "[meter b]" },
	{ HAN_ERR_BLOCK,    TROUBLE_FRAGMENT, "",     REFUSED "general block out of order" CHECK_LINE "[meter]" },
	{ HAN_ERR_INCOMPLETE, TROUBLE_FRAGMENT, "",   REFUSED "rest of the message missing" CHECK_LINE "[meter]" },
	{ HAN_ERR_TIMEOUT,  TROUBLE_FRAGMENT, "",     REFUSED "line silent inside a frame or message" CHECK_LINE "[meter]" },
	{ HAN_ERR_END,      TROUBLE_FRAGMENT, "",     REFUSED "input ended inside a frame or message" CHECK_LINE "[meter]" },
	{ HAN_ERR_LIST,     TROUBLE_DECODE,  "a",     UNREAD "list unknown" SHOWS_MORE },
	{ HAN_ERR_APDU,     TROUBLE_DECODE,  "",      UNREAD "not a push message" SHOWS_MORE },
	{ HAN_ERR_TRUNCATED, TROUBLE_DECODE, "",      UNREAD "message cut short" SHOWS_MORE },
};
/* clang-format on */

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[TROUBLE_TEXT];

		say_case(rows[i].says);
		assert_int_equal(trouble_of(rows[i].err), rows[i].trouble);
		assert_ptr_equal(trouble_describe(rows[i].err, rows[i].section, text), text);
		assert_string_equal(text, rows[i].says);
	}
}

/* Whatever the error and however long the section's name, the sentence is whole. */
static void test_room(void **state)
{
	static const char longest[] = "123456789012345678901234567890123456789012345678";

	(void)state;
	for (enum han_err err = HAN_OK; err < HAN_ERR_KINDS; err++) {
		char text[TROUBLE_TEXT + 1];

		memset(text, '#', sizeof(text));
		trouble_describe(err, longest, text);
		assert_true(strlen(text) < TROUBLE_TEXT - 1);
		assert_int_equal(text[TROUBLE_TEXT], '#');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests_name("trouble", tests, NULL, NULL);
}
