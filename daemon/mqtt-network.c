#include "mqtt-network.h"

#include <errno.h>
#include <fcntl.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"
#include "mqtt-answers.h"
#include "mqtt-guard.h"
#include "mqtt-sender.h"
#include "mqtt-trouble.h"
#include "thread.h"

#define CONNECT_MS 10000 /* for one address to answer, and again for the broker's CONNACK */
#define IDLE_MS    5000  /* the longest rest */
#define LINGER_MS  300   /* for the broker to read the goodbye */
#define LEAVE_MS   3000  /* for the session before this one to end; it is looked for */
#define LOOK_MS    10    /* so often */
#define PACKET_MAX (INBOX_PAYLOAD + 4096) /* that the broker may send, if it knows MQTT 5 */

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

static bool all_sent(struct mqtt_session *s)
{
	bool done;

	pthread_mutex_lock(&s->lock);
	done = mqtt_sender_is_done(s);
	pthread_mutex_unlock(&s->lock);
	return done;
}

/* Whether the caller takes what comes. */
static bool may_read(struct mqtt_session *s)
{
	bool crowded;

	pthread_mutex_lock(&s->lock);
	crowded = s->crowded;
	pthread_mutex_unlock(&s->lock);
	return !crowded;
}

/* Only then may it be woken anew: what was queued before is found at the next turn, which begins behind this. */
static void absorb_wake(struct mqtt_session *s)
{
	mqtt_absorb(s->wake_thread);
	__atomic_store_n(&s->woken, false, __ATOMIC_SEQ_CST);
}

static bool may_write(const struct mqtt_session *s)
{
	return mosquitto_want_write(s->mosq) && (!s->tls.on || s->talk.phase == MQTT_TLS_OPEN);
}

/* Waits for the socket or the caller, then lets libmosquitto read, write and keep alive. */
static int turn(struct mqtt_session *s, int timeout_ms)
{
	struct pollfd fds[] = {
		{ .fd = mosquitto_socket(s->mosq), .events = may_read(s) ? POLLIN : 0 },
		{ .fd = s->wake_thread, .events = POLLIN },
	};
	bool listening = s->tls.on && s->talk.phase == MQTT_TLS_LISTENING;
	bool shaking = s->tls.on && s->talk.phase == MQTT_TLS_HANDSHAKE;
	int rc = MOSQ_ERR_SUCCESS, ready;

	if (may_write(s))
		fds[0].events |= POLLOUT;
	ready = poll(fds, 2, listening ? MQTT_TLS_LISTEN_MS : timeout_ms);
	if (ready < 0 && errno != EINTR)
		return MOSQ_ERR_ERRNO;
	if (fds[1].revents)
		absorb_wake(s);
	if (shaking || fds[0].revents & (POLLIN | POLLHUP | POLLERR))
		rc = mqtt_guard_read(s->mosq);
	if (listening && (ready == 0 || fds[0].revents))
		s->talk.phase = MQTT_TLS_OPEN;
	if (rc == MOSQ_ERR_SUCCESS && may_write(s))
		rc = mosquitto_loop_write(s->mosq, 1);
	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_loop_misc(s->mosq);
	return rc;
}

/* An old broker's refusal of MQTT 5 is shorter than one of MQTT 5 would be, and libmosquitto calls it malformed
 * (2.0.12 and later). If it understands neither, it is none, and 5 is tried again. */
static bool is_old(struct mqtt_session *s, int rc)
{
	if (s->connected || (rc != MOSQ_ERR_MALFORMED_PACKET && rc != MOSQ_ERR_PROTOCOL))
		return false;
	if (rc == MOSQ_ERR_MALFORMED_PACKET && mqtt_answers_step_back(s))
		return true;
	s->old_protocol = s->old_protocol_set;
	return false;
}

/* A socket that is closed while something is still unread takes with it what the broker has not read yet: the goodbye,
 * and the broker would publish the will. So the connection stays until the broker ends it, for LINGER_MS at most. */
static void say_goodbye(struct mqtt_session *s)
{
	int fd = fcntl(mosquitto_socket(s->mosq), F_DUPFD_CLOEXEC, 0);
	struct pollfd rest = { .fd = fd, .events = POLLIN };
	uint64_t now = loop_now_ms(), until = now + LINGER_MS;
	char buf[512];

	mosquitto_disconnect(s->mosq);
	if (fd < 0)
		return;
	shutdown(fd, SHUT_WR);
	while (now < until && poll(&rest, 1, (int)(until - now)) > 0 &&
	       read(fd, buf, sizeof(buf)) > 0)
		now = loop_now_ms();
	close(fd);
}

/* So that libmosquitto, which looks only then, pings in time. */
static int idle_ms(const struct mqtt_session *s)
{
	return s->ping_s > 0 && s->ping_s < 20 ? s->ping_s * 250 : IDLE_MS;
}

/* Serves one connection until it is lost or the caller wants to stop. */
static void serve(struct mqtt_session *s)
{
	uint64_t deadline = loop_now_ms() + CONNECT_MS;
	int rc = MOSQ_ERR_SUCCESS;

	s->refused = s->lost = false;
	s->lost_code = 0;
	while (rc == MOSQ_ERR_SUCCESS && !s->lost && !s->refused && !mqtt_sender_is_stuck(s)) {
		bool open = s->connected;

		if (open) {
			mqtt_sender_turn(s);
			mqtt_trouble_calm(s);
		} else if (loop_now_ms() > deadline) {
			break;
		}
		if (stopping(s) && (!open || all_sent(s))) {
			if (open || !mosquitto_want_write(s->mosq)) /* it has logged in */
				say_goodbye(s);
			break;
		}
		rc = turn(s, open ? idle_ms(s) : 250);
	}
	if (s->refused || is_old(s, rc) || stopping(s))
		return;
	if (s->lost_code)
		mqtt_trouble_ended(s, s->lost_code);
	else if (rc != MOSQ_ERR_SUCCESS)
		mqtt_trouble_failed(s, rc);
	else if (mqtt_sender_is_stuck(s))
		mqtt_trouble_stuck(s);
	else if (s->connected)
		mqtt_trouble_failed(s, MOSQ_ERR_CONN_LOST);
	else
		mqtt_trouble_tell(s, MQTT_FAULT_AWAY, "no answer to the login");
}

static void close_session(struct mqtt_session *s)
{
	bool was_connected;

	pthread_mutex_lock(&s->lock);
	was_connected = s->connected;
	s->connected = false;
	mqtt_sender_end(s);
	mqtt_session_drop_requests(s);
	pthread_mutex_unlock(&s->lock);
	mosquitto_destroy(s->mosq); /* and all that it would send again in the next session */
	s->mosq = NULL;
	if (was_connected)
		mqtt_wake(s->wake_caller);
}

/* Whether there is to be no pause, which is said once. */
static bool begins_anew(struct mqtt_session *s)
{
	bool anew;

	pthread_mutex_lock(&s->lock);
	anew = s->anew;
	s->anew = false;
	pthread_mutex_unlock(&s->lock);
	if (anew)
		mqtt_trouble_anew(s);
	return anew;
}

static void pause_between(struct mqtt_session *s)
{
	struct pollfd fd = { .fd = s->wake_thread, .events = POLLIN };
	uint64_t until = loop_now_ms() + mqtt_trouble_pause_ms(s);

	for (uint64_t now = loop_now_ms(); now < until && !stopping(s) && !begins_anew(s);
	     now = loop_now_ms()) {
		uint64_t left_ms = until - now;

		if (poll(&fd, 1, left_ms < IDLE_MS ? (int)left_ms : IDLE_MS) > 0)
			absorb_wake(s);
	}
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
	mosquitto_property *limits = NULL;
	timer_t timer;
	bool armed;
	int rc, err;

	if (!s->old_protocol)
		mosquitto_property_add_int32(&limits, MQTT_PROP_MAXIMUM_PACKET_SIZE, PACKET_MAX);
	event._sigev_un._tid = gettid();
	armed = timer_create(CLOCK_MONOTONIC, &event, &timer) == 0;
	if (armed)
		timer_settime(timer, 0, &spec, NULL);
	mosquitto_threaded_set(s->mosq, true); /* so that nothing is written yet: see turn() */
	rc = mosquitto_connect_bind_v5(s->mosq, s->host, (int)s->port, (int)s->keepalive_s, NULL,
	                               limits);
	err = errno;
	mosquitto_threaded_set(s->mosq, false);
	if (armed)
		timer_delete(timer);
	mosquitto_property_free_all(&limits);
	errno = err;
	return rc;
}

/* The files are read again: what was renewed there counts. */
static int use_tls(struct mqtt_session *s)
{
	struct mqtt_tls_fault fault;
	struct ssl_ctx_st *context = mqtt_tls_new(&s->tls, s->host, &s->talk, &fault);
	int rc;

	if (!context) {
		mqtt_trouble_unusable(s, &fault);
		return MOSQ_ERR_TLS;
	}
	rc = mosquitto_int_option(s->mosq, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_void_option(s->mosq, MOSQ_OPT_SSL_CTX, context);
	mqtt_tls_free(context); /* libmosquitto has a share of its own */
	if (rc != MOSQ_ERR_SUCCESS)
		mqtt_trouble_failed(s, rc);
	return rc;
}

/* Each attempt has a client of its own: what the last one had under way belongs to the past. */
static int new_client(struct mqtt_session *s)
{
	s->mosq = mosquitto_new(s->client_id, true, s);
	if (!s->mosq)
		return MOSQ_ERR_ERRNO;
	mqtt_answers_attach(s);
	mosquitto_int_option(s->mosq, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_int_option(s->mosq, MOSQ_OPT_SEND_MAXIMUM, MQTT_UNDERWAY);
	mosquitto_int_option(s->mosq, MOSQ_OPT_PROTOCOL_VERSION,
	                     s->old_protocol ? MQTT_PROTOCOL_V311 : MQTT_PROTOCOL_V5);
	if (s->will.topic)
		mosquitto_will_set(s->mosq, s->will.topic, (int)s->will.len, s->will.payload,
		                   s->will.qos < s->max_qos ? s->will.qos : s->max_qos,
		                   s->will.retain);
	return mosquitto_username_pw_set(s->mosq, s->username, s->password);
}

static void attempt(struct mqtt_session *s)
{
	int rc = new_client(s);

	if (rc == MOSQ_ERR_SUCCESS && s->tls.on && use_tls(s) != MOSQ_ERR_SUCCESS)
		return;
	if (rc == MOSQ_ERR_SUCCESS)
		rc = connect_within(s);
	if (rc == MOSQ_ERR_SUCCESS)
		serve(s);
	else if (!stopping(s))
		mqtt_trouble_failed(s, rc);
}

/* ---- one session after the other ---- */

static unsigned leaving; /* sessions, of this process */

void mqtt_network_stop(struct mqtt_session *s)
{
	s->stop = true;
	s->leaves = s->connected;
	if (s->leaves)
		__atomic_add_fetch(&leaving, 1, __ATOMIC_SEQ_CST);
	mqtt_wake(s->wake_thread);
}

static void let_others_leave(struct mqtt_session *s)
{
	const uint64_t until = loop_now_ms() + LEAVE_MS;

	while (__atomic_load_n(&leaving, __ATOMIC_SEQ_CST) > 0 && loop_now_ms() < until &&
	       !stopping(s))
		poll(NULL, 0, LOOK_MS);
}

static void *network(void *user)
{
	struct mqtt_session *s = user;
	sigset_t set;
	bool last;

	pthread_setname_np(pthread_self(), "mqtt");
	sigemptyset(&set);
	sigaddset(&set, MQTT_INTERRUPT);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);

	let_others_leave(s);
	while (!stopping(s)) {
		attempt(s);
		close_session(s);
		pause_between(s);
	}

	mqtt_tls_leave_thread();
	pthread_mutex_lock(&s->lock);
	if (s->leaves)
		__atomic_sub_fetch(&leaving, 1, __ATOMIC_SEQ_CST);
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
	int rc;

	sigaction(MQTT_INTERRUPT, &action, NULL);
	rc = thread_start(&s->thread, network, s);
	if (rc == 0)
		pthread_detach(s->thread);
	return rc;
}
