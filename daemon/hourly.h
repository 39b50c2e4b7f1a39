/* Hourly registers on their way to the broker: none is lost, and all go in order.
 *
 * Each is in the spool until the broker has acknowledged it, across restarts of whatever. At most HOURLY_WINDOW are
 * under way at once; with every session they begin anew with the oldest, so that one may come twice, as QoS 1 allows.
 * So they do with a new register when the broker has refused some, or not answered, and nothing has moved for long.
 * Serves all meters of the daemon. Messages leave through an outlet; knows no broker, and no reading: those come by
 * hourly-source.h.
 */
#ifndef HOURLY_H
#define HOURLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "message.h"
#include "spooler.h"

#define HOURLY_WINDOW      20
#define HOURLY_TOPIC       256
#define HOURLY_PATIENCE_MS (10 * 60 * 1000)

struct hourly_hooks {
	void *user;
	/* The present base of a meter's topics into buf; false when the meter is no longer one of ours: then its
	 * registers go to the topic of their time. */
	bool (*base)(void *user, const char *meter, char *buf, size_t size);
};

struct hourly {
	struct spooler spooler;
	struct outlet outlet;
	struct hourly_hooks hooks;
	uint64_t underway[HOURLY_WINDOW]; /* numbers */
	size_t underway_count;
	uint64_t moved_ms; /* when one was sent or acknowledged last */
	uint64_t passed;   /* the number sent last in this session */
	bool connected;
	bool asking; /* the spool is asked for more: */
	size_t asked;
	uint64_t asked_after;
	bool outdated; /* what it answers is not to be sent: it is asked again */
	bool dry;      /* there was no more */
	bool stuck;    /* there is no room on the way */
};

/* directory: of the state, NULL for none. outlet->user outlives it. 0 or a negative errno: not for anything that the
 * disk does. */
int hourly_open(struct hourly *h, struct loop *loop, const char *directory,
                const struct outlet *outlet, const struct hourly_hooks *hooks);

/* See spooler_close(). */
bool hourly_close(struct hourly *h, unsigned wait_ms);

/* A register to keep and to send: number 0, see spool.h for the rest; the topic is that of now. */
void hourly_add(struct hourly *h, const struct spool_entry *entry);

/* What was kept last of that meter, see spooler_newest(): its text is the JSON of payload_registers(). */
const struct spool_entry *hourly_newest(const struct hourly *h, const char *meter);

/* The broker is there, with room again, or is gone; it has this message. */
void hourly_connected(struct hourly *h);
void hourly_caught_up(struct hourly *h);
void hourly_disconnected(struct hourly *h);
void hourly_acknowledged(struct hourly *h, uint64_t ticket);

#endif
