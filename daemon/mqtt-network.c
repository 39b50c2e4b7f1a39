#include "mqtt-network.h"

#include <errno.h>
#include <mqtt_protocol.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "journal.h"
#include "log.h"
#include "loop.h"

#define CONNECT_MS     10000 /* for one address to answer, and again for the broker's CONNACK */
#define PAUSE_FIRST_MS 500
#define PAUSE_LAST_MS  2000
#define UNDERWAY_MAX   64 /* messages that libmosquitto may hold at once */

static void set_status(struct mqtt_session *s, const char *text)
{
	bool news;

	pthread_mutex_lock(&s->lock);
	news = strcmp(s->status, text) != 0;
	if (news)
		snprintf(s->status, sizeof(s->status), "%s", text);
	pthread_mutex_unlock(&s->lock);
	if (news)
		mqtt_wake(s->wake_caller);
}

static void describe(struct journal *j, const struct mqtt_session *s, const char *id)
{
	*j = (struct journal){ 0 };
	journal_text(j, "MESSAGE_ID", id);
	journal_text(j, "BROKER", s->host);
	journal_number(j, "BROKER_PORT", s->port);
}

/* One line per kind of trouble, not one per attempt. */
static void tell_trouble(struct mqtt_session *s, const char *what)
{
	struct journal j;

	describe(&j, s, JOURNAL_BROKER_LOST);
	journal_text(&j, "ERROR_CAUSE", what);
	set_status(s, what);
	if (strcmp(what, s->told) == 0)
		return;
	snprintf(s->told, sizeof(s->told), "%s", what);
	log_write(LOG_WARNING, j.fields, "mqtt: broker %s port %u: %s; trying again every 2 s",
	          s->host, s->port, what);
}

static const char *trouble(int rc)
{
	int err = errno;

	switch (rc) {
	case MOSQ_ERR_ERRNO:
		return err == EINTR ? "no answer (connection timed out)" : strerror(err);
	case MOSQ_ERR_EAI:
		return gai_strerror(err); /* libmosquitto leaves the lookup's result there */
	case MOSQ_ERR_CONN_LOST:
		return "connection lost";
	case MOSQ_ERR_KEEPALIVE:
		return "no answer within the keepalive time";
	default:
		return mosquitto_strerror(rc);
	}
}

/* The codes of both protocols: below 128 those of 3.1.1. */
static const char *refusal(int code)
{
	if (code == 4 || code == MQTT_RC_BAD_USERNAME_OR_PASSWORD)
		return "login refused: check username and password";
	if (code == 5 || code == MQTT_RC_NOT_AUTHORIZED)
		return "not authorised: check username, password and the broker's access rules";
	return code < 128 ? mosquitto_connack_string(code) : mosquitto_reason_string(code);
}

/* Whether the broker refuses MQTT 5 and 3.1.1 is worth a try. */
static bool step_back(struct mqtt_session *s, int code)
{
	if (s->old_protocol || (code != 1 && code != MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION))
		return false;
	log_info("mqtt: broker %s port %u does not speak MQTT 5, using 3.1.1", s->host, s->port);
	s->old_protocol = true;
	return true;
}

static void on_connect(struct mosquitto *mosq, void *user, int code, int flags,
                       const mosquitto_property *properties)
{
	struct mqtt_session *s = user;
	struct journal j;

	(void)flags;
	(void)properties;
	if (code != 0) {
		s->refused = true;
		if (!step_back(s, code))
			tell_trouble(s, refusal(code));
		return;
	}
	for (size_t i = 0; i < MQTT_SUBSCRIPTIONS && s->subscriptions[i]; i++)
		mosquitto_subscribe(mosq, NULL, s->subscriptions[i], 1);
	s->told[0] = '\0';
	s->pause_ms = PAUSE_FIRST_MS;
	s->underway = 0;
	pthread_mutex_lock(&s->lock);
	s->connected = true;
	s->number++;
	s->overflowed = false;
	pthread_mutex_unlock(&s->lock);
	describe(&j, s, JOURNAL_BROKER_CONNECTED);
	log_write(LOG_INFO, j.fields, "mqtt: connected to broker %s port %u", s->host, s->port);
	set_status(s, "connected");
}

static void on_disconnect(struct mosquitto *mosq, void *user, int code,
                          const mosquitto_property *properties)
{
	struct mqtt_session *s = user;

	(void)mosq;
	(void)code;
	(void)properties;
	s->lost = true;
}

static void on_publish(struct mosquitto *mosq, void *user, int id, int code,
                       const mosquitto_property *properties)
{
	struct mqtt_session *s = user;

	(void)mosq;
	(void)id;
	(void)code;
	(void)properties;
	if (s->underway > 0)
		s->underway--;
	__atomic_add_fetch(&s->published, 1, __ATOMIC_RELAXED);
}

static void on_message(struct mosquitto *mosq, void *user, const struct mosquitto_message *message,
                       const mosquitto_property *properties)
{
	struct mqtt_session *s = user;
	size_t len = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
	size_t topic_size = strlen(message->topic) + 1;
	struct mqtt_letter *letter;

	(void)mosq;
	(void)properties;
	pthread_mutex_lock(&s->lock);
	if (s->inbox_count < MQTT_INBOX && len <= sizeof(letter->payload) &&
	    topic_size <= sizeof(letter->topic)) {
		letter = &s->inbox[s->inbox_count++];
		memcpy(letter->topic, message->topic, topic_size);
		if (len > 0)
			memcpy(letter->payload, message->payload, len);
		letter->len = len;
		letter->retained = message->retain;
	}
	pthread_mutex_unlock(&s->lock);
	mqtt_wake(s->wake_caller);
}

void mqtt_network_attach(struct mqtt_session *s)
{
	mosquitto_connect_v5_callback_set(s->mosq, on_connect);
	mosquitto_disconnect_v5_callback_set(s->mosq, on_disconnect);
	mosquitto_publish_v5_callback_set(s->mosq, on_publish);
	mosquitto_message_v5_callback_set(s->mosq, on_message);
}

/* Asked at every turn, which thereby is known to have come. */
static bool stopping(struct mqtt_session *s)
{
	bool stop;

	pthread_mutex_lock(&s->lock);
	stop = s->stop;
	s->turned_ms = loop_now_ms();
	pthread_mutex_unlock(&s->lock);
	return stop;
}

/* Hands messages to libmosquitto, as long as it has not too many in hand. */
static void send_queued(struct mqtt_session *s)
{
	struct message m;
	bool empty;

	pthread_mutex_lock(&s->lock);
	outbox_turn(&s->outbox);
	pthread_mutex_unlock(&s->lock);
	while (s->underway < UNDERWAY_MAX && outbox_next(&s->outbox, &m)) {
		s->underway++;
		if (mosquitto_publish(s->mosq, NULL, m.topic, (int)m.len, m.payload, m.qos,
		                      m.retain) != MOSQ_ERR_SUCCESS)
			s->underway--;
	}
	pthread_mutex_lock(&s->lock);
	outbox_turn(&s->outbox);
	empty = outbox_is_empty(&s->outbox) && s->underway == 0;
	if (empty && s->overflowed) {
		s->overflowed = false;
		s->caught_up = true;
		mqtt_wake(s->wake_caller);
	}
	pthread_mutex_unlock(&s->lock);
}

static bool all_sent(struct mqtt_session *s)
{
	bool empty;

	pthread_mutex_lock(&s->lock);
	empty = outbox_is_empty(&s->outbox);
	pthread_mutex_unlock(&s->lock);
	return empty && s->underway == 0;
}

/* Waits for the socket or the caller, then lets libmosquitto read, write and keep alive. */
static int turn(struct mqtt_session *s, int timeout_ms)
{
	struct pollfd fds[] = {
		{ .fd = mosquitto_socket(s->mosq), .events = POLLIN },
		{ .fd = s->wake_thread, .events = POLLIN },
	};
	int rc = MOSQ_ERR_SUCCESS;

	if (mosquitto_want_write(s->mosq))
		fds[0].events |= POLLOUT;
	if (poll(fds, 2, timeout_ms) < 0 && errno != EINTR)
		return MOSQ_ERR_ERRNO;
	if (fds[1].revents)
		mqtt_absorb(s->wake_thread);
	if (fds[0].revents & (POLLIN | POLLHUP | POLLERR))
		rc = mosquitto_loop_read(s->mosq, 1);
	if (rc == MOSQ_ERR_SUCCESS && mosquitto_want_write(s->mosq))
		rc = mosquitto_loop_write(s->mosq, 1);
	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_loop_misc(s->mosq);
	return rc;
}

/* Serves one connection until it is lost or the caller wants to stop. */
static void serve(struct mqtt_session *s)
{
	uint64_t deadline = loop_now_ms() + CONNECT_MS;
	int idle_ms = (int)(s->keepalive_s < 20 ? s->keepalive_s * 250 : 5000);
	int rc = MOSQ_ERR_SUCCESS;

	s->refused = s->lost = false;
	while (rc == MOSQ_ERR_SUCCESS && !s->lost && !s->refused) {
		bool open = s->connected;

		if (open)
			send_queued(s);
		else if (loop_now_ms() > deadline)
			break;
		if (stopping(s) && (!open || all_sent(s))) {
			mosquitto_disconnect(s->mosq);
			break;
		}
		rc = turn(s, open ? idle_ms : 250);
	}
	if (s->refused || stopping(s))
		return;
	if (s->connected)
		tell_trouble(s, rc == MOSQ_ERR_SUCCESS ? "connection lost" : trouble(rc));
	else
		tell_trouble(s, rc == MOSQ_ERR_SUCCESS ? "no answer to the login" : trouble(rc));
}

static void close_session(struct mqtt_session *s)
{
	bool was_connected;

	pthread_mutex_lock(&s->lock);
	was_connected = s->connected;
	s->connected = false;
	s->dropped += outbox_clear(&s->outbox);
	pthread_mutex_unlock(&s->lock);
	if (was_connected)
		mqtt_wake(s->wake_caller);
}

static void pause_between(struct mqtt_session *s)
{
	struct pollfd fd = { .fd = s->wake_thread, .events = POLLIN };
	uint64_t until = loop_now_ms() + s->pause_ms;

	for (uint64_t now = loop_now_ms(); now < until && !stopping(s); now = loop_now_ms()) {
		if (poll(&fd, 1, (int)(until - now)) > 0)
			mqtt_absorb(s->wake_thread);
	}
	s->pause_ms = s->pause_ms * 2 < PAUSE_LAST_MS ? s->pause_ms * 2 : PAUSE_LAST_MS;
}

static void interrupted(int signo)
{
	(void)signo; /* its work is done: connect() returns EINTR, and the next address is tried */
}

/* connect() to an address that swallows everything takes the kernel two minutes: a timer's signal ends it
 * after CONNECT_MS. A name lookup is not shortened by it. */
static int connect_within(struct mqtt_session *s)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = MQTT_INTERRUPT };
	struct itimerspec spec = { { CONNECT_MS / 1000, 0 }, { CONNECT_MS / 1000, 0 } };
	timer_t timer;
	bool armed;
	int rc, err;

	mosquitto_int_option(s->mosq, MOSQ_OPT_PROTOCOL_VERSION,
	                     s->old_protocol ? MQTT_PROTOCOL_V311 : MQTT_PROTOCOL_V5);
	event._sigev_un._tid = gettid();
	armed = timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
	if (armed)
		timer_settime(timer, 0, &spec, NULL);
	rc = mosquitto_connect(s->mosq, s->host, (int)s->port, (int)s->keepalive_s);
	err = errno;
	if (armed)
		timer_delete(timer);
	errno = err;
	return rc;
}

static void *network(void *user)
{
	struct mqtt_session *s = user;
	sigset_t set;
	bool last;

	s->pause_ms = PAUSE_FIRST_MS;
	sigemptyset(&set);
	sigaddset(&set, MQTT_INTERRUPT);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);

	while (!stopping(s)) {
		int rc = connect_within(s);

		if (rc == MOSQ_ERR_SUCCESS)
			serve(s);
		else if (!stopping(s))
			tell_trouble(s, trouble(rc));
		close_session(s);
		pause_between(s);
	}

	pthread_mutex_lock(&s->lock);
	s->ended = true;
	last = s->abandoned;
	pthread_cond_signal(&s->ended_cond);
	pthread_mutex_unlock(&s->lock);
	if (last)
		mqtt_session_free(s);
	return NULL;
}

/* The thread takes no signal of the process, only MQTT_INTERRUPT, whose handler does nothing. */
int mqtt_network_start(struct mqtt_session *s)
{
	struct sigaction action = { .sa_handler = interrupted };
	sigset_t all, before;
	int rc;

	sigaction(MQTT_INTERRUPT, &action, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	rc = pthread_create(&s->thread, NULL, network, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0)
		pthread_detach(s->thread);
	return -rc;
}
