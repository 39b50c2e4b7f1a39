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

/* One colon parts a port from a name; an IPv6 address has more. */
static bool is_host(const char *text)
{
	const char *colon = strchr(text, ':');

	return is_printable(text) && !strpbrk(text, " \t/\"'[]") &&
	       (!colon || strchr(colon + 1, ':'));
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

static bool is_identity(const char *text)
{
	return is_printable(text) && strlen(text) <= 127;
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

/* clang-format off */
static const struct setting_form host       = { .accepted = "a host name or address, without a scheme or a port", .fits = is_host };
static const struct setting_form any_text   = { .accepted = "printable characters", .fits = is_printable };
static const struct setting_form level      = { .accepted = "at most 60 characters without / + #", .fits = is_level };
static const struct setting_form topic      = { .accepted = "at most 60 characters of topic, without + #, not beginning with / or $, "
                                                            "nor ending with /", .fits = is_topic };
static const struct setting_form path       = { .accepted = "a path that begins with /", .fits = is_path };
static const struct setting_form identity   = { .accepted = "at most 127 printable characters", .fits = is_identity };
static const struct setting_form secret     = { .accepted = "the path, beginning with /, of a file that holds it",
                                                .fits = is_path, .secret = true };
static const struct setting_form device     = { .accepted = "auto, a path that begins with /, or " ADDRESS_FORM, .fits = is_device };
static const struct setting_form meter_name = { .accepted = "at most 60 characters, not \"bridge\"", .fits = is_name };
static const struct setting_form list       = { .accepted = "auto, or a name that `hantool lists` prints",
                                                .fits = is_list, .nearest = nearest_list };

static const char *const automatic[]      = { "auto", NULL };
static const char *const mqtt_versions[]  = { "5", "3.1.1", NULL };
static const char *const discoveries[]    = { "device", "components", "off", NULL };
static const char *const energy_sensors[] = { "live", "register", NULL };
static const char *const formats[]        = { "auto", "8N1", "8E1", "7E1", NULL };
static const char *const protocols[]      = { "auto", "hdlc", "mbus", "p1", NULL };
static const char *const levels[]         = { "error", "warning", "notice", "info", "debug", NULL };

/* The parts of a row. */
#define KEY(in, name, kind, default_text, field)                                          \
	.section = (in), .key = (name), .type = SETTING_##kind, .preset = (default_text), \
	.offset = (field)
#define FORM(of)                  .form = (of)
#define RANGE(low, high, of_unit) .min = (low), .max = (high), .unit = (of_unit)
#define WORDS(of)                 .words = (of)

static const struct setting settings[] = {
	{ KEY("mqtt", "host", TEXT, "localhost", IN(mqtt.host)), FORM(&host) },
	{ KEY("mqtt", "port", NUMBER, "auto", IN(port)), RANGE(1, 65535, NULL), WORDS(automatic) },
	{ KEY("mqtt", "client-id", TEXT, "", IN(client_id)), FORM(&level) },
	{ KEY("mqtt", "username", TEXT, "", IN(mqtt.username)), FORM(&any_text) },
	{ KEY("mqtt", "password-file", TEXT, "", IN(password_file)), FORM(&secret) },
	{ KEY("mqtt", "protocol", WORD, "5", IN(mqtt.protocol)), WORDS(mqtt_versions) },
	{ KEY("mqtt", "keepalive", NUMBER, "30", IN(mqtt.keepalive_s)), RANGE(5, 65535, "s") },
	{ KEY("mqtt", "topic-prefix", TEXT, "han", IN(publish.prefix)), FORM(&topic) },
	{ KEY("mqtt", "tls", YES_NO, "no", IN(mqtt.tls.on)) },
	{ KEY("mqtt", "ca-file", TEXT, "", IN(mqtt.tls.ca_file)), FORM(&path) },
	{ KEY("mqtt", "ca-path", TEXT, "", IN(mqtt.tls.ca_path)), FORM(&path) },
	{ KEY("mqtt", "cert-file", TEXT, "", IN(mqtt.tls.cert_file)), FORM(&path) },
	{ KEY("mqtt", "key-file", TEXT, "", IN(tls_key_file)), FORM(&secret) },
	{ KEY("mqtt", "psk-identity", TEXT, "", IN(mqtt.tls.psk_identity)), FORM(&identity) },
	{ KEY("mqtt", "psk-file", TEXT, "", IN(psk_file)), FORM(&secret) },
	{ KEY("mqtt", "tls-insecure", YES_NO, "no", IN(mqtt.tls.insecure)) },
	{ KEY("mqtt", "commands", YES_NO, "no", IN(commands)) },

	{ KEY("homeassistant", "discovery", WORD, "device", IN(publish.discovery)), WORDS(discoveries) },
	{ KEY("homeassistant", "prefix", TEXT, "homeassistant", IN(publish.homeassistant_prefix)), FORM(&topic) },
	{ KEY("homeassistant", "status-topic", TEXT, "homeassistant/status", IN(status_topic)), FORM(&topic) },
	{ KEY("homeassistant", "energy-sensor", WORD, "live", IN(publish.energy_sensor)), WORDS(energy_sensors) },
	{ KEY("homeassistant", "reactive-energy-class", YES_NO, "yes", IN(publish.reactive_energy_class)) },

	{ KEY("publish", "qos", NUMBER, "0", IN(publish.qos)), RANGE(0, 2, NULL) },
	{ KEY("publish", "register-qos", NUMBER, "1", IN(publish.register_qos)), RANGE(0, 2, NULL) },
	{ KEY("publish", "retain", YES_NO, "yes", IN(publish.retain)) },
	{ KEY("publish", "on-change", YES_NO, "no", IN(publish.on_change)) },
	{ KEY("publish", "min-interval", NUMBER, "0", IN(publish.min_interval_s)), RANGE(0, 86400, "s") },
	{ KEY("publish", "expire", YES_NO, "yes", IN(publish.expire)) },
	{ KEY("publish", "live-energy", YES_NO, "yes", IN(derive.live_energy)) },
	{ KEY("publish", "net-power", YES_NO, "no", IN(derive.net_power)) },
	{ KEY("publish", "hour-energy", YES_NO, "no", IN(derive.hour_energy)) },
	{ KEY("publish", "capacity-peaks", YES_NO, "no", IN(derive.capacity_peaks)) },
	{ KEY("publish", "unknown-obis", YES_NO, "yes", IN(publish.unknown_obis)) },

	{ KEY("power", "line", LINE, "auto", IN(power.bus.line)) },
	{ KEY("power", "active-low", YES_NO, "no", IN(power.bus.active_low)) },
	{ KEY("power", "settle", NUMBER, "1", IN(power.settle_ms)), RANGE(0, 60, "s"), .scale = 1000 },
	{ KEY("power", "cycle-after", NUMBER, "120", IN(power.cycle.after_ms)), RANGE(0, 86400, "s"), .scale = 1000 },
	{ KEY("power", "cycle-off", NUMBER, "5", IN(power.off_ms)), RANGE(1, 600, "s"), .scale = 1000 },
	{ KEY("power", "cycle-max", NUMBER, "6", IN(power.cycle.max)), RANGE(0, 1000, "per day") },

	{ KEY("meter", "device", TEXT, "auto", IN_METER(device)), FORM(&device) },
	{ KEY("meter", "baud", NUMBER, "auto", IN_METER(baud)), RANGE(300, 115200, NULL), WORDS(automatic) },
	{ KEY("meter", "format", WORD, "auto", IN_METER(format)), WORDS(formats) },
	{ KEY("meter", "protocol", WORD, "auto", IN_METER(protocol)), WORDS(protocols) },
	{ KEY("meter", "list", TEXT, "auto", IN_METER(list)), FORM(&list) },
	{ KEY("meter", "name", TEXT, "", IN_METER(name)), FORM(&meter_name) },
	{ KEY("meter", "key-file", TEXT, "", IN_METER(key_file)), FORM(&secret) },
	{ KEY("meter", "auth-key-file", TEXT, "", IN_METER(auth_key_file)), FORM(&secret) },
	{ KEY("meter", "allow-replay", YES_NO, "no", IN_METER(settings.decoder.allow_replay)) },
	{ KEY("meter", "silent-after", NUMBER, "auto", IN_METER(settings.silent_after_s)), RANGE(1, 604800, "s"), WORDS(automatic) },
	{ KEY("meter", "max-power", NUMBER, "0", IN_METER(settings.max_power_w)), RANGE(0, 100000000, "W") },
	{ KEY("meter", "voltage-scale", SCALE, "auto", IN_METER(settings.decoder.voltage_scale)), WORDS(automatic) },
	{ KEY("meter", "current-scale", SCALE, "auto", IN_METER(settings.decoder.current_scale)), WORDS(automatic) },
	{ KEY("meter", "energy-scale", SCALE, "auto", IN_METER(settings.decoder.energy_scale)), WORDS(automatic) },

	{ KEY("log", "level", WORD, "info", IN(log_level)), WORDS(levels) },
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
