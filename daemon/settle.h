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
	void (*mistake)(void *user, const struct setting *setting, size_t meter, const char *what);
};

/* Fills the settings from the keys as written. All mistakes are told. False when memory ends. */
bool settle_config(struct config *config, const struct settle_hooks *hooks);

#endif
