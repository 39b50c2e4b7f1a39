/* FNV-1a, 64 bits: for names, not for secrets. */
#ifndef HASH_H
#define HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_START 0xCBF29CE484222325

/* Of what had the hash h, and these octets behind it. */
static inline uint64_t hash_more(uint64_t h, const void *octets, size_t len)
{
	const unsigned char *b = octets;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * 0x100000001B3;
	return h;
}

/* The same for a table in memory: eight octets at a time, in the machine's own order. */
static inline uint64_t hash_swiftly(const void *octets, size_t len)
{
	const unsigned char *b = octets;
	uint64_t h = HASH_START, word;

	for (; len >= sizeof(word); b += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, b, sizeof(word));
		h = (h ^ word) * 0x9E3779B97F4A7C15;
		h ^= h >> 32;
	}
	return hash_more(h, b, len);
}

#endif
