/* Who a meter is, across restarts.
 *
 * Kept as small files in the state directory (STATE_DIRECTORY, as systemd sets it); without one nothing
 * is kept. One file for each port: another meter on it overwrites the identity.
 */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#define IDENTITY_TEXT 32 /* of a port's own identity, NUL included */

/* The identity last seen on the port, into buf; false when none is kept. */
bool identity_load(const char *port, char *buf, size_t size);

/* Keeps it, durably; a failure is logged and otherwise harmless. */
void identity_save(const char *port, const char *identity);

/* "port-" and a short hash of this machine and the port, the same at every start. Returns buf. */
char *identity_of_port(const char *port, char buf[IDENTITY_TEXT]);

/* Four hex digits that tell this machine from others, for names on the broker. Returns buf. */
char *identity_of_machine(char buf[IDENTITY_TEXT]);

#endif
