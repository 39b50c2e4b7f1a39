/* Checked reading of a complete payload.
 *
 * The first error sticks, later reads yield zero, and the result is checked once. Raw input is
 * indexed only inside a length just taken.
 */
#ifndef CURSOR_H
#define CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include <han/axdr.h>

static inline struct han_cursor cursor_over(const uint8_t *buf, size_t len)
{
	return (struct han_cursor){ .pos = buf, .end = len > 0 ? buf + len : buf, .err = HAN_OK };
}

static inline size_t cursor_left(const struct han_cursor *c)
{
	return (size_t)(c->end - c->pos);
}

static inline void cursor_fail(struct han_cursor *c, enum han_err err)
{
	if (c->err == HAN_OK)
		c->err = err;
}

/* The next n octets, NULL when there are fewer or an error came before. */
static inline const uint8_t *cursor_take(struct han_cursor *c, size_t n)
{
	if (c->err == HAN_OK && cursor_left(c) < n)
		c->err = HAN_ERR_TRUNCATED;
	if (c->err != HAN_OK)
		return NULL;
	c->pos += n;
	return c->pos - n;
}

static inline uint8_t cursor_u8(struct han_cursor *c)
{
	const uint8_t *b = cursor_take(c, 1);

	return b ? *b : 0;
}

/* 1 … 8 octets as a number, most significant first; spelled out for the sizes that come most. */
static inline uint64_t cursor_number(const uint8_t *b, unsigned count)
{
	uint64_t value = 0;

	if (count == 4)
		return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	if (count == 2)
		return (uint32_t)b[0] << 8 | b[1];
	for (unsigned i = 0; i < count; i++)
		value = value << 8 | b[i];
	return value;
}

/* The same, taken. */
uint64_t cursor_be(struct han_cursor *c, unsigned octets);

/* An A-XDR length (IEC 61334-6; also non-minimal, as meters send it): below 80 the length itself, 81 …
 * 84 that many octets of it. Any other first octet is HAN_ERR_COUNT. */
size_t cursor_length(struct han_cursor *c);

#endif
