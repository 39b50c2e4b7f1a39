#include "hdlc.h"

#include <string.h>

#include <han/crc16.h>

#define FORMAT_LEN  2
#define CONTROL_LEN 1
#define CHECK_LEN   2
#define LENGTH_MIN  (FORMAT_LEN + 1 + 1 + CONTROL_LEN + CHECK_LEN)

enum step { AT_TYPE, AT_FORMAT, AT_ADDRESSES, AT_HEADER, AT_FRAME };

/* The octets of an address field at pos (7 bits an octet, the lowest bit ends it): 1, 2 or 4. 0 when
 * it is malformed, -1 when it does not end within the octets at hand. */
static int read_address(const uint8_t *pos, size_t left, struct han_address *address)
{
	size_t len = 0;

	do {
		if (len == HAN_ADDRESS_MAX)
			return 0;
		if (len == left)
			return -1;
		address->octets[len] = pos[len];
	} while (!(pos[len++] & 1));

	address->len = (uint8_t)len;
	return len == 3 ? 0 : (int)len;
}

static enum look refuse(struct framer *f, enum han_err reason)
{
	f->reason = reason;
	return LOOK_BAD;
}

/* The candidate's next look is with so many octets of it. */
static enum look want(struct framer *f, enum step step, size_t need)
{
	f->step = step;
	f->need = need;
	return LOOK_MORE;
}

static enum look look_at_type(struct framer *f)
{
	uint8_t type = framer_candidate(f)[1];

	if (type == HDLC_FLAG) /* the next one opens */
		return LOOK_FILL;
	if (type >> 4 != HDLC_TYPE)
		return LOOK_NOISE;
	return want(f, AT_FORMAT, 1 + FORMAT_LEN);
}

static enum look look_at_format(struct framer *f)
{
	f->hdlc.format = (uint16_t)(framer_candidate(f)[1] << 8 | framer_candidate(f)[2]);
	f->len = f->hdlc.format & HDLC_LENGTH;
	if (f->len < LENGTH_MIN)
		return refuse(f, HAN_ERR_LENGTH);
	return want(f, AT_ADDRESSES, 1 + LENGTH_MIN);
}

/* Not further than f->need: where they are malformed, what is behind is not looked at. */
static enum look look_at_addresses(struct framer *f)
{
	const uint8_t *pos = framer_candidate(f) + 1 + FORMAT_LEN;
	size_t left = f->need - 1 - FORMAT_LEN, information;
	int destination = read_address(pos, left, &f->hdlc.destination);
	int source = -1;

	if (destination > 0)
		source = read_address(pos + destination, left - (size_t)destination,
		                      &f->hdlc.source);
	if (destination == 0 || source == 0)
		return refuse(f, HAN_ERR_ADDRESS);
	if (source < 0)
		return want(f, AT_ADDRESSES, f->need + 1);
	f->header_len = FORMAT_LEN + (size_t)destination + (size_t)source + CONTROL_LEN + CHECK_LEN;
	if (f->len < f->header_len)
		return refuse(f, HAN_ERR_LENGTH);
	information = f->len - f->header_len;
	if (information > 0 && information <= CHECK_LEN)
		return refuse(f, HAN_ERR_LENGTH);
	return want(f, AT_HEADER, 1 + f->header_len);
}

static enum look look_at_header(struct framer *f)
{
	const uint8_t *header = framer_candidate(f) + 1;
	const uint8_t *check = header + f->header_len - CHECK_LEN;

	f->crc = han_crc16(HAN_CRC16_START, header, f->header_len);
	if (f->crc != HAN_CRC16_GOOD)
		return refuse(f, HAN_ERR_HCS);
	f->hdlc.control = check[-CONTROL_LEN];
	memcpy(f->hdlc.hcs, check, CHECK_LEN);
	return want(f, AT_FRAME, 1 + f->len + 1);
}

/* Without information the header check is the frame check. The register runs on over the header check
 * sequence, which the frame check covers. */
static enum look look_at_frame(struct framer *f)
{
	const uint8_t *header = framer_candidate(f) + 1;
	size_t information = f->len - f->header_len;

	if (header[f->len] != HDLC_FLAG)
		return refuse(f, HAN_ERR_FLAG);
	if (information > 0 &&
	    han_crc16(f->crc, header + f->header_len, information) != HAN_CRC16_GOOD)
		return refuse(f, HAN_ERR_FCS);
	memcpy(f->hdlc.fcs, header + f->len - CHECK_LEN, CHECK_LEN);
	f->payload = 1 + f->header_len;
	f->payload_len = information > 0 ? information - CHECK_LEN : 0;
	return LOOK_FRAME;
}

static enum look look_once(struct framer *f)
{
	switch ((enum step)f->step) {
	case AT_TYPE:
		return look_at_type(f);
	case AT_FORMAT:
		return look_at_format(f);
	case AT_ADDRESSES:
		return look_at_addresses(f);
	case AT_HEADER:
		return look_at_header(f);
	case AT_FRAME:
		return look_at_frame(f);
	}
	return LOOK_NOISE;
}

enum look hdlc_look(struct framer *f)
{
	enum look look;

	do {
		look = look_once(f);
	} while (look == LOOK_MORE && framer_have(f) >= f->need);
	return look;
}
