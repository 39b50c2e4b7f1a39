#include <han/axdr.h>

#include "cursor.h"

void han_axdr_begin(struct han_axdr *axdr, const uint8_t *buf, size_t len)
{
	axdr->cursor = cursor_over(buf, len);
	axdr->depth = 0;
	axdr->items = 0;
	axdr->left[0] = 1;
}

static void read_unsigned(struct han_cursor *c, unsigned octets, struct han_item *item)
{
	item->kind = HAN_ITEM_NUMBER;
	item->magnitude = cursor_be(c, octets);
}

static void read_signed(struct han_cursor *c, unsigned octets, struct han_item *item)
{
	uint64_t sign = (uint64_t)1 << (octets * 8 - 1);

	read_unsigned(c, octets, item);
	item->negative = (item->magnitude & sign) != 0;
	if (item->negative) /* two's complement; the second term wraps to 0 for 8 octets */
		item->magnitude = (sign << 1) - item->magnitude;
}

static void read_octets(struct han_cursor *c, size_t len, struct han_item *item)
{
	item->kind = HAN_ITEM_OCTETS;
	item->octets = cursor_take(c, len);
	item->len = len;
}

static void read_container(struct han_axdr *axdr, struct han_item *item)
{
	item->kind = HAN_ITEM_CONTAINER;
	item->count = cursor_length(&axdr->cursor);
	/* Every element takes at least its tag: a larger count cannot be true. */
	if (item->count > cursor_left(&axdr->cursor))
		cursor_fail(&axdr->cursor, HAN_ERR_TRUNCATED);
	else if (axdr->depth == HAN_AXDR_DEPTH)
		cursor_fail(&axdr->cursor, HAN_ERR_LIMIT);
	else
		axdr->left[++axdr->depth] = item->count;
}

static void read_item(struct han_axdr *axdr, struct han_item *item)
{
	struct han_cursor *c = &axdr->cursor;
	size_t bits;

	switch (item->tag) {
	case HAN_TAG_NULL:
		item->kind = HAN_ITEM_NULL;
		break;
	case HAN_TAG_ARRAY:
	case HAN_TAG_STRUCTURE:
		read_container(axdr, item);
		break;
	case HAN_TAG_BIT_STRING:
		bits = cursor_length(c);
		read_octets(c, bits / 8 + (bits % 8 != 0), item);
		break;
	case HAN_TAG_OCTET_STRING:
	case HAN_TAG_VISIBLE_STRING:
	case HAN_TAG_UTF8_STRING:
		read_octets(c, cursor_length(c), item);
		break;
	case HAN_TAG_BOOLEAN:
	case HAN_TAG_UINT8:
	case HAN_TAG_ENUM:
		read_unsigned(c, 1, item);
		break;
	case HAN_TAG_UINT16:
		read_unsigned(c, 2, item);
		break;
	case HAN_TAG_UINT32:
		read_unsigned(c, 4, item);
		break;
	case HAN_TAG_UINT64:
		read_unsigned(c, 8, item);
		break;
	case HAN_TAG_INT8:
		read_signed(c, 1, item);
		break;
	case HAN_TAG_INT16:
		read_signed(c, 2, item);
		break;
	case HAN_TAG_INT32:
		read_signed(c, 4, item);
		break;
	case HAN_TAG_INT64:
		read_signed(c, 8, item);
		break;
	default:
		cursor_fail(c, HAN_ERR_TYPE);
	}
}

bool han_axdr_next(struct han_axdr *axdr, struct han_item *item)
{
	struct han_cursor *c = &axdr->cursor;
	struct han_item read;

	while (axdr->depth > 0 && axdr->left[axdr->depth] == 0)
		axdr->depth--;
	if (axdr->left[axdr->depth] == 0) {
		if (cursor_left(c) > 0)
			cursor_fail(c, HAN_ERR_TRAILING);
		return false;
	}
	if (axdr->items++ == HAN_AXDR_ITEMS)
		cursor_fail(c, HAN_ERR_LIMIT);

	axdr->left[axdr->depth]--;
	read = (struct han_item){ .depth = (uint8_t)axdr->depth };
	read.tag = cursor_u8(c);
	if (c->err == HAN_OK)
		read_item(axdr, &read);
	if (c->err != HAN_OK)
		return false;
	*item = read;
	return true;
}
