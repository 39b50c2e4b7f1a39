#include "settle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "secret.h"
#include "settle-mqtt.h"
#include "topic.h"

#define CREDENTIAL_MAX 96
#define TOPIC_MAX      64

_Static_assert(SECRET_KEY == HAN_KEY_OCTETS, "a key is a key");

/* " NAME" of [meter NAME]. */
static const char *blank(const struct config_meter *m)
{
	return m->section[0] ? " " : "";
}

static void settle_port(const struct config_meter *m, struct search_settings *port)
{
	port->device = m->device && strcmp(m->device, "auto") != 0 ? m->device : NULL;
	port->baud = m->baud;
	port->format = (int)m->format - 1; /* the word auto stands first */
	port->protocol = (enum han_protocol)m->protocol;
}

/* The credential of a meter: NAME as it stands in topics, so that it stays in its directory. */
static char *credential_of(const struct config_meter *m, const char *key, char buf[CREDENTIAL_MAX])
{
	char level[64];

	snprintf(buf, CREDENTIAL_MAX, "%s%s%s", topic_level(m->section, level, sizeof(level)),
	         m->section[0] ? "-" : "", key);
	return buf;
}

/* Whether there is such a key; a mistake is told and is none. */
static bool take_key(struct config *config, size_t index, const char *key, const char *file,
                     uint8_t *octets, struct secret_version *version,
                     const struct settle_hooks *hooks)
{
	char credential[CREDENTIAL_MAX], setting[32], error[SECRET_ERROR];
	bool found;

	if (file)
		found = secret_read_key(file, octets, version, error);
	else
		found = secret_read_key_credential(
			credential_of(&config->meters[index], key, credential), octets, version,
			error);
	snprintf(setting, sizeof(setting), "%s-file", key);
	if (error[0])
		hooks->mistake(hooks->user, "meter", setting, index, "%s", error);
	return found;
}

static void take_keys(struct config *config, size_t index, const struct settle_hooks *hooks)
{
	struct config_meter *m = &config->meters[index];
	struct han_settings *decoder = &m->settings.decoder;

	decoder->has_key =
		take_key(config, index, "key", m->key_file, decoder->key, &m->key_version, hooks);
	decoder->has_auth_key = take_key(config, index, "auth-key", m->auth_key_file,
	                                 decoder->auth_key, &m->auth_key_version, hooks);
	if (decoder->has_auth_key && !decoder->has_key && !m->key_file)
		hooks->mistake(hooks->user, "meter", "auth-key-file", index,
		               "there is no key; accepted: both, key-file alone, or none");
}

static void settle_meter(struct config *config, size_t index, const struct settle_hooks *hooks)
{
	struct config_meter *m = &config->meters[index];
	const char *name = m->name ? m->name : m->section;
	struct search_settings *port = &m->settings.port;

	m->settings.section = m->section;
	m->settings.topic_name = name[0] ? name : NULL;
	m->settings.decoder.protocol = (enum han_protocol)m->protocol;
	m->settings.decoder.list = han_list_find(m->list);
	settle_port(m, port);
	if (port->baud && !serial_baud_known(port->baud))
		hooks->mistake(
			hooks->user, "meter", "baud", index,
			"\"%u\" is not accepted; accepted: auto, 300, 600, 1200, 2400, 4800, 9600, "
			"19200, 38400, 57600 or 115200",
			port->baud);
	take_keys(config, index, hooks);
}

/* ---- two meters may share neither a port nor a topic ---- */

/* A port or a topic, and who has it. */
struct place {
	const char *name;
	size_t meter;
};

static const struct kind {
	const char *key, *serves, *own;
} ports = { "device", "serves", "port" }, topics = { "name", "is the topic of", "name" };

static int by_name(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order ? order : (a->meter > b->meter) - (a->meter < b->meter);
}

/* Each meter is told of the first that was there, not of all: of a thousand there are half a million pairs. */
static void tell_shared(const struct config *config, const struct kind *kind, struct place *places,
                        size_t count, const struct settle_hooks *hooks)
{
	size_t first = 0;

	qsort(places, count, sizeof(*places), by_name);
	for (size_t i = 1; i < count; i++) {
		const struct config_meter *m = &config->meters[places[first].meter];

		if (strcmp(places[i].name, places[first].name) != 0)
			first = i;
		else
			hooks->mistake(hooks->user, "meter", kind->key, places[i].meter,
			               "\"%s\" %s [meter%s%s] already; accepted: a %s of its own",
			               places[i].name, kind->serves, blank(m), m->section,
			               kind->own);
	}
}

static bool compare_meters(const struct config *config, const struct settle_hooks *hooks)
{
	const size_t count = config->meter_count;
	struct place *devices = calloc(count + 1, sizeof(*devices));
	struct place *names = calloc(count + 1, sizeof(*names));
	char(*levels)[TOPIC_MAX] = calloc(count + 1, sizeof(*levels));
	bool complete = devices && names && levels;
	size_t named = 0;

	for (size_t i = 0; complete && i < count; i++) {
		const struct config_meter *m = &config->meters[i];
		const char *name = m->settings.topic_name;

		devices[i] = (struct place){ m->device, i };
		if (name)
			names[named++] =
				(struct place){ topic_level(name, levels[i], TOPIC_MAX), i };
	}
	if (complete) {
		tell_shared(config, &ports, devices, count, hooks);
		tell_shared(config, &topics, names, named, hooks);
	}
	free(levels);
	free(names);
	free(devices);
	return complete;
}

/* What an automatic choice leaves to the others. */
static bool share_devices(struct config *config)
{
	config->devices = calloc(config->meter_count + 1, sizeof(*config->devices));
	if (!config->devices)
		return false;
	for (size_t i = 0; i < config->meter_count; i++) {
		struct search_settings *port = &config->meters[i].settings.port;

		config->devices[i] = port->device;
		port->taken = config->devices;
		port->taken_count = config->meter_count;
	}
	return true;
}

bool settle_config(struct config *config, const struct settle_hooks *hooks)
{
	for (size_t i = 0; i < config->meter_count; i++)
		settle_meter(config, i, hooks);
	config->log_level += LOG_ERR;
	return compare_meters(config, hooks) && share_devices(config) && settle_mqtt(config, hooks);
}
