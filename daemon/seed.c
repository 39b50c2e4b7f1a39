#include "seed.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <han/axdr.h>

#define LENGTH_MASK 0x07FF

/* cJSON keeps the order of insertion: members are added in the order of their names, here and below.
 * What adds returns false when memory ended. */

/* Takes item over, NULL included. name NULL: into an array. */
static bool add(cJSON *parent, const char *name, cJSON *item)
{
	bool added = item && (name ? cJSON_AddItemToObject(parent, name, item)
	                           : cJSON_AddItemToArray(parent, item));

	if (!added)
		cJSON_Delete(item);
	return added;
}

static bool add_text(cJSON *object, const char *name, const char *text)
{
	return add(object, name, cJSON_CreateString(text));
}

static bool add_hex(cJSON *object, const char *name, const uint8_t *octets, size_t len)
{
	char hex[2 * HAN_ADDRESS_MAX + 1] = "";

	for (size_t i = 0; i < len && i < HAN_ADDRESS_MAX; i++)
		snprintf(hex + 2 * i, 3, "%02x", octets[i]);
	return add_text(object, name, hex);
}

/* One character in JSON: as it is, in UTF-8, or escaped when it cannot be seen. Returns its end. */
static char *write_octet(char *out, uint8_t octet)
{
	bool escaped = octet < 0x20 || (octet >= 0x7F && octet < 0xA0);

	if (escaped)
		return out + sprintf(out, "\\u%04x", octet);
	if (octet == '"' || octet == '\\')
		*out++ = '\\';
	if (octet < 0x80) {
		*out++ = (char)octet;
	} else {
		*out++ = (char)(0xC0 | octet >> 6);
		*out++ = (char)(0x80 | (octet & 0x3F));
	}
	return out;
}

/* A string in which each octet is one character; cJSON's own strings cannot hold a NUL. */
static cJSON *create_octets(const uint8_t *octets, size_t len)
{
	char *text = cJSON_malloc(6 * len + sizeof("\"\""));
	char *out = text;
	cJSON *item;

	if (!text)
		return NULL;
	*out++ = '"';
	for (size_t i = 0; i < len; i++)
		out = write_octet(out, octets[i]);
	memcpy(out, "\"", sizeof("\""));
	item = cJSON_CreateRaw(text);
	cJSON_free(text);
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
	if (unit == HAN_UNIT_VAR)
		return "VAr";
	return unit == HAN_UNIT_KVARH ? "kVArh" : han_unit_name(unit);
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

static bool add_value(cJSON *data, const struct han_value *value)
{
	const struct han_measurement *m = value->measurement;
	char code[HAN_OBIS_TEXT];
	cJSON *object = cJSON_AddObjectToObject(data, name_of(value, code));
	bool added = object != NULL;

	if (m)
		added = added && add_text(object, "description", m->description);
	added = added && add_text(object, "obis_code", han_obis_print(value->obis, code));
	if (value->structural)
		added = added && add(object, "structural", cJSON_CreateTrue());
	if (m && m->unit != HAN_UNIT_NONE)
		added = added && add_text(object, "unit", unit_of(m->unit));
	return added && add(object, "value", create_value(value));
}

static bool add_data(cJSON *root, const struct han_reading *reading)
{
	cJSON *data = cJSON_AddObjectToObject(root, "data");
	const struct han_value *sorted[HAN_VALUES_MAX];
	bool added = data != NULL;

	for (size_t i = 0; i < reading->count; i++)
		sorted[i] = &reading->values[i];
	qsort(sorted, reading->count, sizeof(void *), compare_names);
	for (size_t i = 0; i < reading->count && added; i++)
		added = add_value(data, sorted[i]);
	return added;
}

/* ---- header ---- */

static bool add_small(cJSON *object, const char *name, unsigned number)
{
	return add(object, name, cJSON_CreateNumber(number));
}

static bool add_hdlc(cJSON *header, const struct han_hdlc_header *h)
{
	const uint8_t format[] = { (uint8_t)(h->format >> 8), (uint8_t)h->format };

	return add_hex(header, "hdlc_addr_client", h->destination.octets, h->destination.len) &&
	       add_hex(header, "hdlc_addr_server", h->source.octets, h->source.len) &&
	       add_hex(header, "hdlc_control", &h->control, 1) &&
	       add_hex(header, "hdlc_fcs", h->fcs, sizeof(h->fcs)) &&
	       add_hex(header, "hdlc_frame_format", format, sizeof(format)) &&
	       add_hex(header, "hdlc_hcs", h->hcs, sizeof(h->hcs)) &&
	       add_small(header, "hdlc_length", h->format & LENGTH_MASK) &&
	       add_small(header, "hdlc_segmentation", h->format >> 11 & 1) &&
	       add_small(header, "hdlc_type", h->format >> 12);
}

static bool add_llc(cJSON *header, const uint8_t llc[3])
{
	return add_hex(header, "llc_control", &llc[2], 1) &&
	       add_hex(header, "llc_dst_svc_ap", &llc[0], 1) &&
	       add_hex(header, "llc_src_svc_ap", &llc[1], 1);
}

static bool add_header(cJSON *root, const struct han_reading *reading)
{
	cJSON *header = cJSON_AddObjectToObject(root, "header");
	uint32_t id = reading->apdu.invoke_id;
	const uint8_t invoke_id[] = { (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8),
		                      (uint8_t)id };

	return header && add_hex(header, "apdu_invoke_id_and_priority", invoke_id, 4) &&
	       add_hex(header, "apdu_tag", &reading->apdu.tag, 1) &&
	       (reading->framing != HAN_FRAMING_HDLC || add_hdlc(header, &reading->hdlc)) &&
	       (!reading->has_llc || add_llc(header, reading->llc));
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

static cJSON *create_time(const struct han_apdu_header *apdu)
{
	return apdu->has_time ? create_octets(apdu->time_octets, HAN_DATETIME_OCTETS)
	                      : cJSON_CreateNull();
}

/* The header's date-time, then the body, containers as arrays. */
static bool add_payload(cJSON *root, const struct han_reading *reading)
{
	cJSON *open[HAN_AXDR_DEPTH + 2] = { cJSON_AddArrayToObject(root, "payload") };
	bool added = open[0] && add(open[0], NULL, create_time(&reading->apdu));
	struct han_axdr axdr;
	struct han_item item;

	han_axdr_begin(&axdr, reading->body, reading->body_len);
	while (added && han_axdr_next(&axdr, &item)) {
		cJSON *created = create_item(&item);

		added = add(open[item.depth], NULL, created);
		if (item.kind == HAN_ITEM_CONTAINER)
			open[item.depth + 1] = created;
	}
	return added;
}

char *seed_print(const struct han_reading *reading, bool compact)
{
	cJSON *root = cJSON_CreateObject();
	char *text = NULL;

	if (root && add_data(root, reading) && add_header(root, reading) &&
	    add_payload(root, reading))
		text = compact ? cJSON_PrintUnformatted(root) : cJSON_Print(root);
	cJSON_Delete(root);
	return text;
}
