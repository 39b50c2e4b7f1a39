#include "framer.h"

#include <string.h>

#include "hdlc.h"
#include "mbus.h"
#include "p1.h"

#define NEED_FIRST 2 /* octets of a candidate with which its framing looks first */

static void reset(struct framer *f)
{
	f->start = 0;
	f->end = 0;
	f->framing = HAN_FRAMING_NONE;
	f->last = HAN_FRAMING_NONE;
	f->step = 0;
	f->need = NEED_FIRST;
	f->shared = false;
	f->fresh = true;
	f->reported = FRAMER_MORE;
	f->last_ms = 0;
}

void framer_init(struct framer *f, enum han_protocol protocol)
{
	reset(f);
	f->protocol = protocol;
	f->taken = 0;
	f->discarded = 0;
	f->hdlc = (struct han_hdlc_header){ 0 };
	f->mbus = (struct han_mbus_header){ 0 };
	f->p1 = (struct han_p1_header){ 0 };
}

/* The framing that a candidate with this first octet is of; HAN_FRAMING_NONE: of none. */
static enum han_framing framing_of(const struct framer *f, uint8_t first)
{
	bool any = f->protocol == HAN_PROTOCOL_AUTO;

	if ((any || f->protocol == HAN_PROTOCOL_HDLC) && hdlc_starts(first))
		return HAN_FRAMING_HDLC;
	if ((any || f->protocol == HAN_PROTOCOL_MBUS) && mbus_starts(first))
		return HAN_FRAMING_MBUS;
	if ((any || f->protocol == HAN_PROTOCOL_P1) && p1_starts(first))
		return HAN_FRAMING_P1;
	return HAN_FRAMING_NONE;
}

/* How many octets of buf come before the next that may begin a candidate. */
static size_t noise_before(const struct framer *f, const uint8_t *buf, size_t len)
{
	size_t n = 0;

	while (n < len && framing_of(f, buf[n]) == HAN_FRAMING_NONE)
		n++;
	return n;
}

static enum look look(struct framer *f)
{
	switch (f->framing) {
	case HAN_FRAMING_NONE:
		break;
	case HAN_FRAMING_HDLC:
		return hdlc_look(f);
	case HAN_FRAMING_MBUS:
		return mbus_look(f);
	case HAN_FRAMING_P1:
		return p1_look(f);
	}
	return LOOK_NOISE;
}

/* Drops n octets; what follows them is the next candidate, or noise, which search() drops. A single octet,
 * most often the flag behind a frame, moves to the front: frame after frame the same octets of the buffer
 * serve. */
static void drop(struct framer *f, size_t n)
{
	f->start += n;
	if (framer_have(f) <= 1) {
		if (framer_have(f) == 1) /* else start may be behind the buffer */
			f->buf[0] = f->buf[f->start];
		f->end = framer_have(f);
		f->start = 0;
	}
	f->framing = f->start < f->end ? framing_of(f, f->buf[f->start]) : HAN_FRAMING_NONE;
	f->step = 0;
	f->need = f->start < f->end && f->framing == HAN_FRAMING_NONE ? 1 : NEED_FIRST;
	f->shared = false;
}

/* The candidate's first octet begins nothing: the next candidate is somewhere behind it. A flag alone is a
 * fill. */
static void drop_candidate(struct framer *f)
{
	size_t n = 1 + noise_before(f, framer_candidate(f) + 1, framer_have(f) - 1);
	bool fill = n == 1 && f->framing == HAN_FRAMING_HDLC;

	f->discarded += n - f->shared;
	drop(f, n);
	f->fresh = f->fresh && fill;
}

static enum framer_event report(struct framer *f, enum framer_event event)
{
	f->reported = event;
	return event;
}

static enum framer_event refuse(struct framer *f, enum han_err reason)
{
	f->reason = reason;
	return report(f, FRAMER_BAD);
}

/* The candidate's rest will not come: it is refused, unless it lacks nothing that matters. */
static enum framer_event give_up(struct framer *f, enum han_err reason)
{
	if (f->framing == HAN_FRAMING_P1 && p1_ends(f))
		return report(f, FRAMER_FRAME);
	return refuse(f, reason);
}

/* Looks at what is in the buffer as far as it reaches. */
static enum framer_event search(struct framer *f)
{
	while (framer_have(f) >= f->need) {
		switch (look(f)) {
		case LOOK_MORE:
			break;
		case LOOK_FRAME:
			return report(f, FRAMER_FRAME);
		case LOOK_BAD:
			return report(f, FRAMER_BAD);
		case LOOK_NOISE:
			drop_candidate(f);
			break;
		case LOOK_FILL:
			drop(f, 1);
			break;
		}
	}
	return FRAMER_MORE;
}

/* The frame that was reported has no octets behind it: its last flag is all there is. */
static inline void keep_flag(struct framer *f)
{
	f->buf[0] = HDLC_FLAG;
	f->start = 0;
	f->end = 1;
	f->step = 0;
	f->need = NEED_FIRST;
}

/* The flag that closes an HDLC frame may open the next and stays. */
static inline void forget_frame(struct framer *f)
{
	bool flag = f->framing == HAN_FRAMING_HDLC;

	f->last = f->framing;
	if (flag && framer_have(f) == f->need)
		keep_flag(f);
	else
		drop(f, f->need - flag);
	f->shared = flag;
	f->fresh = true;
}

/* Drops what the last event reported: a refused candidate's first octet, or a frame. */
static inline void forget_event(struct framer *f)
{
	enum framer_event reported = f->reported;

	f->discarded = 0;
	f->reported = FRAMER_MORE;
	if (reported == FRAMER_FRAME)
		forget_frame(f);
	else if (reported == FRAMER_BAD)
		drop_candidate(f);
}

/* A flag behind a flag: the first one was a fill. */
static inline void pass_fill(struct framer *f, uint8_t next)
{
	if (framer_have(f) == 1 && f->framing == HAN_FRAMING_HDLC && hdlc_starts(next)) {
		f->start = f->end = 0;
		f->shared = false;
	}
}

/* Puts octets behind those of the candidate. */
static inline void append(struct framer *f, const uint8_t *buf, size_t n)
{
	if (n > sizeof(f->buf) - f->end) {
		memmove(f->buf, framer_candidate(f), framer_have(f));
		f->end = framer_have(f);
		f->start = 0;
	}
	memcpy(f->buf + f->end, buf, n);
	f->end += n;
}

/* How many octets the candidate is to have. Of an HDLC frame all that its format field announces: when its
 * header proves to be wrong, the rest is given back. */
static size_t wish(const struct framer *f, const uint8_t *buf, size_t len)
{
	size_t have = framer_have(f), frame = 0;

	if (f->framing == HAN_FRAMING_HDLC && have < 2 && len >= 3 - have)
		frame = hdlc_frame_len(buf + 1 - have);
	return frame > f->need ? frame : f->need;
}

/* Takes from the line what the candidate needs and *spare octets more; skips to a candidate when there is none. */
static size_t take(struct framer *f, const uint8_t *buf, size_t len, size_t *spare)
{
	size_t n, lacks;

	*spare = 0;
	pass_fill(f, buf[0]);
	if (framer_have(f) == 0) {
		size_t noise = noise_before(f, buf, len);

		if (noise > 0) {
			f->discarded += noise;
			f->fresh = false;
			return noise;
		}
		f->framing = framing_of(f, buf[0]);
	}
	lacks = f->need - framer_have(f);
	n = wish(f, buf, len) - framer_have(f);
	if (n > len)
		n = len;
	if (n > lacks)
		*spare = n - lacks;
	append(f, buf, n);
	return n;
}

/* What was taken behind the octets that an event needed is not its: the next push takes it again. What had been needed
 * stays: in a candidate that was noise a shorter one may have been found. */
static size_t give_back(struct framer *f, size_t spare)
{
	size_t n = framer_have(f) > f->need ? framer_have(f) - f->need : 0;

	if (n > spare)
		n = spare;
	f->end -= n;
	return n;
}

/* More than the lone flag that may open a frame some time. */
static bool begun(const struct framer *f)
{
	return framer_have(f) > 1;
}

/* Nothing has begun and the line was silent: only a flag may open what comes. */
static void begin_afresh(struct framer *f)
{
	if (framer_have(f) == 1 && f->framing != HAN_FRAMING_HDLC)
		drop_candidate(f);
	f->fresh = true;
}

static bool paused(const struct framer *f, uint64_t now_ms)
{
	return now_ms > f->last_ms && f->last_ms && now_ms - f->last_ms > HAN_IDLE_MS;
}

size_t framer_push(struct framer *f, const uint8_t *buf, size_t len, uint64_t now_ms,
                   enum framer_event *event)
{
	size_t taken = 0, spare;

	forget_event(f);
	*event = search(f);
	if (*event == FRAMER_MORE && paused(f, now_ms)) {
		if (begun(f))
			*event = give_up(f, HAN_ERR_TIMEOUT);
		else
			begin_afresh(f);
	}
	while (*event == FRAMER_MORE && taken < len) {
		taken += take(f, buf + taken, len - taken, &spare);
		f->last_ms = now_ms;
		*event = search(f);
		if (*event != FRAMER_MORE)
			taken -= give_back(f, spare);
	}
	f->taken += taken;
	return taken;
}

bool framer_awaits_rest(const struct framer *f, uint64_t now_ms)
{
	return f->reported == FRAMER_MORE && begun(f) && !paused(f, now_ms);
}

/* ---- frames known by heart ---- */

/* By the format field, of what has begun or behind its flag; 0: it is no frame, or the field is half here, half
 * there. */
static size_t frame_len(const struct framer *f, const uint8_t *buf, size_t len)
{
	size_t have = framer_have(f);

	if (have == 0 || f->framing != HAN_FRAMING_HDLC)
		return 0;
	if (have >= 3)
		return hdlc_frame_len(framer_candidate(f) + 1);
	return have == 1 && len >= 2 ? hdlc_frame_len(buf) : 0;
}

size_t framer_join(struct framer *f, const uint8_t *buf, size_t len, uint64_t now_ms)
{
	size_t have, whole;

	if (f->reported == FRAMER_BAD)
		return 0;
	forget_event(f);
	have = framer_have(f);
	if (have >= f->need || (begun(f) && paused(f, now_ms)))
		return 0;
	whole = frame_len(f, buf, len);
	if (whole <= have || whole - have > len)
		return 0;
	append(f, buf, whole - have);
	return whole - have;
}

void framer_end(struct framer *f, enum framer_event *event)
{
	forget_event(f);
	*event = search(f);
	if (*event != FRAMER_MORE)
		return;
	if (begun(f)) {
		*event = give_up(f, HAN_ERR_END);
		return;
	}
	begin_afresh(f);
	reset(f);
}

/* What was reported is still in the buffer: the next push may see more behind it at once. */
size_t framer_wanted(const struct framer *f)
{
	if (f->reported != FRAMER_MORE || framer_have(f) >= f->need)
		return 1;
	return f->need - framer_have(f);
}

const uint8_t *framer_frame(const struct framer *f, size_t *len)
{
	*len = f->reported == FRAMER_FRAME ? f->need : framer_have(f);
	return framer_candidate(f);
}

const uint8_t *framer_payload(const struct framer *f, size_t *len)
{
	*len = f->payload_len;
	return framer_candidate(f) + f->payload;
}
