/* Octets in, verified frames out: what the framings share.
 *
 * The buffer holds a candidate, a frame perhaps, and what came after it. A framing looks at the candidate
 * as far as it reaches and says what it sees. A refused candidate is searched again from its second octet
 * on: noise or a lost octet costs at most the frames it hits. Knows nothing of what a frame holds.
 */
#ifndef FRAMER_H
#define FRAMER_H

#include <string.h>

#include "candidate.h"
#include "hdlc.h"

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

/* For who knows frames by heart: how long the HDLC frame is, by its format field, that buf begins with and holds
 * the whole of; 0: there is none, or something has begun that it could be a part of (a pause in front of it is no
 * matter). Nothing is changed, and nothing of it has been looked at. Once it has been put to f->buf,
 * framer_believe_next() makes it as if it had been reported; before, what is there may be overwritten. */
static inline size_t framer_next(const struct framer *f, const uint8_t *buf, size_t len)
{
	size_t behind = framer_have(f), whole;

	if (f->reported == FRAMER_FRAME) /* its last flag may stay behind */
		behind -= f->need;
	else if (f->framing == HAN_FRAMING_HDLC && f->reported == FRAMER_MORE)
		behind -= behind == 1;
	if (behind > 0 || f->protocol > HAN_PROTOCOL_HDLC || len < 3 || !hdlc_starts(buf[0]))
		return 0;
	whole = hdlc_frame_len(buf + 1);
	return whole <= len ? whole : 0;
}

static inline void framer_believe(struct framer *f, size_t taken, uint64_t now_ms)
{
	f->framing = HAN_FRAMING_HDLC;
	f->need = framer_have(f);
	f->last_ms = now_ms;
	f->taken += taken;
	f->reported = FRAMER_FRAME;
}

static inline void framer_believe_next(struct framer *f, size_t len, uint64_t now_ms)
{
	f->start = 0;
	f->end = len;
	f->discarded = 0;
	framer_believe(f, len, now_ms);
}

/* The same for a frame that has begun: puts what it lacks behind it, and returns how much that is; 0, and nothing
 * is changed but that the last event may be forgotten, when buf does not hold the rest or no frame can be here.
 * Behind it comes framer_part(), as if nothing had been, or framer_believe(), as if the frame had been reported. */
size_t framer_join(struct framer *f, const uint8_t *buf, size_t len, uint64_t now_ms);

static inline void framer_part(struct framer *f, size_t taken)
{
	f->end -= taken;
}

/* No more octets will come: refuses what is incomplete, one candidate a call, until FRAMER_MORE. */
void framer_end(struct framer *f, enum framer_event *event);

/* Whether a frame is on its way: more of one has come than its flag, and there was no pause since. */
bool framer_awaits_rest(const struct framer *f, uint64_t now_ms);

/* How many octets at least must come before there is more to report, 1 or more: the octets with which the
 * candidate's framing looks again. The time may make it sooner. */
size_t framer_wanted(const struct framer *f);

/* The frame just reported, flags and all, and the message in it, or its part (len 0: none). */
const uint8_t *framer_frame(const struct framer *f, size_t *len);
const uint8_t *framer_payload(const struct framer *f, size_t *len);

/* How many octets came before that frame. */
static inline uint64_t framer_offset(const struct framer *f)
{
	return f->taken - framer_have(f);
}

#endif
