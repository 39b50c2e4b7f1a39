/* What the keys of a configuration mean together: defaults that depend on other keys, secrets, and meters
 * that are in each other's way.
 */
#ifndef SETTLE_H
#define SETTLE_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"

struct settle_hooks {
	void *user;
	/* What is wrong with a key that was read before; meter is 0 for the keys of other sections. */
	__attribute__((format(printf, 5, 6))) void (*mistake)(void *user, const char *section,
	                                                      const char *key, size_t meter,
	                                                      const char *format, ...);
};

/* Fills the settings from the keys as written. All mistakes are told. False when memory ends. */
bool settle_config(struct config *config, const struct settle_hooks *hooks);

#endif
