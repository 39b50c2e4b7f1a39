/* One port that is listened to: its octets go through a decoder, and where the line's setting is not given it
 * is changed until a valid frame comes.
 *
 * Knows neither other ports nor what a message means.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/decoder.h>

#include "loop.h"
#include "serial.h"
#include "tuning.h"

struct listener;

struct listener_hooks {
	void *user;
	void (*octets)(void *user, struct listener *l, size_t len); /* before their events */
	void (*event)(void *user, struct listener *l, const struct han_event *event);
	void (*opened)(void *user, struct listener *l);
	void (*lost)(void *user, struct listener *l); /* or it cannot be opened: l->err says why */
	void (*retuned)(void *user, struct listener *l);
};

struct listener_settings {
	const char *device; /* a path, or tcp://HOST:PORT; copied */
	unsigned baud;      /* 0: to be found */
	int format;         /* an enum serial_format; -1: to be found */
	enum han_protocol protocol;
	const struct tuning_line *remembered; /* tried first; NULL: none */
	bool flush;                           /* what the port holds when it first opens is noise */
	bool quiet;                           /* one of many: opening it is nothing to speak of */
};

struct listener {
	struct loop *loop;
	struct listener_hooks hooks;
	bool pause_runs;
	bool listening; /* between listener_open() and listener_close() */
	bool flush;
	bool muted;
	uint64_t opened_ms; /* when it was opened last */
	uint64_t heard_ms;  /* the last octets; 0: none since then */
	uint64_t stood_ms;  /* for how long the decoder's clock stood still */
	struct serial serial;
	struct tuning tuning;
	struct timer pause; /* a burst is over */
	char device[sizeof(((struct serial *)0)->path)];
	struct serial_errors told; /* those that the tuning knows */
	int err;                   /* why the port is not open; 0 while it is */
	struct han_decoder
		decoder; /* by far the largest: pages that are not needed are not touched */
};

/* With the decoder's keys, which are copied; opens nothing. */
void listener_init(struct listener *l, struct loop *loop, const struct han_settings *decoder,
                   const struct listener_hooks *hooks);
void listener_fini(struct listener *l); /* closes it; accepts a zeroed or half-built one */

/* Opens the port, now or when it is there. The decoder remembers what it knew of meters. */
void listener_open(struct listener *l, const struct listener_settings *settings);
void listener_close(struct listener *l); /* accepts one that is not open; no hook is called */

/* Muted: what comes in is noise and thrown away, and a message that was under way is forgotten. What the port
 * holds when that ends, too. */
void listener_mute(struct listener *l, bool muted);

/* A frame whose checks agree, whatever becomes of its message. */
bool listener_is_frame(const struct han_event *event);

#define LISTENER_WHERE 140

/* "/dev/ttyAMA0 at 2400 8N1", as it is listened to now; a very long path is cut. Returns buf. */
char *listener_where(const struct listener *l, char buf[LISTENER_WHERE]);

#endif
