#include "belongings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "leaf.h"
#include "topic.h"

__attribute__((format(printf, 3, 4))) static void filter(struct belongings *b, size_t index,
                                                         const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(b->filters[index], sizeof(b->filters[index]), format, args);
	va_end(args);
}

void belongings_init(struct belongings *b, const char *prefix, const char *meter)
{
	*b = (struct belongings){ .prefix = prefix };
	topic_level(meter, b->name, sizeof(b->name));
	snprintf(b->id, sizeof(b->id), "%s", meter);
}

static void clear_topics(struct belongings *b)
{
	for (size_t i = 0; i < b->topic_count; i++)
		free(b->topics[i]);
	b->topic_count = 0;
}

void belongings_fini(struct belongings *b)
{
	clear_topics(b);
	traces_fini(&b->traces);
	peers_fini(&b->peers);
	free(b->meters);
	b->meters = NULL;
	b->meter_count = b->meter_room = b->name_count = 0;
}

/* The first level into buf; what stands behind it, NULL when that is nothing or there is no room. */
static const char *first_level(const char *levels, char buf[BELONGINGS_NAME])
{
	size_t len = strcspn(levels, "/");

	if (levels[len] != '/' || len >= BELONGINGS_NAME)
		return NULL;
	memcpy(buf, levels, len);
	buf[len] = '\0';
	return levels + len + 1;
}

/* ---- who is there ---- */

void belongings_ask(struct belongings *b, const char *filters[BELONGINGS_FILTERS + 1])
{
	filter(b, 0, "%.60s/+/info", b->prefix);
	filter(b, 1, "%.60s/%s/availability", b->prefix, b->name);
	filters[0] = b->filters[0];
	filters[1] = b->filters[1];
	filters[2] = NULL;
}

/* The meter that has the name now, NULL: none. */
static const struct belongings_meter *find_named(const struct belongings *b, const char *name)
{
	for (size_t i = 0; i < b->meter_count; i++) {
		if (strcmp(b->meters[i].name, name) == 0)
			return &b->meters[i];
	}
	return NULL;
}

static bool make_room(struct belongings *b)
{
	const size_t room = b->meter_room ? 2 * b->meter_room : 16;
	struct belongings_meter *grown = NULL;

	if (b->meter_count < b->meter_room)
		return true;
	if (room <= BELONGINGS_METERS)
		grown = realloc(b->meters, room * sizeof(*grown));
	if (!grown)
		return false;
	b->meters = grown;
	b->meter_room = room;
	return true;
}

static void note_meter(struct belongings *b, const char *name, const cJSON *info)
{
	const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(info, "meter_id"));
	struct belongings_meter *meter;

	if (!id || !id[0] || strlen(id) >= sizeof(meter->id) || find_named(b, name) ||
	    !make_room(b))
		return;
	meter = &b->meters[b->meter_count];
	snprintf(meter->name, sizeof(meter->name), "%s", name);
	snprintf(meter->id, sizeof(meter->id), "%s", id);
	b->meter_count++;
}

void belongings_meet(struct belongings *b, const char *topic, const void *payload, size_t len)
{
	const char *levels = leaf_of(topic, b->prefix), *leaf;
	char name[BELONGINGS_NAME];
	cJSON *info;

	leaf = levels ? first_level(levels, name) : NULL;
	if (!leaf)
		return;
	if (strcmp(leaf, "availability") == 0 && strcmp(name, b->name) == 0)
		b->named = true;
	if (strcmp(leaf, "info") != 0)
		return;
	info = json_parse(payload, len);
	note_meter(b, name, info);
	cJSON_Delete(info);
}

static bool is_name(const struct belongings *b, const char *name)
{
	for (size_t i = 0; i < b->name_count; i++) {
		if (strcmp(b->names[i], name) == 0)
			return true;
	}
	return false;
}

static void add_name(struct belongings *b, const char *name)
{
	if (b->name_count < BELONGINGS_NAMES && !is_name(b, name))
		b->names[b->name_count++] = name;
}

void belongings_resolve(struct belongings *b)
{
	const struct belongings_meter *named = find_named(b, b->name);
	bool is_id = false;

	for (size_t i = 0; i < b->meter_count; i++)
		is_id |= strcmp(b->meters[i].id, b->id) == 0;
	if (named && !is_id)
		memcpy(b->id, named->id, sizeof(b->id));
	for (size_t i = 0; i < b->meter_count; i++) {
		if (strcmp(b->meters[i].id, b->id) == 0)
			add_name(b, b->meters[i].name);
	}
	/* unless the name that was asked for is another meter's by now */
	if (b->named && (!named || strcmp(named->id, b->id) == 0))
		add_name(b, b->name);
}

/* ---- what there is of it ---- */

void belongings_search(struct belongings *b, const char *homeassistant, const char *before,
                       const char *filters[BELONGINGS_FILTERS + 1])
{
	const char *traces[TRACES_FILTERS + 1];
	size_t n = 0;

	clear_topics(b);
	peers_fini(&b->peers);
	traces_fini(&b->traces);
	traces_init(&b->traces, b->id, homeassistant, before);
	traces_filters(&b->traces, traces);
	for (size_t i = 0; i < b->name_count; i++)
		filter(b, n++, "%.60s/%s/#", b->prefix, b->names[i]);
	for (size_t i = 0; traces[i]; i++)
		filter(b, n++, "%s", traces[i]);
	filter(b, n++, "%.60s/bridge/+/info", b->prefix);
	filter(b, n++, "%.60s/bridge/+/availability", b->prefix);
	for (size_t i = 0; i < n; i++)
		filters[i] = b->filters[i];
	filters[n] = NULL;
}

static void add_topic(struct belongings *b, const char *topic)
{
	for (size_t i = 0; i < b->topic_count; i++) {
		if (strcmp(b->topics[i], topic) == 0)
			return;
	}
	if (b->topic_count == BELONGINGS_TOPICS)
		return;
	b->topics[b->topic_count] = strdup(topic);
	b->topic_count += b->topics[b->topic_count] != NULL;
}

void belongings_collect(struct belongings *b, const char *topic, const void *payload, size_t len)
{
	const char *levels = leaf_of(topic, b->prefix), *rest;
	char name[BELONGINGS_NAME];

	if (traces_add(&b->traces, topic, payload, len)) {
		add_topic(b, topic);
		return;
	}
	rest = levels ? first_level(levels, name) : NULL;
	if (!rest)
		return;
	if (strcmp(name, "bridge") == 0)
		peers_meet(&b->peers, rest, payload, len, b->names, b->name_count);
	else if (is_name(b, name) && leaf_is_meters(rest))
		add_topic(b, topic);
}

const char *belongings_served_by(const struct belongings *b)
{
	return peers_serving(&b->peers);
}
