#include "repeat.h"

#include <string.h>

#include "apdu.h"
#include "axdr.h"
#include "datetime.h"
#include "hdlc.h"
#include "lists.h"
#include "measurement.h"
#include "profile.h"
#include "remainder.h"
#include "shape.h"

#define WORD      sizeof(uint64_t)
#define ID_LEN    4
#define CHECK_LEN 2
#define YEAR_LEN  2
#define PLAIN_LEN 4      /* of most integers */
#define YEAR_END  0x1000 /* texts that begin with a letter are above */
#define REGISTER  8      /* group D of a cumulative register */

void repeat_init(struct repeat *r)
{
	for (size_t i = 0; i < REPEAT_FORMS; i++)
		r->forms[i].len = 0;
	r->next = 0;
	r->shown = NULL;
}

/* ---- the same form? ---- */

static uint64_t keep_word(const uint8_t *octets, uint8_t *kept)
{
	memcpy(kept, octets, WORD);
	return remainder_word(octets);
}

/* Whether the frame differs from the remembered one only where it may, and P divides the difference as it divides
 * both of them (start and end of the register are in both). Octets that are the same, behind or in front, change
 * nothing in that: whole words will do, and the first one is always the same. As every word is in hand, it is put to
 * where it is kept. */
static bool is_of(const struct repeat_form *form, const uint8_t *frame, uint8_t *kept)
{
	struct remainder sum = { 0, 0 };
	uint64_t wrong = keep_word(frame, kept) ^ remainder_word(form->octets);

	for (size_t at = form->len % WORD; at < form->len; at += WORD) {
		uint64_t differs =
			keep_word(frame + at, kept + at) ^ remainder_word(form->octets + at);

		wrong |= differs & remainder_word(form->mask + at);
		remainder_add(&sum, differs);
	}
	return wrong == 0 && remainder_is_none(&sum);
}

static const struct repeat_form *find(const struct repeat *r, const uint8_t *frame, size_t len,
                                      uint8_t *kept)
{
	for (const struct repeat_form *form = r->forms; form < r->forms + REPEAT_FORMS; form++) {
		if (form->len == len)
			return is_of(form, frame, kept) ? form : NULL;
	}
	return NULL;
}

/* ---- the reading ---- */

/* What all frames of the form have in common. */
static void show(const struct repeat_form *form, const uint8_t *kept, struct han_reading *reading)
{
	size_t check = form->len - 1 - CHECK_LEN;

	reading->framing = HAN_FRAMING_HDLC;
	reading->hdlc = form->hdlc;
	reading->mbus = (struct han_mbus_header){ 0 };
	memset(&reading->p1, 0, sizeof(reading->p1));
	reading->has_llc = true;
	memcpy(reading->llc, form->llc, sizeof(reading->llc));
	reading->has_encryption = false;
	reading->is_telegram = false;
	reading->message = kept + form->message;
	reading->message_len = check - form->message;
	reading->body = kept + form->body;
	reading->body_len = check - form->body;
	reading->apdu = (struct han_apdu_header){ .tag = APDU_DATA_NOTIFICATION,
		                                  .has_time = form->has_time };
	reading->list = form->list;
	reading->count = form->count;
	memcpy(reading->values, form->values, form->count * sizeof(form->values[0]));
}

static void read_headers(const struct repeat_form *form, const uint8_t *frame,
                         struct han_reading *reading)
{
	const uint8_t *time = frame + form->body - HAN_DATETIME_OCTETS;

	memcpy(reading->hdlc.fcs, frame + form->len - 1 - CHECK_LEN, CHECK_LEN);
	reading->apdu.invoke_id = (uint32_t)cursor_number(frame + form->message + 1, ID_LEN);
	if (!form->has_time)
		return;
	memcpy(reading->apdu.time_octets, time, HAN_DATETIME_OCTETS);
	datetime_read(time, &reading->apdu.time);
}

static void read_integer(const struct repeat_form *form, const struct repeat_place *place,
                         const uint8_t *frame, struct han_value *v)
{
	v->number.magnitude =
		axdr_integer(frame + place->at, place->len, place->is_signed, &v->number.negative);
	if (place->by_size)
		v->number.exp10 = (int16_t)lists_scale(form->list, v->unit, v->number.magnitude);
}

/* The largest one tells the scale of all. */
static void scale_voltages(const struct repeat_form *form, struct han_reading *reading)
{
	uint64_t largest = 0;
	int16_t exp10;

	for (size_t i = 0; i < form->count; i++) {
		const struct han_value *v = &reading->values[i];

		if (form->places[i].by_size && v->unit == HAN_UNIT_V &&
		    v->number.magnitude > largest)
			largest = v->number.magnitude;
	}
	exp10 = (int16_t)lists_scale(form->list, HAN_UNIT_V, largest);
	for (size_t i = 0; i < form->count; i++) {
		if (form->places[i].by_size && reading->values[i].unit == HAN_UNIT_V)
			reading->values[i].number.exp10 = exp10;
	}
}

static void read_values(const struct repeat_form *form, const uint8_t *frame, const uint8_t *kept,
                        struct han_reading *reading)
{
	const struct repeat_place *place = form->places, *end = place + form->count;

	for (struct han_value *v = reading->values; place < end; v++, place++) {
		if (place->is_plain) {
			v->number.magnitude = cursor_number(frame + place->at, PLAIN_LEN);
		} else if (place->len == 0) {
			v->octets = kept + place->at;
			if (v->type == HAN_VALUE_CLOCK)
				datetime_read(frame + place->at, &v->time);
		} else {
			read_integer(form, place, frame, v);
		}
	}
	if (form->has_voltages)
		scale_voltages(form, reading);
}

/* What was marked, or stands elsewhere, is shown anew. */
bool repeat_read(struct repeat *r, const uint8_t *frame, size_t len, uint8_t *kept,
                 struct han_reading *reading)
{
	const struct repeat_form *form = find(r, frame, len, kept);

	if (!form)
		return false;
	if (form != r->shown || reading->message != kept + form->message)
		show(form, kept, reading);
	read_headers(form, frame, reading);
	read_values(form, frame, kept, reading);
	r->shown = form->markable ? NULL : form;
	return true;
}

/* ---- a new form ---- */

/* Where the message has not said its scale, its list says it, and some by the number's size. */
static bool is_scaled_by_size(const struct han_value *value, const struct entry *entry,
                              const struct shape *shape, const struct han_list *list)
{
	return shape->kind != SHAPE_POSITIONAL && !entry->has_unit && list->scales &&
	       (value->unit == HAN_UNIT_V || value->unit == HAN_UNIT_HZ);
}

/* A date that may not exist; registers that may not fit together; a voltage that the wiring may make zero. */
static bool may_be_marked(const struct han_reading *reading, const struct han_value *value)
{
	if (value->measurement == &measurements[M_PHASE_VOLTAGE_L2])
		return profile_three_wire(reading);
	return value->type == HAN_VALUE_CLOCK ||
	       (value->has_obis && value->obis.d == REGISTER && value->obis.e == 0);
}

/* A clock is one by its year; that it is no text by which its list is known, by its code and by its first
 * octet. */
static bool is_mere_clock(const struct han_value *value)
{
	return value->type == HAN_VALUE_CLOCK && (value->measurement || !value->has_obis) &&
	       (value->time.year < YEAR_END || value->time.year == HAN_NO_YEAR);
}

/* False: what is no text, no clock and no plain integer either may be something else the next time. */
static bool note_place(struct repeat_form *form, const uint8_t *frame,
                       const struct han_reading *reading, const struct shape *shape, size_t i)
{
	const struct han_value *value = &reading->values[i];
	const struct entry *entry = &shape->entries[value->item];
	struct repeat_place *place = &form->places[i];
	bool is_signed;
	unsigned len = axdr_integer_len(entry->item.tag, &is_signed);

	form->values[i] = *value;
	form->values[i].structural = false;
	form->values[i].suspicion = HAN_SUSPECT_NOT;
	form->markable |= may_be_marked(reading, value);
	if (value->type != HAN_VALUE_NUMBER) {
		*place = (struct repeat_place){ .at = (uint16_t)(value->octets - frame) };
		if (is_mere_clock(value))
			memset(form->mask + place->at + YEAR_LEN, 0,
			       HAN_DATETIME_OCTETS - YEAR_LEN);
		return true;
	}
	place->at = (uint16_t)(form->body + entry->end - len);
	place->len = (uint8_t)len;
	place->is_signed = is_signed;
	place->by_size = is_scaled_by_size(value, entry, shape, reading->list);
	form->has_voltages |= place->by_size && value->unit == HAN_UNIT_V;
	place->is_plain = len == PLAIN_LEN && !is_signed && !place->by_size;
	memset(form->mask + place->at, 0, len);
	return len > 0;
}

static bool note_form(struct repeat_form *form, const uint8_t *frame,
                      const struct han_reading *reading)
{
	size_t len = form->len;
	struct shape shape;

	if (shape_read(&shape, reading->body, reading->body_len) != HAN_OK)
		return false;
	form->body = (size_t)(reading->body - frame);
	form->has_time = reading->apdu.has_time;
	form->hdlc = reading->hdlc;
	memcpy(form->llc, reading->llc, sizeof(form->llc));
	form->list = reading->list;
	form->count = reading->count;
	form->markable = false;
	form->has_voltages = false;
	memset(form->mask, 0xFF, len);
	memset(form->mask + form->message + 1, 0, ID_LEN);
	if (form->has_time)
		memset(form->mask + form->body - HAN_DATETIME_OCTETS, 0, HAN_DATETIME_OCTETS);
	memset(form->mask + len - 1 - CHECK_LEN, 0, CHECK_LEN);
	for (size_t i = 0; i < form->count; i++) {
		if (!note_place(form, frame, reading, &shape, i))
			return false;
	}
	memcpy(form->octets, frame, len);
	return true;
}

/* A form of the same length is the same one, of which a text has changed. */
static struct repeat_form *make_room(struct repeat *r, size_t len)
{
	struct repeat_form *oldest;

	for (size_t i = 0; i < REPEAT_FORMS; i++) {
		if (r->forms[i].len == len)
			return &r->forms[i];
	}
	oldest = &r->forms[r->next];
	r->next = (r->next + 1) % REPEAT_FORMS;
	return oldest;
}

/* Whether the message is one that is whole in this frame, and as it was sent. */
static bool is_plain(const uint8_t *frame, size_t len, const struct han_reading *reading)
{
	return reading->framing == HAN_FRAMING_HDLC && !(reading->hdlc.format & HDLC_SEGMENTED) &&
	       reading->has_llc && !reading->is_telegram && !reading->has_encryption &&
	       reading->apdu.tag == APDU_DATA_NOTIFICATION &&
	       reading->message + reading->message_len == frame + len - 1 - CHECK_LEN;
}

void repeat_learn(struct repeat *r, const uint8_t *frame, size_t len,
                  const struct han_reading *reading)
{
	struct repeat_form *form;

	if (len < 2 * WORD || len > REPEAT_OCTETS || reading->count > REPEAT_VALUES ||
	    !is_plain(frame, len, reading))
		return;
	form = make_room(r, len);
	r->shown = NULL;
	form->len = len;
	form->message = (size_t)(reading->message - frame);
	if (!note_form(form, frame, reading))
		form->len = 0;
}
