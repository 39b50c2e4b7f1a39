/* The framer with a notebook: octets in, and what it said of them in words. The including test says with
 * receiver_note_frame() what it has to tell of a frame. */
#ifndef RECEIVER_H
#define RECEIVER_H

#include <stdlib.h>
#include <string.h>

#include "note.h"

#include "framer.h"

struct receiver {
	struct framer framer;
	struct note note;
	size_t skipped; /* octets that belong to no frame, since the last frame or refusal */
	unsigned frames;
};

static void receiver_note_frame(struct receiver *r);

static inline void receiver_init(struct receiver *r, enum han_protocol protocol)
{
	memset(&r->framer, 0xA5, sizeof(r->framer)); /* init expects nothing of it */
	framer_init(&r->framer, protocol);
	note_clear(&r->note);
	r->skipped = 0;
	r->frames = 0;
}

static inline const char *receiver_reason(enum han_err reason)
{
	static const char *const names[HAN_ERR_KINDS] = {
		[HAN_ERR_LENGTH] = "LENGTH", [HAN_ERR_CHECKSUM] = "CHECKSUM",
		[HAN_ERR_STOP] = "STOP",     [HAN_ERR_CRC] = "CRC",
		[HAN_ERR_LINE] = "LINE",     [HAN_ERR_TIMEOUT] = "TIMEOUT",
		[HAN_ERR_END] = "END",       [HAN_ERR_SIZE] = "SIZE",
	};
	const char *name = (unsigned)reason < HAN_ERR_KINDS ? names[reason] : NULL;

	return name ? name : "?";
}

static inline void receiver_note(struct receiver *r, enum framer_event event)
{
	r->skipped += r->framer.discarded;
	if (event == FRAMER_MORE)
		return;
	if (r->skipped > 0)
		note_add(&r->note, "%sskip:%zu", note_gap(&r->note), r->skipped);
	r->skipped = 0;
	if (event == FRAMER_FRAME) {
		r->frames++;
		receiver_note_frame(r);
		return;
	}
	note_add(&r->note, "%sbad:%s", note_gap(&r->note), receiver_reason(r->framer.reason));
}

/* From a block of its own, which is gone afterwards: nothing is read behind it or kept of it. */
static inline void receiver_push(struct receiver *r, const uint8_t *buf, size_t len,
                                 uint64_t now_ms)
{
	uint8_t *block = malloc(len + 1);
	size_t at = 0;
	enum framer_event event;

	assert_non_null(block);
	memcpy(block + 1, buf, len);
	do {
		at += framer_push(&r->framer, block + 1 + at, len - at, now_ms, &event);
		assert_true(at <= len);
		assert_true(r->framer.need <= FRAMER_MAX);
		receiver_note(r, event);
	} while (event != FRAMER_MORE);
	assert_int_equal(at, len);
	free(block);
}

static inline void receiver_end(struct receiver *r)
{
	enum framer_event event;

	do {
		framer_end(&r->framer, &event);
		receiver_note(r, event);
	} while (event != FRAMER_MORE);
	if (r->skipped > 0)
		note_add(&r->note, "%sskip:%zu", note_gap(&r->note), r->skipped);
	r->skipped = 0;
}

/* All of it in pieces of so many octets (the last may be shorter), and the end. */
static inline void receiver_take(struct receiver *r, enum han_protocol protocol, const uint8_t *buf,
                                 size_t len, size_t piece)
{
	receiver_init(r, protocol);
	for (size_t at = 0; at < len; at += piece)
		receiver_push(r, buf + at, len - at < piece ? len - at : piece, 0);
	receiver_end(r);
}

#endif
