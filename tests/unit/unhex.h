/* Octets written as hex digits; blanks between octets are free. */
#ifndef UNHEX_H
#define UNHEX_H

#include <string.h>

#include "check.h"

static inline unsigned unhex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	assert_non_null(at);
	return (unsigned)(at - digits);
}

/* Into buf; returns how many octets. */
static inline size_t unhex(const char *hex, uint8_t *buf, size_t size)
{
	size_t len = 0;

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		assert_true(len < size);
		buf[len++] = (uint8_t)(unhex_digit(hex[0]) << 4 | unhex_digit(hex[1]));
		hex++;
	}
	return len;
}

/* The other way, for failures and comparisons: len octets into text of 2 * len + 1. Returns text. */
static inline char *hex_of(const uint8_t *buf, size_t len, char *text)
{
	for (size_t i = 0; i < len; i++) {
		text[2 * i] = "0123456789abcdef"[buf[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[buf[i] & 0x0F];
	}
	text[2 * len] = '\0';
	return text;
}

#endif
