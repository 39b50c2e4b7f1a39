#include "mqtt-handover.h"

#include <errno.h>

#include "mqtt-session.h"

bool mqtt_is_told(const struct mqtt *m)
{
	return m->session->connected && m->session->number == m->number;
}

/* Whether nobody says it again in the next session: announcements are. */
static bool is_lost(const struct message *m)
{
	return m->kind == MESSAGE_EVENT && !m->retain && !m->ticket;
}

void mqtt_see(struct mqtt *m)
{
	m->seen_overflown = m->session->outbox.dropped;
	m->seen_refused = m->session->refusals;
}

void mqtt_hand_over(struct mqtt *m)
{
	struct mqtt_session *s = m->session;

	if (m->parcel.count == 0)
		return;
	pthread_mutex_lock(&s->lock);
	if (!mqtt_is_told(m)) {
		/* their senders were told that they go: they do, in front of the next session's state */
		parcel_keep(&m->parcel, is_lost);
	} else if (!parcel_put_all(&s->parcel, &m->parcel)) {
		mqtt_session_unpack(s, SIZE_MAX);
		parcel_put_all(&s->parcel, &m->parcel);
	}
	mqtt_see(m);
	pthread_mutex_unlock(&s->lock);
}

/* Past the parcels, behind all that they hold. */
static int send_alone(struct mqtt *m, const struct message *message)
{
	struct mqtt_session *s = m->session;
	int rc = 0;

	mqtt_hand_over(m);
	pthread_mutex_lock(&s->lock);
	mqtt_session_unpack(s, SIZE_MAX);
	if (!mqtt_is_told(m)) {
		rc = -ENOTCONN;
		s->dropped += is_lost(message);
	} else if (!outbox_put(&s->outbox, message)) { /* and counts it */
		rc = -ENOBUFS;
	}
	mqtt_see(m);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

/* What comes seldom and has a sender who wants to know: tickets and announcements. */
static bool is_asked_for(const struct message *m)
{
	return m->ticket || (m->kind == MESSAGE_EVENT && m->retain);
}

int mqtt_send(struct mqtt *m, const struct message *message)
{
	int rc = 0;

	if (!m->connected || is_asked_for(message) || !parcel_put(&m->parcel, message))
		rc = send_alone(m, message);
	m->unflushed |= rc == 0;
	return rc;
}

void mqtt_flush(struct mqtt *m)
{
	if (!m->unflushed)
		return;
	m->unflushed = false;
	mqtt_hand_over(m);
	if (!__atomic_exchange_n(&m->session->woken, true, __ATOMIC_SEQ_CST))
		mqtt_wake(m->session->wake_thread);
}
