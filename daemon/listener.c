#include "listener.h"

#include <stdio.h>
#include <string.h>

#include "log.h"

bool listener_is_frame(const struct han_event *event)
{
	return event->frame && event->type != HAN_MORE && event->type != HAN_BAD_FRAME;
}

static void pass(struct listener *l, const struct han_event *event, uint64_t now_ms)
{
	if (listener_is_frame(event)) {
		serial_note_frame(&l->serial, event->frame_len);
		tuning_frame(&l->tuning, now_ms);
	}
	l->hooks.event(l->hooks.user, l, event);
}

/* What was begun is not completed: the line was cut, or is about to be another one. */
static void end_messages(struct listener *l)
{
	struct han_event event;

	do {
		han_decoder_end(&l->decoder, &event);
		pass(l, &event, loop_now_ms());
	} while (event.type != HAN_MORE);
}

/* The rest of a message that was under way will not come; nobody is told. */
static void drop_message(struct listener *l)
{
	struct han_event event;

	do
		han_decoder_end(&l->decoder, &event);
	while (event.type != HAN_MORE);
}

/* ---- the line's setting ---- */

static struct burst_errors new_errors(struct listener *l)
{
	struct serial_errors now = serial_errors(&l->serial);
	struct burst_errors since = { now.parity - l->told.parity, now.framing - l->told.framing };

	l->told = now;
	return since;
}

/* The timer is not put off with every octet: when it fires too early, it is started again. */
static void await_pause(struct listener *l)
{
	uint64_t due = tuning_due(&l->tuning), now;

	if (!due || l->pause_runs)
		return;
	now = loop_now_ms();
	timer_start(&l->pause, due > now ? due - now : 1, 0);
	l->pause_runs = true;
}

static void stop_pause(struct listener *l)
{
	timer_stop(&l->pause);
	l->pause_runs = false;
}

static void retune(struct listener *l)
{
	struct tuning_line line = tuning_line(&l->tuning);
	int rc = serial_set_line(&l->serial, line.baud, line.format);

	log_debug("meter: %s: now at %u %s%s%s", l->device, line.baud,
	          serial_format_name(line.format), rc < 0 ? ": " : "", rc < 0 ? strerror(-rc) : "");
	new_errors(l); /* those of the old setting say nothing of the new one */
	l->hooks.retuned(l->hooks.user, l);
}

/* Another program may have set the port otherwise meanwhile, and what is given would never be tried again. */
static void set_again(struct listener *l)
{
	struct tuning_line line = tuning_line(&l->tuning);

	serial_set_line(&l->serial, line.baud, line.format);
	new_errors(l);
}

/* A frame may be hidden behind the beginning of another that never was one: the decoder says so at its end,
 * before the setting is judged. */
static void pause_fired(struct timer *timer)
{
	struct listener *l = container_of(timer, struct listener, pause);
	uint64_t due = tuning_due(&l->tuning), now = loop_now_ms();

	l->pause_runs = false;
	if (due && now >= due && !tuning_settled(&l->tuning))
		end_messages(l);
	due = tuning_due(&l->tuning);
	if (due && now >= due) {
		if (tuning_pause(&l->tuning, new_errors(l), now))
			retune(l);
		else if (!tuning_settled(&l->tuning))
			set_again(l);
	}
	await_pause(l);
}

/* ---- the port ---- */

/* Whether so many octets have taken so much of that time on the line that it was not silent for long. */
static bool line_was_busy(const struct listener *l, size_t octets, uint64_t pause_ms)
{
	struct tuning_line line = tuning_line(&l->tuning);
	uint64_t taken_ms = octets * serial_octet_ns(line.baud, line.format) / 1000000;

	return l->serial.local && taken_ms + HAN_IDLE_MS >= pause_ms;
}

/* By the decoder's clock a pause on the line ends what has begun; but it may be us who paused. Then all that a frame
 * lacks is here at once, or, after a nap that ended a little early or amid a frame, as much as the line can have
 * brought meanwhile; and the clock has stood still. If it was the line, what comes now is the next frame: there is
 * little of it, or the check fails and it is found inside. */
static uint64_t line_time(struct listener *l, size_t len, uint64_t now)
{
	uint64_t pause_ms = now - l->heard_ms;
	size_t wanted = han_decoder_wanted(&l->decoder);

	if (l->heard_ms && pause_ms > HAN_IDLE_MS && wanted > 1) {
		size_t here = len + serial_waiting(&l->serial);

		if (here >= wanted || line_was_busy(l, here, pause_ms))
			l->stood_ms += pause_ms;
	}
	l->heard_ms = now;
	return now - l->stood_ms;
}

static void on_octets(void *user, const uint8_t *buf, size_t len)
{
	struct listener *l = user;
	const uint64_t now = l->serial.octets_ms;
	uint64_t line;
	struct han_event event = { .type = HAN_PART };

	if (l->muted)
		return;
	line = line_time(l, len, now);
	tuning_octets(&l->tuning, buf, len, now);
	l->hooks.octets(l->hooks.user, l, len);
	while (event.type != HAN_MORE && !l->muted) { /* by what they lead to */
		size_t used = han_decoder_push(&l->decoder, buf, len, line, &event);

		buf += used;
		len -= used;
		pass(l, &event, now);
	}
	if (!l->muted)
		await_pause(l);
}

static size_t on_wanted(void *user)
{
	const struct listener *l = user;

	return han_decoder_wanted(&l->decoder);
}

static void on_opened(void *user)
{
	struct listener *l = user;

	if (l->serial.renewed) {
		l->heard_ms = 0;
		drop_message(l);
		return;
	}
	if (l->flush)
		serial_flush(&l->serial);
	l->flush = false;
	l->err = 0;
	l->opened_ms = loop_now_ms();
	l->heard_ms = 0;
	l->told = (struct serial_errors){ 0 };
	tuning_opened(&l->tuning, l->opened_ms);
	l->hooks.opened(l->hooks.user, l);
}

static void on_lost(void *user, int err)
{
	struct listener *l = user;

	end_messages(l);
	l->err = err;
	stop_pause(l);
	l->hooks.lost(l->hooks.user, l);
}

void listener_init(struct listener *l, struct loop *loop, const struct han_settings *decoder,
                   const struct listener_hooks *hooks)
{
	memset(l, 0, offsetof(struct listener, decoder));
	l->loop = loop;
	l->hooks = *hooks;
	han_decoder_init(&l->decoder, decoder);
	timer_init(&l->pause, loop, pause_fired);
}

void listener_open(struct listener *l, const struct listener_settings *settings)
{
	const struct serial_hooks hooks = { l, on_octets, on_opened, on_lost, on_wanted };
	struct serial_settings port = { .device = l->device, .quiet = settings->quiet };
	struct tuning_line line;

	snprintf(l->device, sizeof(l->device), "%s", settings->device);
	l->flush = settings->flush;
	l->err = 0;
	if (serial_is_local(l->device))
		tuning_init(&l->tuning, settings->baud, settings->format, settings->protocol,
		            settings->remembered);
	else /* the serial server's, whatever it is: nothing to be found */
		tuning_init(&l->tuning, 2400, SERIAL_8N1, settings->protocol, NULL);
	line = tuning_line(&l->tuning);
	port.baud = line.baud;
	port.format = line.format;
	l->listening = true;
	serial_open(&l->serial, l->loop, &port, &hooks);
}

void listener_mute(struct listener *l, bool muted)
{
	l->muted = muted;
	if (!l->listening)
		return;
	if (muted) {
		stop_pause(l);
		drop_message(l);
	} else {
		serial_flush(&l->serial);
		new_errors(l);
	}
	tuning_opened(&l->tuning, loop_now_ms());
}

void listener_close(struct listener *l)
{
	if (!l->listening)
		return;
	l->listening = false;
	stop_pause(l);
	serial_close(&l->serial);
	drop_message(l);
}

void listener_fini(struct listener *l)
{
	if (!l->loop)
		return;
	listener_close(l);
	timer_fini(&l->pause);
	han_decoder_fini(&l->decoder);
}

char *listener_where(const struct listener *l, char buf[LISTENER_WHERE])
{
	struct tuning_line line = tuning_line(&l->tuning);

	if (!serial_is_local(l->device)) /* a network has no such setting */
		snprintf(buf, LISTENER_WHERE, "%.110s", l->device);
	else
		snprintf(buf, LISTENER_WHERE, "%.110s at %u %s", l->device, line.baud,
		         serial_format_name(line.format));
	return buf;
}
