#include "mend.h"

#include <stdbool.h>
#include <string.h>

#include "fuzz.h"

#define HDLC_LONGEST 2047

/* Both check sequences go through an octet from its lowest bit on: CRC-16/X-25 (polynomial 0x8408) and
 * CRC-16/ARC (0xA001). */
struct table {
	uint16_t octets[256];
};

static const struct table *table_of(struct table *table, uint16_t polynomial)
{
	if (table->octets[1] != 0)
		return table;
	for (unsigned octet = 0; octet < 256; octet++) {
		unsigned crc = octet;

		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ polynomial : crc >> 1;
		table->octets[octet] = (uint16_t)crc;
	}
	return table;
}

static uint16_t crc_of(const struct table *table, uint16_t crc, const uint8_t *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		crc = (uint16_t)(crc >> 8 ^ table->octets[(crc ^ buf[i]) & 0xFF]);
	return crc;
}

static uint16_t x25(const uint8_t *buf, size_t len)
{
	static struct table table;

	return (uint16_t)~crc_of(table_of(&table, 0x8408), 0xFFFF, buf, len);
}

static uint16_t arc(const uint8_t *buf, size_t len)
{
	static struct table table;

	return crc_of(table_of(&table, 0xA001), 0, buf, len);
}

static void put_x25(uint8_t *from, uint8_t *to)
{
	uint16_t crc = x25(from, (size_t)(to - from));

	to[0] = (uint8_t)crc;
	to[1] = (uint8_t)(crc >> 8);
}

/* Behind the address at `at`; an octet with its lowest bit set is an address's last one. */
static size_t behind_address(const uint8_t *buf, size_t len, size_t at)
{
	while (at < len && !(buf[at] & 1))
		at++;
	return at + 1;
}

/* buf[0] is a flag. Returns how many octets the frame has, closing flag excluded; 0: none. */
static size_t mend_hdlc(uint8_t *buf, size_t len)
{
	size_t total, header;

	if (len < 10 || buf[1] >> 4 != 0xA)
		return 0;
	total = (size_t)(buf[1] & 7) << 8 | buf[2];
	if (total + 2 > len) {
		total = len - 2 > HDLC_LONGEST ? HDLC_LONGEST : len - 2;
		buf[1] = (uint8_t)((buf[1] & 0xF8) | total >> 8);
		buf[2] = (uint8_t)total;
	}
	header = behind_address(buf, len, behind_address(buf, len, 3)) + 1; /* control */
	if (header + 2 > total + 1)
		return 0;
	put_x25(buf + 1, buf + header);
	if (header + 4 <= total + 1)
		put_x25(buf + 1, buf + total - 1);
	buf[total + 1] = 0x7E;
	return total + 1;
}

/* buf[0] is 68. */
static size_t mend_mbus(uint8_t *buf, size_t len)
{
	size_t total;
	uint8_t sum = 0;

	if (len < 12 || buf[3] != 0x68)
		return 0;
	total = buf[1] < 5 ? buf[1] + 256U : buf[1];
	if (total + 6 > len) {
		total = len - 6 > 255 ? 255 : len - 6;
		buf[1] = (uint8_t)total;
	}
	buf[2] = buf[1];
	for (size_t i = 0; i < total; i++)
		sum = (uint8_t)(sum + buf[4 + i]);
	buf[4 + total] = sum;
	buf[5 + total] = 0x16;
	return total + 6;
}

/* buf[0] is a slash. */
static size_t mend_p1(uint8_t *buf, size_t len)
{
	const uint8_t *end = memchr(buf, '!', len);
	size_t total;
	uint16_t crc;

	if (!end)
		return 0;
	total = (size_t)(end - buf) + 1;
	if (total + 6 > len)
		return 0;
	crc = arc(buf, total);
	for (size_t i = 0; i < 4; i++)
		buf[total + i] = (uint8_t) "0123456789ABCDEF"[crc >> (12 - 4 * i) & 15];
	buf[total + 4] = '\r';
	buf[total + 5] = '\n';
	return total + 6;
}

void mend(uint8_t *buf, size_t len)
{
	size_t done;

	for (size_t at = 0; at<len; at += done> 0 ? done : 1) {
		done = 0;
		if (buf[at] == 0x7E)
			done = mend_hdlc(buf + at, len - at);
		else if (buf[at] == 0x68)
			done = mend_mbus(buf + at, len - at);
		else if (buf[at] == '/')
			done = mend_p1(buf + at, len - at);
	}
}

/* Three of four inputs get sound checks. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	size = LLVMFuzzerMutate(data, size, max_size);
	fuzz_written(data, size);
	if (size > FUZZ_CONTROLS && seed % 4 != 0)
		mend(data + FUZZ_CONTROLS, size - FUZZ_CONTROLS);
	return size;
}
