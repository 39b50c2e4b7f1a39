#include "profile.h"

#include <string.h>

#include "lists.h"
#include "measurement.h"
#include "reading.h"
#include "suspicion.h"

/* What a value is given from: the shape's entry, and the list. */
struct context {
	struct han_reading *reading;
	const struct han_settings *settings;
	const struct han_list *list;
	/* The largest number of volts, or of parts of them, of which the message does not say the scale. */
	uint64_t voltage;
};

/* A multiple that is published instead of a COSEM unit: Wh as kWh. */
static enum han_unit published(enum han_unit unit, int *exp10)
{
	if (unit != HAN_UNIT_WH && unit != HAN_UNIT_VAH && unit != HAN_UNIT_VARH)
		return unit;
	*exp10 -= 3;
	return (enum han_unit)(256 + unit);
}

/* 254 and 255 stand for another unit and for none. */
static enum han_unit unit_of(uint8_t cosem)
{
	return cosem >= 254 ? HAN_UNIT_NONE : (enum han_unit)cosem;
}

/* What the user says instead of the list; magnitude 0 when nothing. */
static struct han_decimal wanted_scale(const struct han_settings *settings, enum han_unit unit)
{
	switch (unit) {
	case HAN_UNIT_V:
		return settings->voltage_scale;
	case HAN_UNIT_A:
		return settings->current_scale;
	case HAN_UNIT_KWH:
	case HAN_UNIT_KVARH:
		return settings->energy_scale;
	default:
		return (struct han_decimal){ 0 };
	}
}

/* True when the product fits. */
static bool multiply(struct han_decimal *number, struct han_decimal by)
{
	if (number->magnitude > UINT64_MAX / by.magnitude)
		return false;
	number->magnitude *= by.magnitude;
	number->exp10 = (int16_t)(number->exp10 + by.exp10);
	number->negative = number->magnitude > 0 && number->negative != by.negative;
	return true;
}

/* exp10 is that of message or list: from the number to the COSEM unit. */
static enum han_err set_number(const struct context *c, struct han_value *value,
                               const struct han_item *item, enum han_unit unit, int exp10)
{
	struct han_decimal wanted;
	struct han_decimal number = { item->magnitude, item->exp10, item->negative };

	value->type = HAN_VALUE_NUMBER;
	value->unit = published(unit, &exp10);
	wanted = wanted_scale(c->settings, value->unit);
	if (wanted.magnitude > 0) {
		exp10 = value->unit == unit ? 0 : -3;
		if (!multiply(&number, wanted))
			return HAN_ERR_NUMBER;
	}
	exp10 += number.exp10;
	if (exp10 < -HAN_DECIMAL_EXP_MAX || exp10 > HAN_DECIMAL_EXP_MAX)
		return HAN_ERR_NUMBER;
	number.exp10 = (int16_t)exp10;
	value->number = number;
	return HAN_OK;
}

/* Some meters fill a visible-string up with NULs (corpus: hdlc-lg-no-list2-01). */
static void set_octets(struct han_value *value, const struct han_item *item)
{
	value->type = HAN_VALUE_TEXT;
	value->octets = item->octets;
	value->len = item->len;
	while (item->tag == HAN_TAG_VISIBLE_STRING && value->len > 0 &&
	       value->octets[value->len - 1] == 0)
		value->len--;
}

/* The year is below 4096 or unspecified: a text of 12 characters begins otherwise (corpus:
 * dlms-sagemcom-at-apdu-01, the meter's number). */
static bool is_clock(const struct han_item *item)
{
	if (item->tag == HAN_TAG_DATE_TIME)
		return true;
	return item->tag == HAN_TAG_OCTET_STRING && item->len == HAN_DATETIME_OCTETS &&
	       (item->octets[0] <= 0x0F || item->octets[0] == 0xFF);
}

/* Whether such an item can be a value of the measurement. */
static bool kind_fits(const struct han_measurement *m, const struct han_item *item)
{
	switch (m->kind) {
	case HAN_KIND_LIVE:
	case HAN_KIND_REGISTER:
		return item->kind == HAN_ITEM_NUMBER;
	case HAN_KIND_CLOCK:
		return is_clock(item);
	case HAN_KIND_TEXT:
		break;
	}
	return true;
}

/* Whether the measurement can be sent in that unit; a unit of another quantity makes it another value. */
static bool unit_fits(const struct han_measurement *m, const struct entry *entry)
{
	int exp10 = 0;

	return entry->item.kind != HAN_ITEM_NUMBER || !entry->has_unit ||
	       published(unit_of(entry->unit), &exp10) == m->unit;
}

/* The COSEM unit that a number comes in: the message says it, the measurement of its code has it, or the code. */
static enum han_unit cosem_unit(const struct entry *entry, const struct han_measurement *m)
{
	if (entry->has_unit)
		return unit_of(entry->unit);
	if (m)
		return m->unit > 256 ? (enum han_unit)(m->unit - 256) : m->unit;
	return entry->has_obis ? measurement_unit(entry->obis) : HAN_UNIT_NONE;
}

static enum han_err add_value(const struct context *c, const struct entry *entry, size_t place,
                              int exp10)
{
	struct han_reading *reading = c->reading;
	struct han_value *value = &reading->values[reading->count];
	const struct han_measurement *row =
		entry->has_obis ? han_measurement_find(entry->obis) : NULL;
	const struct han_measurement *m = row; /* the name, too */
	const struct han_item *item = &entry->item;
	enum han_err err = HAN_OK;

	if (m && (reading_named(reading, m) || !kind_fits(m, item) || !unit_fits(m, entry)))
		m = NULL;
	*value = (struct han_value){
		.measurement = m,
		.has_obis = entry->has_obis,
		.obis = entry->obis,
		.item = (uint8_t)place,
	};
	if (item->kind == HAN_ITEM_NULL)
		return HAN_OK;
	if (item->kind == HAN_ITEM_NUMBER) {
		err = set_number(c, value, item, cosem_unit(entry, row), exp10);
	} else if (is_clock(item) && (!m || m->kind == HAN_KIND_CLOCK)) {
		value->type = HAN_VALUE_CLOCK;
		value->time = han_datetime_read(item->octets);
		value->octets = item->octets;
		value->len = item->len;
	} else {
		set_octets(value, item);
	}
	if (err == HAN_OK)
		reading->count++;
	return err;
}

static enum han_err read_positional(const struct context *c, struct shape *shape)
{
	enum han_err err = HAN_OK;

	for (size_t i = 0; i < shape->count && err == HAN_OK; i++) {
		const struct element *element = &c->list->elements[i];
		struct entry *entry = &shape->entries[i];

		entry->has_obis =
			element->a || element->b || element->c || element->d || element->e;
		entry->obis = (struct han_obis){ element->a, element->b, element->c,
			                         element->d, element->e, 255 };
		err = add_value(c, entry, i, element->exp10);
	}
	return err;
}

/* A value without a code among others that have one: the list's version in front of all (Kamstrup), the
 * clock (Austria), and the meter's number behind all (corpus: mbus-kaifa-at-mbus-enc-01). */
static void name_bare(struct entry *entry, bool first, bool last)
{
	static const struct han_obis version = { 1, 1, 0, 2, 129, 255 };
	static const struct han_obis clock = { 0, 0, 1, 0, 0, 255 };
	static const struct han_obis number = { 0, 0, 96, 1, 0, 255 };

	if (entry->has_obis || entry->item.kind != HAN_ITEM_OCTETS)
		return;
	entry->has_obis = true;
	if (is_clock(&entry->item))
		entry->obis = clock;
	else if (first)
		entry->obis = version;
	else if (last)
		entry->obis = number;
	else
		entry->has_obis = false;
}

/* The message, or the number itself, has its scale. */
static bool is_scaled(const struct entry *entry)
{
	return entry->has_unit || entry->item.tag == HAN_TAG_FLOAT32 ||
	       entry->item.tag == HAN_TAG_FLOAT64;
}

static uint64_t largest_voltage(const struct shape *shape)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < shape->count; i++) {
		const struct entry *entry = &shape->entries[i];

		if (entry->item.kind == HAN_ITEM_NUMBER && !is_scaled(entry) && entry->has_obis &&
		    entry->item.magnitude > largest &&
		    cosem_unit(entry, han_measurement_find(entry->obis)) == HAN_UNIT_V)
			largest = entry->item.magnitude;
	}
	return largest;
}

static int exp10_of(const struct context *c, const struct entry *entry)
{
	const struct han_measurement *m;
	enum han_unit unit;
	int exp10 = 0;

	if (is_scaled(entry))
		return entry->has_unit ? entry->scaler : 0; /* a float has its own decimals */
	m = entry->has_obis ? han_measurement_find(entry->obis) : NULL;
	unit = published(cosem_unit(entry, m), &exp10);
	if (!c->list->scales || (unit == HAN_UNIT_NONE && (!m || m->kind == HAN_KIND_TEXT)))
		return 0;
	return lists_scale(c->list, unit, unit == HAN_UNIT_V ? c->voltage : entry->item.magnitude);
}

static enum han_err read_tagged(struct context *c, struct shape *shape)
{
	enum han_err err = HAN_OK;

	c->voltage = largest_voltage(shape);
	for (size_t i = 0; i < shape->count && err == HAN_OK; i++) {
		struct entry *entry = &shape->entries[i];

		name_bare(entry, i == 0, i + 1 == shape->count);
		err = add_value(c, entry, i, exp10_of(c, entry));
	}
	return err;
}

static enum han_err read_shape(struct han_reading *reading, const struct han_settings *settings,
                               struct shape *shape)
{
	const uint8_t *title = reading->has_encryption ? reading->encryption.title : NULL;
	struct context c = { reading, settings, lists_choose(shape, title, settings->list), 0 };
	enum han_err err;

	reading->count = 0;
	if (!c.list)
		return HAN_ERR_LIST;
	reading->list = c.list;
	err = shape->kind == SHAPE_POSITIONAL ? read_positional(&c, shape) : read_tagged(&c, shape);
	if (err != HAN_OK)
		reading->count = 0;
	profile_mark(reading);
	return err;
}

enum han_err profile_read(struct han_reading *reading, const struct han_settings *settings)
{
	struct shape shape;
	enum han_err err = shape_read(&shape, reading->body, reading->body_len);

	return err == HAN_OK ? read_shape(reading, settings, &shape) : err;
}

enum han_err profile_read_event(struct han_reading *reading, const struct han_settings *settings)
{
	struct shape shape;
	enum han_err err = shape_read(&shape, reading->body, reading->body_len);

	if (err != HAN_OK)
		return err;
	if (shape.count != 1 || shape.entries[0].has_obis)
		return HAN_ERR_LIST;
	shape.kind = SHAPE_TAGGED;
	shape.entries[0].has_obis = true;
	shape.entries[0].obis = reading->apdu.obis;
	return read_shape(reading, settings, &shape);
}

static struct han_value *value_of(struct han_reading *reading, enum measurement measurement)
{
	const struct han_value *value = reading_named(reading, &measurements[measurement]);

	return value ? &reading->values[value - reading->values] : NULL;
}

static bool is_zero(const struct han_value *value)
{
	return value->type == HAN_VALUE_NUMBER && value->number.magnitude == 0;
}

bool profile_three_wire(const struct han_reading *reading)
{
	const struct han_value *version = reading_named(reading, &measurements[M_OBIS_VERSION]);
	const struct han_value *type = reading_named(reading, &measurements[M_METER_TYPE]);

	return version && version->type == HAN_VALUE_TEXT && type && type->type == HAN_VALUE_TEXT &&
	       lists_three_wire(version->octets, version->len, type->octets, type->len);
}

static void mark_structural_zeros(struct han_reading *reading)
{
	struct han_value *voltage = value_of(reading, M_PHASE_VOLTAGE_L2);
	struct han_value *current = value_of(reading, M_PHASE_CURRENT_L2);

	if (!voltage || !is_zero(voltage) || !profile_three_wire(reading))
		return;
	voltage->structural = true;
	if (current)
		current->structural = is_zero(current);
}

void profile_mark(struct han_reading *reading)
{
	mark_structural_zeros(reading);
	suspicion_mark(reading);
}
