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
const uint8_t *cursor_take(struct han_cursor *c, size_t n);

uint8_t cursor_u8(struct han_cursor *c);
uint64_t cursor_be(struct han_cursor *c,
                   unsigned octets); /* 1 … 8 octets, most significant first */

/* An A-XDR length (IEC 61334-6; also non-minimal, as meters send it): below 80 the length itself, 81 …
 * 84 that many octets of it. Any other first octet is HAN_ERR_COUNT. */
size_t cursor_length(struct han_cursor *c);

#endif
