#include <han/decoder.h>

#include <string.h>

#include "apdu.h"
#include "cursor.h"
#include "hdlc.h"
#include "profile.h"

struct decoder {
	struct han_settings settings;
	struct framer framer;
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
	struct decoder *d = inside(decoder);

	d->settings = settings ? *settings : (struct han_settings){ 0 };
	framer_init(&d->framer, d->settings.protocol);
}

void han_decoder_fini(struct han_decoder *decoder)
{
	memset(decoder, 0, sizeof(*decoder));
}

/* An APDU, from where the cursor stands, into values. */
static enum han_err decode_apdu(struct han_cursor *c, struct han_reading *reading)
{
	apdu_read_notification(c, &reading->apdu);
	if (c->err != HAN_OK)
		return c->err;
	reading->has_encryption = false;
	reading->is_telegram = false;
	reading->message = c->pos;
	reading->message_len = cursor_left(c);
	reading->body = c->pos;
	reading->body_len = cursor_left(c);
	return profile_read(reading);
}

static enum han_err decode_frame(const struct framer *framer, struct han_reading *reading)
{
	size_t len;
	const uint8_t *information = framer_payload(framer, &len);
	struct han_cursor c = cursor_over(information, len);

	reading->framing = HAN_FRAMING_HDLC;
	reading->hdlc = framer->hdlc;
	if (framer->hdlc.format & HDLC_SEGMENTED)
		return HAN_ERR_SEGMENT;
	apdu_read_llc(&c, reading->llc);
	reading->has_llc = true;
	return decode_apdu(&c, reading);
}

static void tell_message(struct decoder *d, enum han_err err, struct han_event *event)
{
	event->type = err == HAN_OK ? HAN_READING : HAN_BAD_MESSAGE;
	event->err = err;
	event->reading = err == HAN_OK ? &d->reading : NULL;
}

static void tell(struct decoder *d, enum framer_event found, struct han_event *event)
{
	*event = (struct han_event){ .discarded = d->framer.discarded };
	switch (found) {
	case FRAMER_MORE:
		event->type = HAN_MORE;
		break;
	case FRAMER_BAD:
		event->type = HAN_BAD_FRAME;
		event->err = d->framer.reason;
		break;
	case FRAMER_FRAME:
		event->framing = HAN_FRAMING_HDLC;
		event->frame = framer_frame(&d->framer, &event->frame_len);
		tell_message(d, decode_frame(&d->framer, &d->reading), event);
		break;
	}
}

size_t han_decoder_push(struct han_decoder *decoder, const uint8_t *buf, size_t len,
                        uint64_t now_ms, struct han_event *event)
{
	struct decoder *d = inside(decoder);
	enum framer_event found;
	size_t taken = framer_push(&d->framer, buf, len, now_ms, &found);

	tell(d, found, event);
	return taken;
}

void han_decoder_end(struct han_decoder *decoder, struct han_event *event)
{
	struct decoder *d = inside(decoder);
	enum framer_event found;

	framer_end(&d->framer, &found);
	tell(d, found, event);
}

void han_decoder_apdu(struct han_decoder *decoder, const uint8_t *apdu, size_t len,
                      struct han_event *event)
{
	struct decoder *d = inside(decoder);
	struct han_cursor c = cursor_over(apdu, len);

	*event = (struct han_event){ .frame = apdu, .frame_len = len };
	d->reading.framing = HAN_FRAMING_NONE;
	d->reading.has_llc = false;
	tell_message(d, decode_apdu(&c, &d->reading), event);
}
