/* A listener in miniature: a wire, a UART, a decoder and the search for the setting, over simulated time. */
#ifndef TUNED_H
#define TUNED_H

#include <string.h>

#include "dice.h"
#include "uart.h"

#include "meters.h"
#include "tuning.h"

#define NS_PER_MS 1e6
#define TUNED_ANY (-1) /* format */

/* A meter at its port; period_ms 0: the meter's own schedule. */
struct tuned_meter {
	const char *name;
	unsigned baud;
	enum serial_format format;
	unsigned period_ms;
	unsigned damaged; /* of 100 messages: an octet of them is another one */
	int drift;        /* of its clock, in thousandths */
	bool crackles;    /* an octet of noise comes before each message */
};

/* Noise: changes of the level at random times, so many per second. */
static inline void wire_noise(struct wire *w, struct dice *dice, unsigned from_ms, unsigned to_ms,
                              unsigned per_s)
{
	double at_ns = from_ms * NS_PER_MS;

	while (at_ns < to_ms * NS_PER_MS) {
		at_ns += 1e9 / per_s * (double)(1 + dice_below(dice, 2000)) / 1000;
		wire_set(w, w->count % 2 != 0, at_ns);
	}
	wire_set(w, true, at_ns + 1);
	w->end_ns = at_ns + 1;
}

/* What a meter says from from_ms to to_ms, into a wire. */
static inline void wire_play(struct wire *w, const struct tuned_meter *meter, unsigned from_ms,
                             unsigned to_ms)
{
	const struct meters_row *row = meters_find(meter->name);
	struct seal seal = { .control = SEAL_ENCRYPTED };
	static const uint8_t crackle = 0xF0;
	struct dice dice = { 1 };
	struct sampler sampler;

	assert_non_null(row);
	if (row->title)
		memcpy(seal.title, row->title, sizeof(seal.title));
	sampler_init(&sampler, 1706000043, row->phases);
	for (unsigned at_ms = from_ms, number = 1; at_ms < to_ms; at_ms += 1000) {
		uint8_t buf[METERS_MESSAGE_MAX];
		unsigned list, delay_ms = 0;
		struct sample sample;
		struct encoder e;

		sampler_next(&sampler, &sample);
		sample.number = number++;
		list = meters_due(row, &sample.now, &delay_ms);
		if (meter->period_ms > 0) {
			list = (at_ms - from_ms) % meter->period_ms == 0 ? row->lists[0].list : 0;
			if (list && row->lists[1].list)
				list = row->lists[1].list; /* not the one of the hour */
		}
		if (list == 0)
			continue;
		encoder_init(&e, buf, sizeof(buf));
		row->encode(&e, &sample, list, &seal);
		assert_false(e.overflow);
		if (dice_below(&dice, 100) < meter->damaged)
			buf[e.len / 2] ^= 0x10;
		wire_send(w, &crackle, meter->crackles, (at_ms + delay_ms) * NS_PER_MS, meter->baud,
		          meter->format);
		wire_send(w, buf, e.len, (at_ms + delay_ms) * NS_PER_MS,
		          meter->baud * (1 + meter->drift / 1000.0), meter->format);
	}
}

struct tuned {
	struct tuning tuning;
	struct uart uart;
	bool blind;       /* the port counts no errors */
	bool emulated;    /* a pseudo terminal: speed and format do not matter */
	unsigned chunk;   /* octets that are read at once, at most; 0: one */
	uint64_t now_ms;  /* how far it has come */
	unsigned frames;  /* valid ones with the present line */
	unsigned pauses;  /* that were asked for */
	unsigned changes; /* of the line */
	uint64_t changed_ms;
	uint64_t first_frame_ms; /* of any line; 0: none yet */
	struct han_decoder decoder;
};

static inline void tuned_set(struct tuned *l, double at_ns)
{
	struct tuning_line line = tuning_line(&l->tuning);

	if (!l->emulated)
		uart_set(&l->uart, line.baud, line.format, at_ns);
	else
		l->uart.now_ns = at_ns;
	l->frames = 0;
	l->uart.parity = l->uart.framing = l->uart.breaks = 0;
	han_decoder_init(&l->decoder, NULL);
}

/* Nothing is given. */
static inline void tuned_auto(struct tuned *l, const struct tuning_line *remembered)
{
	memset(l, 0, sizeof(*l));
	tuning_init(&l->tuning, 0, TUNED_ANY, HAN_PROTOCOL_AUTO, remembered);
}

/* The port is opened at that time; tuning was initialised. */
static inline void tuned_open(struct tuned *l, const struct wire *wire, uint64_t at_ms)
{
	l->uart.wire = wire;
	l->uart.edge = 0;
	l->now_ms = at_ms;
	tuning_opened(&l->tuning, at_ms);
	tuned_set(l, (double)at_ms * NS_PER_MS);
}

static inline void tuned_note(struct tuned *l, const struct han_event *event)
{
	if (!event->frame || event->type == HAN_BAD_FRAME)
		return;
	l->frames++;
	if (l->first_frame_ms == 0)
		l->first_frame_ms = l->now_ms;
	tuning_frame(&l->tuning, l->now_ms);
}

static inline void tuned_push(struct tuned *l, const uint8_t *buf, size_t len)
{
	struct han_event event;

	tuning_octets(&l->tuning, buf, len, l->now_ms);
	do {
		size_t used = han_decoder_push(&l->decoder, buf, len, l->now_ms, &event);

		buf += used;
		len -= used;
		tuned_note(l, &event);
	} while (event.type != HAN_MORE);
}

static inline void tuned_pause(struct tuned *l, uint64_t at_ms)
{
	struct burst_errors errors = { l->uart.parity, l->uart.framing + l->uart.breaks };
	struct han_event event;

	l->now_ms = at_ms;
	do { /* a frame may be hidden behind the beginning of what never was one */
		han_decoder_end(&l->decoder, &event);
		tuned_note(l, &event);
	} while (event.type != HAN_MORE);
	l->pauses++;
	l->uart.parity = l->uart.framing = l->uart.breaks = 0;
	if (l->blind)
		errors = (struct burst_errors){ 0 };
	if (!tuning_pause(&l->tuning, errors, at_ms))
		return;
	l->changes++;
	l->changed_ms = at_ms;
	tuned_set(l, (double)at_ms * NS_PER_MS);
}

/* Lives until that time. */
static inline void tuned_run(struct tuned *l, uint64_t until_ms)
{
	while (l->now_ms < until_ms) {
		uint64_t due = tuning_due(&l->tuning);
		uint64_t stop = due > 0 && due < until_ms ? due : until_ms;
		uint8_t buf[64];
		double at_ns = 0;
		size_t len = 0, most = l->chunk > 0 ? l->chunk : 1;

		while (len < most &&
		       uart_receive(&l->uart, (double)stop * NS_PER_MS, &buf[len], &at_ns)) {
			len++;
			if (at_ns > ((double)l->now_ms + 20) * NS_PER_MS)
				break;
		}
		if (len > 0) {
			l->now_ms = (uint64_t)(at_ns / NS_PER_MS);
			tuned_push(l, buf, len);
		} else if (due > 0 && due <= until_ms) {
			tuned_pause(l, due > l->now_ms ? due : l->now_ms);
		} else {
			l->now_ms = until_ms;
		}
	}
}

static inline void check_line(const struct tuned *l, unsigned baud, enum serial_format format)
{
	struct tuning_line line = tuning_line(&l->tuning);

	assert_int_equal(line.baud, baud);
	assert_string_equal(serial_format_name(line.format), serial_format_name(format));
}

#endif
