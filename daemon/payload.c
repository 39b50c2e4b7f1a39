#include "payload.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "writer.h"

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

	if (value->structural || !payload_expected(value))
		return NULL;
	switch (value->type) {
	case HAN_VALUE_NUMBER:
		return han_decimal_print(value->number, buf);
	case HAN_VALUE_TEXT:
		return han_value_text(value, buf);
	case HAN_VALUE_CLOCK:
		break;
	}
	if (value->suspicion == HAN_SUSPECT_DATE ||
	    !clock_resolve(NULL, &value->time, now, &instant))
		return NULL;
	return clock_print(&instant, buf);
}

static void write_text(struct writer *w, const char *name, const char *text)
{
	if (text && text[0])
		writer_text(w, name, text);
}

static void write_meter_time(struct writer *w, struct clock_zone *zone,
                             const struct han_reading *reading, time_t now)
{
	const struct han_datetime *said = han_reading_time(reading);
	struct clock_instant instant;
	char text[CLOCK_TEXT];

	if (said && clock_resolve(zone, said, now, &instant))
		writer_plain(w, "meter_time", clock_print(&instant, text));
}

static bool is_register(const struct han_value *value)
{
	return value->measurement && value->measurement->kind == HAN_KIND_REGISTER;
}

static bool is_number(const struct han_value *value)
{
	return value->measurement && value->type == HAN_VALUE_NUMBER && !value->structural;
}

void payload_begin(struct writer *w, const struct han_reading *reading, const char *meter_id,
                   const struct timespec *now, struct clock_zone *zone, char buf[PAYLOAD_JSON])
{
	char text[CLOCK_TEXT];

	writer_init(w, buf, PAYLOAD_JSON);
	write_text(w, "meter_id", meter_id);
	writer_plain(w, "list", han_list_name(reading->list));
	writer_plain(w, "time", clock_print_utc(now, text));
	write_meter_time(w, zone, reading, now->tv_sec);
	writer_open(w, "values");
}

/* raw: the digits as they are, not through a double */
void payload_add(struct writer *w, const struct han_value *value, const char *text, size_t len)
{
	char room[HAN_DECIMAL_TEXT];

	if (!is_number(value))
		return;
	if (!text) {
		text = han_decimal_print(value->number, room);
		len = strlen(text);
	}
	writer_raw(w, value->measurement->name, text, len);
}

char *payload_end(struct writer *w)
{
	writer_close(w);
	return writer_end(w);
}

bool payload_has_registers(const struct han_reading *reading)
{
	for (size_t i = 0; i < reading->count; i++) {
		if (is_register(&reading->values[i]) && is_number(&reading->values[i]))
			return true;
	}
	return false;
}

char *payload_registers(const struct han_reading *reading, const char *meter_id,
                        const struct timespec *now, char buf[PAYLOAD_JSON])
{
	char text[CLOCK_TEXT];
	struct writer w;

	writer_init(&w, buf, PAYLOAD_JSON);
	write_text(&w, "meter_id", meter_id);
	write_meter_time(&w, NULL, reading, now->tv_sec);
	writer_plain(&w, "time", clock_print_utc(now, text));
	writer_open(&w, "values");
	for (size_t i = 0; i < reading->count; i++) {
		if (is_register(&reading->values[i]))
			payload_add(&w, &reading->values[i], NULL, 0);
	}
	return payload_end(&w);
}

char *payload_meter_info(const struct payload_meter *meter, char buf[PAYLOAD_JSON])
{
	struct writer w;
	char baud[12];

	writer_init(&w, buf, PAYLOAD_JSON);
	write_text(&w, "meter_id", meter->meter_id);
	write_text(&w, "meter_type", meter->meter_type);
	write_text(&w, "obis_version", meter->obis_version);
	write_text(&w, "maker", meter->maker);
	write_text(&w, "framing", meter->framing);
	writer_open(&w, "line");
	write_text(&w, "device", meter->device);
	if (meter->baud)
		writer_raw(&w, "baud", baud,
		           (size_t)snprintf(baud, sizeof(baud), "%u", meter->baud));
	write_text(&w, "format", meter->format);
	writer_close(&w);
	return writer_end(&w);
}

/* ---- the bridge ---- */

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

/* An object also when all is well: whoever waits for one need not ask whether it is there. */
static void add_problems(cJSON *object, const struct payload_bridge *bridge)
{
	cJSON *problems = cJSON_AddObjectToObject(object, "problems");

	for (size_t i = 0; i < bridge->problem_count; i++)
		cJSON_AddStringToObject(problems, bridge->problems[i].meter,
		                        bridge->problems[i].text);
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
	add_problems(object, bridge);
	libraries = cJSON_AddObjectToObject(object, "libraries");
	add_text(libraries, "libmosquitto", bridge->libmosquitto);
	add_text(libraries, "cJSON", cJSON_Version());
	add_power(object, bridge);
	return print(object);
}
