#include "payload.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

/* Anything can be said as a text. */
bool payload_expected(const struct han_value *value)
{
	if (!value->measurement)
		return true;
	switch (value->measurement->kind) {
	case HAN_KIND_LIVE:
	case HAN_KIND_REGISTER:
		return value->type == HAN_VALUE_NUMBER;
	case HAN_KIND_CLOCK:
		return value->type == HAN_VALUE_CLOCK;
	case HAN_KIND_TEXT:
		break;
	}
	return true;
}

char *payload_value(const struct han_value *value, time_t now, char buf[HAN_TEXT_MAX])
{
	struct clock_instant instant;

	if (!payload_expected(value))
		return NULL;
	switch (value->type) {
	case HAN_VALUE_NUMBER:
		return han_decimal_print(value->number, buf);
	case HAN_VALUE_TEXT:
		return han_value_text(value, buf);
	case HAN_VALUE_CLOCK:
		break;
	}
	if (value->suspicion == HAN_SUSPECT_DATE || !clock_resolve(&value->time, now, &instant))
		return NULL;
	return clock_print(&instant, buf);
}

/* Prints the object and frees it. */
static char *print(cJSON *object)
{
	char *text = object ? cJSON_PrintUnformatted(object) : NULL;

	cJSON_Delete(object);
	return text;
}

static void add_text(cJSON *object, const char *name, const char *text)
{
	if (text && text[0])
		cJSON_AddStringToObject(object, name, text);
}

static void add_meter_time(cJSON *object, const struct han_reading *reading, time_t now)
{
	const struct han_datetime *said = han_reading_time(reading);
	struct clock_instant instant;
	char text[CLOCK_TEXT];

	if (said && clock_resolve(said, now, &instant))
		cJSON_AddStringToObject(object, "meter_time", clock_print(&instant, text));
}

char *payload_reading(const struct han_reading *reading, const char *meter_id,
                      const struct timespec *now)
{
	cJSON *object = cJSON_CreateObject();
	char text[HAN_TEXT_MAX];
	cJSON *values;

	add_text(object, "meter_id", meter_id);
	add_text(object, "list", han_list_name(reading->list));
	add_text(object, "time", clock_print_utc(now, text));
	add_meter_time(object, reading, now->tv_sec);
	values = cJSON_AddObjectToObject(object, "values");
	for (size_t i = 0; i < reading->count; i++) {
		const struct han_value *v = &reading->values[i];

		/* raw: the digits as they are, not through a double */
		if (v->type == HAN_VALUE_NUMBER && v->measurement && !v->structural)
			cJSON_AddRawToObject(values, v->measurement->name,
			                     han_decimal_print(v->number, text));
	}
	return print(object);
}

char *payload_meter_info(const struct payload_meter *meter)
{
	cJSON *object = cJSON_CreateObject();
	cJSON *line;

	add_text(object, "meter_id", meter->meter_id);
	add_text(object, "meter_type", meter->meter_type);
	add_text(object, "obis_version", meter->obis_version);
	add_text(object, "maker", meter->maker);
	add_text(object, "framing", meter->framing);
	line = cJSON_AddObjectToObject(object, "line");
	add_text(line, "device", meter->device);
	if (meter->baud)
		cJSON_AddNumberToObject(line, "baud", meter->baud);
	add_text(line, "format", meter->format);
	return print(object);
}

static void add_power(cJSON *object, const struct payload_bridge *bridge)
{
	cJSON *power = cJSON_AddObjectToObject(object, "power");

	add_text(power, "line", bridge->power_line ? bridge->power_line : "none");
	if (bridge->power_line)
		add_text(power, "state", bridge->power_state);
	cJSON_AddNumberToObject(power, "cycles_today", bridge->power_cycles);
}

char *payload_bridge_info(const struct payload_bridge *bridge)
{
	cJSON *object = cJSON_CreateObject();
	char text[CLOCK_TEXT];
	cJSON *libraries;

	add_text(object, "version", bridge->version);
	add_text(object, "start", clock_print_utc(bridge->start, text));
	cJSON_AddItemToObject(object, "meters",
	                      cJSON_CreateStringArray(bridge->meters, (int)bridge->meter_count));
	libraries = cJSON_AddObjectToObject(object, "libraries");
	add_text(libraries, "libmosquitto", bridge->libmosquitto);
	add_text(libraries, "cJSON", cJSON_Version());
	add_power(object, bridge);
	return print(object);
}
