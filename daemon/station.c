#include "station.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "amount.h"
#include "diagnostics.h"
#include "log.h"
#include "quantity.h"
#include "recall.h"
#include "station-told.h"

/* The gate's: it goes on while the machine sleeps, as registers do. */
static uint64_t gate_now_ms(void)
{
	struct timespec boot;

	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (uint64_t)boot.tv_sec * 1000 + (uint64_t)boot.tv_nsec / 1000000;
}

/* What finds no session is no loss: the next one begins with the whole state. */
static void forgive_drops(struct station *st)
{
	const struct mqtt *mqtt = st->mqtt;

	if (mqtt->connected && mqtt->number == st->session)
		return;
	st->minute.dropped = mqtt->seen_overflown;
	st->minute.refused = mqtt->seen_refused;
	st->session = mqtt->number;
}

static struct problem_recently recently_of(const struct station *st)
{
	struct problem_recently recently = st->recently;

	recently.dropped += st->mqtt->seen_overflown - st->minute.dropped;
	recently.refused += st->mqtt->seen_refused - st->minute.refused;
	return recently;
}

bool station_is_dropping(const struct station *st)
{
	return st->running && recently_of(st).dropped > 0;
}

/* Whether the sentence is another one now; if so, people are told of the step. */
static bool review(struct station *st)
{
	const enum problem_rung before = st->problem.rung;
	struct problem_recently recently;
	struct problem now;
	bool other;

	forgive_drops(st);
	recently = recently_of(st);
	problem_find(&st->meter, &st->gate, &recently, st->gate.doubted ? gate_now_ms() : 0, &now);
	other = strcmp(st->problem.text, now.text) != 0;
	if (!other && now.rung == before)
		return false;
	st->problem = now;
	if (now.rung != before)
		station_log_problem(st, before);
	return other;
}

void station_tell_diagnostics(struct station *st)
{
	struct meter_counters counters;
	struct mqtt_counters broker;

	if (!st->running)
		return;
	counters = meter_counters(&st->meter);
	broker = mqtt_counters(st->mqtt);
	st->unsaid |= review(st);
	diagnostics_publish(&st->publisher, &counters, &broker, st->gate.refused, st->problem.text);
	if (st->unsaid)
		st->hooks.problem(st->hooks.user);
	st->unsaid = st->fresh = false;
}

static void note_change(struct station *st)
{
	if (!st->running)
		return;
	if (review(st)) {
		st->unsaid = true;
		station_tell_diagnostics(st);
	}
	st->hooks.changed(st->hooks.user);
}

void station_minute(struct station *st)
{
	const struct meter_counters *counters = &st->meter.counters;
	const struct problem_recently now = { counters->frames_ok, counters->frames_damaged,
		                              st->mqtt->seen_overflown, st->mqtt->seen_refused };

	forgive_drops(st);

	st->recently = (struct problem_recently){ now.frames_ok - st->minute.frames_ok,
		                                  now.frames_damaged - st->minute.frames_damaged,
		                                  now.dropped - st->minute.dropped,
		                                  now.refused - st->minute.refused };
	st->minute = now;
	station_tell_diagnostics(st);
}

/* What was kept of the meter's registers: those of this run are judged by them, and the broker may need them. */
static void recall_registers(struct station *st)
{
	const struct spool_entry *newest = hourly_newest(st->hourly.hourly, st->publisher.identity);
	struct recall *recall = &st->recall;

	recall_set(recall, newest ? newest->text : NULL);
	for (size_t i = 0; newest && i < recall->count; i++) {
		struct han_decimal number;

		if (amount_read(recall->list[i].text, &number))
			gate_remember(&st->gate, quantity_at(recall->list[i].index), number,
			              (time_t)newest->hour);
	}
	recall_ask(recall);
}

static void on_identified(void *user, struct meter *meter)
{
	struct station *st = user;

	if (st->publisher.identity[0] && strcmp(st->publisher.identity, meter->identity.text) != 0)
		gate_forget(&st->gate);
	publisher_identify(&st->publisher, meter->identity.text);
	derive_identify(&st->derive, meter->identity.text);
	floor_ask(&st->floor);
	hourly_source_identify(&st->hourly, meter->identity.text, st->publisher.base);
	recall_registers(st);
	st->fresh = true;
	if (meter->troubles.err) /* there may never be a reading that says it */
		station_restate(st);
	st->hooks.identified(st->hooks.user, st);
}

/* What people like to see. */
static void remember_power(struct station *st, const struct han_reading *reading)
{
	const struct han_value *power = han_reading_find(reading, "power_active_import");

	if (power && power->type == HAN_VALUE_NUMBER)
		han_decimal_print(power->number, st->power);
}

/* ---- what is calculated ---- */

static struct publisher_now now_at(uint64_t ms)
{
	struct publisher_now now = { .ms = ms };

	clock_gettime(CLOCK_REALTIME, &now.wall);
	return now;
}

static struct moment moment_of(const struct publisher_now *now)
{
	return (struct moment){ now->ms,
		                (int64_t)now->wall.tv_sec * 1000 + now->wall.tv_nsec / 1000000 };
}

static void calculate(struct station *st, const struct han_reading *reading,
                      const struct publisher_now *now)
{
	const struct moment moment = moment_of(now);
	struct han_value values[CALCULATED_COUNT];

	publisher_calculated(&st->publisher, values,
	                     derive_reading(&st->derive, reading, &moment, values), now);
}

static void on_floors_told(void *user)
{
	struct station *st = user;
	const struct publisher_now now = now_at(loop_now_ms());
	const struct moment moment = moment_of(&now);
	struct han_value values[CALCULATED_COUNT];

	publisher_calculated(&st->publisher, values, derive_values(&st->derive, &moment, values),
	                     &now);
}

/* Without the registers that are not believed. */
static const struct han_reading *pass_gate(struct station *st, const struct han_reading *reading,
                                           time_t wall, struct han_reading *room)
{
	const struct gate_now now = { gate_now_ms(), wall };
	struct gate_report report;

	reading = gate_pass(&st->gate, reading, now, room, &report);
	if (report.began || report.ended)
		station_log_gate(st, &report);
	return reading;
}

static void on_reading(void *user, struct meter *meter, const struct han_reading *all)
{
	struct han_reading room;
	struct station *st = user;
	const struct listener *listener = search_listener(&meter->search);
	const struct tuning_line set = tuning_line(&listener->tuning);
	const bool local = listener->serial.local;
	const struct payload_meter line = {
		.device = listener->device,
		.baud = local ? set.baud : 0,
		.format = local ? serial_format_name(set.format) : NULL,
	};
	const struct publisher_now now = now_at(loop_now_ms());
	const struct han_reading *reading = pass_gate(st, all, now.wall.tv_sec, &room);
	bool had_power = st->power[0];

	remember_power(st, reading);
	hourly_source_reading(&st->hourly, reading, reading != all);
	publisher_reading(&st->publisher, reading, &line, &now);
	calculate(st, reading, &now);
	st->unsaid |= review(st);
	if (st->fresh || st->unsaid)
		station_tell_diagnostics(st);
	if (st->power[0] && !had_power)
		st->hooks.changed(st->hooks.user);
	st->hooks.read(st->hooks.user);
}

static void on_availability(void *user, struct meter *meter, bool online)
{
	struct station *st = user;

	(void)meter;
	if (!online)
		st->power[0] = '\0';
	publisher_availability(&st->publisher, online);
	note_change(st);
}

static void on_port(void *user, struct meter *meter)
{
	struct station *st = user;

	(void)meter;
	publisher_retuned(&st->publisher);
	note_change(st);
}

static void on_trouble(void *user, struct meter *meter)
{
	(void)meter;
	note_change(user);
}

/* ---- what the broker keeps, for the announcer ---- */

static void on_found(void *user, const char *topic, const void *payload, size_t len)
{
	announcer_found(user, topic, payload, len);
}

static void on_looked(void *user, bool complete)
{
	announcer_looked(user, complete);
}

static int start_look(void *user, const char *const *filters)
{
	struct station *st = user;
	const struct look_hooks hooks = { &st->publisher.announcer, on_found, on_looked };

	look_cancel(st->look, &st->publisher.announcer);
	return look_start(st->look, filters, &hooks);
}

static bool expires(void *user)
{
	const struct station *st = user;

	return mqtt_expires(st->mqtt);
}

/* Home Assistant takes what the broker keeps below the name for the meter's: not what one before has left. */
static void on_announcing(void *user)
{
	struct station *st = user;
	struct publisher *p = &st->publisher;

	if (!st->floor.bases || !bases_has_other(st->floor.bases, p->base, p->identity))
		return;
	recall_all(&st->recall);
	board_disown(&p->board);
}

/* Home Assistant has what the broker keeps as soon as it knows the entity. */
static void on_announced(void *user)
{
	struct station *st = user;

	if (!st->publisher.settings->retain)
		st->hooks.announced(st->hooks.user);
}

int station_init(struct station *st, struct loop *loop, struct config *config, size_t index,
                 const struct mqtt *mqtt, struct look *look, struct hourly *hourly,
                 const struct publisher_bridge *bridge, const struct outlet *outlet,
                 const struct station_hooks *hooks)
{
	struct config_meter *own = &config->meters[index];
	struct publisher_meter names = { own->settings.section, own->settings.topic_name, *bridge,
		                         HANMQTTD_VERSION, &config->derive };

	const struct announcer_hooks announcer = { st, start_look, expires, on_announcing,
		                                   on_announced };
	const struct floor_hooks floors = { st, on_floors_told };
	int rc;

	if (!meter_is_local(&own->settings))
		names.bridge.power_info = names.bridge.power_command = NULL;
	*st = (struct station){
		.loop = loop, .config = own, .mqtt = mqtt, .look = look, .hooks = *hooks
	};
	st->problem.rung = PROBLEM_WAITING;
	derive_init(&st->derive, &config->derive, own->settings.max_power_w);
	floor_init(&st->floor, look, &st->derive, st->publisher.base, &floors);
	hourly_source_init(&st->hourly, hourly);
	recall_init(&st->recall, look, &st->publisher.board);
	rc = gate_init(&st->gate, own->settings.max_power_w);
	if (rc == 0)
		rc = publisher_init(&st->publisher, loop, &config->publish, &names, outlet);
	announcer_set_hooks(&st->publisher.announcer, &announcer);
	if (mqtt->connected)
		announcer_connected(&st->publisher.announcer);
	return rc;
}

int station_start(struct station *st, bool flush)
{
	const struct meter_hooks hooks = { st,      on_identified, on_reading, on_availability,
		                           on_port, on_trouble };
	int rc = meter_open(&st->meter, st->loop, &st->config->settings, flush, &hooks);

	if (rc < 0)
		log_error("meter: cannot start: %s", strerror(-rc));
	st->meter.log_frames = st->log_frames;
	st->running = rc == 0;
	station_restate(st); /* the session may be older, and the meter silent */
	note_change(st);
	return rc;
}

void station_log_frames(struct station *st, bool log_frames)
{
	st->log_frames = st->meter.log_frames = log_frames;
}

void station_mute(struct station *st, bool muted)
{
	meter_mute(&st->meter, muted);
}

void station_fini(struct station *st)
{
	look_cancel(st->look, st);
	look_cancel(st->look, &st->publisher.announcer);
	publisher_availability(&st->publisher, false);
	if (st->running)
		meter_close(&st->meter);
	floor_fini(&st->floor);
	hourly_source_fini(&st->hourly);
	recall_fini(&st->recall);
	publisher_fini(&st->publisher);
	gate_fini(&st->gate);
	st->running = false;
}

void station_connected(struct station *st)
{
	announcer_connected(&st->publisher.announcer);
	floor_connected(&st->floor);
	recall_ask(&st->recall);
}

void station_restate(struct station *st)
{
	struct meter_counters counters;

	publisher_restate(&st->publisher);
	if (st->running) {
		counters = meter_counters(&st->meter);
		diagnostics_disown(&st->publisher, &counters);
	}
	station_tell_diagnostics(st);
}
