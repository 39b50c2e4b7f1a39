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

/* Of a kind people are told once in ten minutes; what is spoken of lingers for a minute. */
static void test_over_time(void **state)
{
	static const struct {
		const char *name;
		uint64_t at_ms;
		enum han_err err; /* HAN_OK: a message is read */
		bool tell, begins, ends;
		enum han_err spoken_of;
	} steps[] = {
		{ "all is well", 1000, HAN_OK, false, false, false, HAN_OK },
		{ "a part is missing", 1001, HAN_ERR_BLOCK, false, false, false, HAN_OK },
		{ "two", 1002, HAN_ERR_BLOCK, false, false, false, HAN_OK },
		{ "a whole message is read", 1003, HAN_OK, false, false, false, HAN_OK },
		{ "and the count begins anew", 1004, HAN_ERR_BLOCK, false, false, false, HAN_OK },
		{ "it begins", 2000, HAN_ERR_KEY, true, true, false, HAN_ERR_KEY },
		{ "and goes on", 12000, HAN_ERR_KEY, false, false, false, HAN_ERR_KEY },
		{ "another kind is told, too", 13000, HAN_ERR_LIST, true, false, false,
		  HAN_ERR_KEY },
		{ "one that is read does not end it", 14000, HAN_OK, false, false, false,
		  HAN_ERR_KEY },
		{ "nor in less than a minute", 71999, HAN_OK, false, false, false, HAN_ERR_KEY },
		{ "the other kind takes its place", 72000, HAN_ERR_LIST, false, true, false,
		  HAN_ERR_LIST },
		{ "until a minute passes without", 132000, HAN_OK, false, false, true, HAN_OK },
		{ "again soon: nobody is told", 600000, HAN_ERR_KEY, false, true, false,
		  HAN_ERR_KEY },
		{ "over: nor of that", 660000, HAN_OK, false, false, true, HAN_OK },
		{ "again, much later", 1200000, HAN_ERR_KEY, true, true, false, HAN_ERR_KEY },
		{ "of parts few are nothing", 1200001, HAN_ERR_BLOCK, false, false, false,
		  HAN_ERR_KEY },
		{ "two", 1200002, HAN_ERR_SEGMENT, false, false, false, HAN_ERR_KEY },
		{ "three are a trouble", 1200003, HAN_ERR_BLOCK, true, false, false, HAN_ERR_KEY },
		{ "a whole message is read", 1200004, HAN_OK, false, false, false, HAN_ERR_KEY },
		{ "and the count begins anew", 1200005, HAN_ERR_BLOCK, false, false, false,
		  HAN_ERR_KEY },
	};
	struct troubles t = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct trouble_news news = { false, false };
		bool told = false, ends = false;

		say_case(steps[i].name);
		if (steps[i].err)
			news = troubles_note(&t, steps[i].err, steps[i].at_ms);
		else
			ends = troubles_end(&t, steps[i].at_ms, &told);
		assert_int_equal(news.tell, steps[i].tell);
		assert_int_equal(news.begins, steps[i].begins);
		assert_int_equal(ends, steps[i].ends);
		assert_int_equal(told, ends && steps[i].at_ms != 660000);
		assert_int_equal(t.err, steps[i].spoken_of);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_over_time),
	};

	return cmocka_run_group_tests_name("trouble", tests, NULL, NULL);
}
