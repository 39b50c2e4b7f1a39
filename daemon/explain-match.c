/* Which item of a message became which value. The library says what a value is; a text's or a clock's place it
 * says too, a number's is found by its code, or by its place in the list. */
#include "explain-parts.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 120 /* of a text */

static struct han_obis obis_of(const uint8_t *o)
{
	return (struct han_obis){ o[0], o[1], o[2], o[3], o[4], o[5] };
}

/* ---- the objects of a push list ---- */

static bool is_object_code(const struct han_item *item)
{
	return item->tag == HAN_TAG_OCTET_STRING && item->len == 6;
}

/* A push list tells first what its values are: an array of {class, code, attribute, index}. Where it pushes itself, that
 * is the value of the first object. */
static void find_objects(struct match *m, const uint8_t *body, size_t len)
{
	struct han_axdr axdr;
	struct han_item item;
	unsigned outer = 0;
	size_t elements = 0;
	bool four = false;

	han_axdr_begin(&axdr, body, len);
	while (han_axdr_next(&axdr, &item)) {
		outer += item.depth == 1;
		if (outer > 1 || (outer == 1 && item.depth == 1 && item.tag != HAN_TAG_ARRAY))
			break;
		if (item.depth == 0)
			elements = item.count;
		else if (item.depth == 1)
			m->apart = item.count < elements;
		if (item.depth == 2)
			four = item.tag == HAN_TAG_STRUCTURE && item.count == 4;
		if (item.depth == 3 && four && is_object_code(&item) && m->objects < HAN_VALUES_MAX)
			m->object[m->objects++] = obis_of(item.octets);
	}
}

void match_begin(struct match *m, const struct han_reading *reading, const uint8_t *body,
                 size_t len)
{
	*m = (struct match){ .reading = reading, .body = body };
	find_objects(m, body, len);
}

/* ---- items ---- */

static uint64_t digits_of(uint64_t magnitude)
{
	while (magnitude > 0 && magnitude % 10 == 0)
		magnitude /= 10;
	return magnitude;
}

static bool same_number(const struct han_value *value, const struct han_item *item)
{
	return value->type == HAN_VALUE_NUMBER && item->kind == HAN_ITEM_NUMBER &&
	       digits_of(item->magnitude) == digits_of(value->number.magnitude) &&
	       (item->magnitude == 0 || item->negative == value->number.negative);
}

static const struct han_value *take(struct match *m, size_t i)
{
	m->used[i] = true;
	return &m->reading->values[i];
}

/* A text or a clock stands where it points to. */
static const struct han_value *find_octets(struct match *m, const struct han_item *item)
{
	const struct han_reading *r = m->reading;

	for (size_t i = 0; i < r->count; i++) {
		const struct han_value *v = &r->values[i];

		if (!m->used[i] && v->type != HAN_VALUE_NUMBER && v->octets && r->body &&
		    v->octets - r->body == item->octets - m->body)
			return take(m, i);
	}
	return NULL;
}

static const struct han_value *find_number(struct match *m, const struct han_item *item)
{
	const struct han_reading *r = m->reading;

	for (size_t i = 0; i < r->count; i++) {
		const struct han_value *v = &r->values[i];
		unsigned place = item->depth > 0 ? m->element - 1 : 0; /* 0: it is the whole body */
		bool here = m->codes + m->objects > 0
		                    ? m->fresh && v->has_obis && han_obis_equal(v->obis, m->obis)
		                    : v->item == place && item->depth <= 1;

		if (!m->used[i] && here && same_number(v, item))
			return take(m, i);
	}
	return NULL;
}

/* A code, where one may stand: that of a value, or what looks like one. What became a text is none. */
static bool is_code(const struct match *m, const struct han_item *item)
{
	const uint8_t *o = item->octets;

	if (!is_object_code(item))
		return false;
	for (size_t i = 0; m->reading && i < m->reading->count; i++) {
		const struct han_value *v = &m->reading->values[i];

		if (v->has_obis && han_obis_equal(v->obis, obis_of(o)))
			return true;
	}
	return o[5] == 0xFF && (o[0] < 2 || o[0] > 0x7E);
}

/* A value of a push list: its object says what it is. */
static void note_object(struct match *m)
{
	size_t i = m->element - 1 - m->apart;

	if (m->element < 2 || i >= m->objects)
		return;
	m->obis = m->object[i];
	m->fresh = true;
}

const struct han_value *match_item(struct match *m, const struct han_item *item)
{
	bool among_objects = m->objects > 0 && m->element == 1 && item->depth > 1;
	const struct han_value *value = NULL;

	if (item->depth == 1) {
		m->element++;
		note_object(m);
	}
	if (m->reading && item->kind == HAN_ITEM_OCTETS)
		value = find_octets(m, item);
	if (!value && is_code(m, item)) {
		m->obis = obis_of(item->octets);
		m->codes++;
		m->fresh = !among_objects;
		return NULL;
	}
	if (m->reading && item->kind == HAN_ITEM_NUMBER && !among_objects)
		value = find_number(m, item);
	if (item->kind != HAN_ITEM_CONTAINER)
		m->fresh = false;
	return value;
}

/* Whether a line's code is that of a value, which also has A and B where the line left them out, and a full stop in
 * front of F. */
static bool same_code(const char *code, const char *full)
{
	size_t len = strlen(code), full_len = strlen(full);

	if (len == 0 || len > full_len)
		return false;
	if (len < full_len && full[full_len - len - 1] != '-' && full[full_len - len - 1] != ':')
		return false;
	full += full_len - len;
	for (; *code == *full || (*full == '.' && (*code == '*' || *code == '&')); code++, full++) {
		if (!*code)
			return true;
	}
	return false;
}

const struct han_value *match_code(struct match *m, const char *code)
{
	char text[HAN_OBIS_TEXT];

	for (size_t i = 0; m->reading && i < m->reading->count; i++) {
		if (!m->used[i] && same_code(code, han_value_code(&m->reading->values[i], text)))
			return take(m, i);
	}
	return NULL;
}

/* ---- text ---- */

char *match_print(const struct han_value *value, char buf[MATCH_TEXT])
{
	const struct han_measurement *m = value->measurement;
	char name[HAN_OBIS_TEXT], code[HAN_OBIS_TEXT], text[HAN_TEXT_MAX];
	const char *unit = "";

	switch (value->type) {
	case HAN_VALUE_NUMBER:
		han_decimal_print(value->number, text);
		unit = han_unit_name(value->unit);
		break;
	case HAN_VALUE_TEXT:
		han_value_text(value, text);
		break;
	case HAN_VALUE_CLOCK:
		han_datetime_print(&value->time, text);
		break;
	}
	if (strlen(text) > SHOWN_MAX)
		memcpy(text + SHOWN_MAX - strlen(PAGE_CUT), PAGE_CUT, sizeof(PAGE_CUT));
	snprintf(buf, MATCH_TEXT, "%s = %.120s%s%s%s%s%s%s%s%s%s%s", han_value_name(value, name),
	         text, unit[0] ? " " : "", unit, m ? " [" : "",
	         m ? han_value_code(value, code) : "", m ? ", " : "", m ? m->description : "",
	         m ? "]" : "", value->structural ? ", a zero that is not measured" : "",
	         value->suspicion != HAN_SUSPECT_NOT ? ", suspect: " : "",
	         han_suspicion_name(value->suspicion));
	return buf;
}
