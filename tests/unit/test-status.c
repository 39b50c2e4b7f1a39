/* The sentence of `systemctl status`, in every state. */
#include <string.h>

#include "check.h"

#include "status.h"

#define GOOD                                                                                    \
	{                                                                                       \
		"6970631400000016",                                                             \
			"reading MA304H3E 6970631400000016 on /dev/ttyAMA0 at 2400 8N1, 229 W", \
			true                                                                    \
	}
#define WAITING                                                                             \
	{                                                                                   \
		"cellar", "waiting for port /dev/ttyUSB1: No such file or directory", false \
	}
#define SILENT                                                               \
	{                                                                    \
		"attic", "7359992900000001 on /dev/ttyUSB0 is silent", false \
	}

/* clang-format off */
static const struct {
	const char *name;
	struct status_meter meters[3];
	size_t count;
	struct status_broker broker;
	const char *text;
} cases[] = {
	{ "all is well", { GOOD }, 1, { true, "connected", "localhost", 1883 },
	  "reading MA304H3E 6970631400000016 on /dev/ttyAMA0 at 2400 8N1, 229 W, broker connected" },
	{ "nothing is there yet", { { 0 } }, 0, { false, "connecting", "localhost", 1883 },
	  "starting, connecting to broker localhost port 1883" },
	{ "one meter's trouble is told by its phrase", { WAITING }, 1, { true, "connected", "localhost", 1883 },
	  "waiting for port /dev/ttyUSB1: No such file or directory, broker connected" },
	{ "the broker is away", { GOOD }, 1, { false, "Connection refused", "broker.lan", 8883 },
	  "reading MA304H3E 6970631400000016 on /dev/ttyAMA0 at 2400 8N1, 229 W, "
	  "broker broker.lan port 8883 not connected: Connection refused" },
	{ "all of several", { GOOD, GOOD }, 2, { true, "connected", "localhost", 1883 },
	  "reading all 2 meters, broker connected" },
	{ "some of several", { GOOD, WAITING, GOOD }, 3, { true, "connected", "localhost", 1883 },
	  "reading 2 of 3 meters, broker connected; cellar: waiting for port /dev/ttyUSB1: No such file or directory" },
	{ "none of several", { WAITING, SILENT }, 2, { true, "connected", "localhost", 1883 },
	  "reading none of 2 meters, broker connected; cellar: waiting for port /dev/ttyUSB1: No such file or directory; "
	  "attic: 7359992900000001 on /dev/ttyUSB0 is silent" },
	{ "more than there is room for", { WAITING, { "barn", "", false }, { "loft", "", false } }, 3,
	  { true, "connected", "localhost", 1883 },
	  "reading none of 3 meters, broker connected; cellar: waiting for port /dev/ttyUSB1: No such file or directory; "
	  "and 2 more" },
};
/* clang-format on */

static void test_cases(void **state)
{
	char buf[STATUS_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		say_case(cases[i].name);
		assert_string_equal(status_print(cases[i].meters, cases[i].count, &cases[i].broker,
		                                 buf, sizeof(buf)),
		                    cases[i].text);
	}
}

/* Cut at every length it stays within its bounds, ends, and says that it was cut. */
static void test_cut(void **state)
{
	const struct status_meter meters[] = { WAITING, SILENT };
	const struct status_broker broker = { false, "Connection refused", "broker.lan", 8883 };
	char whole[STATUS_TEXT], buf[STATUS_TEXT + 1];

	(void)state;
	status_print(meters, 2, &broker, whole, sizeof(whole));
	for (size_t size = 8; size <= strlen(whole); size++) {
		memset(buf, '#', sizeof(buf));
		status_print(meters, 2, &broker, buf, size);
		assert_int_equal(buf[size], '#');
		assert_int_equal(strlen(buf), size - 1);
		assert_string_equal(buf + size - 4, "...");
		assert_memory_equal(buf, whole, size - 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
