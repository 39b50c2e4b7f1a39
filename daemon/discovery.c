#include "discovery.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "entities.h"
#include "topic.h"

#define TITLE_MAX 128

/* What Home Assistant wants to know of a unit; its spelling of classes is exact. */
static const struct unit_row {
	enum han_unit unit;
	const char *device_class; /* NULL: there is none for it */
	int precision;
} units[] = {
	{ HAN_UNIT_W, "power", 0 },
	{ HAN_UNIT_VAR, "reactive_power", 0 },
	{ HAN_UNIT_VA, "apparent_power", 0 },
	{ HAN_UNIT_A, "current", 2 },
	{ HAN_UNIT_V, "voltage", 1 },
	{ HAN_UNIT_HZ, "frequency", 2 },
	{ HAN_UNIT_DEGREE, NULL, 1 },
	{ HAN_UNIT_NONE, "power_factor", 2 }, /* the only numbers without a unit */
	{ HAN_UNIT_KWH, "energy", 2 },
	{ HAN_UNIT_KVARH, "reactive_energy", 2 },
	{ HAN_UNIT_KVAH, NULL, 2 },
};

/* Names of entities, for people, also of those by phase, tariff and quadrant: for "name_l1" too. Without a
 * row the measurement's description serves. */
static const struct title_row {
	const char *name;
	const char *title;
	const char *icon; /* NULL: the device class brings one */
} titles[] = {
	{ "power_active_import", "Active power import", NULL },
	{ "power_active_export", "Active power export", NULL },
	{ "power_reactive_import", "Reactive power import", NULL },
	{ "power_reactive_export", "Reactive power export", NULL },
	{ "power_factor", "Power factor", NULL },
	{ "phase_current", "Current", NULL },
	{ "phase_voltage", "Voltage", NULL },
	{ "phase_angle", "Phase angle", "mdi:angle-acute" },
	{ "frequency", "Frequency", NULL },
	{ "energy_active_cum_import", "Active energy import", NULL },
	{ "energy_active_cum_export", "Active energy export", NULL },
	{ "energy_reactive_cum_import", "Reactive energy import", NULL },
	{ "energy_reactive_cum_export", "Reactive energy export", NULL },
	{ "energy_reactive_cum", "Reactive energy", NULL },
	{ "meter_timestamp", "Meter clock", NULL },
	{ "meter_id", "Meter ID", "mdi:identifier" },
	{ "meter_type", "Meter type", "mdi:meter-electric-outline" },
	{ "obis_version", "OBIS list version", "mdi:format-list-numbered" },
	{ "logical_device_name", "Logical device name", "mdi:identifier" },
	{ "tariff_active", "Active tariff", "mdi:cash-clock" },
};

/* What a name may end with: one letter, and a digit. */
static const struct {
	char letter;
	const char *word;
} parts[] = { { 'l', " L" }, { 't', " tariff " }, { 'q', " Q" } };

static const struct unit_row *unit_row(enum han_unit unit)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].unit == unit)
			return &units[i];
	}
	return NULL;
}

/* What stands for "_l" in front of the digit of "_l1", "" for no part; NULL when the rest is something else. */
static const char *part_of(const char *rest)
{
	if (!rest[0])
		return "";
	if (rest[0] != '_' || !rest[1] || rest[2] < '1' || rest[2] > '9' || rest[3])
		return NULL;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].letter == rest[1])
			return parts[i].word;
	}
	return NULL;
}

/* The row of a measurement, and its entity's name into title; NULL and the description without one. */
static const struct title_row *title_row(const struct han_measurement *m, char title[TITLE_MAX])
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		size_t len = strlen(titles[i].name);
		const char *part;

		if (strncmp(m->name, titles[i].name, len) != 0)
			continue;
		part = part_of(m->name + len);
		if (!part)
			continue;
		snprintf(title, TITLE_MAX, "%s%s%s", titles[i].title, part,
		         part[0] ? m->name + len + 2 : "");
		return &titles[i];
	}
	snprintf(title, TITLE_MAX, "%s", m->description);
	return NULL;
}

static void add_text(cJSON *object, const char *key, const char *text)
{
	if (text && text[0])
		cJSON_AddStringToObject(object, key, text);
}

static void add_topic(cJSON *array, const char *topic)
{
	cJSON *object = cJSON_CreateObject();

	add_text(object, "topic", topic);
	cJSON_AddItemToArray(array, object);
}

/* What every entity has: its name and the ids that never change. */
static cJSON *add_component(cJSON *components, const struct discovery *d, const char *platform,
                            const char *id, const char *title)
{
	cJSON *c = cJSON_AddObjectToObject(components, id);
	char meter[128], section[64], text[320];

	add_text(c, "platform", platform);
	add_text(c, "name", title);
	snprintf(text, sizeof(text), "hanmqttd_%s_%s", topic_id(d->identity, meter, sizeof(meter)),
	         id);
	add_text(c, "unique_id", text);
	topic_slug(d->section, section, sizeof(section));
	snprintf(text, sizeof(text), "%s.electricity_meter_%s%s%s", platform, section,
	         section[0] ? "_" : "", id);
	add_text(c, "default_entity_id", text);
	return c;
}

static const char *state_class(const struct han_measurement *m)
{
	if (m->kind == HAN_KIND_REGISTER)
		return "total_increasing";
	return m->unit == HAN_UNIT_DEGREE ? "measurement_angle" : "measurement";
}

/* A momentary value is worth something only while the meter speaks; a register stays true. */
static void add_number(cJSON *c, const struct discovery *d, const struct han_measurement *m)
{
	const struct unit_row *row = unit_row(m->unit);
	bool hidden = m->unit == HAN_UNIT_KVARH && !d->reactive_energy_class;
	cJSON *availability;

	if (row && !hidden)
		add_text(c, "device_class", row->device_class);
	add_text(c, "state_class", state_class(m));
	add_text(c, "unit_of_measurement", han_unit_name(m->unit));
	if (row)
		cJSON_AddNumberToObject(c, "suggested_display_precision", row->precision);
	if (m->kind == HAN_KIND_REGISTER)
		return;
	availability = cJSON_AddArrayToObject(c, "availability");
	add_topic(availability, d->bridge_availability);
	add_topic(availability, d->meter_availability);
}

static void add_measurement(cJSON *components, const struct discovery *d,
                            const struct han_measurement *m)
{
	char title[TITLE_MAX], topic[512];
	const struct title_row *row = title_row(m, title);
	cJSON *c = add_component(components, d, "sensor", m->name, title);

	snprintf(topic, sizeof(topic), "%s/%s", d->base, m->name);
	add_text(c, "state_topic", topic);
	switch (m->kind) {
	case HAN_KIND_LIVE:
	case HAN_KIND_REGISTER:
		add_number(c, d, m);
		break;
	case HAN_KIND_CLOCK:
		add_text(c, "device_class", "timestamp");
		add_text(c, "entity_category", "diagnostic");
		cJSON_AddFalseToObject(c, "enabled_by_default");
		break;
	case HAN_KIND_TEXT:
		add_text(c, "entity_category", "diagnostic");
		break;
	}
	if (row)
		add_text(c, "icon", row->icon);
}

static void add_connection(cJSON *components, const struct discovery *d)
{
	cJSON *c = add_component(components, d, "binary_sensor", "connection", "Meter connection");

	add_text(c, "state_topic", d->meter_availability);
	add_text(c, "payload_on", "online");
	add_text(c, "payload_off", "offline");
	add_text(c, "device_class", "connectivity");
	add_text(c, "entity_category", "diagnostic");
}

/* Of the daemon, and thus of every meter that it powers: those are one bus. */
static void add_power(cJSON *components, const struct discovery *d)
{
	cJSON *c = add_component(components, d, "binary_sensor", "mbus_power", "M-Bus power");

	add_text(c, "state_topic", d->power_info);
	add_text(c, "value_template",
	         "{{ 'ON' if value_json.power.state in ['on', 'settling'] else 'OFF' }}");
	add_text(c, "device_class", "power");
	add_text(c, "entity_category", "diagnostic");

	c = add_component(components, d, "sensor", "mbus_power_cycles", "M-Bus power cycles today");
	add_text(c, "state_topic", d->power_info);
	add_text(c, "value_template", "{{ value_json.power.cycles_today }}");
	add_text(c, "state_class", "measurement");
	add_text(c, "entity_category", "diagnostic");
	add_text(c, "icon", "mdi:restart");
	cJSON_AddFalseToObject(c, "enabled_by_default");
}

static void add_power_cycle(cJSON *components, const struct discovery *d)
{
	cJSON *c = add_component(components, d, "button", "mbus_power_cycle", "Power-cycle M-Bus");

	add_text(c, "command_topic", d->power_command);
	add_text(c, "payload_press", "PRESS");
	add_text(c, "device_class", "restart");
	add_text(c, "entity_category", "config");
	cJSON_AddNumberToObject(c, "qos", 1);
}

/* An entity that holds nothing but its platform is removed. */
static void add_removed(cJSON *components, const struct discovery *d)
{
	static const struct {
		enum entity entity;
		const char *id, *platform;
	} rows[] = {
		{ ENTITY_POWER, "mbus_power", "binary_sensor" },
		{ ENTITY_POWER_CYCLES, "mbus_power_cycles", "sensor" },
		{ ENTITY_POWER_CYCLE, "mbus_power_cycle", "button" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (d->removed & rows[i].entity)
			add_text(cJSON_AddObjectToObject(components, rows[i].id), "platform",
			         rows[i].platform);
	}
}

static void add_device(cJSON *root, const struct discovery *d)
{
	cJSON *device = cJSON_AddObjectToObject(root, "device");
	cJSON *identifiers = cJSON_AddArrayToObject(device, "identifiers");
	char meter[128], text[160];

	snprintf(text, sizeof(text), "hanmqttd_%s", topic_id(d->identity, meter, sizeof(meter)));
	cJSON_AddItemToArray(identifiers, cJSON_CreateString(text));
	snprintf(text, sizeof(text), "Electricity meter%s%s", d->section[0] ? " " : "", d->section);
	add_text(device, "name", text);
	add_text(device, "manufacturer", d->maker);
	add_text(device, "model", d->model);
	add_text(device, "serial_number", d->identity);
	add_text(device, "sw_version", d->list_version);
}

static void add_origin(cJSON *root, const struct discovery *d)
{
	cJSON *origin = cJSON_AddObjectToObject(root, "origin");

	add_text(origin, "name", "hanmqttd");
	add_text(origin, "sw_version", d->version);
}

char *discovery_topic(const struct discovery *d, char *buf, size_t size)
{
	char meter[128];

	snprintf(buf, size, "%s/device/hanmqttd_%s/config", d->prefix,
	         topic_id(d->identity, meter, sizeof(meter)));
	return buf;
}

char *discovery_message(const struct discovery *d)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *components;
	char *text;

	add_device(root, d);
	add_origin(root, d);
	add_topic(cJSON_AddArrayToObject(root, "availability"), d->bridge_availability);
	add_text(root, "availability_mode", "all");
	cJSON_AddNumberToObject(root, "qos", d->qos);
	components = cJSON_AddObjectToObject(root, "components");
	for (size_t i = 0; i < han_measurement_count(); i++) {
		if (d->announced[i])
			add_measurement(components, d, han_measurement_at(i));
	}
	add_connection(components, d);
	if (d->power_info)
		add_power(components, d);
	if (d->power_command)
		add_power_cycle(components, d);
	add_removed(components, d);
	text = root ? cJSON_PrintUnformatted(root) : NULL;
	cJSON_Delete(root);
	return text;
}
