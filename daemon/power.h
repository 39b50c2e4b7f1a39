/* The power of the bus: on at the start, off for a moment when nobody speaks or somebody asks for it.
 *
 * Owns the line (bus.h) and the times: what comes in before the bus has come to rest does not count, so the
 * local meters' ports open, and are listened to, only while it rests. When to switch off is decided by
 * cycle.h; how often that was so is kept in the state directory, so that a daemon that keeps crashing cycles
 * no more often. Knows no topic.
 */
#ifndef POWER_H
#define POWER_H

#include <stdbool.h>
#include <stddef.h>

#include "bus.h"
#include "cycle.h"
#include "loop.h"

struct station;

struct power_settings {
	struct bus_settings bus;
	unsigned settle_ms; /* what comes in this soon after switching on is noise */
	unsigned off_ms;    /* how long a cycle keeps the power off */
	struct cycle_settings cycle;
};

enum power_state {
	POWER_NONE,     /* no line is held */
	POWER_OFF,      /* it could not be switched on */
	POWER_SETTLING, /* just switched on */
	POWER_ON,
	POWER_CYCLING, /* off for a moment */
};

struct power_hooks {
	void *user;
	void (*changed)(void *user); /* the state, or the count of the day */
	void (*failed)(void *user);  /* a meter cannot be started, or the line is lost */
};

struct power {
	struct loop *loop;
	const struct power_settings *settings;
	bool header_uart; /* as it was opened with */
	struct power_hooks hooks;
	struct bus bus;
	enum power_state state;
	struct cycle cycle;
	struct station *stations;
	size_t station_count;
	uint64_t off_ms;     /* when it was last switched off; 0: never */
	struct timer step;   /* the end of cycling, then of settling */
	struct timer review; /* when silence may have lasted long enough */
	unsigned told_today; /* the count, as last told */
};

/* Takes the line and powers the bus at once; settings outlive the power, or are replaced. 0 or a negative
 * errno, logged: see bus_open(). */
int power_open(struct power *p, struct loop *loop, const struct power_settings *settings,
               bool header_uart, const struct power_hooks *hooks);

/* Takes another line in place of the one that is held; settings as above. Stations that are served are to be taken
 * away and given anew. A negative errno, logged: the line is the one before, and they hear again when it has come to
 * rest. */
int power_change(struct power *p, const struct power_settings *settings, bool header_uart);

/* Switches off and releases the line. Accepts a zeroed or half-built one. */
void power_close(struct power *p);

/* Starts the stations, which outlive the power or are taken away again by a count of 0: those of local meters
 * when the bus has come to rest, the others at once. 0 or a negative errno, logged. */
int power_serve(struct power *p, struct station *stations, size_t count);

/* Other times and limits are in force; the line is the same. */
void power_configure(struct power *p, const struct power_settings *settings);

/* A port was opened or lost, a meter spoke or fell silent: when to look again may be another now. */
void power_review(struct power *p);

/* Somebody asks for a cycle: now, whatever the day's limit; or logged why not. */
void power_press(struct power *p);

/* Cycles of the last 24 hours. */
unsigned power_cycles_today(struct power *p);

/* "on", "off", "settling", "cycling"; NULL without a line. */
const char *power_state_name(const struct power *p);

#endif
