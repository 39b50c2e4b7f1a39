#include "publisher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "discovery.h"
#include "entities.h"
#include "log.h"
#include "topic.h"

/* While Home Assistant works on a discovery message it skips parts of a second one. */
#define ANNOUNCE_GAP_MS 3000

/* The newest payload of a measurement; text NULL until it was seen. */
struct publisher_state {
	char *text;
	size_t room;
};

static void announcement_fired(struct timer *timer)
{
	publisher_announce(container_of(timer, struct publisher, announcement));
}

int publisher_init(struct publisher *p, struct loop *loop,
                   const struct publisher_settings *settings, const struct publisher_meter *meter,
                   const struct outlet *outlet)
{
	*p = (struct publisher){ .settings = settings, .meter = *meter, .outlet = *outlet };
	p->announced = calloc(han_measurement_count(), sizeof(*p->announced));
	p->structural = calloc(han_measurement_count(), sizeof(*p->structural));
	p->states = calloc(han_measurement_count(), sizeof(*p->states));
	if (!p->announced || !p->structural || !p->states)
		return -ENOMEM;
	timer_init(&p->announcement, loop, announcement_fired);
	return 0;
}

static void forget_values(struct publisher *p)
{
	for (size_t i = 0; p->states && i < han_measurement_count(); i++) {
		free(p->states[i].text);
		p->states[i] = (struct publisher_state){ 0 };
	}
	for (size_t i = 0; p->announced && i < han_measurement_count(); i++)
		p->announced[i] = false;
	p->set_known = false;
	p->maker = NULL;
	unnamed_clear(&p->unnamed);
	free(p->info);
	free(p->unsent);
	p->info = p->unsent = NULL;
}

void publisher_fini(struct publisher *p)
{
	timer_fini(&p->announcement);
	forget_values(p);
	free(p->states);
	free(p->announced);
	free(p->structural);
	p->states = NULL;
	p->announced = p->structural = NULL;
}

static int send_text(struct publisher *p, const char *topic, const char *text, int qos, bool retain)
{
	const struct message message = {
		.topic = topic, .payload = text, .len = strlen(text), .qos = qos, .retain = retain
	};

	return p->outlet.send(p->outlet.user, &message);
}

/* Below the meter's base. */
static int send_below(struct publisher *p, const char *leaf, const char *text, int qos, bool retain)
{
	char topic[sizeof(p->base) + 64];

	snprintf(topic, sizeof(topic), "%s/%s", p->base, leaf);
	return send_text(p, topic, text, qos, retain);
}

/* A reading is not retained: the newest one waits until it can be sent. */
static void send_unsent(struct publisher *p)
{
	if (!p->unsent || send_below(p, "reading", p->unsent, 0, false) < 0)
		return;
	free(p->unsent);
	p->unsent = NULL;
}

static void send_state(struct publisher *p, size_t index)
{
	const struct han_measurement *m = han_measurement_at(index);
	unsigned qos = m->kind == HAN_KIND_LIVE ? p->settings->qos : p->settings->register_qos;

	if (p->states[index].text)
		send_below(p, m->name, p->states[index].text, (int)qos, p->settings->retain);
}

static void send_unnamed(struct publisher *p, const struct unnamed_state *state)
{
	char leaf[sizeof("obis/") + sizeof(state->code)];

	snprintf(leaf, sizeof(leaf), "obis/%s", state->code);
	send_below(p, leaf, state->notice.text, 0, p->settings->retain);
}

static void send_availability(struct publisher *p)
{
	send_text(p, p->availability, p->online ? "online" : "offline", 1, true);
}

void publisher_identify(struct publisher *p, const char *identity)
{
	char level[96];

	if (p->identity[0] && strcmp(p->identity, identity) != 0) {
		send_text(p, p->availability, "offline", 1, true);
		forget_values(p);
		p->announced_ms = 0; /* another device, another message */
		timer_stop(&p->announcement);
	}
	p->told = entities_load(identity);
	snprintf(p->identity, sizeof(p->identity), "%s", identity);
	topic_level(p->meter.topic_name ? p->meter.topic_name : identity, level, sizeof(level));
	snprintf(p->base, sizeof(p->base), "%.60s/%s", p->settings->prefix, level);
	snprintf(p->availability, sizeof(p->availability), "%s/availability", p->base);
	p->fresh = true;
}

void publisher_availability(struct publisher *p, bool online)
{
	p->online = online;
	if (p->base[0] && !p->fresh)
		send_availability(p);
}

void publisher_diagnostic(struct publisher *p, const char *name, const char *payload)
{
	char leaf[64];

	if (!p->base[0])
		return;
	snprintf(leaf, sizeof(leaf), "diagnostics/%s", name);
	send_below(p, leaf, payload, 0, true);
}

static const char *state_text(const struct publisher *p, const char *name)
{
	for (size_t i = 0; i < han_measurement_count(); i++) {
		if (strcmp(han_measurement_at(i)->name, name) == 0)
			return p->states[i].text;
	}
	return NULL;
}

/* What the settings give the meter now. */
static unsigned entities_now(const struct publisher_bridge *bridge)
{
	unsigned set = 0;

	if (bridge->power_info)
		set |= ENTITY_POWER | ENTITY_POWER_CYCLES;
	if (bridge->power_command)
		set |= ENTITY_POWER_CYCLE;
	return set;
}

/* What was taken away has been told once; the message that stays is one without it. */
static void note_announced(struct publisher *p, unsigned entities, uint64_t now)
{
	bool removed = p->told & ~entities;

	p->announced_ms = now;
	if (p->told != entities)
		entities_save(p->identity, entities);
	p->told = entities;
	if (removed)
		timer_start(&p->announcement, ANNOUNCE_GAP_MS, 0);
}

void publisher_announce(struct publisher *p)
{
	const unsigned entities = entities_now(&p->meter.bridge);
	const struct discovery d = {
		.prefix = p->settings->homeassistant_prefix,
		.version = p->meter.version,
		.identity = p->identity,
		.section = p->meter.section,
		.maker = p->maker,
		.model = state_text(p, "meter_type"),
		.list_version = state_text(p, "obis_version"),
		.base = p->base,
		.bridge_availability = p->meter.bridge.availability,
		.power_info = p->meter.bridge.power_info,
		.power_command = p->meter.bridge.power_command,
		.removed = p->told & ~entities,
		.meter_availability = p->availability,
		.qos = (int)p->settings->qos,
		.reactive_energy_class = p->settings->reactive_energy_class,
		.announced = p->announced,
	};
	uint64_t now = loop_now_ms();
	char topic[320];
	char *text;

	if (p->settings->discovery == PUBLISHER_DISCOVERY_OFF || !p->base[0] || !p->set_known)
		return;
	if (p->announced_ms && now < p->announced_ms + ANNOUNCE_GAP_MS) {
		timer_start(&p->announcement, p->announced_ms + ANNOUNCE_GAP_MS - now, 0);
		return;
	}
	text = discovery_message(&d);
	if (!text)
		return;
	if (send_text(p, discovery_topic(&d, topic, sizeof(topic)), text, 1, true) == 0)
		note_announced(p, entities, now);
	free(text);
}

void publisher_restate(struct publisher *p)
{
	if (!p->base[0])
		return;
	p->fresh = false;
	send_availability(p);
	if (p->info)
		send_below(p, "info", p->info, 1, true);
	for (size_t i = 0; i < han_measurement_count(); i++)
		send_state(p, i);
	for (size_t i = 0; i < p->unnamed.count; i++)
		send_unnamed(p, &p->unnamed.states[i]);
	send_unsent(p);
}

/* The value becomes its topic's newest payload; false when it cannot be said. */
static bool store_value(struct publisher *p, const struct han_value *value, time_t now)
{
	struct publisher_state *s = &p->states[han_measurement_index(value->measurement)];
	char text[HAN_TEXT_MAX];
	size_t size;

	if (!payload_value(value, now, text))
		return false;
	size = strlen(text) + 1;
	if (size > s->room) {
		char *grown = realloc(s->text, size);

		if (!grown)
			return false;
		s->text = grown;
		s->room = size;
	}
	memcpy(s->text, text, size);
	return true;
}

/* NULL when it cannot be said, or is one code too many: that is told once. */
static const struct unnamed_state *store_unnamed(struct publisher *p, const struct han_value *value,
                                                 time_t now)
{
	char code[HAN_OBIS_TEXT], text[HAN_TEXT_MAX];
	const struct unnamed_state *state;
	bool full = p->unnamed.full;

	if (!payload_value(value, now, text))
		return NULL;
	state = unnamed_store(&p->unnamed, han_value_code(value, code), text);
	if (p->unnamed.full && !full)
		log_warning("publisher: %s: more than %d codes without a name; %s and others are "
		            "not published",
		            p->identity, UNNAMED_MAX, code);
	return state;
}

/* Before the identity is known, and before anything was sent under it, values are held. */
static void take_value(struct publisher *p, const struct han_value *value, time_t now)
{
	bool sends = p->base[0] && !p->fresh;
	const struct unnamed_state *unnamed;

	if (value->structural)
		return;
	if (value->measurement) {
		if (store_value(p, value, now) && sends)
			send_state(p, han_measurement_index(value->measurement));
	} else if (p->settings->unknown_obis) {
		unnamed = store_unnamed(p, value, now);
		if (unnamed && sends)
			send_unnamed(p, unnamed);
	}
}

/* Whether the measurement is announced from now on, and was not before. */
static bool announce(struct publisher *p, const struct han_measurement *m)
{
	bool *announced = &p->announced[han_measurement_index(m)];
	bool grown = !*announced && !p->structural[han_measurement_index(m)];

	*announced |= grown;
	return grown;
}

/* A list of a single value is one of several; any other, and one that says whose it is, shows enough. */
static bool tells_set(const struct han_reading *reading)
{
	char identity[HAN_IDENTITY_TEXT];

	return reading->count > 1 || han_reading_identity(reading, identity) != HAN_IDENTITY_NONE;
}

/* Adds to what is announced: what the list says that the meter sends, structural zeros aside, and what it
 * has sent. Whether the set has grown, or is known for the first time. */
static bool learn_set(struct publisher *p, const struct han_reading *reading)
{
	bool grown = !p->set_known;

	memset(p->structural, 0, han_measurement_count() * sizeof(*p->structural));
	for (size_t i = 0; i < reading->count; i++) {
		const struct han_value *v = &reading->values[i];

		if (v->measurement)
			p->structural[han_measurement_index(v->measurement)] = v->structural;
	}
	p->set_known |= tells_set(reading) || han_list_sends(reading->list, 0);
	for (size_t i = 0; i < reading->count; i++) {
		const struct han_value *v = &reading->values[i];

		if (v->measurement && payload_expected(v))
			grown |= announce(p, v->measurement);
	}
	for (size_t i = 0; han_list_sends(reading->list, i); i++)
		grown |= announce(p, han_list_sends(reading->list, i));
	return grown && p->set_known;
}

/* Whether it differs from the one before; only a list that says who the meter is can change it. */
static bool update_info(struct publisher *p, const struct han_reading *reading,
                        const struct payload_meter *line)
{
	struct payload_meter info = *line;
	char identity[HAN_IDENTITY_TEXT], text[PAYLOAD_JSON];

	if (p->info && han_reading_identity(reading, identity) == HAN_IDENTITY_NONE)
		return false;
	if (!p->maker || han_reading_maker(reading)[0])
		p->maker = han_reading_maker(reading);
	info.meter_id = p->identity;
	info.meter_type = state_text(p, "meter_type");
	info.obis_version = state_text(p, "obis_version");
	info.maker = p->maker;
	info.framing = han_framing_name(reading->framing);
	if (!payload_meter_info(&info, text) || (p->info && strcmp(text, p->info) == 0))
		return false;
	free(p->info);
	p->info = strdup(text);
	return p->info != NULL;
}

void publisher_reading(struct publisher *p, const struct han_reading *reading,
                       const struct payload_meter *line)
{
	bool grown = learn_set(p, reading);
	char text[PAYLOAD_JSON];
	struct timespec now;
	bool first;

	clock_gettime(CLOCK_REALTIME, &now);
	for (size_t i = 0; i < reading->count; i++)
		take_value(p, &reading->values[i], now.tv_sec);
	if (!p->base[0])
		return;

	first = p->fresh;
	if (update_info(p, reading, line) && !first)
		send_below(p, "info", p->info, 1, true);
	if (grown || first)
		publisher_announce(p);
	if (first)
		publisher_restate(p);
	free(p->unsent);
	p->unsent = payload_reading(reading, p->identity, &now, text) ? strdup(text) : NULL;
	send_unsent(p);
}
