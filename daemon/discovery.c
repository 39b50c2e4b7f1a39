#include "discovery.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "components.h"
#include "member.h"
#include "topic.h"

/* An entity that holds nothing but its platform is removed. */
static void add_removed(cJSON *components, const struct entities *removed)
{
	for (size_t i = 0; removed && i < removed->count; i++) {
		const struct entity *entity = &removed->list[i];

		if (!cJSON_HasObjectItem(components, entity->id))
			member_add_text(cJSON_AddObjectToObject(components, entity->id), "platform",
			                entity->platform);
	}
}

static void add_device(cJSON *root, const struct discovery *d)
{
	cJSON *device = cJSON_AddObjectToObject(root, "device");
	cJSON *identifiers = cJSON_AddArrayToObject(device, "identifiers");
	char meter[128], text[160];

	snprintf(text, sizeof(text), "hanmqttd_%s", topic_id(d->identity, meter, sizeof(meter)));
	cJSON_AddItemToArray(identifiers, cJSON_CreateString(text));
	snprintf(text, sizeof(text), "Electricity meter%s%s", d->section[0] ? " " : "", d->section);
	member_add_text(device, "name", text);
	member_add_text(device, "manufacturer", d->maker);
	member_add_text(device, "model", d->model);
	member_add_text(device, "serial_number", d->identity);
	member_add_text(device, "sw_version", d->list_version);
}

static void add_origin(cJSON *root, const struct discovery *d)
{
	cJSON *origin = cJSON_AddObjectToObject(root, "origin");

	member_add_text(origin, "name", "hanmqttd");
	member_add_text(origin, "sw_version", d->version);
}

static void add_availability(cJSON *object, const struct discovery *d)
{
	components_add_topic(cJSON_AddArrayToObject(object, "availability"),
	                     d->bridge_availability);
}

void discovery_entities(const struct discovery *d, struct entities *e)
{
	cJSON *components = components_of(d);
	const cJSON *c;

	e->count = 0;
	cJSON_ArrayForEach(c, components)
	{
		entities_add(e, cJSON_GetObjectItem(c, "platform")->valuestring, c->string);
	}
	cJSON_Delete(components);
}

char *discovery_topic(const struct discovery *d, char *buf, size_t size)
{
	char meter[128];

	snprintf(buf, size, "%s/device/hanmqttd_%s/config", d->prefix,
	         topic_id(d->identity, meter, sizeof(meter)));
	return buf;
}

char *discovery_message(const struct discovery *d, const struct entities *removed)
{
	cJSON *root = cJSON_CreateObject();
	cJSON *components = components_of(d);
	char *text;

	add_device(root, d);
	add_origin(root, d);
	add_availability(root, d);
	member_add_text(root, "availability_mode", "all");
	cJSON_AddNumberToObject(root, "qos", d->qos);
	add_removed(components, removed);
	cJSON_AddItemToObject(root, "components", components);
	text = root ? cJSON_PrintUnformatted(root) : NULL;
	cJSON_Delete(root);
	return text;
}

char *discovery_entity_topic(const struct discovery *d, const struct entity *entity, char *buf,
                             size_t size)
{
	char meter[128];

	snprintf(buf, size, "%s/%s/hanmqttd_%s/%s/config", d->prefix, entity->platform,
	         topic_id(d->identity, meter, sizeof(meter)), entity->id);
	return buf;
}

/* What the device message says once, in the message of one entity. */
static char *complete(cJSON *c, const struct discovery *d)
{
	cJSON_DeleteItemFromObject(c, "platform"); /* the topic says it */
	if (!cJSON_HasObjectItem(c, "availability"))
		add_availability(c, d);
	member_add_text(c, "availability_mode", "all");
	if (!cJSON_HasObjectItem(c, "qos"))
		cJSON_AddNumberToObject(c, "qos", d->qos);
	add_device(c, d);
	add_origin(c, d);
	return cJSON_PrintUnformatted(c);
}

int discovery_entity_messages(const struct discovery *d, void *user,
                              int (*send)(void *user, const char *topic, const char *payload))
{
	cJSON *components = components_of(d);
	struct entities all = { 0 };
	int rc = components ? 0 : -ENOMEM;

	discovery_entities(d, &all);
	for (size_t i = 0; i < all.count && rc == 0; i++) {
		cJSON *c = cJSON_GetObjectItemCaseSensitive(components, all.list[i].id);
		char *text = c ? complete(c, d) : NULL;
		char topic[320];

		discovery_entity_topic(d, &all.list[i], topic, sizeof(topic));
		rc = text ? send(user, topic, text) : -ENOMEM;
		free(text);
	}
	entities_fini(&all);
	cJSON_Delete(components);
	return rc;
}
