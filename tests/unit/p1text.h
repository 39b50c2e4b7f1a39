/* P1 telegrams made without the library: the check bit by bit, as the polynomial has it. */
#ifndef P1TEXT_H
#define P1TEXT_H

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

/* The check as four hex digits. */
static inline void p1_put_check(const uint8_t *buf, size_t len, uint8_t out[4])
{
	uint16_t crc = arc_by_bits(buf, len);

	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t) "0123456789ABCDEF"[crc >> (12 - 4 * i) & 0x0F];
}

/* The lines, which end with '!' (and may stand in buf), and behind them their check and CR LF. Returns how
 * many octets. */
static inline size_t p1_make(const char *lines, uint8_t *buf, size_t size)
{
	size_t len = strlen(lines);

	assert_true(len + 6 <= size);
	for (size_t i = 0; i < len; i++)
		buf[i] = (uint8_t)lines[i];
	p1_put_check(buf, len, buf + len);
	buf[len + 4] = '\r';
	buf[len + 5] = '\n';
	return len + 6;
}

#endif
