/* A meter's counters and its problem as topics: pure but for the publisher it sends through. */
#ifndef DIAGNOSTICS_H
#define DIAGNOSTICS_H

#include <stdint.h>

#include "meter.h"
#include "mqtt.h"
#include "publisher.h"

/* What the broker keeps of those that are not known yet is of an earlier run: it goes. */
void diagnostics_disown(struct publisher *p, const struct meter_counters *meter);

/* rejected: registers that were not believed. */
void diagnostics_publish(struct publisher *p, const struct meter_counters *meter,
                         const struct mqtt_counters *mqtt, uint64_t rejected, const char *problem);

#endif
