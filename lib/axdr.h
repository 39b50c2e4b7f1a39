/* The walk over A-XDR data from inside: the integers, where they stand. */
#ifndef AXDR_H
#define AXDR_H

#include <han/axdr.h>

#include "cursor.h"

/* How many octets an integer of that type takes behind its tag, 1 to 8, and whether it is in two's complement;
 * 0: it is no integer, or one that may be malformed. */
unsigned axdr_integer_len(uint8_t tag, bool *is_signed);

/* The integer in those octets. */
static inline uint64_t axdr_integer(const uint8_t *octets, unsigned len, bool is_signed,
                                    bool *negative)
{
	uint64_t bits = cursor_number(octets, len);

	*negative = is_signed && octets[0] & 0x80;
	if (!*negative)
		return bits;
	return len < 8 ? ((uint64_t)1 << 8 * len) - bits : 0 - bits;
}

#endif
