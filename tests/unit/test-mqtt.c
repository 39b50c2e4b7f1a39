/* The session with a broker that answers as it likes: what is told of it, and what is not. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "trial.h"

#include "mqtt.h"

#define PATIENCE_MS 15000

/* The C library's: nobody waits until a time of a clock that may be put back meanwhile. */
int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *lock,
                           const struct timespec *until)
{
	uint64_t until_ms = (uint64_t)until->tv_sec * 1000, now_ms = loop_now_ms();

	assert_true(until_ms < now_ms + 60000);
	return pthread_cond_clockwait(cond, lock, CLOCK_MONOTONIC, until);
}

struct house {
	struct trial trial;
	struct broker broker;
	struct mqtt mqtt;
	unsigned keepalive_s;
	unsigned connected, wanted, caught_up;
	char told[8192]; /* " 7" a ticket, " +FILTER" accepted, " TOPIC=LEN" a message */
	size_t received; /* octets of payload */
	const char *waits_for;
};

__attribute__((format(printf, 2, 3))) static void note(struct house *h, const char *format, ...)
{
	size_t used = strlen(h->told);
	va_list args;

	va_start(args, format);
	vsnprintf(h->told + used, sizeof(h->told) - used, format, args);
	va_end(args);
}

static void on_connected(void *user)
{
	struct house *h = user;

	h->connected++;
}

static void on_changed(void *user)
{
	(void)user;
}

static void on_caught_up(void *user)
{
	struct house *h = user;

	h->caught_up++;
}

static void on_acknowledged(void *user, uint64_t ticket)
{
	note(user, " %llu", (unsigned long long)ticket);
}

static void on_subscribed(void *user, const char *filter, bool accepted)
{
	note(user, " %c%s", accepted ? '+' : '-', filter);
}

static void on_received(void *user, const char *topic, const void *payload, size_t len,
                        bool retained)
{
	struct house *h = user;
	const unsigned char *octets = payload;

	for (size_t i = 0; i < len; i++)
		assert_int_equal(octets[i], (unsigned char)(i * 7));
	h->received += len;
	note(h, " %s%s=%zu", topic, retained ? "!" : "", len);
}

static int house_setup(void **state)
{
	struct house *h = calloc(1, sizeof(*h));

	if (!h)
		return -1;
	h->keepalive_s = 30;
	trial_init(&h->trial);
	broker_init(&h->broker, &h->trial.loop);
	*state = h;
	return 0;
}

static void open_session(struct house *h, enum mqtt_protocol protocol)
{
	const struct mqtt_hooks hooks = {
		h,          on_connected, on_changed, on_caught_up, on_acknowledged, on_subscribed,
		on_received
	};
	const struct mqtt_settings settings = {
		.host = "127.0.0.1",
		.port = h->broker.port,
		.client_id = "c",
		.protocol = protocol,
		.keepalive_s = h->keepalive_s,
	};
	const struct message will = { .topic = "w", .payload = "x", .len = 1, .qos = 1 };
	const char *const topics[] = { "always", NULL };

	assert_int_equal(mqtt_open(&h->mqtt, &h->trial.loop, &settings, &will, topics, &hooks), 0);
}

static int house_teardown(void **state)
{
	struct house *h = *state;

	mqtt_close(&h->mqtt, 0);
	broker_fini(&h->broker);
	trial_fini(&h->trial);
	free(h);
	return 0;
}

static bool is_told(void *user)
{
	const struct house *h = user;

	return strstr(h->told, h->waits_for);
}

static bool is_said(void *user)
{
	const struct house *h = user;

	return strstr(h->broker.said, h->waits_for);
}

static void await_told(struct house *h, const char *text)
{
	h->waits_for = text;
	if (!trial_run(&h->trial, is_told, h, PATIENCE_MS))
		fail_msg("no \"%s\" in \"%s\"", text, h->told);
}

static void await_said(struct house *h, const char *text)
{
	h->waits_for = text;
	if (!trial_run(&h->trial, is_said, h, PATIENCE_MS))
		fail_msg("no \"%s\" in \"%s\"", text, h->broker.said);
}

static bool has_session(void *user)
{
	const struct house *h = user;

	return h->mqtt.connected && h->connected == h->wanted;
}

static void await_session(struct house *h, unsigned number)
{
	h->wanted = number;
	assert_true(trial_run(&h->trial, has_session, h, PATIENCE_MS));
	assert_int_equal(h->broker.sessions, number);
}

static bool has_caught_up(void *user)
{
	const struct house *h = user;

	return h->caught_up > 0;
}

static int post(struct house *h, const char *topic, int qos, uint64_t ticket)
{
	const struct message m = { .topic = topic,
		                   .payload = "p",
		                   .len = 1,
		                   .qos = qos,
		                   .kind = MESSAGE_EVENT,
		                   .ticket = ticket };
	int rc = mqtt_send(&h->mqtt, &m);

	mqtt_flush(&h->mqtt);
	return rc;
}

/* Tickets come back in order, without those that nobody asks for, and none for QoS 0. */
static void test_tickets(void **state)
{
	const struct message announcement = {
		.topic = "a", .payload = "p", .len = 1, .retain = true, .kind = MESSAGE_EVENT
	};
	struct house *h = *state;
	char *next;

	open_session(h, MQTT_PROTOCOL_5);
	assert_int_equal(mqtt_send(&h->mqtt, &announcement), -ENOTCONN);
	assert_int_equal(post(h, "early", 1, 9), -ENOTCONN);
	assert_int_equal(mqtt_counters(&h->mqtt).dropped, 0); /* it is sent again */
	assert_int_equal(post(h, "lost", 0, 0), -ENOTCONN);
	await_session(h, 1);
	assert_int_equal(post(h, "a", 1, 1), 0);
	assert_int_equal(post(h, "b", 0, 2), 0);
	assert_int_equal(post(h, "c", 1, 0), 0);
	for (unsigned i = 10; i < 200; i++) /* more than may be under way */
		assert_int_equal(post(h, "d", 1, i), 0);
	await_told(h, " 199");
	next = h->told;
	assert_int_equal(strtol(next, &next, 10), 1);
	for (long i = 10; i < 200; i++)
		assert_int_equal(strtol(next, &next, 10), i);
	assert_string_equal(next, "");
	assert_int_equal(mqtt_counters(&h->mqtt).dropped, 1);
	assert_int_equal(mqtt_counters(&h->mqtt).published, 193);
}

/* Nothing but what is sent wakes the thread, which would rest for 5 s at a time. */
static void test_wakes(void **state)
{
	struct house *h = *state;
	uint64_t begun_ms;

	open_session(h, MQTT_PROTOCOL_5);
	await_session(h, 1);
	begun_ms = loop_now_ms();
	for (unsigned i = 0; i < 8; i++) {
		const char topic[] = { 'n', (char)('0' + i), '\0' };
		char line[32];

		assert_int_equal(post(h, topic, 0, 0), 0);
		snprintf(line, sizeof(line), "PUBLISH %s q0", topic);
		await_said(h, line);
	}
	assert_in_range(loop_now_ms() - begun_ms, 0, 20000);
}

/* What the broker refuses is not acknowledged, and counted. */
static void test_refused(void **state)
{
	struct house *h = *state;

	open_session(h, MQTT_PROTOCOL_5);
	await_session(h, 1);
	h->broker.publish_code = 0x87;
	post(h, "a", 1, 1);
	await_said(h, "PUBLISH a");
	h->broker.publish_code = 0x10; /* nobody listens: no trouble */
	post(h, "b", 1, 2);
	await_told(h, " 2");
	assert_string_equal(h->told, " 2");
	assert_int_equal(mqtt_counters(&h->mqtt).dropped, 1);
	assert_int_equal(mqtt_counters(&h->mqtt).published, 1);
}

/* What was under way when the session ended is neither acknowledged nor sent again by itself. */
static void test_lost_session(void **state)
{
	struct house *h = *state;

	open_session(h, MQTT_PROTOCOL_5);
	await_session(h, 1);
	h->broker.silent = true;
	post(h, "a", 1, 1);
	post(h, "b", 1, 2);
	await_said(h, "PUBLISH b");
	broker_acknowledge(&h->broker, h->broker.ids[0]);
	await_told(h, " 1");
	broker_hang_up(&h->broker);
	h->broker.said[0] = '\0';
	h->broker.silent = false;
	await_session(h, 2);
	post(h, "c", 1, 3);
	await_told(h, " 3");
	assert_string_equal(h->told, " 1 3");
	assert_null(strstr(h->broker.said, "PUBLISH b"));
	assert_int_equal(mqtt_counters(&h->mqtt).dropped, 1);
}

/* What was sent when the session was over and nobody knew: the next one gets what is not said again. */
static void test_sent_too_late(void **state)
{
	const struct message value = { .topic = "value", .payload = "p", .len = 1 };
	struct house *h = *state;

	open_session(h, MQTT_PROTOCOL_5);
	await_session(h, 1);
	broker_hang_up(&h->broker);
	while (mqtt_expires(&h->mqtt)) /* the thread has not seen it */
		poll(NULL, 0, 1);
	assert_true(h->mqtt.connected);
	assert_int_equal(mqtt_send(&h->mqtt, &value), 0);
	assert_int_equal(post(h, "reading", 0, 0), 0);
	await_session(h, 2);
	mqtt_flush(&h->mqtt);
	await_said(h, "PUBLISH reading q0 p\n");
	post(h, "last", 1, 1);
	await_told(h, " 1");
	assert_null(strstr(h->broker.said, "PUBLISH value"));
	assert_int_equal(mqtt_counters(&h->mqtt).dropped, 0);
	assert_int_equal(mqtt_counters(&h->mqtt).published, 2);
}

/* No more under way than the broker takes, with no more QoS than it takes, and nothing overtakes. */
static void test_window(void **state)
{
	struct house *h = *state;

	h->broker.window = 2;
	h->broker.silent = true;
	open_session(h, MQTT_PROTOCOL_5);
	await_session(h, 1);
	for (unsigned i = 1; i <= 5; i++)
		post(h, (char[]){ (char)('a' + i), '\0' }, 1, i);
	post(h, "twice", 2, 6);
	post(h, "last", 0, 0);
	await_said(h, "PUBLISH c");
	trial_run(&h->trial, is_told, (h->waits_for = "never", h), 100);
	assert_null(strstr(h->broker.said, "PUBLISH d"));
	assert_null(strstr(h->broker.said, "PUBLISH last"));
	h->broker.silent = false;
	broker_acknowledge(&h->broker, h->broker.ids[0]);
	broker_acknowledge(&h->broker, h->broker.ids[1]);
	await_said(h, "PUBLISH last");
	await_told(h, " 6");
	assert_string_equal(h->told, " 1 2 3 4 5 6");
	assert_non_null(strstr(h->broker.said, "PUBLISH twice q1"));
}

/* A broker that takes only QoS 0 gets a will with no more; a ticket comes back when its message is written. */
static void test_plain_broker(void **state)
{
	struct house *h = *state;

	h->broker.plain = true;
	open_session(h, MQTT_PROTOCOL_5);
	await_session(h, 1);
	assert_int_equal(post(h, "a", 1, 1), 0);
	assert_int_equal(post(h, "b", 0, 2), 0);
	for (unsigned i = 10; i < 200; i++)
		assert_int_equal(post(h, "c", 1, i), 0);
	await_told(h, " 199");
	assert_int_equal(strncmp(h->told, " 1 10 11 ", 9), 0);
	await_said(h, "PUBLISH a q0");
	assert_null(strstr(h->broker.said, " q1 "));
	assert_int_equal(mqtt_counters(&h->mqtt).published, 192);
	assert_int_equal(mqtt_counters(&h->mqtt).dropped, 0);
}

static void test_expiry(void **state)
{
	struct house *h = *state;
	struct message m = {
		.topic = "a", .payload = "p", .len = 1, .retain = true, .kind = MESSAGE_EVENT
	};

	open_session(h, MQTT_PROTOCOL_5);
	await_session(h, 1);
	for (unsigned i = 0; i < 2; i++) {
		m.qos = (int)i;
		m.expiry_s = 60;
		mqtt_send(&h->mqtt, &m);
		m.expiry_s = 4000000000;
		mqtt_send(&h->mqtt, &m);
		m.expiry_s = 0;
		mqtt_send(&h->mqtt, &m);
	}
	mqtt_flush(&h->mqtt);
	await_said(h, "PUBLISH a q1 r p");
	assert_non_null(strstr(h->broker.said,
	                       "PUBLISH a q0 r e60 p\nPUBLISH a q0 r e4000000000 p\n"
	                       "PUBLISH a q0 r p\nPUBLISH a q1 r e60 p\n"
	                       "PUBLISH a q1 r e4000000000 p\nPUBLISH a q1 r p\n"));
}

/* Under 3.1.1 there is no expiry, and the rest is the same. */
static void test_old_protocol(void **state)
{
	struct house *h = *state;
	const struct message m = { .topic = "a", .payload = "p", .len = 1, .expiry_s = 60 };

	open_session(h, MQTT_PROTOCOL_3_1_1);
	await_session(h, 1);
	mqtt_send(&h->mqtt, &m);
	post(h, "b", 1, 7);
	mqtt_subscribe(&h->mqtt, "f/#");
	await_told(h, " 7");
	await_told(h, " +f/#");
	await_said(h, "PUBLISH a q0 p\n");
	assert_int_equal(h->broker.level, 4);
}

/* Subscriptions: answered, refused, ended, and gone with the session; kept messages of any content. */
static void test_subscriptions(void **state)
{
	static unsigned char payload[INBOX_PAYLOAD];
	struct house *h = *state;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (unsigned char)(i * 7);
	open_session(h, MQTT_PROTOCOL_5);
	assert_int_equal(mqtt_subscribe(&h->mqtt, "early"), -ENOTCONN);
	await_session(h, 1);
	assert_in_range(h->broker.limit, INBOX_PAYLOAD + 256, 2 * INBOX_PAYLOAD);
	await_said(h, "SUBSCRIBE always q1");
	assert_int_equal(mqtt_subscribe(&h->mqtt, "a/+"), 0);
	await_told(h, " +a/+");
	await_said(h, "SUBSCRIBE a/+ q0\n"); /* and what is kept of our own sessions is told */
	broker_publish(&h->broker, "a/1", payload, 0, true);
	broker_publish(&h->broker, "a/2", payload, 300, false);
	broker_publish(&h->broker, "a/3", payload, sizeof(payload), true);
	await_told(h, " a/3!=65536");
	assert_string_equal(h->told, " +a/+ a/1!=0 a/2=300 a/3!=65536");
	assert_int_equal(mqtt_unsubscribe(&h->mqtt, "a/+"), 0);
	await_said(h, "UNSUBSCRIBE a/+");
	h->broker.subscribe_code = 0x87;
	mqtt_subscribe(&h->mqtt, "b");
	await_told(h, " -b");
}

/* What is subscribed in every session and refused is said once, and again only when it was granted meanwhile. */
static void test_topic_refused(void **state)
{
	struct house *h = *state;
	char text[4096];
	ssize_t n;
	int ends[2], before = dup(STDERR_FILENO);

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	h->broker.subscribe_code = 0x87;
	dup2(ends[1], STDERR_FILENO);
	open_session(h, MQTT_PROTOCOL_5);
	for (unsigned i = 1; i <= 4; i++) {
		h->wanted = i;
		if (!trial_run(&h->trial, has_session, h, PATIENCE_MS))
			break;
		h->told[0] = h->broker.said[0] = '\0';
		mqtt_subscribe(&h->mqtt, "b");
		h->waits_for = "b";
		trial_run(&h->trial, is_told, h, PATIENCE_MS);
		h->broker.subscribe_code = i == 2 ? 0 : 0x87;
		if (i < 4)
			broker_hang_up(&h->broker);
	}
	dup2(before, STDERR_FILENO);
	close(before);
	n = read(ends[0], text, sizeof(text) - 1);
	close(ends[0]);
	close(ends[1]);
	assert_true(n > 0);
	text[n] = '\0';
	assert_int_equal(h->wanted, 4);
	n = 0;
	for (const char *at = text; (at = strstr(at, "subscribe to always")) != NULL; at++)
		n++;
	assert_int_equal(n, 2);
}

/* A flood is taken as fast as the caller reads it: nothing is lost. */
static void test_flood(void **state)
{
	static unsigned char payload[INBOX_PAYLOAD];
	struct house *h = *state;
	char topic[16];

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (unsigned char)(i * 7);
	open_session(h, MQTT_PROTOCOL_5);
	await_session(h, 1);
	for (unsigned i = 0; i < 40; i++) {
		snprintf(topic, sizeof(topic), "t%02u!=60000", i);
		broker_publish(&h->broker,
		               (char[]){ 't', (char)('0' + i / 10), (char)('0' + i % 10), 0 },
		               payload, 60000, true);
		if (i % 8 == 7)
			await_told(h, topic);
	}
	assert_int_equal(h->received, 40 * 60000);
	assert_int_equal(mqtt_counters(&h->mqtt).unread, 0);
}

/* Also one that comes while much is under way, and the caller has no time. */
static void test_flood_amid_messages(void **state)
{
	static unsigned char payload[INBOX_PAYLOAD];
	struct house *h = *state;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (unsigned char)(i * 7);
	h->broker.silent = true;
	open_session(h, MQTT_PROTOCOL_5);
	await_session(h, 1);
	for (unsigned i = 0; i < 64; i++)
		post(h, i < 63 ? "a" : "last", 1, 0);
	await_said(h, "PUBLISH last");
	for (unsigned i = 0; i < 8; i++)
		broker_publish(&h->broker, (char[]){ 't', (char)('0' + i), 0 }, payload, 60000,
		               true);
	poll(NULL, 0, 300);
	await_told(h, " t7!=60000");
	assert_int_equal(h->received, 8 * 60000);
	assert_int_equal(mqtt_counters(&h->mqtt).unread, 0);
}

/* States that found no room are asked for again when the rest has gone; a stalled broker costs no memory. */
static void test_caught_up(void **state)
{
	struct house *h = *state;
	struct mqtt_counters counters;

	h->broker.silent = true;
	open_session(h, MQTT_PROTOCOL_5);
	await_session(h, 1);
	mqtt_provide(&h->mqtt, 1);
	for (unsigned i = 0; i < 3000; i++) {
		char topic[16];
		struct message m = { .topic = topic, .payload = "p", .len = 1, .qos = 1 };

		snprintf(topic, sizeof(topic), "s%u", i);
		mqtt_send(&h->mqtt, &m);
	}
	mqtt_flush(&h->mqtt);
	await_said(h, "PUBLISH s63");
	assert_int_equal(h->caught_up, 0);
	h->broker.silent = false;
	for (size_t i = 0; i < 64; i++)
		broker_acknowledge(&h->broker, h->broker.ids[i]);
	assert_true(trial_run(&h->trial, has_caught_up, h, PATIENCE_MS));
	counters = mqtt_counters(&h->mqtt);
	assert_in_range(counters.dropped, 1, 2000);
	assert_int_equal(counters.overflown, counters.dropped);
	assert_int_equal(counters.published, 3000 - counters.dropped);
}

/* All that 200 meters have to say waits at once, and goes out when the broker wakes up. */
static void test_many_meters(void **state)
{
	static char payload[30000];
	struct house *h = *state;
	struct message m = { .payload = payload, .qos = 1 };
	unsigned count = 0;

	memset(payload, 'x', sizeof(payload));
	h->broker.silent = true;
	open_session(h, MQTT_PROTOCOL_5);
	await_session(h, 1);
	mqtt_provide(&h->mqtt, 200);
	for (unsigned meter = 0; meter < 200; meter++) {
		for (unsigned i = 0; i < 60; i++, count++) {
			char topic[64];

			snprintf(topic, sizeof(topic), "han/697063140000%04u/value_%u", meter, i);
			m.topic = topic;
			m.len = i == 0 ? sizeof(payload) : 20;
			m.kind = i < 40 ? MESSAGE_STATE : MESSAGE_DIAGNOSTIC;
			assert_int_equal(mqtt_send(&h->mqtt, &m), 0);
		}
	}
	assert_int_equal(post(h, "last", 1, 7), 0);
	await_said(h, "0001/value_3"); /* the 64th */
	h->broker.silent = false;
	for (size_t i = 0; i < 64; i++)
		broker_acknowledge(&h->broker, h->broker.ids[i]);
	await_told(h, " 7");
	assert_int_equal(mqtt_counters(&h->mqtt).published, count + 1);
	assert_int_equal(mqtt_counters(&h->mqtt).dropped, 0);
}

/* A session in which a message is under way that the broker does not acknowledge. */
static void say_last(struct house *h)
{
	h->broker.silent = true;
	open_session(h, MQTT_PROTOCOL_5);
	await_session(h, 1);
	assert_int_equal(post(h, "last", 1, 7), 0);
	mqtt_flush(&h->mqtt);
	await_said(h, "last");
}

/* A broker that does not acknowledge holds nobody up for longer than that. */
static void test_close(void **state)
{
	struct house *h = *state;
	uint64_t began;

	say_last(h);
	began = loop_now_ms();
	assert_false(mqtt_close(&h->mqtt, 200));
	assert_in_range(loop_now_ms() - began, 200, 2000);
}

static bool has_met_other(void *user)
{
	const struct broker *other = user;

	return other->sessions > 0;
}

/* What one session says last comes in front of what the next one says first. */
static void test_next_session(void **state)
{
	struct house *h = *state;
	struct broker first;

	say_last(h);
	assert_false(mqtt_close(&h->mqtt, 0));
	first = h->broker; /* and goes on with its client; another takes its place */
	loop_remove(&h->trial.loop, &h->broker.client);
	loop_remove(&h->trial.loop, &h->broker.door);
	assert_int_equal(loop_add(&h->trial.loop, &first.client, EPOLLIN), 0);
	broker_init(&h->broker, &h->trial.loop);
	open_session(h, MQTT_PROTOCOL_5);
	assert_false(trial_run(&h->trial, has_met_other, &h->broker, 300));
	broker_acknowledge(&first, first.ids[0]);
	assert_true(trial_run(&h->trial, has_met_other, &h->broker, PATIENCE_MS));
	assert_non_null(strstr(first.said, "DISCONNECT"));
	broker_hang_up(&first);
	close(first.door.fd);
}

/* One that answers all pings, and no message: another session may be better. */
static void test_never_acknowledged(void **state)
{
	struct house *h = *state;

	h->keepalive_s = 5;
	h->broker.silent = true;
	open_session(h, MQTT_PROTOCOL_5);
	await_session(h, 1);
	for (unsigned i = 0; i < 100; i++)
		post(h, "a", 1, i + 1);
	await_session(h, 2);
	h->broker.silent = false;
	post(h, "b", 1, 1000);
	await_told(h, " 1000");
}

static bool has_pinged_twice(void *user)
{
	const struct house *h = user;

	return h->broker.pings >= 2;
}

/* A broker that wants pings more often gets them: otherwise it would take the client for lost. */
static void test_keepalive(void **state)
{
	struct house *h = *state;

	h->broker.keepalive = 2;
	open_session(h, MQTT_PROTOCOL_5);
	await_session(h, 1);
	assert_true(trial_run(&h->trial, has_pinged_twice, h, 9000));
}

/* Who has set the broker right need not wait for the next attempt, nor does the one after it come late. */
static void test_try_anew(void **state)
{
	struct house *h = *state;

	h->broker.login_code = 0x87;
	open_session(h, MQTT_PROTOCOL_5);
	await_said(h, "CONNECT 5\nCONNECT 5\n"); /* and now a pause of 4 s */
	h->waits_for = "CONNECT 5\nCONNECT 5\nCONNECT 5\n";
	mqtt_try_anew(&h->mqtt);
	assert_true(trial_run(&h->trial, is_said, h, 1500));
	h->waits_for = "CONNECT 5\nCONNECT 5\nCONNECT 5\nCONNECT 5\n"; /* after 2 s */
	assert_true(trial_run(&h->trial, is_said, h, 3500));
	h->broker.login_code = 0;
	mqtt_try_anew(&h->mqtt);
	h->wanted = 1;
	assert_true(trial_run(&h->trial, has_session, h, 1500));
}

#define WITH_HOUSE(test) cmocka_unit_test_setup_teardown(test, house_setup, house_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOUSE(test_tickets),       WITH_HOUSE(test_refused),
		WITH_HOUSE(test_lost_session),  WITH_HOUSE(test_sent_too_late),
		WITH_HOUSE(test_window),        WITH_HOUSE(test_expiry),
		WITH_HOUSE(test_old_protocol),  WITH_HOUSE(test_subscriptions),
		WITH_HOUSE(test_topic_refused), WITH_HOUSE(test_flood),
		WITH_HOUSE(test_caught_up),     WITH_HOUSE(test_many_meters),
		WITH_HOUSE(test_close),         WITH_HOUSE(test_never_acknowledged),
		WITH_HOUSE(test_plain_broker),  WITH_HOUSE(test_wakes),
		WITH_HOUSE(test_next_session),  WITH_HOUSE(test_keepalive),
		WITH_HOUSE(test_try_anew),      WITH_HOUSE(test_flood_amid_messages),
	};

	return cmocka_run_group_tests_name("mqtt", tests, NULL, NULL);
}
