#include "traces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "topic.h"
#include "utf8.h"

static void set_filters(struct traces *t, size_t first, const char *prefix)
{
	snprintf(t->filters[first], sizeof(t->filters[first]), "%.90s/device/%s/config", prefix,
	         t->node);
	snprintf(t->filters[first + 1], sizeof(t->filters[first + 1]), "%.90s/+/%s/+/config",
	         prefix, t->node);
}

void traces_init(struct traces *t, const char *identity, const char *prefix, const char *before)
{
	char meter[128];

	*t = (struct traces){ 0 };
	snprintf(t->node, sizeof(t->node), "hanmqttd_%s", topic_id(identity, meter, sizeof(meter)));
	set_filters(t, 0, prefix);
	if (before[0] && strcmp(before, prefix) != 0)
		set_filters(t, 2, before);
}

void traces_fini(struct traces *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->list[i].topic);
	entities_fini(&t->told);
	*t = (struct traces){ 0 };
}

void traces_filters(const struct traces *t, const char *filters[TRACES_FILTERS + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < TRACES_FILTERS; i++) {
		if (t->filters[i][0])
			filters[n++] = t->filters[i];
	}
	filters[n] = NULL;
}

/* One level of a topic, up to the slash that must follow, into buf; what comes behind, NULL when it is none. */
static const char *take_level(const char *topic, char *buf, size_t size)
{
	size_t len = strcspn(topic, "/");

	if (topic[len] != '/' || len == 0 || len >= size)
		return NULL;
	memcpy(buf, topic, len);
	buf[len] = '\0';
	return topic + len + 1;
}

/* Whether it is filter i's; what stands for its two + into platform and id. */
static bool matches(const struct traces *t, size_t i, const char *topic, struct entity *entity)
{
	const char *plus = strstr(t->filters[i], "/+/");
	size_t before = plus ? (size_t)(plus - t->filters[i]) + 1 : 0;
	char node[sizeof(t->node)];

	if (!plus)
		return strcmp(t->filters[i], topic) == 0;
	if (strncmp(topic, t->filters[i], before) != 0)
		return false;
	topic = take_level(topic + before, entity->platform, sizeof(entity->platform));
	topic = topic ? take_level(topic, node, sizeof(node)) : NULL;
	topic = topic ? take_level(topic, entity->id, sizeof(entity->id)) : NULL;
	return topic && strcmp(node, t->node) == 0 && strcmp(topic, "config") == 0;
}

static const char *text_of(const cJSON *object, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static bool is_moving(const cJSON *root)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "migrate_discovery"));
}

static bool is_ours(const cJSON *root)
{
	const char *name = text_of(cJSON_GetObjectItemCaseSensitive(root, "origin"), "name");

	return (name && strcmp(name, "hanmqttd") == 0) || is_moving(root);
}

static void take_text(const cJSON *device, const char *name, char buf[ENTITIES_TEXT])
{
	const char *text = text_of(device, name);

	if (text && strlen(text) < ENTITIES_TEXT &&
	    utf8_is_text((const uint8_t *)text, strlen(text)))
		snprintf(buf, ENTITIES_TEXT, "%s", text);
}

/* What the message says of the meter, and of its entities if it is a device message. */
static void take_message(struct traces *t, const cJSON *root)
{
	const cJSON *device = cJSON_GetObjectItemCaseSensitive(root, "device");
	const cJSON *component;

	take_text(device, "manufacturer", t->told.maker);
	take_text(device, "model", t->told.model);
	take_text(device, "sw_version", t->told.list_version);
	cJSON_ArrayForEach(component, cJSON_GetObjectItemCaseSensitive(root, "components"))
	{
		const char *platform = text_of(component, "platform");

		if (platform && component->string)
			entities_add(&t->told, platform, component->string);
	}
}

static bool is_noted(const struct traces *t, const char *topic)
{
	for (size_t i = 0; i < t->count; i++) {
		if (strcmp(t->list[i].topic, topic) == 0)
			return true;
	}
	return false;
}

static bool note(struct traces *t, struct trace *trace, const char *topic, const cJSON *root)
{
	if (!is_ours(root) || t->count >= TRACES_MAX)
		return false;
	trace->moving = is_moving(root);
	trace->topic = strdup(topic);
	if (!trace->topic)
		return false;
	take_message(t, root);
	t->list[t->count++] = *trace;
	return true;
}

bool traces_add(struct traces *t, const char *topic, const void *payload, size_t len)
{
	struct trace trace = { 0 };
	bool noted = false;
	size_t i = 0;
	cJSON *root;

	while (i < TRACES_FILTERS && (!t->filters[i][0] || !matches(t, i, topic, &trace.entity)))
		i++;
	if (i == TRACES_FILTERS || is_noted(t, topic))
		return false;
	trace.device = i % 2 == 0;
	root = json_parse(payload, len);
	if (root)
		noted = note(t, &trace, topic, root);
	cJSON_Delete(root);
	return noted;
}
