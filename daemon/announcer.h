/* What Home Assistant is told of one meter, and when.
 *
 * Sends the discovery messages once the set (repertoire.h) is known and Home Assistant can take them, and again
 * when the set has changed. Before that it looks at what the broker keeps: topics of the other kind of message
 * or of another prefix are moved from, so that Home Assistant keeps entities and their history; entities that
 * are no more are removed. Messages leave through an outlet, looks through a hook.
 *
 * A move: every old topic is told that its entities come from elsewhere soon, and a moment later it is emptied and
 * the new messages go out. Home Assistant (2026.11) takes an old topic that is emptied later for an attempt on the
 * entities' new one, and warns of each; and an old device message that is emptied with no entities left it warns of
 * too, so that one is left to expire where the broker can do that. Whatever is lost with a session begins anew with
 * the next.
 */
#ifndef ANNOUNCER_H
#define ANNOUNCER_H

#include <stdbool.h>
#include <stdint.h>

#include <han/reading.h>

#include "entities.h"
#include "loop.h"
#include "message.h"
#include "repertoire.h"
#include "traces.h"

struct publisher_settings;
struct publisher_meter;

struct announcer_hooks {
	void *user;
	/* Tells announcer_found() and announcer_looked() of the topics that the broker keeps; filters end with a
	 * NULL and are copied. One that is under way is given up for it. 0 or a negative errno. */
	int (*look)(void *user, const char *const *filters);
	/* Whether the broker forgets messages that expire. */
	bool (*expires)(void *user);
	/* Discovery messages are about to leave; may be NULL. */
	void (*announcing)(void *user);
	/* Discovery messages have left: states that the broker does not keep have to follow. */
	void (*announced)(void *user);
};

enum announcer_phase {
	ANNOUNCER_AWAY,   /* no session yet, or a look that has to end first */
	ANNOUNCER_READY,  /* messages go out when there is news */
	ANNOUNCER_MOVING, /* Home Assistant lets go of the old topics */
};

struct announcer {
	const struct publisher_settings *settings;
	const struct publisher_meter *meter;
	struct outlet outlet;
	struct announcer_hooks hooks;
	struct timer timer; /* the next step, or a message that has to wait */
	enum announcer_phase phase;
	bool connected;
	bool looking;                     /* the broker is telling what it has */
	bool looked;                      /* at all there is; no topic was emptied since */
	bool due;                         /* another message has to follow the last one */
	uint64_t sent_ms;                 /* when the last message left; 0: none did */
	char identity[HAN_IDENTITY_TEXT]; /* "" until it is known */
	char base[160];                   /* topics */
	char availability[192];
	struct repertoire repertoire;
	struct entities told; /* what Home Assistant has, and what it was told of the meter */
	struct entities kept; /* the same, as the state directory has it */
	struct traces *
		traces; /* what the broker has: while it tells, and until it is dealt with; or NULL */
};

/* settings, meter and outlet->user outlive the announcer. 0 or a negative errno. */
int announcer_init(struct announcer *a, struct loop *loop,
                   const struct publisher_settings *settings, const struct publisher_meter *meter,
                   const struct outlet *outlet);
void announcer_fini(struct announcer *a); /* accepts a half-built one */

/* Without hooks nobody looks, and messages go out at once. */
void announcer_set_hooks(struct announcer *a, const struct announcer_hooks *hooks);

/* There is a new session with the broker, which may have lost everything. */
void announcer_connected(struct announcer *a);

/* One retained message that a look has found; and its end. One that was not complete, as the broker refused, or
 * the session ended, comes again with the next session; messages go out without it. */
void announcer_found(struct announcer *a, const char *topic, const void *payload, size_t len);
void announcer_looked(struct announcer *a, bool complete);

/* The meter's id is known, and the topics that follow from it. Of another meter than before nothing is known
 * but what an earlier run kept. */
void announcer_identify(struct announcer *a, const char *identity, const char *base,
                        const char *availability);

/* What the meter is, NULL where it is not known. Whether it is news. */
bool announcer_describe(struct announcer *a, const char *maker, const char *model,
                        const char *list_version);

/* A list, or something calculated, has come. Whether the set has changed, or is known for the first time: then
 * it is to be announced. */
bool announcer_learn(struct announcer *a, const struct han_reading *reading);
bool announcer_learn_calculated(struct announcer *a, const struct han_measurement *quantity);

/* Sends the discovery messages, at once or as soon as Home Assistant can take them. */
void announcer_announce(struct announcer *a);

#endif
