/* A-XDR coded COSEM data (IEC 61334-6; DLMS Blue Book 4.1.5), one typed item at a time.
 *
 * Containers are not materialised: an array or a structure is an item with a count, and its elements
 * follow one level deeper. So do those of a compact array, although the message describes their type
 * once, in front of them all: the walk gives each its tag.
 */
#ifndef HAN_AXDR_H
#define HAN_AXDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/error.h>
#include <han/export.h>

#define HAN_AXDR_DEPTH 8 /* containers inside each other */
/* Items of one message, containers included. Where the elements of a compact array hold an array without elements, what
 * would be one of these counts as well. */
#define HAN_AXDR_ITEMS 1024

enum han_tag {
	HAN_TAG_NULL = 0,
	HAN_TAG_ARRAY = 1,
	HAN_TAG_STRUCTURE = 2,
	HAN_TAG_BOOLEAN = 3,
	HAN_TAG_BIT_STRING = 4,
	HAN_TAG_INT32 = 5,
	HAN_TAG_UINT32 = 6,
	HAN_TAG_OCTET_STRING = 9,
	HAN_TAG_VISIBLE_STRING = 10,
	HAN_TAG_UTF8_STRING = 12,
	HAN_TAG_BCD = 13,
	HAN_TAG_INT8 = 15,
	HAN_TAG_INT16 = 16,
	HAN_TAG_UINT8 = 17,
	HAN_TAG_UINT16 = 18,
	HAN_TAG_COMPACT_ARRAY = 19,
	HAN_TAG_INT64 = 20,
	HAN_TAG_UINT64 = 21,
	HAN_TAG_ENUM = 22,
	HAN_TAG_FLOAT32 = 23,
	HAN_TAG_FLOAT64 = 24,
	HAN_TAG_DATE_TIME = 25,
	HAN_TAG_DATE = 26,
	HAN_TAG_TIME = 27,
	HAN_TAG_DELTA_INT8 = 28,
	HAN_TAG_DELTA_INT16 = 29,
	HAN_TAG_DELTA_INT32 = 30,
	HAN_TAG_DELTA_UINT8 = 31,
	HAN_TAG_DELTA_UINT16 = 32,
	HAN_TAG_DELTA_UINT32 = 33,
	HAN_TAG_DONT_CARE = 255,
};

enum han_item_kind {
	HAN_ITEM_NULL,   /* null-data, don't-care */
	HAN_ITEM_NUMBER, /* negative, magnitude, exp10; boolean, enum and bcd (0 … 99) too */
	HAN_ITEM_OCTETS, /* octets, len: strings, dates and times; lives as long as the message */
	HAN_ITEM_CONTAINER, /* count elements follow at depth + 1 */
};

struct han_item {
	uint8_t tag; /* enum han_tag, as on the wire */
	uint8_t depth;
	enum han_item_kind kind;
	bool negative;
	int16_t exp10; /* of a float: its shortest decimal is magnitude x 10^exp10; else 0 */
	uint64_t magnitude;
	const uint8_t *octets;
	size_t len;
	size_t count;
};

/* A reader's place in a message. The first error sticks. */
struct han_cursor {
	const uint8_t *pos;
	const uint8_t *end;
	enum han_err err;
};

/* An open container. */
struct han_axdr_level {
	size_t left;         /* elements still to come */
	const uint8_t *type; /* in a compact array: the next element's description; else NULL */
	bool same;           /* the description is that of all elements */
};

struct han_axdr {
	struct han_cursor cursor;
	unsigned depth; /* containers open */
	unsigned items; /* read so far */
	struct han_axdr_level levels[HAN_AXDR_DEPTH + 1];
};

/* Starts on the one data element at the beginning of buf; buf (NULL with len 0) outlives the
 * walk. */
HAN_EXPORT void han_axdr_begin(struct han_axdr *axdr, const uint8_t *buf, size_t len);

/* The next item; false at the end of the element or at the first error (axdr->cursor.err), which
 * stays; *item is then as it was.
 *
 * HAN_ERR_TRUNCATED: the message, or the contents of a compact array, end inside an element, or a count
 * is larger than the octets that are left. HAN_ERR_TYPE: a tag that is unassigned, or a compact array
 * inside another's description. HAN_ERR_COUNT: a malformed length, or a compact array of contents
 * whose elements take none. HAN_ERR_NUMBER: a bcd digit above 9, a float that is no han_decimal.
 * HAN_ERR_LIMIT: more than HAN_AXDR_DEPTH or HAN_AXDR_ITEMS. HAN_ERR_TRAILING: octets are left
 * behind the element. What is wrong inside a compact array is told in place of the array: none of
 * its items comes out. */
HAN_EXPORT bool han_axdr_next(struct han_axdr *axdr, struct han_item *item);

#endif
