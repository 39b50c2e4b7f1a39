/* What the broker keeps of some topics: asks for it, collects it, and stops asking.
 *
 * A broker does not say when it has told all: it has when, after it accepted the subscriptions, nothing kept
 * has come for a moment. Several may look at once, at the same topics too, and others wait for them: mosquitto keeps
 * a thousand messages for a client that is slower than itself (max_queued_messages), and drops what is more without
 * a word.
 */
#ifndef LOOK_H
#define LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"

#define LOOK_AT_ONCE   800   /* messages that may come of all that look at once */
#define LOOK_WILD      40    /* of a filter with a wildcard; of another one comes one */
#define LOOK_ANSWER_MS 30000 /* in which the broker has to accept the subscriptions */
#define LOOK_QUIET_MS  500   /* after which the broker has told all */
#define LOOK_LAST_MS   5000  /* after the broker accepted the subscriptions, at most */

struct look_hooks {
	void *user;
	/* A message that the broker keeps, payload is len octets of anything, at most 64 KiB; the same topic
	 * may be told twice. */
	void (*found)(void *user, const char *topic, const void *payload, size_t len);
	/* Nothing more is told. complete: all has been; otherwise the session ended, the broker refused, or
	 * went on and on. Looking again is for the next session. */
	void (*done)(void *user, bool complete);
};

/* How to ask the broker; 0 or a negative errno. */
struct look_broker {
	void *user;
	int (*subscribe)(void *user, const char *filter);
	int (*unsubscribe)(void *user, const char *filter);
};

struct look_request;

struct look {
	struct look_broker broker;
	struct timer timer;
	struct look_request *first;
	unsigned open; /* messages that may come of what the broker was asked for */
	unsigned busy; /* hooks are being called: requests that are over stay in the list */
};

void look_init(struct look *l, struct loop *loop, const struct look_broker *broker);
void look_fini(struct look *l); /* accepts a zeroed one; done() is not called */

/* Looks at all topics of the filters (NULL behind the last), which are copied, at once or when others have found what
 * they look for. Hooks may start and cancel.
 * 0; a negative errno, as -ENOTCONN without a session: then no hook is called. */
int look_start(struct look *l, const char *const *filters, const struct look_hooks *hooks);

/* Ends all that this user has started, without done(). */
void look_cancel(struct look *l, const void *user);

/* From the broker's session. */
void look_subscribed(struct look *l, const char *filter, bool accepted);
void look_received(struct look *l, const char *topic, const void *payload, size_t len,
                   bool retained);
void look_lost(struct look *l); /* the session is over */

#endif
