#include "burst.h"

#include <han/crc16.h>

#define FLAG       0x7E /* of HDLC */
#define START      0x68 /* of a long frame on the M-Bus */
#define HEADER_MIN 8    /* with flag and check sequence, of HDLC */
#define HEADER_MAX 14
#define FEW        4       /* octets that say nothing */
#define ENOUGH     1000000 /* octets: more would not say more */
#define SHORT_MS   150 /* shorter than the shortest message at 2400 baud, and than most at 9600 */

/* ---- octets ---- */

/* What an octet adds to the sums, looked up: every octet of every message is counted here. The level changes from the
 * start bit to the seventh bit: those that every format has. */
#define CHANGES   0x07
#define TEXT      0x08
#define EVEN_TEXT 0x10 /* text of seven bits with an even parity bit */

#define BIT(o, n)  ((o) >> (n)&1)
#define LOW4(o)    (BIT(o, 0) + BIT(o, 1) + BIT(o, 2) + BIT(o, 3))
#define ONES(o)    (LOW4(o) + LOW4((o) >> 4))
#define IS_TEXT(o) (((o) >= 0x20 && (o) < 0x7F) || (o) == '\r' || (o) == '\n')
#define IS_EVEN(o) (ONES(o) % 2 == 0)
#define KIND(o)                                                    \
	(ONES(((o) << 1 ^ (o)) & 0x7F) | (IS_TEXT(o) ? TEXT : 0) | \
	 (IS_TEXT((o)&0x7F) && IS_EVEN(o) ? EVEN_TEXT : 0))
#define KINDS4(o)  KIND(o), KIND((o) + 1), KIND((o) + 2), KIND((o) + 3)
#define KINDS16(o) KINDS4(o), KINDS4((o) + 4), KINDS4((o) + 8), KINDS4((o) + 12)
#define KINDS64(o) KINDS16(o), KINDS16((o) + 16), KINDS16((o) + 32), KINDS16((o) + 48)

static const uint8_t kinds[256] = { KINDS64(0), KINDS64(64), KINDS64(128), KINDS64(192) };

static bool is_hdlc_header(const uint8_t *head, size_t len)
{
	return len >= HEADER_MIN && han_crc16(HAN_CRC16_START, head + 1, len - 1) == HAN_CRC16_GOOD;
}

static bool is_mbus_header(const uint8_t *head)
{
	return head[1] == head[2] && head[3] == START;
}

/* A flag within a header does not begin another one. */
static void look_for_header(struct burst *b, uint8_t octet)
{
	bool hdlc;

	if (b->head_len == 0 && octet != FLAG && octet != START)
		return;
	b->head[b->head_len++] = octet;
	hdlc = b->head[0] == FLAG;
	if (hdlc && b->head_len == 2 && (octet & 0xF0) != 0xA0)
		b->head_len = octet == FLAG ? 1 : 0;
	else if (hdlc)
		b->header = is_hdlc_header(b->head, b->head_len);
	else if (b->head_len == 4)
		b->start |= is_mbus_header(b->head);
	if (b->head_len >= (hdlc ? HEADER_MAX : 4))
		b->head_len = 0;
}

static void count(struct burst *b, const uint8_t *buf, size_t len)
{
	uint32_t changes = 0, text = 0, even_text = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t kind = kinds[buf[i]];

		changes += kind & CHANGES;
		text += (kind & TEXT) != 0;
		even_text += (kind & EVEN_TEXT) != 0;
	}
	b->changes += changes;
	b->text += text;
	b->even_text += even_text;
}

void burst_add(struct burst *b, const uint8_t *buf, size_t len, uint64_t now_ms)
{
	if (len == 0)
		return;
	if (b->octets == 0) {
		b->first_ms = now_ms;
		b->first = buf[0];
	}
	b->last_ms = now_ms;
	if (len > ENOUGH - b->octets)
		len = ENOUGH - b->octets;
	b->octets += (uint32_t)len;
	for (size_t i = 0; i < len && !b->header; i++)
		look_for_header(b, buf[i]);
	if (!b->header) /* it says all that others, and the counts, would */
		count(b, buf, len);
}

/* ---- what they say ---- */

bool burst_is_tiny(const struct burst *b)
{
	return b->octets < FEW;
}

/* All but a few. */
static bool nearly_all(const struct burst *b, uint32_t count)
{
	return count >= b->octets - b->octets / 64;
}

/* Text of seven bits, heard with eight: half the octets of any other would have the other parity. */
static bool is_even_text(const struct burst *b)
{
	return !burst_is_tiny(b) && nearly_all(b, b->even_text);
}

/* The first octet of a message comes right whatever the format, if only the speed is right. */
static bool begins_message(const struct burst *b)
{
	uint8_t first = b->first & 0x7F;

	return !b->joined && (first == FLAG || first == START || first == '/');
}

/* Where a bit lasts four of ours the level changes 0.7 times in an octet at most, not at all where it lasts
 * longer than an octet; otherwise 1.5 times at least, in messages that are rich in zeros. */
static bool is_slower(const struct burst *b)
{
	return b->changes * 10 < b->octets * 13;
}

enum burst_speed burst_speed(const struct burst *b)
{
	if (burst_is_tiny(b))
		return BURST_SPEED_UNKNOWN;
	if (b->header || b->start || is_even_text(b))
		return BURST_SPEED_SAME;
	if (b->endless) /* no meter speaks like that */
		return BURST_SPEED_UNKNOWN;
	if (is_slower(b))
		return BURST_SPEED_SLOWER;
	if (begins_message(b))
		return BURST_SPEED_SAME;
	return b->joined ? BURST_SPEED_UNKNOWN : BURST_SPEED_FASTER;
}

static uint64_t duration_ms(const struct burst *b)
{
	return b->last_ms > b->first_ms ? b->last_ms - b->first_ms : 1;
}

/* One octet is heard for each level that is low, of which an octet of the line has two or so. */
static uint64_t slow_baud(const struct burst *b)
{
	return (uint64_t)b->octets * 5000 / duration_ms(b);
}

static uint64_t times_apart(uint64_t a, uint64_t b)
{
	return a > b ? a * 100 / (b + 1) : b * 100 / (a + 1);
}

bool burst_prefers_baud(const struct burst *b, unsigned baud, unsigned other)
{
	uint64_t slow = slow_baud(b);

	if (is_slower(b))
		return times_apart(slow, baud) < times_apart(slow, other);
	return duration_ms(b) < SHORT_MS ? baud > other : baud < other;
}

bool burst_looks_right(const struct burst *b, struct burst_errors errors)
{
	if (burst_is_tiny(b) || errors.parity + errors.framing > b->octets / 8)
		return false;
	return b->header || nearly_all(b, b->text);
}

enum serial_format burst_format(const struct burst *b, struct burst_errors errors,
                                enum serial_format heard)
{
	switch (heard) {
	case SERIAL_8N1:
		return is_even_text(b) ? SERIAL_7E1 : SERIAL_8E1;
	case SERIAL_8E1:
		return is_even_text(b) ? SERIAL_7E1 : SERIAL_8N1;
	case SERIAL_7E1: /* as long as 8N1: the stop bits are where they should be */
		return errors.framing > b->octets / 8 ? SERIAL_8E1 : SERIAL_8N1;
	}
	return heard;
}
