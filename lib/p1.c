#include "p1.h"

#include <string.h>

#include <han/crc16.h>

#include "cipher.h"
#include "telegram.h"

#define TITLE_LEN    HAN_TITLE_OCTETS
#define HEAD_LEN     (2 + TITLE_LEN) /* DB 08 title */
#define HEAD_CERTAIN 4               /* octets of it that ciphertext has by chance once in 2^32 */
#define MAKER_LEN    3               /* of the title: capital letters */
#define CONTROL_LEN  1
#define COUNTER_LEN  4
#define TAG_LEN      12
#define SUITE_ONE    0x01 /* as Luxembourg and Styria send it, too */

/* Of a ciphered one; a plain one's steps are those of its scan. */
enum step { AT_HEAD, AT_LENGTH, AT_CONTROL, AT_APDU };

static enum look refuse(struct framer *f, enum han_err reason)
{
	f->reason = reason;
	return LOOK_BAD;
}

static struct telegram_scan scan_of(const struct framer *f)
{
	return (struct telegram_scan){ f->step, f->len, f->header_len, f->payload_len, HAN_OK };
}

bool p1_ends(struct framer *f)
{
	struct telegram_scan scan = scan_of(f);

	if (framer_candidate(f)[0] != '/' || !telegram_checked(&scan))
		return false;
	f->need = scan.at;
	return true;
}

static enum look look_at_telegram(struct framer *f)
{
	size_t have = framer_have(f);
	struct telegram_scan scan = { 0, 0, 0, 0, HAN_OK };
	enum look look;

	if (f->step > 0 || f->need > 2)
		scan = scan_of(f);
	look = telegram_scan(&scan, framer_candidate(f), have, &f->p1);
	f->step = scan.step;
	f->len = scan.at;
	f->header_len = scan.line;
	f->payload = 0;
	f->payload_len = scan.len;
	f->reason = scan.reason;
	if (look == LOOK_FRAME)
		f->need = scan.at;
	if (look != LOOK_MORE)
		return look;
	if (have >= FRAMER_MAX)
		return p1_ends(f) ? LOOK_FRAME : refuse(f, HAN_ERR_SIZE);
	f->need = have + 1;
	return LOOK_MORE;
}

static enum look look_at_head(struct framer *f)
{
	const uint8_t *head = framer_candidate(f);

	if (!f->fresh && f->protocol != HAN_PROTOCOL_P1 && f->last != HAN_FRAMING_P1)
		return LOOK_NOISE;
	if (head[1] != TITLE_LEN)
		return LOOK_NOISE;
	f->step = AT_LENGTH;
	f->need = HEAD_LEN + 1;
	return LOOK_MORE;
}

static enum look look_at_length(struct framer *f)
{
	const uint8_t *title = framer_candidate(f) + 2;
	uint8_t first = title[TITLE_LEN];

	for (unsigned i = 0; i < MAKER_LEN; i++) {
		if (title[i] < 'A' || title[i] > 'Z')
			return LOOK_NOISE;
	}
	if (first == 0x80 || first > 0x82)
		return LOOK_NOISE;
	f->step = AT_CONTROL;
	f->need = HEAD_LEN + 1 + (first & 0x7Fu) * (first >= 0x80) + CONTROL_LEN;
	return LOOK_MORE;
}

/* Bounds, from security control to the end: the counter, a text, its tag. */
static enum look look_at_control(struct framer *f)
{
	const uint8_t *length = framer_candidate(f) + HEAD_LEN;
	size_t octets = f->need - HEAD_LEN - CONTROL_LEN;
	uint8_t control = length[octets];
	size_t len = length[octets - 1];
	size_t least = CONTROL_LEN + COUNTER_LEN + 1;

	if (octets == 3)
		len |= (size_t)length[1] << 8;
	if ((control & ~(CIPHER_AUTHENTICATED | SUITE_ONE)) != CIPHER_ENCRYPTED)
		return LOOK_NOISE;
	if (control & CIPHER_AUTHENTICATED)
		least += TAG_LEN;
	f->len = HEAD_LEN + octets + len;
	if (len < least || f->len > FRAMER_MAX)
		return refuse(f, HAN_ERR_LENGTH);
	f->step = AT_APDU;
	f->need = f->len;
	return LOOK_MORE;
}

/* Whether the head, or the beginning of it, stands a second time inside: octets of the first were lost, and
 * the length reaches into the next. */
static bool holds_another(const uint8_t *apdu, size_t len)
{
	const uint8_t *pos = apdu + HEAD_LEN;

	while ((pos = memchr(pos, apdu[0], (size_t)(apdu + len - pos)))) {
		size_t left = (size_t)(apdu + len - pos);

		if (left < HEAD_CERTAIN)
			return false;
		if (memcmp(pos, apdu, left < HEAD_LEN ? left : HEAD_LEN) == 0)
			return true;
		pos++;
	}
	return false;
}

static enum look look_at_apdu(struct framer *f)
{
	if (holds_another(framer_candidate(f), f->len))
		return refuse(f, HAN_ERR_LENGTH);
	f->payload = 0;
	f->payload_len = f->len;
	memset(&f->p1, 0, sizeof(f->p1));
	return LOOK_FRAME;
}

static enum look look_at_ciphered(struct framer *f)
{
	switch ((enum step)f->step) {
	case AT_HEAD:
		return look_at_head(f);
	case AT_LENGTH:
		return look_at_length(f);
	case AT_CONTROL:
		return look_at_control(f);
	case AT_APDU:
		return look_at_apdu(f);
	}
	return LOOK_NOISE;
}

enum look p1_look(struct framer *f)
{
	return framer_candidate(f)[0] == '/' ? look_at_telegram(f) : look_at_ciphered(f);
}
