/* The page that explain writes: octets in hex with what they are beside them.
 *
 *	  offset  octets, sixteen a line, in hex                   what they are
 *	       3  a0 27                                              format: type 3, 39 octets
 *	     +12  06 00 00 04 d2                                     double-long-unsigned 1234
 *
 * Offsets count from the start of the input; those with a plus count from the start of a message that was
 * put together or deciphered, and the octets behind them are no part of the input. The text is indented
 * by depth. In colour when asked for; every line ends plain.
 */
#ifndef PAGE_H
#define PAGE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum page_tone {
	PAGE_PLAIN,
	PAGE_FAINT, /* noise, fill */
	PAGE_GOOD,  /* a check that agrees */
	PAGE_BAD,   /* a check that does not, and what was refused */
	PAGE_VALUE, /* what the meter wants to say */
};

struct page {
	FILE *out;
	bool colour;
	unsigned depth;
	bool inner;      /* the octets are those of a message, not of the input */
	uint64_t offset; /* of the octet that is shown next */
};

void page_init(struct page *page, FILE *out, bool colour);

/* A headline, with a blank line before it. */
__attribute__((format(printf, 2, 3))) void page_head(struct page *page, const char *format, ...);

/* Text without octets. */
__attribute__((format(printf, 3, 4))) void page_note(struct page *page, enum page_tone tone,
                                                     const char *format, ...);

/* The next len octets (at least one), and what they are; page->offset moves behind them. */
__attribute__((format(printf, 5, 6))) void page_row(struct page *page, enum page_tone tone,
                                                    const uint8_t *octets, size_t len,
                                                    const char *format, ...);
__attribute__((format(printf, 5, 0))) void page_row_list(struct page *page, enum page_tone tone,
                                                         const uint8_t *octets, size_t len,
                                                         const char *format, va_list arguments);

/* Stands where a text was cut. */
#define PAGE_CUT "\u2026"

/* Octets as a person reads them, those that cannot be seen as dots; cut where buf ends, which is longer than the
 * sign for that. Returns buf. */
char *page_text(const uint8_t *octets, size_t len, char *buf, size_t size);

#endif
