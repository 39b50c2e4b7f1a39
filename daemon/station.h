/* A meter and its publisher, wired together: readings and states go to the broker, the rest to people. */
#ifndef STATION_H
#define STATION_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "derive.h"
#include "floor.h"
#include "gate.h"
#include "hourly-source.h"
#include "look.h"
#include "loop.h"
#include "message.h"
#include "meter.h"
#include "mqtt.h"
#include "problem.h"
#include "publisher.h"
#include "recall.h"

struct station;

struct station_hooks {
	void *user;
	/* The meter's name on the broker is known, or is another one now. */
	void (*identified)(void *user, const struct station *st);
	void (*changed)(void *user);   /* a state that people like to know at once */
	void (*read)(void *user);      /* a list has come */
	void (*announced)(void *user); /* Home Assistant has to be told the states in a moment */
	void (*problem)(void *user);   /* its sentence is another one */
};

struct station {
	struct loop *loop;
	struct config_meter *config;
	const struct mqtt *mqtt; /* for its counters */
	struct look *look;       /* at what the broker keeps */
	struct station_hooks hooks;
	bool running;
	bool log_frames;
	bool unsaid;                  /* the problem is another one than people were told */
	bool fresh;                   /* of this identity the broker knows no diagnostics yet */
	unsigned session;             /* with the broker, that the drops below belong to */
	char power[HAN_DECIMAL_TEXT]; /* as last read, "" before */
	struct problem problem;
	struct meter meter;
	struct gate gate;
	struct derive derive;
	struct floor floor;
	struct publisher publisher;
	struct hourly_source hourly;
	struct recall recall;
	struct problem_recently minute;   /* all that had been when the minute began */
	struct problem_recently recently; /* what was in the minute before */
};

/* Everything passed outlives the station, but for bridge, not the topics in it, and the meter's keys: see
 * meter_open(). A meter that is not local has nothing to do with the power of the bus. 0 or a negative
 * errno. */
int station_init(struct station *st, struct loop *loop, struct config *config, size_t index,
                 const struct mqtt *mqtt, struct look *look, struct hourly *hourly,
                 const struct publisher_bridge *bridge, const struct outlet *outlet,
                 const struct station_hooks *hooks);

/* Opens the meter's port; flush: see meter_open(). 0 or a negative errno, logged. */
int station_start(struct station *st, bool flush);

/* Whether frames are logged, now and when it starts. */
void station_log_frames(struct station *st, bool log_frames);

/* See meter_mute(). */
void station_mute(struct station *st, bool muted);

/* Says `offline` and closes; accepts a half-built one. */
void station_fini(struct station *st);

/* There is a new session with the broker: Home Assistant is told of the meter again. */
void station_connected(struct station *st);

/* All that is known goes out again. */
void station_restate(struct station *st);
void station_tell_diagnostics(struct station *st);

/* To be called once a minute: the same, and what was recently is over. */
void station_minute(struct station *st);

/* Whether a step is broken; that a meter has only just been listened to is none. */
bool station_has_problem(const struct station *st);

/* Whether values arrive and are understood. */
bool station_is_fine(const struct station *st);

/* Whether messages of this session were dropped in the last minute or two. */
bool station_is_dropping(const struct station *st);

/* What people call it: the NAME of its section, else its number, else its port. Lives as long as it is not
 * closed and says no other number. */
const char *station_name(const struct station *st);

/* What it does, for `systemctl status`: "reading MA304H3E 6970… on /dev/ttyAMA0 at 2400 8N1, 229 W".
 * Returns buf. */
char *station_describe(const struct station *st, char *buf, size_t size);

#endif
