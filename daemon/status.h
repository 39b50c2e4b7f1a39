/* The sentence of `systemctl status`. Pure.
 *
 * Most important first, as the line may be cut: what the meters do, what the broker does, what is wrong with
 * the configuration on disk.
 */
#ifndef STATUS_H
#define STATUS_H

#include <stdbool.h>
#include <stddef.h>

#define STATUS_TEXT 640

struct status_meter {
	const char *name; /* what people call it when there are several: section, number or port */
	/* A phrase: "reading ... on ... at 2400 8N1, 229 W", "waiting for port ..."; "": of many, it is only counted */
	const char *what;
	bool fine; /* values arrive, and are understood */
};

struct status_broker {
	bool connected;
	const char *what; /* as struct mqtt has it: "connecting", or why not */
	const char *host;
	unsigned port;
};

/* "reading ..., broker connected"; with several meters how many are read, and the phrases of those that are
 * not fine: "reading 2 of 3 meters, broker connected; cellar: waiting for port /dev/ttyUSB1 ...". Without
 * any meter (they are not there yet) it is starting. Returns buf, whose end is cut off with "..." where
 * there are too many words. */
char *status_print(const struct status_meter *meters, size_t count,
                   const struct status_broker *broker, char *buf, size_t size);

#endif
