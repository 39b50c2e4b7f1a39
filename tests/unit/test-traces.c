/* What of a broker's topics is ours, and what it announces. */
#include <stdio.h>
#include <stdlib.h>

#include "note.h"

#include "traces.h"

#define NODE "hanmqttd_6970631400000000"
#define OURS "\"origin\":{\"name\":\"hanmqttd\"}"

static struct traces t;

static int begin(void **state)
{
	(void)state;
	traces_init(&t, "6970631400000000", "homeassistant", "ha/2");
	return 0;
}

static int end(void **state)
{
	(void)state;
	traces_fini(&t);
	traces_fini(&t);
	return 0;
}

static bool add(const char *topic, const char *payload)
{
	return traces_add(&t, topic, payload, strlen(payload));
}

static void test_filters(void **state)
{
	const char *filters[TRACES_FILTERS + 1];

	(void)state;
	traces_filters(&t, filters);
	assert_string_equal(filters[0], "homeassistant/device/" NODE "/config");
	assert_string_equal(filters[1], "homeassistant/+/" NODE "/+/config");
	assert_string_equal(filters[2], "ha/2/device/" NODE "/config");
	assert_string_equal(filters[3], "ha/2/+/" NODE "/+/config");
	assert_null(filters[4]);
	traces_init(&t, "a/b+#", "homeassistant", "homeassistant");
	traces_filters(&t, filters);
	assert_string_equal(filters[0], "homeassistant/device/hanmqttd_a_b__/config");
	assert_null(filters[2]);
	traces_init(&t, "1", "homeassistant", "");
	traces_filters(&t, filters);
	assert_null(filters[2]);
}

/* clang-format off */
static const struct {
	const char *topic, *payload;
	bool ours;
} cases[] = {
	{ "homeassistant/device/" NODE "/config", "{" OURS "}", true },
	{ "ha/2/device/" NODE "/config", "{" OURS "}", true },
	{ "homeassistant/sensor/" NODE "/a/config", "{" OURS "}", true },
	{ "ha/2/binary_sensor/" NODE "/a-B_3/config", "{" OURS "}", true },
	{ "homeassistant/sensor/" NODE "/b/config", "{\"migrate_discovery\":true}", true },
	{ "homeassistant/sensor/" NODE "/c/config", "{\"migrate_discovery\":false}", false },
	{ "homeassistant/sensor/" NODE "/d/config", "{\"origin\":{\"name\":\"hanmqttd2\"}}", false },
	{ "homeassistant/sensor/" NODE "/e/config", "{\"origin\":\"hanmqttd\"}", false },
	{ "homeassistant/sensor/" NODE "/f/config", "{\"origin\":{\"name\":1}}", false },
	{ "homeassistant/sensor/" NODE "/g/config", "{}", false },
	{ "homeassistant/sensor/" NODE "/h/config", "[" "{" OURS "}" "]", false },
	{ "homeassistant/sensor/" NODE "/i/config", "{" OURS, false },
	{ "homeassistant/sensor/" NODE "/j/config", "", false },
	{ "homeassistant/sensor/" NODE "/k/l/config", "{" OURS "}", false },
	{ "homeassistant/sensor/" NODE "//config", "{" OURS "}", false },
	{ "homeassistant/sensor/" NODE "/m/confi", "{" OURS "}", false },
	{ "homeassistant/sensor/" NODE "/m/config/", "{" OURS "}", false },
	{ "homeassistant/sensor/" NODE "0/m/config", "{" OURS "}", false },
	{ "homeassistant/sensor/m/config", "{" OURS "}", false },
	{ "homeassistant/device/" NODE "0/config", "{" OURS "}", false },
	{ "ha/device/" NODE "/config", "{" OURS "}", false },
	{ "homeassistant/a-platform-that-is-far-too-long/" NODE "/m/config", "{" OURS "}", false },
	{ "homeassistant/sensor/" NODE "/an-id-that-is-longer-than-any-that-we-ever-had-up-to-now/config", "{" OURS "}", false },
	{ "homeassistant", "{" OURS "}", false },
	{ "", "{" OURS "}", false },
};
/* clang-format on */

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t before = t.count;

		say_case(cases[i].topic);
		assert_int_equal(add(cases[i].topic, cases[i].payload), cases[i].ours);
		assert_int_equal(t.count, before + cases[i].ours);
		if (cases[i].ours)
			assert_string_equal(t.list[before].topic, cases[i].topic);
		assert_false(add(cases[i].topic, cases[i].payload)); /* once is enough */
	}
	assert_true(t.list[0].device && !t.list[0].moving);
	assert_false(t.list[3].device);
	assert_string_equal(t.list[3].entity.platform, "binary_sensor");
	assert_string_equal(t.list[3].entity.id, "a-B_3");
	assert_true(t.list[4].moving);
}

/* What the device message says, and what it may say by mistake. */
static void test_message(void **state)
{
	(void)state;
	assert_true(add(
		"homeassistant/device/" NODE "/config",
		"{" OURS ",\"device\":{\"manufacturer\":\"Kaifa\",\"model\":5,"
		"\"sw_version\":\"KFM_001\"},\"components\":{"
		"\"a\":{\"platform\":\"sensor\",\"name\":\"A\"},\"b\":{\"platform\":\"button\"},"
		"\"c\":{},\"d\":7,\"e/f\":{\"platform\":\"sensor\"},\"a\":{\"platform\":\"sensor\"}}}"));
	assert_int_equal(t.told.count, 2);
	assert_true(entities_has(&t.told, "sensor", "a"));
	assert_true(entities_has(&t.told, "button", "b"));
	assert_string_equal(t.told.maker, "Kaifa");
	assert_string_equal(t.told.model, "");
	assert_string_equal(t.told.list_version, "KFM_001");
}

/* What is no text cannot be said again: Home Assistant would take none of the message. */
static void test_no_text(void **state)
{
	(void)state;
	assert_true(add("homeassistant/device/" NODE "/config",
	                "{" OURS ",\"device\":{\"manufacturer\":\"K\xe4ifa\","
	                "\"model\":\"a\\nb\",\"sw_version\":\"\xc3\xa4\"}}"));
	assert_string_equal(t.told.maker, "");
	assert_string_equal(t.told.model, "");
	assert_string_equal(t.told.list_version, "\xc3\xa4");
}

/* A payload without an end, cut at every length, and one that is nested deeply. */
static void test_octets(void **state)
{
	static const char whole[] = "{" OURS ",\"components\":{\"a\":{\"platform\":\"\\u00e5\"}}}";
	static char deep[60000];

	(void)state;
	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		char *exact = malloc(len ? len : 1);

		assert_non_null(exact);
		memcpy(exact, whole, len);
		assert_false(traces_add(&t, "homeassistant/device/" NODE "/config", exact, len));
		free(exact);
	}
	memset(deep, '[', sizeof(deep));
	assert_false(traces_add(&t, "homeassistant/device/" NODE "/config", deep, sizeof(deep)));
	assert_false(traces_add(&t, "homeassistant/device/" NODE "/config", "\0{}", 3));
}

static void test_full(void **state)
{
	char topic[128];

	(void)state;
	for (int i = 0; i < TRACES_MAX + 5; i++) {
		snprintf(topic, sizeof(topic), "homeassistant/sensor/" NODE "/%d/config", i);
		assert_int_equal(add(topic, "{" OURS "}"), i < TRACES_MAX);
	}
	assert_int_equal(t.count, TRACES_MAX);
}

#define BEGIN(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEGIN(test_filters), BEGIN(test_no_text), BEGIN(test_cases),
		BEGIN(test_message), BEGIN(test_octets),  BEGIN(test_full),
	};

	return cmocka_run_group_tests_name("traces", tests, NULL, NULL);
}
