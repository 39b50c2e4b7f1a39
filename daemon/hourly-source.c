#include "hourly-source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "loop.h"
#include "payload.h"

void hourly_source_init(struct hourly_source *s, struct hourly *hourly)
{
	*s = (struct hourly_source){ .hourly = hourly };
}

static void drop_held(struct hourly_source *s)
{
	free(s->held);
	s->held = NULL;
}

void hourly_source_fini(struct hourly_source *s)
{
	drop_held(s);
}

static void keep(struct hourly_source *s, const struct han_reading *reading,
                 const struct timespec *when, bool partial)
{
	const int64_t hour = hour_of_reading(reading, when->tv_sec);
	const uint8_t said = hour_said(reading);
	char topic[HOURLY_TOPIC], buf[PAYLOAD_JSON], *text;

	if (!hour_is_new(&s->hour, hour, said, loop_now_ms()))
		return;
	text = payload_registers(reading, s->meter, when, buf);
	if (!text)
		return; /* no list is so long */
	snprintf(topic, sizeof(topic), "%s/hourly", s->base);
	hourly_add(s->hourly, &(struct spool_entry){ 0, hour, s->meter, topic, text, partial });
	s->hour = (struct hour){ true, said, hour, loop_now_ms() };
}

/* The texts that it points to live no longer than the message. */
static void hold(struct hourly_source *s, const struct han_reading *reading,
                 const struct timespec *when, bool partial)
{
	if (s->held)
		return;
	s->held = malloc(sizeof(*s->held));
	if (!s->held)
		return;
	*s->held = *reading;
	s->held_when = *when;
	s->held_partial = partial;
}

void hourly_source_identify(struct hourly_source *s, const char *meter, const char *base)
{
	const struct spool_entry *newest;

	if (strcmp(s->meter, meter) != 0) {
		newest = hourly_newest(s->hourly, meter);
		s->hour = (struct hour){ newest != NULL, HAN_UNSPECIFIED, newest ? newest->hour : 0,
			                 loop_now_ms() };
	}
	snprintf(s->meter, sizeof(s->meter), "%s", meter);
	snprintf(s->base, sizeof(s->base), "%s", base);
	if (s->held)
		keep(s, s->held, &s->held_when, s->held_partial);
	drop_held(s);
}

void hourly_source_reading(struct hourly_source *s, const struct han_reading *reading, bool partial)
{
	struct timespec now;

	if (!payload_has_registers(reading))
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	if (s->meter[0])
		keep(s, reading, &now, partial);
	else
		hold(s, reading, &now, partial);
}
