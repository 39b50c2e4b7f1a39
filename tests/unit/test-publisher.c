/* One meter on the broker: what is sent when, in which order, kept how. */
#include <cjson/cJSON.h>
#include <errno.h>

#include "note.h"
#include "post.h"
#include "speaker.h"
#include "trial.h"

#include "log.h"
#include "publisher.h"

#define BASE      "han/6970631400000000"
#define DISCOVERY "homeassistant/device/hanmqttd_6970631400000000/config"
#define BRIDGE    "han/bridge/hanmqttd-pi/availability"

/* A publisher on a real loop, a meter to read from, and all that was sent. */
struct stage {
	struct trial trial;
	struct post post;
	struct speaker speaker;
	struct publisher_settings settings;
	struct publisher publisher;
	struct han_reading made; /* of a meter that describes itself */
};

static const struct payload_meter line = { .device = "/dev/ttyAMA0",
	                                   .baud = 2400,
	                                   .format = "8N1" };

static void stage_open(struct stage *s, const char *section, const char *topic_name)
{
	const struct publisher_meter meter = {
		section, topic_name, { BRIDGE, NULL, NULL }, "0.1.0", NULL
	};
	const struct outlet outlet = post_outlet(&s->post);

	assert_int_equal(
		publisher_init(&s->publisher, &s->trial.loop, &s->settings, &meter, &outlet), 0);
}

static int stage_setup(void **state)
{
	struct stage *s = calloc(1, sizeof(*s));

	if (!s)
		return -1;
	trial_init(&s->trial);
	speaker_init(&s->speaker);
	s->settings = (struct publisher_settings){
		.prefix = "han",
		.qos = 0,
		.register_qos = 1,
		.retain = true,
		.discovery = PUBLISHER_DISCOVERY_DEVICE,
		.homeassistant_prefix = "homeassistant",
		.reactive_energy_class = true,
		.unknown_obis = true,
	};
	stage_open(s, "", NULL);
	*state = s;
	return 0;
}

static int stage_teardown(void **state)
{
	struct stage *s = *state;

	publisher_fini(&s->publisher);
	publisher_fini(&s->publisher); /* once more is harmless */
	trial_fini(&s->trial);
	post_clear(&s->post);
	free(s);
	return 0;
}

static void read_from(struct stage *s, const struct han_reading *reading,
                      const struct payload_meter *from)
{
	struct publisher_now now = { .ms = loop_now_ms() };

	clock_gettime(CLOCK_REALTIME, &now.wall);
	publisher_reading(&s->publisher, reading, from, &now);
}

static void read_list(struct stage *s, enum kaifa_list list)
{
	read_from(s, speaker_reading(&s->speaker, list), &line);
}

static void identify(struct stage *s)
{
	publisher_identify(&s->publisher, s->speaker.meter.meter_id);
}

/* What of a topic tells them apart: the leaf, or "discovery". */
static const char *leaf(const char *topic)
{
	size_t base = strlen(BASE "/");

	if (strcmp(topic, DISCOVERY) == 0)
		return "discovery";
	return strncmp(topic, BASE "/", base) == 0 ? topic + base : topic;
}

/* All that was sent since the last time, in order, and only that. */
static void check_sent(struct stage *s, const char *leaves)
{
	struct note note;

	note_clear(&note);
	for (size_t i = 0; i < s->post.count; i++)
		note_add(&note, "%s%s", note_gap(&note), leaf(s->post.letters[i].topic));
	assert_string_equal(note.text, leaves);
	post_clear(&s->post);
}

static void check_newest(const struct stage *s, const char *name, const char *payload)
{
	char topic[256];

	snprintf(topic, sizeof(topic), BASE "/%s", name);
	assert_string_equal(post_text(&s->post, topic), payload);
}

#define TEXTS "obis_version meter_id meter_type "
#define POWERS \
	"power_active_import power_active_export power_reactive_import power_reactive_export "
#define CURRENTS "phase_current_l1 phase_current_l2 phase_current_l3 "
#define VOLTAGES "phase_voltage_l1 phase_voltage_l2 phase_voltage_l3"
#define LIST_2   TEXTS POWERS CURRENTS VOLTAGES
#define ENERGIES                                                                        \
	" energy_active_cum_import energy_active_cum_export energy_reactive_cum_import" \
	" energy_reactive_cum_export"
#define LIST_3 LIST_2 " meter_timestamp" ENERGIES
/* All states, in the order of the library's table. */
#define TABLE_3 TEXTS "meter_timestamp " POWERS CURRENTS VOLTAGES ENERGIES

/* What comes before the identity is held, the newest of each, and goes out with the first list after. */
static void test_held(void **state)
{
	struct stage *s = *state;

	publisher_availability(&s->publisher, true);
	for (uint32_t power = 1; power <= 5; power++) {
		s->speaker.meter.power_import = power;
		read_list(s, KAIFA_LIST_1);
	}
	publisher_announce(&s->publisher);
	publisher_restate(&s->publisher);
	publisher_diagnostic(&s->publisher, "bytes", "1");
	check_sent(s, "");

	identify(s);
	check_sent(s, "");
	s->speaker.meter.power_import = 6;
	read_list(s, KAIFA_LIST_1);
	check_newest(s, "power_active_import", "6");
	check_sent(s, "availability info power_active_import reading");
}

/* The first list that tells all: discovery, then availability, what the meter is, and every state once. */
static void test_first_reading(void **state)
{
	struct stage *s = *state;

	read_list(s, KAIFA_LIST_1);
	identify(s);
	publisher_availability(&s->publisher, true); /* goes out in its turn */
	read_list(s, KAIFA_LIST_2);
	check_newest(s, "availability", "online");
	check_newest(s, "info",
	             "{\"meter_id\":\"6970631400000000\",\"meter_type\":\"MA304H4\","
	             "\"obis_version\":\"KFM_001\",\"maker\":\"Kaifa\",\"framing\":\"hdlc\","
	             "\"line\":{\"device\":\"/dev/ttyAMA0\",\"baud\":2400,\"format\":\"8N1\"}}");
	check_sent(s, "discovery availability info " LIST_2 " reading");

	read_list(s, KAIFA_LIST_2);
	check_sent(s, LIST_2 " reading");
	read_list(s, KAIFA_LIST_1);
	check_sent(s, "power_active_import reading");
	read_list(s, KAIFA_LIST_3);
	check_sent(s, LIST_3 " reading"); /* the set was known from list 2 */
}

/* A list that does not say what else the meter sends announces nothing, and holds nothing back. */
static void test_list_1_alone(void **state)
{
	struct stage *s = *state;

	identify(s);
	read_list(s, KAIFA_LIST_1);
	check_newest(s, "availability", "offline"); /* nobody said that it is online */
	check_sent(s, "availability info power_active_import reading");
	read_list(s, KAIFA_LIST_1);
	publisher_announce(&s->publisher);
	check_sent(s, "power_active_import reading");
	read_list(s, KAIFA_LIST_2);
	check_sent(s, LIST_2 " info discovery reading");
	assert_int_equal(trial_left_ms(&s->publisher.announcer.timer), 0);
}

/* The identity is known from an earlier run, and the broker comes before the first list. */
static void test_kept_identity(void **state)
{
	struct stage *s = *state;

	identify(s);
	publisher_availability(&s->publisher, false);
	check_sent(s, "");
	publisher_announce(&s->publisher);
	publisher_restate(&s->publisher);
	check_newest(s, "availability", "offline");
	check_sent(s, "availability");

	publisher_availability(&s->publisher, true);
	check_newest(s, "availability", "online");
	read_list(s, KAIFA_LIST_2);
	check_sent(s, "availability " LIST_2 " info discovery reading");
}

static void test_restate(void **state)
{
	struct stage *s = *state;

	identify(s);
	publisher_availability(&s->publisher, true);
	read_list(s, KAIFA_LIST_3);
	s->speaker.meter.power_import = 4321;
	read_list(s, KAIFA_LIST_1);
	post_clear(&s->post);

	publisher_restate(&s->publisher);
	check_newest(s, "availability", "online");
	check_newest(s, "power_active_import", "4321");
	check_newest(s, "phase_voltage_l3", "227.7");
	check_newest(s, "energy_active_cum_import", "11589.514");
	check_newest(s, "meter_timestamp", "2024-01-23T18:00:10+01:00");
	check_newest(s, "meter_id", "6970631400000000");
	check_sent(s, "availability info " TABLE_3);
}

static void test_availability(void **state)
{
	struct stage *s = *state;

	identify(s);
	read_list(s, KAIFA_LIST_1);
	post_clear(&s->post);
	publisher_availability(&s->publisher, true);
	check_newest(s, "availability", "online");
	publisher_availability(&s->publisher, false);
	check_newest(s, "availability", "offline");
	check_sent(s, "availability availability");
}

static int qos_of(const struct han_measurement *m, const struct publisher_settings *settings)
{
	return (int)(m->kind == HAN_KIND_LIVE ? settings->qos : settings->register_qos);
}

static void check_class(const struct letter *letter, int qos, bool retain)
{
	print_message("# %s\n", letter->topic);
	assert_int_equal(letter->qos, qos);
	assert_int_equal(letter->retain, retain);
}

/* Quality of service and retain flag of every topic, at these settings. */
static void check_classes(struct stage *s, unsigned qos, unsigned register_qos, bool retain)
{
	post_clear(&s->post);
	s->settings.qos = qos;
	s->settings.register_qos = register_qos;
	s->settings.retain = retain;
	read_list(s, KAIFA_LIST_3);
	for (size_t i = 0; han_list_sends(han_list_find("kaifa-list3-3ph"), i); i++) {
		const struct han_measurement *m =
			han_list_sends(han_list_find("kaifa-list3-3ph"), i);
		char topic[128];

		snprintf(topic, sizeof(topic), BASE "/%s", m->name);
		check_class(post_find(&s->post, topic), qos_of(m, &s->settings), retain);
	}
	check_class(post_find(&s->post, BASE "/reading"), 0, false);

	publisher_restate(&s->publisher);
	check_class(post_find(&s->post, BASE "/power_active_import"), (int)qos, retain);
	check_class(post_find(&s->post, BASE "/meter_id"), (int)register_qos, retain);
	check_class(post_find(&s->post, BASE "/availability"), 1, true);
	check_class(post_find(&s->post, BASE "/info"), 1, true);
	publisher_diagnostic(&s->publisher, "frames_ok", "12");
	check_class(post_find(&s->post, BASE "/diagnostics/frames_ok"), 0, true);
	check_newest(s, "diagnostics/frames_ok", "12");
}

static void test_classes(void **state)
{
	struct stage *s = *state;

	identify(s);
	read_list(s, KAIFA_LIST_3);
	check_class(post_find(&s->post, DISCOVERY), 1, true);
	check_classes(s, 0, 1, true);
	check_classes(s, 1, 0, true);
	check_classes(s, 2, 2, false);
	check_classes(s, 0, 0, false);
}

/* Whether the newest discovery message announces it. */
static bool announces(const struct stage *s, const char *name)
{
	cJSON *root = cJSON_Parse(post_text(&s->post, DISCOVERY));
	const cJSON *components = cJSON_GetObjectItemCaseSensitive(root, "components");
	bool found = cJSON_HasObjectItem(components, name);

	assert_non_null(components);
	cJSON_Delete(root);
	return found;
}

/* Another meter on the line: the one before is offline, and nothing of it is said under the new name. */
static void test_another_meter(void **state)
{
	struct stage *s = *state;

	identify(s);
	publisher_availability(&s->publisher, true);
	read_list(s, KAIFA_LIST_3);
	post_clear(&s->post);

	s->speaker.meter.meter_id = "7359992890941742";
	s->speaker.meter.one_phase = true;
	s->speaker.meter.meter_type = "MA105H2E";
	identify(s);
	check_newest(s, "availability", "offline");
	check_sent(s, "availability");

	read_list(s, KAIFA_LIST_2); /* and its discovery does not wait for the other's */
	assert_string_equal(s->post.letters[0].topic,
	                    "homeassistant/device/hanmqttd_7359992890941742/config");
	assert_int_equal(post_count(&s->post, "han/7359992890941742/energy_active_cum_import"), 0);
	assert_int_equal(post_count(&s->post, "han/7359992890941742/phase_current_l2"), 0);
	assert_string_equal(post_text(&s->post, "han/7359992890941742/availability"), "online");
	assert_string_equal(post_text(&s->post, "han/7359992890941742/meter_type"), "MA105H2E");
	for (size_t i = 0; i < s->post.count; i++)
		assert_null(strstr(s->post.letters[i].topic, "6970631400000000"));
}

/* One that came while there was no broker: the one before is offline as soon as there is. */
static void test_another_meter_unseen(void **state)
{
	struct stage *s = *state;

	identify(s);
	publisher_availability(&s->publisher, true);
	read_list(s, KAIFA_LIST_2);
	post_clear(&s->post);
	s->post.refuses_with = -ENOTCONN;
	s->speaker.meter.meter_id = "7359992890941742";
	identify(s);
	read_list(s, KAIFA_LIST_2);
	s->speaker.meter.meter_id = "7359992890941743";
	identify(s);
	read_list(s, KAIFA_LIST_2);
	s->post.refuses_with = 0;
	for (int i = 0; i < 2; i++)
		publisher_restate(&s->publisher);
	assert_string_equal(post_text(&s->post, "han/6970631400000000/availability"), "offline");
	assert_int_equal(post_count(&s->post, "han/6970631400000000/availability"), 1);
	assert_string_equal(post_text(&s->post, "han/7359992890941743/availability"), "online");
}

/* A message that waited for the meter before says nothing of the one after: it has had its own. */
static void test_another_meter_meanwhile(void **state)
{
	struct stage *s = *state;

	identify(s);
	read_list(s, KAIFA_LIST_2);
	publisher_announce(&s->publisher);
	assert_true(trial_left_ms(&s->publisher.announcer.timer) > 0);
	s->speaker.meter.meter_id = "7359992890941742";
	identify(s);
	read_list(s, KAIFA_LIST_2);
	assert_int_equal(
		post_count(&s->post, "homeassistant/device/hanmqttd_7359992890941742/config"), 1);
	assert_int_equal(trial_left_ms(&s->publisher.announcer.timer), 0);
}

/* Without a broker nothing is kept for it but the state and the newest reading, and the announcement is not
 * taken for made. */
static void test_not_connected(void **state)
{
	struct stage *s = *state;

	s->post.refuses_with = -ENOTCONN;
	identify(s);
	publisher_availability(&s->publisher, true);
	read_list(s, KAIFA_LIST_3);
	read_list(s, KAIFA_LIST_2);
	assert_true(s->post.refused > 0);
	assert_int_equal(s->post.count, 0);
	assert_int_equal(trial_left_ms(&s->publisher.announcer.timer), 0);

	s->post.refuses_with = 0;
	publisher_announce(&s->publisher);
	publisher_restate(&s->publisher);
	check_newest(s, "availability", "online");
	assert_non_null(strstr(post_text(&s->post, BASE "/reading"), "\"kaifa-list2-3ph\""));
	check_sent(s, "discovery availability info " TABLE_3 " reading");
	publisher_restate(&s->publisher);
	check_sent(s, "availability info " TABLE_3); /* a reading goes out once */
}

/* A reading that waited for a broker is not another meter's. */
static void test_unsent_of_another(void **state)
{
	struct stage *s = *state;

	identify(s);
	s->post.refuses_with = -ENOTCONN;
	read_list(s, KAIFA_LIST_3);
	s->post.refuses_with = 0;
	publisher_identify(&s->publisher, "7359992890941742");
	publisher_restate(&s->publisher);
	assert_int_equal(post_count(&s->post, "han/7359992890941742/reading"), 0);
}

static void test_discovery_off(void **state)
{
	struct stage *s = *state;

	s->settings.discovery = PUBLISHER_DISCOVERY_OFF;
	identify(s);
	read_list(s, KAIFA_LIST_3);
	publisher_announce(&s->publisher);
	check_sent(s, "availability info " TABLE_3 " reading");
}

/* The settings of Home Assistant reach its message. */
static void test_discovery_settings(void **state)
{
	struct stage *s = *state;
	const char *text;

	s->settings.homeassistant_prefix = "ha";
	s->settings.reactive_energy_class = false;
	s->settings.qos = 2;
	identify(s);
	read_list(s, KAIFA_LIST_3);
	text = post_text(&s->post, "ha/device/hanmqttd_6970631400000000/config");
	assert_null(strstr(text, "\"reactive_energy\""));
	assert_non_null(strstr(text, "\"qos\":2"));
	assert_non_null(strstr(text, "\"manufacturer\":\"Kaifa\",\"model\":\"MA304H4\""));
	assert_non_null(strstr(text, "\"sw_version\":\"KFM_001\""));
	assert_non_null(
		strstr(text, "{\"topic\":\"" BRIDGE "\"},{\"topic\":\"" BASE "/availability\"}"));
}

/* clang-format off */
static const struct {
	const char *section, *topic_name, *identity;
	const char *base, *device;
} names[] = {
	{ "",      NULL,     "6970631400000000", "han/6970631400000000", "Electricity meter" },
	{ "cabin", "cabin",  "6970631400000000", "han/cabin",            "Electricity meter cabin" },
	{ "",      "a/b+c#", "6970631400000000", "han/a_b_c_",           "Electricity meter" },
	{ "",      NULL,     "a/b+c#\"",         "han/a_b_c_\"",         "Electricity meter" },
};
/* clang-format on */

static void test_names(void **state)
{
	struct stage *s = *state;

	for (size_t i = 0; i < COUNT(names); i++) {
		char topic[256], device[128];

		say_case(names[i].base);
		publisher_fini(&s->publisher);
		post_clear(&s->post);
		stage_open(s, names[i].section, names[i].topic_name);
		s->speaker.meter.meter_id = names[i].identity;
		identify(s);
		read_list(s, KAIFA_LIST_2);
		snprintf(topic, sizeof(topic), "%s/meter_id", names[i].base);
		assert_string_equal(post_text(&s->post, topic), names[i].identity);
		snprintf(device, sizeof(device), "\"name\":\"%s\"", names[i].device);
		assert_non_null(strstr(s->post.letters[0].payload, device));
	}
}

/* The longest of everything: cut, and within its bounds. */
static void test_long_names(void **state)
{
	static char prefix[100], identity[HAN_TEXT_MAX], name[100];
	struct stage *s = *state;
	size_t base = strlen("/");

	memset(prefix, 'p', sizeof(prefix) - 1);
	memset(identity, '7', sizeof(identity) - 1);
	memset(name, 'd', sizeof(name) - 1);
	s->settings.prefix = prefix;
	publisher_identify(&s->publisher, identity);
	read_list(s, KAIFA_LIST_2);
	publisher_diagnostic(&s->publisher, name, "1");
	base += 60 + 95;
	for (size_t i = 1; i + 1 < s->post.count; i++) {
		const char *topic = s->post.letters[i].topic;

		assert_true(strlen(topic) > base);
		assert_int_equal(topic[base], '/');
	}
	assert_string_equal(post_text(&s->post, s->publisher.availability), "offline");
}

/* What the meter is goes out again when it changes, with a list that says who the meter is. */
static void test_info_changes(void **state)
{
	struct stage *s = *state;

	identify(s);
	read_list(s, KAIFA_LIST_2);
	post_clear(&s->post);
	s->speaker.meter.meter_type = "MA304T4";
	read_list(s, KAIFA_LIST_1);
	check_sent(s, "power_active_import reading");
	read_list(s, KAIFA_LIST_2);
	assert_non_null(strstr(post_text(&s->post, BASE "/info"), "\"meter_type\":\"MA304T4\""));
	read_list(s, KAIFA_LIST_2);
	assert_int_equal(post_count(&s->post, BASE "/info"), 1);
}

/* So it does when the line is another one. */
static void test_info_of_another_line(void **state)
{
	struct stage *s = *state;
	struct payload_meter other = line;

	identify(s);
	read_list(s, KAIFA_LIST_2);
	publisher_retuned(&s->publisher);
	read_list(s, KAIFA_LIST_2);
	assert_int_equal(post_count(&s->post, BASE "/info"), 1);
	other.baud = 9600;
	publisher_retuned(&s->publisher);
	read_from(s, speaker_reading(&s->speaker, KAIFA_LIST_1), &other);
	assert_int_equal(post_count(&s->post, BASE "/info"), 1);
	read_from(s, speaker_reading(&s->speaker, KAIFA_LIST_2), &other);
	assert_int_equal(post_count(&s->post, BASE "/info"), 2);
	assert_non_null(strstr(post_text(&s->post, BASE "/info"), "\"baud\":9600"));
}

/* A clock that tells no time is not said, and what it said before stays. */
static void test_clock_unset(void **state)
{
	struct stage *s = *state;

	identify(s);
	read_list(s, KAIFA_LIST_3);
	post_clear(&s->post);
	s->speaker.meter.clock.year = HAN_NO_YEAR;
	read_list(s, KAIFA_LIST_3);
	assert_int_equal(post_count(&s->post, BASE "/meter_timestamp"), 0);
	publisher_restate(&s->publisher);
	check_newest(s, "meter_timestamp", "2024-01-23T18:00:10+01:00");
}

/* Longer and shorter texts one after the other. */
static void test_lengths(void **state)
{
	static const uint32_t powers[] = { 5, 4294967295, 0, 1234, 99999 };
	struct stage *s = *state;

	identify(s);
	for (size_t i = 0; i < COUNT(powers); i++) {
		char text[16];

		s->speaker.meter.power_import = powers[i];
		read_list(s, KAIFA_LIST_1);
		snprintf(text, sizeof(text), "%u", powers[i]);
		check_newest(s, "power_active_import", text);
	}
}

/* ---- meters whose messages say what they hold ---- */

static void made_begin(struct stage *s)
{
	s->made = (struct han_reading){ .framing = HAN_FRAMING_HDLC,
		                        .list = han_list_find("self-describing") };
}

static struct han_value *made_add(struct stage *s, struct han_obis obis, uint64_t magnitude,
                                  int16_t exp10)
{
	struct han_value *v = &s->made.values[s->made.count];

	*v = (struct han_value){
		.measurement = han_measurement_find(obis),
		.has_obis = true,
		.obis = obis,
		.item = (uint8_t)s->made.count++,
		.number = { magnitude, exp10, false },
	};
	return v;
}

static void made_add_text(struct stage *s, struct han_obis obis, const char *text)
{
	struct han_value *v = made_add(s, obis, 0, 0);

	v->type = HAN_VALUE_TEXT;
	v->octets = (const uint8_t *)text;
	v->len = strlen(text);
}

static void made_read(struct stage *s)
{
	read_from(s, &s->made, &line);
}

#define METER_ID ((struct han_obis){ 0, 0, 96, 1, 0, 255 })
#define POWER    ((struct han_obis){ 1, 0, 1, 7, 0, 255 })
#define POWER_L1 ((struct han_obis){ 1, 0, 21, 7, 0, 255 })
#define GAS      ((struct han_obis){ 0, 1, 24, 2, 1, 255 })
#define BREAKER  ((struct han_obis){ 0, 0, 96, 3, 10, 255 })
#define SUMS     ((struct han_obis){ 1, 0, 15, 8, 0, 255 })

/* One value that says nothing of its meter may be one of many; what comes with another, or with the
 * meter's id, is announced, and so is all that comes later. */
static void test_self_describing(void **state)
{
	struct stage *s = *state;

	identify(s);
	made_begin(s);
	made_add(s, POWER, 1234, 0);
	made_read(s);
	publisher_announce(&s->publisher);
	check_sent(s, "availability info power_active_import reading");

	made_begin(s);
	made_add_text(s, METER_ID, "6970631400000000");
	made_read(s);
	assert_true(announces(s, "meter_id"));
	assert_true(announces(s, "power_active_import"));
	assert_false(announces(s, "power_active_import_l1"));
	check_sent(s, "meter_id discovery reading");

	made_begin(s);
	made_add(s, POWER, 1235, 0);
	made_add(s, POWER_L1, 12, 2);
	made_read(s);
	check_newest(s, "power_active_import_l1", "1200");
	check_sent(s, "power_active_import power_active_import_l1 reading");
	assert_true(trial_left_ms(&s->publisher.announcer.timer) > 0); /* the set has grown */
}

static void test_two_values_are_a_set(void **state)
{
	struct stage *s = *state;

	identify(s);
	made_begin(s);
	made_add(s, POWER, 1234, 0);
	made_add(s, GAS, 5, -3);
	made_read(s);
	check_sent(s,
	           "discovery availability info power_active_import obis/0-1:24.2.1.255 reading");
}

/* Whoever encrypts says who it is. */
static void test_title_is_a_set(void **state)
{
	struct stage *s = *state;

	identify(s);
	made_begin(s);
	made_add(s, POWER, 1234, 0);
	s->made.has_encryption = true;
	memcpy(s->made.encryption.title, "KAM\0\1\2\3\4", HAN_TITLE_OCTETS);
	made_read(s);
	assert_true(announces(s, "power_active_import"));
	assert_non_null(strstr(post_text(&s->post, DISCOVERY), "\"manufacturer\":\"Kamstrup\""));

	made_begin(s); /* and stays so when a message does not tell */
	made_add_text(s, METER_ID, "6970631400000000");
	made_read(s);
	publisher_restate(&s->publisher);
	assert_non_null(strstr(post_text(&s->post, BASE "/info"), "\"maker\":\"Kamstrup\""));
}

/* What has no name is said under its code or its place, kept, sent again, and announced to nobody. */
static void test_unnamed(void **state)
{
	struct stage *s = *state;

	made_begin(s);
	made_add_text(s, METER_ID, "6970631400000000");
	made_add(s, GAS, 1234567, -3)->short_obis = true;
	made_add_text(s, BREAKER, "on/off +#");
	made_add(s, SUMS, 5, -3)->structural = true;
	made_add(s, SUMS, 7, 0)->has_obis = false;
	made_read(s);
	check_sent(s, ""); /* held */
	identify(s);
	made_read(s);
	check_newest(s, "obis/0-1:24.2.1", "1234.567");
	check_newest(s, "obis/0-0:96.3.10.255", "on/off +#");
	check_newest(s, "obis/item04", "7");
	check_class(post_find(&s->post, BASE "/obis/0-1:24.2.1"), 0, true);
	assert_null(strstr(post_text(&s->post, DISCOVERY), "obis/"));
	assert_null(strstr(post_text(&s->post, BASE "/reading"), "24.2.1"));
#define OBIS "obis/0-1:24.2.1 obis/0-0:96.3.10.255 obis/item04"
	check_sent(s, "discovery availability info meter_id " OBIS " reading");

	s->made.values[1].number.magnitude++;
	made_read(s);
	check_newest(s, "obis/0-1:24.2.1", "1234.568");
	check_sent(s, "meter_id " OBIS " reading");
	publisher_restate(&s->publisher);
	check_newest(s, "obis/0-1:24.2.1", "1234.568");
	check_sent(s, "availability info meter_id " OBIS);

	s->settings.qos = s->settings.register_qos = 2;
	s->settings.retain = false;
	made_read(s);
	check_class(post_find(&s->post, BASE "/obis/item04"), 0, false);

	publisher_identify(&s->publisher, "7359992890941742");
	post_clear(&s->post);
	publisher_restate(&s->publisher); /* of another meter nothing is known */
	assert_int_equal(s->post.count, 1);
}

static void test_unnamed_off(void **state)
{
	struct stage *s = *state;

	s->settings.unknown_obis = false;
	identify(s);
	made_begin(s);
	made_add(s, POWER, 1234, 0);
	made_add(s, GAS, 1234567, -3);
	made_read(s);
	publisher_restate(&s->publisher);
	for (size_t i = 0; i < s->post.count; i++)
		assert_null(strstr(s->post.letters[i].topic, "obis/"));
}

/* A meter that makes up codes has so many topics and no more. */
static void test_unnamed_many(void **state)
{
	struct stage *s = *state;
	size_t count = 0;

	identify(s);
	made_begin(s);
	for (uint8_t n = 0; n < HAN_VALUES_MAX; n++)
		made_add(s, (struct han_obis){ 1, 0, 99, n, 0, 255 }, n, 0);
	made_read(s);
	for (size_t i = 0; i < s->post.count; i++)
		count += strstr(s->post.letters[i].topic, "obis/") != NULL;
	assert_int_equal(count, UNNAMED_MAX);
	check_newest(s, "obis/1-0:99.63.0.255", "63");
	assert_int_equal(post_count(&s->post, BASE "/obis/1-0:99.64.0.255"), 0);
	post_clear(&s->post);
	s->made.values[0].number.magnitude = 4711;
	made_read(s);
	check_newest(s, "obis/1-0:99.0.0.255", "4711");
}

/* What does not come as its name promises is neither said nor announced; a text may come as a number. */
static void test_unexpected(void **state)
{
	struct stage *s = *state;

	identify(s);
	made_begin(s);
	made_add(s, POWER, 1234, 0);
	made_add(s, (struct han_obis){ 0, 0, 96, 14, 0, 255 }, 2, 0);
	made_add_text(s, (struct han_obis){ 1, 0, 1, 8, 0, 255 }, "full");
	made_read(s);
	check_newest(s, "tariff_active", "2");
	assert_int_equal(post_count(&s->post, BASE "/energy_active_cum_import"), 0);
	assert_true(announces(s, "tariff_active"));
	assert_false(announces(s, "energy_active_cum_import"));
}

static void test_zeroed(void **state)
{
	struct publisher p = { 0 };

	(void)state;
	publisher_fini(&p);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAGE(test_held),
		ON_STAGE(test_first_reading),
		ON_STAGE(test_list_1_alone),
		ON_STAGE(test_kept_identity),
		ON_STAGE(test_restate),
		ON_STAGE(test_availability),
		ON_STAGE(test_classes),
		ON_STAGE(test_another_meter),
		ON_STAGE(test_another_meter_unseen),
		ON_STAGE(test_another_meter_meanwhile),
		ON_STAGE(test_not_connected),
		ON_STAGE(test_unsent_of_another),
		ON_STAGE(test_discovery_off),
		ON_STAGE(test_discovery_settings),
		ON_STAGE(test_names),
		ON_STAGE(test_long_names),
		ON_STAGE(test_info_changes),
		ON_STAGE(test_info_of_another_line),
		ON_STAGE(test_clock_unset),
		ON_STAGE(test_lengths),
		ON_STAGE(test_zeroed),
		ON_STAGE(test_self_describing),
		ON_STAGE(test_two_values_are_a_set),
		ON_STAGE(test_title_is_a_set),
		ON_STAGE(test_unnamed),
		ON_STAGE(test_unnamed_off),
		ON_STAGE(test_unnamed_many),
		ON_STAGE(test_unexpected),
	};

	setenv("TZ", "Europe/Oslo", 1);
	return cmocka_run_group_tests_name("publisher", tests, NULL, NULL);
}
