/* The network thread: connects, serves, pauses, and connects again.
 *
 * The only place that uses libmosquitto once the session is made.
 */
#ifndef MQTT_NETWORK_H
#define MQTT_NETWORK_H

#include "mqtt-session.h"

/* Gives libmosquitto its callbacks, which run on the network thread. */
void mqtt_network_attach(struct mqtt_session *s);

/* Starts the thread, which runs until s->stop. 0 or a negative errno. */
int mqtt_network_start(struct mqtt_session *s);

#endif
