#include <han/crc16.h>

/* A table is linear: an entry is the sum (exclusive or) of what its bits contribute alone. */
#define BIT(i, n, share) ((i)&1 << (n) ? (share) : 0)
#define X25(i)                                                                           \
	(BIT(i, 0, 0x1189) ^ BIT(i, 1, 0x2312) ^ BIT(i, 2, 0x4624) ^ BIT(i, 3, 0x8C48) ^ \
	 BIT(i, 4, 0x1081) ^ BIT(i, 5, 0x2102) ^ BIT(i, 6, 0x4204) ^ BIT(i, 7, 0x8408))
#define ARC(i)                                                                           \
	(BIT(i, 0, 0xC0C1) ^ BIT(i, 1, 0xC181) ^ BIT(i, 2, 0xC301) ^ BIT(i, 3, 0xC601) ^ \
	 BIT(i, 4, 0xCC01) ^ BIT(i, 5, 0xD801) ^ BIT(i, 6, 0xF001) ^ BIT(i, 7, 0xA001))
#define ROW4(entry, i) entry(i), entry((i) + 1), entry((i) + 2), entry((i) + 3)
#define ROW16(entry, i) \
	ROW4(entry, i), ROW4(entry, (i) + 4), ROW4(entry, (i) + 8), ROW4(entry, (i) + 12)
#define ROW64(entry, i) \
	ROW16(entry, i), ROW16(entry, (i) + 16), ROW16(entry, (i) + 32), ROW16(entry, (i) + 48)
#define ROW256(entry, i) \
	ROW64(entry, i), ROW64(entry, (i) + 64), ROW64(entry, (i) + 128), ROW64(entry, (i) + 192)

static const uint16_t x25[256] = { ROW256(X25, 0) };
static const uint16_t arc[256] = { ROW256(ARC, 0) };

static uint16_t run(const uint16_t table[256], uint16_t crc, const uint8_t *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		crc = (uint16_t)(crc >> 8 ^ table[(crc ^ buf[i]) & 0xFF]);
	return crc;
}

uint16_t han_crc16(uint16_t crc, const uint8_t *buf, size_t len)
{
	return run(x25, crc, buf, len);
}

uint16_t han_crc16_arc(uint16_t crc, const uint8_t *buf, size_t len)
{
	return run(arc, crc, buf, len);
}
