/* A Kaifa meter that says what a test wants: its frames from the project's own encoder, and its
 * readings through the real decoder. */
#ifndef SPEAKER_H
#define SPEAKER_H

#include <string.h>

#include "check.h"

#include "../../daemon/kaifa.h"
#include <han/decoder.h>

/* 2024-01-23 18:00:10, a Tuesday, without a deviation. */
static const struct han_datetime speaker_time = {
	2024, 1, 23, 2, 18, 0, 10, HAN_UNSPECIFIED, HAN_NO_DEVIATION, 0
};

struct speaker {
	struct kaifa meter;
	struct encoder encoder;
	uint8_t frame[ENCODER_FRAME_MAX];
	struct han_decoder decoder;
};

static inline void speaker_init(struct speaker *s)
{
	*s = (struct speaker){ .meter = {
				       .meter_id = "6970631400000000",
				       .meter_type = "MA304H4",
				       .source = { 0x02, 0x01 },
				       .now = speaker_time,
				       .clock = speaker_time,
				       .power_import = 1234,
				       .reactive_export = 56,
				       .current = { 1661, 2103, 1337 },
				       .voltage = { 2289, 2288, 2277 },
				       .energy = { 11589514, 2853145, 120588, 4285508 },
			       } };
}

/* The frame of that list, in s->frame until the next one; returns its length. */
static inline size_t speaker_frame(struct speaker *s, enum kaifa_list list)
{
	size_t len;

	encoder_init(&s->encoder, s->frame, sizeof(s->frame));
	len = kaifa_encode(&s->encoder, &s->meter, list);
	assert_true(len > 0);
	return len;
}

/* What the library makes of that list; lives until the next one. */
static inline const struct han_reading *speaker_reading(struct speaker *s, enum kaifa_list list)
{
	size_t len = speaker_frame(s, list);
	struct han_event event;

	han_decoder_init(&s->decoder, NULL);
	assert_int_equal(han_decoder_push(&s->decoder, s->encoder.octets, len, 0, &event), len);
	assert_int_equal(event.type, HAN_READING);
	return event.reading;
}

#endif
