/* What an encoder has written, compared with hex. */
#ifndef ENCODED_H
#define ENCODED_H

#include "encoder.h"
#include "unhex.h"

static inline void check_octets(const struct encoder *e, const char *hex)
{
	uint8_t expected[512];
	char is[2 * sizeof(expected) + 1], should_be[2 * sizeof(expected) + 1];
	size_t len = unhex(hex, expected, sizeof(expected));

	assert_false(e->overflow);
	assert_true(e->len <= sizeof(expected));
	assert_string_equal(hex_of(e->octets, e->len, is), hex_of(expected, len, should_be));
}

#endif
