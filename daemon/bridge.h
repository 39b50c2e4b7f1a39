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
	void (*announce)(void *user); /* send the discovery messages */
	void (*restate)(void *user);  /* send all states */
};

struct bridge {
	char availability[256]; /* topics */
	char info[256];
	char status_topic[64]; /* Home Assistant's */
	struct outlet outlet;
	struct bridge_hooks hooks;
	bool birth_due;
	struct timer birth;   /* a moment after Home Assistant's start: discovery */
	struct timer restate; /* a moment later: states */
};

/* Texts are copied. 0 or a negative errno. */
int bridge_init(struct bridge *b, struct loop *loop, const char *prefix, const char *client_id,
                const char *status_topic, const struct outlet *outlet,
                const struct bridge_hooks *hooks);
void bridge_fini(struct bridge *b); /* accepts a half-built one */

/* The last will: availability `offline`. Valid as long as the bridge. */
struct message bridge_will(const struct bridge *b);

void bridge_availability(struct bridge *b, bool online);
void bridge_info(struct bridge *b, const char *json);

/* A message arrived. Home Assistant's `online` on its status topic sets off, after a random 1 to 10 s in
 * which further ones are merged, announce(), and a moment later restate(). A retained one tells nothing
 * new: whoever connects announces anyway. */
void bridge_received(struct bridge *b, const char *topic, const void *payload, size_t len,
                     bool retained);

#endif
