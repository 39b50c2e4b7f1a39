#include "cursor.h"

const uint8_t *cursor_take(struct han_cursor *c, size_t n)
{
	if (c->err == HAN_OK && cursor_left(c) < n)
		c->err = HAN_ERR_TRUNCATED;
	if (c->err != HAN_OK)
		return NULL;
	c->pos += n;
	return c->pos - n;
}

uint8_t cursor_u8(struct han_cursor *c)
{
	const uint8_t *b = cursor_take(c, 1);

	return b ? *b : 0;
}

uint64_t cursor_be(struct han_cursor *c, unsigned octets)
{
	const uint8_t *b = cursor_take(c, octets);
	uint64_t value = 0;

	for (unsigned i = 0; b && i < octets; i++)
		value = value << 8 | b[i];
	return value;
}

size_t cursor_length(struct han_cursor *c)
{
	uint8_t first = cursor_u8(c);

	if (first < 0x80)
		return first;
	if (first < 0x81 || first > 0x84) {
		cursor_fail(c, HAN_ERR_COUNT);
		return 0;
	}
	return (size_t)cursor_be(c, first & 0x0F);
}
