/* The check sequence of P1 telegrams made without the programs: CRC-16/ARC as a division by x^16 + x^15 + x^2 + 1,
 * bit by bit, the lowest bit of an octet first. */
#ifndef ARC_H
#define ARC_H

#include "check.h"

static inline unsigned arc_by_bits(const uint8_t *buf, size_t len)
{
	unsigned rest = 0, reversed = 0;

	for (size_t bit = 0; bit < 8 * len; bit++) {
		unsigned in = buf[bit / 8] >> bit % 8 & 1;

		rest = (rest >> 15 ^ in) & 1 ? (rest << 1 ^ 0x8005) & 0xFFFF : rest << 1 & 0xFFFF;
	}
	for (unsigned bit = 0; bit < 16; bit++)
		reversed |= (rest >> bit & 1) << (15 - bit);
	return reversed;
}

#endif
