/* P1 telegrams (DSMR 5.0.2 P1, 6.2): where one ends, whether its check agrees, and what it says.
 *
 *	/ISK5\2M550T-1012 CR LF
 *	CR LF
 *	1-3:0.2.8(50) CR LF
 *	1-0:1.8.1(002130.115*kWh) CR LF
 *	!56DD CR LF
 *
 * The same for one from the line and one that was inside a ciphered APDU.
 */
#ifndef TELEGRAM_H
#define TELEGRAM_H

#include <stddef.h>
#include <stdint.h>

#include <han/error.h>
#include <han/reading.h>

#include "candidate.h"

/* How far a telegram was looked at; zeros at first. */
struct telegram_scan {
	unsigned step;
	size_t at;           /* octets looked at; of a whole one its length, line end included */
	size_t line;         /* where the line begins that at is in */
	size_t len;          /* '/' up to and with '!' */
	enum han_err reason; /* with LOOK_BAD */
};

/* Looks at the octets from scan->at to have. LOOK_MORE: all as it should be so far. LOOK_FRAME: a telegram of
 * scan->at octets, *header is filled. LOOK_NOISE: its first five octets are no telegram's. LOOK_BAD:
 * HAN_ERR_LINE: an octet that no telegram has, a line longer than LINE_MAX, a '/' that begins another one, or,
 * without a check, a line that is none; HAN_ERR_CRC: the check is wrong, or missing though 1-3:0.2.8 is 40 or
 * more.
 *
 * Lines end with CR LF; LF alone is taken, too, as files have it, and the check then may be that of the
 * telegram with its CR. */
enum look telegram_scan(struct telegram_scan *scan, const uint8_t *octets, size_t have,
                        struct han_p1_header *header);

/* Whether it has its check and lacks no more than the line end behind it. */
bool telegram_checked(const struct telegram_scan *scan);

/* A telegram alone, as it comes out of an APDU: fills *header and *telegram_len ('/' up to and with '!').
 * Line ends, zeros and blanks may follow it, and its own line end may be missing. HAN_ERR_LINE, HAN_ERR_CRC;
 * HAN_ERR_TRUNCATED: it does not end; HAN_ERR_TRAILING: something else behind it. */
enum han_err telegram_check(const uint8_t *octets, size_t len, struct han_p1_header *header,
                            size_t *telegram_len);

/* Reads the lines of reading->message, '/' up to and with '!', into p1.ident, values and count; p1.has_crc
 * says whether the check agreed. Texts point into the message.
 *
 * A value is a number where its unit is known, also behind its time: `(161129200000W)(00981.443*m3)`; a clock
 * where its code is that of one; else a text: what is between the parentheses, or all groups as they are when
 * there are more. A value has a name when it is of the name's kind and unit, and the first of that name. A
 * line that begins with a parenthesis belongs to the text before it and is no value.
 *
 * HAN_ERR_LINE: a line that is none, where no check says that the meter sent it so (else it is left out), or
 * no value at all. HAN_ERR_LIMIT: more than HAN_VALUES_MAX lines. */
enum han_err telegram_read(struct han_reading *reading);

#endif
