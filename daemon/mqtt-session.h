/* The session with the broker, as the caller's thread and the network thread share it.
 *
 * mqtt.c makes it and speaks for the caller, mqtt-handover.c hands over what that sends; mqtt-network.c is the thread,
 * mqtt-sender.c what it sends, mqtt-answers.c what the broker answers. Knows no topic.
 */
#ifndef MQTT_SESSION_H
#define MQTT_SESSION_H

#include <mosquitto.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inbox.h"
#include "message.h"
#include "mqtt-tls.h"
#include "mqtt.h"
#include "outbox.h"
#include "parcel.h"

#define MQTT_TOPICS    4        /* that are subscribed in every session */
#define MQTT_REQUESTS  4096     /* that wait at once */
#define MQTT_UNDERWAY  64       /* messages that libmosquitto may hold at once */
#define MQTT_TICKETS   256      /* acknowledged, and not yet told to the caller */
#define MQTT_TOLD      4        /* troubles of one outage that are remembered */
#define MQTT_INTERRUPT SIGRTMIN /* breaks a connect() that hangs */

/* To subscribe to a filter, or no longer. */
struct mqtt_request {
	struct mqtt_request *next;
	bool subscribe;
	bool sent;
	bool answered, accepted;
	int id; /* of the packet */
	char filter[];
};

/* A message with QoS 1 or 2 that the broker has not acknowledged, or that is not written where it takes only QoS 0. */
struct mqtt_underway {
	int id;          /* of the packet */
	uint64_t serial; /* counts messages */
	uint64_t ticket;
	char topic[128]; /* as much of it as fits */
};

/* Who can end a trouble. */
enum mqtt_fault {
	MQTT_FAULT_AWAY,    /* the broker, by coming back */
	MQTT_FAULT_HERE,    /* this machine, which lacks something; people may have to see to it */
	MQTT_FAULT_SETTING, /* people: nothing gets better by trying often */
};

/* Shared between the caller's thread and the network thread; whoever leaves last frees it. */
struct mqtt_session {
	/* set before the thread starts */
	char *host;
	unsigned port;
	char *client_id;
	char *username, *password; /* NULL: none */
	unsigned keepalive_s;
	bool old_protocol_set; /* 3.1.1 and nothing else */
	struct mqtt_tls_settings tls;
	struct message will;
	char *topics[MQTT_TOPICS];
	int wake_caller;
	int wake_thread;
	bool woken; /* by mqtt_flush(), and has not stirred yet: once is enough */

	pthread_mutex_t lock; /* for all up to the next comment */
	pthread_cond_t ended_cond;
	pthread_t thread;
	bool stop, ended, abandoned;
	bool anew;       /* the next attempt is to come without a pause */
	bool leaves;     /* stop was said to it while it was connected */
	unsigned number; /* counts sessions that the broker accepted */
	bool connected;
	char status[MQTT_STATUS];
	bool status_refused;  /* a fault that people have to mend */
	struct parcel parcel; /* handed over, and not yet in the outbox, behind all there */
	struct outbox outbox;
	bool caught_up;
	uint64_t caught_up_ms; /* when the caller may be told next */
	struct inbox inbox;
	bool crowded; /* the inbox is: the thread waits for the caller */
	struct mqtt_request *requests;
	size_t request_count;
	uint64_t tickets[MQTT_TICKETS];
	size_t ticket_count;
	uint64_t published, dropped, refusals, unread;
	uint64_t turned_ms; /* when the thread moved last */

	/* the thread's own */
	struct mosquitto *mosq; /* of this connection or attempt; NULL between them */
	struct mqtt_underway underway[MQTT_UNDERWAY];
	size_t underway_count;
	uint64_t answered_ms;       /* when it last was, or was none before */
	size_t writing;             /* messages with QoS 0 that are not written yet */
	size_t window;              /* messages with QoS 1 or 2 that the broker takes at once */
	int max_qos;                /* that it takes, as far as is known */
	uint16_t ping_s;            /* the keepalive time, which the broker may have set; 0: none */
	uint64_t serial;            /* of the last message */
	mosquitto_property *expiry; /* of messages that expire after so many seconds: */
	unsigned expiry_s;
	bool told_refused, told_unread; /* in this session */
	int topic_ids
		[MQTT_TOPICS]; /* of the packets that subscribe to them; 0: answered, or none */
	bool told_topics[MQTT_TOPICS]; /* that the broker does not let us */
	struct mqtt_tls_talk talk;
	bool refused, lost;
	int lost_code;                     /* why, as the broker said it (MQTT 5), or 0 */
	bool old_protocol;                 /* 3.1.1: set, or the broker refused 5; */
	bool told_old, told_qos;           /* this was said, and that the broker takes only QoS 0 */
	char told[MQTT_TOLD][MQTT_STATUS]; /* the troubles that were logged since all was well */
	unsigned told_count;               /* of them; the newest take the oldest's place */
	enum mqtt_fault fault;             /* of the last one */
	unsigned pause_ms;                 /* before the next attempt */
	bool restless; /* connected, and nobody was told: it may be for a moment only */
	bool rivalry;  /* another client takes our place again and again, or it looks so */
	bool futile;   /* sessions end again and again for another cause */
	bool stuck;    /* the last session was, and nothing has been acknowledged since */
	unsigned brief_sessions; /* in a row */
	uint64_t connected_ms;   /* when the broker accepted the login */
};

/* Frees it; by whoever of the two leaves last. */
void mqtt_session_free(struct mqtt_session *s);

/* Locked. Puts what was handed over into the outbox, so many messages at most; whether there are more. */
bool mqtt_session_unpack(struct mqtt_session *s, size_t most);

/* Locked. Forgets what was asked of a session that is over. */
void mqtt_session_drop_requests(struct mqtt_session *s);

/* A descriptor to wake the other thread by, and to rest again. */
void mqtt_wake(int fd);
void mqtt_absorb(int fd);

#endif
