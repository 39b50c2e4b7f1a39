#include "mqtt-sender.h"

#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>

#include "log.h"
#include "loop.h"

#define FAILURE      0x80   /* reason codes from here on */
#define STUCK_SENT   0x8000 /* packets have 16-bit numbers, which must not come round */
#define STUCK_TIMES  2      /* the keepalive time, in which nothing was acknowledged */
#define UNPACKED     32     /* messages at once */
#define CAUGHT_UP_MS 5000   /* between two times that all is sent again */

/* What people may do about a refusal. */
#define ASK_RULES   "do its access rules allow it?"
#define RAISE_LIMIT "raise its limit for packets (mosquitto's max_packet_size)"

void mqtt_sender_begin(struct mqtt_session *s, unsigned window, int max_qos)
{
	s->underway_count = s->writing = 0;
	s->window = window < MQTT_UNDERWAY ? window : MQTT_UNDERWAY;
	s->max_qos = max_qos;
	s->told_refused = false;
	s->answered_ms = loop_now_ms();
}

/* One line in a session: there may be a refusal for every message. */
static void drop(struct mqtt_session *s, const char *topic, const char *why, const char *advice)
{
	pthread_mutex_lock(&s->lock);
	s->dropped++;
	s->refusals++;
	pthread_mutex_unlock(&s->lock);
	if (!s->told_refused)
		log_warning("mqtt: broker %s port %u: refused a message on %s: %s; %s", s->host,
		            s->port, topic, why, advice);
	s->told_refused = true;
}

/* The properties of a message, which libmosquitto copies: the same as last time, mostly. */
static const mosquitto_property *properties_of(struct mqtt_session *s, const struct message *m)
{
	if (m->expiry_s == 0 || s->old_protocol)
		return NULL;
	if (!s->expiry || s->expiry_s != m->expiry_s) {
		mosquitto_property_free_all(&s->expiry);
		mosquitto_property_add_int32(&s->expiry, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL,
		                             m->expiry_s);
		s->expiry_s = m->expiry_s;
	}
	return s->expiry;
}

static struct mqtt_underway *follow(struct mqtt_session *s, const struct message *m)
{
	struct mqtt_underway *u = &s->underway[s->underway_count];

	if (s->underway_count++ == 0)
		s->answered_ms = loop_now_ms();
	*u = (struct mqtt_underway){ 0, s->serial, m->ticket, "" };
	snprintf(u->topic, sizeof(u->topic), "%s", m->topic);
	return u;
}

/* One that is to be acknowledged is followed also where the broker takes only QoS 0: until it is written, which
 * may be before this returns; libmosquitto has said its number then. */
static void send_message(struct mqtt_session *s, const struct message *m)
{
	int qos = m->qos < s->max_qos ? m->qos : s->max_qos;
	struct mqtt_underway *u = NULL;
	int rc;

	s->serial++;
	if (m->qos > 0)
		u = follow(s, m);
	else
		s->writing++;
	rc = mosquitto_publish_v5(s->mosq, u ? &u->id : NULL, m->topic, (int)m->len, m->payload,
	                          qos, m->retain, properties_of(s, m));
	switch (rc) {
	case MOSQ_ERR_SUCCESS:
	case MOSQ_ERR_NO_CONN: /* the next turn finds the connection lost, and with it what is under way */
	case MOSQ_ERR_CONN_LOST:
	case MOSQ_ERR_ERRNO:
		return;
	case MOSQ_ERR_OVERSIZE_PACKET:
		drop(s, m->topic, "it is larger than this broker takes", RAISE_LIMIT);
		break;
	default:
		drop(s, m->topic, mosquitto_strerror(rc), ASK_RULES);
	}
	if (u)
		s->underway_count--;
	else
		s->writing--;
}

static bool has_room(struct mqtt_session *s)
{
	return s->underway_count + s->writing < MQTT_UNDERWAY && s->underway_count < s->window &&
	       s->underway_count + __atomic_load_n(&s->ticket_count, __ATOMIC_RELAXED) <
	               MQTT_TICKETS;
}

/* In parts, so that the caller, who has more to hand over, does not wait for the lock. */
static void unpack(struct mqtt_session *s)
{
	bool more = true;

	while (more) {
		pthread_mutex_lock(&s->lock);
		more = mqtt_session_unpack(s, UNPACKED);
		pthread_mutex_unlock(&s->lock);
	}
}

static bool take_message(struct mqtt_session *s, struct message *m, bool *more)
{
	bool taken;

	pthread_mutex_lock(&s->lock);
	mqtt_session_unpack(s, UNPACKED);
	taken = outbox_take(&s->outbox, m);
	*more = !outbox_is_empty(&s->outbox);
	pthread_mutex_unlock(&s->lock);
	return taken;
}

/* libmosquitto writes each message by itself: the kernel holds them back meanwhile, so that those of one
 * reading travel together. */
static void hold_back(struct mqtt_session *s, int yes)
{
	setsockopt(mosquitto_socket(s->mosq), IPPROTO_TCP, TCP_CORK, &yes, sizeof(yes));
}

static void send_messages(struct mqtt_session *s)
{
	bool more, held = false;
	struct message m;

	unpack(s);
	while (has_room(s) && take_message(s, &m, &more)) {
		if (more && !held)
			hold_back(s, 1);
		held |= more;
		send_message(s, &m);
	}
	if (held)
		hold_back(s, 0);
}

static struct mqtt_request *next_request(struct mqtt_session *s)
{
	struct mqtt_request *r;

	pthread_mutex_lock(&s->lock);
	for (r = s->requests; r && r->sent; r = r->next)
		continue;
	if (r)
		r->sent = true;
	pthread_mutex_unlock(&s->lock);
	return r;
}

/* The caller frees a request only when it is answered. "No local" would spare us what we send ourselves meanwhile, but
 * some brokers (EMQX) take it for a wish not to be told what they keep of this client's earlier sessions. */
static void send_requests(struct mqtt_session *s)
{
	struct mqtt_request *r;

	while ((r = next_request(s)) != NULL) {
		int id = 0;
		int rc = r->subscribe ? mosquitto_subscribe(s->mosq, &id, r->filter, 0)
		                      : mosquitto_unsubscribe(s->mosq, NULL, r->filter);

		pthread_mutex_lock(&s->lock);
		r->id = id;
		r->answered = !r->subscribe || rc != MOSQ_ERR_SUCCESS;
		if (r->answered)
			mqtt_wake(s->wake_caller);
		pthread_mutex_unlock(&s->lock);
	}
}

void mqtt_sender_turn(struct mqtt_session *s)
{
	send_messages(s);
	send_requests(s);
	pthread_mutex_lock(&s->lock);
	if (s->outbox.state_lost && mqtt_sender_is_done(s) && loop_now_ms() >= s->caught_up_ms) {
		s->outbox.state_lost = false;
		s->caught_up_ms = loop_now_ms() + CAUGHT_UP_MS;
		s->caught_up = true;
		mqtt_wake(s->wake_caller);
	}
	pthread_mutex_unlock(&s->lock);
}

bool mqtt_sender_is_done(const struct mqtt_session *s)
{
	return s->parcel.count == 0 && outbox_is_empty(&s->outbox) && s->underway_count == 0 &&
	       s->writing == 0;
}

bool mqtt_sender_is_stuck(const struct mqtt_session *s)
{
	return s->underway_count > 0 &&
	       (s->serial - s->underway[0].serial >= STUCK_SENT ||
	        loop_now_ms() - s->answered_ms > (uint64_t)s->keepalive_s * STUCK_TIMES * 1000);
}

static void acknowledge(struct mqtt_session *s, uint64_t ticket)
{
	pthread_mutex_lock(&s->lock);
	s->tickets[s->ticket_count] = ticket;
	__atomic_store_n(&s->ticket_count, s->ticket_count + 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&s->lock);
	mqtt_wake(s->wake_caller);
}

void mqtt_sender_finished(struct mqtt_session *s, int id, int code)
{
	struct mqtt_underway done;
	size_t i = 0;

	while (i < s->underway_count && s->underway[i].id != id)
		i++;
	if (i == s->underway_count) {
		s->writing -= s->writing > 0;
		__atomic_add_fetch(&s->published, 1, __ATOMIC_RELAXED);
		return;
	}
	done = s->underway[i];
	s->answered_ms = loop_now_ms();
	s->stuck = false;
	s->underway_count--;
	for (; i < s->underway_count; i++)
		s->underway[i] = s->underway[i + 1];
	if (code >= FAILURE) {
		drop(s, done.topic, mosquitto_reason_string(code), ASK_RULES);
		return;
	}
	__atomic_add_fetch(&s->published, 1, __ATOMIC_RELAXED);
	if (done.ticket)
		acknowledge(s, done.ticket);
}

void mqtt_sender_end(struct mqtt_session *s)
{
	s->dropped += s->underway_count + s->writing + s->parcel.count + outbox_clear(&s->outbox);
	parcel_clear(&s->parcel);
	s->underway_count = s->writing = 0;
}
