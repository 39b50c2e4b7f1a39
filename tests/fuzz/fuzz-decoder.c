/* Octets to readings: the whole path. Pushed in one piece and in random parts, the events are the same; each
 * frame is what was pushed, no octet is lost, and after all of it the decoder takes a good frame. */
#include "fuzz.h"

#ifndef FUZZ_PROTOCOL
#define FUZZ_PROTOCOL HAN_PROTOCOL_AUTO
#endif

struct path {
	struct han_decoder decoder;
	const uint8_t *fed;
	size_t fed_len;
	size_t end;       /* of the newest sound frame */
	size_t discarded; /* since then, */
	size_t since;     /* and since the newest event but HAN_MORE */
	uint64_t sum;     /* digest of all events */
	size_t events;
	size_t readings;
	size_t quiet_until; /* fed_len below which no event is possible, as the decoder said */
};

/* A gap between sound frames: all of it was discarded but the flags between frames. */
static void check_gap(const struct path *path, size_t from, size_t to)
{
	size_t fills = 0;

	for (size_t i = from; i < to; i++)
		fills += path->fed[i] == 0x7E;
	must(path->discarded + from <= to || (to <= from && path->discarded == 0));
	must(to <= from || to - from - path->discarded <= fills);
}

static void check_frame(struct path *path, const struct han_event *event)
{
	must(event->frame_len <= HAN_MESSAGE_MAX);
	must(event->offset <= path->fed_len && event->frame_len <= path->fed_len - event->offset);
	must(memcmp(event->frame, path->fed + event->offset, event->frame_len) == 0);
	must(event->offset + 1 >= path->end); /* a flag may be shared */
	if (event->type == HAN_BAD_FRAME)
		return;
	check_gap(path, path->end, (size_t)event->offset);
	path->end = (size_t)event->offset + event->frame_len;
	path->discarded = 0;
}

/* With FUZZ_TRACE in the environment, to understand a finding. */
static void trace(const struct path *path, const struct han_event *event)
{
	static const char *const types[] = { "more", "part", "reading", "bad frame",
		                             "bad message" };

	if (!getenv("FUZZ_TRACE") || (event->type == HAN_MORE && event->discarded == 0))
		return;
	fprintf(stderr, "fed %zu: %s, %s, offset %llu, %zu octets, %zu discarded\n", path->fed_len,
	        types[event->type], han_err_name(event->err), (unsigned long long)event->offset,
	        event->frame_len, event->discarded);
}

static void take_event(struct path *path, const struct han_event *event)
{
	trace(path, event);
	check_event(event);
	path->discarded += event->discarded;
	path->since += event->discarded;
	if (event->type == HAN_MORE)
		return;
	path->events++;
	must(path->events <= 2 * path->fed_len + 4);
	path->sum = digest_number(path->sum, event->type);
	path->sum = digest_number(path->sum, event->err);
	path->sum = digest_number(path->sum, path->since);
	path->since = 0;
	if (event->frame) {
		check_frame(path, event);
		path->sum = digest_number(path->sum, event->framing);
		path->sum = digest_number(path->sum, event->offset);
		/* Of a refused frame more may be there when more came at once. */
		if (event->type != HAN_BAD_FRAME)
			path->sum = digest_number(path->sum, event->frame_len);
	}
	if (event->type != HAN_READING)
		return;
	path->sum = digest_reading(path->sum, event->reading);
	path->readings++;
}

static void push(struct path *path, const uint8_t *buf, size_t len, uint64_t now_ms)
{
	struct han_event event;

	do {
		size_t used = han_decoder_push(&path->decoder, buf, len, now_ms, &event);

		must(used <= len);
		path->fed_len += used;
		buf += used;
		len -= used;
		/* time alone may end a frame */
		must(event.type == HAN_MORE || now_ms || path->fed_len >= path->quiet_until);
		take_event(path, &event);
		must(han_decoder_wanted(&path->decoder) >= 1);
		if (event.type == HAN_MORE)
			path->quiet_until = path->fed_len + han_decoder_wanted(&path->decoder);
	} while (event.type != HAN_MORE);
	must(len == 0);
}

static void finish(struct path *path)
{
	struct han_event event;

	do {
		han_decoder_end(&path->decoder, &event);
		take_event(path, &event);
	} while (event.type != HAN_MORE);
	check_gap(path, path->end, path->fed_len);
	path->sum = digest_number(path->sum, path->discarded);
}

static void begin(struct path *path, const struct han_settings *settings, const uint8_t *fed)
{
	fuzz_forget(path, sizeof(*path));
	han_decoder_init(&path->decoder, settings);
	path->fed = fed;
	path->fed_len = path->end = path->discarded = path->since = 0;
	path->sum = DIGEST_START;
	path->events = path->readings = path->quiet_until = 0;
}

/* In parts of random sizes; `step` is how much time may pass between two of them. */
static void push_parts(struct path *path, const uint8_t *buf, size_t len, uint64_t dice,
                       size_t step)
{
	const size_t most = fuzz_dice(&dice, 8) ? 2 + fuzz_dice(&dice, 300) : 1;
	uint64_t now_ms = step > 0;

	for (size_t at = 0, n; at < len; at += n) {
		n = 1 + fuzz_dice(&dice, most);
		if (n > len - at)
			n = len - at;
		push(path, buf + at, n, now_ms);
		if (step > 0)
			now_ms +=
				fuzz_dice(&dice, 20) ? fuzz_dice(&dice, 9) : fuzz_dice(&dice, step);
	}
}

/* A frame of Kaifa's first list, made up: 1234 W. */
static void check_alive(struct path *path)
{
	static const uint8_t good[] = {
		0x7E, 0xA0, 0x27, 0x01, 0x02, 0x01, 0x10, 0x5A, 0x87, 0xE6, 0xE7, 0x00, 0x0F, 0x40,
		0x00, 0x00, 0x00, 0x09, 0x0C, 0x07, 0xE8, 0x01, 0x17, 0x02, 0x11, 0x3A, 0x3A, 0xFF,
		0x80, 0x00, 0x00, 0x02, 0x01, 0x06, 0x00, 0x00, 0x04, 0xD2, 0x75, 0x22, 0x7E,
	};

	path->fed = good;
	path->fed_len = path->end = path->discarded = path->since = 0;
	path->events = path->readings = 0;
	for (size_t i = 0; i < sizeof(good); i++) {
		struct han_event event;

		must(han_decoder_push(&path->decoder, good + i, 1, 0, &event) == 1);
		check_event(&event);
		must((event.type == HAN_READING) == (i == sizeof(good) - 1));
		if (event.type == HAN_READING)
			must(event.reading->values[0].number.magnitude == 1234);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct path whole, parts;
	struct han_settings settings;
	bool clock;

	if (size < FUZZ_CONTROLS)
		return 0;
	settings = fuzz_settings(data, FUZZ_PROTOCOL);
	clock = data[0] & FUZZ_CLOCK;
	begin(&whole, &settings, data + FUZZ_CONTROLS);
	push(&whole, data + FUZZ_CONTROLS, size - FUZZ_CONTROLS, 0);
	finish(&whole);
	begin(&parts, &settings, data + FUZZ_CONTROLS);
	push_parts(&parts, data + FUZZ_CONTROLS, size - FUZZ_CONTROLS, data[1], clock ? 10000 : 0);
	finish(&parts);
	if (!clock) {
		must(parts.events == whole.events);
		must(parts.readings == whole.readings);
		must(parts.sum == whole.sum);
	}
	if (!settings.list &&
	    (settings.protocol == HAN_PROTOCOL_AUTO || settings.protocol == HAN_PROTOCOL_HDLC))
		check_alive(&whole);
	if (data[1] == 0) /* which takes longer than all else */
		han_decoder_fini(&whole.decoder);
	return 0;
}
