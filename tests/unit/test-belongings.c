/* What a broker keeps of one meter: its names, its topics, and nothing of anybody else's. */
#include <stdio.h>

#include "note.h"

#include "belongings.h"

#define ID "6970631400000000"

struct kept {
	const char *topic, *payload;
};

/* All that is on the broker. */
static const struct kept broker[] = {
	{ "han/bridge/old/info", "{\"meters\":[\"cabin\"]}" },
	{ "han/bridge/old/availability", "offline" },
	{ "han/bridge/pi/info", "{\"meters\":[\"cabin\",\"2\"]}" },
	{ "han/bridge/pi/availability", "online" },
	{ "han/" ID "/info", "{\"meter_id\":\"" ID "\"}" },
	{ "han/" ID "/power_active_import", "1" },
	{ "han/cabin/info", "{\"meter_id\":\"" ID "\"}" },
	{ "han/cabin/obis/0-1:24.2.1", "2" },
	{ "han/2/info", "{\"meter_id\":\"2\"}" },
	{ "han/2/power_active_import", "1" },
	{ "han/quiet/availability", "offline" },
	{ "han/quiet/diagnostics/problem", "ok" },
	{ "han/cabin/note", "somebody's" },
	{ "han/cabin/7/info", "{\"meter_id\":\"7\"}" }, /* of a daemon with the prefix han/cabin */
	{ "han/cabin/7/power_active_import", "1" },
	{ "han/cabin/bridge/pi/availability", "online" },
	{ "han/3/availability", "online" }, /* the name is the id of a meter that was replaced */
	{ "han/3/info", "{\"meter_id\":\"4\"}" },
	{ "han/shed/info", "{\"meter_id\":\"3\"}" },
	{ "han/a/info", "no JSON" },
	{ "han/b/info", "{\"meter_id\":5}" },
	{ "hanx/" ID "/info", "{\"meter_id\":\"" ID "\"}" },
	{ "homeassistant/device/hanmqttd_" ID "/config", "{\"origin\":{\"name\":\"hanmqttd\"}}" },
	{ "ha/sensor/hanmqttd_" ID "/meter_id/config", "{\"origin\":{\"name\":\"hanmqttd\"}}" },
	{ "homeassistant/sensor/hanmqttd_" ID "/x/config",
	  "{\"origin\":{\"name\":\"zigbee2mqtt\"}}" },
	{ "homeassistant/device/hanmqttd_2/config", "{\"origin\":{\"name\":\"hanmqttd\"}}" },
	{ "homeassistant/device/hanmqttd_quiet/config", "{\"origin\":{\"name\":\"hanmqttd\"}}" },
};

/* clang-format off */
static const struct {
	const char *meter, *id, *topics, *served;
} cases[] = {
	{ ID, ID, "han/" ID "/info han/" ID "/power_active_import han/cabin/info han/cabin/obis/0-1:24.2.1"
	          " homeassistant/device/hanmqttd_" ID "/config ha/sensor/hanmqttd_" ID "/meter_id/config", "pi" },
	{ "cabin", ID, "han/" ID "/info han/" ID "/power_active_import han/cabin/info han/cabin/obis/0-1:24.2.1"
	               " homeassistant/device/hanmqttd_" ID "/config ha/sensor/hanmqttd_" ID "/meter_id/config", "pi" },
	{ "2", "2", "han/2/info han/2/power_active_import homeassistant/device/hanmqttd_2/config", "pi" },
	{ "quiet", "quiet", "han/quiet/availability han/quiet/diagnostics/problem"
	                    " homeassistant/device/hanmqttd_quiet/config", NULL },
	{ "3", "3", "han/shed/info", NULL },
	{ "4", "4", "han/3/availability han/3/info", NULL },
	{ "a", "a", "", NULL },
	{ "5", "5", "", NULL },
	{ "bridge", "bridge", "", NULL },
	{ "#", "#", "", NULL },
};
/* clang-format on */

/* As mosquitto does it, for what we ask. */
static bool matches(const char *filter, const char *topic)
{
	for (; *filter && *filter != '#'; filter++) {
		if (*filter == '+') {
			topic += strcspn(topic, "/");
		} else if (*filter != *topic++) {
			return false;
		}
	}
	return *filter == '#' || !*topic;
}

static void look(struct belongings *b, const char *const *filters,
                 void (*found)(struct belongings *b, const char *topic, const void *payload,
                               size_t len))
{
	for (; *filters; filters++) {
		for (size_t i = 0; i < COUNT(broker); i++) {
			if (matches(*filters, broker[i].topic))
				found(b, broker[i].topic, broker[i].payload,
				      strlen(broker[i].payload));
		}
	}
}

static void test_cases(void **state)
{
	static struct belongings b;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *filters[BELONGINGS_FILTERS + 1];
		struct note note;

		say_case(cases[i].meter);
		belongings_init(&b, "han", cases[i].meter);
		belongings_ask(&b, filters);
		look(&b, filters, belongings_meet);
		belongings_resolve(&b);
		assert_string_equal(b.id, cases[i].id);
		for (int round = 0; round < 2; round++) { /* a second one finds the same */
			belongings_search(&b, "homeassistant", "ha", filters);
			look(&b, filters, belongings_collect);
			look(&b, filters, belongings_collect); /* twice is once */
			note_clear(&note);
			for (size_t j = 0; j < b.topic_count; j++)
				note_add(&note, "%s%s", note_gap(&note), b.topics[j]);
			assert_string_equal(note.text, cases[i].topics);
		}
		if (cases[i].served)
			assert_string_equal(belongings_served_by(&b), cases[i].served);
		else
			assert_null(belongings_served_by(&b));
		belongings_fini(&b);
	}
}

static void collect_text(struct belongings *b, const char *topic, const char *payload)
{
	belongings_collect(b, topic, payload, strlen(payload));
}

/* Among a thousand meters it is found, and so is who serves it among a thousand daemons. */
static void test_crowd(void **state)
{
	static struct belongings b;
	const char *filters[BELONGINGS_FILTERS + 1];
	char topic[80], payload[80];

	(void)state;
	belongings_init(&b, "han", ID);
	for (int i = 0; i < 1000; i++) {
		snprintf(topic, sizeof(topic), "han/m%d/info", i);
		snprintf(payload, sizeof(payload), "{\"meter_id\":\"%d\"}", i);
		belongings_meet(&b, topic, payload, strlen(payload));
	}
	snprintf(payload, sizeof(payload), "{\"meter_id\":\"" ID "\"}");
	belongings_meet(&b, "han/kitchen/info", payload, strlen(payload));
	belongings_resolve(&b);
	assert_int_equal(b.name_count, 1);
	assert_string_equal(b.names[0], "kitchen");
	belongings_search(&b, "homeassistant", "", filters);
	for (int i = 0; i < 1000; i++) {
		snprintf(topic, sizeof(topic), "han/bridge/b%d/availability", i);
		collect_text(&b, topic, "online");
		snprintf(topic, sizeof(topic), "han/bridge/b%d/info", i);
		collect_text(&b, topic, "{\"meters\":[]}");
	}
	collect_text(&b, "han/bridge/pi/info", "{\"meters\":[\"kitchen\"]}");
	collect_text(&b, "han/bridge/pi/availability", "online");
	assert_string_equal(belongings_served_by(&b), "pi");
	belongings_fini(&b);
}

/* More of everything than there is room for. */
static void test_bounds(void **state)
{
	static struct belongings b;
	const char *filters[BELONGINGS_FILTERS + 1];
	char topic[400], payload[128];

	(void)state;
	belongings_init(&b, "han", ID);
	for (int i = 0; i < BELONGINGS_METERS + 5; i++) {
		snprintf(topic, sizeof(topic), "han/name%d/info", i);
		belongings_meet(&b, topic, "{\"meter_id\":\"" ID "\"}",
		                strlen("{\"meter_id\":\"" ID "\"}"));
	}
	snprintf(topic, sizeof(topic), "han/%0300d/info", 1);
	belongings_meet(&b, topic, "{\"meter_id\":\"" ID "\"}", 10);
	snprintf(payload, sizeof(payload), "{\"meter_id\":\"%090d\"}", 1);
	belongings_meet(&b, "han/x/info", payload, strlen(payload));
	belongings_resolve(&b);
	assert_int_equal(b.meter_count, BELONGINGS_METERS);
	assert_int_equal(b.name_count, BELONGINGS_NAMES);
	belongings_search(&b, "homeassistant", "", filters);
	for (int i = 0; i < BELONGINGS_TOPICS + 5; i++) {
		snprintf(topic, sizeof(topic), "han/name0/obis/%d", i);
		belongings_collect(&b, topic, "1", 1);
	}
	assert_int_equal(b.topic_count, BELONGINGS_TOPICS);
	for (int i = 0; i <= PEERS_MAX; i++) {
		assert_false(b.peers.full);
		snprintf(topic, sizeof(topic), "han/bridge/%d/availability", i);
		belongings_collect(&b, topic, "online", 6);
	}
	assert_true(b.peers.full);
	assert_int_equal(b.peers.count, PEERS_MAX);
	assert_null(belongings_served_by(&b));
	belongings_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_crowd),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests_name("belongings", tests, NULL, NULL);
}
