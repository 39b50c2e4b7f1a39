/* M-Bus long frames made without the library. */
#ifndef MBUS_FRAME_H
#define MBUS_FRAME_H

#include "unhex.h"

#define MBUS_FRAME_MAX (4 + 260 + 2)

struct mbus_frame {
	uint8_t octets[MBUS_FRAME_MAX];
	size_t len;
};

/* 68 L L 68 53 FF CI 01 67 data checksum 16. */
static inline void mbus_frame_make(struct mbus_frame *frame, uint8_t ci, const uint8_t *data,
                                   size_t len)
{
	uint8_t counted = (uint8_t)(5 + len); /* above 255 it wraps */
	const uint8_t head[] = { 0x68, counted, counted, 0x68, 0x53, 0xFF, ci, 0x01, 0x67 };
	uint8_t sum = 0;

	assert_true(len <= 255);
	memcpy(frame->octets, head, sizeof(head));
	memcpy(frame->octets + sizeof(head), data, len);
	frame->len = sizeof(head) + len;
	for (size_t i = 4; i < frame->len; i++)
		sum = (uint8_t)(sum + frame->octets[i]);
	frame->octets[frame->len++] = sum;
	frame->octets[frame->len++] = 0x16;
}

#endif
