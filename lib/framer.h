/* Octets in, verified frames out: what the framings share.
 *
 * The buffer holds a candidate, a frame perhaps, and what came after it. A framing looks at the candidate
 * as far as it reaches and says what it sees. A refused candidate is searched again from its second octet
 * on: noise or a lost octet costs at most the frames it hits. Knows nothing of what a frame holds.
 */
#ifndef FRAMER_H
#define FRAMER_H

#include "candidate.h"

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

/* How many octets at least must come before there is more to report, 1 or more: the octets with which the
 * candidate's framing looks again. The time may make it sooner. */
size_t framer_wanted(const struct framer *f);

/* The frame just reported, flags and all, and the message in it, or its part (len 0: none). */
const uint8_t *framer_frame(const struct framer *f, size_t *len);
const uint8_t *framer_payload(const struct framer *f, size_t *len);

/* How many octets came before that frame. */
uint64_t framer_offset(const struct framer *f);

#endif
