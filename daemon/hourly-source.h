/* One meter's readings on their way to hourly.h: which one is the first of its hour?
 *
 * A reading with registers that comes before the meter's identity is known is held until it is.
 */
#ifndef HOURLY_SOURCE_H
#define HOURLY_SOURCE_H

#include <time.h>

#include <han/reading.h>

#include "hour.h"
#include "hourly.h"

struct hourly_source {
	struct hourly *hourly;
	char meter[HAN_IDENTITY_TEXT]; /* "" until it is known */
	char base[HOURLY_TOPIC - sizeof("/hourly")];
	struct hour hour;
	struct han_reading *
		held; /* the first one that came without an identity; its numbers alone are valid */
	struct timespec held_when;
	bool held_partial;
};

/* hourly outlives it. */
void hourly_source_init(struct hourly_source *s, struct hourly *hourly);
void hourly_source_fini(struct hourly_source *s);

/* The meter's id, and the base of its topics, are known or are others now. */
void hourly_source_identify(struct hourly_source *s, const char *meter, const char *base);

/* A list has come, and what is refused of it is not in it: then it is partial. */
void hourly_source_reading(struct hourly_source *s, const struct han_reading *reading,
                           bool partial);

#endif
