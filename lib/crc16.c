#include <han/crc16.h>

/* The table is linear: an entry is the sum (exclusive or) of what its bits contribute alone. */
#define BIT(i, n, share) ((i)&1 << (n) ? (share) : 0)
#define ENTRY(i)                                                                         \
	(BIT(i, 0, 0x1189) ^ BIT(i, 1, 0x2312) ^ BIT(i, 2, 0x4624) ^ BIT(i, 3, 0x8C48) ^ \
	 BIT(i, 4, 0x1081) ^ BIT(i, 5, 0x2102) ^ BIT(i, 6, 0x4204) ^ BIT(i, 7, 0x8408))
#define ROW4(i)   ENTRY(i), ENTRY((i) + 1), ENTRY((i) + 2), ENTRY((i) + 3)
#define ROW16(i)  ROW4(i), ROW4((i) + 4), ROW4((i) + 8), ROW4((i) + 12)
#define ROW64(i)  ROW16(i), ROW16((i) + 16), ROW16((i) + 32), ROW16((i) + 48)
#define ROW256(i) ROW64(i), ROW64((i) + 64), ROW64((i) + 128), ROW64((i) + 192)

static const uint16_t table[256] = { ROW256(0) };

uint16_t han_crc16(uint16_t crc, const uint8_t *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		crc = (uint16_t)(crc >> 8 ^ table[(crc ^ buf[i]) & 0xFF]);
	return crc;
}
