/* What the broker keeps of a meter for Home Assistant: whether it is ours, and what it announces. Pure.
 *
 * The topics of both kinds of discovery messages, below the prefix in use and the one used before; a message on
 * one of them is ours when its origin says so.
 */
#ifndef TRACES_H
#define TRACES_H

#include <stdbool.h>
#include <stddef.h>

#include "entities.h"

#define TRACES_FILTERS 4
#define TRACES_MAX     256

struct trace {
	char *topic;
	bool device; /* a device message; otherwise the one entity */
	bool moving; /* only says that its entities are announced elsewhere soon */
	struct entity entity;
};

struct traces {
	char filters[TRACES_FILTERS][256]; /* for the broker; "" for none */
	char node[144];                    /* "hanmqttd_6970631400000000" */
	struct trace list[TRACES_MAX];
	size_t count;
	struct entities told; /* what device messages announce, and what any says of the meter */
};

/* Of the meter with this identity; before: another prefix, "" or the same for none. */
void traces_init(struct traces *t, const char *identity, const char *prefix, const char *before);
void traces_fini(struct traces *t); /* accepts a zeroed one, and leaves it so */

/* The filters as a list, NULL behind the last; they live as long as the traces. */
void traces_filters(const struct traces *t, const char *filters[TRACES_FILTERS + 1]);

/* A retained message on one of the filters, from anybody. Whether it is ours; then it is noted, once. */
bool traces_add(struct traces *t, const char *topic, const void *payload, size_t len);

#endif
