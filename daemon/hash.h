/* FNV-1a, 64 bits: for names, not for secrets. */
#ifndef HASH_H
#define HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START 0xCBF29CE484222325

/* Of what had the hash h, and these octets behind it. */
static inline uint64_t hash_more(uint64_t h, const void *octets, size_t len)
{
	const unsigned char *b = octets;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * 0x100000001B3;
	return h;
}

#endif
