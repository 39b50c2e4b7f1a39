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

/* The numbers of COSEM units (DLMS Blue Book, table 4), as they come with a value: any of 1 … 253 may
 * occur. Above them the multiples that are published. */
enum han_unit {
	HAN_UNIT_NONE = 0, /* a count, a text; 255 on the wire */
	HAN_UNIT_SECOND = 7,
	HAN_UNIT_DEGREE = 8,
	HAN_UNIT_M3 = 13,
	HAN_UNIT_JOULE = 25,
	HAN_UNIT_W = 27,
	HAN_UNIT_VA = 28,
	HAN_UNIT_VAR = 29,
	HAN_UNIT_WH = 30,
	HAN_UNIT_VAH = 31,
	HAN_UNIT_VARH = 32,
	HAN_UNIT_A = 33,
	HAN_UNIT_V = 35,
	HAN_UNIT_HZ = 44,
	HAN_UNIT_KWH = 256 + HAN_UNIT_WH,
	HAN_UNIT_KVAH = 256 + HAN_UNIT_VAH,
	HAN_UNIT_KVARH = 256 + HAN_UNIT_VARH,
	HAN_UNIT_GJ = 256 + HAN_UNIT_JOULE,
	HAN_UNIT_KWH_PER_H = 256 + HAN_UNIT_W, /* the mean power of an hour; no meter sends it */
};

enum han_kind {
	HAN_KIND_LIVE,     /* a momentary number */
	HAN_KIND_REGISTER, /* a number that only grows */
	HAN_KIND_TEXT,     /* some meters send it as a number */
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
 * A = 0 and B = 0: other channels are not the electricity meter. Three codes of Kamstrup's own match, too:
 * 1-1:0.0.5 (meter_id), 1-1:96.1.1 (meter_type), 0-1:1.0.0 (meter_timestamp). */
HAN_EXPORT const struct han_measurement *han_measurement_find(struct han_obis obis);

/* "W", "var", "kWh" …; "" for HAN_UNIT_NONE and for what the table reserves. Static storage. */
HAN_EXPORT const char *han_unit_name(enum han_unit unit);

#endif
