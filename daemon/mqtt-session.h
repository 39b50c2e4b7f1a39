/* The session with the broker, as the caller's thread and the network thread share it.
 *
 * mqtt.c makes it and speaks for the caller, mqtt-network.c is the thread. Knows no topic.
 */
#ifndef MQTT_SESSION_H
#define MQTT_SESSION_H

#include <mosquitto.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outbox.h"

#define MQTT_INBOX         16
#define MQTT_SUBSCRIPTIONS 4
#define MQTT_INTERRUPT     SIGRTMIN /* breaks a connect() that hangs */

/* A message that arrived. */
struct mqtt_letter {
	char topic[256];
	char payload[64];
	size_t len;
	bool retained;
};

/* Shared between the caller's thread and the network thread; whoever leaves last frees it. */
struct mqtt_session {
	/* set before the thread starts */
	char *host;
	unsigned port;
	unsigned keepalive_s;
	char *subscriptions[MQTT_SUBSCRIPTIONS];
	struct mosquitto *mosq;
	int wake_caller;
	int wake_thread;

	pthread_mutex_t lock; /* for all up to the next comment */
	pthread_cond_t ended_cond;
	pthread_t thread;
	bool stop, ended, abandoned;
	unsigned number; /* counts sessions that the broker accepted */
	bool connected;
	char status[160];
	struct outbox outbox;
	bool overflowed, caught_up;
	struct mqtt_letter inbox[MQTT_INBOX];
	size_t inbox_count;
	uint64_t published, dropped;
	uint64_t turned_ms; /* when the thread moved last */

	/* the thread's own */
	size_t underway;
	bool refused, lost;
	bool old_protocol; /* 3.1.1: set, or the broker refused 5 */
	char told[160];    /* the last trouble that was logged */
	unsigned pause_ms;
};

/* Frees it; by whoever of the two leaves last. */
void mqtt_session_free(struct mqtt_session *s);

/* A descriptor to wake the other thread by, and to rest again. */
void mqtt_wake(int fd);
void mqtt_absorb(int fd);

#endif
