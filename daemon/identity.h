/* Who a meter is, across restarts.
 *
 * Kept as small files in the state directory (STATE_DIRECTORY, as systemd sets it); without one nothing
 * is kept. One file for each port: another meter on it overwrites the identity.
 */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <stdbool.h>

#include <han/reading.h>

#define IDENTITY_TEXT 32 /* of a port's own identity, NUL included */

struct identity {
	char text[HAN_IDENTITY_TEXT]; /* "" until known */
	enum han_identity by; /* how the meter told it; HAN_IDENTITY_NONE: the port stands for it */
};

/* Whether topics may begin with it: `bridge` is where the daemon's own are. Pure. */
bool identity_is_name(const char *identity);

/* Whether a message that says so is another meter's. Once a meter is known by one thing it stays known by
 * that: messages that say something else of it, better or worse, are still its own. Pure. */
bool identity_is_news(const struct identity *known, const struct identity *said);

/* The identity last seen on the port; false when none is kept, and identity is as before. */
bool identity_load(const char *port, struct identity *identity);

/* Keeps it, durably, if a moment later; a failure is logged and otherwise harmless. */
void identity_save(const char *port, const struct identity *identity);

/* "port-" and a short hash of this machine and the port, the same at every start. Returns buf. */
char *identity_of_port(const char *port, char buf[IDENTITY_TEXT]);

/* Whether it is such a one: that of whatever meter is on the port. */
bool identity_is_port(const char *identity);

/* Four hex digits that tell this machine from others, for names on the broker. Returns buf. */
char *identity_of_machine(char buf[IDENTITY_TEXT]);

#endif
