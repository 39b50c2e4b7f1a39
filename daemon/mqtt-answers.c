#include "mqtt-answers.h"

#include <mqtt_protocol.h>
#include <poll.h>
#include <string.h>

#include "log.h"
#include "loop.h"
#include "mqtt-sender.h"
#include "mqtt-trouble.h"

#define READ_MS 2000 /* that the caller may take to read what came */
#define LOOK_MS 5    /* so often it is looked whether it has */

bool mqtt_answers_step_back(struct mqtt_session *s)
{
	if (s->old_protocol)
		return false;
	s->old_protocol = true;
	if (!s->told_old)
		log_info("mqtt: broker %s port %u does not speak MQTT 5, using 3.1.1", s->host,
		         s->port);
	s->told_old = true;
	return true;
}

static bool refuses_protocol(int code)
{
	return code == 1 || code == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION;
}

/* A broker of MQTT 5 refuses a will with more QoS than it takes; what it takes it says only when it is content. */
static bool step_down(struct mqtt_session *s, int code)
{
	if (code != MQTT_RC_QOS_NOT_SUPPORTED || s->max_qos == 0)
		return false;
	s->max_qos = 0;
	return true;
}

static void tell_qos(struct mqtt_session *s)
{
	if (s->max_qos == 0 && !s->told_qos)
		log_notice("mqtt: broker %s port %u takes messages with QoS 0 only, and "
		           "acknowledges none: what is under way when the connection breaks may "
		           "be lost",
		           s->host, s->port);
	s->told_qos = s->max_qos == 0;
}

static void on_connect(struct mosquitto *mosq, void *user, int code, int flags,
                       const mosquitto_property *properties)
{
	struct mqtt_session *s = user;
	uint16_t window = UINT16_MAX;
	uint8_t max_qos = 2;

	(void)flags;
	if (code != 0) {
		s->refused = true;
		if (!step_down(s, code) && (!refuses_protocol(code) || !mqtt_answers_step_back(s)))
			mqtt_trouble_refused(s, code);
		return;
	}
	mosquitto_property_read_int16(properties, MQTT_PROP_RECEIVE_MAXIMUM, &window, false);
	mosquitto_property_read_byte(properties, MQTT_PROP_MAXIMUM_QOS, &max_qos, false);
	s->ping_s = (uint16_t)s->keepalive_s;
	mosquitto_property_read_int16(properties, MQTT_PROP_SERVER_KEEP_ALIVE, &s->ping_s, false);
	for (size_t i = 0; i < MQTT_TOPICS && s->topics[i]; i++) {
		s->topic_ids[i] = 0;
		mosquitto_subscribe(mosq, &s->topic_ids[i], s->topics[i], 1);
	}
	mqtt_sender_begin(s, window, max_qos);
	s->told_unread = false;
	pthread_mutex_lock(&s->lock);
	s->connected = true;
	s->anew = false;
	s->number++;
	s->outbox.state_lost = false;
	pthread_mutex_unlock(&s->lock);
	mqtt_trouble_over(s);
	tell_qos(s);
}

static void on_disconnect(struct mosquitto *mosq, void *user, int code,
                          const mosquitto_property *properties)
{
	struct mqtt_session *s = user;

	(void)mosq;
	(void)properties;
	s->lost = true;
	if (code >= 0x80) /* below: libmosquitto's own errors, which may follow */
		s->lost_code = code;
}

static void on_publish(struct mosquitto *mosq, void *user, int id, int code,
                       const mosquitto_property *properties)
{
	(void)mosq;
	(void)properties;
	mqtt_sender_finished(user, id, code);
}

/* Of those that are subscribed in every session: nobody waits for the answer, but people would for what comes there. */
static void note_topic(struct mqtt_session *s, int id, bool accepted)
{
	size_t i = 0;

	while (i < MQTT_TOPICS && s->topics[i] && s->topic_ids[i] != id)
		i++;
	if (i == MQTT_TOPICS || !s->topics[i])
		return;
	s->topic_ids[i] = 0;
	if (!accepted && !s->told_topics[i])
		log_warning("mqtt: broker %s port %u does not let us subscribe to %s: what comes "
		            "there is not heard; check the broker's access rules",
		            s->host, s->port, s->topics[i]);
	s->told_topics[i] = !accepted;
}

static void on_subscribe(struct mosquitto *mosq, void *user, int id, int count, const int *granted,
                         const mosquitto_property *properties)
{
	struct mqtt_session *s = user;
	const bool accepted = count == 1 && granted[0] < 0x80;
	struct mqtt_request *r;

	(void)mosq;
	(void)properties;
	note_topic(s, id, accepted);
	pthread_mutex_lock(&s->lock);
	for (r = s->requests; r && (r->id != id || r->answered); r = r->next)
		continue;
	if (r) {
		r->answered = true;
		r->accepted = accepted;
		mqtt_wake(s->wake_caller);
	}
	pthread_mutex_unlock(&s->lock);
}

/* Locked. Whether there is room is asked before libmosquitto reads, but then it reads as many packets at once as
 * messages are under way: the caller is about to take what came. */
static void await_room(struct mqtt_session *s)
{
	const uint64_t until = loop_now_ms() + READ_MS;

	while (inbox_is_crowded(&s->inbox) && !s->stop && loop_now_ms() < until) {
		pthread_mutex_unlock(&s->lock);
		poll(NULL, 0, LOOK_MS);
		pthread_mutex_lock(&s->lock);
	}
}

static void on_message(struct mosquitto *mosq, void *user, const struct mosquitto_message *message,
                       const mosquitto_property *properties)
{
	struct mqtt_session *s = user;
	const struct arrival arrival = { message->topic, message->payload,
		                         message->payloadlen > 0 ? (size_t)message->payloadlen : 0,
		                         message->retain };
	bool kept;

	(void)mosq;
	(void)properties;
	pthread_mutex_lock(&s->lock);
	await_room(s);
	kept = inbox_put(&s->inbox, &arrival);
	s->crowded = inbox_is_crowded(&s->inbox);
	s->unread += !kept;
	pthread_mutex_unlock(&s->lock);
	mqtt_wake(s->wake_caller);
	if (kept || s->told_unread)
		return;
	s->told_unread = true;
	log_notice("mqtt: a message of %zu octets that came from the broker is not read: there is "
	           "no room for it",
	           arrival.len);
}

/* What it says of errors is said better elsewhere, but for OpenSSL's. */
static void on_log(struct mosquitto *mosq, void *user, int level, const char *text)
{
	struct mqtt_session *s = user;

	(void)mosq;
	if (level == MOSQ_LOG_ERR)
		mqtt_tls_note(&s->talk, text);
}

void mqtt_answers_attach(struct mqtt_session *s)
{
	mosquitto_connect_v5_callback_set(s->mosq, on_connect);
	mosquitto_disconnect_v5_callback_set(s->mosq, on_disconnect);
	mosquitto_publish_v5_callback_set(s->mosq, on_publish);
	mosquitto_subscribe_v5_callback_set(s->mosq, on_subscribe);
	mosquitto_message_v5_callback_set(s->mosq, on_message);
	if (s->tls.on) /* who listens has a line made of every message */
		mosquitto_log_callback_set(s->mosq, on_log);
}
