#include "config.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conffile.h"
#include "keys.h"
#include "secret.h"
#include "settle.h"

#define WHAT_MAX 640

/* Where a key was set, to tell of what it means with others, and to find it set twice. */
struct origin {
	const struct setting *setting; /* NULL: where the meter's section stands first */
	size_t meter;                  /* for the keys of a meter, otherwise 0 */
	size_t file;
	unsigned line;
};

struct reader {
	struct config *config;
	const struct config_report *report;
	bool failed;
	const char *const *paths; /* of the files, in the order they are read */
	size_t file;
	const char *kind; /* the section's first word; NULL when it is none of ours */
	char section[CONFFILE_SECTION + 1];
	size_t meter;
	struct origin *origins; /* all keys of all files */
	size_t origin_count, origin_room;
};

static void tell(struct reader *r, const char *path, unsigned line, const char *what)
{
	char text[PATH_MAX + WHAT_MAX + 16];

	if (line > 0)
		snprintf(text, sizeof(text), "%s:%u: %s", path, line, what);
	else
		snprintf(text, sizeof(text), "%s: %s", path, what);
	r->report->mistake(r->report->user, text);
	r->failed = true;
}

__attribute__((format(printf, 3, 4))) static void mistake(struct reader *r,
                                                          const struct conffile *at,
                                                          const char *format, ...)
{
	char what[WHAT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	tell(r, at->path, at->line, what);
}

static bool of_meter(const struct setting *setting)
{
	return strcmp(setting->section, "meter") == 0;
}

static void *base_of(struct config *config, const struct setting *setting, size_t meter)
{
	return of_meter(setting) ? (void *)&config->meters[meter] : config;
}

static void preset(struct config *config, bool meters, size_t meter)
{
	char error[SETTING_ERROR];

	for (size_t i = 0; i < keys_count(); i++) {
		const struct setting *s = keys_at(i);

		if (of_meter(s) == meters)
			setting_read(s, "", base_of(config, s, meter), error);
	}
}

/* The meter of that section, a new one if need be; SIZE_MAX when memory ends. */
static size_t meter_of(struct config *config, const char *section)
{
	struct config_meter *grown;
	size_t index;

	for (index = 0; index < config->meter_count; index++) {
		if (strcmp(config->meters[index].section, section) == 0)
			return index;
	}
	grown = realloc(config->meters, (index + 1) * sizeof(*grown));
	if (!grown)
		return SIZE_MAX;
	config->meters = grown;
	grown[index] = (struct config_meter){ .section = strdup(section) };
	if (!grown[index].section)
		return SIZE_MAX;
	config->meter_count++;
	preset(config, true, index);
	return index;
}

/* ---- one file ---- */

static void add_origin(struct reader *r, const struct conffile *at, const struct setting *setting)
{
	if (r->origin_count == r->origin_room) {
		const size_t room = r->origin_room ? 2 * r->origin_room : 64;
		struct origin *more = reallocarray(r->origins, room, sizeof(*more));

		if (!more) {
			mistake(r, at, "[%s]: no memory", r->section);
			return;
		}
		r->origins = more;
		r->origin_room = room;
	}
	r->origins[r->origin_count++] = (struct origin){ setting, r->meter, r->file, at->line };
}

/* text is what stands behind "meter". */
static void begin_meter(struct reader *r, const struct conffile *at, const char *text)
{
	char name[CONFFILE_SECTION + 1];
	size_t known, len;

	snprintf(name, sizeof(name), "%s", text + strspn(text, " "));
	for (len = strlen(name); len > 0 && name[len - 1] == ' '; len--)
		name[len - 1] = '\0';
	if (strcmp(name, "bridge") == 0) {
		mistake(r, at,
		        "[%s]: the name is taken by the daemon's own topics; accepted: any other",
		        r->section);
		return;
	}
	known = r->config->meter_count;
	r->meter = meter_of(r->config, name);
	if (r->meter == SIZE_MAX) {
		mistake(r, at, "[%s]: no memory", r->section);
		return;
	}
	r->kind = "meter";
	if (r->meter == known)
		add_origin(r, at, NULL);
}

static void on_section(void *user, const struct conffile *at, const char *name)
{
	struct reader *r = user;
	const char *nearest = keys_nearest_section(name);

	r->kind = NULL;
	r->meter = 0;
	snprintf(r->section, sizeof(r->section), "%s", name);
	if (strncmp(name, "meter ", 6) == 0)
		begin_meter(r, at, name + 6);
	else if (strcmp(name, "meter") == 0)
		begin_meter(r, at, "");
	else if (keys_is_section(name))
		r->kind = r->section;
	else
		mistake(r, at,
		        "[%s]: unknown section%s%s%s; accepted: mqtt, homeassistant, publish, power, "
		        "meter, meter NAME, log",
		        name, nearest ? " (is " : "", nearest ? nearest : "",
		        nearest ? " meant?)" : "");
}

static void tell_unknown_key(struct reader *r, const struct conffile *at, const char *key)
{
	const char *nearest = keys_nearest_key(r->kind, key);
	const char *elsewhere = keys_section_of(key);

	if (elsewhere)
		mistake(r, at, "[%s] %s: unknown key here; it belongs in section [%s]", r->section,
		        key, elsewhere);
	else if (nearest)
		mistake(r, at, "[%s] %s: unknown key, is %s meant?", r->section, key, nearest);
	else
		mistake(r, at, "[%s] %s: unknown key; hanmqttd.conf(5) names those accepted",
		        r->section, key);
}

/* Whether the key is set for the first time in this file. */
static bool note_origin(struct reader *r, const struct conffile *at, const struct setting *setting)
{
	for (size_t i = 0; i < r->origin_count; i++) {
		const struct origin *o = &r->origins[i];

		if (o->setting == setting && o->meter == r->meter && o->file == r->file) {
			mistake(r, at,
			        "[%s] %s: stands in line %u already; accepted: once in a file",
			        r->section, setting->key, o->line);
			return false;
		}
	}
	add_origin(r, at, setting);
	return true;
}

static void on_key(void *user, const struct conffile *at, const char *key, const char *value)
{
	struct reader *r = user;
	const struct setting *setting;
	char error[SETTING_ERROR];

	if (!r->section[0])
		mistake(r, at,
		        "%s: stands before the first section; accepted: below a line like [mqtt]",
		        key);
	if (!r->kind)
		return; /* the section's own mistake was told */
	setting = keys_find(r->kind, key);
	if (!setting) {
		tell_unknown_key(r, at, key);
		return;
	}
	if (of_meter(setting))
		r->config->meters[r->meter].written = true;
	if (note_origin(r, at, setting) &&
	    !setting_read(setting, value, base_of(r->config, setting, r->meter), error))
		mistake(r, at, "[%s] %s: %s", r->section, key, error);
}

static void on_mistake(void *user, const struct conffile *at, const char *what)
{
	tell(user, at->path, at->line, what);
}

/* ---- what the keys mean together ---- */

/* Where the key was set last; if it was not, where its meter's section begins, which is noted before its keys. */
static struct origin origin_of(const struct reader *r, const struct setting *setting, size_t meter)
{
	struct origin found = { .setting = setting };

	for (size_t i = 0; i < r->origin_count; i++) {
		const struct origin *o = &r->origins[i];

		if ((o->setting ? o->setting == setting : of_meter(setting)) && o->meter == meter)
			found = *o;
	}
	return found;
}

__attribute__((format(printf, 5, 6))) static void on_conflict(void *user, const char *section,
                                                              const char *key, size_t meter,
                                                              const char *format, ...)
{
	struct reader *r = user;
	const struct setting *setting = keys_find(section, key);
	const struct origin o = origin_of(r, setting, meter);
	const char *name = of_meter(setting) ? r->config->meters[meter].section : "";
	char what[WHAT_MAX];
	int n = snprintf(what, sizeof(what), "[%s%s%s] %s: ", section, name[0] ? " " : "", name,
	                 key);
	va_list args;

	va_start(args, format);
	vsnprintf(what + n, sizeof(what) - (size_t)n, format, args);
	va_end(args);
	tell(r, r->paths[o.file], o.line, what);
}

static void free_meter(struct config_meter *meter)
{
	for (size_t i = 0; i < keys_count(); i++) {
		if (of_meter(keys_at(i)))
			setting_free(keys_at(i), meter);
	}
	meter_wipe_keys(&meter->settings);
	free(meter->section);
}

/* The shipped file has a [meter] without keys: beside meters with a name it is none. */
static void drop_unwritten(struct reader *r)
{
	struct config_meter *meters = r->config->meters;
	size_t count = r->config->meter_count;
	size_t i = 0;

	while (i < count && (meters[i].section[0] || meters[i].written))
		i++;
	if (i == count || count == 1)
		return;
	free_meter(&meters[i]);
	memmove(&meters[i], &meters[i + 1], (count - i - 1) * sizeof(meters[0]));
	r->config->meter_count--;
	for (size_t j = 0; j < r->origin_count; j++) {
		struct origin *o = &r->origins[j];

		if (!o->setting && o->meter == i)
			o->meter = SIZE_MAX;
		else
			o->meter -= o->meter > i;
	}
}

static void settle(struct reader *r)
{
	const struct settle_hooks hooks = { r, on_conflict };

	if (r->config->meter_count == 0 && meter_of(r->config, "") == SIZE_MAX) {
		r->failed = true;
		return;
	}
	drop_unwritten(r);
	if (!settle_config(r->config, &hooks))
		r->failed = true;
}

/* ---- all files ---- */

static void read_one(struct reader *r, bool required)
{
	const struct conffile_hooks hooks = { r, on_section, on_key, on_mistake };

	r->kind = NULL;
	r->section[0] = '\0';
	conffile_read(r->paths[r->file], required, &hooks);
}

/* The file itself, then its drop-ins in the order of their names. */
static void read_all(struct reader *r, const char *path, bool required)
{
	char pattern[PATH_MAX], directory[PATH_MAX];
	glob_t drop_ins = { 0 };
	const char **paths;

	snprintf(directory, sizeof(directory), "%s.d", path);
	snprintf(pattern, sizeof(pattern), "%s.d/*.conf", path);
	if (glob(pattern, GLOB_ERR, NULL, &drop_ins) == GLOB_ABORTED && errno != ENOENT)
		tell(r, directory, 0, strerror(errno));
	paths = calloc(1 + drop_ins.gl_pathc, sizeof(*paths));
	if (!paths) {
		r->failed = true;
		globfree(&drop_ins);
		return;
	}
	paths[0] = path;
	for (size_t i = 0; i < drop_ins.gl_pathc; i++)
		paths[1 + i] = drop_ins.gl_pathv[i];
	r->paths = paths;
	for (r->file = 0; r->file <= drop_ins.gl_pathc; r->file++)
		read_one(r, required || r->file > 0);
	if (!r->failed)
		settle(r);
	free(paths);
	globfree(&drop_ins);
}

struct config *config_load(const char *path, bool required, const struct config_report *report)
{
	struct config *config = calloc(1, sizeof(*config));
	struct reader *r = calloc(1, sizeof(*r));
	bool failed = true;

	if (config && r) {
		preset(config, false, 0);
		r->config = config;
		r->report = report;
		read_all(r, path, required);
		failed = r->failed;
		free(r->origins);
	} else {
		report->mistake(report->user, "no memory to read the configuration");
	}
	free(r);
	if (!failed)
		return config;
	config_free(config);
	return NULL;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < keys_count(); i++) {
		if (!of_meter(keys_at(i)))
			setting_free(keys_at(i), config);
	}
	for (size_t i = 0; i < config->meter_count; i++)
		free_meter(&config->meters[i]);
	free(config->meters);
	free(config->devices);
	secret_free(config->password);
	secret_free(config->psk);
	free(config->tls_key_credential);
	free(config);
}
