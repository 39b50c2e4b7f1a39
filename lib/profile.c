#include "profile.h"

#include <string.h>

#include <han/axdr.h>

#include "measurement.h"

#define ITEMS_MAX 32 /* elements of the longest positional list */

_Static_assert(ITEMS_MAX <= HAN_VALUES_MAX, "a list fits into a reading");

/* What an element must be on the wire to be taken for its measurement. */
enum element_type { NUMBER, TEXT, CLOCK };

struct element {
	enum measurement measurement;
	enum element_type type;
	int8_t exp10; /* the list's scaler: of the COSEM unit (W, Wh, A, V) */
};

struct han_list {
	const char *name;
	const char *maker;
	const char *about;
	const char *version; /* the first element begins with this; NULL: any */
	const struct element *elements;
	size_t count;
	const struct han_list *widest; /* the list of this meter that holds all it sends */
};

/* Kaifa KFM_001 ("HAN OBIS codes KFM_001", 2017-03-21): a structure without codes. Currents in mA,
 * voltages in 0.1 V; energies also as 64-bit numbers (MA304T4). */
/* clang-format off */
#define KAIFA_HEAD \
	{ M_OBIS_VERSION,          TEXT,    0 }, \
	{ M_METER_ID,              TEXT,    0 }, \
	{ M_METER_TYPE,            TEXT,    0 }, \
	{ M_POWER_ACTIVE_IMPORT,   NUMBER,  0 }, \
	{ M_POWER_ACTIVE_EXPORT,   NUMBER,  0 }, \
	{ M_POWER_REACTIVE_IMPORT, NUMBER,  0 }, \
	{ M_POWER_REACTIVE_EXPORT, NUMBER,  0 }
#define KAIFA_PHASE_1 \
	{ M_PHASE_CURRENT_L1,      NUMBER, -3 }, \
	{ M_PHASE_VOLTAGE_L1,      NUMBER, -1 }
#define KAIFA_PHASES_3 \
	{ M_PHASE_CURRENT_L1,      NUMBER, -3 }, \
	{ M_PHASE_CURRENT_L2,      NUMBER, -3 }, \
	{ M_PHASE_CURRENT_L3,      NUMBER, -3 }, \
	{ M_PHASE_VOLTAGE_L1,      NUMBER, -1 }, \
	{ M_PHASE_VOLTAGE_L2,      NUMBER, -1 }, \
	{ M_PHASE_VOLTAGE_L3,      NUMBER, -1 }
#define KAIFA_HOUR \
	{ M_METER_TIMESTAMP,            CLOCK,  0 }, \
	{ M_ENERGY_ACTIVE_CUM_IMPORT,   NUMBER, 0 }, \
	{ M_ENERGY_ACTIVE_CUM_EXPORT,   NUMBER, 0 }, \
	{ M_ENERGY_REACTIVE_CUM_IMPORT, NUMBER, 0 }, \
	{ M_ENERGY_REACTIVE_CUM_EXPORT, NUMBER, 0 }
/* clang-format on */

static const struct element kaifa_power[] = { { M_POWER_ACTIVE_IMPORT, NUMBER, 0 } };
static const struct element kaifa_1ph[] = { KAIFA_HEAD, KAIFA_PHASE_1 };
static const struct element kaifa_3ph[] = { KAIFA_HEAD, KAIFA_PHASES_3 };
static const struct element kaifa_1ph_hour[] = { KAIFA_HEAD, KAIFA_PHASE_1, KAIFA_HOUR };
static const struct element kaifa_3ph_hour[] = { KAIFA_HEAD, KAIFA_PHASES_3, KAIFA_HOUR };

enum { KAIFA_1, KAIFA_2_1PH, KAIFA_2_3PH, KAIFA_3_1PH, KAIFA_3_3PH, LIST_COUNT };

static const struct han_list lists[LIST_COUNT];

#define ELEMENTS(a) (a), sizeof(a) / sizeof((a)[0])

/* clang-format off */
static const struct han_list lists[LIST_COUNT] = {
	[KAIFA_1]     = { "kaifa-list1",     "Kaifa", "power, every 2 s",                           NULL,   ELEMENTS(kaifa_power),    NULL },
	[KAIFA_2_1PH] = { "kaifa-list2-1ph", "Kaifa", "KFM_001, one phase, every 10 s",             "KFM_", ELEMENTS(kaifa_1ph),      &lists[KAIFA_3_1PH] },
	[KAIFA_2_3PH] = { "kaifa-list2-3ph", "Kaifa", "KFM_001, three phases, every 10 s",          "KFM_", ELEMENTS(kaifa_3ph),      &lists[KAIFA_3_3PH] },
	[KAIFA_3_1PH] = { "kaifa-list3-1ph", "Kaifa", "KFM_001, one phase, with registers, hourly", "KFM_", ELEMENTS(kaifa_1ph_hour), &lists[KAIFA_3_1PH] },
	[KAIFA_3_3PH] = { "kaifa-list3-3ph", "Kaifa", "KFM_001, three phases, with registers, hourly", "KFM_", ELEMENTS(kaifa_3ph_hour), &lists[KAIFA_3_3PH] },
};
/* clang-format on */

/* Meters for three wires without a neutral (IT and TT grids): the second line voltage is not measured
 * and stands as 0, and so does the second current where it is not measured either. */
static const char *const three_wire_types[] = { "MA304H3", "MA304T3" };

static bool begins_with(const uint8_t *octets, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return len >= n && memcmp(octets, prefix, n) == 0;
}

static bool element_fits(const struct element *element, const struct han_item *item)
{
	switch (element->type) {
	case NUMBER:
		return item->kind == HAN_ITEM_NUMBER && item->tag != HAN_TAG_BOOLEAN &&
		       item->tag != HAN_TAG_ENUM;
	case TEXT:
		return item->kind == HAN_ITEM_OCTETS && item->tag != HAN_TAG_BIT_STRING;
	case CLOCK:
		return item->tag == HAN_TAG_OCTET_STRING && item->len == HAN_DATETIME_OCTETS;
	}
	return false;
}

static bool list_fits(const struct han_list *list, const struct han_item *items, size_t count)
{
	if (count == 0 || count != list->count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!element_fits(&list->elements[i], &items[i]))
			return false;
	}
	return !list->version || begins_with(items[0].octets, items[0].len, list->version);
}

static void set_value(struct han_value *value, const struct element *element,
                      const struct han_item *item)
{
	const struct han_measurement *m = &measurements[element->measurement];

	*value = (struct han_value){
		.measurement = m, .has_obis = true, .obis = m->obis, .unit = m->unit
	};
	switch (element->type) {
	case NUMBER:
		value->type = HAN_VALUE_NUMBER;
		value->number = (struct han_decimal){
			.magnitude = item->magnitude,
			.exp10 = (int16_t)(element->exp10 + m->exp10),
			.negative = item->negative,
		};
		break;
	case TEXT:
		value->type = HAN_VALUE_TEXT;
		value->octets = item->octets;
		value->len = item->len;
		break;
	case CLOCK:
		value->type = HAN_VALUE_CLOCK;
		value->time = han_datetime_read(item->octets);
		break;
	}
}

static struct han_value *value_of(struct han_reading *reading, enum measurement measurement)
{
	for (size_t i = 0; i < reading->count; i++) {
		if (reading->values[i].measurement == &measurements[measurement])
			return &reading->values[i];
	}
	return NULL;
}

static void mark_structural_zeros(struct han_reading *reading)
{
	const struct han_value *type = value_of(reading, M_METER_TYPE);
	struct han_value *voltage = value_of(reading, M_PHASE_VOLTAGE_L2);
	struct han_value *current = value_of(reading, M_PHASE_CURRENT_L2);
	bool three_wire = false;

	if (!type || !voltage || !current)
		return;
	for (size_t i = 0; i < sizeof(three_wire_types) / sizeof(three_wire_types[0]); i++)
		three_wire |= begins_with(type->octets, type->len, three_wire_types[i]);
	if (!three_wire || voltage->number.magnitude != 0)
		return;
	voltage->structural = true;
	current->structural = current->number.magnitude == 0;
}

/* The elements of a flat structure into items; count 0 when the body is none. */
static enum han_err read_items(const struct han_reading *reading, struct han_item *items,
                               size_t *count)
{
	struct han_axdr axdr;
	struct han_item item;
	bool flat = true;
	size_t n = 0;

	han_axdr_begin(&axdr, reading->body, reading->body_len);
	while (han_axdr_next(&axdr, &item)) {
		if (item.depth == 0)
			flat = item.tag == HAN_TAG_STRUCTURE;
		else if (item.kind == HAN_ITEM_CONTAINER || n == ITEMS_MAX)
			flat = false;
		else
			items[n++] = item;
	}
	*count = flat ? n : 0;
	return axdr.cursor.err;
}

enum han_err profile_read(struct han_reading *reading)
{
	struct han_item items[ITEMS_MAX];
	const struct han_list *list = lists;
	size_t count;
	enum han_err err = read_items(reading, items, &count);

	if (err != HAN_OK)
		return err;
	while (list < lists + LIST_COUNT && !list_fits(list, items, count))
		list++;
	if (list == lists + LIST_COUNT)
		return HAN_ERR_LIST;

	reading->list = list;
	reading->count = count;
	for (size_t i = 0; i < count; i++) {
		set_value(&reading->values[i], &list->elements[i], &items[i]);
		reading->values[i].item = (uint8_t)i;
	}
	mark_structural_zeros(reading);
	return HAN_OK;
}

size_t han_list_count(void)
{
	return LIST_COUNT;
}

const struct han_list *han_list_at(size_t index)
{
	return index < LIST_COUNT ? &lists[index] : NULL;
}

const struct han_list *han_list_find(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < LIST_COUNT; i++) {
		if (strlen(lists[i].name) == len && memcmp(lists[i].name, name, len) == 0)
			return &lists[i];
	}
	return NULL;
}

const char *han_list_name(const struct han_list *list)
{
	return list->name;
}

const char *han_list_maker(const struct han_list *list)
{
	return list->maker;
}

const char *han_list_about(const struct han_list *list)
{
	return list->about;
}

const struct han_measurement *han_list_sends(const struct han_list *list, size_t index)
{
	if (!list->widest || index >= list->widest->count)
		return NULL;
	return &measurements[list->widest->elements[index].measurement];
}
