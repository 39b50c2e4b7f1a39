/* What the broker answers, as libmosquitto tells it on the network thread. */
#ifndef MQTT_ANSWERS_H
#define MQTT_ANSWERS_H

#include "mqtt-session.h"

/* Gives libmosquitto its callbacks. */
void mqtt_answers_attach(struct mqtt_session *s);

/* The broker does not know MQTT 5: the next attempt is one with 3.1.1. False: this one was. */
bool mqtt_answers_step_back(struct mqtt_session *s);

#endif
