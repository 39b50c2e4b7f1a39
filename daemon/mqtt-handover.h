/* How messages get from the caller's thread to the network's, and with which session they belong: mqtt.c's own. */
#ifndef MQTT_HANDOVER_H
#define MQTT_HANDOVER_H

#include <stdbool.h>

#include "mqtt.h"

/* Locked. Not before connected() was told of this session: its whole state goes out then. */
bool mqtt_is_told(const struct mqtt *m);

/* Locked. */
void mqtt_see(struct mqtt *m);

/* What was sent so far, to the session that it was meant for; without waking the thread. */
void mqtt_hand_over(struct mqtt *m);

#endif
