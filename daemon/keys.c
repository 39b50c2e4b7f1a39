#include "keys.h"

#include <string.h>

#include <han/reading.h>

#include "address.h"

#define IN(field)       offsetof(struct config, field)
#define IN_METER(field) offsetof(struct config_meter, field)

static bool is_printable(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7F)
			return false;
	}
	return true;
}

static bool is_level(const char *text)
{
	return is_printable(text) && !strpbrk(text, "/+#") && strlen(text) <= 60;
}

static bool is_topic(const char *text)
{
	size_t len = strlen(text);

	return is_printable(text) && !strpbrk(text, "+#") && text[0] != '/' && text[0] != '$' &&
	       text[len - 1] != '/' && !strstr(text, "//") && len <= 60;
}

static bool is_path(const char *text)
{
	return text[0] == '/';
}

static bool is_device(const char *text)
{
	struct address address;

	return text[0] == '/' || strcmp(text, "auto") == 0 || address_read(text, &address);
}

static bool is_name(const char *text)
{
	return is_printable(text) && strcmp(text, "bridge") != 0 && strlen(text) <= 60;
}

static bool is_list(const char *text)
{
	return strcmp(text, "auto") == 0 || han_list_find(text);
}

#define LISTS_MAX 256

static const char *nearest_list(const char *text)
{
	const char *candidates[LISTS_MAX];
	size_t count = 0;

	while (count < LISTS_MAX && count < han_list_count()) {
		candidates[count] = han_list_name(han_list_at(count));
		count++;
	}
	return setting_nearest(text, candidates, count);
}

#define LEVEL_FORM "at most 60 characters without / + #"
#define TOPIC_FORM \
	"at most 60 characters of topic, without + #, not beginning with / or $, nor ending with /"
#define SECRET_FORM "the path, beginning with /, of a file that holds it"
#define DEVICE_FORM "auto, a path that begins with /, or " ADDRESS_FORM
#define NAME_FORM   "at most 60 characters, not \"bridge\""
#define LIST_FORM   "auto, or a name that `hantool lists` prints"

/* The parts of a row. */
#define KEY(in, name, kind, default_text, field)                                          \
	.section = (in), .key = (name), .type = SETTING_##kind, .preset = (default_text), \
	.offset = (field)
#define FORM(form, check)         .accepted = (form), .fits = (check)
#define RANGE(low, high, of_unit) .min = (low), .max = (high), .unit = (of_unit)
#define WORDS(...)                .words = { __VA_ARGS__ }
#define NOT_YET                   .later = true

/* clang-format off */
static const struct setting settings[] = {
	{ KEY("mqtt", "host", TEXT, "localhost", IN(mqtt.host)), FORM("a host name or address", is_printable) },
	{ KEY("mqtt", "port", NUMBER, "1883", IN(mqtt.port)), RANGE(1, 65535, NULL) },
	{ KEY("mqtt", "client-id", TEXT, "", IN(client_id)), FORM(LEVEL_FORM, is_level) },
	{ KEY("mqtt", "username", TEXT, "", IN(mqtt.username)), FORM("printable characters", is_printable) },
	{ KEY("mqtt", "password-file", TEXT, "", IN(password_file)), FORM(SECRET_FORM, is_path), .secret = true },
	{ KEY("mqtt", "protocol", WORD, "5", IN(mqtt.protocol)), WORDS("5", "3.1.1") },
	{ KEY("mqtt", "keepalive", NUMBER, "30", IN(mqtt.keepalive_s)), RANGE(5, 65535, "s") },
	{ KEY("mqtt", "topic-prefix", TEXT, "han", IN(publish.prefix)), FORM(TOPIC_FORM, is_topic) },
	{ KEY("mqtt", "tls", YES_NO, "no", IN(later.yes)), NOT_YET },
	{ KEY("mqtt", "ca-file", TEXT, "", IN(later.text)), NOT_YET },
	{ KEY("mqtt", "ca-path", TEXT, "", IN(later.text)), NOT_YET },
	{ KEY("mqtt", "cert-file", TEXT, "", IN(later.text)), NOT_YET },
	{ KEY("mqtt", "key-file", TEXT, "", IN(later.text)), NOT_YET },
	{ KEY("mqtt", "psk-identity", TEXT, "", IN(later.text)), NOT_YET },
	{ KEY("mqtt", "psk-file", TEXT, "", IN(later.text)), NOT_YET },
	{ KEY("mqtt", "tls-insecure", YES_NO, "no", IN(later.yes)), NOT_YET },
	{ KEY("mqtt", "commands", YES_NO, "no", IN(commands)) },

	{ KEY("homeassistant", "discovery", WORD, "device", IN(publish.discovery)), WORDS("device", "components", "off"), .later_words = 1 << PUBLISHER_DISCOVERY_COMPONENTS },
	{ KEY("homeassistant", "prefix", TEXT, "homeassistant", IN(publish.homeassistant_prefix)), FORM(TOPIC_FORM, is_topic) },
	{ KEY("homeassistant", "status-topic", TEXT, "homeassistant/status", IN(status_topic)), FORM(TOPIC_FORM, is_topic) },
	{ KEY("homeassistant", "energy-sensor", WORD, "live", IN(later.number)), WORDS("live", "register"), .later_words = 1 << 1 },
	{ KEY("homeassistant", "reactive-energy-class", YES_NO, "yes", IN(publish.reactive_energy_class)) },

	{ KEY("publish", "qos", NUMBER, "0", IN(publish.qos)), RANGE(0, 2, NULL) },
	{ KEY("publish", "register-qos", NUMBER, "1", IN(publish.register_qos)), RANGE(0, 2, NULL) },
	{ KEY("publish", "retain", YES_NO, "yes", IN(publish.retain)) },
	{ KEY("publish", "on-change", YES_NO, "no", IN(later.yes)), NOT_YET },
	{ KEY("publish", "min-interval", NUMBER, "0", IN(later.number)), RANGE(0, 86400, "s"), NOT_YET },
	{ KEY("publish", "expire", YES_NO, "yes", IN(later.yes)), NOT_YET },
	{ KEY("publish", "live-energy", YES_NO, "yes", IN(later.yes)), NOT_YET },
	{ KEY("publish", "net-power", YES_NO, "no", IN(later.yes)), NOT_YET },
	{ KEY("publish", "hour-energy", YES_NO, "no", IN(later.yes)), NOT_YET },
	{ KEY("publish", "capacity-peaks", YES_NO, "no", IN(later.yes)), NOT_YET },
	{ KEY("publish", "unknown-obis", YES_NO, "yes", IN(publish.unknown_obis)) },

	{ KEY("power", "line", LINE, "auto", IN(power.bus.line)) },
	{ KEY("power", "active-low", YES_NO, "no", IN(power.bus.active_low)) },
	{ KEY("power", "settle", NUMBER, "1", IN(power.settle_ms)), RANGE(0, 60, "s"), .scale = 1000 },
	{ KEY("power", "cycle-after", NUMBER, "120", IN(power.cycle.after_ms)), RANGE(0, 86400, "s"), .scale = 1000 },
	{ KEY("power", "cycle-off", NUMBER, "5", IN(power.off_ms)), RANGE(1, 600, "s"), .scale = 1000 },
	{ KEY("power", "cycle-max", NUMBER, "6", IN(power.cycle.max)), RANGE(0, 1000, "per day") },

	{ KEY("meter", "device", TEXT, "auto", IN_METER(device)), FORM(DEVICE_FORM, is_device) },
	{ KEY("meter", "baud", NUMBER, "auto", IN_METER(baud)), RANGE(300, 115200, NULL), WORDS("auto") },
	{ KEY("meter", "format", WORD, "auto", IN_METER(format)), WORDS("auto", "8N1", "8E1", "7E1") },
	{ KEY("meter", "protocol", WORD, "auto", IN_METER(protocol)), WORDS("auto", "hdlc", "mbus", "p1") },
	{ KEY("meter", "list", TEXT, "auto", IN_METER(list)), FORM(LIST_FORM, is_list), .nearest = nearest_list },
	{ KEY("meter", "name", TEXT, "", IN_METER(name)), FORM(NAME_FORM, is_name) },
	{ KEY("meter", "key-file", TEXT, "", IN_METER(key_file)), FORM(SECRET_FORM, is_path), .secret = true },
	{ KEY("meter", "auth-key-file", TEXT, "", IN_METER(auth_key_file)), FORM(SECRET_FORM, is_path), .secret = true },
	{ KEY("meter", "allow-replay", YES_NO, "no", IN_METER(settings.decoder.allow_replay)) },
	{ KEY("meter", "silent-after", NUMBER, "auto", IN_METER(settings.silent_after_s)), RANGE(1, 604800, "s"), WORDS("auto") },
	{ KEY("meter", "max-power", NUMBER, "0", IN_METER(later.number)), RANGE(0, 100000000, "W"), NOT_YET },
	{ KEY("meter", "voltage-scale", SCALE, "auto", IN_METER(settings.decoder.voltage_scale)), WORDS("auto") },
	{ KEY("meter", "current-scale", SCALE, "auto", IN_METER(settings.decoder.current_scale)), WORDS("auto") },
	{ KEY("meter", "energy-scale", SCALE, "auto", IN_METER(settings.decoder.energy_scale)), WORDS("auto") },

	{ KEY("log", "level", WORD, "info", IN(log_level)), WORDS("error", "warning", "notice", "info", "debug") },
	{ KEY("log", "frames", YES_NO, "no", IN(log_frames)) },
};
/* clang-format on */

size_t keys_count(void)
{
	return sizeof(settings) / sizeof(settings[0]);
}

const struct setting *keys_at(size_t index)
{
	return &settings[index];
}

const struct setting *keys_find(const char *section, const char *key)
{
	for (size_t i = 0; i < keys_count(); i++) {
		if (strcmp(settings[i].section, section) == 0 && strcmp(settings[i].key, key) == 0)
			return &settings[i];
	}
	return NULL;
}

const char *keys_section_of(const char *key)
{
	for (size_t i = 0; i < keys_count(); i++) {
		if (strcmp(settings[i].key, key) == 0)
			return settings[i].section;
	}
	return NULL;
}

const char *keys_nearest_key(const char *section, const char *key)
{
	const char *candidates[sizeof(settings) / sizeof(settings[0])];
	size_t count = 0;

	for (size_t i = 0; i < keys_count(); i++) {
		if (strcmp(settings[i].section, section) == 0)
			candidates[count++] = settings[i].key;
	}
	return setting_nearest(key, candidates, count);
}

static const char *const sections[] = {
	"mqtt", "homeassistant", "publish", "power", "meter", "log"
};

bool keys_is_section(const char *section)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		if (strcmp(section, sections[i]) == 0)
			return true;
	}
	return false;
}

const char *keys_nearest_section(const char *section)
{
	return setting_nearest(section, sections, sizeof(sections) / sizeof(sections[0]));
}

bool keys_same(const struct config *a, const struct config *b, const char *section)
{
	for (size_t i = 0; i < keys_count(); i++) {
		if (strcmp(settings[i].section, section) == 0 && !setting_same(&settings[i], a, b))
			return false;
	}
	return true;
}

bool keys_same_meter(const struct config_meter *a, const struct config_meter *b)
{
	for (size_t i = 0; i < keys_count(); i++) {
		if (strcmp(settings[i].section, "meter") == 0 && !setting_same(&settings[i], a, b))
			return false;
	}
	return strcmp(a->section, b->section) == 0;
}
