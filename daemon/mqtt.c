#include "mqtt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mqtt-handover.h"
#include "mqtt-network.h"
#include "mqtt-session.h"
#include "thread.h"

#define UNSAID_MS    200 /* to end without a session, when nothing can be said anyway */
#define INTERRUPT_MS 50  /* so often a connect() is broken */

/* What may wait for the broker: all that a meter has to say of itself, some 40 states, 20 diagnostics and
 * their discovery, three times over, and for a start a discovery message of any length. */
#define COUNT_BASE       1024
#define COUNT_PER_METER  512
#define OCTETS_BASE      (512 * 1024)
#define OCTETS_PER_METER (128 * 1024)

/* What the thread left, taken under the lock and told without it. */
struct news {
	unsigned number;
	bool connected, caught_up, changed;
	uint64_t tickets[MQTT_TICKETS];
	size_t ticket_count;
	struct mqtt_request *answered;
};

static struct mqtt_request *take_answered(struct mqtt_session *s)
{
	struct mqtt_request **link = &s->requests, *taken = NULL, **end = &taken;

	while (*link) {
		struct mqtt_request *r = *link;

		if (!r->answered) {
			link = &r->next;
			continue;
		}
		*link = r->next;
		r->next = NULL;
		*end = r;
		end = &r->next;
		s->request_count--;
	}
	return taken;
}

static void take_news(struct mqtt *m, struct news *news)
{
	struct mqtt_session *s = m->session;

	pthread_mutex_lock(&s->lock);
	news->number = s->number;
	news->connected = s->connected;
	news->caught_up = s->caught_up;
	s->caught_up = false;
	news->ticket_count = s->ticket_count;
	memcpy(news->tickets, s->tickets, s->ticket_count * sizeof(s->tickets[0]));
	__atomic_store_n(&s->ticket_count, 0, __ATOMIC_RELAXED);
	news->answered = take_answered(s);
	inbox_take(&s->inbox, &m->inbox);
	if (s->crowded ||
	    news->ticket_count >= MQTT_TICKETS - MQTT_UNDERWAY) /* it waits for room */
		mqtt_wake(s->wake_thread);
	s->crowded = false;
	news->changed = news->connected != m->connected || strcmp(m->status, s->status) != 0;
	memcpy(m->status, s->status, sizeof(m->status));
	m->refused = s->status_refused;
	mqtt_see(m);
	pthread_mutex_unlock(&s->lock);
}

static void tell_answers(struct mqtt *m, struct mqtt_request *r)
{
	while (r) {
		struct mqtt_request *next = r->next;

		if (r->subscribe)
			m->hooks.subscribed(m->hooks.user, r->filter, r->accepted);
		free(r);
		r = next;
	}
}

static void woken(struct source *src, uint32_t events)
{
	struct mqtt *m = container_of(src, struct mqtt, wake);
	struct news news;
	struct arrival arrival;

	(void)events;
	mqtt_absorb(src->fd);
	take_news(m, &news);
	for (size_t i = 0; i < news.ticket_count; i++)
		m->hooks.acknowledged(m->hooks.user, news.tickets[i]);
	mqtt_hand_over(m); /* to the session that it was meant for */
	m->connected = news.connected;
	if (news.connected && news.number != m->number) {
		m->number = news.number;
		m->unflushed = true; /* what came too late for the last one */
		m->hooks.connected(m->hooks.user);
	} else if (news.connected && news.caught_up) {
		m->hooks.caught_up(m->hooks.user);
	}
	if (news.changed)
		m->hooks.changed(m->hooks.user);
	tell_answers(m, news.answered);
	while (inbox_next(&m->inbox, &arrival))
		m->hooks.received(m->hooks.user, arrival.topic, arrival.payload, arrival.len,
		                  arrival.retained);
}

static char *copy_of(const char *text, bool *complete)
{
	char *copy = text ? strdup(text) : NULL;

	*complete &= !text == !copy;
	return copy;
}

static void copy_tls(struct mqtt_tls_settings *copy, const struct mqtt_tls_settings *tls,
                     bool *complete)
{
	*copy = (struct mqtt_tls_settings){
		.on = tls->on,
		.insecure = tls->insecure,
		.ca_file = copy_of(tls->ca_file, complete),
		.ca_path = copy_of(tls->ca_path, complete),
		.cert_file = copy_of(tls->cert_file, complete),
		.key_file = copy_of(tls->key_file, complete),
		.psk_identity = copy_of(tls->psk_identity, complete),
		.psk = copy_of(tls->psk, complete),
	};
}

static bool copy_settings(struct mqtt_session *s, const struct mqtt_settings *settings,
                          const struct message *will, const char *const *topics)
{
	bool complete = true;
	char *payload;

	s->host = copy_of(settings->host, &complete);
	s->port = settings->port;
	s->client_id = copy_of(settings->client_id, &complete);
	s->username = copy_of(settings->username, &complete);
	s->password = copy_of(settings->password, &complete);
	s->keepalive_s = settings->keepalive_s;
	copy_tls(&s->tls, &settings->tls, &complete);
	s->old_protocol = s->old_protocol_set = settings->protocol == MQTT_PROTOCOL_3_1_1;
	for (size_t i = 0; i < MQTT_TOPICS && topics[i]; i++)
		s->topics[i] = copy_of(topics[i], &complete);
	if (!will)
		return complete;
	payload = malloc(will->len + 1);
	s->will = *will;
	s->will.topic = copy_of(will->topic, &complete);
	s->will.payload = payload;
	if (payload)
		memcpy(payload, will->payload, will->len);
	return complete && payload;
}

static int session_new(struct mqtt_session **session, const struct mqtt_settings *settings,
                       const struct message *will, const char *const *topics)
{
	struct mqtt_session *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return -ENOMEM;
	mosquitto_lib_init();
	pthread_mutex_init(&s->lock, NULL);
	thread_cond_init(&s->ended_cond);
	s->wake_caller = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->wake_thread = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	rc = s->wake_caller < 0 || s->wake_thread < 0 ? -errno : 0;
	s->turned_ms = loop_now_ms();
	s->max_qos = 2;
	snprintf(s->status, sizeof(s->status), "connecting");
	if (rc == 0 &&
	    (!copy_settings(s, settings, will, topics) || !parcel_init(&s->parcel) ||
	     !outbox_init(&s->outbox, COUNT_BASE, OCTETS_BASE) || !inbox_init(&s->inbox)))
		rc = -ENOMEM;
	if (rc < 0) {
		mqtt_session_free(s);
		return rc;
	}
	*session = s;
	return 0;
}

int mqtt_open(struct mqtt *m, struct loop *loop, const struct mqtt_settings *settings,
              const struct message *will, const char *const *topics, const struct mqtt_hooks *hooks)
{
	int rc;

	*m = (struct mqtt){ .hooks = *hooks };
	snprintf(m->status, sizeof(m->status), "connecting");
	if (!inbox_init(&m->inbox) || !parcel_init(&m->parcel)) {
		mqtt_close(m, 0);
		return -ENOMEM;
	}
	rc = session_new(&m->session, settings, will, topics);
	if (rc < 0) {
		mqtt_close(m, 0);
		return rc;
	}
	m->wake = (struct source){ m->session->wake_caller, woken };
	rc = loop_add(loop, &m->wake, EPOLLIN);
	if (rc == 0) {
		m->loop = loop;
		rc = mqtt_network_start(m->session);
	}
	if (rc < 0) {
		m->session->ended = true;
		mqtt_close(m, 0);
	}
	return rc;
}

static void append_request(struct mqtt_session *s, struct mqtt_request *request)
{
	struct mqtt_request **end = &s->requests;

	while (*end)
		end = &(*end)->next;
	*end = request;
	s->request_count++;
}

static int request(struct mqtt *m, const char *filter, bool subscribe)
{
	struct mqtt_session *s = m->session;
	size_t size = strlen(filter) + 1;
	struct mqtt_request *r = calloc(1, sizeof(*r) + size);
	int rc = 0;

	if (!r)
		return -ENOMEM;
	r->subscribe = subscribe;
	memcpy(r->filter, filter, size);
	mqtt_hand_over(m);
	pthread_mutex_lock(&s->lock);
	if (!mqtt_is_told(m))
		rc = -ENOTCONN;
	else if (s->request_count == MQTT_REQUESTS)
		rc = -ENOBUFS;
	else
		append_request(s, r);
	pthread_mutex_unlock(&s->lock);
	if (rc == 0)
		mqtt_wake(s->wake_thread);
	else
		free(r);
	return rc;
}

int mqtt_subscribe(struct mqtt *m, const char *filter)
{
	return request(m, filter, true);
}

int mqtt_unsubscribe(struct mqtt *m, const char *filter)
{
	return request(m, filter, false);
}

void mqtt_provide(struct mqtt *m, size_t meters)
{
	struct mqtt_session *s = m->session;

	pthread_mutex_lock(&s->lock);
	outbox_resize(&s->outbox, COUNT_BASE + meters * COUNT_PER_METER,
	              OCTETS_BASE + meters * OCTETS_PER_METER);
	pthread_mutex_unlock(&s->lock);
}

struct mqtt_counters mqtt_counters(const struct mqtt *m)
{
	struct mqtt_session *s = m->session;
	struct mqtt_counters counters;

	pthread_mutex_lock(&s->lock);
	counters.published = __atomic_load_n(&s->published, __ATOMIC_RELAXED);
	counters.overflown = s->outbox.dropped;
	counters.dropped = s->dropped + counters.overflown;
	counters.refused = s->refusals;
	counters.unread = s->unread;
	pthread_mutex_unlock(&s->lock);
	return counters;
}

bool mqtt_expires(const struct mqtt *m)
{
	struct mqtt_session *s = m->session;
	bool expires;

	pthread_mutex_lock(&s->lock);
	expires = s->connected && !s->old_protocol; /* which stays as it is in a session */
	pthread_mutex_unlock(&s->lock);
	return expires;
}

uint64_t mqtt_stalled_ms(const struct mqtt *m)
{
	struct mqtt_session *s = m->session;
	uint64_t turned_ms;

	if (!s)
		return 0;
	pthread_mutex_lock(&s->lock);
	turned_ms = s->turned_ms;
	pthread_mutex_unlock(&s->lock);
	return loop_now_ms() - turned_ms;
}

void mqtt_try_anew(struct mqtt *m)
{
	struct mqtt_session *s = m->session;

	pthread_mutex_lock(&s->lock);
	s->anew = !s->connected;
	pthread_mutex_unlock(&s->lock);
	mqtt_wake(s->wake_thread);
}

/* Whether the thread ended in time; the lock is held. A hanging connect() is broken again and again, as
 * the thread may have been just about to enter it. */
static bool wait_for_end(struct mqtt_session *s, unsigned wait_ms)
{
	uint64_t deadline =
		loop_now_ms() + (s->connected || wait_ms < UNSAID_MS ? wait_ms : UNSAID_MS);

	while (!s->ended && loop_now_ms() < deadline) {
		const struct timespec until = thread_in_ms(INTERRUPT_MS);

		if (!s->connected)
			pthread_kill(s->thread, MQTT_INTERRUPT);
		pthread_cond_timedwait(&s->ended_cond, &s->lock, &until);
	}
	return s->ended;
}

bool mqtt_close(struct mqtt *m, unsigned wait_ms)
{
	struct mqtt_session *s = m->session;
	bool ended;

	if (s)
		mqtt_hand_over(m);
	parcel_fini(&m->parcel);
	inbox_fini(&m->inbox);
	if (!s)
		return true;
	if (m->loop)
		loop_remove(m->loop, &m->wake);
	m->session = NULL;

	pthread_mutex_lock(&s->lock);
	mqtt_network_stop(s);
	ended = wait_for_end(s, wait_ms);
	s->abandoned = true;
	pthread_mutex_unlock(&s->lock);
	if (ended)
		mqtt_session_free(s);
	return ended;
}

void mqtt_library_version(char *buf, size_t size)
{
	int major, minor, revision;

	mosquitto_lib_version(&major, &minor, &revision);
	snprintf(buf, size, "%d.%d.%d", major, minor, revision);
}
