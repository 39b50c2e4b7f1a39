/* What a framing looks at: a candidate, a frame perhaps, and what it has found in it so far.
 *
 * The framer owns the octets and moves from one candidate to the next; a framing reads them, says what it
 * sees, and keeps its own place.
 */
#ifndef CANDIDATE_H
#define CANDIDATE_H

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
