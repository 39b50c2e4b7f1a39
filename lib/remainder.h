/* Division by the polynomial of CRC-16/X-25, P = x^16 + x^12 + x^5 + 1, eight octets at a time and without a table.
 *
 * Bits are the coefficients of a polynomial, the lowest one of the first octet that of its highest power. They are
 * added by exclusive or, so that a square is the sum of the squares: P squared again and again is x^64 + x^48 + x^20
 * + 1, and x^128 + x^96 + x^40 + 1. What stands 128 powers up leaves the same remainder 96, 40 and 0 powers up. */
#ifndef REMAINDER_H
#define REMAINDER_H

#include <stdbool.h>
#include <stdint.h>

/* 128 powers that leave the remainder of all octets so far; zeros at first. */
struct remainder {
	uint64_t high, low;
};

/* Eight octets, the first one lowest. */
static inline uint64_t remainder_word(const uint8_t *b)
{
	return b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
	       (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
	       (uint64_t)b[7] << 56;
}

/* Behind the octets so far come eight more. What moves up by 96 powers would partly stand where it came from: moved
 * with the rest at once, that part is none. */
static inline void remainder_add(struct remainder *r, uint64_t word)
{
	uint64_t up = r->high ^ r->high << 32;

	r->high = r->low ^ up >> 32 ^ up << 24;
	r->low = word ^ up ^ up >> 40;
}

/* 64 powers that leave the same remainder. */
static inline uint64_t remainder_fold(const struct remainder *r)
{
	uint64_t up = r->high ^ r->high << 16 ^ r->high << 44;

	up ^= up << 32;
	return r->low ^ up ^ up >> 48 ^ up >> 20;
}

/* Whether P divides the octets. The quotient as a series that begins at the power 0: times 1 / P, which is
 * (1 + p)(1 + p^2)(1 + p^4)(1 + p^8) up to x^63 with p = P - 1. It has come to an end below x^48, or never does. */
static inline bool remainder_is_none(const struct remainder *r)
{
	uint64_t q = remainder_fold(r);

	q ^= q >> 5 ^ q >> 12 ^ q >> 16;
	q ^= q >> 10 ^ q >> 24 ^ q >> 32;
	q ^= q >> 20 ^ q >> 48;
	q ^= q >> 40;
	return (q & 0xFFFF) == 0;
}

#endif
