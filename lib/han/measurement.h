/* The table of measurements: code, name, description, unit, exponent and kind.
 *
 * Names are those of the meter-reading community; they are JSON members, topics and discovery ids,
 * so they never change.
 */
#ifndef HAN_MEASUREMENT_H
#define HAN_MEASUREMENT_H

#include <stddef.h>
#include <stdint.h>

#include <han/export.h>
#include <han/obis.h>

enum han_unit {
	HAN_UNIT_NONE,
	HAN_UNIT_W,
	HAN_UNIT_VAR,
	HAN_UNIT_VA,
	HAN_UNIT_A,
	HAN_UNIT_V,
	HAN_UNIT_HZ,
	HAN_UNIT_KWH,
	HAN_UNIT_KVARH,
	HAN_UNIT_DEGREE,
};

enum han_kind {
	HAN_KIND_LIVE,     /* a momentary number */
	HAN_KIND_REGISTER, /* a number that only grows */
	HAN_KIND_TEXT,
	HAN_KIND_CLOCK,
};

struct han_measurement {
	struct han_obis obis; /* the usual code; matched on C.D.E */
	const char *name;
	const char *description;
	enum han_unit unit; /* of the published value */
	int8_t exp10;       /* published unit from the COSEM unit: -3 for Wh to kWh */
	enum han_kind kind;
};

/* The rows in the table's order: 0 … han_measurement_count() - 1; static storage. */
HAN_EXPORT size_t han_measurement_count(void);
HAN_EXPORT const struct han_measurement *han_measurement_at(size_t index);

/* A row's place in the table. */
HAN_EXPORT size_t han_measurement_index(const struct han_measurement *measurement);

/* The measurement of a code, NULL when it has no name. A code matches on C.D.E with A = 1, or with
 * A = 0 and B = 0: other channels are not the electricity meter. */
HAN_EXPORT const struct han_measurement *han_measurement_find(struct han_obis obis);

/* "W", "var", "kWh" …; "" for HAN_UNIT_NONE. Static storage. */
HAN_EXPORT const char *han_unit_name(enum han_unit unit);

#endif
