#include "meter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "journal.h"
#include "log.h"

#define NAMELESS_MS 60000
#define WOKEN_MS    30000 /* within which a meter speaks that had waited for a power cycle */

static uint64_t patience(const struct meter *meter)
{
	if (meter->settings->silent_after_s > 0)
		return (uint64_t)meter->settings->silent_after_s * 1000;
	return rhythm_patience(&meter->rhythm);
}

static const char *name_of(const struct meter *meter)
{
	return meter->identity.text[0] ? meter->identity.text : "a meter";
}

static void set_online(struct meter *meter)
{
	struct journal j;

	if (meter->online)
		return;
	meter->online = true;
	meter_describe(meter, JOURNAL_METER_READ, &j);
	log_write(LOG_INFO, j.fields, "meter: %s on %s: frames arrive", name_of(meter),
	          search_path(&meter->search));
	meter->hooks.availability(meter->hooks.user, meter, true);
}

static void set_offline(struct meter *meter)
{
	if (!meter->online)
		return;
	meter->online = false;
	meter->hooks.availability(meter->hooks.user, meter, false);
}

/* What the identity is kept under. */
static const char *port_key(const struct meter *meter)
{
	return meter->settings->port.device ? meter->settings->port.device : "auto";
}

static void identify(struct meter *meter, const struct identity *identity)
{
	struct journal j;

	meter->identity = *identity;
	meter_describe(meter, NULL, &j);
	/* before its first values the line that it is read follows at once */
	log_write(meter->online ? LOG_INFO : LOG_DEBUG, j.fields, "meter: %s speaks on %s",
	          identity->text, search_path(&meter->search));
	meter->hooks.identified(meter->hooks.user, meter);
}

static void nameless_fired(struct timer *timer)
{
	struct meter *meter = container_of(timer, struct meter, nameless);
	struct identity identity = { .by = HAN_IDENTITY_NONE };
	char text[IDENTITY_TEXT];

	log_notice("meter: the meter on %s sends no number; the port stands for it",
	           search_path(&meter->search));
	snprintf(identity.text, sizeof(identity.text), "%s",
	         identity_of_port(search_path(&meter->search), text));
	identify(meter, &identity);
}

/* Whether the message is to be taken. Only one that was understood tells who the meter is: what cannot be checked may
 * be anybody's. */
static bool note_identity(struct meter *meter, const struct han_reading *reading)
{
	struct identity said;

	meter->list = han_list_name(reading->list);
	said.by = han_reading_identity(reading, said.text);
	if (said.by == HAN_IDENTITY_NONE || !identity_is_name(said.text))
		return true;
	timer_stop(&meter->nameless);
	if (!claim_believe(&meter->claim, &meter->identity, &said, reading)) {
		log_debug("meter: %s: a message says it is %s; believed if the next one does",
		          name_of(meter), said.text);
		return false;
	}
	if (!identity_is_news(&meter->identity, &said))
		return true;
	identify(meter, &said);
	identity_save(port_key(meter), &said);
	return true;
}

/* What comes from here on tells whether it is heard. */
static void listen_anew(struct meter *meter)
{
	meter->silent = false;
	meter->heard = counters_heard(&meter->counters);
}

/* Whether the pause that a frame ends is the meter's own: no port was lost in it, and no power cycle has ended it. */
static bool is_own_pause(const struct meter *meter)
{
	return meter->last_frame_ms && !meter->interrupted &&
	       (!meter->unmuted_ms || meter->octets_ms - meter->unmuted_ms > WOKEN_MS);
}

/* A frame whose checks agreed, decoded or not: the meter lives. */
static void note_frame(struct meter *meter)
{
	const uint64_t now = meter->octets_ms;
	uint64_t allowed_ms;

	meter->counters.frames_ok++;
	listen_anew(meter);
	meter->resyncing = false;
	if (is_own_pause(meter))
		rhythm_learn(&meter->rhythm, now - meter->last_frame_ms);
	meter->last_frame_ms = now;
	meter->interrupted = false;
	meter->unmuted_ms = 0;
	allowed_ms = patience(meter);
	timer_start_at(&meter->silence, (now + allowed_ms) * 1000000);
	search_allow(&meter->search, allowed_ms);
	if (!meter->identity.text[0] && !meter->waiting_for_name) {
		meter->waiting_for_name = true;
		timer_start(&meter->nameless, NAMELESS_MS, 0);
	}
}

/* Whether the reading has a clock. */
static bool note_clock(struct meter *meter, const struct han_reading *reading)
{
	const struct han_datetime *said = han_reading_time(reading);
	struct clock_instant instant;
	time_t now = time(NULL);

	if (!said || !clock_resolve(&meter->zone, said, now, &instant))
		return false;
	meter->counters.has_clock = true;
	meter->counters.clock_offset_s = (int64_t)instant.utc - now;
	return true;
}

static void tell_clock(struct meter *meter)
{
	char text[CLOCK_TOLD_TEXT];
	struct journal j;

	if (clock_told(&meter->clock_told, meter->counters.clock_offset_s, text)) {
		meter_describe(meter, NULL, &j);
		log_write(LOG_NOTICE, j.fields, "meter: %s: %s", name_of(meter), text);
	}
}

static void tell_trouble(const struct meter *meter, enum han_err err)
{
	struct journal j;
	char text[TROUBLE_TEXT];

	meter_describe(meter, JOURNAL_METER_TROUBLE, &j);
	journal_text(&j, "ERROR_CAUSE", han_err_name(err));
	log_write(LOG_WARNING, j.fields, "meter: %s: %s", search_path(&meter->search),
	          trouble_describe(err, meter->settings->section, text));
}

static void end_trouble(struct meter *meter)
{
	struct journal j;
	bool told;

	if (!troubles_end(&meter->troubles, meter->octets_ms, &told))
		return;
	meter_describe(meter, NULL, &j);
	if (told)
		log_write(LOG_NOTICE, j.fields, "meter: %s: messages are understood again",
		          search_path(&meter->search));
	meter->hooks.trouble(meter->hooks.user, meter);
}

/* The message that was held, when the one that is being taken says the same. */
static void take_held(struct meter *meter)
{
	if (!meter->claim.held || strcmp(meter->claim.identity.text, meter->identity.text) != 0)
		return;
	meter->hooks.reading(meter->hooks.user, meter, meter->claim.held);
	claim_end(&meter->claim);
}

static void take_reading(struct meter *meter, const struct han_reading *reading)
{
	const bool has_clock = note_clock(meter, reading);

	set_online(meter);
	if (has_clock)
		tell_clock(meter);
	log_debug("meter: %s: %s with %zu values",
	          meter->identity.text[0] ? meter->identity.text : search_path(&meter->search),
	          han_list_name(reading->list), reading->count);
	take_held(meter);
	meter->hooks.reading(meter->hooks.user, meter, reading);
}

/* event->frame is NULL when the rest of a message did not come: the meter need not live. */
static void refuse_message(struct meter *meter, const struct han_event *event)
{
	struct trouble_news news = troubles_note(&meter->troubles, event->err, meter->octets_ms);

	log_debug("meter: %s: message refused: %s", search_path(&meter->search),
	          han_err_name(event->err));
	counters_refuse_message(&meter->counters, event->err);
	if (news.tell)
		tell_trouble(meter, event->err);
	if (event->frame)
		set_online(meter);
	if (news.begins)
		meter->hooks.trouble(meter->hooks.user, meter);
}

static void log_frame(const struct han_event *event)
{
	char hex[2 * 480 + 1];
	size_t n = 0;

	for (size_t i = 0; i < event->frame_len && n + 2 < sizeof(hex); i++, n += 2)
		snprintf(hex + n, 3, "%02x", event->frame[i]);
	log_debug("meter: frame of %zu octets: %s%s", event->frame_len, hex,
	          n < 2 * event->frame_len ? "..." : "");
}

static void on_event(void *user, const struct han_event *event)
{
	struct meter *meter = user;

	meter->counters.discarded_bytes += event->discarded;
	if ((event->discarded > 0 || event->type == HAN_BAD_FRAME) && !meter->resyncing) {
		meter->resyncing = true;
		meter->counters.resyncs++;
	}
	if (event->frame && event->type != HAN_BAD_FRAME)
		note_frame(meter);
	if (event->frame && meter->log_frames)
		log_frame(event);

	switch (event->type) {
	case HAN_MORE:
		break;
	case HAN_PART:
		set_online(meter);
		break;
	case HAN_READING:
		if (note_identity(meter, event->reading))
			take_reading(meter, event->reading);
		end_trouble(meter);
		break;
	case HAN_BAD_FRAME:
		counters_refuse_frame(&meter->counters, event->err);
		log_debug("meter: %s: frame refused: %s", search_path(&meter->search),
		          han_err_name(event->err));
		break;
	case HAN_BAD_MESSAGE:
		refuse_message(meter, event);
		break;
	}
}

static void on_octets(void *user, size_t len)
{
	struct meter *meter = user;

	meter->counters.bytes += len;
	meter->octets_ms = loop_now_ms();
	if (meter->counters.bytes == len) /* the first ones: people wait for them */
		meter->hooks.port(meter->hooks.user, meter);
}

static void on_opened(void *user)
{
	struct meter *meter = user;

	meter->port_err = 0;
	listen_anew(meter);
	if (!meter->muted)
		timer_start(&meter->silence, patience(meter), 0);
	meter->hooks.port(meter->hooks.user, meter);
}

static void on_lost(void *user)
{
	struct meter *meter = user;
	struct journal j;

	meter->port_err = search_err(&meter->search);
	meter->interrupted = true;
	timer_stop(&meter->silence);
	if (meter->online) {
		meter_describe(meter, JOURNAL_METER_SILENT, &j);
		journal_text(&j, "ERROR_CAUSE", "port");
		log_write(LOG_WARNING, j.fields, "meter: %s on %s: silent, as its port is lost",
		          name_of(meter), search_path(&meter->search));
	}
	set_offline(meter);
	meter->hooks.port(meter->hooks.user, meter);
}

static void on_port_changed(void *user)
{
	struct meter *meter = user;

	meter->port_err = search_err(&meter->search);
	meter->hooks.port(meter->hooks.user, meter);
}

static void silence_fired(struct timer *timer)
{
	struct meter *meter = container_of(timer, struct meter, silence);

	if (meter->last_frame_ms && loop_now_ms() - meter->octets_ms > patience(meter) / 2)
		listen_anew(meter); /* its last words may have been half a frame */
	meter->silent = true;
	if (meter->online)
		set_offline(meter);
	else
		meter->hooks.port(meter->hooks.user, meter);
	search_distrust(&meter->search, patience(meter));
}

bool meter_is_local(const struct meter_settings *settings)
{
	return !settings->port.device || serial_is_local(settings->port.device);
}

bool meter_silence(const struct meter *meter, uint64_t *since_ms)
{
	uint64_t opened_ms = search_opened_ms(&meter->search);

	if (!opened_ms)
		return false;
	*since_ms = meter->last_frame_ms > opened_ms ? meter->last_frame_ms : opened_ms;
	return true;
}

void meter_mute(struct meter *meter, bool muted)
{
	if (meter->muted == muted)
		return;
	meter->muted = muted;
	meter->unmuted_ms = loop_now_ms();
	listen_anew(meter);
	search_mute(&meter->search, muted);
	if (muted)
		timer_stop(&meter->silence);
	else if (search_is_open(&meter->search))
		timer_start(&meter->silence, patience(meter), 0);
	meter->hooks.port(meter->hooks.user, meter);
}

void meter_wipe_keys(struct meter_settings *settings)
{
	struct han_settings *decoder = &settings->decoder;

	explicit_bzero(decoder->key, sizeof(decoder->key));
	explicit_bzero(decoder->auth_key, sizeof(decoder->auth_key));
	decoder->has_key = decoder->has_auth_key = false;
}

int meter_open(struct meter *meter, struct loop *loop, struct meter_settings *settings, bool flush,
               const struct meter_hooks *hooks)
{
	const struct search_hooks port = { meter,     on_octets, on_event,
		                           on_opened, on_lost,   on_port_changed };
	int rc;

	*meter = (struct meter){ .loop = loop, .settings = settings, .hooks = *hooks };
	if (identity_load(port_key(meter), &meter->identity))
		meter->hooks.identified(meter->hooks.user, meter);
	timer_init(&meter->silence, loop, silence_fired);
	timer_init(&meter->nameless, loop, nameless_fired);
	rc = search_open(&meter->search, loop, "", &settings->port, &settings->decoder, flush,
	                 &port);
	meter_wipe_keys(settings);
	return rc;
}

void meter_close(struct meter *meter)
{
	search_close(&meter->search);
	claim_end(&meter->claim);
	timer_fini(&meter->nameless);
	timer_fini(&meter->silence);
}
