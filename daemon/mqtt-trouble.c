#include "mqtt-trouble.h"

#include <errno.h>
#include <mqtt_protocol.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "journal.h"
#include "log.h"
#include "loop.h"

#define CALM_MS      300000 /* a session without a rival */
#define BRIEF_MS     10000  /* a session that another client may have ended */
#define BRIEF_TOLD   2      /* of these in a row are told of; */
#define BRIEF_IN_ROW 8      /* so many make a rival likely */

static const struct pause {
	unsigned first_ms, last_ms;
	const char *words;
} pauses[] = {
	[MQTT_FAULT_AWAY] = { 500, 2000, "trying again every 2 s" },
	[MQTT_FAULT_HERE] = { 500, 2000, "trying again every 2 s" },
	[MQTT_FAULT_SETTING] = { 2000, 60000,
	                         "trying again in 2 s, then ever less often, once a minute at last" },
};

/* The answers to a login. */
static const struct {
	int code; /* below 128 those of 3.1.1 */
	enum mqtt_fault fault;
	const char *words; /* NULL: as libmosquitto has them */
} refusals[] = {
	{ 3, MQTT_FAULT_AWAY, NULL }, /* the server is unavailable */
	{ 4, MQTT_FAULT_SETTING, "login refused: check username and password" },
	{ MQTT_RC_BAD_USERNAME_OR_PASSWORD, MQTT_FAULT_SETTING,
	  "login refused: check username and password" },
	{ 5, MQTT_FAULT_SETTING,
	  "not authorised: check username, password and the broker's access rules" },
	{ MQTT_RC_NOT_AUTHORIZED, MQTT_FAULT_SETTING,
	  "not authorised: check username, password and the broker's access rules" },
	{ 2, MQTT_FAULT_SETTING, "the broker does not accept the client-id" },
	{ MQTT_RC_CLIENTID_NOT_VALID, MQTT_FAULT_SETTING,
	  "the broker does not accept the client-id" },
	{ MQTT_RC_RETAIN_NOT_SUPPORTED, MQTT_FAULT_SETTING,
	  "the broker keeps no messages (mosquitto's retain_available), without which nobody who "
	  "comes later knows anything" },
	{ MQTT_RC_SERVER_UNAVAILABLE, MQTT_FAULT_AWAY, NULL },
	{ MQTT_RC_SERVER_BUSY, MQTT_FAULT_AWAY, NULL },
	{ MQTT_RC_CONNECTION_RATE_EXCEEDED, MQTT_FAULT_SETTING, NULL },
};

static void set_status(struct mqtt_session *s, const char *text, bool refused)
{
	bool news;

	pthread_mutex_lock(&s->lock);
	news = strcmp(s->status, text) != 0;
	s->status_refused = refused;
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

/* An outage may have several faces that come and go, as of a broker that is being started. */
static bool was_told(const struct mqtt_session *s, const char *what)
{
	for (size_t i = 0; i < MQTT_TOLD; i++) {
		if (strcmp(what, s->told[i]) == 0)
			return true;
	}
	return false;
}

/* An outage is one warning; what it looks like later is for those who want to know more, unless they have to mend it. */
static int level_of(const struct mqtt_session *s, enum mqtt_fault fault)
{
	return fault == MQTT_FAULT_AWAY && s->told_count > 0 ? LOG_INFO : LOG_WARNING;
}

void mqtt_trouble_tell(struct mqtt_session *s, enum mqtt_fault fault, const char *what)
{
	int level = level_of(s, fault);
	struct journal j;

	if (fault != s->fault)
		s->pause_ms = pauses[fault].first_ms;
	s->fault = fault;
	describe(&j, s, JOURNAL_BROKER_LOST);
	journal_text(&j, "ERROR_CAUSE", what);
	set_status(s, what, fault == MQTT_FAULT_SETTING);
	if (was_told(s, what))
		return;
	snprintf(s->told[s->told_count++ % MQTT_TOLD], sizeof(s->told[0]), "%s", what);
	log_write(level, j.fields, "mqtt: broker %s port %u: %s; %s", s->host, s->port, what,
	          pauses[fault].words);
}

/* Whether the trouble is one of TLS. EPROTO is what libmosquitto makes of any. */
static bool failed_in_tls(struct mqtt_session *s, int err)
{
	char what[MQTT_STATUS] = MQTT_TLS_UNANSWERED;
	enum mqtt_tls_cause cause = mqtt_tls_explain(&s->talk, what, sizeof(what));

	if (cause == MQTT_TLS_INNOCENT && err == EPROTO && s->talk.phase == MQTT_TLS_HANDSHAKE)
		cause = MQTT_TLS_UNSURE;
	if (cause != MQTT_TLS_INNOCENT)
		mqtt_trouble_tell(
			s, cause == MQTT_TLS_GUILTY ? MQTT_FAULT_SETTING : MQTT_FAULT_AWAY, what);
	return cause != MQTT_TLS_INNOCENT;
}

/* A session of 3.1.1 that another client ended looks like any other that was lost. */
static bool is_brief_again(struct mqtt_session *s)
{
	bool brief = loop_now_ms() - s->connected_ms < BRIEF_MS;

	s->brief_sessions = brief ? s->brief_sessions + 1 : 0;
	return s->brief_sessions >= BRIEF_IN_ROW;
}

static void lost(struct mqtt_session *s)
{
	s->rivalry |= is_brief_again(s);
	if (s->rivalry)
		mqtt_trouble_tell(s, MQTT_FAULT_SETTING,
		                  "the connection is lost again and again, soon after the login: "
		                  "another client may have the same client-id; the broker's log "
		                  "tells more");
	else
		mqtt_trouble_tell(s, MQTT_FAULT_AWAY, "connection lost");
}

/* What ends each session soon after the login has to be seen to as well. */
static void ended(struct mqtt_session *s, const char *why)
{
	bool again = is_brief_again(s);
	char what[MQTT_STATUS];

	s->futile |= again;
	snprintf(what, sizeof(what), "%s%.200s",
	         again ? "again and again, soon after the login: " : "", why);
	mqtt_trouble_tell(s, again ? MQTT_FAULT_SETTING : MQTT_FAULT_AWAY, what);
}

/* Before the broker answered the login. */
static void unanswered(struct mqtt_session *s, int rc, int err)
{
	if (s->tls.on && failed_in_tls(s, rc == MOSQ_ERR_ERRNO ? err : 0))
		return;
	if (rc == MOSQ_ERR_PROTOCOL || rc == MOSQ_ERR_MALFORMED_PACKET)
		mqtt_trouble_tell(s, MQTT_FAULT_SETTING,
		                  s->tls.on ? "what answers on this port does not speak MQTT"
		                            : "what answers on this port does not speak MQTT; if "
		                              "it is the broker's port for TLS: tls = yes");
	else if (rc == MOSQ_ERR_CONN_LOST || err == ECONNRESET || err == EPIPE || err == EPROTO)
		mqtt_trouble_tell(s, MQTT_FAULT_AWAY,
		                  s->tls.on
		                          ? "the connection ends before the login is answered"
		                          : "the connection ends before the login is answered; if "
		                            "it stays so, the port may want TLS: tls = yes");
	else
		mqtt_trouble_tell(s, MQTT_FAULT_AWAY,
		                  rc == MOSQ_ERR_ERRNO ? strerror(err) : mosquitto_strerror(rc));
}

void mqtt_trouble_failed(struct mqtt_session *s, int rc)
{
	int err = errno;

	if (rc == MOSQ_ERR_ERRNO && err == 0) /* the end, amid a packet */
		rc = s->connected ? MOSQ_ERR_CONN_LOST : MOSQ_ERR_MALFORMED_PACKET;
	if (!s->connected)
		s->brief_sessions = 0; /* it was away, or it refuses */
	if (rc == MOSQ_ERR_EAI)        /* libmosquitto leaves the lookup's result there */
		mqtt_trouble_tell(s, MQTT_FAULT_AWAY, gai_strerror(err));
	else if (rc == MOSQ_ERR_ERRNO && err == EINTR)
		mqtt_trouble_tell(s, MQTT_FAULT_AWAY, "no answer (connection timed out)");
	else if (rc == MOSQ_ERR_ERRNO && (err == EMFILE || err == ENFILE))
		mqtt_trouble_tell(s, MQTT_FAULT_HERE,
		                  "Too many open files (the service's LimitNOFILE= is too low)");
	else if (rc == MOSQ_ERR_KEEPALIVE)
		mqtt_trouble_tell(s, MQTT_FAULT_AWAY, "no answer within the keepalive time");
	else if (!s->connected)
		unanswered(s, rc, err);
	else if (rc == MOSQ_ERR_CONN_LOST || (rc == MOSQ_ERR_ERRNO && err == EPROTO)) /* TLS */
		lost(s);
	else
		ended(s, rc == MOSQ_ERR_ERRNO              ? strerror(err)
		         : rc == MOSQ_ERR_MALFORMED_PACKET ? "a packet that comes is malformed"
		                                           : mosquitto_strerror(rc));
}

void mqtt_trouble_refused(struct mqtt_session *s, int code)
{
	const char *words =
		code < 128 ? mosquitto_connack_string(code) : mosquitto_reason_string(code);
	enum mqtt_fault fault = MQTT_FAULT_SETTING;

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (refusals[i].code != code)
			continue;
		fault = refusals[i].fault;
		if (refusals[i].words)
			words = refusals[i].words;
	}
	mqtt_trouble_tell(s, fault, words);
}

void mqtt_trouble_ended(struct mqtt_session *s, int code)
{
	char what[MQTT_STATUS];

	s->rivalry |= code == MQTT_RC_SESSION_TAKEN_OVER;
	if (code == MQTT_RC_SESSION_TAKEN_OVER) {
		mqtt_trouble_tell(
			s, MQTT_FAULT_SETTING,
			"another client with the same client-id has taken its place: give "
			"each a client-id of its own");
		return;
	}
	snprintf(what, sizeof(what), "the broker ends the session: %s",
	         mosquitto_reason_string(code));
	ended(s, what);
}

void mqtt_trouble_stuck(struct mqtt_session *s)
{
	bool again = s->stuck;

	s->stuck = true;
	s->futile |= again;
	mqtt_trouble_tell(s, again ? MQTT_FAULT_SETTING : MQTT_FAULT_AWAY,
	                  "messages are not acknowledged");
}

void mqtt_trouble_unusable(struct mqtt_session *s, const struct mqtt_tls_fault *fault)
{
	char what[MQTT_STATUS];

	snprintf(what, sizeof(what), "TLS: %s: %.200s", fault->key, fault->what);
	mqtt_trouble_tell(s, MQTT_FAULT_SETTING, what);
}

static void forget(struct mqtt_session *s)
{
	memset(s->told, 0, sizeof(s->told));
	s->told_count = 0;
	s->rivalry = s->futile = false;
	s->fault = MQTT_FAULT_AWAY;
	s->pause_ms = pauses[MQTT_FAULT_AWAY].first_ms;
}

static void tell_connected(struct mqtt_session *s, int level)
{
	struct journal j;

	describe(&j, s, JOURNAL_BROKER_CONNECTED);
	log_write(level, j.fields, "mqtt: connected to broker %s port %u", s->host, s->port);
}

/* It takes people, or a long session, to believe that it is over. */
static bool is_persistent(const struct mqtt_session *s)
{
	return s->rivalry || s->futile;
}

/* What comes and goes every few seconds has nothing new to say. */
void mqtt_trouble_over(struct mqtt_session *s)
{
	s->connected_ms = loop_now_ms();
	s->restless = is_persistent(s) || s->brief_sessions >= BRIEF_TOLD;
	tell_connected(s, s->restless ? LOG_DEBUG : LOG_INFO);
	if (!s->restless)
		forget(s);
	else if (!is_persistent(s))
		s->pause_ms = pauses[MQTT_FAULT_AWAY].first_ms;
	set_status(s, "connected", false);
}

void mqtt_trouble_calm(struct mqtt_session *s)
{
	if (!s->restless ||
	    loop_now_ms() - s->connected_ms < (is_persistent(s) ? CALM_MS : BRIEF_MS))
		return;
	s->restless = false;
	s->brief_sessions = 0;
	forget(s);
	tell_connected(s, LOG_INFO);
}

void mqtt_trouble_anew(struct mqtt_session *s)
{
	if (s->fault != MQTT_FAULT_SETTING)
		return;
	forget(s);
	s->brief_sessions = 0;
}

unsigned mqtt_trouble_pause_ms(struct mqtt_session *s)
{
	const struct pause *p = &pauses[s->fault];
	unsigned pause_ms = s->pause_ms > 0 ? s->pause_ms : p->first_ms;

	s->pause_ms = pause_ms * 2 < p->last_ms ? pause_ms * 2 : p->last_ms;
	log_debug("mqtt: the next attempt comes in %u ms", pause_ms);
	return pause_ms;
}
