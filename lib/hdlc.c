#include "hdlc.h"

#include <string.h>

#include <han/crc16.h>

#define FORMAT_LEN  2
#define CONTROL_LEN 1
#define CHECK_LEN   2
#define LENGTH_MASK 0x07FF
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

static enum han_err look_at_format(struct framer *f)
{
	f->hdlc.format = (uint16_t)(framer_candidate(f)[1] << 8 | framer_candidate(f)[2]);
	f->len = f->hdlc.format & LENGTH_MASK;
	f->step = AT_ADDRESSES;
	f->need = 1 + LENGTH_MIN;
	return f->len < LENGTH_MIN ? HAN_ERR_LENGTH : HAN_OK;
}

static enum han_err look_at_addresses(struct framer *f)
{
	const uint8_t *pos = framer_candidate(f) + 1 + FORMAT_LEN;
	size_t left = framer_have(f) - 1 - FORMAT_LEN;
	int destination = read_address(pos, left, &f->hdlc.destination);
	int source = -1;
	size_t information;

	if (destination > 0)
		source = read_address(pos + destination, left - (size_t)destination,
		                      &f->hdlc.source);
	if (destination == 0 || source == 0)
		return HAN_ERR_ADDRESS;
	if (source < 0) {
		f->need = framer_have(f) + 1;
		return HAN_OK;
	}
	f->header_len = FORMAT_LEN + (size_t)destination + (size_t)source + CONTROL_LEN + CHECK_LEN;
	if (f->len < f->header_len)
		return HAN_ERR_LENGTH;
	information = f->len - f->header_len;
	if (information > 0 && information <= CHECK_LEN)
		return HAN_ERR_LENGTH;
	f->step = AT_HEADER;
	f->need = 1 + f->header_len;
	return HAN_OK;
}

static enum han_err look_at_header(struct framer *f)
{
	const uint8_t *header = framer_candidate(f) + 1;

	f->crc = han_crc16(HAN_CRC16_START, header, f->header_len);
	if (f->crc != HAN_CRC16_GOOD)
		return HAN_ERR_HCS;
	f->hdlc.control = header[f->header_len - CHECK_LEN - CONTROL_LEN];
	memcpy(f->hdlc.hcs, header + f->header_len - CHECK_LEN, CHECK_LEN);
	f->step = AT_FRAME;
	f->need = 1 + f->len + 1;
	return HAN_OK;
}

/* Without information the header check is the frame check. The register runs on over the header check
 * sequence, which the frame check covers. */
static enum han_err look_at_frame(struct framer *f)
{
	const uint8_t *header = framer_candidate(f) + 1;
	const uint8_t *rest = header + f->header_len;

	if (header[f->len] != HDLC_FLAG)
		return HAN_ERR_FLAG;
	if (f->len > f->header_len &&
	    han_crc16(f->crc, rest, f->len - f->header_len) != HAN_CRC16_GOOD)
		return HAN_ERR_FCS;
	memcpy(f->hdlc.fcs, header + f->len - CHECK_LEN, CHECK_LEN);
	f->payload = 1 + f->header_len;
	f->payload_len = f->len > f->header_len ? f->len - f->header_len - CHECK_LEN : 0;
	return HAN_OK;
}

enum look hdlc_look(struct framer *f)
{
	enum han_err err = HAN_OK;

	switch ((enum step)f->step) {
	case AT_TYPE:
		if (framer_candidate(f)[1] == HDLC_FLAG) /* the next one opens */
			return LOOK_FILL;
		if (framer_candidate(f)[1] >> 4 != HDLC_TYPE)
			return LOOK_NOISE;
		f->step = AT_FORMAT;
		f->need = 1 + FORMAT_LEN;
		break;
	case AT_FORMAT:
		err = look_at_format(f);
		break;
	case AT_ADDRESSES:
		err = look_at_addresses(f);
		break;
	case AT_HEADER:
		err = look_at_header(f);
		break;
	case AT_FRAME:
		err = look_at_frame(f);
		if (err == HAN_OK)
			return LOOK_FRAME;
		break;
	}
	f->reason = err;
	return err == HAN_OK ? LOOK_MORE : LOOK_BAD;
}
