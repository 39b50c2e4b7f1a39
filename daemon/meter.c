#include "meter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "journal.h"
#include "log.h"
#include "trouble.h"

#define NAMELESS_MS 60000

#define FRAGMENTS_MAX      2      /* incomplete messages that are nothing to speak of */
#define TROUBLE_LINGERS_MS 60000  /* so that people see it, and nothing flaps */
#define TROUBLE_AGAIN_MS   600000 /* after that long without, it begins anew */

static uint64_t patience(const struct meter *meter)
{
	if (meter->settings->silent_after_s > 0)
		return (uint64_t)meter->settings->silent_after_s * 1000;
	return rhythm_patience(&meter->rhythm);
}

/* What the journal knows of a meter beside the words. */
static void describe(struct journal *j, const struct meter *meter, const char *id)
{
	const struct meter_counters counters = meter_counters(meter);

	*j = (struct journal){ 0 };
	journal_text(j, "MESSAGE_ID", id);
	journal_text(j, "METER_ID", meter->identity.text);
	journal_text(j, "METER", meter->settings->section);
	journal_text(j, "PORT", search_path(&meter->search));
	journal_text(j, "OBIS_LIST", meter->list);
	journal_number(j, "FRAMES_OK", counters.frames_ok);
	journal_number(j, "FRAMES_BAD", counters.frames_bad);
	journal_number(j, "MESSAGES_REFUSED",
	               counters.decrypt_failed + counters.replayed + counters.decode_failed);
}

static void set_online(struct meter *meter, bool online, const char *why)
{
	struct journal j;

	if (meter->online == online)
		return;
	meter->online = online;
	describe(&j, meter, online ? JOURNAL_METER_READ : JOURNAL_METER_SILENT);
	journal_text(&j, "ERROR_CAUSE", online ? NULL : meter->port_err ? "port" : "silence");
	log_write(online ? LOG_INFO : LOG_WARNING, j.fields, "meter: %s on %s: %s",
	          meter->identity.text[0] ? meter->identity.text : "a meter",
	          search_path(&meter->search), why);
	meter->hooks.availability(meter->hooks.user, meter, online);
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
	describe(&j, meter, NULL);
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

/* Only a message that was understood tells who the meter is: what cannot be checked may be anybody's. */
static void note_identity(struct meter *meter, const struct han_reading *reading)
{
	struct identity said;

	said.by = han_reading_identity(reading, said.text);
	if (said.by == HAN_IDENTITY_NONE)
		return;
	timer_stop(&meter->nameless);
	if (!identity_is_news(&meter->identity, &said))
		return;
	identify(meter, &said);
	identity_save(port_key(meter), &said);
}

/* A frame whose checks agreed, decoded or not: the meter lives. */
static void note_frame(struct meter *meter)
{
	uint64_t now = loop_now_ms();

	meter->counters.frames_ok++;
	meter->resyncing = false;
	if (meter->last_frame_ms && !meter->interrupted)
		rhythm_learn(&meter->rhythm, now - meter->last_frame_ms);
	meter->last_frame_ms = now;
	meter->interrupted = false;
	timer_start(&meter->silence, patience(meter), 0);
	if (!meter->identity.text[0] && !meter->waiting_for_name) {
		meter->waiting_for_name = true;
		timer_start(&meter->nameless, NAMELESS_MS, 0);
	}
}

static void note_clock(struct meter *meter, const struct han_reading *reading)
{
	const struct han_datetime *said = han_reading_time(reading);
	struct clock_instant instant;
	time_t now = time(NULL);

	if (!said || !clock_resolve(said, now, &instant))
		return;
	meter->counters.has_clock = true;
	meter->counters.clock_offset_s = (long)(instant.utc - now);
}

/* What was not seen for a while is over. */
static void end_trouble(struct meter *meter, uint64_t now)
{
	struct meter_trouble *t = &meter->trouble;

	t->fragments = 0;
	if (t->err == HAN_OK || now - t->last_ms[t->err] < TROUBLE_LINGERS_MS)
		return;
	t->err = HAN_OK;
	meter->hooks.trouble(meter->hooks.user, meter);
}

static void take_reading(struct meter *meter, const struct han_reading *reading)
{
	meter->list = han_list_name(reading->list);
	note_clock(meter, reading);
	note_identity(meter, reading);
	set_online(meter, true, "frames arrive");
	log_debug("meter: %s: %s with %zu values",
	          meter->identity.text[0] ? meter->identity.text : search_path(&meter->search),
	          han_list_name(reading->list), reading->count);
	meter->hooks.reading(meter->hooks.user, meter, reading);
	end_trouble(meter, loop_now_ms());
}

static void count_refusal(struct meter_counters *counters, enum han_err err)
{
	switch (trouble_of(err)) {
	case TROUBLE_DECRYPT:
		counters->decrypt_failed++;
		break;
	case TROUBLE_REPLAY:
		counters->replayed++;
		break;
	case TROUBLE_DECODE:
	case TROUBLE_FRAGMENT:
		counters->decode_failed++;
		break;
	}
}

/* One line when a kind of trouble begins, not one per message. Whether it is the one to speak of now. */
static bool note_trouble(struct meter *meter, enum han_err err, uint64_t now)
{
	struct meter_trouble *t = &meter->trouble;
	bool fragment = trouble_of(err) == TROUBLE_FRAGMENT;
	uint64_t last = t->last_ms[err];
	char text[TROUBLE_TEXT];

	log_debug("meter: %s: message refused: %s", search_path(&meter->search), han_err_name(err));
	if (fragment && ++t->fragments <= FRAGMENTS_MAX)
		return false;
	t->last_ms[err] = now;
	if (!last || now - last >= TROUBLE_AGAIN_MS) {
		struct journal j;

		describe(&j, meter, JOURNAL_METER_TROUBLE);
		journal_text(&j, "ERROR_CAUSE", han_err_name(err));
		log_write(LOG_WARNING, j.fields, "meter: %s: %s", search_path(&meter->search),
		          trouble_describe(err, meter->settings->section, text));
	}
	if (t->err == err || (t->err && now - t->last_ms[t->err] < TROUBLE_LINGERS_MS))
		return false;
	t->err = err;
	return true;
}

/* event->frame is NULL when the rest of a message did not come: the meter need not live. */
static void refuse_message(struct meter *meter, const struct han_event *event)
{
	bool begins = note_trouble(meter, event->err, loop_now_ms());

	count_refusal(&meter->counters, event->err);
	if (event->frame)
		set_online(meter, true, "frames arrive");
	if (begins)
		meter->hooks.trouble(meter->hooks.user, meter);
}

static void refuse_frame(struct meter *meter, enum han_err err)
{
	meter->counters.frames_bad++;
	if (err == HAN_ERR_HCS || err == HAN_ERR_FCS || err == HAN_ERR_CHECKSUM ||
	    err == HAN_ERR_CRC)
		meter->counters.crc_errors++;
	log_debug("meter: %s: frame refused: %s", search_path(&meter->search), han_err_name(err));
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
		set_online(meter, true, "frames arrive");
		break;
	case HAN_READING:
		take_reading(meter, event->reading);
		break;
	case HAN_BAD_FRAME:
		refuse_frame(meter, event->err);
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
	if (meter->counters.bytes == len) /* the first ones: people wait for them */
		meter->hooks.port(meter->hooks.user, meter);
}

static void on_opened(void *user)
{
	struct meter *meter = user;

	meter->port_err = 0;
	if (!meter->muted)
		timer_start(&meter->silence, patience(meter), 0);
	meter->hooks.port(meter->hooks.user, meter);
}

static void on_lost(void *user)
{
	struct meter *meter = user;

	meter->port_err = search_err(&meter->search);
	timer_stop(&meter->silence);
	set_online(meter, false, "silent, as its port is lost");
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
	struct journal j;
	char why[64], text[SEARCH_TEXT];

	describe(&j, meter, JOURNAL_METER_SILENT);
	journal_text(&j, "ERROR_CAUSE", "silence");
	snprintf(why, sizeof(why), "%s for %g s",
	         meter->counters.bytes > 0 ? "no valid frame" : "nothing has come in",
	         (double)patience(meter) / 1000);
	if (meter->online)
		set_online(meter, false, why);
	else
		log_write(LOG_WARNING, j.fields, "meter: listening on %s, but %s; %s",
		          search_describe(&meter->search, text), why,
		          search_doubt(&meter->search, meter->counters.bytes > 0));
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
	search_mute(&meter->search, muted);
	if (muted) {
		meter->interrupted = true;
		timer_stop(&meter->silence);
	} else if (search_is_open(&meter->search)) {
		timer_start(&meter->silence, patience(meter), 0);
	}
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
	timer_fini(&meter->nameless);
	timer_fini(&meter->silence);
}

struct meter_counters meter_counters(const struct meter *meter)
{
	struct meter_counters counters = meter->counters;
	struct serial_errors errors = search_errors(&meter->search);

	counters.parity_errors = errors.parity;
	counters.framing_errors = errors.framing;
	counters.has_frame = meter->last_frame_ms != 0;
	if (counters.has_frame)
		counters.last_frame_age_s =
			(unsigned)((loop_now_ms() - meter->last_frame_ms) / 1000);
	return counters;
}
