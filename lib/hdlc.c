#include "hdlc.h"

#include <string.h>

#include <han/crc16.h>
#include <han/decoder.h>

#define TYPE_LEN    1 /* of the format field, what shows that it may be one */
#define FORMAT_LEN  2
#define CONTROL_LEN 1
#define CHECK_LEN   2
#define LENGTH_MASK 0x07FF
#define LENGTH_MIN  (FORMAT_LEN + 1 + 1 + CONTROL_LEN + CHECK_LEN)

void hdlc_init(struct hdlc *f)
{
	f->start = 0;
	f->end = 0;
	f->step = HDLC_AT_FORMAT;
	f->need = 1 + TYPE_LEN;
	f->shared = false;
	f->used = 0;
	f->last_ms = 0;
	f->discarded = 0;
}

static const uint8_t *candidate(const struct hdlc *f)
{
	return f->buf + f->start;
}

static size_t have(const struct hdlc *f)
{
	return f->end - f->start;
}

/* Drops n octets; what follows them is the next candidate. */
static void drop(struct hdlc *f, size_t n)
{
	f->start += n;
	if (f->start == f->end)
		f->start = f->end = 0;
	f->step = HDLC_AT_FORMAT;
	f->need = 1 + TYPE_LEN;
	f->shared = false;
}

/* The opening flag opens nothing: the next candidate starts at the next flag behind it. */
static void drop_candidate(struct hdlc *f)
{
	const uint8_t *flag = memchr(candidate(f) + 1, HDLC_FLAG, have(f) - 1);
	size_t n = flag ? (size_t)(flag - candidate(f)) : have(f);

	f->discarded += n - f->shared;
	drop(f, n);
}

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

static enum han_err look_at_format(struct hdlc *f)
{
	f->header.format = (uint16_t)(candidate(f)[1] << 8 | candidate(f)[2]);
	f->len = f->header.format & LENGTH_MASK;
	f->step = HDLC_AT_ADDRESSES;
	f->need = 1 + LENGTH_MIN;
	return f->len < LENGTH_MIN ? HAN_ERR_LENGTH : HAN_OK;
}

static enum han_err look_at_addresses(struct hdlc *f)
{
	const uint8_t *pos = candidate(f) + 1 + FORMAT_LEN;
	size_t left = have(f) - 1 - FORMAT_LEN;
	int destination = read_address(pos, left, &f->header.destination);
	int source = -1;
	size_t information;

	if (destination > 0)
		source = read_address(pos + destination, left - (size_t)destination,
		                      &f->header.source);
	if (destination == 0 || source == 0)
		return HAN_ERR_ADDRESS;
	if (source < 0) {
		f->need = have(f) + 1;
		return HAN_OK;
	}
	f->header_len = FORMAT_LEN + (size_t)destination + (size_t)source + CONTROL_LEN + CHECK_LEN;
	if (f->len < f->header_len)
		return HAN_ERR_LENGTH;
	information = f->len - f->header_len;
	if (information > 0 && information <= CHECK_LEN)
		return HAN_ERR_LENGTH;
	f->step = HDLC_AT_HEADER;
	f->need = 1 + f->header_len;
	return HAN_OK;
}

static enum han_err look_at_header(struct hdlc *f)
{
	const uint8_t *header = candidate(f) + 1;

	f->crc = han_crc16(HAN_CRC16_START, header, f->header_len);
	if (f->crc != HAN_CRC16_GOOD)
		return HAN_ERR_HCS;
	f->header.control = header[f->header_len - CHECK_LEN - CONTROL_LEN];
	memcpy(f->header.hcs, header + f->header_len - CHECK_LEN, CHECK_LEN);
	f->step = HDLC_AT_FRAME;
	f->need = 1 + f->len + 1;
	return HAN_OK;
}

/* Without information the header check is the frame check. The register runs on over the header check
 * sequence, which the frame check covers. */
static enum han_err look_at_frame(struct hdlc *f)
{
	const uint8_t *header = candidate(f) + 1;
	const uint8_t *rest = header + f->header_len;

	if (header[f->len] != HDLC_FLAG)
		return HAN_ERR_FLAG;
	if (f->len > f->header_len &&
	    han_crc16(f->crc, rest, f->len - f->header_len) != HAN_CRC16_GOOD)
		return HAN_ERR_FCS;
	memcpy(f->header.fcs, header + f->len - CHECK_LEN, CHECK_LEN);
	return HAN_OK;
}

static enum hdlc_event refuse(struct hdlc *f, enum han_err reason)
{
	f->reason = reason;
	f->used = 1;
	return HDLC_BAD;
}

static enum hdlc_event deliver(struct hdlc *f)
{
	f->used = f->need;
	return HDLC_FRAME;
}

/* Looks at what is in the buffer as far as it reaches. */
static enum hdlc_event search(struct hdlc *f)
{
	while (have(f) >= f->need) {
		enum han_err err = HAN_OK;

		switch (f->step) {
		case HDLC_AT_FORMAT:
			if (candidate(f)[1] == HDLC_FLAG) /* a fill flag: the next one opens */
				drop(f, 1);
			else if (candidate(f)[1] >> 4 != HDLC_TYPE)
				drop_candidate(f);
			else if (f->need < 1 + FORMAT_LEN)
				f->need = 1 + FORMAT_LEN;
			else
				err = look_at_format(f);
			break;
		case HDLC_AT_ADDRESSES:
			err = look_at_addresses(f);
			break;
		case HDLC_AT_HEADER:
			err = look_at_header(f);
			break;
		case HDLC_AT_FRAME:
			err = look_at_frame(f);
			if (err == HAN_OK)
				return deliver(f);
			break;
		}
		if (err != HAN_OK)
			return refuse(f, err);
	}
	return HDLC_MORE;
}

/* Drops what the last event reported: a refused candidate's opening flag, or a frame without its
 * closing flag, which may open the next. */
static void forget_event(struct hdlc *f, size_t used)
{
	f->discarded = 0;
	f->used = 0;
	if (used == 1) {
		drop_candidate(f);
	} else if (used > 1) {
		drop(f, used - 1);
		f->shared = true;
	}
}

/* Takes what the candidate needs from the line; skips to a flag when there is no candidate. */
static size_t take(struct hdlc *f, const uint8_t *buf, size_t len)
{
	const uint8_t *flag;
	size_t n = f->need - have(f);

	if (have(f) == 0) {
		flag = memchr(buf, HDLC_FLAG, len);
		if (!flag || flag > buf) {
			n = flag ? (size_t)(flag - buf) : len;
			f->discarded += n;
			return n;
		}
	}
	if (n > len)
		n = len;
	if (n > sizeof(f->buf) - f->end) {
		memmove(f->buf, candidate(f), have(f));
		f->end = have(f);
		f->start = 0;
	}
	memcpy(f->buf + f->end, buf, n);
	f->end += n;
	return n;
}

/* More than the lone flag that may open a frame some time. */
static bool begun(const struct hdlc *f)
{
	return have(f) > 1;
}

size_t hdlc_push(struct hdlc *f, const uint8_t *buf, size_t len, uint64_t now_ms,
                 enum hdlc_event *event)
{
	size_t taken = 0;

	forget_event(f, f->used);
	*event = search(f);
	if (*event == HDLC_MORE && begun(f) && now_ms && f->last_ms &&
	    now_ms - f->last_ms > HAN_IDLE_MS)
		*event = refuse(f, HAN_ERR_TIMEOUT);
	while (*event == HDLC_MORE && taken < len) {
		taken += take(f, buf + taken, len - taken);
		f->last_ms = now_ms;
		*event = search(f);
	}
	return taken;
}

void hdlc_end(struct hdlc *f, enum hdlc_event *event)
{
	size_t discarded;

	forget_event(f, f->used);
	*event = search(f);
	if (*event != HDLC_MORE)
		return;
	if (begun(f)) {
		*event = refuse(f, HAN_ERR_END);
		return;
	}
	discarded = f->discarded;
	hdlc_init(f);
	f->discarded = discarded;
}

const uint8_t *hdlc_frame(const struct hdlc *f, size_t *len)
{
	*len = 1 + f->len + 1;
	return candidate(f);
}

const uint8_t *hdlc_information(const struct hdlc *f, size_t *len)
{
	*len = f->len > f->header_len ? f->len - f->header_len - CHECK_LEN : 0;
	return candidate(f) + 1 + f->header_len;
}
