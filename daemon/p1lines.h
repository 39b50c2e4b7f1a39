/* P1 telegrams (DSMR 5.0.2 P1, chapter 6), line by line. Pure, on the encoder.
 *
 *	/XXX5ident CR LF CR LF  code(group)(group) CR LF  …  !CRC CR LF
 *
 * Numbers are exact: an integer and how many of its digits stand behind the point.
 */
#ifndef P1LINES_H
#define P1LINES_H

#include <stdint.h>

#include "encoder.h"

/* Opens a telegram behind what e holds; ident without the slash. One is open at a time. */
void p1lines_begin(struct encoder *e, const char *ident);

/* A line: its code, its groups, its end. */
void p1lines_code(struct encoder *e, const char *code);
void p1lines_end_line(struct encoder *e);

/* Groups. text as it is: "(0002)"; hex: every octet of the text in two digits; time: "(260301120000W)", S
 * when the clock status says summer time. */
void p1lines_text(struct encoder *e, const char *text);
void p1lines_hex(struct encoder *e, const char *text);
void p1lines_time(struct encoder *e, const struct han_datetime *time);

/* "(001581.123*kWh)": zeros in front up to so many digits before the point, which has no place without
 * decimals behind it; no star without a unit (NULL). */
void p1lines_number(struct encoder *e, uint64_t value, unsigned digits, unsigned decimals,
                    const char *unit);

/* Closes the telegram: CRC-16/ARC over all from the slash to the exclamation mark. Returns its length, 0
 * when it did not fit. */
size_t p1lines_end(struct encoder *e);

#endif
