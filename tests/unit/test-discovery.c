/* Home Assistant's discovery message, entity by entity. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#include "discovery.h"
#include "entities.h"
#include "quantity.h"

#define BRIDGE "han/bridge/hanmqttd-pi/availability"
#define METER  "han/6970631400000000/availability"

#define POWER \
	"\"device_class\":\"power\",\"state_class\":\"measurement\",\"unit_of_measurement\":\"W\",\"suggested_display_precision\":0,"
#define VAR \
	"\"device_class\":\"reactive_power\",\"state_class\":\"measurement\",\"unit_of_measurement\":\"var\",\"suggested_display_precision\":0,"
#define CURRENT \
	"\"device_class\":\"current\",\"state_class\":\"measurement\",\"unit_of_measurement\":\"A\",\"suggested_display_precision\":2,"
#define VOLTAGE \
	"\"device_class\":\"voltage\",\"state_class\":\"measurement\",\"unit_of_measurement\":\"V\",\"suggested_display_precision\":1,"
#define FACTOR \
	"\"device_class\":\"power_factor\",\"state_class\":\"measurement\",\"suggested_display_precision\":2,"
#define HERTZ \
	"\"device_class\":\"frequency\",\"state_class\":\"measurement\",\"unit_of_measurement\":\"Hz\",\"suggested_display_precision\":2,"
#define ANGLE \
	"\"state_class\":\"measurement_angle\",\"unit_of_measurement\":\"°\",\"suggested_display_precision\":1,\"icon\":\"mdi:angle-acute\","
#define ENERGY \
	"\"device_class\":\"energy\",\"state_class\":\"total_increasing\",\"unit_of_measurement\":\"kWh\",\"suggested_display_precision\":2"
#define CAPACITY \
	"\"state_class\":\"measurement\",\"unit_of_measurement\":\"kWh/h\",\"suggested_display_precision\":2,\"icon\":\"mdi:chart-bar\""
#define LIVE_ENERGY \
	"\"device_class\":\"energy\",\"state_class\":\"total_increasing\",\"unit_of_measurement\":\"kWh\",\"suggested_display_precision\":3"
#define SPARE ",\"enabled_by_default\":false"
#define VARH \
	"\"device_class\":\"reactive_energy\",\"state_class\":\"total_increasing\",\"unit_of_measurement\":\"kvarh\",\"suggested_display_precision\":2"
#define CLOCK \
	"\"device_class\":\"timestamp\",\"entity_category\":\"diagnostic\",\"enabled_by_default\":false"
#define TEXT "\"entity_category\":\"diagnostic\",\"icon\":"
#define LIVE "\"availability\":[{\"topic\":\"" BRIDGE "\"},{\"topic\":\"" METER "\"}]"

/* All that is announced, in the library's order, and what Home Assistant is told of it beside name, ids and
 * topic. */
/* clang-format off */
static const struct {
	const char *id, *title, *options;
} entities[] = {
	{ "obis_version",                "OBIS list version",        TEXT "\"mdi:format-list-numbered\"" },
	{ "meter_id",                    "Meter ID",                 TEXT "\"mdi:identifier\"" },
	{ "meter_type",                  "Meter type",               TEXT "\"mdi:meter-electric-outline\"" },
	{ "meter_timestamp",             "Meter clock",              CLOCK },
	{ "power_active_import",         "Active power import",      POWER LIVE },
	{ "power_active_export",         "Active power export",      POWER LIVE },
	{ "power_reactive_import",       "Reactive power import",    VAR LIVE },
	{ "power_reactive_export",       "Reactive power export",    VAR LIVE },
	{ "phase_current_l1",            "Current L1",               CURRENT LIVE },
	{ "phase_current_l2",            "Current L2",               CURRENT LIVE },
	{ "phase_current_l3",            "Current L3",               CURRENT LIVE },
	{ "phase_voltage_l1",            "Voltage L1",               VOLTAGE LIVE },
	{ "phase_voltage_l2",            "Voltage L2",               VOLTAGE LIVE },
	{ "phase_voltage_l3",            "Voltage L3",               VOLTAGE LIVE },
	{ "energy_active_cum_import",    "Active energy import",     ENERGY SPARE },
	{ "energy_active_cum_export",    "Active energy export",     ENERGY SPARE },
	{ "energy_reactive_cum_import",  "Reactive energy import",   VARH },
	{ "energy_reactive_cum_export",  "Reactive energy export",   VARH },
	{ "logical_device_name",         "Logical device name",      TEXT "\"mdi:identifier\"" },
	{ "tariff_active",               "Active tariff",            TEXT "\"mdi:cash-clock\"" },
	{ "power_active_import_l1",      "Active power import L1",   POWER LIVE },
	{ "power_active_import_l2",      "Active power import L2",   POWER LIVE },
	{ "power_active_import_l3",      "Active power import L3",   POWER LIVE },
	{ "power_active_export_l1",      "Active power export L1",   POWER LIVE },
	{ "power_active_export_l2",      "Active power export L2",   POWER LIVE },
	{ "power_active_export_l3",      "Active power export L3",   POWER LIVE },
	{ "power_reactive_import_l1",    "Reactive power import L1", VAR LIVE },
	{ "power_reactive_import_l2",    "Reactive power import L2", VAR LIVE },
	{ "power_reactive_import_l3",    "Reactive power import L3", VAR LIVE },
	{ "power_reactive_export_l1",    "Reactive power export L1", VAR LIVE },
	{ "power_reactive_export_l2",    "Reactive power export L2", VAR LIVE },
	{ "power_reactive_export_l3",    "Reactive power export L3", VAR LIVE },
	{ "energy_active_cum_import_l1", "Active energy import L1",  ENERGY },
	{ "energy_active_cum_import_l2", "Active energy import L2",  ENERGY },
	{ "energy_active_cum_import_l3", "Active energy import L3",  ENERGY },
	{ "energy_active_cum_export_l1", "Active energy export L1",  ENERGY },
	{ "energy_active_cum_export_l2", "Active energy export L2",  ENERGY },
	{ "energy_active_cum_export_l3", "Active energy export L3",  ENERGY },
	{ "energy_active_cum_import_t1", "Active energy import tariff 1", ENERGY },
	{ "energy_active_cum_import_t2", "Active energy import tariff 2", ENERGY },
	{ "energy_active_cum_import_t3", "Active energy import tariff 3", ENERGY },
	{ "energy_active_cum_import_t4", "Active energy import tariff 4", ENERGY },
	{ "energy_active_cum_export_t1", "Active energy export tariff 1", ENERGY },
	{ "energy_active_cum_export_t2", "Active energy export tariff 2", ENERGY },
	{ "energy_active_cum_export_t3", "Active energy export tariff 3", ENERGY },
	{ "energy_active_cum_export_t4", "Active energy export tariff 4", ENERGY },
	{ "energy_reactive_cum_q1",      "Reactive energy Q1",       VARH },
	{ "energy_reactive_cum_q2",      "Reactive energy Q2",       VARH },
	{ "energy_reactive_cum_q3",      "Reactive energy Q3",       VARH },
	{ "energy_reactive_cum_q4",      "Reactive energy Q4",       VARH },
	{ "power_factor",                "Power factor",             FACTOR LIVE },
	{ "power_factor_l1",             "Power factor L1",          FACTOR LIVE },
	{ "power_factor_l2",             "Power factor L2",          FACTOR LIVE },
	{ "power_factor_l3",             "Power factor L3",          FACTOR LIVE },
	{ "frequency",                   "Frequency",                HERTZ LIVE },
	{ "phase_angle_l1",              "Phase angle L1",           ANGLE LIVE },
	{ "phase_angle_l2",              "Phase angle L2",           ANGLE LIVE },
	{ "phase_angle_l3",              "Phase angle L3",           ANGLE LIVE },
	{ "energy_active_live_import",   "Active energy import (live)",   LIVE_ENERGY },
	{ "energy_active_live_export",   "Active energy export (live)",   LIVE_ENERGY },
	{ "power_active_net",            "Active power net",              POWER LIVE },
	{ "energy_active_hour_import",   "Active energy import this hour", LIVE_ENERGY },
	{ "energy_active_hour_export",   "Active energy export this hour", LIVE_ENERGY },
	{ "capacity_peak_1",             "Highest hour of the month",     CAPACITY },
	{ "capacity_peak_2",             "Second highest hour of the month",  CAPACITY },
	{ "capacity_peak_3",             "Third highest hour of the month",  CAPACITY },
	{ "capacity_mean",               "Mean of the three highest hours",  CAPACITY },
};

#define CONNECTION \
	"{\"platform\":\"binary_sensor\",\"name\":\"Meter connection\"," \
	"\"unique_id\":\"hanmqttd_6970631400000000_connection\"," \
	"\"default_entity_id\":\"binary_sensor.electricity_meter_connection\"," \
	"\"state_topic\":\"" METER "\",\"payload_on\":\"online\",\"payload_off\":\"offline\"," \
	"\"device_class\":\"connectivity\",\"entity_category\":\"diagnostic\"}"

#define OTHERS 5 /* that are no quantities */

#define DIAGNOSTIC(id, title, options)                                       \
	"{\"platform\":\"sensor\",\"name\":\"" title "\","                   \
	"\"unique_id\":\"hanmqttd_6970631400000000_" id "\","                \
	"\"default_entity_id\":\"sensor.electricity_meter_" id "\","         \
	"\"state_topic\":\"han/6970631400000000/diagnostics/" id "\"," options \
	"\"entity_category\":\"diagnostic\"}"
#define COUNTER(unit, icon)                                                            \
	"\"state_class\":\"total_increasing\",\"unit_of_measurement\":\"" unit "\"," \
	"\"icon\":\"mdi:" icon "\",\"enabled_by_default\":false,"

static const struct {
	const char *id, *json;
} diagnostics[] = {
	{ "connection", CONNECTION },
	{ "problem", DIAGNOSTIC("problem", "Problem", "\"icon\":\"mdi:stethoscope\",") },
	{ "frames_ok", DIAGNOSTIC("frames_ok", "Frames received", COUNTER("frames", "counter")) },
	{ "crc_errors", DIAGNOSTIC("crc_errors", "Frames damaged", COUNTER("frames", "alert-outline")) },
	{ "rejected_values", DIAGNOSTIC("rejected_values", "Values refused", COUNTER("values", "alert-outline")) },
};

static const struct {
	const char *section, *device, *entity;
} sections[] = {
	{ "",            "Electricity meter",             "sensor.electricity_meter_meter_id" },
	{ "cabin",       "Electricity meter cabin",       "sensor.electricity_meter_cabin_meter_id" },
	{ "Main House!", "Electricity meter Main House!", "sensor.electricity_meter_main_house_meter_id" },
	{ "\"1\"",       "Electricity meter \"1\"",       "sensor.electricity_meter_1_meter_id" },
};

static const struct {
	const char *identity, *topic, *id;
} identities[] = {
	{ "6970631400000000", "homeassistant/device/hanmqttd_6970631400000000/config", "hanmqttd_6970631400000000" },
	{ "port-1a2b3c4d",    "homeassistant/device/hanmqttd_port-1a2b3c4d/config",    "hanmqttd_port-1a2b3c4d" },
	{ "KFM 1.2/x+#",      "homeassistant/device/hanmqttd_KFM_1_2_x__/config",      "hanmqttd_KFM_1_2_x__" },
	{ "\"\\",             "homeassistant/device/hanmqttd___/config",               "hanmqttd___" },
};
/* clang-format on */

static bool all[COUNT(entities)];

static struct discovery kaifa(void)
{
	memset(all, true, sizeof(all));
	return (struct discovery){
		.prefix = "homeassistant",
		.version = "0.1.0",
		.identity = "6970631400000000",
		.section = "",
		.maker = "Kaifa",
		.model = "MA304H4",
		.list_version = "KFM_001",
		.base = "han/6970631400000000",
		.bridge_availability = BRIDGE,
		.meter_availability = METER,
		.reactive_energy_class = true,
		.announced = all,
	};
}

/* The message as an object; the caller's to delete. */
static cJSON *message_of(const struct discovery *d)
{
	char *text = discovery_message(d, NULL);
	cJSON *root;

	assert_non_null(text);
	assert_null(strpbrk(text, "\r\n\t"));
	root = cJSON_Parse(text);
	assert_true(cJSON_IsObject(root));
	free(text);
	return root;
}

static const cJSON *member(const cJSON *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

static const char *text_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(member(object, name));
}

static const cJSON *component(const cJSON *root, const char *id)
{
	return member(member(root, "components"), id);
}

/* The same members with the same values, whatever their order. */
static void check_equal(const cJSON *object, const char *json)
{
	cJSON *expected = cJSON_Parse(json);
	char *text = cJSON_PrintUnformatted(object);

	assert_non_null(expected);
	if (!cJSON_Compare(object, expected, true))
		print_message("# %s\n# instead of\n# %s\n", text, json);
	assert_true(cJSON_Compare(object, expected, true));
	cJSON_free(text);
	cJSON_Delete(expected);
}

static void test_entities(void **state)
{
	const struct discovery d = kaifa();
	cJSON *root = message_of(&d);

	(void)state;
	for (size_t i = 0; i < COUNT(entities); i++) {
		char json[1024];

		say_case(entities[i].id);
		snprintf(json, sizeof(json),
		         "{\"platform\":\"sensor\",\"name\":\"%s\","
		         "\"unique_id\":\"hanmqttd_6970631400000000_%s\","
		         "\"default_entity_id\":\"sensor.electricity_meter_%s\","
		         "\"state_topic\":\"han/6970631400000000/%s\",%s}",
		         entities[i].title, entities[i].id, entities[i].id, entities[i].id,
		         entities[i].options);
		check_equal(component(root, entities[i].id), json);
	}
	assert_int_equal(COUNT(diagnostics), OTHERS);
	for (size_t i = 0; i < COUNT(diagnostics); i++)
		check_equal(component(root, diagnostics[i].id), diagnostics[i].json);
	assert_int_equal(cJSON_GetArraySize(member(root, "components")), COUNT(entities) + OTHERS);
	cJSON_Delete(root);
}

/* What can be published must get a title here, and a row above. */
static void test_table_is_whole(void **state)
{
	(void)state;
	assert_int_equal(quantity_count(), COUNT(entities));
	for (size_t i = 0; i < COUNT(entities); i++)
		assert_string_equal(quantity_at(i)->name, entities[i].id);
}

/* A class for each number, as Home Assistant demands it of the unit, whatever the table may learn. */
static const struct {
	enum han_unit unit;
	const char *device_class; /* NULL: none */
	const char *live_class;   /* state class of a momentary number; NULL: there is none */
	const char *spelled;      /* NULL: no unit */
} classes[] = {
	{ HAN_UNIT_W, "power", "measurement", "W" },
	{ HAN_UNIT_VAR, "reactive_power", "measurement", "var" },
	{ HAN_UNIT_VA, "apparent_power", "measurement", "VA" },
	{ HAN_UNIT_A, "current", "measurement", "A" },
	{ HAN_UNIT_V, "voltage", "measurement", "V" },
	{ HAN_UNIT_HZ, "frequency", "measurement", "Hz" },
	{ HAN_UNIT_DEGREE, NULL, "measurement_angle", "°" },
	{ HAN_UNIT_NONE, "power_factor", "measurement", NULL },
	{ HAN_UNIT_KWH, "energy", NULL, "kWh" },
	{ HAN_UNIT_KVARH, "reactive_energy", NULL, "kvarh" },
	{ HAN_UNIT_KVAH, NULL, NULL, "kVAh" },
};

static void check_text(const cJSON *object, const char *name, const char *text)
{
	if (text)
		assert_string_equal(text_of(object, name), text);
	else
		assert_null(member(object, name));
}

static void check_number(const cJSON *c, const struct han_measurement *m)
{
	size_t i = 0;

	while (i < COUNT(classes) && classes[i].unit != m->unit)
		i++;
	assert_true(i < COUNT(classes));
	check_text(c, "device_class", classes[i].device_class);
	check_text(c, "state_class",
	           m->kind == HAN_KIND_REGISTER ? "total_increasing" : classes[i].live_class);
	check_text(c, "unit_of_measurement", classes[i].spelled);
	if (m->unit == HAN_UNIT_NONE)
		assert_memory_equal(m->name, "power_factor", strlen("power_factor"));
}

/* Every measurement of the library has a name of its own for people, and the classes of its unit. */
static void test_measurements(void **state)
{
	const struct discovery d = kaifa();
	cJSON *root = message_of(&d);

	(void)state;
	for (size_t i = 0; i < han_measurement_count(); i++) {
		const struct han_measurement *m = han_measurement_at(i);
		const cJSON *c = component(root, m->name);
		const char *title = text_of(c, "name");

		say_case(m->name);
		assert_true(title[0] >= 'A' && title[0] <= 'Z');
		assert_true(strlen(title) <= 32);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(
				text_of(component(root, han_measurement_at(j)->name), "name"),
				title);
		if (m->kind == HAN_KIND_LIVE || m->kind == HAN_KIND_REGISTER)
			check_number(c, m);
		else
			assert_string_equal(text_of(c, "entity_category"), "diagnostic");
	}
	cJSON_Delete(root);
}

/* All that stands around the entities: Home Assistant refuses the whole message for one key more. */
static void test_frame(void **state)
{
	const struct discovery d = kaifa();
	cJSON *root = message_of(&d);

	(void)state;
	cJSON_DeleteItemFromObjectCaseSensitive(root, "components");
	check_equal(root, "{\"device\":{\"identifiers\":[\"hanmqttd_6970631400000000\"],"
	                  "\"name\":\"Electricity meter\",\"manufacturer\":\"Kaifa\","
	                  "\"model\":\"MA304H4\",\"serial_number\":\"6970631400000000\","
	                  "\"sw_version\":\"KFM_001\"},"
	                  "\"origin\":{\"name\":\"hanmqttd\",\"sw_version\":\"0.1.0\"},"
	                  "\"availability\":[{\"topic\":\"" BRIDGE "\"}],"
	                  "\"availability_mode\":\"all\",\"qos\":0}");
	cJSON_Delete(root);
}

/* What is not known is not said: an empty text would be shown, a null refused. */
static void test_unknown(void **state)
{
	struct discovery d = kaifa();
	cJSON *root;

	(void)state;
	d.maker = d.model = NULL;
	d.list_version = "";
	d.qos = 2;
	root = message_of(&d);
	check_equal(member(root, "device"),
	            "{\"identifiers\":[\"hanmqttd_6970631400000000\"],"
	            "\"name\":\"Electricity meter\",\"serial_number\":\"6970631400000000\"}");
	check_equal(member(root, "qos"), "2");
	cJSON_Delete(root);
}

/* Only what is announced, in the library's order, and the line behind them. */
static void test_set(void **state)
{
	struct discovery d = kaifa();
	bool some[COUNT(entities)] = { false };
	const cJSON *c;
	cJSON *root;

	(void)state;
	d.announced = some;
	root = message_of(&d);
	assert_int_equal(cJSON_GetArraySize(member(root, "components")), OTHERS);
	cJSON_Delete(root);

	some[1] = some[9] = some[17] = true;
	root = message_of(&d);
	c = member(root, "components")->child;
	assert_string_equal(c->string, entities[1].id);
	assert_string_equal(c->next->string, entities[9].id);
	assert_string_equal(c->next->next->string, entities[17].id);
	assert_string_equal(c->next->next->next->string, "connection");
	assert_int_equal(cJSON_GetArraySize(member(root, "components")), 3 + OTHERS);
	cJSON_Delete(root);
}

#define INFO    "han/bridge/hanmqttd-pi/info"
#define COMMAND "han/bridge/hanmqttd-pi/command/power_cycle"
#define IDS(platform, id)                                                  \
	"\"unique_id\":\"hanmqttd_6970631400000000_" id "\","              \
	"\"default_entity_id\":\"" platform ".electricity_meter_" id "\"," \
	"\"platform\":\"" platform "\","

static const struct {
	const char *id;
	bool button;
	const char *json;
} power_entities[] = {
	{ "mbus_power", false,
	  "{" IDS("binary_sensor",
	          "mbus_power") "\"name\":\"M-Bus power\",\"state_topic\":\"" INFO
	                        "\",\"value_template\":"
	                        "\"{{ 'ON' if value_json.power.state in ['on', 'settling'] else 'OFF' }}\","
	                        "\"device_class\":\"power\",\"entity_category\":\"diagnostic\"}" },
	{ "mbus_power_cycles", false,
	  "{" IDS("sensor",
	          "mbus_power_cycles") "\"name\":\"M-Bus power cycles today\","
	                               "\"state_topic\":\"" INFO "\","
	                               "\"value_template\":\"{{ value_json.power.cycles_today }}\","
	                               "\"state_class\":\"measurement\",\"entity_category\":\"diagnostic\","
	                               "\"icon\":\"mdi:restart\",\"enabled_by_default\":false}" },
	{ "mbus_power_cycle", true,
	  "{" IDS("button",
	          "mbus_power_cycle") "\"name\":\"Power-cycle M-Bus\",\"command_topic\":\"" COMMAND
	                              "\",\"payload_press\":\"PRESS\",\"device_class\":\"restart\","
	                              "\"entity_category\":\"config\",\"qos\":1}" },
};

/* The power of the bus, where it is ours; the button, where somebody may press it. */
static void test_power(void **state)
{
	struct discovery d = kaifa();

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		bool power = i & 1, command = i & 2;
		cJSON *root;

		d.power_info = power ? INFO : NULL;
		d.power_command = command ? COMMAND : NULL;
		root = message_of(&d);
		for (size_t j = 0; j < COUNT(power_entities); j++) {
			const cJSON *c = component(root, power_entities[j].id);

			say_case(power_entities[j].id);
			if (power_entities[j].button ? command : power)
				check_equal(c, power_entities[j].json);
			else
				assert_null(c);
		}
		cJSON_Delete(root);
	}
}

/* What goes away is there once more, with nothing but its platform; what is there stays as it is. */
static void test_removed(void **state)
{
	const struct discovery d = kaifa();
	AUTO_ENTITIES removed = { 0 };
	cJSON *root, *whole;
	char *text;

	(void)state;
	entities_add(&removed, "button", "mbus_power_cycle");
	entities_add(&removed, "sensor", "phase_voltage_l9");
	entities_add(&removed, "number", "meter_id"); /* it was of another platform once */
	text = discovery_message(&d, &removed);
	root = cJSON_Parse(text);
	whole = message_of(&d);
	check_equal(component(root, "mbus_power_cycle"), "{\"platform\":\"button\"}");
	check_equal(component(root, "phase_voltage_l9"), "{\"platform\":\"sensor\"}");
	assert_true(cJSON_Compare(component(root, "meter_id"), component(whole, "meter_id"), true));
	assert_int_equal(cJSON_GetArraySize(member(root, "components")),
	                 cJSON_GetArraySize(member(whole, "components")) + 2);
	cJSON_Delete(root);
	cJSON_Delete(whole);
	free(text);
}

/* Which of two that count the same is meant for the energy dashboard; the other one is there, but disabled. */
static void test_energies(void **state)
{
	static const char *const registers[] = { "energy_active_cum_import",
		                                 "energy_active_cum_export" };
	static const char *const lives[] = { "energy_active_live_import",
		                             "energy_active_live_export" };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct discovery d = kaifa();
		bool use_registers = i & 1, live = i & 2;
		cJSON *root;

		d.energy_registers = use_registers;
		all[quantity_index(quantity_calculated(CALCULATED_LIVE_IMPORT))] = live;
		all[quantity_index(quantity_calculated(CALCULATED_LIVE_EXPORT))] = live;
		root = message_of(&d);
		for (size_t j = 0; j < 2; j++) {
			const cJSON *plain = component(root, registers[j]);

			say_case(registers[j]);
			assert_string_equal(text_of(plain, "device_class"), "energy");
			assert_int_equal(cJSON_IsFalse(member(plain, "enabled_by_default")),
			                 live && !use_registers);
			assert_int_equal(component(root, lives[j]) != NULL, live);
			assert_int_equal(cJSON_IsFalse(member(component(root, lives[j]),
			                                      "enabled_by_default")),
			                 live && use_registers);
		}
		cJSON_Delete(root);
	}
}

/* ---- one message each ---- */

struct letters {
	cJSON *by_topic;
	size_t refuse_at;
};

static int take_letter(void *user, const char *topic, const char *payload)
{
	struct letters *letters = user;

	if (letters->refuse_at > 0 && --letters->refuse_at == 0)
		return -ENOTCONN;
	assert_null(member(letters->by_topic, topic));
	cJSON_AddItemToObject(letters->by_topic, topic, cJSON_Parse(payload));
	return 0;
}

#define ENERGY_ALONE                                                                                  \
	"{\"name\":\"Active energy import\","                                                         \
	"\"unique_id\":\"hanmqttd_6970631400000000_energy_active_cum_import\","                       \
	"\"default_entity_id\":\"sensor.electricity_meter_energy_active_cum_import\","                \
	"\"state_topic\":\"han/6970631400000000/energy_active_cum_import\"," ENERGY SPARE             \
	",\"availability\":[{\"topic\":\"" BRIDGE "\"}],\"availability_mode\":\"all\",\"qos\":0,"     \
	"\"device\":{\"identifiers\":[\"hanmqttd_6970631400000000\"],\"name\":\"Electricity meter\"," \
	"\"manufacturer\":\"Kaifa\",\"model\":\"MA304H4\",\"serial_number\":\"6970631400000000\","    \
	"\"sw_version\":\"KFM_001\"},\"origin\":{\"name\":\"hanmqttd\",\"sw_version\":\"0.1.0\"}}"

/* As messages of one entity each: the same ids and options, with what the device message says once. */
static void test_entity_messages(void **state)
{
	struct discovery d = kaifa();
	struct letters letters = { cJSON_CreateObject(), 0 };
	AUTO_ENTITIES told = { 0 };
	cJSON *root;

	(void)state;
	d.power_info = INFO;
	d.power_command = COMMAND;
	assert_int_equal(discovery_entity_messages(&d, &letters, take_letter), 0);
	discovery_entities(&d, &told);
	root = message_of(&d);
	assert_int_equal(told.count, cJSON_GetArraySize(member(root, "components")));
	assert_int_equal(told.count, cJSON_GetArraySize(letters.by_topic));
	check_equal(member(letters.by_topic, "homeassistant/sensor/hanmqttd_6970631400000000/"
	                                     "energy_active_cum_import/config"),
	            ENERGY_ALONE);
	for (size_t i = 0; i < told.count; i++) {
		const cJSON *whole = component(root, told.list[i].id), *alone, *option;
		char topic[320];

		discovery_entity_topic(&d, &told.list[i], topic, sizeof(topic));
		say_case(topic);
		assert_string_equal(text_of(whole, "platform"), told.list[i].platform);
		alone = member(letters.by_topic, topic);
		assert_null(member(alone, "platform"));
		cJSON_ArrayForEach(option, whole)
		{
			if (strcmp(option->string, "platform") != 0)
				assert_true(
					cJSON_Compare(option, member(alone, option->string), true));
		}
		assert_true(cJSON_Compare(member(alone, "device"), member(root, "device"), true));
		assert_true(cJSON_Compare(member(alone, "origin"), member(root, "origin"), true));
		assert_string_equal(text_of(alone, "availability_mode"), "all");
	}
	cJSON_Delete(root);
	cJSON_Delete(letters.by_topic);
}

/* The first that cannot be sent is the last that is tried. */
static void test_entity_messages_refused(void **state)
{
	const struct discovery d = kaifa();
	struct letters letters = { cJSON_CreateObject(), 3 };

	(void)state;
	assert_int_equal(discovery_entity_messages(&d, &letters, take_letter), -ENOTCONN);
	assert_int_equal(cJSON_GetArraySize(letters.by_topic), 2);
	cJSON_Delete(letters.by_topic);
}

/* Home Assistant before 2025.6 refuses the class, but not the unit. */
static void test_reactive_class(void **state)
{
	struct discovery d = kaifa();
	const char *const hidden[] = { "energy_reactive_cum_import", "energy_reactive_cum_export" };
	cJSON *root;

	(void)state;
	d.reactive_energy_class = false;
	root = message_of(&d);
	for (size_t i = 0; i < COUNT(hidden); i++) {
		const cJSON *c = component(root, hidden[i]);

		say_case(hidden[i]);
		assert_null(member(c, "device_class"));
		assert_string_equal(text_of(c, "unit_of_measurement"), "kvarh");
		assert_string_equal(text_of(c, "state_class"), "total_increasing");
	}
	assert_string_equal(text_of(component(root, "energy_active_cum_import"), "device_class"),
	                    "energy");
	assert_string_equal(text_of(component(root, "power_reactive_import"), "device_class"),
	                    "reactive_power");
	cJSON_Delete(root);
}

static void test_sections(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sections); i++) {
		struct discovery d = kaifa();
		cJSON *root;

		say_case(sections[i].section);
		d.section = sections[i].section;
		root = message_of(&d);
		assert_string_equal(text_of(member(root, "device"), "name"), sections[i].device);
		assert_string_equal(text_of(component(root, "meter_id"), "default_entity_id"),
		                    sections[i].entity);
		assert_string_equal(text_of(component(root, "meter_id"), "unique_id"),
		                    "hanmqttd_6970631400000000_meter_id");
		cJSON_Delete(root);
	}
}

/* Topics and ids from the identity, made of the characters that they may have. */
static void test_identities(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(identities); i++) {
		struct discovery d = kaifa();
		char topic[320], id[256];
		const cJSON *device;
		cJSON *root;

		say_case(identities[i].identity);
		d.identity = identities[i].identity;
		assert_ptr_equal(discovery_topic(&d, topic, sizeof(topic)), topic);
		assert_string_equal(topic, identities[i].topic);
		root = message_of(&d);
		device = member(root, "device");
		assert_string_equal(
			cJSON_GetStringValue(cJSON_GetArrayItem(member(device, "identifiers"), 0)),
			identities[i].id);
		assert_string_equal(text_of(device, "serial_number"), identities[i].identity);
		snprintf(id, sizeof(id), "%s_meter_id", identities[i].id);
		assert_string_equal(text_of(component(root, "meter_id"), "unique_id"), id);
		snprintf(id, sizeof(id), "%s_connection", identities[i].id);
		assert_string_equal(text_of(component(root, "connection"), "unique_id"), id);
		cJSON_Delete(root);
	}
}

/* Ids and topics stay whole and equal to each other where an identity is longer than there is room. */
static void test_long_identity(void **state)
{
	struct discovery d = kaifa();
	char identity[256], topic[320], expected[320];
	const cJSON *identifier;
	cJSON *root;

	(void)state;
	memset(identity, '7', sizeof(identity));
	identity[255] = '\0';
	d.identity = identity;
	root = message_of(&d);
	identifier = cJSON_GetArrayItem(member(member(root, "device"), "identifiers"), 0);
	snprintf(expected, sizeof(expected), "homeassistant/device/%s/config",
	         cJSON_GetStringValue(identifier));
	assert_string_equal(discovery_topic(&d, topic, sizeof(topic)), expected);
	snprintf(expected, sizeof(expected), "%s_energy_reactive_cum_import",
	         cJSON_GetStringValue(identifier));
	assert_string_equal(text_of(component(root, "energy_reactive_cum_import"), "unique_id"),
	                    expected);
	cJSON_Delete(root);
}

static void test_prefix(void **state)
{
	struct discovery d = kaifa();
	char topic[320];

	(void)state;
	d.prefix = "a/b";
	assert_string_equal(discovery_topic(&d, topic, sizeof(topic)),
	                    "a/b/device/hanmqttd_6970631400000000/config");
}

/* Same input, same octets. */
static void test_same_octets(void **state)
{
	const struct discovery a = kaifa(), b = kaifa();
	char *text_a = discovery_message(&a, NULL), *text_b = discovery_message(&b, NULL);

	(void)state;
	assert_string_equal(text_a, text_b);
	assert_true(strlen(text_a) < 48 * 1024); /* some brokers take 64 kB */
	free(text_a);
	free(text_b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entities),
		cmocka_unit_test(test_table_is_whole),
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_reactive_class),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_long_identity),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_same_octets),
		cmocka_unit_test(test_measurements),
		cmocka_unit_test(test_power),
		cmocka_unit_test(test_removed),
		cmocka_unit_test(test_energies),
		cmocka_unit_test(test_entity_messages),
		cmocka_unit_test(test_entity_messages_refused),
	};

	return cmocka_run_group_tests_name("discovery", tests, NULL, NULL);
}
