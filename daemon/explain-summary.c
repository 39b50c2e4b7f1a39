#include "explain-summary.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "advice.h"
#include "hex.h"
#include "plural.h"

void summary_octets(struct explain_summary *s, const uint8_t *octets, size_t len)
{
	s->octets += len;
	s->hex += hex_count(octets, len);
	for (size_t i = 0; i < len; i++) {
		uint8_t low = octets[i] & 0x7F;

		s->letters += (low >= 0x20 && low < 0x7F) || low == '\r' || low == '\n';
		s->high += octets[i] >> 7;
	}
}

void summary_event(struct explain_summary *s, const struct han_event *event)
{
	unsigned err = (unsigned)event->err < HAN_ERR_KINDS ? (unsigned)event->err : HAN_OK;

	s->noise += event->discarded;
	switch (event->type) {
	case HAN_MORE:
		break;
	case HAN_PART:
		s->frames++;
		break;
	case HAN_READING:
		s->frames++;
		s->messages++;
		break;
	case HAN_BAD_FRAME:
		s->frame_errors[err]++;
		break;
	case HAN_BAD_MESSAGE:
		s->frames += event->frame != NULL;
		s->message_errors[err]++;
		break;
	}
}

/* one, more: what so many of them are. */
static void print_errors(const struct page *page, const char *one, const char *more,
                         const unsigned long errors[HAN_ERR_KINDS])
{
	for (int err = HAN_OK + 1; err < HAN_ERR_KINDS; err++) {
		if (errors[err] > 0)
			fprintf(page->out, "%8lu %s: %s\n", errors[err],
			        errors[err] == 1 ? one : more, han_err_name((enum han_err)err));
	}
}

static unsigned long sum(const unsigned long errors[HAN_ERR_KINDS])
{
	unsigned long total = 0;

	for (int err = HAN_OK + 1; err < HAN_ERR_KINDS; err++)
		total += errors[err];
	return total;
}

/* Of no octets; NULL: what ended the reading says it all. */
static const char *hint_nothing(const struct explain_summary *s)
{
	if (s->live)
		return "Nothing came. Is the port open at the meter (some must be asked for at the grid "
		       "company), the cable right, the bus powered?";
	return s->ended ? NULL : "The input is empty.";
}

#define ALTERED                                                                                          \
	"octets are lost or altered. The usual causes are the wrong parity (8E1 instead of 8N1, or the " \
	"reverse: --format) and an adapter that the bus starves."

/* Of octets without a single frame in them. */
static const char *hint_no_frame(const struct explain_summary *s)
{
	if (hex_is_text(s->octets, s->hex))
		return "This is " ADVICE_HEX "explain";
	if (s->letters * 100 >= s->octets * 95 && s->high * 100 >= s->octets * 20)
		return "This is text with a parity bit: the meter sends 7E1, not 8N1 (--format 7E1).";
	if (s->frame_errors[HAN_ERR_FLAG] || s->frame_errors[HAN_ERR_STOP])
		return "Something like frames, but " ALTERED;
	if (s->frame_errors[HAN_ERR_HCS] || s->frame_errors[HAN_ERR_FCS] ||
	    s->frame_errors[HAN_ERR_CHECKSUM] || s->frame_errors[HAN_ERR_CRC])
		return "Something like frames, but no check agrees: " ALTERED;
	if (s->frame_errors[HAN_ERR_END] || s->frame_errors[HAN_ERR_TIMEOUT])
		return "Frames begin, but none is complete: the input was cut, or the line falls silent.";
	return "No frame. The usual causes are another baud rate (--baud 2400, 9600, 115200) or parity "
	       "(--format 8N1, 8E1, 7E1), and a signal that wants to be inverted (P1).";
}

/* NULL: there is nothing to be done. */
static const char *hint(const struct explain_summary *s)
{
	static const enum han_err advised[] = { HAN_ERR_NO_KEY, HAN_ERR_KEY, HAN_ERR_TAG,
		                                HAN_ERR_LIST, HAN_ERR_REPLAY };

	if (s->octets == 0)
		return hint_nothing(s);
	for (size_t i = 0; i < sizeof(advised) / sizeof(advised[0]); i++) {
		if (s->message_errors[advised[i]])
			return advice_of(advised[i], s->list_given);
	}
	if (s->frames == 0)
		return hint_no_frame(s);
	if (sum(s->frame_errors) > s->frames / 10)
		return "Many frames are damaged: where it is the long ones, the adapter is the usual cause; "
		       "else the cable, or the parity.";
	return NULL;
}

/* A sentence of its own, from half of one: what begins with a capital letter is whole. */
static void print_hint(const struct page *page, const char *text)
{
	bool whole = isupper((unsigned char)text[0]);

	fprintf(page->out, "%c%s%s\n", toupper((unsigned char)text[0]), text + 1, whole ? "" : ".");
}

void summary_print(const struct explain_summary *s, struct page *page)
{
	const char *advice = hint(s);

	page_head(page, "Summary");
	fprintf(page->out, "%8llu octet%s, %llu of them in no frame\n", s->octets,
	        plural(s->octets), s->noise);
	fprintf(page->out, "%8lu frame%s whose checks agree\n", s->frames, plural(s->frames));
	print_errors(page, "refused as a frame", "refused as frames", s->frame_errors);
	fprintf(page->out, "%8lu message%s decoded\n", s->messages, plural(s->messages));
	print_errors(page, "message that was not decoded", "messages that were not decoded",
	             s->message_errors);
	if (s->ended)
		fprintf(page->out, "Reading ended early: %s.\n", strerror(-s->ended));
	if (advice)
		print_hint(page, advice);
}
