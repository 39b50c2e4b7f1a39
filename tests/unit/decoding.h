/* A decoder under test, and in words what it says. */
#ifndef DECODING_H
#define DECODING_H

#include <han/decoder.h>

#include "note.h"
#include "reason.h"

/* A decoder between two fences, and what it said. */
struct meter {
	uint64_t before;
	struct han_decoder decoder;
	uint64_t after;
	struct note note;
	size_t discarded;
};

#define FENCE 0x5AC3966955AA33CC

static inline void meter_init_with(struct meter *meter, const struct han_settings *settings)
{
	meter->before = meter->after = FENCE;
	memset(&meter->decoder, 0xA5, sizeof(meter->decoder)); /* init expects nothing of it */
	han_decoder_init(&meter->decoder, settings);
	note_clear(&meter->note);
	meter->discarded = 0;
}

static inline void meter_init(struct meter *meter)
{
	meter_init_with(meter, NULL);
}

/* What an event carries, and what it must not. */
static inline void check_event(const struct han_event *event)
{
	bool lost = event->type == HAN_BAD_MESSAGE &&
	            (event->err == HAN_ERR_INCOMPLETE || event->err == HAN_ERR_TIMEOUT ||
	             event->err == HAN_ERR_END);
	bool framed = event->type != HAN_MORE && !lost;
	bool refused = event->type == HAN_BAD_FRAME || event->type == HAN_BAD_MESSAGE;

	assert_int_equal(event->frame != NULL, framed);
	assert_int_equal(event->frame_len > 0, framed);
	assert_true(event->type != HAN_READING || event->reading);
	assert_true(event->type == HAN_READING || !event->reading || event->reading->count == 0);
	assert_true(event->type == HAN_READING || !event->reading || !event->reading->list);
	assert_int_equal(event->err != HAN_OK, refused);
}

static inline void meter_note(struct meter *meter, const struct han_event *event)
{
	const char *gap = note_gap(&meter->note);

	check_event(event);
	meter->discarded += event->discarded;
	switch (event->type) {
	case HAN_MORE:
		break;
	case HAN_PART:
		note_add(&meter->note, "%spart", gap);
		break;
	case HAN_READING:
		note_add(&meter->note, "%sreading:%s", gap, han_list_name(event->reading->list));
		break;
	case HAN_BAD_FRAME:
		note_add(&meter->note, "%sbad-frame:%s", gap, reason_word(event->err));
		break;
	case HAN_BAD_MESSAGE:
		note_add(&meter->note, "%sbad-message:%s", gap, reason_word(event->err));
		break;
	}
	assert_true(meter->before == FENCE && meter->after == FENCE);
}

static inline void meter_push(struct meter *meter, const uint8_t *buf, size_t len, uint64_t now_ms)
{
	struct han_event event;

	do {
		size_t used;

		memset(&event, 0xA5, sizeof(event));
		used = han_decoder_push(&meter->decoder, buf, len, now_ms, &event);
		assert_true(used <= len);
		buf = buf ? buf + used : NULL;
		len -= used;
		meter_note(meter, &event);
	} while (event.type != HAN_MORE);
	assert_int_equal(len, 0);
}

static inline void meter_end(struct meter *meter)
{
	struct han_event event;

	do {
		memset(&event, 0xA5, sizeof(event));
		han_decoder_end(&meter->decoder, &event);
		meter_note(meter, &event);
	} while (event.type != HAN_MORE);
}

/* Pushes one frame but for its last octet, then that; the decoder says one thing. */
static inline void push_frame(struct han_decoder *decoder, const uint8_t *buf, size_t len,
                              struct han_event *event)
{
	assert_int_equal(han_decoder_push(decoder, buf, len - 1, 0, event), len - 1);
	assert_int_equal(event->type, HAN_MORE);
	assert_int_equal(han_decoder_push(decoder, buf + len - 1, 1, 0, event), 1);
	check_event(event);
	assert_int_equal(event->frame_len, len);
	assert_memory_equal(event->frame, buf, len);
}

#endif
