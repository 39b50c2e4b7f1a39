#include "explain-summary.h"

#include <stdio.h>

void summary_octets(struct explain_summary *s, const uint8_t *octets, size_t len)
{
	s->octets += len;
	for (size_t i = 0; i < len; i++) {
		uint8_t low = octets[i] & 0x7F;

		s->letters += (low >= 0x20 && low < 0x7F) || low == '\r' || low == '\n';
		s->high += octets[i] >> 7;
	}
}

void summary_event(struct explain_summary *s, const struct han_event *event)
{
	unsigned err = (unsigned)event->err < HAN_ERR_KINDS ? (unsigned)event->err : HAN_OK;

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

static void print_errors(const struct page *page, const char *what,
                         const unsigned long errors[HAN_ERR_KINDS])
{
	for (int err = HAN_OK + 1; err < HAN_ERR_KINDS; err++) {
		if (errors[err] > 0)
			fprintf(page->out, "%8lu %s: %s\n", errors[err], what,
			        han_err_name((enum han_err)err));
	}
}

static unsigned long sum(const unsigned long errors[HAN_ERR_KINDS])
{
	unsigned long total = 0;

	for (int err = HAN_OK + 1; err < HAN_ERR_KINDS; err++)
		total += errors[err];
	return total;
}

/* Of octets without a single frame in them. */
static const char *hint_no_frame(const struct explain_summary *s)
{
	if (s->octets == 0)
		return "Nothing came. Is the port open at the meter (some must be asked for at the grid "
		       "company), the cable right, the bus powered?";
	if (s->letters * 100 >= s->octets * 95 && s->high * 100 >= s->octets * 20)
		return "This is text with a parity bit: the meter sends 7E1, not 8N1.";
	if (s->frame_errors[HAN_ERR_HCS] || s->frame_errors[HAN_ERR_FCS] ||
	    s->frame_errors[HAN_ERR_CHECKSUM] || s->frame_errors[HAN_ERR_CRC])
		return "Something like frames, but no check agrees: octets are lost or altered. The usual "
		       "causes are the wrong parity (8E1 instead of 8N1, or the reverse) and an adapter that "
		       "the bus starves.";
	if (s->frame_errors[HAN_ERR_END] || s->frame_errors[HAN_ERR_TIMEOUT])
		return "Frames begin, but none is complete: the input was cut, or the line falls silent.";
	return "No frame. The usual causes are another baud rate (2400, 9600, 115200) or parity (8N1, "
	       "8E1, 7E1), and a signal that wants to be inverted (P1).";
}

/* NULL: there is nothing to be done. */
static const char *hint(const struct explain_summary *s)
{
	if (s->frames == 0)
		return hint_no_frame(s);
	if (s->message_errors[HAN_ERR_NO_KEY])
		return "The meter encrypts: ask the grid company for its key, and give it with --key.";
	if (s->message_errors[HAN_ERR_KEY])
		return "The key is not this meter's, or it was mistyped: --key.";
	if (s->message_errors[HAN_ERR_TAG])
		return "A tag does not agree: is --auth-key this meter's?";
	if (s->message_errors[HAN_ERR_LIST])
		return "The data is sound, but no known list: without --list, and if it was not given, this "
		       "page is what the makers of hantool want to see.";
	if (sum(s->frame_errors) > s->frames / 10)
		return "Many frames are damaged: where it is the long ones, the adapter is the usual cause; "
		       "else the cable, or the parity.";
	return NULL;
}

void summary_print(const struct explain_summary *s, struct page *page)
{
	const char *advice = hint(s);

	page_head(page, "Summary");
	fprintf(page->out, "%8llu octets, %llu of them in no frame\n", s->octets, s->noise);
	fprintf(page->out, "%8lu frames whose checks agree\n", s->frames);
	print_errors(page, "refused as a frame", s->frame_errors);
	fprintf(page->out, "%8lu messages decoded\n", s->messages);
	print_errors(page, "message not decoded", s->message_errors);
	if (advice)
		fprintf(page->out, "%s\n", advice);
}
