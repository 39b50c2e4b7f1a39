/* What of a meter is announced to Home Assistant, and when. */
#include <cjson/cJSON.h>
#include <errno.h>

#include "post.h"
#include "scratch.h"
#include "speaker.h"
#include "trial.h"

#include "announcer.h"
#include "entities.h"
#include "log.h"
#include "publisher.h"
#include "quantity.h"

#define ID     "6970631400000000"
#define BASE   "han/" ID
#define DEVICE "homeassistant/device/hanmqttd_" ID "/config"
#define BRIDGE "han/bridge/hanmqttd-pi/availability"
#define GAP_MS 3000

/* An announcer on a real loop, a meter to learn from, and all that was sent. */
struct stage {
	struct trial trial;
	struct post post;
	struct speaker speaker;
	struct publisher_settings settings;
	struct publisher_meter meter;
	struct announcer announcer;
	struct han_reading made; /* of a meter that describes itself */
	size_t looks, announced;
	char filters[512]; /* of the last one */
	int look_refuses_with;
	bool expires;
};

static void stage_open(struct stage *s)
{
	const struct outlet outlet = post_outlet(&s->post);

	assert_int_equal(
		announcer_init(&s->announcer, &s->trial.loop, &s->settings, &s->meter, &outlet), 0);
}

static int take_look(void *user, const char *const *filters)
{
	struct stage *s = user;

	size_t used = 0;

	s->looks++;
	s->filters[0] = '\0';
	for (; *filters; filters++)
		used += (size_t)snprintf(s->filters + used, sizeof(s->filters) - used, "%s ",
		                         *filters);
	return s->look_refuses_with;
}

static bool tell_expires(void *user)
{
	const struct stage *s = user;

	return s->expires;
}

static void note_announced(void *user)
{
	struct stage *s = user;

	s->announced++;
}

/* The next run, with a broker in sight. */
static void stage_restart(struct stage *s)
{
	const struct announcer_hooks hooks = { s, take_look, tell_expires, NULL, note_announced };

	announcer_fini(&s->announcer);
	post_clear(&s->post);
	stage_open(s);
	announcer_set_hooks(&s->announcer, &hooks);
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
		.discovery = PUBLISHER_DISCOVERY_DEVICE,
		.homeassistant_prefix = "homeassistant",
		.reactive_energy_class = true,
	};
	s->made = (struct han_reading){ .framing = HAN_FRAMING_HDLC,
		                        .list = han_list_find("self-describing") };
	s->meter = (struct publisher_meter){ "", NULL, { BRIDGE, NULL, NULL }, "0.1.0", NULL };
	stage_open(s);
	*state = s;
	return 0;
}

static int stage_teardown(void **state)
{
	struct stage *s = *state;

	announcer_fini(&s->announcer);
	announcer_fini(&s->announcer); /* once more is harmless */
	trial_fini(&s->trial);
	post_clear(&s->post);
	free(s);
	return 0;
}

static void identify(struct stage *s)
{
	announcer_identify(&s->announcer, ID, BASE, BASE "/availability");
}

/* As a publisher does with every list. */
static void learn(struct stage *s, const struct han_reading *reading)
{
	if (announcer_learn(&s->announcer, reading))
		announcer_announce(&s->announcer);
}

static void read_list(struct stage *s, enum kaifa_list list)
{
	learn(s, speaker_reading(&s->speaker, list));
}

static struct han_value *made_add(struct stage *s, struct han_obis obis, uint64_t magnitude)
{
	struct han_value *v = &s->made.values[s->made.count];

	*v = (struct han_value){
		.measurement = han_measurement_find(obis),
		.has_obis = true,
		.obis = obis,
		.item = (uint8_t)s->made.count++,
		.number = { magnitude, 0, false },
	};
	return v;
}

#define METER_ID ((struct han_obis){ 0, 0, 96, 1, 0, 255 })
#define POWER    ((struct han_obis){ 1, 0, 1, 7, 0, 255 })
#define ENERGY   ((struct han_obis){ 1, 0, 1, 8, 0, 255 })
#define GAS      ((struct han_obis){ 0, 1, 24, 2, 1, 255 })

/* Whether the newest discovery message announces it. */
static bool announces(const struct stage *s, const char *name)
{
	cJSON *root = cJSON_Parse(post_text(&s->post, DEVICE));
	const cJSON *components = cJSON_GetObjectItemCaseSensitive(root, "components");
	bool found = cJSON_HasObjectItem(components, name);

	assert_non_null(components);
	cJSON_Delete(root);
	return found;
}

static bool sent_twice(void *user)
{
	const struct stage *s = user;

	return post_count(&s->post, DEVICE) >= 2;
}

/* A list that does not say what else the meter sends announces nothing; one that does, all of it. */
static void test_set(void **state)
{
	struct stage *s = *state;

	identify(s);
	assert_false(announcer_learn(&s->announcer, speaker_reading(&s->speaker, KAIFA_LIST_1)));
	announcer_announce(&s->announcer);
	assert_int_equal(s->post.count, 0);
	read_list(s, KAIFA_LIST_2);
	assert_int_equal(post_count(&s->post, DEVICE), 1);
	assert_true(announces(s, "phase_current_l2"));
	assert_true(announces(s, "energy_active_cum_import")); /* list 2 tells of list 3 */
	read_list(s, KAIFA_LIST_3);
	read_list(s, KAIFA_LIST_1);
	assert_int_equal(s->post.count, 1);
	assert_int_equal(trial_left_ms(&s->announcer.timer), 0);
}

/* Nothing goes out before the meter has a name. */
static void test_nameless(void **state)
{
	struct stage *s = *state;

	read_list(s, KAIFA_LIST_2);
	announcer_announce(&s->announcer);
	assert_int_equal(s->post.count, 0);
	identify(s);
	announcer_announce(&s->announcer);
	assert_int_equal(post_count(&s->post, DEVICE), 1);
}

/* Three wires: what is never measured is never announced. When it is measured after all, the set grows; as
 * Home Assistant still works on the message before, the next one waits, and is one for all triggers. */
static void test_growth_waits(void **state)
{
	struct stage *s = *state;
	uint64_t first_ms = loop_now_ms();

	s->speaker.meter.meter_type = "MA304H3E";
	s->speaker.meter.current[1] = s->speaker.meter.voltage[1] = 0;
	identify(s);
	read_list(s, KAIFA_LIST_2);
	assert_int_equal(post_count(&s->post, DEVICE), 1);
	assert_true(announces(s, "phase_current_l1"));
	assert_false(announces(s, "phase_current_l2"));
	assert_false(announces(s, "phase_voltage_l2"));

	s->speaker.meter.current[1] = 42;
	read_list(s, KAIFA_LIST_2);
	for (int i = 0; i < 3; i++)
		announcer_announce(&s->announcer);
	assert_int_equal(post_count(&s->post, DEVICE), 1);
	assert_in_range(trial_left_ms(&s->announcer.timer), 1, GAP_MS);

	assert_true(trial_run(&s->trial, sent_twice, s, GAP_MS + 1000));
	assert_true(loop_now_ms() >= first_ms + GAP_MS);
	assert_int_equal(post_count(&s->post, DEVICE), 2);
	assert_int_equal(trial_left_ms(&s->announcer.timer), 0); /* and no third one */
	assert_true(announces(s, "phase_current_l2"));
	assert_false(announces(s, "phase_voltage_l2"));
}

/* The set is known with a list that adds nothing to it. */
static void test_set_without_growth(void **state)
{
	struct stage *s = *state;

	identify(s);
	made_add(s, POWER, 1234);
	learn(s, &s->made);
	assert_int_equal(s->post.count, 0);
	made_add(s, GAS, 5);
	learn(s, &s->made);
	assert_int_equal(post_count(&s->post, DEVICE), 1);
	learn(s, &s->made);
	assert_int_equal(post_count(&s->post, DEVICE), 1);
	assert_int_equal(trial_left_ms(&s->announcer.timer), 0);
}

/* What does not come as its name promises is not announced. */
static void test_unexpected(void **state)
{
	struct stage *s = *state;
	struct han_value *energy;

	identify(s);
	made_add(s, POWER, 1234);
	energy = made_add(s, ENERGY, 0);
	energy->type = HAN_VALUE_TEXT;
	energy->octets = (const uint8_t *)"full";
	energy->len = 4;
	learn(s, &s->made);
	assert_true(announces(s, "power_active_import"));
	assert_false(announces(s, "energy_active_cum_import"));
}

/* Something calculated adds itself, once. */
static void test_calculated(void **state)
{
	const struct han_measurement *net = quantity_calculated(CALCULATED_NET);
	struct stage *s = *state;

	identify(s);
	assert_false(announcer_learn_calculated(&s->announcer, net));
	announcer_announce(&s->announcer);
	assert_int_equal(s->post.count, 0); /* it does not show what the meter sends */
	read_list(s, KAIFA_LIST_2);
	assert_true(announces(s, "power_active_net"));
	assert_false(announcer_learn_calculated(&s->announcer, net));
	net = quantity_calculated(CALCULATED_MEAN);
	assert_true(announcer_learn_calculated(&s->announcer, net));
	assert_false(announcer_learn_calculated(&s->announcer, net));
}

/* Of another meter nothing is known, and its message does not wait for the other's. */
static void test_another_meter(void **state)
{
	struct stage *s = *state;

	identify(s);
	announcer_describe(&s->announcer, "Kaifa", "MA304H4", "KFM_001");
	read_list(s, KAIFA_LIST_2);
	announcer_announce(&s->announcer);
	assert_non_null(strstr(post_text(&s->post, DEVICE), "\"MA304H4\""));
	assert_true(trial_left_ms(&s->announcer.timer) > 0);
	announcer_identify(&s->announcer, "2", "han/2", "han/2/availability");
	assert_int_equal(trial_left_ms(&s->announcer.timer), 0);
	announcer_announce(&s->announcer);
	assert_int_equal(s->post.count, 1);

	made_add(s, METER_ID, 2);
	made_add(s, POWER, 1234);
	learn(s, &s->made);
	assert_int_equal(s->post.count, 2);
	assert_null(strstr(post_text(&s->post, "homeassistant/device/hanmqttd_2/config"),
	                   "phase_current_l1"));
	assert_null(strstr(post_text(&s->post, "homeassistant/device/hanmqttd_2/config"), "Kaifa"));
}

/* What could not be sent is not taken for sent. */
static void test_not_connected(void **state)
{
	struct stage *s = *state;

	s->post.refuses_with = -ENOTCONN;
	identify(s);
	read_list(s, KAIFA_LIST_2);
	assert_int_equal(trial_left_ms(&s->announcer.timer), 0);
	s->post.refuses_with = 0;
	announcer_announce(&s->announcer);
	assert_int_equal(post_count(&s->post, DEVICE), 1);
}

static void test_off(void **state)
{
	struct stage *s = *state;

	s->settings.discovery = PUBLISHER_DISCOVERY_OFF;
	identify(s);
	read_list(s, KAIFA_LIST_2);
	announcer_announce(&s->announcer);
	assert_int_equal(s->post.count, 0);
}

/* ---- what earlier runs left ---- */

static struct scratch scratch;

static int kept_setup(void **state)
{
	if (scratch_init(&scratch) < 0 || stage_setup(state) < 0)
		return -1;
	setenv("STATE_DIRECTORY", scratch.dir, 1);
	return 0;
}

static int kept_teardown(void **state)
{
	unsetenv("STATE_DIRECTORY");
	stage_teardown(state);
	return scratch_fini(&scratch);
}

static bool has_sent(void *user)
{
	const struct stage *s = user;

	return s->post.count > 0;
}

/* The next step is due in a moment; it need not be waited for. */
static void hasten(struct stage *s)
{
	assert_in_range(trial_left_ms(&s->announcer.timer), GAP_MS - 1000, GAP_MS);
	post_clear(&s->post);
	s->announcer.sent_ms = 0;
	timer_start(&s->announcer.timer, 1, 0);
	assert_true(trial_run(&s->trial, has_sent, s, 2000));
}

static void found(struct stage *s, const char *topic, const char *payload)
{
	announcer_found(&s->announcer, topic, payload, strlen(payload));
}

/* What an earlier run announced and the settings have taken away is removed once, then left out. */
static void test_taken_away(void **state)
{
	struct stage *s = *state;
	AUTO_ENTITIES kept = { 0 };

	s->meter.bridge.power_info = "han/bridge/b/info";
	s->meter.bridge.power_command = "han/bridge/b/command/power_cycle";
	identify(s);
	read_list(s, KAIFA_LIST_2);
	assert_non_null(strstr(post_text(&s->post, DEVICE), "command/power_cycle"));
	assert_int_equal(trial_left_ms(&s->announcer.timer), 0);
	announcer_fini(&s->announcer);
	post_clear(&s->post);

	s->meter.bridge.power_info = s->meter.bridge.power_command = NULL;
	stage_open(s); /* the next run */
	identify(s);
	read_list(s, KAIFA_LIST_2);
	assert_non_null(strstr(post_text(&s->post, DEVICE),
	                       "\"mbus_power\":{\"platform\":\"binary_sensor\"},"
	                       "\"mbus_power_cycles\":{\"platform\":\"sensor\"},"
	                       "\"mbus_power_cycle\":{\"platform\":\"button\"}"));
	entities_load(&kept, ID);
	assert_true(entities_has(&kept, "button", "mbus_power_cycle")); /* should the session end */
	hasten(s);
	assert_null(strstr(post_text(&s->post, DEVICE), "mbus_power"));
	assert_int_equal(trial_left_ms(&s->announcer.timer), 0);
	entities_load(&kept, ID);
	assert_false(entities_has(&kept, "button", "mbus_power_cycle"));
}

/* The session ends with the message that takes it away, which may be lost: the next one begins with it. */
static void test_taken_away_again(void **state)
{
	struct stage *s = *state;

	s->meter.bridge.power_info = "han/bridge/b/info";
	identify(s);
	read_list(s, KAIFA_LIST_2);
	s->meter.bridge.power_info = NULL;
	stage_restart(s);
	identify(s);
	announcer_connected(&s->announcer);
	announcer_looked(&s->announcer, true);
	read_list(s, KAIFA_LIST_2);
	assert_true(announces(s, "mbus_power"));
	post_clear(&s->post);

	s->announcer.sent_ms = 0; /* it was away for a while */
	announcer_connected(&s->announcer);
	announcer_looked(&s->announcer, true);
	assert_true(announces(s, "mbus_power"));
	hasten(s);
	assert_false(announces(s, "mbus_power"));
}

/* That, and another prefix: what has left below it is found again, should this run end before the second message. */
static void test_taken_away_with_prefix(void **state)
{
	struct stage *s = *state;
	AUTO_ENTITIES kept = { 0 };

	s->meter.bridge.power_info = "han/bridge/b/info";
	identify(s);
	read_list(s, KAIFA_LIST_2);
	s->meter.bridge.power_info = NULL;
	s->settings.homeassistant_prefix = "ha/2";
	announcer_fini(&s->announcer);
	post_clear(&s->post);
	stage_open(s);
	identify(s);
	read_list(s, KAIFA_LIST_2);
	post_find(&s->post, "ha/2/device/hanmqttd_" ID "/config");
	entities_load(&kept, ID);
	assert_string_equal(kept.prefix, "ha/2");
	assert_true(entities_has(&kept, "binary_sensor", "mbus_power"));
	hasten(s);
	entities_load(&kept, ID);
	assert_false(entities_has(&kept, "binary_sensor", "mbus_power"));
}

/* A restart announces the whole set with the first list that comes, and in the same words. */
static void test_whole_set_again(void **state)
{
	struct stage *s = *state;
	char *before;

	identify(s);
	announcer_describe(&s->announcer, "Kaifa", "MA304H4", "KFM_001");
	read_list(s, KAIFA_LIST_2);
	before = strdup(post_text(&s->post, DEVICE));
	assert_non_null(before);
	announcer_fini(&s->announcer);
	post_clear(&s->post);

	stage_open(s);
	identify(s);
	announcer_announce(&s->announcer);
	assert_int_equal(s->post.count, 0); /* the meter may be another one now */
	announcer_describe(&s->announcer, NULL, NULL, NULL);
	read_list(s, KAIFA_LIST_1);
	assert_string_equal(post_text(&s->post, DEVICE), before);
	assert_false(announcer_describe(&s->announcer, "Kaifa", "MA304H4", "KFM_001"));
	assert_true(announcer_describe(&s->announcer, "Kaifa", "MA304H4", "KFM_002"));
	free(before);
}

/* Whoever knows what is on the broker only from the broker, takes the set from there. */
static void test_set_from_broker(void **state)
{
	struct stage *s = *state;
	char *before;

	identify(s);
	announcer_describe(&s->announcer, "Kaifa", "MA304H4", "KFM_001");
	read_list(s, KAIFA_LIST_2);
	before = strdup(post_text(&s->post, DEVICE));
	assert_non_null(before);
	stage_restart(s);
	identify(s);
	announcer_connected(&s->announcer);
	found(s, DEVICE, before);
	announcer_looked(&s->announcer, true);
	assert_int_equal(s->post.count, 0);
	read_list(s, KAIFA_LIST_1);
	assert_string_equal(post_text(&s->post, DEVICE), before);
	assert_int_equal(trial_left_ms(&s->announcer.timer), 0);
	free(before);
}

/* Before the first message the broker is looked at; in later sessions meanwhile. */
static void test_look_first(void **state)
{
	struct stage *s = *state;

	stage_restart(s);
	announcer_connected(&s->announcer);
	assert_int_equal(s->looks, 0); /* for whom? */
	identify(s);
	assert_string_equal(s->filters, DEVICE " homeassistant/+/hanmqttd_" ID "/+/config ");
	read_list(s, KAIFA_LIST_2);
	announcer_announce(&s->announcer);
	assert_int_equal(s->post.count, 0);
	s->post.refuses_with = -ENOTCONN;
	announcer_looked(&s->announcer, false); /* the session ended */
	s->post.refuses_with = 0;
	announcer_connected(&s->announcer);
	assert_int_equal(s->looks, 2);
	assert_int_equal(s->post.count, 0);
	announcer_looked(&s->announcer, true);
	assert_int_equal(post_count(&s->post, DEVICE), 1);

	s->announcer.sent_ms = 0;
	announcer_connected(&s->announcer);
	assert_int_equal(post_count(&s->post, DEVICE), 2);
	assert_int_equal(s->looks, 3);
	announcer_looked(&s->announcer, true);
	assert_int_equal(post_count(&s->post, DEVICE), 2);
}

/* A broker that lets nobody look, or tells without end: it must do without, and is asked in the next session. */
static void test_look_denied(void **state)
{
	struct stage *s = *state;

	stage_restart(s);
	identify(s);
	read_list(s, KAIFA_LIST_2);
	announcer_connected(&s->announcer);
	announcer_looked(&s->announcer, false);
	assert_int_equal(post_count(&s->post, DEVICE), 1);
	announcer_connected(&s->announcer);
	assert_int_equal(s->looks, 2);
	assert_int_equal(post_count(&s->post, DEVICE), 1);
}

/* A look that is refused for want of a session comes with the session; for any other reason, without it. */
static void test_look_refused(void **state)
{
	struct stage *s = *state;

	stage_restart(s);
	identify(s);
	announcer_connected(&s->announcer);
	announcer_looked(&s->announcer, false);
	s->look_refuses_with = -ENOTCONN;
	announcer_identify(&s->announcer, "2", "han/2", "han/2/availability");
	read_list(s, KAIFA_LIST_2);
	assert_int_equal(s->post.count, 0);
	s->look_refuses_with = -ENOMEM;
	announcer_connected(&s->announcer);
	assert_int_equal(s->post.count, 1);
}

#define SENSOR(id)  "homeassistant/sensor/hanmqttd_" ID "/" id "/config"
#define POWER_STATE "homeassistant/binary_sensor/hanmqttd_" ID "/mbus_power/config"
#define OURS        "{\"origin\":{\"name\":\"hanmqttd\"}}"
#define MOVE        "{\"migrate_discovery\": true}"

/* From one message to one each: told, sent, emptied, with a moment between, and nothing else. */
static void test_move_to_components(void **state)
{
	struct stage *s = *state;
	AUTO_ENTITIES kept = { 0 };
	size_t count;

	s->settings.discovery = PUBLISHER_DISCOVERY_COMPONENTS;
	stage_restart(s);
	identify(s);
	read_list(s, KAIFA_LIST_2);
	announcer_connected(&s->announcer);
	found(s, DEVICE, OURS);
	announcer_looked(&s->announcer, true);
	assert_int_equal(s->post.count, 1);
	assert_string_equal(post_text(&s->post, DEVICE), MOVE);
	announcer_announce(&s->announcer); /* a birth, for example: has to wait */
	assert_int_equal(s->post.count, 1);
	assert_int_equal(s->announced, 0);

	hasten(s);
	assert_string_equal(s->post.letters[0].topic,
	                    DEVICE); /* emptied before the new ones come */
	assert_string_equal(s->post.letters[0].payload, "");
	assert_int_equal(post_count(&s->post, DEVICE), 1);
	assert_non_null(strstr(post_text(&s->post, SENSOR("meter_id")), "\"device\":{"));
	count = s->post.count - 1;
	assert_true(count > 20);
	assert_int_equal(s->announced, 1);
	assert_true(s->post.letters[1].retain && s->post.letters[1].qos == 1);
	entities_load(&kept, ID);
	assert_int_equal(kept.count, count);
	assert_int_equal(trial_left_ms(&s->announcer.timer), 0);
}

/* Entities that are no more do not move with a device message: they are removed from it first. */
static void test_move_prunes(void **state)
{
	struct stage *s = *state;

	s->settings.discovery = PUBLISHER_DISCOVERY_COMPONENTS;
	stage_restart(s);
	identify(s);
	read_list(s, KAIFA_LIST_2);
	announcer_connected(&s->announcer);
	found(s, DEVICE,
	      "{\"origin\":{\"name\":\"hanmqttd\"},\"components\":{\"meter_id\":{\"platform\":"
	      "\"sensor\"},\"gone\":{\"platform\":\"button\"}}}");
	announcer_looked(&s->announcer, true);
	assert_int_equal(s->post.count, 1);
	assert_non_null(strstr(post_text(&s->post, DEVICE), "\"gone\":{\"platform\":\"button\"}"));
	assert_true(announces(s, "meter_id"));
	hasten(s);
	assert_int_equal(s->post.count, 1);
	assert_string_equal(post_text(&s->post, DEVICE), MOVE);
	hasten(s);
	assert_string_equal(post_text(&s->post, DEVICE), "");
	assert_int_equal(post_count(&s->post, "homeassistant/button/hanmqttd_" ID "/gone/config"),
	                 0);
}

/* A run in one mode with the power of the bus; then one in the other, without. */
static void restart_without_power(struct stage *s, enum publisher_discovery before,
                                  enum publisher_discovery after)
{
	s->settings.discovery = before;
	s->meter.bridge.power_info = "han/bridge/b/info";
	identify(s);
	read_list(s, KAIFA_LIST_2);
	s->settings.discovery = after;
	s->meter.bridge.power_info = NULL;
	stage_restart(s);
	identify(s);
	read_list(s, KAIFA_LIST_2);
	announcer_connected(&s->announcer);
}

/* Home Assistant may have entities of which the broker knows nothing more: the device message removes them. */
static void test_move_removes(void **state)
{
	struct stage *s = *state;

	restart_without_power(s, PUBLISHER_DISCOVERY_COMPONENTS, PUBLISHER_DISCOVERY_DEVICE);
	found(s, SENSOR("meter_id"), OURS);
	announcer_looked(&s->announcer, true);
	assert_string_equal(post_text(&s->post, SENSOR("meter_id")), MOVE);
	hasten(s);
	assert_non_null(strstr(post_text(&s->post, DEVICE),
	                       "\"mbus_power\":{\"platform\":\"binary_sensor\"}"));
	hasten(s);
	assert_null(strstr(post_text(&s->post, DEVICE), "mbus_power"));
	assert_int_equal(trial_left_ms(&s->announcer.timer), 0);
}

/* What moved already is not announced there again. */
static void test_moved_is_not_pruned(void **state)
{
	struct stage *s = *state;

	restart_without_power(s, PUBLISHER_DISCOVERY_DEVICE, PUBLISHER_DISCOVERY_COMPONENTS);
	found(s, DEVICE, MOVE);
	announcer_looked(&s->announcer, true);
	assert_int_equal(s->post.count, 0);
	hasten(s);
	assert_string_equal(post_text(&s->post, DEVICE), "");
	assert_string_equal(post_text(&s->post, POWER_STATE), "");
}

/* Where the broker can forget it by itself, the device message that moved is left to that. */
static void test_move_expires(void **state)
{
	struct stage *s = *state;

	s->settings.discovery = PUBLISHER_DISCOVERY_COMPONENTS;
	s->expires = true;
	stage_restart(s);
	identify(s);
	read_list(s, KAIFA_LIST_2);
	announcer_connected(&s->announcer);
	found(s, DEVICE, MOVE); /* of a session that ended; perhaps one that could not do that */
	announcer_looked(&s->announcer, true);
	assert_string_equal(post_text(&s->post, DEVICE), MOVE);
	assert_in_range(post_find(&s->post, DEVICE)->expiry_s, 5, 30);
	hasten(s);
	assert_int_equal(post_count(&s->post, DEVICE), 0);
	assert_int_equal(post_count(&s->post, SENSOR("meter_id")), 1);
	assert_int_equal(post_find(&s->post, SENSOR("meter_id"))->expiry_s, 0);
}

/* And back; what is no more does not move, and what is another's stays as it is. */
static void test_move_to_device(void **state)
{
	struct stage *s = *state;

	stage_restart(s);
	identify(s);
	read_list(s, KAIFA_LIST_2);
	announcer_connected(&s->announcer);
	found(s, SENSOR("meter_id"), OURS);
	found(s, SENSOR("meter_type"), OURS);
	found(s, SENSOR("phase_voltage_l9"), OURS);
	found(s, SENSOR("obis_version"), "{\"origin\":{\"name\":\"somebody\"}}");
	found(s, SENSOR("phase_current_l1"), MOVE); /* a move that was cut short */
	announcer_looked(&s->announcer, true);
	assert_int_equal(s->post.count, 3);
	assert_string_equal(post_text(&s->post, SENSOR("phase_voltage_l9")), "");
	assert_string_equal(post_text(&s->post, SENSOR("meter_id")), MOVE);
	assert_string_equal(post_text(&s->post, SENSOR("meter_type")), MOVE);
	hasten(s);
	assert_int_equal(s->post.count, 4);
	assert_string_equal(s->post.letters[3].topic, DEVICE);
	assert_true(announces(s, "meter_id"));
	assert_string_equal(post_text(&s->post, SENSOR("meter_id")), "");
	assert_string_equal(post_text(&s->post, SENSOR("meter_type")), "");
	assert_string_equal(post_text(&s->post, SENSOR("phase_current_l1")), "");
}

/* A move that gets as far as the messages that end it. */
static void move_in_vain(struct stage *s, int refused_with)
{
	stage_restart(s);
	identify(s);
	read_list(s, KAIFA_LIST_2);
	announcer_connected(&s->announcer);
	found(s, SENSOR("meter_id"), OURS);
	announcer_looked(&s->announcer, true);
	s->post.refuses_with = refused_with;
	timer_start(&s->announcer.timer, 1, 0);
	assert_false(trial_run(&s->trial, has_sent, &(struct stage){ 0 }, 50));
	s->post.refuses_with = 0;
	post_clear(&s->post);
}

/* A session that ends on the way: the next one looks, and begins anew. */
static void test_move_cut_short(void **state)
{
	struct stage *s = *state;

	move_in_vain(s, -ENOTCONN);

	announcer_announce(&s->announcer);
	assert_int_equal(s->post.count, 0);
	announcer_connected(&s->announcer);
	assert_int_equal(s->post.count, 0);
	found(s, SENSOR("meter_id"), MOVE);
	announcer_looked(&s->announcer, true);
	assert_int_equal(s->post.count, 0); /* it was told */
	hasten(s);
	assert_int_equal(s->post.count, 2);
	assert_string_equal(post_text(&s->post, SENSOR("meter_id")), "");
	assert_true(announces(s, "meter_id"));
}

/* No room for what ends the move: it begins anew when there is some. */
static void test_move_without_room(void **state)
{
	struct stage *s = *state;

	move_in_vain(s, -ENOBUFS);

	announcer_announce(&s->announcer);
	assert_string_equal(post_text(&s->post, SENSOR("meter_id")), MOVE);
	hasten(s);
	assert_string_equal(post_text(&s->post, SENSOR("meter_id")), "");
	assert_true(announces(s, "meter_id"));
}

/* Another prefix: what stands below the one before is moved from. */
static void test_move_to_prefix(void **state)
{
	struct stage *s = *state;
	AUTO_ENTITIES kept = { 0 };

	identify(s);
	read_list(s, KAIFA_LIST_2);
	s->settings.homeassistant_prefix = "ha/2";
	stage_restart(s);
	identify(s);
	announcer_connected(&s->announcer);
	assert_string_equal(s->filters,
	                    "ha/2/device/hanmqttd_" ID "/config ha/2/+/hanmqttd_" ID
	                    "/+/config " DEVICE " homeassistant/+/hanmqttd_" ID "/+/config ");
	read_list(s, KAIFA_LIST_1);
	found(s, DEVICE, OURS);
	announcer_looked(&s->announcer, true);
	assert_string_equal(post_text(&s->post, DEVICE), MOVE);
	entities_load(&kept, ID);
	assert_string_equal(kept.prefix, "homeassistant");
	hasten(s);
	assert_int_equal(s->post.count, 2);
	assert_string_equal(post_text(&s->post, DEVICE), "");
	post_find(&s->post, "ha/2/device/hanmqttd_" ID "/config");
	entities_load(&kept, ID);
	assert_string_equal(kept.prefix, "ha/2");
}

/* What the broker keeps of entities that are no more: of a device message, and alone. */
static void test_orphans(void **state)
{
	struct stage *s = *state;

	stage_restart(s);
	identify(s);
	read_list(s, KAIFA_LIST_2);
	announcer_connected(&s->announcer);
	found(s, DEVICE,
	      "{\"origin\":{\"name\":\"hanmqttd\"},\"components\":{\"meter_id\":{\"platform\":"
	      "\"sensor\"},\"gone\":{\"platform\":\"sensor\"},\"3\":3,\"x y\":{\"platform\":\"z\"}}}");
	announcer_looked(&s->announcer, true);
	assert_int_equal(s->post.count, 1);
	assert_non_null(strstr(post_text(&s->post, DEVICE), "\"gone\":{\"platform\":\"sensor\"}"));
	assert_null(strstr(post_text(&s->post, DEVICE), "\"meter_id\":{\"platform\":\"sensor\"}"));
	hasten(s);
	assert_null(strstr(post_text(&s->post, DEVICE), "\"gone\""));

	s->settings.discovery = PUBLISHER_DISCOVERY_COMPONENTS;
	stage_restart(s);
	identify(s);
	read_list(s, KAIFA_LIST_2);
	announcer_connected(&s->announcer);
	found(s, SENSOR("meter_id"), OURS);
	found(s, SENSOR("gone"), OURS);
	announcer_looked(&s->announcer, true);
	assert_string_equal(post_text(&s->post, SENSOR("gone")), "");
	assert_int_equal(post_count(&s->post, SENSOR("gone")), 1);
	assert_int_equal(post_count(&s->post, SENSOR("meter_id")), 1);
	assert_int_equal(trial_left_ms(&s->announcer.timer), 0);
}

/* They may turn up when all has been said: a broker that was restored, for example. */
static void test_orphans_later(void **state)
{
	struct stage *s = *state;

	stage_restart(s);
	identify(s);
	read_list(s, KAIFA_LIST_2);
	announcer_connected(&s->announcer);
	announcer_looked(&s->announcer, true);
	s->announcer.sent_ms = 0;
	announcer_connected(&s->announcer);
	assert_int_equal(post_count(&s->post, DEVICE), 2);
	found(s, SENSOR("meter_id"), OURS);
	announcer_looked(&s->announcer, true);
	announcer_connected(&s->announcer); /* before anything could be done about it */
	assert_int_equal(post_count(&s->post, DEVICE), 2);
	found(s, SENSOR("meter_id"), OURS);
	announcer_looked(&s->announcer, true);
	hasten(s);
	assert_string_equal(post_text(&s->post, SENSOR("meter_id")), MOVE);
}

/* News that come during a move are in the new message. */
static void test_news_during_move(void **state)
{
	struct stage *s = *state;

	stage_restart(s);
	identify(s);
	read_list(s, KAIFA_LIST_2);
	announcer_connected(&s->announcer);
	found(s, SENSOR("meter_id"), OURS);
	announcer_looked(&s->announcer, true);
	announcer_describe(&s->announcer, "Kaifa", "MA304H4", "KFM_002");
	announcer_announce(&s->announcer);
	assert_int_equal(post_count(&s->post, DEVICE), 0);
	hasten(s);
	assert_non_null(strstr(post_text(&s->post, DEVICE), "KFM_002"));
	assert_int_equal(trial_left_ms(&s->announcer.timer), 0);
}

/* Off: what is ours goes, at once and without a list. */
static void test_off_withdraws(void **state)
{
	struct stage *s = *state;
	AUTO_ENTITIES kept = { 0 };

	identify(s);
	read_list(s, KAIFA_LIST_2);
	s->settings.discovery = PUBLISHER_DISCOVERY_OFF;
	stage_restart(s);
	identify(s);
	announcer_connected(&s->announcer);
	found(s, DEVICE, OURS);
	found(s, SENSOR("meter_id"), OURS);
	found(s, SENSOR("meter_type"), "{}");
	found(s, "homeassistant/sensor/hanmqttd_2/meter_id/config", OURS);
	assert_int_equal(s->post.count, 0);
	announcer_looked(&s->announcer, true);
	assert_int_equal(s->post.count, 2);
	assert_string_equal(post_text(&s->post, DEVICE), "");
	assert_string_equal(post_text(&s->post, SENSOR("meter_id")), "");
	entities_load(&kept, ID);
	assert_int_equal(kept.count, 0);
	read_list(s, KAIFA_LIST_2);
	assert_int_equal(s->post.count, 2);
}

/* The session may end before the broker has what takes something away: the next one looks whether it is gone. */
static void test_taken_away_is_looked_at(void **state)
{
	struct stage *s = *state;
	size_t looks;

	s->settings.discovery = PUBLISHER_DISCOVERY_OFF;
	stage_restart(s);
	identify(s);
	announcer_connected(&s->announcer);
	found(s, DEVICE, OURS);
	announcer_looked(&s->announcer, true);
	assert_string_equal(post_text(&s->post, DEVICE), "");
	for (int i = 0; i < 2; i++) {
		post_clear(&s->post);
		announcer_connected(&s->announcer);
		found(s, DEVICE, OURS);
		announcer_looked(&s->announcer, true);
		assert_string_equal(post_text(&s->post, DEVICE), "");
	}

	s->meter.bridge.power_info = "han/bridge/b/info";
	s->settings.discovery = PUBLISHER_DISCOVERY_COMPONENTS;
	stage_restart(s);
	identify(s);
	read_list(s, KAIFA_LIST_2);
	announcer_connected(&s->announcer);
	announcer_looked(&s->announcer, true);
	looks = s->looks;
	s->meter.bridge.power_info = NULL;
	s->announcer.sent_ms = 0;
	announcer_announce(&s->announcer);
	assert_string_equal(post_text(&s->post, POWER_STATE), "");
	post_clear(&s->post);
	announcer_connected(&s->announcer);
	found(s, POWER_STATE, OURS);
	assert_int_equal(s->looks, looks + 1);
	assert_int_equal(s->post.count, 0);
	announcer_looked(&s->announcer, true);
	hasten(s);
	assert_string_equal(post_text(&s->post, POWER_STATE), "");
}

/* Which energies are the sensors is known with the set, before any was calculated. */
static void test_energies(void **state)
{
	static const struct derive_settings derive = { .live_energy = true };
	struct stage *s = *state;

	s->meter.derive = &derive;
	stage_restart(s);
	identify(s);
	announcer_connected(&s->announcer);
	announcer_looked(&s->announcer, true);
	read_list(s, KAIFA_LIST_2);
	assert_true(announces(s, "energy_active_live_import"));
	assert_true(announces(s, "energy_active_live_export"));
	assert_false(announces(s, "power_active_net"));
}

static void test_zeroed(void **state)
{
	struct announcer a = { 0 };

	(void)state;
	announcer_fini(&a);
}

#define KEPT(test)     cmocka_unit_test_setup_teardown(test, kept_setup, kept_teardown)
#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, stage_setup, stage_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_STAGE(test_set),
		ON_STAGE(test_nameless),
		ON_STAGE(test_growth_waits),
		ON_STAGE(test_set_without_growth),
		ON_STAGE(test_unexpected),
		ON_STAGE(test_calculated),
		ON_STAGE(test_another_meter),
		ON_STAGE(test_not_connected),
		ON_STAGE(test_off),
		KEPT(test_taken_away),
		KEPT(test_taken_away_again),
		KEPT(test_taken_away_with_prefix),
		KEPT(test_whole_set_again),
		ON_STAGE(test_set_from_broker),
		ON_STAGE(test_look_first),
		ON_STAGE(test_look_denied),
		ON_STAGE(test_look_refused),
		KEPT(test_move_to_components),
		ON_STAGE(test_move_prunes),
		KEPT(test_move_removes),
		KEPT(test_moved_is_not_pruned),
		ON_STAGE(test_move_expires),
		ON_STAGE(test_move_to_device),
		ON_STAGE(test_move_cut_short),
		ON_STAGE(test_move_without_room),
		KEPT(test_move_to_prefix),
		ON_STAGE(test_orphans),
		ON_STAGE(test_orphans_later),
		ON_STAGE(test_news_during_move),
		KEPT(test_off_withdraws),
		KEPT(test_taken_away_is_looked_at),
		ON_STAGE(test_energies),
		ON_STAGE(test_zeroed),
	};

	log_set_level(LOG_CRIT);
	return cmocka_run_group_tests_name("announcer", tests, NULL, NULL);
}
