#include "bridge.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "log.h"

#define BIRTH_MIN_MS  1000
#define BIRTH_SPAN_MS 9000
#define RESTATE_MS    1500

static void restate_fired(struct timer *timer)
{
	struct bridge *b = container_of(timer, struct bridge, restate);

	bridge_availability(b, true);
	b->hooks.restate(b->hooks.user);
}

static void birth_fired(struct timer *timer)
{
	struct bridge *b = container_of(timer, struct bridge, birth);

	b->birth_due = false;
	b->hooks.announce(b->hooks.user);
	timer_start(&b->restate, RESTATE_MS, 0);
}

int bridge_init(struct bridge *b, struct loop *loop, const char *prefix, const char *client_id,
                const char *status_topic, const struct outlet *outlet,
                const struct bridge_hooks *hooks)
{
	int rc;

	*b = (struct bridge){ .outlet = *outlet, .hooks = *hooks };
	snprintf(b->status_topic, sizeof(b->status_topic), "%s", status_topic);
	snprintf(b->availability, sizeof(b->availability), "%s/bridge/%s/availability", prefix,
	         client_id);
	snprintf(b->info, sizeof(b->info), "%s/bridge/%s/info", prefix, client_id);
	rc = timer_init(&b->birth, loop, birth_fired);
	return rc < 0 ? rc : timer_init(&b->restate, loop, restate_fired);
}

void bridge_fini(struct bridge *b)
{
	timer_fini(&b->birth);
	timer_fini(&b->restate);
}

static struct message retained(const char *topic, const char *text)
{
	return (struct message){ topic, text, strlen(text), 1, true };
}

struct message bridge_will(const struct bridge *b)
{
	return retained(b->availability, "offline");
}

void bridge_availability(struct bridge *b, bool online)
{
	const struct message message = retained(b->availability, online ? "online" : "offline");

	b->outlet.send(b->outlet.user, &message);
}

void bridge_info(struct bridge *b, const char *json)
{
	const struct message message = retained(b->info, json);

	b->outlet.send(b->outlet.user, &message);
}

static uint64_t birth_delay(void)
{
	uint32_t number = 0;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		number = BIRTH_SPAN_MS / 2; /* early in the boot: no matter */
	return BIRTH_MIN_MS + number % BIRTH_SPAN_MS;
}

void bridge_received(struct bridge *b, const char *topic, const void *payload, size_t len,
                     bool was_retained)
{
	static const char online[] = "online";

	if (strcmp(topic, b->status_topic) != 0 || was_retained || b->birth_due)
		return;
	if (len != strlen(online) || memcmp(payload, online, len) != 0)
		return;
	log_info("bridge: Home Assistant has started, announcing the meters again");
	b->birth_due = true;
	timer_start(&b->birth, birth_delay(), 0);
}
