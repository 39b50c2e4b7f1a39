/* What firmware garbles, put right; everything else is left alone. */
#include "unhex.h"

#include "repair.h"

#define EMBRIQ   "0202 0906 0101000281ff 0a0b 454d425249515f56315f31 "
#define AIDON    "0202 0906 0101000281ff 0a0b 4149444f4e5f5630303031 "
#define WRONG(c) "0203 0609 0100" c "0700ff 06 00000538 0202 0ffd 1621 "
#define RIGHT(c) "0203 0906 0100" c "0700ff 06 00000538 0202 0ffd 1621 "

/* clang-format off */
static const struct {
	const char *name, *before;
	const char *after; /* NULL: nothing is mended */
} messages[] = {
	{ "all three currents",    EMBRIQ WRONG("1f") WRONG("33") WRONG("47"), EMBRIQ RIGHT("1f") RIGHT("33") RIGHT("47") },
	{ "one of them",           EMBRIQ RIGHT("1f") WRONG("33") RIGHT("47"), EMBRIQ RIGHT("1f") RIGHT("33") RIGHT("47") },
	{ "in another order",      WRONG("47") WRONG("1f") EMBRIQ, RIGHT("47") RIGHT("1f") EMBRIQ },
	{ "none of them",          EMBRIQ RIGHT("1f") RIGHT("33") RIGHT("47"), NULL },
	{ "another maker's",       AIDON WRONG("1f") WRONG("33") WRONG("47"), NULL },
	{ "no maker's",            WRONG("1f"), NULL },
	{ "a voltage",             EMBRIQ WRONG("20"), NULL },
	{ "cut in the code",       EMBRIQ "0203 0609 0100 1f07 00", NULL },
	{ "cut behind the code",   EMBRIQ "0203 0609 0100 1f07 00ff", EMBRIQ "0203 0906 0100 1f07 00ff" },
	{ "only the text",         EMBRIQ, NULL },
	{ "a short one",           "0203 0609", NULL },
	{ "nothing",               "", NULL },
};
/* clang-format on */

static void test_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		uint8_t buf[128], expected[128];
		size_t len = unhex(messages[i].before, buf, sizeof(buf));
		const char *after = messages[i].after ? messages[i].after : messages[i].before;

		say_case(messages[i].name);
		assert_int_equal(unhex(after, expected, sizeof(expected)), len);
		assert_int_equal(repair_message(buf, len), messages[i].after != NULL);
		assert_memory_equal(buf, expected, len);
		assert_false(repair_message(buf, len)); /* once is enough */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
	};

	return cmocka_run_group_tests_name("repair", tests, NULL, NULL);
}
