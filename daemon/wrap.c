#include "wrap.h"

#include <assert.h>

#define LLC_LEN         3
#define MBUS_START      0x68
#define MBUS_STOP       0x16
#define MBUS_LAST       0x10
#define MBUS_SEGMENTS   16
#define MBUS_HEADER_LEN 5 /* C, A, CI, STSAP, DTSAP: what L counts besides the message */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t wrap_segments(struct encoder *e, const struct encoder_frame *frame, uint8_t more_control,
                     const uint8_t *apdu, size_t len, size_t most)
{
	size_t start = e->len, done = 0;

	assert(most > LLC_LEN);
	do {
		struct encoder_frame segment = *frame;
		size_t header = done == 0 ? LLC_LEN : 0;
		size_t n = least(len - done, most - header);

		if (done + n < len) {
			segment.segmented = true;
			segment.control = more_control;
		}
		encode_frame_begin(e, &segment);
		if (header > 0)
			encode_llc(e);
		encode_octets(e, apdu + done, n);
		encode_frame_end(e);
		done += n;
	} while (done < len);
	return e->overflow ? 0 : e->len - start;
}

size_t wrap_blocks(struct encoder *e, const struct encoder_frame *frame, const uint8_t *apdu,
                   size_t len, size_t most)
{
	size_t start = e->len, done = 0;
	unsigned number = 0;

	assert(most > 0);
	do {
		size_t n = least(len - done, most);
		uint8_t last = done + n == len ? ENCODER_BLOCK_LAST : 0;

		if (++number > UINT16_MAX)
			e->overflow = true;
		encode_frame_begin(e, frame);
		if (number == 1)
			encode_llc(e);
		encode_general_block(e, ENCODER_BLOCK_STREAMING | last, (uint16_t)number,
		                     apdu + done, n);
		encode_frame_end(e);
		done += n;
	} while (done < len && !e->overflow);
	return e->overflow ? 0 : e->len - start;
}

/* The arithmetic sum of the octets from `at` on. */
static uint8_t sum_from(const struct encoder *e, size_t at)
{
	unsigned sum = 0;

	while (at < e->len)
		sum += e->octets[at++];
	return (uint8_t)sum;
}

static void encode_mbus_frame(struct encoder *e, const struct wrap_mbus *link, uint8_t ci,
                              const uint8_t *data, size_t len)
{
	const uint8_t length = (uint8_t)(MBUS_HEADER_LEN + len);
	const uint8_t head[] = { MBUS_START,    length, length,      MBUS_START, link->control,
		                 link->address, ci,     link->stsap, link->dtsap };
	size_t counted = e->len + 4;

	encode_octets(e, head, sizeof(head));
	encode_octets(e, data, len);
	encode_u8(e, e->overflow ? 0 : sum_from(e, counted));
	encode_u8(e, MBUS_STOP);
}

size_t wrap_mbus(struct encoder *e, const struct wrap_mbus *link, const uint8_t *apdu, size_t len)
{
	size_t start = e->len, done = 0;
	unsigned number = 0;

	assert(link->most > 0 && link->most <= WRAP_MBUS_MAX);
	do {
		size_t n = least(len - done, link->most);
		unsigned last = done + n == len ? MBUS_LAST : 0;

		if (number == MBUS_SEGMENTS)
			e->overflow = true;
		encode_mbus_frame(e, link, (uint8_t)(last | number), apdu + done, n);
		number++;
		done += n;
	} while (done < len && !e->overflow);
	return e->overflow ? 0 : e->len - start;
}
