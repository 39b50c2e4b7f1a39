#include "explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plural.h"
#include "usage.h"

#define FLAG      0x7E
#define NOISE_ROW 16
/* Octets of a line that are held back although nothing will be made of them. */
#define LIVE_MAX 2048
/* The decoder holds the octets of at most one frame back: what is older is what it is. */
#define PENDING_MAX ((size_t)8 * HAN_MESSAGE_MAX)

/* ---- octets that are not shown yet ---- */

static uint64_t end_of(const struct explain *x)
{
	return x->page.offset + x->len;
}

/* What was shown is behind us. */
static void drop(struct explain *x, size_t n)
{
	memmove(x->octets, x->octets + n, x->len - n);
	x->len -= n;
}

/* The first octets of those not shown, up to a place in the input. */
static struct span span_to(const struct explain *x, uint64_t end)
{
	uint64_t n = end > x->page.offset ? end - x->page.offset : 0;

	return (struct span){ x->octets, n < x->len ? (size_t)n : x->len };
}

/* ---- what is no frame ---- */

static size_t flags_at_end(const struct span *span)
{
	size_t n = 0;

	while (n < span->left && span->at[span->left - 1 - n] == FLAG)
		n++;
	return n;
}

static void show_noise(struct explain *x, uint64_t end)
{
	struct span span = span_to(x, end);
	size_t n = span.left, flags = flags_at_end(&span);
	struct span rest = { span.at + n - flags, flags };

	span.left -= flags;
	if (span.left > 0)
		page_head(&x->page, "Octet %llu: %zu octet%s in no frame",
		          (unsigned long long)x->page.offset, span.left, plural(span.left));
	while (span.left > 0) {
		size_t row = span.left < NOISE_ROW ? span.left : NOISE_ROW;
		char text[NOISE_ROW + 1];

		span_show(&x->page, &span, row, PAGE_FAINT, "|%s|",
		          page_text(span.at, row, text, sizeof(text)));
	}
	span_show_rest(&x->page, &rest, PAGE_FAINT, "flag%s between frames", plural(flags));
	drop(x, n);
}

/* ---- messages ---- */

static const char *framing_text(enum han_framing framing)
{
	switch (framing) {
	case HAN_FRAMING_NONE:
		break;
	case HAN_FRAMING_HDLC:
		return "HDLC frame";
	case HAN_FRAMING_MBUS:
		return "M-Bus frame";
	case HAN_FRAMING_P1:
		return "P1 telegram";
	}
	return "APDU";
}

static void show_segment(struct explain *x, const struct explain_frame *frame, struct span *span,
                         const struct explain_message *message)
{
	if (frame->place == PLACE_FIRST) {
		if (frame->framing == HAN_FRAMING_HDLC)
			explain_llc(&x->page, span);
		train_begin(&x->segments);
		x->segments.framing = frame->framing;
	}
	train_add(&x->segments, span->at, span->left);
	span_show_rest(&x->page, span, PAGE_PLAIN, "part %u of a message", x->segments.parts);
	if (frame->place != PLACE_LAST)
		return;
	page_note(&x->page, PAGE_PLAIN, "the message, put together from %u part%s: %zu octet%s",
	          x->segments.parts, plural(x->segments.parts), x->segments.len,
	          plural(x->segments.len));
	explain_inner(&x->page, x->segments.octets, x->segments.len, message);
}

/* The message in a frame, or its part. Of a refused frame it is shown, but not kept. */
static void show_message(struct explain *x, const struct explain_frame *frame, struct span span,
                         const struct han_reading *reading, bool good)
{
	const struct explain_message message = { .reading = reading,
		                                 .blocks = good ? &x->blocks : NULL };

	if (frame->place == PLACE_NONE || span.left == 0)
		return;
	x->page.depth++;
	if (frame->place == PLACE_WHOLE) {
		if (frame->framing == HAN_FRAMING_HDLC)
			explain_llc(&x->page, &span);
		explain_apdu(&x->page, &span, &message);
	} else if (good && frame->place != PLACE_STRAY) {
		show_segment(x, frame, &span, &message);
	} else {
		span_show_rest(&x->page, &span, PAGE_PLAIN, "part of a message");
	}
	x->page.depth--;
}

/* A frame, as far as it reaches in the octets up to that end; returns how many are shown. */
static size_t show_frame(struct explain *x, struct explain_frame *frame, uint64_t end,
                         const struct han_reading *reading, bool good)
{
	struct span span = span_to(x, end);
	size_t n = span.left;

	frame->parts = x->segments.framing == frame->framing ? x->segments.parts : 0;
	if (explain_frame_begin(&x->page, &span, frame)) {
		show_message(x, frame, frame->message, reading, good);
		span.at += frame->message.left;
		span.left -= frame->message.left;
		explain_frame_end(&x->page, &span, frame);
	}
	return n - span.left;
}

/* ---- refused candidates ---- */

/* One that goes far enough to be what it seems, and to end a damaged one before it. */
static bool is_grave(const struct explain_refusal *r)
{
	switch (r->err) {
	case HAN_ERR_FCS:
	case HAN_ERR_FLAG:
	case HAN_ERR_CHECKSUM:
	case HAN_ERR_STOP:
	case HAN_ERR_CRC:
		return true;
	case HAN_ERR_END:
	case HAN_ERR_TIMEOUT:
		return r->len > 8;
	default:
		return false;
	}
}

/* The next one that is not shown yet, before that end; NULL: none. */
static const struct explain_refusal *next_refusal(const struct explain *x, uint64_t end)
{
	for (size_t i = 0; i < x->refused; i++) {
		const struct explain_refusal *r = &x->refusals[i];
		/* A flag that was shown may also be its first octet. */
		uint64_t first = r->offset + (r->framing == HAN_FRAMING_HDLC);

		if (first >= x->page.offset && first < end)
			return r;
	}
	return NULL;
}

/* Where it ends in the input. Of one whose header check is wrong no more was taken than its header. */
static uint64_t end_of_refused(const struct explain *x, const struct explain_refusal *refusal)
{
	uint64_t stop = refusal->offset + refusal->len;
	size_t flag = refusal->offset < x->page.offset ? 0 : 1;
	size_t reach = 0;

	if (refusal->err == HAN_ERR_HCS && x->len > flag)
		reach = explain_frame_reach(x->octets + flag, x->len - flag);
	if (stop < x->page.offset + flag + reach)
		stop = x->page.offset + flag + reach;
	for (const struct explain_refusal *r = refusal + 1; r < x->refusals + x->refused; r++) {
		if (is_grave(r) && r->offset < stop)
			stop = r->offset;
	}
	return stop;
}

static void show_refused(struct explain *x, const struct explain_refusal *refusal, uint64_t end)
{
	struct explain_frame frame = { .framing = refusal->framing,
		                       .shared = refusal->offset < x->page.offset };
	uint64_t stop = end_of_refused(x, refusal);
	size_t n;

	if (stop > end)
		stop = end;
	if (stop <= x->page.offset)
		stop = x->page.offset + 1;
	page_head(&x->page, "Octet %llu: %s, refused: %s", (unsigned long long)refusal->offset,
	          framing_text(refusal->framing), han_err_name(refusal->err));
	n = show_frame(x, &frame, stop, NULL, false);
	page_note(&x->page, PAGE_BAD, "refused: %s", han_err_name(refusal->err));
	drop(x, n);
}

/* All that stands before that place in the input, which belongs to no frame. */
static void show_to(struct explain *x, uint64_t end)
{
	size_t kept = 0;

	while (x->page.offset < end && x->len > 0) {
		const struct explain_refusal *r = next_refusal(x, end);

		if (!r)
			show_noise(x, end);
		else if (r->offset > x->page.offset)
			show_noise(x, r->offset);
		else
			show_refused(x, r, end);
	}
	for (size_t i = 0; i < x->refused; i++) {
		if (x->refusals[i].offset >= end)
			x->refusals[kept++] = x->refusals[i];
	}
	x->refused = kept;
}

static void keep_refusal(struct explain *x, const struct han_event *event)
{
	if (x->refused == EXPLAIN_REFUSALS)
		memmove(x->refusals, x->refusals + 1, --x->refused * sizeof(x->refusals[0]));
	x->refusals[x->refused++] = (struct explain_refusal){
		.offset = event->offset,
		.len = event->frame_len,
		.framing = event->framing,
		.err = event->err,
	};
}

/* ---- events ---- */

static void tell_verdict(struct explain *x, const struct han_event *event)
{
	const struct han_list *list;

	if (event->type == HAN_PART) {
		page_note(&x->page, PAGE_GOOD, "a part of a message: the rest is to come");
	} else if (event->type == HAN_READING) {
		list = event->reading->list;
		page_note(&x->page, PAGE_GOOD, "message decoded: %s%s%zu value%s",
		          list ? han_list_name(list) : "", list ? ", " : "", event->reading->count,
		          plural(event->reading->count));
	} else {
		page_note(&x->page, PAGE_BAD, "message not decoded: %s", han_err_name(event->err));
	}
}

/* The reading of which values, or a message in clear, are to be shown; NULL: there is none. */
static const struct han_reading *shown_reading(const struct han_event *event)
{
	bool opened = event->type == HAN_BAD_MESSAGE && event->reading &&
	              event->reading->has_encryption && event->err < HAN_ERR_SECURITY;

	return event->type == HAN_READING || opened ? event->reading : NULL;
}

/* Whether segments may still come of the message that the frame is in, or of the one around it. */
static bool goes_on(const struct explain_frame *frame, const struct han_event *event)
{
	if (frame->place == PLACE_NONE)
		return true;
	return event->type == HAN_PART &&
	       (frame->place == PLACE_FIRST || frame->place == PLACE_NEXT);
}

static void show_event(struct explain *x, const struct han_event *event)
{
	struct explain_frame frame = { .framing = event->framing };
	size_t n;

	show_to(x, event->offset);
	frame.shared = event->offset < x->page.offset;
	page_head(&x->page, "Octet %llu: %s, %zu octet%s", (unsigned long long)event->offset,
	          framing_text(event->framing), event->frame_len, plural(event->frame_len));
	n = show_frame(x, &frame, event->offset + event->frame_len, shown_reading(event), true);
	tell_verdict(x, event);
	if (!goes_on(&frame, event))
		train_begin(&x->segments);
	drop(x, n);
}

/* Segments of HDLC have no number: what is no sound frame may have been one. Those of the M-Bus have one, but a refused
 * frame may have been the last. */
static void note_disturbance(struct explain *x, const struct han_event *event)
{
	bool refused = event->type == HAN_BAD_FRAME;
	bool is_hdlc = x->segments.framing == HAN_FRAMING_HDLC;

	if (is_hdlc ? refused || event->discarded > 0
	            : refused && event->framing == HAN_FRAMING_MBUS)
		train_begin(&x->segments);
}

/* What was given up for another message, or for a disturbance, is forgotten already. */
static void tell_lost(struct explain *x, enum han_err why)
{
	page_head(&x->page, "A begun message is given up: %s", han_err_name(why));
	if (why == HAN_ERR_INCOMPLETE)
		return;
	train_begin(&x->segments);
	train_begin(&x->blocks);
}

/* How far the decoder is done with the input, at least: flags between frames it does not tell of. */
static void note_decided(struct explain *x, const struct han_event *event)
{
	if (event->type == HAN_MORE)
		x->decided += event->discarded;
	else if (event->frame)
		x->decided = event->offset;
}

void explain_init(struct explain *x, FILE *out, bool colour)
{
	*x = (struct explain){ 0 };
	page_init(&x->page, out, colour);
}

void explain_fini(struct explain *x)
{
	free(x->octets);
	x->octets = NULL;
}

void explain_octets(struct explain *x, const uint8_t *octets, size_t len)
{
	if (len > x->size - x->len) {
		size_t size = 2 * (x->len + len);
		uint8_t *grown = realloc(x->octets, size);

		if (!grown) {
			errno = ENOMEM;
			usage_tell_errno("explain");
			exit(EXIT_FAILURE);
		}
		x->octets = grown;
		x->size = size;
	}
	memcpy(x->octets + x->len, octets, len);
	x->len += len;
	summary_octets(&x->summary, octets, len);
}

void explain_event(struct explain *x, const struct han_event *event)
{
	summary_event(&x->summary, event);
	note_disturbance(x, event);
	if (event->type == HAN_BAD_FRAME) {
		keep_refusal(x, event);
	} else if (event->type != HAN_MORE && event->frame) {
		show_event(x, event);
	} else if (event->type == HAN_BAD_MESSAGE) {
		tell_lost(x, event->err);
	}
	note_decided(x, event);
	if (x->summary.live && x->len > LIVE_MAX)
		show_to(x, x->decided);
	if (x->len > PENDING_MAX)
		show_to(x, end_of(x) - HAN_MESSAGE_MAX);
}

void explain_silence(struct explain *x)
{
	show_to(x, end_of(x));
}

void explain_end(struct explain *x)
{
	show_to(x, end_of(x));
	summary_print(&x->summary, &x->page);
}
