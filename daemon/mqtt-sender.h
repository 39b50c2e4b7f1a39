/* What goes to the broker: messages in their order, subscriptions, and what becomes of each.
 *
 * Of the network thread, within a session that the broker accepted.
 */
#ifndef MQTT_SENDER_H
#define MQTT_SENDER_H

#include "mqtt-session.h"

/* A new session: nothing is under way; of messages with QoS 1 and 2 the broker takes `window` at once, and those
 * above max_qos go with that. */
void mqtt_sender_begin(struct mqtt_session *s, unsigned window, int max_qos);

/* Hands to libmosquitto what waits, as far as it has room. */
void mqtt_sender_turn(struct mqtt_session *s);

/* Locked. Whether everything has been handed over and acknowledged. */
bool mqtt_sender_is_done(const struct mqtt_session *s);

/* Whether the broker does not acknowledge, though it goes on taking messages or answering pings. */
bool mqtt_sender_is_stuck(const struct mqtt_session *s);

/* libmosquitto has written a message with QoS 0, or the broker has answered one: code is the reason. */
void mqtt_sender_finished(struct mqtt_session *s, int id, int code);

/* Locked. The session is over: what was under way is lost, and counted. */
void mqtt_sender_end(struct mqtt_session *s);

#endif
