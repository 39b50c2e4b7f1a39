/* A meter's counters and its problem as topics: pure but for the publisher it sends through. */
#ifndef DIAGNOSTICS_H
#define DIAGNOSTICS_H

#include <stdint.h>

#include "meter.h"
#include "mqtt.h"
#include "publisher.h"

#define DIAGNOSTICS_PROBLEM 256

/* One sentence naming the first broken step from the port to the values and what to do, or "ok".
 * Returns buf. */
char *diagnostics_problem(const struct meter *meter, char buf[DIAGNOSTICS_PROBLEM]);

void diagnostics_publish(struct publisher *p, const struct meter_counters *meter,
                         const struct mqtt_counters *mqtt, const char *problem);

#endif
