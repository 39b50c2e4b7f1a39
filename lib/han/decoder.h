/* From octets to readings: the face of the library.
 *
 *	struct han_decoder decoder;
 *	struct han_event event;
 *
 *	han_decoder_init(&decoder, NULL);
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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/error.h>
#include <han/export.h>
#include <han/reading.h>

#define HAN_DECODER_SIZE 65536
#define HAN_MESSAGE_MAX  8192 /* octets of a message, reassembled */
#define HAN_KEY_OCTETS   16   /* AES-128 */

/* The caller's storage; what is inside is the library's. */
struct han_decoder {
	union {
		uint64_t align;
		unsigned char octets[HAN_DECODER_SIZE];
	} opaque;
};

enum han_protocol {
	HAN_PROTOCOL_AUTO, /* whatever comes */
	HAN_PROTOCOL_HDLC,
	HAN_PROTOCOL_MBUS,
	HAN_PROTOCOL_P1,
};

/* Zeros are the defaults. */
struct han_settings {
	enum han_protocol protocol;
	const struct han_list *list; /* NULL: chosen by shape and content */
	bool has_key;
	bool has_auth_key;
	bool has_title;                   /* of the meter: for the APDUs that do not carry it */
	bool allow_replay;                /* take invocation counters that go back */
	uint8_t key[HAN_KEY_OCTETS];      /* encryption key, GUEK */
	uint8_t auth_key[HAN_KEY_OCTETS]; /* authentication key, GAK */
	uint8_t title[HAN_TITLE_OCTETS];
	/* What 1 of the meter's number is, in V, in A, in Wh and varh, instead of what message or list say;
	 * magnitude 0: not given. Powers follow none of them, and neither do P1 telegrams, which spell their
	 * units. */
	struct han_decimal voltage_scale, current_scale, energy_scale;
};

enum han_event_type {
	HAN_MORE, /* nothing to see yet; all octets were taken */
	HAN_PART, /* a frame whose checks agree: a part of a message that is still to be completed */
	HAN_READING,   /* a frame whose checks agree, and the message's values */
	HAN_BAD_FRAME, /* a frame was refused (err); the search goes on inside it */
	HAN_BAD_MESSAGE, /* a frame whose checks agree, but not its content (err); or, without a frame, a
	                  * begun message whose rest did not come */
};

struct han_event {
	enum han_event_type type;
	enum han_err err;
	enum han_framing framing; /* of frame */
	/* Octets since the last event that belong to no frame: noise, and those of a refused frame with
	 * the event after it; not the flags between frames. */
	size_t discarded;
	/* The frame as on the line, flags included; of a refused one what is there of it. NULL with
	 * HAN_MORE, and where a message was given up without one. */
	const uint8_t *frame;
	size_t frame_len;
	uint64_t offset; /* octets that came before frame, since init */
	/* HAN_READING: the values. HAN_BAD_MESSAGE: NULL, or what could be read of the message, without
	 * values: the headers, and what its ciphering says. */
	const struct han_reading *reading;
};

/* settings NULL: the defaults. They are copied; the caller wipes its own copy of the keys. */
HAN_EXPORT void han_decoder_init(struct han_decoder *decoder, const struct han_settings *settings);

/* Wipes keys and messages. The decoder may be initialised again. */
HAN_EXPORT void han_decoder_fini(struct han_decoder *decoder);

/* Takes octets from the line up to the end of one event; returns how many. Call again with the rest,
 * also when nothing is left, until the event is HAN_MORE: a refused frame may hide a good one.
 *
 * What event points to is valid until the next call with this decoder. now_ms is any monotonic clock:
 * a frame in which the line was silent for more than HAN_IDLE_MS is given up, and so is a message whose
 * next part does not begin to come within HAN_PART_MS; 0 means never.
 */
HAN_EXPORT size_t han_decoder_push(struct han_decoder *decoder, const uint8_t *buf, size_t len,
                                   uint64_t now_ms, struct han_event *event);

/* How many octets at least are still to come before another event than HAN_MORE is possible; 1 or more. For
 * who wants to sleep until then. Asked after HAN_MORE.
 *
 * Behind the header of an HDLC frame, of an M-Bus frame, and of a ciphered P1 telegram it is what the whole
 * frame lacks, its last octet included; in a header, what the header lacks; 1 in a P1 telegram, which does not
 * say how long it is, and 1 or 2 where nothing has begun. Time is no part of it: see HAN_IDLE_MS and
 * HAN_PART_MS. */
HAN_EXPORT size_t han_decoder_wanted(const struct han_decoder *decoder);

#define HAN_IDLE_MS 1000 /* more than a slow port's gaps, less than the pause between two lists */
#define HAN_PART_MS 5000

/* No more octets will come (end of a file, port lost): what is incomplete is refused. Call until the
 * event is HAN_MORE; then the decoder is as after init, but remembers invocation counters, and the form of
 * frames, which makes it faster and changes nothing else. */
HAN_EXPORT void han_decoder_end(struct han_decoder *decoder, struct han_event *event);

/* Decodes one bare APDU, without frame and LLC: HAN_READING, HAN_PART (a general block) or
 * HAN_BAD_MESSAGE. Blocks that it leaves without the rest of their message are not told. apdu outlives the
 * event. */
HAN_EXPORT void han_decoder_apdu(struct han_decoder *decoder, const uint8_t *apdu, size_t len,
                                 struct han_event *event);

#endif
