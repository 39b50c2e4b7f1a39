/* Long messages read from their frames again, without the programs: every header, and checks of the test's own. */
#ifndef UNWRAP_H
#define UNWRAP_H

#include "encoder.h"
#include "frame.h"

struct message {
	uint8_t octets[2048];
	size_t len;
};

static inline void message_add(struct message *message, const uint8_t *octets, size_t len)
{
	assert_true(len <= sizeof(message->octets) - message->len);
	memcpy(message->octets + message->len, octets, len);
	message->len += len;
}

/* A frame with addresses of three octets: its information; how long it is. */
static inline size_t unwrap_frame(const uint8_t *frame, size_t left, bool *segmented,
                                  unsigned *control, const uint8_t **information, size_t *len)
{
	size_t length;

	assert_true(left > 12);
	length = (size_t)(frame[1] << 8 | frame[2]) & 0x7FF;
	assert_true(left >= length + 2);
	assert_int_equal(frame[0], 0x7E);
	assert_int_equal(frame[1] >> 4, 0xA);
	assert_int_equal(frame[length + 1], 0x7E);
	assert_int_equal(frame[7] | frame[8] << 8, check_by_bits(frame + 1, 6));
	assert_int_equal(frame[length - 1] | frame[length] << 8,
	                 check_by_bits(frame + 1, length - 2));
	*segmented = frame[1] & 0x08;
	*control = frame[6];
	*information = frame + 9;
	*len = length - 8 - 2;
	return length + 2;
}

static inline void unwrap_segments(const struct encoder *e, size_t most, struct message *message)
{
	size_t at = 0;
	bool more = true;

	message->len = 0;
	while (more) {
		const uint8_t *information;
		unsigned control;
		size_t len;

		at += unwrap_frame(e->octets + at, e->len - at, &more, &control, &information,
		                   &len);
		assert_int_equal(control, more ? 0x03 : 0x13);
		if (more)
			assert_int_equal(len, most);
		assert_in_range(len, 1, most);
		message_add(message, information, len);
	}
	assert_int_equal(at, e->len);
}

static inline void unwrap_blocks(const struct encoder *e, size_t most, struct message *message)
{
	size_t at = 0, prefix = 3;
	bool last = false, segmented;

	message->len = 0;
	for (unsigned number = 1; !last; number++) {
		const uint8_t *block;
		unsigned control;
		size_t len, n;

		at += unwrap_frame(e->octets + at, e->len - at, &segmented, &control, &block, &len);
		assert_false(segmented);
		assert_int_equal(control, 0x13);
		if (number == 1)
			assert_memory_equal(block, "\xe6\xe7\x00", 3);
		block += prefix;
		len -= prefix;
		prefix = 0;
		assert_int_equal(block[0], 0xE0);
		last = block[1] & 0x80;
		assert_int_equal(block[1] & 0x7F, 0x40);
		assert_int_equal(block[2] << 8 | block[3], number);
		assert_int_equal(block[4] << 8 | block[5], 0);
		n = block[6] == 0x81 ? block[7] : block[6];
		assert_int_equal(len, n + (block[6] == 0x81 ? 8 : 7));
		assert_true(last ? n <= most : n == most);
		message_add(message, block + len - n, n);
	}
	assert_int_equal(at, e->len);
}

static inline void unwrap_mbus(const struct encoder *e, size_t most, struct message *message)
{
	size_t at = 0;
	bool last = false;

	message->len = 0;
	for (unsigned number = 0; !last; number++) {
		const uint8_t *frame = e->octets + at;
		size_t length = frame[1] < 5 ? frame[1] + 256u : frame[1];
		unsigned sum = 0;

		assert_true(e->len - at >= length + 6);
		assert_int_equal(frame[0], 0x68);
		assert_int_equal(frame[2], frame[1]);
		assert_memory_equal(frame + 3, "\x68\x53\xff", 3);
		assert_int_equal(frame[6] & 0x0F, number);
		assert_memory_equal(frame + 7, "\x01\x67", 2);
		last = frame[6] & 0x10;
		assert_true(last ? length - 5 <= most : length - 5 == most);
		for (size_t i = 4; i < 4 + length; i++)
			sum += frame[i];
		assert_int_equal(frame[4 + length], sum & 0xFF);
		assert_int_equal(frame[5 + length], 0x16);
		message_add(message, frame + 9, length - 5);
		at += length + 6;
	}
	assert_int_equal(at, e->len);
}

/* Its first octets must be these, and are taken away. */
static inline void message_drop(struct message *message, const char *hex)
{
	uint8_t expected[8];
	size_t len = unhex(hex, expected, sizeof(expected));

	assert_true(message->len >= len);
	assert_memory_equal(message->octets, expected, len);
	message->len -= len;
	memmove(message->octets, message->octets + len, message->len);
}

static inline void check_message(const struct message *message, const char *hex)
{
	char is[2 * sizeof(message->octets) + 1];

	assert_string_equal(hex_of(message->octets, message->len, is), hex);
}

#endif
