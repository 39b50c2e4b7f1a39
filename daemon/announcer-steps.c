#include "announcer-steps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "discovery.h"
#include "publisher.h"

#define MOVE          "{\"migrate_discovery\": true}"
#define MOVE_EXPIRY_S 10 /* Home Assistant has had it at once, or is not there */

static struct discovery describe(const struct announcer *a)
{
	return (struct discovery){
		.prefix = a->settings->homeassistant_prefix,
		.version = a->meter->version,
		.identity = a->identity,
		.section = a->meter->section,
		.maker = a->told.maker,
		.model = a->told.model,
		.list_version = a->told.list_version,
		.base = a->base,
		.bridge_availability = a->meter->bridge.availability,
		.power_info = a->meter->bridge.power_info,
		.power_command = a->meter->bridge.power_command,
		.meter_availability = a->availability,
		.qos = (int)a->settings->qos,
		.reactive_energy_class = a->settings->reactive_energy_class,
		.energy_registers = a->settings->energy_sensor == PUBLISHER_ENERGY_REGISTER,
		.announced = a->repertoire.set,
	};
}

static int send_retained(const struct announcer *a, const char *topic, const char *payload,
                         unsigned expiry_s)
{
	const struct message message = { .topic = topic,
		                         .payload = payload,
		                         .len = strlen(payload),
		                         .qos = 1,
		                         .retain = true,
		                         .kind = MESSAGE_EVENT,
		                         .expiry_s = expiry_s };

	return a->outlet.send(a->outlet.user, &message);
}

static int send_config(void *user, const char *topic, const char *payload)
{
	return send_retained(user, topic, payload, 0);
}

/* May be lost with the session: the next one looks whether it is. */
static int empty_topic(struct announcer *a, const char *topic)
{
	a->looked = false;
	return send_config(a, topic, "");
}

/* One by one; what goes away loses its topic. */
static int send_entities(struct announcer *a, const struct discovery *d,
                         const struct entities *removed)
{
	char topic[320];
	int rc = 0;

	for (size_t i = 0; i < removed->count && rc == 0; i++)
		rc = empty_topic(
			a, discovery_entity_topic(d, &removed->list[i], topic, sizeof(topic)));
	return rc < 0 ? rc : discovery_entity_messages(d, a, send_config);
}

static int send_device(struct announcer *a, const struct discovery *d, const char *topic,
                       const struct entities *removed)
{
	char *text = discovery_message(d, removed);
	int rc = text ? send_config(a, topic, text) : -ENOMEM;

	free(text);
	return rc;
}

static bool uses_components(const struct announcer *a)
{
	return a->settings->discovery == PUBLISHER_DISCOVERY_COMPONENTS;
}

int announcer_send(struct announcer *a, size_t *removed)
{
	const struct discovery d = describe(a);
	struct entities now = { 0 }, gone = { 0 };
	char topic[320];
	int rc;

	entities_copy(&now, &a->told); /* the texts */
	discovery_entities(&d, &now);
	entities_without(&a->told, &now, &gone);
	rc = uses_components(a)
	             ? send_entities(a, &d, &gone)
	             : send_device(a, &d, discovery_topic(&d, topic, sizeof(topic)), &gone);
	if (rc == 0) {
		*removed = gone.count;
		entities_copy(&a->told, &now);
	}
	entities_fini(&gone);
	entities_fini(&now);
	return rc;
}

/* Whether the trace's topic is one that is used now. */
static bool is_in_use(const struct announcer *a, const struct discovery *d,
                      const struct trace *trace)
{
	char topic[320];

	if (a->settings->discovery == PUBLISHER_DISCOVERY_OFF ||
	    trace->device == uses_components(a))
		return false;
	if (trace->device)
		discovery_topic(d, topic, sizeof(topic));
	else
		discovery_entity_topic(d, &trace->entity, topic, sizeof(topic));
	return strcmp(topic, trace->topic) == 0;
}

size_t announcer_trace_count(const struct announcer *a)
{
	return a->traces ? a->traces->count : 0;
}

void announcer_forget_traces(struct announcer *a)
{
	if (a->traces)
		traces_fini(a->traces);
	free(a->traces);
	a->traces = NULL;
}

int announcer_sort_traces(struct announcer *a)
{
	const struct discovery d = describe(a);
	struct entities now = { 0 };
	struct traces *t = a->traces;
	size_t kept = 0;
	int rc = 0;

	if (!t)
		return 0;
	discovery_entities(&d, &now);
	for (size_t i = 0; i < t->count; i++) {
		struct trace *trace = &t->list[i];
		bool used = is_in_use(a, &d, trace);

		if (used && !trace->device)
			entities_add(&a->told, trace->entity.platform, trace->entity.id);
		if (!used && (trace->device ||
		              entities_has(&now, trace->entity.platform, trace->entity.id))) {
			t->list[kept++] = *trace;
			continue;
		}
		if (!used && rc == 0)
			rc = empty_topic(a, trace->topic);
		free(trace->topic);
	}
	t->count = kept;
	entities_fini(&now);
	return rc;
}

int announcer_prune_old(struct announcer *a)
{
	const struct discovery d = describe(a);
	struct entities now = { 0 }, gone = { 0 };
	int rc = 0;

	entities_copy(&now, &a->told);
	discovery_entities(&d, &now);
	entities_without(&a->told, &now, &gone);
	for (size_t i = 0; i < announcer_trace_count(a) && gone.count > 0 && rc >= 0; i++) {
		const struct trace *trace = &a->traces->list[i];

		if (trace->device && !trace->moving)
			rc = send_device(a, &d, trace->topic, &gone) < 0 ? -ENOTCONN : 1;
	}
	if (rc > 0)
		entities_copy(&a->told, &now);
	entities_fini(&gone);
	entities_fini(&now);
	return rc;
}

static bool expires(const struct announcer *a, const struct trace *trace)
{
	return trace->device && a->hooks.expires && a->hooks.expires(a->hooks.user);
}

/* What moved already, in a session that ended, is not told again, but for what has yet to expire. */
int announcer_tell_move(struct announcer *a)
{
	int rc = 0;

	for (size_t i = 0; i < announcer_trace_count(a) && rc == 0; i++) {
		const struct trace *trace = &a->traces->list[i];
		bool expiring = expires(a, trace);

		if (!trace->moving || expiring)
			rc = send_retained(a, trace->topic, MOVE, expiring ? MOVE_EXPIRY_S : 0);
	}
	return rc;
}

int announcer_empty_old(struct announcer *a, bool all)
{
	int rc = 0;

	for (size_t i = 0; i < announcer_trace_count(a) && rc == 0; i++) {
		const struct trace *trace = &a->traces->list[i];

		if (all || !expires(a, trace))
			rc = empty_topic(a, trace->topic);
	}
	return rc;
}

bool announcer_is_out_of_step(const struct announcer *a)
{
	const struct discovery d = describe(a);
	struct entities now = { 0 }, removed = { 0 };
	bool out = false;

	discovery_entities(&d, &now);
	entities_without(&a->told, &now, &removed);
	for (size_t i = 0; i < announcer_trace_count(a); i++) {
		const struct trace *trace = &a->traces->list[i];

		out |= !is_in_use(a, &d, trace);
		out |= !trace->device &&
		       !entities_has(&now, trace->entity.platform, trace->entity.id);
	}
	out |= removed.count > 0;
	entities_fini(&removed);
	entities_fini(&now);
	return out;
}
