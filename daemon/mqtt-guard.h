/* Reads from the broker, whatever comes.
 *
 * Of a property of MQTT 5 that it does not know libmosquitto (2.0) tells the log of nobody, which an assertion of its
 * own forbids: whoever answers on the broker's port could end the process. Here it is a malformed packet.
 */
#ifndef MQTT_GUARD_H
#define MQTT_GUARD_H

#include <mosquitto.h>

/* As mosquitto_loop_read(). */
int mqtt_guard_read(struct mosquitto *mosq);

#endif
