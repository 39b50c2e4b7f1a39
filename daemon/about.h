/* What the daemon says of itself, gathered from the rooms that know: its info message on the broker, and its
 * status for systemd. */
#ifndef ABOUT_H
#define ABOUT_H

#include <stddef.h>
#include <time.h>

#include "bridge.h"
#include "mqtt.h"
#include "power.h"
#include "service.h"
#include "station.h"

/* start: of the daemon. */
void about_tell(struct bridge *bridge, struct power *power, const struct station *stations,
                size_t count, const struct timespec *start);

void about_status(struct service *service, const struct mqtt *mqtt,
                  const struct mqtt_settings *broker, const struct station *stations, size_t count);

#endif
