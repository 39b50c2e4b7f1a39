/* The port: a tty, set up raw, or a connection to a serial server; read, its loss told, opened again.
 *
 * Owns the descriptor and the retry timer. While a port is missing it is tried again with a growing,
 * capped delay. Knows nothing of what the octets mean.
 */
#ifndef SERIAL_H
#define SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"
#include "nap.h"
#include "serial-line.h"
#include "tcp.h"

struct serial_settings {
	const char *device; /* a path, or tcp://HOST:PORT, which has neither baud nor format */
	unsigned baud;      /* a standard speed: serial_baud_known() */
	enum serial_format format;
	bool quiet; /* one of many: that it is open is nothing to speak of */
};

struct serial_hooks {
	void *user;
	void (*octets)(void *user, const uint8_t *buf, size_t len); /* len > 0 */
	void (*opened)(void *user); /* also when a connection is another one: serial->renewed */
	void (*lost)(void *user,
	             int err); /* also when it cannot be opened: err is a negative errno; of a
	                        * connection -EINPROGRESS while the first one is being made */
	/* How many octets at least are still to come before there is news (han_decoder_wanted()): what lies
	 * between is slept through. May be NULL: each octet is told as it comes. */
	size_t (*wanted)(void *user);
};

/* Errors on the line since the port was opened (TIOCGICOUNT); a pty has none, nor has a port that is not open. */
struct serial_errors {
	unsigned parity;
	unsigned framing; /* breaks and overruns included */
};

struct serial {
	struct loop *loop;
	struct source source; /* fd -1: not open */
	bool local;           /* a device of this machine, no connection */
	bool armed;           /* octets are waited for; else nap_over will look */
	bool once;            /* for the first of them only */
	bool exclusive;
	bool heard;   /* a sound frame came since it was opened */
	bool renewed; /* the connection is another one: it is being made, or told */
	bool in_vain; /* when it was open last it was of no use: so far it is no news */
	/* When any came last, those of hooks.octets among them, or it was opened. */
	uint64_t octets_ms;
	struct serial_hooks hooks;
	struct nap nap;
	uint64_t trust_ms;  /* how long a connection in doubt may be silent; 0: none is in doubt */
	unsigned renewals;  /* since a sound frame came */
	int last_err;       /* of the last attempt, told once */
	uint64_t opened_ms; /* when it was, last */
	uint64_t delay_ms;  /* before the next attempt */
	struct timer nap_over, retry;
	struct serial_settings settings;
	struct tcp tcp;              /* a connection that is being made */
	char path[256];              /* the device in use, or the one waited for */
	struct serial_errors before; /* the kernel counts from boot */
};

/* Opens the port now, or as soon as it is there; settings->device and hooks->user outlive the serial. */
void serial_open(struct serial *s, struct loop *loop, const struct serial_settings *settings,
                 const struct serial_hooks *hooks);
void serial_close(struct serial *s); /* accepts a half-built one */

/* Whether the device is a port of this machine, which the bus's power belongs to. */
bool serial_is_local(const char *device);

#define SERIAL_LINE 16

/* "2400 8N1", or "" where the line belongs to a serial server. Returns buf. */
char *serial_describe_line(const struct serial_settings *settings, char buf[SERIAL_LINE]);

bool serial_is_open(const struct serial *s);

/* How many octets came in and were not read. */
size_t serial_waiting(const struct serial *s);

/* Throws away what came in and was not read. */
void serial_flush(struct serial *s);

/* Changes the line, now if the port is open, else for when it opens, and throws away what came in at the old
 * setting. A serial server's line stays as it is. The baud is a known one. 0, or a negative errno: the port stays as it was. */
int serial_set_line(struct serial *s, unsigned baud, enum serial_format format);

/* A sound frame of len octets was among the octets being told: naps learn from it, and the port is one that is of use.
 * Within hooks.octets. */
void serial_note_frame(struct serial *s, size_t len);

/* Nothing valid has come for so long. A connection over which nothing at all came for that time is made anew, as a
 * serial server may hang and keep it: until serial_note_frame() again and again, less and less often. That it is
 * not open meanwhile is told only when the other one cannot be made. Nothing happens to a port of this machine. */
void serial_distrust(struct serial *s, uint64_t silence_ms);

/* Keeps others away (TIOCEXCL): called after the first valid frame. */
void serial_claim(struct serial *s);

struct serial_errors serial_errors(const struct serial *s);

#endif
