/* Hex digits of people's files and options. */
#ifndef HEX_H
#define HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 0 … 15, or -1: no hex digit. */
static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* How many of the octets are such as hex is written with: digits and blanks. */
static inline size_t hex_count(const uint8_t *octets, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += hex_digit((char)octets[i]) >= 0 || octets[i] == ' ' || octets[i] == '\t' ||
		     octets[i] == '\r' || octets[i] == '\n';
	return n;
}

/* Whether an input of so many octets, so many of them counted, is hex that somebody wrote down. */
static inline bool hex_is_text(unsigned long long octets, unsigned long long counted)
{
	return octets >= 16 && octets == counted;
}

#endif
