/* The broker session: connect, back off, last will, send, receive.
 *
 * Owns libmosquitto and the one other thread of the house. Name lookup, TCP connect and handshakes can
 * each block for many seconds, so everything of libmosquitto runs on that thread; the caller's thread
 * only copies messages into a bounded queue and is woken through an eventfd. Knows no topic.
 *
 * While there is no session nothing is queued: the caller sends its whole state in connected(). When the
 * broker takes messages too slowly, the newest of each topic waits; when there is no more room, messages are
 * dropped and counted as outbox.h says, and if it was a state, caught_up() asks for all of it again once the
 * queue has run empty.
 */
#ifndef MQTT_H
#define MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inbox.h"
#include "loop.h"
#include "message.h"
#include "mqtt-tls.h"
#include "parcel.h"

enum mqtt_protocol { MQTT_PROTOCOL_5, MQTT_PROTOCOL_3_1_1 };

struct mqtt_settings {
	const char *host;
	unsigned port;
	const char *client_id;
	const char *username; /* NULL: none */
	const char *password; /* NULL: none */
	enum mqtt_protocol protocol;
	unsigned keepalive_s; /* 5 … 65535 */
	struct mqtt_tls_settings tls;
};

struct mqtt_hooks {
	void *user;
	void (*connected)(void *user);
	void (*changed)(void *user); /* `connected` or `status` is another now */
	void (*caught_up)(void *user);
	/* The broker has this message; in the order in which the broker says so; of a broker that takes only QoS 0: it
	 * is written. Also when its session
	 * is over meanwhile; a message that it refuses, and one that was under way when the session
	 * ended, is not acknowledged: it is the sender's to send again in the next session. */
	void (*acknowledged)(void *user, uint64_t ticket);
	/* The broker's answer to mqtt_subscribe(). */
	void (*subscribed)(void *user, const char *filter, bool accepted);
	/* Of a subscribed topic; payload is len octets of anything. */
	void (*received)(void *user, const char *topic, const void *payload, size_t len,
	                 bool retained);
};

struct mqtt_counters {
	uint64_t published; /* handed to the broker's connection; with QoS 1 and 2 acknowledged */
	uint64_t dropped;   /* readings for want of a session, all for want of room, or refused */
	uint64_t overflown; /* of these for want of room: the broker takes them too slowly */
	uint64_t refused;   /* of these by the broker */
	uint64_t unread;    /* that came, and found no room */
};

#define MQTT_STATUS 256

struct mqtt_session; /* shared with the network thread */

struct mqtt {
	struct loop *loop;
	struct source wake;
	struct mqtt_hooks hooks;
	struct mqtt_session *session;
	struct inbox inbox; /* that is being read */
	unsigned number;    /* of the session last told */
	bool connected;
	bool refused;         /* somebody has to set login, certificates or address right first */
	struct parcel parcel; /* to be handed over */
	/* Of mqtt_counters(), as of the last time that something was handed over, or told. */
	uint64_t seen_overflown, seen_refused;
	bool unflushed;
	char status[MQTT_STATUS]; /* "connected", or why not: a phrase */
};

/* Starts the thread, which connects and keeps connecting. Pauses are at most 2 s while the broker is not there,
 * and grow to a minute where somebody has to do something first: set login or certificates right. The strings of
 * settings and will (NULL: none) are copied. topics: those subscribed in every session, NULL behind the last. 0 or a
 * negative errno. */
int mqtt_open(struct mqtt *m, struct loop *loop, const struct mqtt_settings *settings,
              const struct message *will, const char *const *topics,
              const struct mqtt_hooks *hooks);

/* Copies the message: 0, -ENOTCONN, or -ENOBUFS of one that has a ticket, of an event to be kept, and of what is long.
 * mqtt_flush() puts what was copied into the queue and sends it, in one burst. Lost, and counted, is what had no room
 * there, and without a session what is not said again in the next: an event that is neither
 * kept by the broker nor has a ticket. One that was copied when the session was over, and nobody knew, waits for the
 * next. */
int mqtt_send(struct mqtt *m, const struct message *message);
void mqtt_flush(struct mqtt *m);

/* Makes room in the queue for all that so many meters have to say. */
void mqtt_provide(struct mqtt *m, size_t meters);

/* Asks for messages on more topics, as long as this session lasts, with QoS 0: within a session nothing is
 * lost. What the broker keeps comes with `retained`. Messages that were sent before may go later. 0,
 * -ENOTCONN, -ENOBUFS or -ENOMEM. */
int mqtt_subscribe(struct mqtt *m, const char *filter);
int mqtt_unsubscribe(struct mqtt *m, const char *filter);

struct mqtt_counters mqtt_counters(const struct mqtt *m);

/* Whether there is a session, and one in which the broker heeds expiry_s: MQTT 5. */
bool mqtt_expires(const struct mqtt *m);

/* For how many milliseconds the network thread has not moved. Minutes are no harm, as a name lookup may take
 * them; it never rests for more than 5 s otherwise. 0 without a session. */
uint64_t mqtt_stalled_ms(const struct mqtt *m);

/* What people had to set right may be so by now: an attempt comes at once where there is no session, and the pauses
 * behind it grow from the beginning. */
void mqtt_try_anew(struct mqtt *m);

/* Sends what is queued, disconnects and ends the thread, in at most wait_ms; a thread that still hangs
 * in a name lookup is left to end by itself. Accepts a half-built one. Returns whether it ended. */
bool mqtt_close(struct mqtt *m, unsigned wait_ms);

/* Of libmosquitto, "2.0.11". */
void mqtt_library_version(char *buf, size_t size);

#endif
