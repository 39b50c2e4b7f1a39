/* The daemon itself on the broker: its availability, its info, and Home Assistant's birth message.
 *
 * Knows no meter: what has to be said of them on a birth goes out through hooks.
 */
#ifndef BRIDGE_H
#define BRIDGE_H

#include <stdbool.h>
#include <stddef.h>

#include "loop.h"
#include "message.h"

struct bridge_hooks {
	void *user;
	void (*announce)(void *user);    /* send the discovery messages */
	void (*restate)(void *user);     /* send all states */
	void (*power_cycle)(void *user); /* somebody asks for it */
};

#define BRIDGE_SUBSCRIPTIONS 3

struct bridge {
	char availability[256]; /* topics */
	char info[256];
	char status_topic[64]; /* Home Assistant's */
	bool commands;         /* are taken: */
	char power_cycle_topic[256];
	char announce_topic[256];
	struct outlet outlet;
	struct bridge_hooks hooks;
	bool birth_due, restate_due;
	unsigned ignored;     /* messages on the command topics that are no command */
	struct timer birth;   /* a moment after Home Assistant's start: discovery */
	struct timer restate; /* a moment later: states */
};

/* Texts are copied. */
void bridge_init(struct bridge *b, struct loop *loop, const char *prefix, const char *client_id,
                 const char *status_topic, bool commands, const struct outlet *outlet,
                 const struct bridge_hooks *hooks);
void bridge_fini(struct bridge *b); /* accepts a half-built one */

/* The last will: availability `offline`. Valid as long as the bridge. */
struct message bridge_will(const struct bridge *b);

/* The topics to subscribe to, NULL behind the last; they live as long as the bridge. */
void bridge_subscriptions(const struct bridge *b, const char *topics[BRIDGE_SUBSCRIPTIONS + 1]);

void bridge_availability(struct bridge *b, bool online);
void bridge_info(struct bridge *b, const char *json);

/* Discovery messages have left: calls restate() once Home Assistant has had the time to take them. */
void bridge_restate_soon(struct bridge *b);

/* A message arrived. Home Assistant's `online` on its status topic sets off, after a random 1 to 10 s in
 * which further ones are merged, announce(), and a moment later restate(). A retained one tells nothing
 * new: whoever connects announces anyway.
 *
 * With commands: PRESS on .../command/power_cycle calls power_cycle(), on .../command/announce announce() at
 * once and restate() a moment later; one that comes before that is merged. What is retained is no command,
 * as it would be carried out at every connect; that and any other payload is ignored and counted, and the
 * first one logged. */
void bridge_received(struct bridge *b, const char *topic, const void *payload, size_t len,
                     bool retained);

#endif
