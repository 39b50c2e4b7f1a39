#include "message.h"

#include <string.h>

#include "apdu.h"
#include "cursor.h"
#include "hdlc.h"
#include "mbus.h"

#define LLC_LEN 3

static void forget_headers(struct message *m)
{
	m->framing = HAN_FRAMING_NONE;
	m->hdlc = (struct han_hdlc_header){ 0 };
	m->mbus = (struct han_mbus_header){ 0 };
	m->p1 = (struct han_p1_header){ 0 };
	m->has_llc = false;
	memset(m->llc, 0, sizeof(m->llc));
}

void message_init(struct message *m)
{
	assembly_init(&m->segments);
	assembly_init(&m->blocks);
	m->lost = HAN_OK;
	forget_headers(m);
}

static void lose(struct message *m, struct assembly *a, enum han_err why)
{
	if (assembly_close(a))
		m->lost = why;
}

static enum message_state refuse(struct message *m, enum han_err reason)
{
	m->reason = reason;
	return MESSAGE_BAD;
}

/* Of the framing that it has; the others are zeros. */
static void note_headers(struct message *m, const struct framer *f)
{
	if (m->framing != f->framing)
		forget_headers(m);
	m->framing = f->framing;
	m->has_llc = false;
	memset(m->llc, 0, sizeof(m->llc));
	switch (f->framing) {
	case HAN_FRAMING_NONE:
		break;
	case HAN_FRAMING_HDLC:
		m->hdlc = f->hdlc;
		break;
	case HAN_FRAMING_MBUS:
		m->mbus = f->mbus;
		break;
	case HAN_FRAMING_P1:
		m->p1 = f->p1;
		break;
	}
}

/* ---- general blocks ---- */

/* A block that continues nothing: what has begun is lost, too. */
static enum message_state refuse_block(struct message *m, enum han_err reason)
{
	lose(m, &m->blocks, HAN_ERR_INCOMPLETE);
	return refuse(m, reason);
}

static enum message_state take_block(struct message *m, const uint8_t *apdu, size_t len,
                                     uint64_t now_ms)
{
	struct han_cursor c = cursor_over(apdu, len);
	struct apdu_block block;

	apdu_read_block(&c, &block);
	if (c.err != HAN_OK)
		return refuse_block(m, c.err);
	if (block.number == 1) {
		lose(m, &m->blocks, HAN_ERR_INCOMPLETE);
		assembly_begin(&m->blocks);
		m->next_block = 1;
	}
	if (!m->blocks.open || block.number != m->next_block)
		return refuse_block(m, HAN_ERR_BLOCK);
	if (!assembly_append(&m->blocks, block.octets, block.len, now_ms))
		return refuse(m, HAN_ERR_SIZE);
	m->next_block++;
	if (!block.last)
		return MESSAGE_PART;
	assembly_close(&m->blocks);
	m->octets = m->blocks.octets;
	m->len = m->blocks.len;
	return MESSAGE_WHOLE;
}

/* An APDU is whole as far as the frames go: a message, or a block of one. */
static enum message_state take_apdu(struct message *m, const uint8_t *apdu, size_t len,
                                    uint64_t now_ms)
{
	if (len > 0 && apdu[0] == APDU_BLOCK)
		return take_block(m, apdu, len, now_ms);
	lose(m, &m->blocks, HAN_ERR_INCOMPLETE);
	m->octets = apdu;
	m->len = len;
	return MESSAGE_WHOLE;
}

/* ---- segments ---- */

static enum message_state finish_segments(struct message *m, uint64_t now_ms)
{
	assembly_close(&m->segments);
	return take_apdu(m, m->segments.octets, m->segments.len, now_ms);
}

static enum message_state add_segment(struct message *m, const uint8_t *octets, size_t len,
                                      bool last, uint64_t now_ms)
{
	if (!assembly_append(&m->segments, octets, len, now_ms))
		return refuse(m, HAN_ERR_SIZE);
	return last ? finish_segments(m, now_ms) : MESSAGE_PART;
}

/* LLC and the tag of an APDU: a segment that begins so is the first of a message. Others may begin with
 * these four octets by chance once in 2^32. */
static bool begins_message(const uint8_t *octets, size_t len)
{
	struct han_cursor c = cursor_over(octets, len);
	uint8_t llc[LLC_LEN];

	apdu_read_llc(&c, llc);
	return apdu_is_push(cursor_u8(&c)) && c.err == HAN_OK;
}

/* Whether what begins so is a block of the train that has begun. */
static bool continues_train(const struct message *m, struct han_cursor c)
{
	return m->blocks.open && apdu_block_number(c) > 1;
}

/* The blocks behind the first of a train come without LLC (corpus: hdlc-lg-e450-ch-gbt-01). */
static enum message_state take_first(struct message *m, const struct framer *f,
                                     const uint8_t *octets, size_t len, uint64_t now_ms)
{
	struct han_cursor c = cursor_over(octets, len);
	bool segmented = f->hdlc.format & HDLC_SEGMENTED;
	bool has_llc = octets[0] != APDU_BLOCK;
	uint8_t llc[LLC_LEN] = { 0 };

	if (has_llc)
		apdu_read_llc(&c, llc);
	if (c.err != HAN_OK)
		return refuse(m, segmented ? HAN_ERR_SEGMENT : c.err);
	if (!continues_train(m, c)) {
		note_headers(m, f);
		m->has_llc = has_llc;
		memcpy(m->llc, llc, LLC_LEN);
	}
	if (!segmented)
		return take_apdu(m, c.pos, cursor_left(&c), now_ms);
	assembly_begin(&m->segments);
	return add_segment(m, c.pos, cursor_left(&c), false, now_ms);
}

static bool same_address(const struct han_address *a, const struct han_address *b)
{
	return a->len == b->len && memcmp(a->octets, b->octets, a->len) == 0;
}

static enum message_state take_hdlc(struct message *m, const struct framer *f, uint64_t now_ms)
{
	size_t len;
	const uint8_t *octets = framer_payload(f, &len);

	if (len == 0) /* no part of any message */
		return refuse(m, HAN_ERR_TRUNCATED);
	if (m->segments.open && (begins_message(octets, len) ||
	                         !same_address(&m->hdlc.destination, &f->hdlc.destination) ||
	                         !same_address(&m->hdlc.source, &f->hdlc.source)))
		lose(m, &m->segments, HAN_ERR_INCOMPLETE);
	if (!m->segments.open)
		return take_first(m, f, octets, len, now_ms);
	return add_segment(m, octets, len, !(f->hdlc.format & HDLC_SEGMENTED), now_ms);
}

static enum message_state take_mbus(struct message *m, const struct framer *f, uint64_t now_ms)
{
	size_t len;
	const uint8_t *octets = framer_payload(f, &len);
	uint8_t number = f->mbus.ci & MBUS_CI_NUMBER;
	bool last = f->mbus.ci & MBUS_CI_LAST;

	if (f->mbus.ci & ~MBUS_CI_MASK || len == 0)
		return refuse(m, HAN_ERR_APDU); /* another program's telegram (EN 13757-3) */
	if (number == 0) {
		lose(m, &m->segments, HAN_ERR_INCOMPLETE);
		if (!continues_train(m, cursor_over(octets, len)))
			note_headers(m, f);
		m->next_segment = 0;
		if (last)
			return take_apdu(m, octets, len, now_ms);
		assembly_begin(&m->segments);
	}
	if (!m->segments.open || number != m->next_segment) {
		lose(m, &m->segments, HAN_ERR_INCOMPLETE);
		return refuse(m, HAN_ERR_SEGMENT);
	}
	m->next_segment = (m->next_segment + 1) & MBUS_CI_NUMBER;
	return add_segment(m, octets, len, last, now_ms);
}

enum message_state message_take_frame(struct message *m, const struct framer *f, uint64_t now_ms)
{
	size_t len;
	const uint8_t *octets;

	if (m->framing != f->framing) /* another meter on the line */
		lose(m, &m->segments, HAN_ERR_INCOMPLETE);
	switch (f->framing) {
	case HAN_FRAMING_NONE:
		break;
	case HAN_FRAMING_HDLC:
		return take_hdlc(m, f, now_ms);
	case HAN_FRAMING_MBUS:
		return take_mbus(m, f, now_ms);
	case HAN_FRAMING_P1:
		note_headers(m, f);
		octets = framer_payload(f, &len);
		return take_apdu(m, octets, len, now_ms);
	}
	return refuse(m, HAN_ERR_APDU);
}

enum message_state message_take_apdu(struct message *m, const uint8_t *apdu, size_t len,
                                     uint64_t now_ms)
{
	lose(m, &m->segments, HAN_ERR_INCOMPLETE);
	forget_headers(m);
	return take_apdu(m, apdu, len, now_ms);
}

/* M-Bus segments have numbers, which tell noise from a loss, but not the last one of this message from that of the
 * next: a refused one may have been the rest of this, and the one after it the beginning of the next. */
void message_disturb(struct message *m, bool mbus)
{
	if (mbus || m->framing == HAN_FRAMING_HDLC)
		lose(m, &m->segments, HAN_ERR_INCOMPLETE);
}

void message_expire(struct message *m, uint64_t now_ms)
{
	if (assembly_overdue(&m->segments, now_ms))
		lose(m, &m->segments, HAN_ERR_TIMEOUT);
	if (assembly_overdue(&m->blocks, now_ms))
		lose(m, &m->blocks, HAN_ERR_TIMEOUT);
}

void message_end(struct message *m)
{
	lose(m, &m->segments, HAN_ERR_END);
	lose(m, &m->blocks, HAN_ERR_END);
}
