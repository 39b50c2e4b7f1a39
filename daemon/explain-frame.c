/* Frames of HDLC (IEC 62056-46) and M-Bus (EN 13757-2), field by field, with their checks. */
#include "explain-parts.h"

#include <han/crc16.h>
#include <stdarg.h>

#include "plural.h"

#define FLAG      0x7E
#define TYPE      0xA
#define SEGMENTED 0x0800
#define LENGTH    0x07FF

#define MBUS_LAST   0x10
#define MBUS_NUMBER 0x0F

/* ---- spans ---- */

bool span_show(struct page *page, struct span *span, size_t n, enum page_tone tone,
               const char *format, ...)
{
	size_t shown = n < span->left ? n : span->left;
	va_list arguments;

	va_start(arguments, format);
	if (shown > 0)
		page_row_list(page, tone, span->at, shown, format, arguments);
	va_end(arguments);
	span->at += shown;
	span->left -= shown;
	if (shown < n)
		page_note(page, PAGE_BAD, "cut short: %zu of %zu octet%s", shown, n, plural(n));
	return shown == n;
}

void span_show_rest(struct page *page, struct span *span, enum page_tone tone, const char *format,
                    ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (span->left > 0)
		page_row_list(page, tone, span->at, span->left, format, arguments);
	va_end(arguments);
	span->at += span->left;
	span->left = 0;
}

/* ---- HDLC ---- */

static uint16_t check_of(const uint8_t *from, const uint8_t *to)
{
	return (uint16_t)~han_crc16(HAN_CRC16_START, from, (size_t)(to - from));
}

/* A check sequence, low octet first; whether it agrees with what is before it. */
static bool show_check(struct page *page, struct span *span, const char *name, const uint8_t *from)
{
	uint16_t computed = check_of(from, span->at), carried;

	if (span->left < 2) {
		span_show(page, span, 2, PAGE_BAD, "%s", name);
		return false;
	}
	carried = (uint16_t)(span->at[0] | span->at[1] << 8);
	if (carried == computed)
		span_show(page, span, 2, PAGE_GOOD, "%s %02x %02x: right", name, span->at[0],
		          span->at[1]);
	else
		span_show(page, span, 2, PAGE_BAD, "%s %02x %02x: wrong, computed %02x %02x", name,
		          span->at[0], span->at[1], computed & 0xFF, computed >> 8);
	return carried == computed;
}

/* Seven bits of each octet; the lowest bit of its last octet is set. */
static bool show_address(struct page *page, struct span *span, const char *name)
{
	size_t n = 0;
	unsigned value = 0;

	while (n < span->left && n < HAN_ADDRESS_MAX) {
		value = value << 7 | span->at[n] >> 1;
		if (span->at[n++] & 1)
			return span_show(page, span, n, PAGE_PLAIN, "%s address %u", name, value);
	}
	span_show(page, span, n < HAN_ADDRESS_MAX ? n + 1 : n, PAGE_BAD, "%s address without end",
	          name);
	return false;
}

static const char *control_name(uint8_t control)
{
	if ((control & 0xEF) == 0x03)
		return "unnumbered information";
	return control & 1 ? "another kind of frame" : "information frame";
}

static bool show_format(struct page *page, struct span *span, unsigned *format)
{
	if (span->left < 2)
		return span_show(page, span, 2, PAGE_BAD, "frame format");
	*format = (unsigned)(span->at[0] << 8 | span->at[1]);
	if (*format >> 12 != TYPE) {
		span_show(page, span, 2, PAGE_BAD, "frame format of type %u, not %u: no frame",
		          *format >> 12, TYPE);
		return false;
	}
	return span_show(page, span, 2, PAGE_PLAIN, "frame format: type %u, %s, %u octet%s", TYPE,
	                 *format & SEGMENTED ? "a segment, more follow" : "not segmented or last",
	                 *format & LENGTH, plural(*format & LENGTH));
}

static bool is_llc(const uint8_t *at, size_t left)
{
	return left >= 3 && at[0] == 0xE6 && (at[1] == 0xE6 || at[1] == 0xE7) && at[2] == 0;
}

/* An LLC header begins another message: of the one before the rest is lost. */
static enum explain_place place_of(const struct explain_frame *frame, unsigned format)
{
	bool goes_on = frame->parts > 0 && !is_llc(frame->message.at, frame->message.left);

	if (format & SEGMENTED)
		return goes_on ? PLACE_NEXT : PLACE_FIRST;
	return goes_on ? PLACE_LAST : PLACE_WHOLE;
}

/* Octets of an address, 0: it does not end. */
static size_t address_length(const uint8_t *at, size_t left)
{
	for (size_t n = 0; n < left && n < HAN_ADDRESS_MAX; n++) {
		if (at[n] & 1)
			return n + 1;
	}
	return 0;
}

/* The length of a header whose check is wrong may be as wrong: it is believed where a flag stands at the end, or
 * an LLC header behind the check. */
size_t explain_frame_reach(const uint8_t *at, size_t left)
{
	size_t len, to, from, header;

	if (left < 2 || at[0] >> 4 != TYPE)
		return 0;
	len = (size_t)(at[0] << 8 | at[1]) & LENGTH;
	to = address_length(at + 2, left - 2);
	from = to ? address_length(at + 2 + to, left - 2 - to) : 0;
	header = 2 + to + from + 1 + 2;
	if (from == 0 || len < header + 2)
		return 0;
	if (len < left && at[len] == FLAG)
		return len + 1;
	if (header < left && is_llc(at + header, left - header))
		return len < left ? len : left;
	return 0;
}

static bool hdlc_begin(struct page *page, struct span *span, struct explain_frame *frame)
{
	unsigned format = 0;
	size_t header, len, reach, left;

	if (frame->shared)
		page_note(page, PAGE_FAINT, "opening flag: the closing one above");
	else
		span_show(page, span, 1, PAGE_PLAIN, "opening flag");
	frame->checked = span->at;
	left = span->left;
	if (!show_format(page, span, &format) || !show_address(page, span, "destination") ||
	    !show_address(page, span, "source"))
		return false;
	if (!span_show(page, span, 1, PAGE_PLAIN, "control: %s",
	               span->left > 0 ? control_name(span->at[0]) : ""))
		return false;
	header = (size_t)(span->at - frame->checked);
	len = format & LENGTH;
	frame->place = PLACE_NONE;
	frame->message = (struct span){ span->at, 0 };
	if (len == header + 2)
		return true;
	reach = explain_frame_reach(frame->checked, left);
	if (!show_check(page, span, "header check", frame->checked) && reach == 0)
		return false;
	if (len < header + 4) {
		page_note(page, PAGE_BAD, "the length is less than the header's");
		return false;
	}
	len -= header + 4;
	frame->message = (struct span){ span->at, len < span->left ? len : span->left };
	frame->place = place_of(frame, format);
	if (len > span->left)
		page_note(page, PAGE_BAD, "information: only %zu of %zu octet%s there", span->left,
		          len, plural(len));
	return true;
}

static void hdlc_end(struct page *page, struct span *span, const struct explain_frame *frame)
{
	if (span->left == 0)
		return;
	show_check(page, span, "frame check", frame->checked);
	if (span->left > 0 && span->at[0] == FLAG)
		span_show(page, span, 1, PAGE_PLAIN, "closing flag");
	else if (span->left > 0)
		page_note(page, PAGE_BAD, "no closing flag here");
}

/* ---- M-Bus ---- */

static enum explain_place place_of_segment(const struct explain_frame *frame, uint8_t ci)
{
	unsigned number = ci & MBUS_NUMBER;

	if (number > 0 && (frame->parts == 0 || number != (frame->parts & MBUS_NUMBER)))
		return PLACE_STRAY;
	if (ci & MBUS_LAST)
		return number > 0 ? PLACE_LAST : PLACE_WHOLE;
	return number > 0 ? PLACE_NEXT : PLACE_FIRST;
}

/* EN 13757-3: what is in it is no message of ours. */
static bool show_foreign(struct page *page, struct span *span, struct explain_frame *frame,
                         size_t len)
{
	bool whole = span_show(page, span, 1, PAGE_PLAIN, "control information: no segment") &&
	             span_show(page, span, len - 1, PAGE_PLAIN, "another program's telegram");

	frame->place = PLACE_NONE;
	frame->message = (struct span){ span->at, 0 };
	return whole;
}

static bool mbus_begin(struct page *page, struct span *span, struct explain_frame *frame)
{
	size_t len;
	uint8_t ci;

	if (span->left < 4 || span->at[1] != span->at[2] || span->at[3] != span->at[0]) {
		span_show(page, span, span->left < 4 ? span->left : 1, PAGE_BAD,
		          "start, without its length twice and another start");
		return false;
	}
	/* Sagemcom counts beyond 255 and sends what is left of it. */
	len = span->at[1] < 5 ? span->at[1] + 256U : span->at[1];
	span_show(page, span, 4, PAGE_PLAIN, "start, length %zu (twice), start", len);
	frame->checked = span->at;
	if (!span_show(page, span, 1, PAGE_PLAIN, "control: %s",
	               span->left > 0 && (span->at[0] & 0xDF) == 0x53 ? "send user data"
	                                                              : "another kind of frame") ||
	    !span_show(page, span, 1, PAGE_PLAIN, "address %u", span->left > 0 ? span->at[0] : 0))
		return false;
	ci = span->left > 0 ? span->at[0] : 0;
	if (ci & ~(MBUS_LAST | MBUS_NUMBER))
		return show_foreign(page, span, frame, len - 2);
	if (!span_show(page, span, 1, PAGE_PLAIN, "control information: segment %u%s",
	               ci & MBUS_NUMBER, ci & MBUS_LAST ? ", the last one" : ", more follow") ||
	    !span_show(page, span, 1, PAGE_PLAIN, "source service access point") ||
	    !span_show(page, span, 1, PAGE_PLAIN, "destination service access point"))
		return false;
	len -= 5;
	frame->place = place_of_segment(frame, ci);
	frame->message = (struct span){ span->at, len < span->left ? len : span->left };
	return true;
}

static void mbus_end(struct page *page, struct span *span, const struct explain_frame *frame)
{
	uint8_t sum = 0;

	if (span->left == 0)
		return;
	for (const uint8_t *at = frame->checked; at < span->at; at++)
		sum = (uint8_t)(sum + *at);
	if (span->at[0] == sum)
		span_show(page, span, 1, PAGE_GOOD, "checksum %02x: right", sum);
	else
		span_show(page, span, 1, PAGE_BAD, "checksum %02x: wrong, computed %02x",
		          span->at[0], sum);
	if (span->left > 0 && span->at[0] == 0x16)
		span_show(page, span, 1, PAGE_PLAIN, "stop");
	else if (span->left > 0)
		page_note(page, PAGE_BAD, "no stop octet here");
}

/* ---- any ---- */

bool explain_frame_begin(struct page *page, struct span *span, struct explain_frame *frame)
{
	switch (frame->framing) {
	case HAN_FRAMING_HDLC:
		return hdlc_begin(page, span, frame);
	case HAN_FRAMING_MBUS:
		return mbus_begin(page, span, frame);
	case HAN_FRAMING_NONE:
	case HAN_FRAMING_P1:
		break;
	}
	frame->place = PLACE_WHOLE;
	frame->message = *span;
	return true;
}

void explain_frame_end(struct page *page, struct span *span, const struct explain_frame *frame)
{
	switch (frame->framing) {
	case HAN_FRAMING_HDLC:
		hdlc_end(page, span, frame);
		break;
	case HAN_FRAMING_MBUS:
		mbus_end(page, span, frame);
		break;
	case HAN_FRAMING_NONE:
	case HAN_FRAMING_P1:
		break;
	}
}
