#include "mqtt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "mqtt-network.h"
#include "mqtt-session.h"

#define UNSAID_MS 200 /* to end without a session, when nothing can be said anyway */

/* Takes over under the lock what the thread left, then tells the hooks without it. */
static void woken(struct source *src, uint32_t events)
{
	struct mqtt *m = container_of(src, struct mqtt, wake);
	struct mqtt_session *s = m->session;
	struct mqtt_letter inbox[MQTT_INBOX];
	size_t count;
	unsigned number;
	bool connected, caught_up, changed;

	(void)events;
	mqtt_absorb(src->fd);
	pthread_mutex_lock(&s->lock);
	number = s->number;
	connected = s->connected;
	caught_up = s->caught_up;
	s->caught_up = false;
	count = s->inbox_count;
	memcpy(inbox, s->inbox, count * sizeof(inbox[0]));
	s->inbox_count = 0;
	changed = connected != m->connected || strcmp(m->status, s->status) != 0;
	memcpy(m->status, s->status, sizeof(m->status));
	pthread_mutex_unlock(&s->lock);

	m->connected = connected;
	if (connected && number != m->number) {
		m->number = number;
		m->hooks.connected(m->hooks.user);
	} else if (connected && caught_up) {
		m->hooks.caught_up(m->hooks.user);
	}
	if (changed)
		m->hooks.changed(m->hooks.user);
	for (size_t i = 0; i < count; i++)
		m->hooks.received(m->hooks.user, inbox[i].topic, inbox[i].payload, inbox[i].len,
		                  inbox[i].retained);
}

static int set_up_mosquitto(struct mqtt_session *s, const struct mqtt_settings *settings,
                            const struct message *will)
{
	s->mosq = mosquitto_new(settings->client_id, true, s);
	if (!s->mosq)
		return -errno;
	mqtt_network_attach(s);
	if (mosquitto_int_option(s->mosq, MOSQ_OPT_TCP_NODELAY, 1) ||
	    mosquitto_will_set(s->mosq, will->topic, (int)will->len, will->payload, will->qos,
	                       will->retain) ||
	    mosquitto_username_pw_set(s->mosq, settings->username, settings->password))
		return -EINVAL;
	return 0;
}

static int session_new(struct mqtt_session **session, const struct mqtt_settings *settings,
                       const struct message *will, const char *const *subscriptions)
{
	struct mqtt_session *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return -ENOMEM;
	mosquitto_lib_init();
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->ended_cond, NULL);
	s->wake_caller = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->wake_thread = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->host = strdup(settings->host);
	s->port = settings->port;
	s->keepalive_s = settings->keepalive_s;
	s->turned_ms = loop_now_ms();
	s->old_protocol = settings->protocol == MQTT_PROTOCOL_3_1_1;
	for (size_t i = 0; i < MQTT_SUBSCRIPTIONS && subscriptions[i]; i++)
		s->subscriptions[i] = strdup(subscriptions[i]);
	snprintf(s->status, sizeof(s->status), "connecting");

	rc = s->host && s->wake_caller >= 0 && s->wake_thread >= 0 && outbox_init(&s->outbox)
	             ? set_up_mosquitto(s, settings, will)
	             : -ENOMEM;
	if (rc < 0) {
		mqtt_session_free(s);
		return rc;
	}
	*session = s;
	return 0;
}

int mqtt_open(struct mqtt *m, struct loop *loop, const struct mqtt_settings *settings,
              const struct message *will, const char *const *subscriptions,
              const struct mqtt_hooks *hooks)
{
	int rc;

	*m = (struct mqtt){ .hooks = *hooks };
	snprintf(m->status, sizeof(m->status), "connecting");
	rc = session_new(&m->session, settings, will, subscriptions);
	if (rc < 0)
		return rc;
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

int mqtt_send(struct mqtt *m, const struct message *message)
{
	struct mqtt_session *s = m->session;
	int rc = 0;

	pthread_mutex_lock(&s->lock);
	/* not before connected() was told of this session: its whole state goes out then */
	if (!s->connected || s->number != m->number) {
		rc = -ENOTCONN;
	} else if (!outbox_put(&s->outbox, message)) {
		rc = -ENOBUFS;
		s->overflowed = true;
	}
	if (rc < 0)
		s->dropped++;
	pthread_mutex_unlock(&s->lock);
	m->unflushed |= rc == 0;
	return rc;
}

void mqtt_flush(struct mqtt *m)
{
	if (!m->unflushed)
		return;
	m->unflushed = false;
	mqtt_wake(m->session->wake_thread);
}

struct mqtt_counters mqtt_counters(const struct mqtt *m)
{
	struct mqtt_session *s = m->session;
	struct mqtt_counters counters;

	pthread_mutex_lock(&s->lock);
	counters.published = __atomic_load_n(&s->published, __ATOMIC_RELAXED);
	counters.dropped = s->dropped;
	pthread_mutex_unlock(&s->lock);
	return counters;
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

/* Whether the thread ended in time; the lock is held. A hanging connect() is broken again and again, as
 * the thread may have been just about to enter it. */
static bool wait_for_end(struct mqtt_session *s, unsigned wait_ms)
{
	uint64_t deadline =
		loop_now_ms() + (s->connected || wait_ms < UNSAID_MS ? wait_ms : UNSAID_MS);

	while (!s->ended && loop_now_ms() < deadline) {
		struct timespec until;

		if (!s->connected)
			pthread_kill(s->thread, MQTT_INTERRUPT);
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 50 * 1000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&s->ended_cond, &s->lock, &until);
	}
	return s->ended;
}

bool mqtt_close(struct mqtt *m, unsigned wait_ms)
{
	struct mqtt_session *s = m->session;
	bool ended;

	if (!s)
		return true;
	if (m->loop)
		loop_remove(m->loop, &m->wake);
	m->session = NULL;

	pthread_mutex_lock(&s->lock);
	s->stop = true;
	mqtt_wake(s->wake_thread);
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
