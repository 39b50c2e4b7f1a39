#include <han/decoder.h>

#include <string.h>

#include "apdu.h"
#include "cipher.h"
#include "cursor.h"
#include "framer.h"
#include "lists.h"
#include "message.h"
#include "profile.h"
#include "repair.h"
#include "repeat.h"
#include "telegram.h"
#include "wipe.h"

struct decoder {
	struct han_settings settings; /* without the keys, which the cipher has */
	struct framer framer;
	struct message message;
	bool noise; /* since the last frame, refused ones too */
	struct cipher cipher;
	uint8_t plain[HAN_MESSAGE_MAX]; /* what was deciphered, or repaired */
	struct repeat repeat;
	struct han_reading reading;
};

_Static_assert(sizeof(struct decoder) <= HAN_DECODER_SIZE, "the caller's storage is large enough");
_Static_assert(_Alignof(struct decoder) <= _Alignof(struct han_decoder), "and aligned");

static struct decoder *inside(struct han_decoder *decoder)
{
	return (struct decoder *)(void *)decoder;
}

void han_decoder_init(struct han_decoder *decoder, const struct han_settings *settings)
{
	static const struct han_settings defaults;
	struct decoder *d = inside(decoder);

	d->settings = settings ? *settings : defaults;
	cipher_init(&d->cipher, &d->settings);
	wipe(d->settings.key, sizeof(d->settings.key));
	wipe(d->settings.auth_key, sizeof(d->settings.auth_key));
	framer_init(&d->framer, d->settings.protocol);
	message_init(&d->message);
	repeat_init(&d->repeat);
	d->noise = false;
}

void han_decoder_fini(struct han_decoder *decoder)
{
	wipe(decoder, sizeof(*decoder));
}

/* ---- a whole message into values ---- */

static void begin_reading(struct decoder *d)
{
	struct han_reading *r = &d->reading;
	const struct message *m = &d->message;

	r->framing = m->framing;
	r->hdlc = m->hdlc;
	r->mbus = m->mbus;
	r->p1 = m->p1;
	r->has_llc = m->has_llc;
	memcpy(r->llc, m->llc, sizeof(r->llc));
	r->has_encryption = false;
	r->message = m->octets;
	r->message_len = m->len;
	r->is_telegram = false;
	r->apdu = (struct han_apdu_header){ 0 };
	r->body = NULL;
	r->body_len = 0;
	r->list = NULL;
	r->count = 0;
	repeat_forget_shown(&d->repeat);
}

static enum han_err decode_apdu(struct decoder *d)
{
	struct han_reading *r = &d->reading;
	struct han_cursor c = cursor_over(r->message, r->message_len);
	bool event = r->message_len > 0 && r->message[0] == APDU_EVENT_NOTIFICATION;

	if (event)
		apdu_read_event(&c, &r->apdu);
	else
		apdu_read_notification(&c, &r->apdu);
	if (c.err != HAN_OK)
		return c.err;
	r->body = c.pos;
	r->body_len = cursor_left(&c);
	return event ? profile_read_event(r, &d->settings) : profile_read(r, &d->settings);
}

/* What a maker's firmware garbles is put right, in a copy, and read again. */
static enum han_err decode_repaired(struct decoder *d)
{
	struct han_reading *r = &d->reading;

	if (r->message != d->plain) {
		if (r->message_len > sizeof(d->plain))
			return HAN_ERR_SIZE;
		memcpy(d->plain, r->message, r->message_len);
	}
	if (!repair_message(d->plain, r->message_len))
		return HAN_ERR_TYPE;
	r->message = d->plain;
	return decode_apdu(d);
}

static enum han_err decode_telegram(struct decoder *d)
{
	struct han_reading *r = &d->reading;
	enum han_err err = HAN_OK;

	r->is_telegram = true;
	if (d->settings.list && d->settings.list != lists_telegram())
		return HAN_ERR_LIST;
	if (r->framing != HAN_FRAMING_P1 || r->has_encryption) /* else it was checked as a frame */
		err = telegram_check(r->message, r->message_len, &r->p1, &r->message_len);
	if (err == HAN_OK)
		err = telegram_read(r);
	if (err != HAN_OK)
		return err;
	r->list = lists_telegram();
	profile_mark(r);
	return HAN_OK;
}

static enum han_err decode_clear(struct decoder *d)
{
	enum han_err err;

	if (d->reading.message_len > 0 && d->reading.message[0] == APDU_TELEGRAM)
		return decode_telegram(d);
	err = decode_apdu(d);
	return err == HAN_ERR_TYPE ? decode_repaired(d) : err;
}

/* Whether a message makes sense is all that tells whether the key was right. */
static bool is_doubtful(const struct han_encryption *e)
{
	return (e->control & CIPHER_ENCRYPTED) && !e->authenticated;
}

/* What was deciphered without a tag is believed only when all of it makes sense. */
static enum han_err decode_ciphered(struct decoder *d)
{
	struct han_reading *r = &d->reading;
	enum han_err err;

	err = cipher_open(&d->cipher, r->message, r->message_len, &r->encryption, d->plain,
	                  sizeof(d->plain), &r->message_len);
	r->has_encryption = cipher_has_header(&r->encryption);
	if (err != HAN_OK)
		return err;
	r->message = d->plain;
	err = decode_clear(d);
	if (err != HAN_OK && err != HAN_ERR_LIST && is_doubtful(&r->encryption))
		return HAN_ERR_KEY;
	cipher_accept(&d->cipher, &r->encryption);
	return err;
}

static enum han_err decode_message(struct decoder *d)
{
	struct han_reading *r = &d->reading;
	enum han_err err;

	begin_reading(d);
	if (r->message_len > 0 && apdu_is_ciphered(r->message[0]))
		err = decode_ciphered(d);
	else
		err = decode_clear(d);
	if (err != HAN_OK) {
		r->count = 0;
		r->list = NULL;
	}
	return err;
}

/* ---- events ---- */

static void tell_state(struct decoder *d, enum message_state state, struct han_event *event)
{
	switch (state) {
	case MESSAGE_PART:
		event->type = HAN_PART;
		break;
	case MESSAGE_WHOLE:
		event->err = decode_message(d);
		event->type = event->err == HAN_OK ? HAN_READING : HAN_BAD_MESSAGE;
		event->reading = &d->reading;
		break;
	case MESSAGE_BAD:
		event->err = d->message.reason;
		event->type = HAN_BAD_MESSAGE;
		break;
	}
}

static void tell(struct decoder *d, enum framer_event found, uint64_t now_ms,
                 struct han_event *event)
{
	*event = (struct han_event){ .discarded = d->framer.discarded };
	d->noise = d->noise || event->discarded > 0;
	if (found == FRAMER_MORE)
		return;
	if (found == FRAMER_BAD || d->noise) /* wherever the octets were cut */
		message_disturb(&d->message,
		                found == FRAMER_BAD && d->framer.framing == HAN_FRAMING_MBUS);
	d->noise = false;
	event->framing = d->framer.framing;
	event->frame = framer_frame(&d->framer, &event->frame_len);
	event->offset = framer_offset(&d->framer);
	if (found == FRAMER_BAD) {
		event->type = HAN_BAD_FRAME;
		event->err = d->framer.reason;
	} else {
		tell_state(d, message_take_frame(&d->message, &d->framer, now_ms), event);
	}
}

/* What the user says of scales may not fit a larger number: no form tells that. */
static bool is_scaled(const struct han_settings *settings)
{
	return settings->voltage_scale.magnitude || settings->current_scale.magnitude ||
	       settings->energy_scale.magnitude;
}

static void learn(struct decoder *d, const struct han_event *event)
{
	if (event->type == HAN_READING && !is_scaled(&d->settings))
		repeat_learn(&d->repeat, event->frame, event->frame_len, event->reading);
}

/* A message that was begun and given up, since the last event. */
static bool tell_lost(struct decoder *d, struct han_event *event)
{
	enum han_err lost = message_lost(&d->message);

	if (lost == HAN_OK)
		return false;
	*event = (struct han_event){ .type = HAN_BAD_MESSAGE, .err = lost };
	event->framing = d->message.framing;
	event->offset = d->framer.taken;
	return true;
}

/* A whole frame of a known form, where no message has begun that it could be a part of, or the end of one.
 * Returns how many octets it took; 0: it is none. */
static inline size_t read_known(struct decoder *d, const uint8_t *buf, size_t len, uint64_t now_ms)
{
	struct framer *f = &d->framer;
	size_t taken = framer_next(f, buf, len);
	uint8_t *frame;

	if (taken > 0) {
		if (!repeat_read(&d->repeat, buf, taken, f->buf, &d->reading))
			return 0;
		framer_believe_next(f, taken, now_ms);
		return taken;
	}
	taken = framer_join(f, buf, len, now_ms);
	if (taken == 0)
		return 0;
	frame = f->buf + f->start;
	if (!repeat_read(&d->repeat, frame, framer_have(f), frame, &d->reading)) {
		framer_part(f, taken);
		return 0;
	}
	framer_believe(f, taken, now_ms);
	return taken;
}

static inline size_t take_known(struct decoder *d, const uint8_t *buf, size_t len, uint64_t now_ms,
                                struct han_event *event)
{
	const struct framer *f = &d->framer;
	size_t taken = read_known(d, buf, len, now_ms);

	if (taken == 0)
		return 0;
	if (repeat_is_markable(&d->repeat))
		profile_mark(&d->reading);
	d->noise = false;
	*event = (struct han_event){
		.type = HAN_READING,
		.framing = HAN_FRAMING_HDLC,
		.frame = framer_candidate(f),
		.frame_len = framer_have(f),
		.offset = framer_offset(f),
		.reading = &d->reading,
	};
	return taken;
}

/* Whatever comes. */
static size_t take_any(struct decoder *d, const uint8_t *buf, size_t len, uint64_t now_ms,
                       struct han_event *event)
{
	enum framer_event found;
	size_t taken = framer_push(&d->framer, buf, len, now_ms, &found);

	tell(d, found, now_ms, event);
	learn(d, event);
	return taken;
}

size_t han_decoder_push(struct han_decoder *decoder, const uint8_t *buf, size_t len,
                        uint64_t now_ms, struct han_event *event)
{
	struct decoder *d = inside(decoder);
	bool begun = message_begun(&d->message);
	size_t taken = 0;

	/* a slow line takes longer than that for a long part */
	if (begun && !framer_awaits_rest(&d->framer, now_ms))
		message_expire(&d->message, now_ms);
	else if (!begun && d->message.lost == HAN_OK)
		taken = take_known(d, buf, len, now_ms, event);
	if (taken > 0)
		return taken;
	return tell_lost(d, event) ? 0 : take_any(d, buf, len, now_ms, event);
}

size_t han_decoder_wanted(const struct han_decoder *decoder)
{
	return framer_wanted(&((const struct decoder *)(const void *)decoder)->framer);
}

void han_decoder_end(struct han_decoder *decoder, struct han_event *event)
{
	struct decoder *d = inside(decoder);
	enum framer_event found;

	if (tell_lost(d, event))
		return;
	framer_end(&d->framer, &found);
	tell(d, found, 0, event);
	if (found == FRAMER_MORE) {
		size_t discarded = event->discarded;

		message_end(&d->message);
		d->noise = false;
		if (tell_lost(d, event))
			event->discarded = discarded;
	}
}

void han_decoder_apdu(struct han_decoder *decoder, const uint8_t *apdu, size_t len,
                      struct han_event *event)
{
	struct decoder *d = inside(decoder);

	*event = (struct han_event){ .frame = apdu, .frame_len = len };
	tell_state(d, message_take_apdu(&d->message, apdu, len, 0), event);
	message_lost(&d->message);
}
