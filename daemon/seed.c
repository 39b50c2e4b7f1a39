#include "seed.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <han/axdr.h>

#include "utf8.h"

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

#define HEX_MAX HAN_TITLE_OCTETS /* the longest of the fields that are shown in hex */

static bool add_hex(cJSON *object, const char *name, const uint8_t *octets, size_t len)
{
	char hex[2 * HEX_MAX + 1] = "";

	for (size_t i = 0; i < len && i < HEX_MAX; i++)
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

#define UNIT_TEXT 16

/* As the seed spells it; a number that the standard reserves under itself. Into buf or static storage. */
static const char *unit_of(enum han_unit unit, char buf[UNIT_TEXT])
{
	static const struct {
		enum han_unit unit;
		const char *name;
	} spelled[] = {
		{ HAN_UNIT_VAR, "VAr" },
		{ HAN_UNIT_VARH, "VArh" },
		{ HAN_UNIT_KVARH, "kVArh" },
		{ HAN_UNIT_M3, "m3" },
	};

	for (size_t i = 0; i < sizeof(spelled) / sizeof(spelled[0]); i++) {
		if (spelled[i].unit == unit)
			return spelled[i].name;
	}
	if (han_unit_name(unit)[0])
		return han_unit_name(unit);
	snprintf(buf, UNIT_TEXT, "unit-%u", (unsigned)unit);
	return buf;
}

/* Whether the clock is the seed's string: a Kaifa list of KFM_001 and its kin. */
static bool is_kfm(const struct han_reading *reading)
{
	const struct han_value *version = han_reading_find(reading, "obis_version");

	if (reading->list && strncmp(han_list_name(reading->list), "kaifa-list", 10) == 0)
		return true;
	return version && version->type == HAN_VALUE_TEXT && version->len >= 4 &&
	       memcmp(version->octets, "KFM_", 4) == 0;
}

/* "2020-04-02 12:39:00,255 -32768 (0)": raw hundredths and deviation, the status in binary digits. */
static cJSON *create_seed_clock(const struct han_datetime *t)
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

/* Whether the value is an item of that type: what an octet-string holds may be no text. */
static bool is_utf8_string(const struct han_reading *reading, const struct han_value *value)
{
	struct han_axdr axdr;
	struct han_item item;

	if (reading->is_telegram || !reading->body)
		return false;
	han_axdr_begin(&axdr, reading->body, reading->body_len);
	while (han_axdr_next(&axdr, &item)) {
		if (item.kind == HAN_ITEM_OCTETS && item.octets == value->octets)
			return item.tag == HAN_TAG_UTF8_STRING;
	}
	return false;
}

static cJSON *create_text(const struct han_reading *reading, const struct han_value *value)
{
	char text[HAN_TEXT_MAX];

	if (value->len >= sizeof(text) || !utf8_is_text(value->octets, value->len) ||
	    !is_utf8_string(reading, value))
		return cJSON_CreateString(han_value_text(value, text));
	memcpy(text, value->octets, value->len);
	text[value->len] = '\0';
	return cJSON_CreateString(text);
}

static cJSON *create_value(const struct han_reading *reading, const struct han_value *value,
                           bool kfm)
{
	char text[HAN_TEXT_MAX];

	switch (value->type) {
	case HAN_VALUE_NUMBER:
		return create_number(value->number);
	case HAN_VALUE_TEXT:
		return create_text(reading, value);
	case HAN_VALUE_CLOCK:
		return kfm ? create_seed_clock(&value->time)
		           : cJSON_CreateString(han_datetime_print(&value->time, text));
	}
	return NULL;
}

/* By name; of one name by place. */
static int compare_values(const void *a, const void *b)
{
	const struct han_value *value_a = *(const struct han_value *const *)a;
	const struct han_value *value_b = *(const struct han_value *const *)b;
	char code_a[HAN_OBIS_TEXT], code_b[HAN_OBIS_TEXT];
	int order = strcmp(han_value_name(value_a, code_a), han_value_name(value_b, code_b));

	return order ? order : (value_a > value_b) - (value_a < value_b);
}

static bool add_value(cJSON *data, const struct han_reading *reading, const struct han_value *value)
{
	const struct han_measurement *m = value->measurement;
	char code[HAN_OBIS_TEXT], unit[UNIT_TEXT];
	cJSON *object = cJSON_AddObjectToObject(data, han_value_name(value, code));
	bool added = object != NULL;

	if (m)
		added = added && add_text(object, "description", m->description);
	added = added && add_text(object, "obis_code", han_value_code(value, code));
	if (value->structural)
		added = added && add(object, "structural", cJSON_CreateTrue());
	if (value->suspicion != HAN_SUSPECT_NOT)
		added = added && add_text(object, "suspect", han_suspicion_name(value->suspicion));
	if (value->type == HAN_VALUE_NUMBER && value->unit != HAN_UNIT_NONE)
		added = added && add_text(object, "unit", unit_of(value->unit, unit));
	return added && add(object, "value", create_value(reading, value, is_kfm(reading)));
}

/* Each name once, the first of them: a key stands once in an object. */
static bool add_data(cJSON *root, const struct han_reading *reading)
{
	cJSON *data = cJSON_AddObjectToObject(root, "data");
	const struct han_value *sorted[HAN_VALUES_MAX];
	char code[HAN_OBIS_TEXT];
	bool added = data != NULL;

	for (size_t i = 0; i < reading->count; i++)
		sorted[i] = &reading->values[i];
	qsort(sorted, reading->count, sizeof(void *), compare_values);
	for (size_t i = 0; i < reading->count && added; i++) {
		if (!cJSON_HasObjectItem(data, han_value_name(sorted[i], code)))
			added = add_value(data, reading, sorted[i]);
	}
	return added;
}

/* ---- encryption ---- */

static bool add_number_hex(cJSON *object, const char *name, uint32_t number)
{
	const uint8_t octets[] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16),
		                   (uint8_t)(number >> 8), (uint8_t)number };

	return add_hex(object, name, octets, sizeof(octets));
}

static bool add_encryption(cJSON *root, const struct han_encryption *e)
{
	cJSON *object = cJSON_AddObjectToObject(root, "encryption");

	return object && add(object, "authenticated", cJSON_CreateBool(e->authenticated)) &&
	       add_number_hex(object, "invocation_counter", e->counter) &&
	       add_hex(object, "security_control", &e->control, 1) &&
	       add_hex(object, "system_title", e->title, sizeof(e->title));
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

static bool add_mbus(cJSON *header, const struct han_mbus_header *h)
{
	return add_hex(header, "mbus_address", &h->address, 1) &&
	       add_hex(header, "mbus_ci", &h->ci, 1) &&
	       add_hex(header, "mbus_control", &h->control, 1);
}

static bool add_p1(cJSON *header, const struct han_p1_header *h)
{
	char crc[5];

	snprintf(crc, sizeof(crc), "%04X", h->crc);
	return (!h->has_crc || add_text(header, "p1_crc", crc)) &&
	       (h->ident_len == 0 ||
	        add(header, "p1_identification", create_octets(h->ident, h->ident_len)));
}

static bool add_apdu(cJSON *header, const struct han_apdu_header *apdu)
{
	return add_number_hex(header, "apdu_invoke_id_and_priority", apdu->invoke_id) &&
	       add_hex(header, "apdu_tag", &apdu->tag, 1);
}

static bool add_header(cJSON *root, const struct han_reading *reading, bool decoded)
{
	cJSON *header = cJSON_AddObjectToObject(root, "header");
	bool has_p1 = reading->framing == HAN_FRAMING_P1 || (decoded && reading->is_telegram);

	return header && (!decoded || reading->is_telegram || add_apdu(header, &reading->apdu)) &&
	       (reading->framing != HAN_FRAMING_HDLC || add_hdlc(header, &reading->hdlc)) &&
	       (!reading->has_llc || add_llc(header, reading->llc)) &&
	       (reading->framing != HAN_FRAMING_MBUS || add_mbus(header, &reading->mbus)) &&
	       (!has_p1 || add_p1(header, &reading->p1));
}

/* ---- payload ---- */

static cJSON *create_item(const struct han_item *item)
{
	switch (item->kind) {
	case HAN_ITEM_NULL:
		return cJSON_CreateNull();
	case HAN_ITEM_NUMBER:
		return create_number(
			(struct han_decimal){ item->magnitude, item->exp10, item->negative });
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
static bool add_apdu_payload(cJSON *root, const struct han_reading *reading)
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

/* The telegram's lines, without their ends. */
static bool add_telegram_payload(cJSON *root, const struct han_reading *reading)
{
	cJSON *payload = cJSON_AddArrayToObject(root, "payload");
	const uint8_t *at = reading->message, *end = at + reading->message_len;
	bool added = payload != NULL;

	while (added && at < end) {
		const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop ? stop : end) - at);
		size_t shown = len > 0 && at[len - 1] == '\r' ? len - 1 : len;

		added = add(payload, NULL, create_octets(at, shown));
		at = stop ? stop + 1 : end;
	}
	return added;
}

static bool add_payload(cJSON *root, const struct han_reading *reading)
{
	return reading->is_telegram ? add_telegram_payload(root, reading)
	                            : add_apdu_payload(root, reading);
}

char *seed_print(const struct han_reading *reading, bool decoded, bool compact)
{
	cJSON *root = cJSON_CreateObject();
	char *text = NULL;

	if (root && (!decoded || add_data(root, reading)) &&
	    (!reading->has_encryption || add_encryption(root, &reading->encryption)) &&
	    add_header(root, reading, decoded) && (!decoded || add_payload(root, reading)))
		text = compact ? cJSON_PrintUnformatted(root) : cJSON_Print(root);
	cJSON_Delete(root);
	return text;
}
