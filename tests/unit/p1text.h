/* P1 telegrams made without the library: the check bit by bit, as the polynomial has it. */
#ifndef P1TEXT_H
#define P1TEXT_H

#include <stdio.h>
#include <string.h>

#include "check.h"

/* CRC-16/ARC: x^16 + x^15 + x^2 + 1, the lowest bit of an octet first, start 0. */
static inline uint16_t arc_by_bits(const uint8_t *buf, size_t len)
{
	unsigned rest = 0;

	for (size_t bit = 0; bit < 8 * len; bit++) {
		unsigned in = buf[bit / 8] >> bit % 8 & 1;

		rest = (rest & 1) != in ? rest >> 1 ^ 0xA001 : rest >> 1;
	}
	return (uint16_t)rest;
}

/* The lines, which end with '!', and behind them their check and CR LF. Returns how many octets. */
static inline size_t p1_make(const char *lines, uint8_t *buf, size_t size)
{
	size_t len = strlen(lines);

	assert_true(len + 7 <= size);
	memcpy(buf, lines, len);
	snprintf((char *)buf + len, 7, "%04X\r\n", (unsigned)arc_by_bits(buf, len));
	return len + 6;
}

#endif
