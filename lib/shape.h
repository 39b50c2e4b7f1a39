/* The shapes that a notification body comes in: which element stands with which code, scaler and unit.
 *
 *	positional   structure of values: a list tells what they are
 *	tagged       {code, value} or {code, value, {scaler, unit}}, each in a structure of its own, or flat in
 *	             one; a value may stand alone in front or behind (Kamstrup's version, Austria's clock and
 *	             meter number)
 *	push list    array of push objects {class, code, attribute, index}, then a value for each
 *	             (DLMS Blue Book 4.4.8)
 *
 * Knows the forms, not the meanings.
 */
#ifndef SHAPE_H
#define SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/axdr.h>
#include <han/error.h>
#include <han/obis.h>
#include <han/reading.h>

enum shape_kind { SHAPE_POSITIONAL, SHAPE_TAGGED, SHAPE_PUSH };

struct entry {
	bool has_obis;
	bool has_unit; /* the message says scaler and unit */
	struct han_obis obis;
	int8_t scaler;
	uint8_t unit;         /* COSEM */
	struct han_item item; /* no container */
	uint16_t end;         /* of its octets, in the body */
};

struct shape {
	enum shape_kind kind;
	bool flat; /* one structure, without containers inside but the units */
	const uint8_t *body;
	size_t count;
	struct entry entries[HAN_VALUES_MAX];
};

/* Reads a body, one A-XDR element. HAN_ERR_LIMIT: more than HAN_VALUES_MAX entries; HAN_ERR_LIST: a push
 * list whose values are not as many as its objects; other errors are those of the data. */
enum han_err shape_read(struct shape *shape, const uint8_t *body, size_t len);

#endif
