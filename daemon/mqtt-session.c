#include "mqtt-session.h"

#include <stdlib.h>
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

void mqtt_session_free(struct mqtt_session *s)
{
	if (s->mosq)
		mosquitto_destroy(s->mosq);
	mosquitto_lib_cleanup();
	outbox_fini(&s->outbox);
	if (s->wake_caller >= 0)
		close(s->wake_caller);
	if (s->wake_thread >= 0)
		close(s->wake_thread);
	pthread_cond_destroy(&s->ended_cond);
	pthread_mutex_destroy(&s->lock);
	for (size_t i = 0; i < MQTT_SUBSCRIPTIONS; i++)
		free(s->subscriptions[i]);
	free(s->host);
	free(s);
}
