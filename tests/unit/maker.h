/* A maker's lists, as its encoder writes them of the sample that is made by hand. */
#ifndef MAKER_H
#define MAKER_H

#include <stdlib.h>

#include "check.h"
#include "encoded.h"
#include "made.h"
#include "seal.h"
#include "unwrap.h"

/* An encoder of meters.h, of a meter that does not seal. */
typedef size_t maker_encode(struct encoder *e, const struct sample *sample, unsigned list,
                            const struct seal *seal);

struct maker_case {
	const char *name;
	unsigned list;
	const char *hex; /* the frame */
};

static inline void check_frame(maker_encode *encode, const struct maker_case *c)
{
	const struct sample sample = made_sample();
	uint8_t buf[ENCODER_FRAME_MAX];
	struct encoder e;
	size_t len;

	say_case(c->name);
	encoder_init(&e, buf, sizeof(buf));
	len = encode(&e, &sample, c->list, NULL);
	assert_int_equal(len, e.len);
	check_octets(&e, c->hex);
}

/* Nothing is written behind a buffer that is too small, and nothing is claimed to be in it. */
static inline void check_small_buffers(maker_encode *encode, const struct maker_case *c)
{
	const struct sample sample = made_sample();
	size_t whole = strlen(c->hex) / 2;

	for (size_t size = 0; size <= whole; size++) {
		uint8_t *buf = malloc(size + 1);
		struct encoder e;

		assert_non_null(buf);
		buf[size] = 0x55;
		encoder_init(&e, buf, size);
		assert_int_equal(encode(&e, &sample, c->list, NULL), size < whole ? 0 : whole);
		assert_int_equal(buf[size], 0x55);
		free(buf);
	}
}

/* A message in several frames, which unwrap takes apart, with at most so many octets in each; in front of it
 * stands that header. */
static inline void check_wrapped(maker_encode *encode,
                                 void (*unwrap)(const struct encoder *e, size_t most,
                                                struct message *message),
                                 size_t most, const char *header, const char *hex)
{
	static struct message message;
	const struct sample sample = made_sample();
	uint8_t buf[2048];
	struct encoder e;
	size_t len;

	encoder_init(&e, buf, sizeof(buf));
	len = encode(&e, &sample, 1, NULL);
	assert_int_equal(len, e.len);
	unwrap(&e, most, &message);
	message_drop(&message, header);
	check_message(&message, hex);
}

#endif
