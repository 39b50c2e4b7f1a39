/* What stands below a base on the broker: whose topic it is, and whether there is to be one. Pure.
 *
 * A leaf is what follows the base and its slash: "power_active_import", "obis/0-1:24.2.1", "info".
 */
#ifndef LEAF_H
#define LEAF_H

#include <stdbool.h>
#include <stddef.h>

#include "derive.h"

struct publisher_settings;

/* The leaf of a topic below that base; NULL: it is elsewhere. */
const char *leaf_of(const char *topic, const char *base);

/* Whether we keep such a topic on the broker: of the daemon itself, of a meter, and one of a meter's values. */
bool leaf_is_bridges(const char *leaf);
bool leaf_is_meters(const char *leaf);
bool leaf_is_value(const char *leaf);

/* Whether what is kept as a base's info is that meter's; one of an unknown form is nobody's. */
bool leaf_info_is_of(const void *payload, size_t len, const char *identity);

/* Whether the settings want that value kept on the broker; derive NULL: nothing is calculated. */
bool leaf_is_wanted(const char *leaf, const struct publisher_settings *settings,
                    const struct derive_settings *derive);

#endif
