/* The lines of a P1 telegram (DSMR 5.0.2 P1, 6.2 and 6.3; IEC 62056-21, 6.5).
 *
 *	line  = obis 1*( "(" value [ "*" unit ] ")" )
 *	obis  = [ A "-" ] [ B ":" ] C "." D [ "." E ] [ ( "*" | "&" ) F ]
 *	1-0:1.8.1(001581.123*kWh)
 *	0-1:24.2.1(161129200000W)(00981.443*m3)
 *
 * Knows the grammar, not what a code means.
 */
#ifndef LINE_H
#define LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/obis.h>

#define LINE_MAX 2100 /* octets of a line: a message of 2048 and its code */

/* A part of a telegram; lives as long as the telegram. */
struct span {
	const uint8_t *octets;
	size_t len;
};

struct line {
	struct han_obis obis; /* 1-0 where A and B were not sent, 255 for E and F */
	bool has_f;
	struct span groups; /* from the first '(' to the last ')' */
	unsigned count;     /* groups, 1 or more */
};

/* What is between '(' and ')', and its parts. */
struct group {
	struct span all, value, unit; /* unit: empty when there is none */
};

static inline bool line_digit(uint8_t octet)
{
	return octet >= '0' && octet <= '9';
}

/* The next line of rest, without CR LF or LF; rest is left behind it. False when nothing is left. */
bool line_next(struct span *rest, struct span *line);

/* Reads an object line. False, and *line as it was, when it is none. */
bool line_read(struct span octets, struct line *line);

/* Whether it is nothing but groups, one or more: such a line belongs to the one before (DSMR 2.2). */
bool line_continues(struct span octets);

/* The next of a line's groups; rest is left behind it. False when there is none. */
bool line_group(struct span *rest, struct group *group);

#endif
