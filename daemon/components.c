#include "components.h"

#include <stdio.h>
#include <string.h>

#include "member.h"
#include "quantity.h"
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
	{ HAN_UNIT_KWH_PER_H, NULL, 2 },
};

/* Names of entities, for people, also of those by phase, tariff and quadrant: for "name_l1" too. Without a
 * row the measurement's description serves. */
static const struct title_row {
	const char *name;
	const char *title;
	const char *icon; /* NULL: the device class brings one */
	int precision;    /* 0: that of the unit */
} titles[] = {
	{ "power_active_import", "Active power import", NULL, 0 },
	{ "power_active_export", "Active power export", NULL, 0 },
	{ "power_reactive_import", "Reactive power import", NULL, 0 },
	{ "power_reactive_export", "Reactive power export", NULL, 0 },
	{ "power_factor", "Power factor", NULL, 0 },
	{ "phase_current", "Current", NULL, 0 },
	{ "phase_voltage", "Voltage", NULL, 0 },
	{ "phase_angle", "Phase angle", "mdi:angle-acute", 0 },
	{ "frequency", "Frequency", NULL, 0 },
	{ "energy_active_cum_import", "Active energy import", NULL, 0 },
	{ "energy_active_cum_export", "Active energy export", NULL, 0 },
	{ "energy_reactive_cum_import", "Reactive energy import", NULL, 0 },
	{ "energy_reactive_cum_export", "Reactive energy export", NULL, 0 },
	{ "energy_reactive_cum", "Reactive energy", NULL, 0 },
	{ "meter_timestamp", "Meter clock", NULL, 0 },
	{ "meter_id", "Meter ID", "mdi:identifier", 0 },
	{ "meter_type", "Meter type", "mdi:meter-electric-outline", 0 },
	{ "obis_version", "OBIS list version", "mdi:format-list-numbered", 0 },
	{ "logical_device_name", "Logical device name", "mdi:identifier", 0 },
	{ "tariff_active", "Active tariff", "mdi:cash-clock", 0 },
	{ "energy_active_live_import", "Active energy import (live)", NULL, 3 },
	{ "energy_active_live_export", "Active energy export (live)", NULL, 3 },
	{ "power_active_net", "Active power net", NULL, 0 },
	{ "energy_active_hour_import", "Active energy import this hour", NULL, 3 },
	{ "energy_active_hour_export", "Active energy export this hour", NULL, 3 },
	{ "capacity_peak_1", "Highest hour of the month", "mdi:chart-bar", 0 },
	{ "capacity_peak_2", "Second highest hour of the month", "mdi:chart-bar", 0 },
	{ "capacity_peak_3", "Third highest hour of the month", "mdi:chart-bar", 0 },
	{ "capacity_mean", "Mean of the three highest hours", "mdi:chart-bar", 0 },
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

void components_add_topic(cJSON *array, const char *topic)
{
	cJSON *object = cJSON_CreateObject();

	member_add_text(object, "topic", topic);
	cJSON_AddItemToArray(array, object);
}

/* What every entity has: its name and the ids that never change. */
static cJSON *add_component(cJSON *components, const struct discovery *d, const char *platform,
                            const char *id, const char *title)
{
	cJSON *c = cJSON_AddObjectToObject(components, id);
	char meter[128], section[64], text[320];

	member_add_text(c, "platform", platform);
	member_add_text(c, "name", title);
	snprintf(text, sizeof(text), "hanmqttd_%s_%s", topic_id(d->identity, meter, sizeof(meter)),
	         id);
	member_add_text(c, "unique_id", text);
	topic_slug(d->section, section, sizeof(section));
	snprintf(text, sizeof(text), "%s.electricity_meter_%s%s%s", platform, section,
	         section[0] ? "_" : "", id);
	member_add_text(c, "default_entity_id", text);
	return c;
}

static const char *state_class(const struct han_measurement *m)
{
	if (m->kind == HAN_KIND_REGISTER && m->unit != HAN_UNIT_KWH_PER_H)
		return "total_increasing";
	return m->unit == HAN_UNIT_DEGREE ? "measurement_angle" : "measurement";
}

/* Of two that count the same energy, whether it is the one that is not meant for the energy dashboard. */
static bool is_spare(const struct discovery *d, const struct han_measurement *m)
{
	static const struct {
		const char *name;
		enum calculated live;
	} pairs[] = {
		{ "energy_active_cum_import", CALCULATED_LIVE_IMPORT },
		{ "energy_active_cum_export", CALCULATED_LIVE_EXPORT },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const struct han_measurement *live = quantity_calculated(pairs[i].live);

		if (m == live)
			return d->energy_registers;
		if (strcmp(m->name, pairs[i].name) == 0)
			return !d->energy_registers && d->announced[quantity_index(live)];
	}
	return false;
}

/* A momentary value is worth something only while the meter speaks; a register stays true. */
static void add_number(cJSON *c, const struct discovery *d, const struct han_measurement *m,
                       int precision)
{
	const struct unit_row *row = unit_row(m->unit);
	bool hidden = m->unit == HAN_UNIT_KVARH && !d->reactive_energy_class;
	cJSON *availability;

	if (row && !hidden)
		member_add_text(c, "device_class", row->device_class);
	member_add_text(c, "state_class", state_class(m));
	member_add_text(c, "unit_of_measurement", han_unit_name(m->unit));
	if (row)
		cJSON_AddNumberToObject(c, "suggested_display_precision",
		                        precision ? precision : row->precision);
	if (is_spare(d, m))
		cJSON_AddFalseToObject(c, "enabled_by_default");
	if (m->kind == HAN_KIND_REGISTER)
		return;
	availability = cJSON_AddArrayToObject(c, "availability");
	components_add_topic(availability, d->bridge_availability);
	components_add_topic(availability, d->meter_availability);
}

static void add_measurement(cJSON *components, const struct discovery *d,
                            const struct han_measurement *m)
{
	char title[TITLE_MAX], topic[512];
	const struct title_row *row = title_row(m, title);
	cJSON *c = add_component(components, d, "sensor", m->name, title);

	snprintf(topic, sizeof(topic), "%s/%s", d->base, m->name);
	member_add_text(c, "state_topic", topic);
	switch (m->kind) {
	case HAN_KIND_LIVE:
	case HAN_KIND_REGISTER:
		add_number(c, d, m, row ? row->precision : 0);
		break;
	case HAN_KIND_CLOCK:
		member_add_text(c, "device_class", "timestamp");
		member_add_text(c, "entity_category", "diagnostic");
		cJSON_AddFalseToObject(c, "enabled_by_default");
		break;
	case HAN_KIND_TEXT:
		member_add_text(c, "entity_category", "diagnostic");
		break;
	}
	if (row)
		member_add_text(c, "icon", row->icon);
}

static void add_connection(cJSON *components, const struct discovery *d)
{
	cJSON *c = add_component(components, d, "binary_sensor", "connection", "Meter connection");

	member_add_text(c, "state_topic", d->meter_availability);
	member_add_text(c, "payload_on", "online");
	member_add_text(c, "payload_off", "offline");
	member_add_text(c, "device_class", "connectivity");
	member_add_text(c, "entity_category", "diagnostic");
}

/* What is wrong and what to do, or "ok". */
static void add_problem(cJSON *components, const struct discovery *d)
{
	cJSON *c = add_component(components, d, "sensor", "problem", "Problem");
	char topic[512];

	snprintf(topic, sizeof(topic), "%s/diagnostics/problem", d->base);
	member_add_text(c, "state_topic", topic);
	member_add_text(c, "entity_category", "diagnostic");
	member_add_text(c, "icon", "mdi:stethoscope");
}

/* Counters of the line, for whoever looks for a fault. */
static void add_counters(cJSON *components, const struct discovery *d)
{
	static const struct {
		const char *id, *title, *unit, *icon;
	} counters[] = {
		{ "frames_ok", "Frames received", "frames", "mdi:counter" },
		{ "crc_errors", "Frames damaged", "frames", "mdi:alert-outline" },
		{ "rejected_values", "Values refused", "values", "mdi:alert-outline" },
	};

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		cJSON *c =
			add_component(components, d, "sensor", counters[i].id, counters[i].title);
		char topic[512];

		snprintf(topic, sizeof(topic), "%s/diagnostics/%s", d->base, counters[i].id);
		member_add_text(c, "state_topic", topic);
		member_add_text(c, "state_class", "total_increasing");
		member_add_text(c, "unit_of_measurement", counters[i].unit);
		member_add_text(c, "entity_category", "diagnostic");
		member_add_text(c, "icon", counters[i].icon);
		cJSON_AddFalseToObject(c, "enabled_by_default");
	}
}

/* Of the daemon, and thus of every meter that it powers: those are one bus. */
static void add_power(cJSON *components, const struct discovery *d)
{
	cJSON *c = add_component(components, d, "binary_sensor", "mbus_power", "M-Bus power");

	member_add_text(c, "state_topic", d->power_info);
	member_add_text(c, "value_template",
	                "{{ 'ON' if value_json.power.state in ['on', 'settling'] else 'OFF' }}");
	member_add_text(c, "device_class", "power");
	member_add_text(c, "entity_category", "diagnostic");

	c = add_component(components, d, "sensor", "mbus_power_cycles", "M-Bus power cycles today");
	member_add_text(c, "state_topic", d->power_info);
	member_add_text(c, "value_template", "{{ value_json.power.cycles_today }}");
	member_add_text(c, "state_class", "measurement");
	member_add_text(c, "entity_category", "diagnostic");
	member_add_text(c, "icon", "mdi:restart");
	cJSON_AddFalseToObject(c, "enabled_by_default");
}

static void add_power_cycle(cJSON *components, const struct discovery *d)
{
	cJSON *c = add_component(components, d, "button", "mbus_power_cycle", "Power-cycle M-Bus");

	member_add_text(c, "command_topic", d->power_command);
	member_add_text(c, "payload_press", "PRESS");
	member_add_text(c, "device_class", "restart");
	member_add_text(c, "entity_category", "config");
	cJSON_AddNumberToObject(c, "qos", 1);
}

cJSON *components_of(const struct discovery *d)
{
	cJSON *components = cJSON_CreateObject();

	for (size_t i = 0; i < quantity_count(); i++) {
		if (d->announced[i])
			add_measurement(components, d, quantity_at(i));
	}
	add_connection(components, d);
	add_problem(components, d);
	add_counters(components, d);
	if (d->power_info)
		add_power(components, d);
	if (d->power_command)
		add_power_cycle(components, d);
	return components;
}
