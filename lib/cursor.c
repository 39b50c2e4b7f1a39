#include "cursor.h"

uint64_t cursor_be(struct han_cursor *c, unsigned octets)
{
	const uint8_t *b = cursor_take(c, octets);

	return b ? cursor_number(b, octets) : 0;
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
