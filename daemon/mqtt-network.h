/* The network thread: connects, serves, pauses, and connects again.
 *
 * It and what runs on it (mqtt-sender, mqtt-answers, mqtt-trouble) are the only ones to use libmosquitto's clients.
 */
#ifndef MQTT_NETWORK_H
#define MQTT_NETWORK_H

#include "mqtt-session.h"

/* Starts the thread, which runs until s->stop. What a session that is told to stop says last must not come behind what
 * the next one says first: so the thread waits for it, a few seconds at most. 0 or a negative errno. */
int mqtt_network_start(struct mqtt_session *s);

/* Locked. Tells the thread to say what is queued, and goodbye, and to end. */
void mqtt_network_stop(struct mqtt_session *s);

#endif
