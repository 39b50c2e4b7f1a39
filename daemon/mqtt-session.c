#include "mqtt-session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void mqtt_wake(int fd)
{
	uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) < 0)
		return; /* the counter is full: a wake-up is due anyway */
}

void mqtt_absorb(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return; /* nobody woke us */
}

bool mqtt_session_unpack(struct mqtt_session *s, size_t most)
{
	struct message m;

	for (; most > 0 && parcel_take(&s->parcel, &m); most--)
		outbox_put(&s->outbox, &m); /* and counts what finds no room */
	return s->parcel.count > 0;
}

void mqtt_session_drop_requests(struct mqtt_session *s)
{
	while (s->requests) {
		struct mqtt_request *next = s->requests->next;

		free(s->requests);
		s->requests = next;
	}
	s->request_count = 0;
}

static void wipe(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

void mqtt_session_free(struct mqtt_session *s)
{
	if (s->mosq)
		mosquitto_destroy(s->mosq);
	mosquitto_property_free_all(&s->expiry);
	mosquitto_lib_cleanup();
	parcel_fini(&s->parcel);
	outbox_fini(&s->outbox);
	inbox_fini(&s->inbox);
	mqtt_session_drop_requests(s);
	if (s->wake_caller >= 0)
		close(s->wake_caller);
	if (s->wake_thread >= 0)
		close(s->wake_thread);
	pthread_cond_destroy(&s->ended_cond);
	pthread_mutex_destroy(&s->lock);
	for (size_t i = 0; i < MQTT_TOPICS; i++)
		free(s->topics[i]);
	free((char *)s->will.topic);
	free((char *)s->will.payload);
	free(s->host);
	free(s->client_id);
	free(s->username);
	wipe(s->password);
	free((char *)s->tls.ca_file);
	free((char *)s->tls.ca_path);
	free((char *)s->tls.cert_file);
	free((char *)s->tls.key_file);
	free((char *)s->tls.psk_identity);
	wipe((char *)s->tls.psk);
	free(s);
}
