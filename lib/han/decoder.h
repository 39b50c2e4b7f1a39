/* From octets to readings: the face of the library.
 *
 *	struct han_decoder decoder;
 *	struct han_event event;
 *
 *	han_decoder_init(&decoder);
 *	do {
 *		size_t used = han_decoder_push(&decoder, buf, len, now_ms, &event);
 *
 *		buf += used;
 *		len -= used;
 *		if (event.type == HAN_READING)
 *			use(event.reading);
 *	} while (event.type != HAN_MORE);
 *
 * The library knows no file, clock, socket, heap or log. All state is in the caller's decoder; two
 * meters are two decoders, and threads need no lock as long as each keeps to its own.
 */
#ifndef HAN_DECODER_H
#define HAN_DECODER_H

#include <stddef.h>
#include <stdint.h>

#include <han/error.h>
#include <han/export.h>
#include <han/reading.h>

#define HAN_DECODER_SIZE 16384

/* The caller's storage; what is inside is the library's. No fini: nothing is held elsewhere. */
struct han_decoder {
	union {
		uint64_t align;
		unsigned char octets[HAN_DECODER_SIZE];
	} opaque;
};

enum han_event_type {
	HAN_MORE,        /* nothing to see yet; all octets were taken */
	HAN_READING,     /* a frame whose checks agree, and its values */
	HAN_BAD_FRAME,   /* a frame was refused (err); the search goes on inside it */
	HAN_BAD_MESSAGE, /* a frame whose checks agree, but not its content, or without any (err) */
};

struct han_event {
	enum han_event_type type;
	enum han_err err;
	/* Octets since the last event that belong to no frame: noise, and those of a refused frame with
	 * the event after it; not the flags between frames. */
	size_t discarded;
	const uint8_t *frame; /* HAN_READING, HAN_BAD_MESSAGE: the frame, flags included */
	size_t frame_len;
	const struct han_reading *reading; /* HAN_READING */
};

HAN_EXPORT void han_decoder_init(struct han_decoder *decoder);

/* Takes octets from the line up to the end of one event; returns how many. Call again with the rest,
 * also when nothing is left, until the event is HAN_MORE: a refused frame may hide a good one.
 *
 * What event points to is valid until the next call with this decoder. now_ms is any monotonic clock:
 * a frame in which the line was silent for more than HAN_IDLE_MS is given up; 0 means never.
 */
HAN_EXPORT size_t han_decoder_push(struct han_decoder *decoder, const uint8_t *buf, size_t len,
                                   uint64_t now_ms, struct han_event *event);

#define HAN_IDLE_MS 1000 /* more than a slow port's gaps, less than the pause between two lists */

/* No more octets will come (end of a file, port lost): what is incomplete is refused. Call until the
 * event is HAN_MORE; then the decoder is as after init. */
HAN_EXPORT void han_decoder_end(struct han_decoder *decoder, struct han_event *event);

/* Decodes one bare APDU, without frame and LLC: HAN_READING or HAN_BAD_MESSAGE. apdu outlives the
 * event. */
HAN_EXPORT void han_decoder_apdu(struct han_decoder *decoder, const uint8_t *apdu, size_t len,
                                 struct han_event *event);

#endif
