/* What the daemon says of itself on the broker: its info message, gathered from the rooms that know. */
#ifndef ABOUT_H
#define ABOUT_H

#include <stddef.h>
#include <time.h>

#include "bridge.h"
#include "power.h"
#include "station.h"

/* start: of the daemon. */
void about_tell(struct bridge *bridge, struct power *power, const struct station *stations,
                size_t count, const struct timespec *start);

#endif
