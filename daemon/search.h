/* Where a meter is: on the port that is named, or with `device = auto` on one of those that may be listened on.
 *
 * Several ports are listened to at once until one has a valid frame; then the others are closed. A port that is
 * lost is waited for a while, then the search begins again; so it does when nothing valid came for long, and for
 * longer than is usual for the meter, as it may have been put on another port. Where it was found is remembered across
 * restarts and tried first, for a while alone. Knows nothing of what a message means.
 */
#ifndef SEARCH_H
#define SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "candidates.h"
#include "listener.h"
#include "loop.h"
#include "remembered.h"

struct search_settings {
	const char *device; /* a path, or tcp://HOST:PORT; NULL: auto */
	unsigned baud;      /* 0: to be found */
	int format;         /* an enum serial_format; -1: to be found */
	enum han_protocol protocol;
	/* With auto: devices of other meters, which are left out; NULLs are skipped. */
	const char *const *taken;
	size_t taken_count;
};

struct search_hooks {
	void *user;
	void (*octets)(void *user, size_t len);
	/* A frame whose checks agree comes from one port only, as the others are closed then. */
	void (*event)(void *user, const struct han_event *event);
	void (*opened)(void *user);  /* a port */
	void (*lost)(void *user);    /* no port is open any more, or none can be opened */
	void (*changed)(void *user); /* what search_describe() says */
};

struct search_ports {
	struct candidates found; /* as last looked at */
	struct candidates told;  /* refused ones that people know of */
};

struct search {
	struct loop *loop;
	const char *root; /* "" for this machine */
	const struct search_settings *settings;
	struct search_hooks hooks;
	struct listener *found;
	bool alone; /* the remembered port is listened to first */
	bool flush, muted;
	bool begun_told, empty_told;
	bool lost;           /* the port where it was found; it is waited for */
	uint64_t frame_ms;   /* the last valid one; 0: none yet */
	uint64_t allowed_ms; /* of silence */
	struct listener *listeners[CANDIDATES_MAX]; /* of a named device the first; NULL: none */
	struct search_ports *ports;                 /* of the machine; NULL with a named device */
	struct remembered remembered;               /* path "": nothing */
	struct han_settings decoder; /* with keys only as long as listeners may come */
	struct timer look;           /* the candidates are looked at again */
};

/* Begins. root: what stands in front of /dev and the rest, "" for this machine. settings, with what they point
 * to, and root outlive the search; decoder (with keys, may be NULL) is copied. flush: the bus has just been powered,
 * what the ports hold is noise. 0, or -ENOMEM, and nothing is left of it, no keys either: that no port is there is
 * no error. */
int search_open(struct search *s, struct loop *loop, const char *root,
                const struct search_settings *settings, const struct han_settings *decoder,
                bool flush, const struct search_hooks *hooks);
void search_close(struct search *s); /* accepts a zeroed or half-built one */

/* The bus is without power, or has just been given it: see listener_mute(). */
void search_mute(struct search *s, bool muted);

/* Nothing valid has come for so long: see serial_distrust(). */
void search_distrust(struct search *s, uint64_t silence_ms);

/* How long the meter may be silent, as far as it is known by now: before that it is not looked for elsewhere. */
void search_allow(struct search *s, uint64_t silence_ms);

/* Whether a port is open. */
bool search_is_open(const struct search *s);

/* Since when: of several ports that are open, the one that was opened first. 0: none is. */
uint64_t search_opened_ms(const struct search *s);

/* The one listener of a named device, or the one that was found; NULL while several are heard. */
const struct listener *search_listener(const struct search *s);

/* Its device; "auto" while several are heard. */
const char *search_path(const struct search *s);

/* Why no port is open, a negative errno; 0 while one is, and when there is none to be opened. */
int search_err(const struct search *s);

/* Whether there is no port to listen on at all; search_describe() says why. */
bool search_is_empty(const struct search *s);

/* Whether the line's setting is not searched: it stands in the configuration, or is a serial server's. */
bool search_line_is_given(const struct search *s);

/* Whether port or setting are still to be found. */
bool search_goes_on(const struct search *s);

/* What to look at when no valid frame comes; heard: octets came. */
const char *search_doubt(const struct search *s, bool heard);

/* Whether the setting is searched, every one was tried on every port, octets came, and none was right. */
bool search_tried_all(const struct search *s);

/* Of all ports since they were opened. */
struct serial_errors search_errors(const struct search *s);

#define SEARCH_TEXT 300

/* "/dev/ttyAMA0 at 2400 8N1", or several of these, or why there is no port. Returns buf. */
char *search_describe(const struct search *s, char buf[SEARCH_TEXT]);

#endif
