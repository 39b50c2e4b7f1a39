/* The body of a push list (DLMS Blue Book, class 40): a structure whose first element is the array of the
 * objects that are pushed, and whose others are their values in turn, the array's own place taken by it.
 * Nothing in it says scales and units. Pure.
 */
#ifndef PUSHLIST_H
#define PUSHLIST_H

#include <stddef.h>
#include <stdint.h>

#include "encoder.h"
#include "sample.h"

enum pushlist_class {
	PUSHLIST_DATA = 1,
	PUSHLIST_REGISTER = 3,
	PUSHLIST_CLOCK = 8,
	PUSHLIST_SETUP = 40, /* the list itself: attribute 1 its name, 2 the array */
};

struct pushlist_item {
	enum pushlist_class class_id;
	struct han_obis obis;
	int8_t attribute;
	enum han_tag tag; /* of a register's value, */
	int8_t exp10;     /* and the steps it is in */
	const char *text; /* of data */
};

/* The first item is the list's own array. clock is the value of a clock. */
void encode_pushlist(struct encoder *e, const struct pushlist_item *items, size_t count,
                     const struct sample *sample, const struct han_datetime *clock);

#endif
