#include "power.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "journal.h"
#include "log.h"
#include "state.h"
#include "station.h"

#define KIND     "power"
#define ABOUT    "cycles"
#define GUARD_MS 5000 /* after a cycle, before another is done on request */
#define DAY      "24 hours"

const char *power_state_name(const struct power *p)
{
	static const char *const names[] = {
		[POWER_NONE] = NULL, [POWER_OFF] = "off",         [POWER_SETTLING] = "settling",
		[POWER_ON] = "on",   [POWER_CYCLING] = "cycling",
	};

	return names[p->state];
}

unsigned power_cycles_today(struct power *p)
{
	return cycle_today(&p->cycle, loop_now_ms());
}

static void set_state(struct power *p, enum power_state state)
{
	p->state = state;
	p->told_today = power_cycles_today(p);
	p->hooks.changed(p->hooks.user);
}

/* ---- the day's cycles on disk ---- */

static void save_day(struct power *p)
{
	char *text = malloc(CYCLE_TEXT);
	int rc = -ENOMEM;

	if (text) {
		cycle_print(&p->cycle, loop_now_ms(), time(NULL), text, CYCLE_TEXT);
		rc = state_save(KIND, ABOUT, text);
	}
	if (rc < 0)
		log_warning("power: cannot keep the count of cycles: %s; after a restart it "
		            "begins anew",
		            strerror(-rc));
	free(text);
}

static void load_day(struct power *p)
{
	char *text = p->bus.held ? malloc(CYCLE_TEXT) : NULL;

	if (text && state_load(KIND, ABOUT, text, CYCLE_TEXT) &&
	    cycle_parse(&p->cycle, text, loop_now_ms(), time(NULL)))
		save_day(p);
	free(text);
}

/* ---- the stations ---- */

static bool is_local(const struct station *st)
{
	return meter_is_local(&st->config->settings);
}

/* Whether what the ports bring counts: only a bus at rest, or one that is not ours, is heard. */
static bool is_at_rest(const struct power *p)
{
	return p->state == POWER_NONE || p->state == POWER_ON;
}

static void mute(struct power *p)
{
	for (size_t i = 0; i < p->station_count; i++) {
		if (p->stations[i].running && is_local(&p->stations[i]))
			station_mute(&p->stations[i], true);
	}
}

/* Starts them, and lets those hear again that were started before. */
static int hear(struct power *p, bool flush)
{
	int rc = 0;

	for (size_t i = 0; i < p->station_count && rc == 0; i++) {
		struct station *st = &p->stations[i];

		if (st->running)
			station_mute(st, false);
		else if (is_at_rest(p) || !is_local(st))
			rc = station_start(st, flush && is_local(st));
	}
	return rc;
}

static struct cycle_view look(const struct power *p)
{
	struct cycle_view view = { 0 };

	for (size_t i = 0; i < p->station_count; i++) {
		const struct station *st = &p->stations[i];
		uint64_t pause = rhythm_pause(&st->meter.rhythm), since;

		if (!st->running || !is_local(st))
			continue;
		if (st->meter.last_frame_ms > view.frame_ms)
			view.frame_ms = st->meter.last_frame_ms;
		if (!meter_silence(&st->meter, &since))
			continue;
		view.open++;
		if (since > view.since_ms)
			view.since_ms = since;
		if (pause > view.pause_ms)
			view.pause_ms = pause;
	}
	return view;
}

/* ---- off and on ---- */

static void log_cycle(struct power *p, const char *why)
{
	char today[16], attempt[16];
	const struct log_field fields[] = { { "MESSAGE_ID", JOURNAL_BUS_CYCLED },
		                            { "POWER_CYCLES", today },
		                            { "POWER_ATTEMPT", attempt },
		                            { 0 } };

	snprintf(today, sizeof(today), "%u", power_cycles_today(p));
	snprintf(attempt, sizeof(attempt), "%u", p->cycle.attempts);
	log_write(LOG_WARNING, fields,
	          "power: %s: switching the bus off for %g s (%s in the last " DAY ")", why,
	          p->settings->off_ms / 1000.0, today);
}

static void switch_off(struct power *p, bool attempt, const char *why)
{
	uint64_t now = loop_now_ms();
	int rc = bus_set(&p->bus, false);

	cycle_begin(&p->cycle, attempt, now);
	save_day(p);
	log_cycle(p, why);
	if (rc < 0) /* it counts all the same: the next attempt waits longer */
		log_warning("power: the line cannot be switched off: %s", strerror(-rc));
	p->off_ms = now;
	timer_stop(&p->review);
	timer_start(&p->step, p->settings->off_ms, 0);
	p->state = POWER_CYCLING; /* before the stations say that something has changed */
	mute(p);
	set_state(p, POWER_CYCLING);
}

static void switch_on(struct power *p)
{
	int rc = bus_set(&p->bus, true);

	if (rc < 0) {
		timer_start(&p->step, p->settings->off_ms, 0);
		if (p->state == POWER_OFF)
			return;
		log_error("power: the line cannot be switched on: %s; trying again every %g s",
		          strerror(-rc), p->settings->off_ms / 1000.0);
		set_state(p, POWER_OFF);
		return;
	}
	log_info("power: the bus is on again");
	timer_start(&p->step, p->settings->settle_ms, 0);
	set_state(p, POWER_SETTLING);
}

static void settle(struct power *p)
{
	cycle_end(&p->cycle, loop_now_ms());
	set_state(p, POWER_ON);
	if (hear(p, true) < 0)
		p->hooks.failed(p->hooks.user);
	else
		power_review(p);
}

static void step_fired(struct timer *timer)
{
	struct power *p = container_of(timer, struct power, step);

	if (p->state == POWER_SETTLING)
		settle(p);
	else
		switch_on(p);
}

/* ---- silence ---- */

static void tell_limit(struct power *p, const struct cycle_verdict *verdict)
{
	char today[16];
	const struct log_field fields[] = { { "POWER_CYCLES", today }, { 0 } };

	if (p->cycle.limit_told)
		return;
	p->cycle.limit_told = true;
	snprintf(today, sizeof(today), "%u", power_cycles_today(p));
	log_write(LOG_WARNING, fields,
	          "power: still no valid frame, but the bus was cycled %s times in the last " DAY
	          ", as often as [power] cycle-max allows: not again in the next %llu min; check "
	          "the cable, the meter's port and the line setting",
	          today, (unsigned long long)verdict->wait_ms / 60000 + 1);
}

void power_review(struct power *p)
{
	const struct cycle_view view = look(p);
	struct cycle_verdict verdict;
	char why[96];

	if (p->state != POWER_ON)
		return;
	if (power_cycles_today(p) != p->told_today)
		set_state(p, POWER_ON);
	verdict = cycle_decide(&p->cycle, &p->settings->cycle, &view, loop_now_ms());
	switch (verdict.step) {
	case CYCLE_IDLE:
		timer_stop(&p->review);
		break;
	case CYCLE_LIMIT:
		tell_limit(p, &verdict);
		timer_start(&p->review, verdict.wait_ms, 0);
		break;
	case CYCLE_WAIT:
		timer_start(&p->review, verdict.wait_ms, 0);
		break;
	case CYCLE_NOW:
		snprintf(why, sizeof(why), "no valid frame for %llu s on any local port",
		         (unsigned long long)(verdict.silent_ms / 1000));
		switch_off(p, true, why);
		break;
	}
}

static void review_fired(struct timer *timer)
{
	power_review(container_of(timer, struct power, review));
}

void power_press(struct power *p)
{
	uint64_t now = loop_now_ms();
	uint64_t guard = (uint64_t)p->settings->off_ms + p->settings->settle_ms + GUARD_MS;

	if (p->state == POWER_NONE)
		log_notice("power: asked to cycle the bus power, but no line is held: ignored "
		           "([power] line names one)");
	else if (p->state != POWER_ON)
		log_notice("power: asked to cycle the bus power, but it is %s: ignored",
		           power_state_name(p));
	else if (p->off_ms && now < p->off_ms + guard)
		log_notice("power: asked to cycle the bus power, but that was done %llu s ago: "
		           "ignored",
		           (unsigned long long)((now - p->off_ms) / 1000));
	else
		switch_off(p, false, "asked for by a command");
}

/* ---- life ---- */

/* A bus that is ours is on from now on. */
static void begin(struct power *p)
{
	p->state = POWER_NONE;
	if (!p->bus.held)
		return;
	p->told_today = power_cycles_today(p);
	p->state = POWER_SETTLING;
	timer_start(&p->step, p->settings->settle_ms, 0);
}

int power_open(struct power *p, struct loop *loop, const struct power_settings *settings,
               bool header_uart, const struct power_hooks *hooks)
{
	int rc;

	*p = (struct power){
		.loop = loop, .settings = settings, .header_uart = header_uart, .hooks = *hooks
	};
	timer_init(&p->step, loop, step_fired);
	timer_init(&p->review, loop, review_fired);
	rc = bus_open(&p->bus, &settings->bus, header_uart);
	load_day(p);
	begin(p);
	return rc;
}

/* The line before it is released first, as the other may be the same one by another name. */
int power_change(struct power *p, const struct power_settings *settings, bool header_uart)
{
	const bool held = p->bus.held;
	int rc;

	bus_close(&p->bus);
	timer_stop(&p->step);
	timer_stop(&p->review);
	rc = bus_open(&p->bus, &settings->bus, header_uart);
	if (rc == 0) {
		p->settings = settings;
		p->header_uart = header_uart;
		p->cycle = (struct cycle){ 0 };
		load_day(p);
	} else if (bus_open(&p->bus, &p->settings->bus, p->header_uart) < 0 ||
	           p->bus.held != held) {
		p->hooks.failed(p->hooks.user);
	}
	begin(p);
	if (rc < 0 && p->bus.held) {
		mute(p);
		p->hooks.changed(p->hooks.user);
	}
	return rc;
}

void power_close(struct power *p)
{
	bus_close(&p->bus);
	timer_fini(&p->step);
	timer_fini(&p->review);
	p->state = POWER_NONE;
}

int power_serve(struct power *p, struct station *stations, size_t count)
{
	int rc;

	p->stations = stations;
	p->station_count = count;
	rc = hear(p, false);
	if (rc == 0 && count > 0)
		power_review(p);
	return rc;
}

void power_configure(struct power *p, const struct power_settings *settings)
{
	p->settings = settings;
	if (p->station_count > 0)
		power_review(p);
}
