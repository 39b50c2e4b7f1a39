#include "bridge.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "log.h"

#define BIRTH_MIN_MS  1000
#define BIRTH_SPAN_MS 9000
#define RESTATE_MS    1500

#define PRESS "PRESS"

static void restate_fired(struct timer *timer)
{
	struct bridge *b = container_of(timer, struct bridge, restate);

	b->restate_due = false;
	bridge_availability(b, true);
	b->hooks.restate(b->hooks.user);
}

void bridge_restate_soon(struct bridge *b)
{
	b->restate_due = true;
	timer_start(&b->restate, RESTATE_MS, 0);
}

static void announce_now(struct bridge *b)
{
	b->birth_due = false;
	b->hooks.announce(b->hooks.user);
	bridge_restate_soon(b);
}

static void birth_fired(struct timer *timer)
{
	announce_now(container_of(timer, struct bridge, birth));
}

void bridge_init(struct bridge *b, struct loop *loop, const char *prefix, const char *client_id,
                 const char *status_topic, bool commands, const struct outlet *outlet,
                 const struct bridge_hooks *hooks)
{
	*b = (struct bridge){ .outlet = *outlet, .hooks = *hooks, .commands = commands };
	snprintf(b->status_topic, sizeof(b->status_topic), "%s", status_topic);
	snprintf(b->availability, sizeof(b->availability), "%s/bridge/%s/availability", prefix,
	         client_id);
	snprintf(b->info, sizeof(b->info), "%s/bridge/%s/info", prefix, client_id);
	snprintf(b->power_cycle_topic, sizeof(b->power_cycle_topic),
	         "%s/bridge/%s/command/power_cycle", prefix, client_id);
	snprintf(b->announce_topic, sizeof(b->announce_topic), "%s/bridge/%s/command/announce",
	         prefix, client_id);
	timer_init(&b->birth, loop, birth_fired);
	timer_init(&b->restate, loop, restate_fired);
}

void bridge_fini(struct bridge *b)
{
	timer_fini(&b->birth);
	timer_fini(&b->restate);
}

void bridge_subscriptions(const struct bridge *b, const char *topics[BRIDGE_SUBSCRIPTIONS + 1])
{
	size_t n = 0;

	topics[n++] = b->status_topic;
	if (b->commands) {
		topics[n++] = b->power_cycle_topic;
		topics[n++] = b->announce_topic;
	}
	topics[n] = NULL;
}

static struct message retained(const char *topic, const char *text)
{
	return (struct message){
		.topic = topic, .payload = text, .len = strlen(text), .qos = 1, .retain = true
	};
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

static bool is_text(const char *text, const void *payload, size_t len)
{
	return len == strlen(text) && memcmp(payload, text, len) == 0;
}

/* Whether the message is a command; what is none is logged once, as anybody may send any number. */
static bool is_command(struct bridge *b, const char *topic, const void *payload, size_t len,
                       bool was_retained)
{
	const char *what = was_retained ? "retained: remove it from the broker" : "not " PRESS;

	if (!was_retained && is_text(PRESS, payload, len))
		return true;
	if (len == 0) /* how a retained one is removed */
		return false;
	log_write(b->ignored++ == 0 ? LOG_NOTICE : LOG_DEBUG, NULL,
	          "bridge: a message on %s is ignored, as it is %s", topic, what);
	return false;
}

static void take_birth(struct bridge *b, const void *payload, size_t len, bool was_retained)
{
	if (was_retained || b->birth_due || !is_text("online", payload, len))
		return;
	log_info("bridge: Home Assistant has started, announcing the meters again");
	b->birth_due = true;
	timer_start(&b->birth, birth_delay(), 0);
}

static void take_announce(struct bridge *b)
{
	if (b->restate_due)
		return;
	log_info("bridge: a command asks for it, announcing the meters again");
	timer_stop(&b->birth);
	announce_now(b);
}

void bridge_received(struct bridge *b, const char *topic, const void *payload, size_t len,
                     bool was_retained)
{
	if (strcmp(topic, b->status_topic) == 0)
		take_birth(b, payload, len, was_retained);
	else if (!b->commands)
		return;
	else if (strcmp(topic, b->power_cycle_topic) == 0) {
		if (is_command(b, topic, payload, len, was_retained))
			b->hooks.power_cycle(b->hooks.user);
	} else if (strcmp(topic, b->announce_topic) == 0) {
		if (is_command(b, topic, payload, len, was_retained))
			take_announce(b);
	}
}
