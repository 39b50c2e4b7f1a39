/* The broker session: connect, back off, last will, send, receive.
 *
 * Owns libmosquitto and the one other thread of the house. Name lookup, TCP connect and handshakes can
 * each block for many seconds, so everything of libmosquitto runs on that thread; the caller's thread
 * only copies messages into a bounded queue and is woken through an eventfd. Knows no topic.
 *
 * While there is no session nothing is queued: the caller sends its whole state in connected(). When the
 * broker takes messages too slowly and the queue is full, messages are dropped and counted, and
 * caught_up() asks for the state again once the queue has run empty.
 */
#ifndef MQTT_H
#define MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"
#include "message.h"

enum mqtt_protocol { MQTT_PROTOCOL_5, MQTT_PROTOCOL_3_1_1 };

struct mqtt_settings {
	const char *host;
	unsigned port;
	const char *client_id;
	const char *username; /* NULL: none */
	const char *password; /* NULL: none */
	enum mqtt_protocol protocol;
	unsigned keepalive_s; /* 5 … 65535 */
};

struct mqtt_hooks {
	void *user;
	void (*connected)(void *user);
	void (*changed)(void *user); /* `connected` or `status` is another now */
	void (*caught_up)(void *user);
	/* Of a subscribed topic; payload is len octets of anything. */
	void (*received)(void *user, const char *topic, const void *payload, size_t len,
	                 bool retained);
};

struct mqtt_counters {
	uint64_t published; /* handed to the broker's connection */
	uint64_t dropped;   /* for want of a session or of room */
};

struct mqtt_session; /* shared with the network thread */

struct mqtt {
	struct loop *loop;
	struct source wake;
	struct mqtt_hooks hooks;
	struct mqtt_session *session;
	unsigned number; /* of the session last told */
	bool connected;
	bool unflushed;
	char status[160]; /* "connected", or why not: a phrase */
};

/* Starts the thread, which connects and keeps connecting, with pauses of at most 2 s. The strings of
 * settings and will are copied. subscriptions: a NULL-terminated list of topics. 0 or a negative errno. */
int mqtt_open(struct mqtt *m, struct loop *loop, const struct mqtt_settings *settings,
              const struct message *will, const char *const *subscriptions,
              const struct mqtt_hooks *hooks);

/* Copies the message into the queue: 0, -ENOTCONN or -ENOBUFS (both counted). mqtt_flush() sends what
 * is queued, in one burst. */
int mqtt_send(struct mqtt *m, const struct message *message);
void mqtt_flush(struct mqtt *m);

struct mqtt_counters mqtt_counters(const struct mqtt *m);

/* For how many milliseconds the network thread has not moved. Minutes are no harm, as a name lookup may take
 * them; it never rests for more than 5 s otherwise. 0 without a session. */
uint64_t mqtt_stalled_ms(const struct mqtt *m);

/* Sends what is queued, disconnects and ends the thread, in at most wait_ms; a thread that still hangs
 * in a name lookup is left to end by itself. Accepts a half-built one. Returns whether it ended. */
bool mqtt_close(struct mqtt *m, unsigned wait_ms);

/* Of libmosquitto, "2.0.11". */
void mqtt_library_version(char *buf, size_t size);

#endif
