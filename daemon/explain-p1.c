/* P1 telegrams (DSMR 5.0.2, 6.2), line by line. */
#include "explain-parts.h"

#include <string.h>

#include <han/crc16.h>

#include "hex.h"

#define LINE_TEXT 128

bool explain_is_telegram(const struct span *span)
{
	return span->left > 0 && span->at[0] == '/';
}

/* Four digits; -1: none. */
static long read_crc(const uint8_t *at, size_t len)
{
	long crc = 0;

	for (size_t i = 0; i < 4; i++) {
		int digit = i < len ? hex_digit((char)at[i]) : -1;

		if (digit < 0)
			return -1;
		crc = crc << 4 | digit;
	}
	return crc;
}

/* The line that begins with '!'. The reading has the check of a telegram that was ciphered, and knows that of one that
 * has lost its CR in a file. */
static void show_end(struct page *page, struct span *span, size_t len, const uint8_t *begin,
                     const struct han_reading *reading)
{
	uint16_t computed = han_crc16_arc(0, begin, (size_t)(span->at + 1 - begin));
	long carried = read_crc(span->at + 1, len - 1);

	if (reading && reading->p1.has_crc)
		span_show(page, span, len, PAGE_GOOD, "end of the telegram, check %04X: right",
		          reading->p1.crc);
	else if (carried < 0)
		span_show(page, span, len, PAGE_PLAIN,
		          "end of the telegram, without check (computed %04X)", computed);
	else if (carried == computed)
		span_show(page, span, len, PAGE_GOOD, "end of the telegram, check %04lX: right",
		          (unsigned long)carried);
	else
		span_show(page, span, len, PAGE_BAD,
		          "end of the telegram, check %04lX: wrong, computed %04X",
		          (unsigned long)carried, computed);
}

/* len octets with the line's end, shown of them without it. */
static void show_object(struct page *page, struct span *span, size_t len, size_t shown,
                        struct match *match)
{
	const uint8_t *open = memchr(span->at, '(', len);
	size_t code_len = open ? (size_t)(open - span->at) : 0;
	const struct han_value *value = NULL;
	char code[HAN_OBIS_TEXT] = "", text[LINE_TEXT], meaning[MATCH_TEXT];

	if (code_len > 0 && code_len < sizeof(code))
		value = match_code(match, page_text(span->at, code_len, code, sizeof(code)));
	page_text(span->at, shown, text, sizeof(text));
	if (value)
		span_show(page, span, len, PAGE_VALUE, "%s => %s", text,
		          match_print(value, meaning));
	else
		span_show(page, span, len, open ? PAGE_PLAIN : PAGE_FAINT, "%s", text);
}

/* Octets of the line, its end included. */
static size_t line_length(const struct span *span)
{
	const uint8_t *end = memchr(span->at, '\n', span->left);

	return end ? (size_t)(end - span->at) + 1 : span->left;
}

void explain_telegram(struct page *page, struct span *span, const struct han_reading *reading)
{
	const uint8_t *begin = span->at;
	struct match match;
	char text[LINE_TEXT];

	match_begin(&match, reading, NULL, 0);
	for (bool first = true; span->left > 0; first = false) {
		size_t len = line_length(span);
		size_t shown = len;

		while (shown > 0 && (span->at[shown - 1] == '\n' || span->at[shown - 1] == '\r'))
			shown--;
		if (first)
			span_show(page, span, len, PAGE_PLAIN, "identification: %s",
			          page_text(span->at + 1, shown > 0 ? shown - 1 : 0, text,
			                    sizeof(text)));
		else if (shown == 0)
			span_show(page, span, len, PAGE_PLAIN, "blank line");
		else if (span->at[0] == '!')
			show_end(page, span, len, begin, reading);
		else
			show_object(page, span, len, shown, &match);
	}
}
