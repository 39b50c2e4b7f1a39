#include "axdr.h"

#include "cursor.h"
#include "real.h"

enum form {
	FORM_UNASSIGNED,
	FORM_EMPTY,
	FORM_UNSIGNED,
	FORM_SIGNED,
	FORM_BCD,
	FORM_FLOAT,
	FORM_OCTETS,
	FORM_STRING, /* a length in front */
	FORM_BITS,
	FORM_CONTAINER,
	FORM_COMPACT,
};

struct type {
	uint8_t form; /* enum form */
	uint8_t octets;
};

/* clang-format off */
static const struct type types[UINT8_MAX + 1] = {
	[HAN_TAG_NULL]           = { FORM_EMPTY,     0 },
	[HAN_TAG_ARRAY]          = { FORM_CONTAINER, 0 },
	[HAN_TAG_STRUCTURE]      = { FORM_CONTAINER, 0 },
	[HAN_TAG_BOOLEAN]        = { FORM_UNSIGNED,  1 },
	[HAN_TAG_BIT_STRING]     = { FORM_BITS,      0 },
	[HAN_TAG_INT32]          = { FORM_SIGNED,    4 },
	[HAN_TAG_UINT32]         = { FORM_UNSIGNED,  4 },
	[HAN_TAG_OCTET_STRING]   = { FORM_STRING,    0 },
	[HAN_TAG_VISIBLE_STRING] = { FORM_STRING,    0 },
	[HAN_TAG_UTF8_STRING]    = { FORM_STRING,    0 },
	[HAN_TAG_BCD]            = { FORM_BCD,       1 },
	[HAN_TAG_INT8]           = { FORM_SIGNED,    1 },
	[HAN_TAG_INT16]          = { FORM_SIGNED,    2 },
	[HAN_TAG_UINT8]          = { FORM_UNSIGNED,  1 },
	[HAN_TAG_UINT16]         = { FORM_UNSIGNED,  2 },
	[HAN_TAG_COMPACT_ARRAY]  = { FORM_COMPACT,   0 },
	[HAN_TAG_INT64]          = { FORM_SIGNED,    8 },
	[HAN_TAG_UINT64]         = { FORM_UNSIGNED,  8 },
	[HAN_TAG_ENUM]           = { FORM_UNSIGNED,  1 },
	[HAN_TAG_FLOAT32]        = { FORM_FLOAT,     4 },
	[HAN_TAG_FLOAT64]        = { FORM_FLOAT,     8 },
	[HAN_TAG_DATE_TIME]      = { FORM_OCTETS,   12 },
	[HAN_TAG_DATE]           = { FORM_OCTETS,    5 },
	[HAN_TAG_TIME]           = { FORM_OCTETS,    4 },
	[HAN_TAG_DELTA_INT8]     = { FORM_SIGNED,    1 },
	[HAN_TAG_DELTA_INT16]    = { FORM_SIGNED,    2 },
	[HAN_TAG_DELTA_INT32]    = { FORM_SIGNED,    4 },
	[HAN_TAG_DELTA_UINT8]    = { FORM_UNSIGNED,  1 },
	[HAN_TAG_DELTA_UINT16]   = { FORM_UNSIGNED,  2 },
	[HAN_TAG_DELTA_UINT32]   = { FORM_UNSIGNED,  4 },
	[HAN_TAG_DONT_CARE]      = { FORM_EMPTY,     0 },
};
/* clang-format on */

void han_axdr_begin(struct han_axdr *axdr, const uint8_t *buf, size_t len)
{
	axdr->cursor = cursor_over(buf, len);
	axdr->depth = 0;
	axdr->items = 0;
	axdr->levels[0] = (struct han_axdr_level){ .left = 1 };
}

/* ---- simple types ---- */

unsigned axdr_integer_len(uint8_t tag, bool *is_signed)
{
	const struct type *type = &types[tag];

	*is_signed = type->form == FORM_SIGNED;
	return *is_signed || type->form == FORM_UNSIGNED ? type->octets : 0;
}

static void read_integer(struct han_cursor *c, const struct type *type, struct han_item *item)
{
	const uint8_t *octets = cursor_take(c, type->octets);

	item->kind = HAN_ITEM_NUMBER;
	if (octets)
		item->magnitude = axdr_integer(octets, type->octets, type->form == FORM_SIGNED,
		                               &item->negative);
}

static void read_bcd(struct han_cursor *c, struct han_item *item)
{
	uint8_t octet = cursor_u8(c);
	unsigned tens = octet >> 4, ones = octet & 0x0F;

	item->kind = HAN_ITEM_NUMBER;
	if (tens > 9 || ones > 9)
		cursor_fail(c, HAN_ERR_NUMBER);
	item->magnitude = tens * 10 + ones;
}

static void read_float(struct han_cursor *c, unsigned octets, struct han_item *item)
{
	uint64_t bits = cursor_be(c, octets);
	struct han_decimal number = { 0 };
	enum han_err err =
		octets == 4 ? real_read32((uint32_t)bits, &number) : real_read64(bits, &number);

	cursor_fail(c, err);
	item->kind = HAN_ITEM_NUMBER;
	item->negative = number.negative;
	item->magnitude = number.magnitude;
	item->exp10 = number.exp10;
}

static void read_octets(struct han_cursor *c, size_t len, struct han_item *item)
{
	item->kind = HAN_ITEM_OCTETS;
	item->octets = cursor_take(c, len);
	item->len = len;
}

static void read_simple(struct han_cursor *c, struct han_item *item)
{
	const struct type *type = &types[item->tag];
	size_t bits;

	switch ((enum form)type->form) {
	case FORM_EMPTY:
		item->kind = HAN_ITEM_NULL;
		break;
	case FORM_UNSIGNED:
	case FORM_SIGNED:
		read_integer(c, type, item);
		break;
	case FORM_BCD:
		read_bcd(c, item);
		break;
	case FORM_FLOAT:
		read_float(c, type->octets, item);
		break;
	case FORM_OCTETS:
		read_octets(c, type->octets, item);
		break;
	case FORM_STRING:
		read_octets(c, cursor_length(c), item);
		break;
	case FORM_BITS:
		bits = cursor_length(c);
		read_octets(c, bits / 8 + (bits % 8 != 0), item);
		break;
	case FORM_UNASSIGNED:
	case FORM_CONTAINER:
	case FORM_COMPACT:
		cursor_fail(c, HAN_ERR_TYPE);
		break;
	}
}

/* ---- containers ---- */

/* Goes down to the innermost container that is not at its end, but not below floor. False when that is
 * at its end, too, and after an error. */
static bool has_next(struct han_axdr *axdr, unsigned floor)
{
	while (axdr->depth > floor && axdr->levels[axdr->depth].left == 0)
		axdr->depth--;
	return axdr->cursor.err == HAN_OK && axdr->levels[axdr->depth].left > 0;
}

static struct han_item begin_item(struct han_axdr *axdr)
{
	if (axdr->items >= HAN_AXDR_ITEMS)
		cursor_fail(&axdr->cursor, HAN_ERR_LIMIT);
	else
		axdr->items++;
	axdr->levels[axdr->depth].left--;
	return (struct han_item){ .depth = (uint8_t)axdr->depth };
}

static void open_container(struct han_axdr *axdr, struct han_axdr_level level,
                           struct han_item *item)
{
	item->kind = HAN_ITEM_CONTAINER;
	item->count = level.left;
	if (axdr->depth == HAN_AXDR_DEPTH)
		cursor_fail(&axdr->cursor, HAN_ERR_LIMIT);
	if (axdr->cursor.err == HAN_OK)
		axdr->levels[++axdr->depth] = level;
}

/* ---- compact arrays ---- */

/* A compact array of two structures, each of a uint16 and an octet-string:
 *
 *     13           compact-array
 *     02 02 12 09  type description: structure of 2, long-unsigned, octet-string
 *     09           contents, 9 octets:
 *     00E6 02 4B46     230, "KF"
 *     00E7 01 4D       231, "M"
 *
 * An array in a description has two octets of count and the description of its elements.
 */

/* Passes the description of one element that is depth containers deep, in_vain: that never comes. Returns how many items
 * it describes that never come, as an array without elements is around them. */
static unsigned pass_type(struct han_cursor *c, unsigned depth, bool in_vain)
{
	uint8_t tag = cursor_u8(c);
	unsigned vain = in_vain;
	size_t count = 1;

	if (tag == HAN_TAG_STRUCTURE) {
		count = cursor_length(c);
	} else if (tag == HAN_TAG_ARRAY) {
		in_vain |= cursor_be(c, 2) == 0;
	} else {
		if (types[tag].form == FORM_UNASSIGNED || types[tag].form == FORM_COMPACT)
			cursor_fail(c, HAN_ERR_TYPE);
		return vain;
	}
	if (count > cursor_left(c))
		cursor_fail(c, HAN_ERR_TRUNCATED);
	if (depth >= HAN_AXDR_DEPTH)
		cursor_fail(c, HAN_ERR_LIMIT);
	for (; count > 0 && c->err == HAN_OK; count--)
		vain += pass_type(c, depth + 1, in_vain);
	return vain;
}

/* An element whose description, passed as sound before, stands elsewhere. */
static struct han_item read_described(struct han_axdr *axdr)
{
	struct han_item item = begin_item(axdr);
	struct han_axdr_level *level = &axdr->levels[axdr->depth];
	struct han_cursor type = { .pos = level->type, .end = axdr->cursor.end };
	struct han_cursor next = type;
	struct han_axdr_level inner = { 0 };

	item.tag = cursor_u8(&type);
	if (types[item.tag].form == FORM_CONTAINER) {
		inner.same = item.tag == HAN_TAG_ARRAY;
		inner.left = inner.same ? (size_t)cursor_be(&type, 2) : cursor_length(&type);
		inner.type = type.pos;
		/* A structure's count is bounded by its description, nulls take no octet here. */
		if (inner.same && inner.left > cursor_left(&axdr->cursor))
			cursor_fail(&axdr->cursor, HAN_ERR_TRUNCATED);
		open_container(axdr, inner, &item);
	} else {
		read_simple(&axdr->cursor, &item);
	}
	if (!level->same) {
		axdr->items += pass_type(&next, item.depth, false);
		level->type = next.pos;
	}
	return item;
}

/* How many elements the next len octets hold, exactly; an error is axdr's. The walk goes ahead on a copy,
 * with the items that are left to axdr: of each level not more than HAN_AXDR_ITEMS descriptions are passed. */
static size_t count_elements(struct han_axdr *axdr, size_t len)
{
	struct han_axdr ahead = *axdr;
	struct han_cursor *c = &ahead.cursor;
	size_t count = 0;

	c->end = c->pos + len;
	for (; c->err == HAN_OK && cursor_left(c) > 0; count++) {
		const uint8_t *start = c->pos;

		ahead.levels[axdr->depth].left = 1;
		while (has_next(&ahead, axdr->depth))
			(void)read_described(&ahead);
		if (c->pos == start) /* there would be no end of them */
			cursor_fail(c, HAN_ERR_COUNT);
	}
	cursor_fail(&axdr->cursor, c->err);
	return count;
}

static void read_compact(struct han_axdr *axdr, struct han_item *item)
{
	struct han_cursor *c = &axdr->cursor;
	struct han_axdr_level level = { .type = c->pos, .same = true };
	size_t len;

	(void)pass_type(c, axdr->depth + 1, false);
	len = cursor_length(c);
	if (len > cursor_left(c))
		cursor_fail(c, HAN_ERR_TRUNCATED);
	open_container(axdr, level, item);
	if (c->err != HAN_OK)
		return;
	item->count = count_elements(axdr, len);
	axdr->levels[axdr->depth].left = item->count;
}

/* ---- the walk ---- */

static struct han_item read_tagged(struct han_axdr *axdr)
{
	struct han_cursor *c = &axdr->cursor;
	struct han_item item = begin_item(axdr);
	struct han_axdr_level inner = { 0 };

	item.tag = cursor_u8(c);
	if (types[item.tag].form == FORM_COMPACT) {
		read_compact(axdr, &item);
	} else if (types[item.tag].form == FORM_CONTAINER) {
		inner.left = cursor_length(c);
		/* Every element takes at least its tag: a larger count cannot be true. */
		if (inner.left > cursor_left(c))
			cursor_fail(c, HAN_ERR_TRUNCATED);
		open_container(axdr, inner, &item);
	} else {
		read_simple(c, &item);
	}
	return item;
}

bool han_axdr_next(struct han_axdr *axdr, struct han_item *item)
{
	struct han_item read;

	if (!has_next(axdr, 0)) {
		if (cursor_left(&axdr->cursor) > 0)
			cursor_fail(&axdr->cursor, HAN_ERR_TRAILING);
		return false;
	}
	read = axdr->levels[axdr->depth].type ? read_described(axdr) : read_tagged(axdr);
	if (axdr->cursor.err != HAN_OK)
		return false;
	*item = read;
	return true;
}
