/* Octets in, verified frames out: what the framings share.
 *
 * The buffer holds a candidate, a frame perhaps, and what came after it. A framing looks at the candidate
 * as far as it reaches and says what it sees. A refused candidate is searched again from its second octet
 * on: noise or a lost octet costs at most the frames it hits. Knows nothing of what a frame holds.
 */
#ifndef FRAMER_H
#define FRAMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/decoder.h>
#include <han/error.h>
#include <han/reading.h>

#define FRAMER_MAX HAN_MESSAGE_MAX /* octets of the longest frame: a P1 telegram */

enum framer_event { FRAMER_MORE, FRAMER_FRAME, FRAMER_BAD };

/* What a framing says of the candidate. */
enum look {
	LOOK_MORE,  /* it may be one: f->need octets of it will tell (more than are there) */
	LOOK_FRAME, /* its first f->need octets are a frame whose checks agree */
	LOOK_BAD,   /* it began like a frame, but is none: f->reason */
	LOOK_NOISE, /* it is none, and nothing said that it was */
	LOOK_FILL,  /* its first octet is a fill between frames */
};

struct framer {
	/* The candidate: buf[start] is its first octet, buf[end - 1] its newest. */
	uint8_t buf[FRAMER_MAX];
	size_t start;
	size_t end;
	enum han_protocol protocol; /* the framings looked for */
	enum han_framing framing;   /* the candidate's */
	enum han_framing last;      /* that of the last frame */
	unsigned step;              /* the framing's own: how far it has looked; 0 at first, */
	size_t need;                /* octets of the candidate with which it wants to look again */
	bool shared; /* the first octet was the last one of the frame before (a flag) */
	bool fresh;  /* the candidate began at the start of the input, after a pause, or
	                                * right behind a frame */
	enum framer_event reported; /* what the next push drops */
	uint64_t last_ms;           /* when the newest octet came */
	uint64_t taken;             /* octets since init */

	/* Of the event reported: */
	size_t discarded; /* octets since the last event that belong to no frame */
	enum han_err reason;

	/* What a framing keeps of its candidate: */
	uint16_t crc;
	size_t header_len; /* HDLC: format to HCS */
	size_t len;        /* HDLC: format to FCS; else the frame */
	size_t payload;    /* where in the frame the message, or its part, begins, */
	size_t payload_len;
	struct han_hdlc_header hdlc;
	struct han_mbus_header mbus;
	struct han_p1_header p1;
};

void framer_init(struct framer *f, enum han_protocol protocol);

/* Takes octets from the line; returns how many (all, unless an event ended early).
 *
 * FRAMER_MORE: nothing to see yet. FRAMER_FRAME: its checks agreed; f->framing, the framing's header,
 * framer_frame() and framer_payload() are valid until the next push. FRAMER_BAD: a candidate was refused,
 * f->reason says why, framer_frame() is what is there of it; push again, also with nothing left, to go on
 * with the search inside it. now_ms is any monotonic clock: after an idle gap of more than HAN_IDLE_MS a
 * begun frame is refused; 0 means never.
 */
size_t framer_push(struct framer *f, const uint8_t *buf, size_t len, uint64_t now_ms,
                   enum framer_event *event);

/* No more octets will come: refuses what is incomplete, one candidate a call, until FRAMER_MORE. */
void framer_end(struct framer *f, enum framer_event *event);

/* The frame just reported, flags and all, and the message in it, or its part (len 0: none). */
const uint8_t *framer_frame(const struct framer *f, size_t *len);
const uint8_t *framer_payload(const struct framer *f, size_t *len);

/* How many octets came before that frame. */
uint64_t framer_offset(const struct framer *f);

/* For the framings: the candidate, and how many octets of it are there. */
static inline const uint8_t *framer_candidate(const struct framer *f)
{
	return f->buf + f->start;
}

static inline size_t framer_have(const struct framer *f)
{
	return f->end - f->start;
}

#endif
