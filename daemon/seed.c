#include "seed.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <han/axdr.h>

/* ---- texts and numbers ---- */

static void add_hex(cJSON *object, const char *name, const uint8_t *octets, size_t len)
{
	char hex[2 * 8 + 1] = "";

	for (size_t i = 0; i < len && i < 8; i++)
		snprintf(hex + 2 * i, 3, "%02x", octets[i]);
	cJSON_AddStringToObject(object, name, hex);
}

/* A JSON string in which each octet is one character; cJSON's own strings cannot hold a NUL. */
static cJSON *create_octets(const uint8_t *octets, size_t len)
{
	char *text = malloc(6 * len + 3), *out = text;
	cJSON *item;

	if (!text)
		return NULL;
	*out++ = '"';
	for (size_t i = 0; i < len; i++) {
		bool plain = octets[i] >= 0x20 && octets[i] < 0x7F && !strchr("\"\\", octets[i]);

		if (plain)
			*out++ = (char)octets[i];
		else
			out += sprintf(out, "\\u%04x", octets[i]);
	}
	memcpy(out, "\"", 2);
	item = cJSON_CreateRaw(text);
	free(text);
	return item;
}

static cJSON *create_number(struct han_decimal number)
{
	char text[HAN_DECIMAL_TEXT];

	return cJSON_CreateRaw(han_decimal_print(han_decimal_trim(number), text));
}

/* ---- data ---- */

static const char *unit_of(enum han_unit unit)
{
	switch (unit) {
	case HAN_UNIT_VAR:
		return "VAr";
	case HAN_UNIT_KVARH:
		return "kVArh";
	default:
		return han_unit_name(unit);
	}
}

/* "2020-04-02 12:39:00,255 -32768 (0)": raw hundredths and deviation, the status in binary digits. */
static cJSON *create_clock(const struct han_datetime *t)
{
	char text[64], status[9];
	int digits = 0;

	for (int bit = 7; bit >= 0; bit--) {
		if (digits > 0 || bit == 0 || t->status >> bit & 1)
			status[digits++] = t->status >> bit & 1 ? '1' : '0';
	}
	status[digits] = '\0';
	snprintf(text, sizeof(text), "%04u-%02u-%02u %02u:%02u:%02u,%u %d (%s)", t->year, t->month,
	         t->day, t->hour, t->minute, t->second, t->hundredths, t->deviation, status);
	return cJSON_CreateString(text);
}

static cJSON *create_value(const struct han_value *value)
{
	char text[HAN_TEXT_MAX];

	switch (value->type) {
	case HAN_VALUE_NUMBER:
		return create_number(value->number);
	case HAN_VALUE_TEXT:
		return cJSON_CreateString(han_value_text(value, text));
	case HAN_VALUE_CLOCK:
		return create_clock(&value->time);
	}
	return NULL;
}

/* The name, or the code of what has none. Returns buf or static storage. */
static const char *name_of(const struct han_value *value, char buf[HAN_OBIS_TEXT])
{
	return value->measurement ? value->measurement->name : han_obis_print(value->obis, buf);
}

static int compare_names(const void *a, const void *b)
{
	char code_a[HAN_OBIS_TEXT], code_b[HAN_OBIS_TEXT];

	return strcmp(name_of(*(const struct han_value *const *)a, code_a),
	              name_of(*(const struct han_value *const *)b, code_b));
}

static void add_value(cJSON *data, const struct han_value *value)
{
	const struct han_measurement *m = value->measurement;
	char code[HAN_OBIS_TEXT];
	cJSON *object = cJSON_AddObjectToObject(data, name_of(value, code));

	if (m)
		cJSON_AddStringToObject(object, "description", m->description);
	cJSON_AddStringToObject(object, "obis_code", han_obis_print(value->obis, code));
	if (value->structural)
		cJSON_AddTrueToObject(object, "structural");
	if (m && m->unit != HAN_UNIT_NONE)
		cJSON_AddStringToObject(object, "unit", unit_of(m->unit));
	cJSON_AddItemToObject(object, "value", create_value(value));
}

/* cJSON keeps the order of insertion: members are added in the order of their names, here and below. */
static void add_data(cJSON *root, const struct han_reading *reading)
{
	cJSON *data = cJSON_AddObjectToObject(root, "data");
	const struct han_value *sorted[HAN_VALUES_MAX];

	for (size_t i = 0; i < reading->count; i++)
		sorted[i] = &reading->values[i];
	qsort(sorted, reading->count, sizeof(const struct han_value *), compare_names);
	for (size_t i = 0; i < reading->count; i++)
		add_value(data, sorted[i]);
}

/* ---- header ---- */

static void add_hdlc(cJSON *header, const struct han_hdlc_header *h)
{
	const uint8_t format[] = { (uint8_t)(h->format >> 8), (uint8_t)h->format };

	add_hex(header, "hdlc_addr_client", h->destination.octets, h->destination.len);
	add_hex(header, "hdlc_addr_server", h->source.octets, h->source.len);
	add_hex(header, "hdlc_control", &h->control, 1);
	add_hex(header, "hdlc_fcs", h->fcs, sizeof(h->fcs));
	add_hex(header, "hdlc_frame_format", format, sizeof(format));
	add_hex(header, "hdlc_hcs", h->hcs, sizeof(h->hcs));
	cJSON_AddNumberToObject(header, "hdlc_length", h->format & 0x07FF);
	cJSON_AddNumberToObject(header, "hdlc_segmentation", h->format >> 11 & 1);
	cJSON_AddNumberToObject(header, "hdlc_type", h->format >> 12);
}

static void add_header(cJSON *root, const struct han_reading *reading)
{
	cJSON *header = cJSON_AddObjectToObject(root, "header");
	uint32_t id = reading->apdu.invoke_id;
	const uint8_t invoke_id[] = { (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8),
		                      (uint8_t)id };

	add_hex(header, "apdu_invoke_id_and_priority", invoke_id, sizeof(invoke_id));
	add_hex(header, "apdu_tag", &reading->apdu.tag, 1);
	if (reading->framing == HAN_FRAMING_HDLC)
		add_hdlc(header, &reading->hdlc);
	if (reading->has_llc) {
		add_hex(header, "llc_control", &reading->llc[2], 1);
		add_hex(header, "llc_dst_svc_ap", &reading->llc[0], 1);
		add_hex(header, "llc_src_svc_ap", &reading->llc[1], 1);
	}
}

/* ---- payload ---- */

static cJSON *create_item(const struct han_item *item)
{
	switch (item->kind) {
	case HAN_ITEM_NULL:
		return cJSON_CreateNull();
	case HAN_ITEM_NUMBER:
		return create_number((struct han_decimal){ item->magnitude, 0, item->negative });
	case HAN_ITEM_OCTETS:
		return create_octets(item->octets, item->len);
	case HAN_ITEM_CONTAINER:
		return cJSON_CreateArray();
	}
	return NULL;
}

/* The header's date-time, then the body, containers as arrays. */
static void add_payload(cJSON *root, const struct han_reading *reading)
{
	cJSON *open[HAN_AXDR_DEPTH + 2] = { cJSON_AddArrayToObject(root, "payload") };
	struct han_axdr axdr;
	struct han_item item;

	cJSON_AddItemToArray(open[0],
	                     reading->apdu.has_time
	                             ? create_octets(reading->apdu.time_octets, HAN_DATETIME_OCTETS)
	                             : cJSON_CreateNull());
	han_axdr_begin(&axdr, reading->body, reading->body_len);
	while (han_axdr_next(&axdr, &item)) {
		cJSON *created = create_item(&item);

		cJSON_AddItemToArray(open[item.depth], created);
		if (item.kind == HAN_ITEM_CONTAINER)
			open[item.depth + 1] = created;
	}
}

char *seed_print(const struct han_reading *reading, bool compact)
{
	cJSON *root = cJSON_CreateObject();
	char *text;

	add_data(root, reading);
	add_header(root, reading);
	add_payload(root, reading);
	text = compact ? cJSON_PrintUnformatted(root) : cJSON_Print(root);
	cJSON_Delete(root);
	return text;
}
