/* HDLC frame format type 3 (IEC 62056-46; DLMS Green Book 8.3 to 8.5): octets in, verified frames out.
 *
 *	7E | format 2 | destination 1..4 | source 1..4 | control 1 | HCS 2 | information | FCS 2 | 7E
 *
 * There is no octet stuffing: 7E and 7D stand unescaped inside, the length field alone tells where a
 * frame ends. The length is trusted only when the header check agrees. A refused frame is searched
 * again from its second octet on: noise or a lost octet costs at most the frames it hits. One flag may
 * end a frame and open the next. Knows nothing of what the information field holds.
 */
#ifndef HDLC_H
#define HDLC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/error.h>
#include <han/reading.h>

#define HDLC_FLAG      0x7E
#define HDLC_MAX       2047 /* format to FCS: the 11-bit length field */
#define HDLC_TYPE      0xA  /* the upper 4 bits of the format field */
#define HDLC_SEGMENTED 0x0800

enum hdlc_event { HDLC_MORE, HDLC_FRAME, HDLC_BAD };

enum hdlc_step { HDLC_AT_FORMAT, HDLC_AT_ADDRESSES, HDLC_AT_HEADER, HDLC_AT_FRAME };

struct hdlc {
	/* The candidate, a frame perhaps: buf[start] is its opening flag, buf[end - 1] its newest octet. */
	uint8_t buf[1 + HDLC_MAX + 1];
	size_t start;
	size_t end;
	enum hdlc_step step; /* what is looked at next, */
	size_t need;         /* as soon as the candidate has this many octets */
	bool shared;         /* its opening flag closed the frame before */
	size_t used;         /* octets of the event just reported; the next push drops them */
	uint64_t last_ms;    /* when the newest octet came */
	uint16_t crc;        /* register behind the header */

	/* Of the event reported: */
	size_t discarded; /* octets since the last event that belong to no frame */
	enum han_err reason;
	struct han_hdlc_header header;
	size_t header_len; /* format to HCS */
	size_t len;        /* format to FCS */
};

void hdlc_init(struct hdlc *f);

/* Takes octets from the line; returns how many (all, unless an event ended early).
 *
 * HDLC_MORE: nothing to see yet. HDLC_FRAME: both check sequences agreed; f->header, hdlc_frame() and
 * hdlc_information() are valid until the next push. HDLC_BAD: a candidate was refused, f->reason says
 * why; push again, also with nothing left, to go on with the search inside it. now_ms is any monotonic
 * clock: after an idle gap of more than HAN_IDLE_MS a begun frame is refused; 0 means never.
 */
size_t hdlc_push(struct hdlc *f, const uint8_t *buf, size_t len, uint64_t now_ms,
                 enum hdlc_event *event);

/* No more octets will come: refuses what is incomplete, one candidate a call, until HDLC_MORE. */
void hdlc_end(struct hdlc *f, enum hdlc_event *event);

/* The frame just reported, flags included, and its information field (len 0 when it has none). */
const uint8_t *hdlc_frame(const struct hdlc *f, size_t *len);
const uint8_t *hdlc_information(const struct hdlc *f, size_t *len);

#endif
