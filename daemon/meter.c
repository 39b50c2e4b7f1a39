#include "meter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "identity.h"
#include "log.h"

#define NAMELESS_MS     60000
#define PATIENCE_MIN_MS 30000
#define PATIENCE_FACTOR 3

void meter_rhythm_learn(struct meter_rhythm *rhythm, uint64_t pause_ms)
{
	uint64_t shorter;

	if (pause_ms <= rhythm->period_ms)
		return;
	shorter = pause_ms < rhythm->candidate_ms ? pause_ms : rhythm->candidate_ms;
	if (shorter > rhythm->period_ms && shorter >= pause_ms - pause_ms / 4)
		rhythm->period_ms = shorter;
	rhythm->candidate_ms = pause_ms;
}

uint64_t meter_rhythm_patience(const struct meter_rhythm *rhythm)
{
	uint64_t patience = rhythm->period_ms * PATIENCE_FACTOR;

	return patience > PATIENCE_MIN_MS ? patience : PATIENCE_MIN_MS;
}

static uint64_t patience(const struct meter *meter)
{
	if (meter->settings->silent_after_s > 0)
		return (uint64_t)meter->settings->silent_after_s * 1000;
	return meter_rhythm_patience(&meter->rhythm);
}

static void set_online(struct meter *meter, bool online, const char *why)
{
	const struct log_field fields[] = { { "METER_ID", meter->identity }, { 0 } };

	if (meter->online == online)
		return;
	meter->online = online;
	log_write(online ? LOG_INFO : LOG_WARNING, fields, "meter: %s on %s: %s",
	          meter->identity[0] ? meter->identity : "unknown meter", meter->serial.path, why);
	meter->hooks.availability(meter->hooks.user, meter, online);
}

/* What the identity is kept under. */
static const char *port_key(const struct meter *meter)
{
	return meter->settings->port.device ? meter->settings->port.device : "auto";
}

/* Whether this identity is news. */
static bool identify(struct meter *meter, const char *identity)
{
	const struct log_field fields[] = { { "METER_ID", identity }, { 0 } };

	timer_stop(&meter->nameless);
	if (strcmp(meter->identity, identity) == 0)
		return false;
	snprintf(meter->identity, sizeof(meter->identity), "%s", identity);
	log_write(LOG_INFO, fields, "meter: %s speaks on %s", identity, meter->serial.path);
	meter->hooks.identified(meter->hooks.user, meter);
	return true;
}

static void nameless_fired(struct timer *timer)
{
	struct meter *meter = container_of(timer, struct meter, nameless);
	char identity[IDENTITY_TEXT];

	log_notice("meter: the meter on %s sends no number; the port stands for it",
	           meter->serial.path);
	identify(meter, identity_of_port(meter->serial.path, identity));
}

/* A frame whose checks agreed, decoded or not: the meter lives. */
static void note_frame(struct meter *meter)
{
	uint64_t now = loop_now_ms();

	meter->counters.frames_ok++;
	meter->resyncing = false;
	if (meter->last_frame_ms)
		meter_rhythm_learn(&meter->rhythm, now - meter->last_frame_ms);
	meter->last_frame_ms = now;
	serial_claim(&meter->serial);
	timer_start(&meter->silence, patience(meter), 0);
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

static void take_reading(struct meter *meter, const struct han_reading *reading)
{
	char id[HAN_IDENTITY_TEXT];

	meter->complained = HAN_OK;
	note_clock(meter, reading);
	if (han_reading_identity(reading, id) != HAN_IDENTITY_NONE && identify(meter, id))
		identity_save(port_key(meter), id);
	if (!meter->identity[0] && !meter->waiting_for_name) {
		meter->waiting_for_name = true;
		timer_start(&meter->nameless, NAMELESS_MS, 0);
	}
	set_online(meter, true, "frames arrive");
	log_debug("meter: %s: %s with %zu values",
	          meter->identity[0] ? meter->identity : meter->serial.path,
	          han_list_name(reading->list), reading->count);
	meter->hooks.reading(meter->hooks.user, meter, reading);
}

/* One line when a kind of trouble begins, not one per message. */
static void refuse_message(struct meter *meter, enum han_err err)
{
	meter->counters.decode_failed++;
	if (meter->complained == err)
		return;
	meter->complained = err;
	log_warning("meter: %s: a message arrived whole but was not understood: %s; "
	            "`hantool decode` on the port shows more",
	            meter->serial.path, han_err_name(err));
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

static void handle(struct meter *meter, const struct han_event *event)
{
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
	case HAN_PART:
		break;
	case HAN_READING:
		take_reading(meter, event->reading);
		break;
	case HAN_BAD_FRAME:
		if (event->err == HAN_ERR_HCS || event->err == HAN_ERR_FCS)
			meter->counters.crc_errors++;
		log_debug("meter: %s: frame refused: %s", meter->serial.path,
		          han_err_name(event->err));
		break;
	case HAN_BAD_MESSAGE:
		refuse_message(meter, event->err);
		break;
	}
}

static void on_octets(void *user, const uint8_t *buf, size_t len)
{
	struct meter *meter = user;
	uint64_t now = loop_now_ms();
	struct han_event event;

	meter->counters.bytes += len;
	do {
		size_t used = han_decoder_push(&meter->decoder, buf, len, now, &event);

		buf += used;
		len -= used;
		handle(meter, &event);
	} while (event.type != HAN_MORE);
}

static void on_opened(void *user)
{
	struct meter *meter = user;

	if (meter->flush)
		serial_flush(&meter->serial);
	meter->flush = false;
	meter->port_err = 0;
	timer_start(&meter->silence, patience(meter), 0);
	meter->hooks.port(meter->hooks.user, meter);
}

static void on_lost(void *user, int err)
{
	struct meter *meter = user;
	struct han_event event;

	do {
		han_decoder_end(&meter->decoder, &event);
		handle(meter, &event);
	} while (event.type != HAN_MORE);
	meter->port_err = err;
	timer_stop(&meter->silence);
	set_online(meter, false, "silent, as its port is lost");
	meter->hooks.port(meter->hooks.user, meter);
}

static void silence_fired(struct timer *timer)
{
	struct meter *meter = container_of(timer, struct meter, silence);
	char why[64];

	snprintf(why, sizeof(why), "no valid frame for %g s", (double)patience(meter) / 1000);
	if (meter->online)
		set_online(meter, false, why);
	else
		log_warning("meter: %s is open, but %s; is the bus powered and the line setting "
		            "right?",
		            meter->serial.path, why);
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
	const struct serial_hooks port = { meter, on_octets, on_opened, on_lost };
	int rc;

	*meter = (struct meter){
		.loop = loop, .settings = settings, .hooks = *hooks, .flush = flush
	};
	if (identity_load(port_key(meter), meter->identity, sizeof(meter->identity)))
		meter->hooks.identified(meter->hooks.user, meter);
	han_decoder_init(&meter->decoder, &settings->decoder);
	meter_wipe_keys(settings);
	rc = timer_init(&meter->silence, loop, silence_fired);
	if (rc == 0)
		rc = timer_init(&meter->nameless, loop, nameless_fired);
	if (rc == 0)
		rc = serial_open(&meter->serial, loop, &settings->port, &port);
	return rc;
}

void meter_close(struct meter *meter)
{
	serial_close(&meter->serial);
	timer_fini(&meter->nameless);
	timer_fini(&meter->silence);
	han_decoder_fini(&meter->decoder);
}

struct meter_counters meter_counters(const struct meter *meter)
{
	struct meter_counters counters = meter->counters;
	struct serial_errors errors = serial_errors(&meter->serial);

	counters.parity_errors = errors.parity;
	counters.framing_errors = errors.framing;
	counters.has_frame = meter->last_frame_ms != 0;
	if (counters.has_frame)
		counters.last_frame_age_s =
			(unsigned)((loop_now_ms() - meter->last_frame_ms) / 1000);
	return counters;
}
