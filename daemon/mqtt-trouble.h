/* What goes wrong with the broker, in words: to the journal, as the state of the session, and how long to wait
 * before it is tried again.
 *
 * Of the network thread.
 */
#ifndef MQTT_TROUBLE_H
#define MQTT_TROUBLE_H

#include "mqtt-session.h"

/* One line per kind of trouble, not one per attempt. */
void mqtt_trouble_tell(struct mqtt_session *s, enum mqtt_fault fault, const char *what);

/* An error of libmosquitto, and errno. */
void mqtt_trouble_failed(struct mqtt_session *s, int rc);

/* The broker's answer to the login, and its word at the end of a session (MQTT 5). */
void mqtt_trouble_refused(struct mqtt_session *s, int code);
void mqtt_trouble_ended(struct mqtt_session *s, int code);

/* It acknowledges no message, though it goes on. */
void mqtt_trouble_stuck(struct mqtt_session *s);

/* A file for TLS that was right when the configuration was read. */
void mqtt_trouble_unusable(struct mqtt_session *s, const struct mqtt_tls_fault *fault);

/* The broker accepted the login. */
void mqtt_trouble_over(struct mqtt_session *s);

/* At every turn of a session: whether it has lasted so long that what was before is forgotten. */
void mqtt_trouble_calm(struct mqtt_session *s);

/* People may have mended what they had to: if not, they are told again. */
void mqtt_trouble_anew(struct mqtt_session *s);

/* How long to wait before the next attempt. */
unsigned mqtt_trouble_pause_ms(struct mqtt_session *s);

#endif
