/* HDLC frames made without the library: the checks bit by bit, as the standard's polynomial has it. */
#ifndef FRAME_H
#define FRAME_H

#include "unhex.h"

#define FRAME_MAX 2047 /* format to frame check */

struct frame {
	uint8_t octets[1 + FRAME_MAX + 1]; /* flags included */
	size_t len;
};

/* The check sequence of CRC-16/X-25: x^16 + x^12 + x^5 + 1, the lowest bit of an octet first. */
static inline uint16_t check_by_bits(const uint8_t *buf, size_t len)
{
	unsigned rest = 0xFFFF;

	for (size_t bit = 0; bit < 8 * len; bit++) {
		unsigned in = buf[bit / 8] >> bit % 8 & 1;

		rest = (rest & 1) != in ? rest >> 1 ^ 0x8408 : rest >> 1;
	}
	return (uint16_t)(rest ^ 0xFFFF);
}

/* The check sequence of the octets so far, opening flag excluded, behind them. */
static inline void frame_put_check(struct frame *frame)
{
	uint16_t check = check_by_bits(frame->octets + 1, frame->len - 1);

	frame->octets[frame->len++] = (uint8_t)check;
	frame->octets[frame->len++] = (uint8_t)(check >> 8);
}

/* Type 0xA000, with or without the segmentation bit 0x0800; addresses in hex. */
static inline void frame_make(struct frame *frame, unsigned format, const char *destination,
                              const char *source, const uint8_t *information, size_t len)
{
	uint8_t addresses[2 * 8];
	size_t n = unhex(destination, addresses, 8);
	size_t total;

	n += unhex(source, addresses + n, 8);
	total = 2 + n + 1 + 2 + (len > 0 ? len + 2 : 0);
	assert_true(total <= FRAME_MAX);
	frame->octets[0] = 0x7E;
	frame->octets[1] = (uint8_t)(format >> 8 | total >> 8);
	frame->octets[2] = (uint8_t)total;
	memcpy(frame->octets + 3, addresses, n);
	frame->octets[3 + n] = 0x13;
	frame->len = 4 + n;
	frame_put_check(frame);
	if (len > 0) {
		memcpy(frame->octets + frame->len, information, len);
		frame->len += len;
		frame_put_check(frame);
	}
	frame->octets[frame->len++] = 0x7E;
}

#endif
