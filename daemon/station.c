#include "station.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

void station_tell_diagnostics(struct station *st)
{
	struct meter_counters counters;
	struct mqtt_counters broker;

	if (!st->running)
		return;
	counters = meter_counters(&st->meter);
	broker = mqtt_counters(st->mqtt);
	diagnostics_problem(&st->meter, st->problem);
	diagnostics_publish(&st->publisher, &counters, &broker, st->problem);
}

static void note_change(struct station *st)
{
	char problem[DIAGNOSTICS_PROBLEM];

	if (!st->running)
		return;
	if (strcmp(diagnostics_problem(&st->meter, problem), st->problem) != 0)
		station_tell_diagnostics(st);
	st->hooks.changed(st->hooks.user);
}

static void on_identified(void *user, struct meter *meter)
{
	struct station *st = user;

	publisher_identify(&st->publisher, meter->identity.text);
	st->problem[0] = '\0';   /* not told under this name */
	if (meter->troubles.err) /* there may never be a reading that says it */
		station_restate(st);
	st->hooks.identified(st->hooks.user);
}

/* What describes the meter to people. */
static void remember(struct station *st, const struct han_reading *reading)
{
	const struct han_value *power = han_reading_find(reading, "power_active_import");
	const struct han_value *type = han_reading_find(reading, "meter_type");
	char text[HAN_TEXT_MAX];

	if (power && power->type == HAN_VALUE_NUMBER)
		han_decimal_print(power->number, st->power);
	if (type && type->type == HAN_VALUE_TEXT)
		snprintf(st->type, sizeof(st->type), "%.60s", han_value_text(type, text));
}

static void on_reading(void *user, struct meter *meter, const struct han_reading *reading)
{
	struct station *st = user;
	const struct listener *listener = search_listener(&meter->search);
	const struct tuning_line set = tuning_line(&listener->tuning);
	const bool local = serial_is_local(listener->device);
	const struct payload_meter line = {
		.device = listener->device,
		.baud = local ? set.baud : 0,
		.format = local ? serial_format_name(set.format) : NULL,
	};
	bool had_power = st->power[0];

	remember(st, reading);
	publisher_reading(&st->publisher, reading, &line);
	if (!st->problem[0])
		station_tell_diagnostics(st);
	if (st->power[0] && !had_power)
		st->hooks.changed(st->hooks.user);
	st->hooks.read(st->hooks.user);
}

static void on_availability(void *user, struct meter *meter, bool online)
{
	struct station *st = user;

	(void)meter;
	if (!online)
		st->power[0] = '\0';
	publisher_availability(&st->publisher, online);
	note_change(st);
}

static void on_port_or_trouble(void *user, struct meter *meter)
{
	(void)meter;
	note_change(user);
}

int station_init(struct station *st, struct loop *loop, struct config *config, size_t index,
                 const struct mqtt *mqtt, const struct publisher_bridge *bridge,
                 const struct outlet *outlet, const struct station_hooks *hooks)
{
	struct config_meter *own = &config->meters[index];
	struct publisher_meter names = { own->settings.section, own->settings.topic_name, *bridge,
		                         HANMQTTD_VERSION, NULL };

	if (!meter_is_local(&own->settings))
		names.bridge.power_info = names.bridge.power_command = NULL;
	*st = (struct station){ .loop = loop, .config = own, .mqtt = mqtt, .hooks = *hooks };
	return publisher_init(&st->publisher, loop, &config->publish, &names, outlet);
}

int station_start(struct station *st, bool flush)
{
	const struct meter_hooks hooks = { st,
		                           on_identified,
		                           on_reading,
		                           on_availability,
		                           on_port_or_trouble,
		                           on_port_or_trouble };
	int rc = meter_open(&st->meter, st->loop, &st->config->settings, flush, &hooks);

	if (rc < 0)
		log_error("meter: cannot start: %s", strerror(-rc));
	st->meter.log_frames = st->log_frames;
	st->running = rc == 0;
	note_change(st);
	return rc;
}

void station_log_frames(struct station *st, bool log_frames)
{
	st->log_frames = st->meter.log_frames = log_frames;
}

void station_mute(struct station *st, bool muted)
{
	meter_mute(&st->meter, muted);
}

void station_fini(struct station *st)
{
	publisher_availability(&st->publisher, false);
	if (st->running)
		meter_close(&st->meter);
	publisher_fini(&st->publisher);
	st->running = false;
}

void station_restate(struct station *st)
{
	publisher_restate(&st->publisher);
	station_tell_diagnostics(st);
}

bool station_is_fine(const struct station *st)
{
	return st->running && st->meter.online && !st->meter.troubles.err;
}

const char *station_name(const struct station *st)
{
	if (st->config->settings.section[0])
		return st->config->settings.section;
	if (!st->running) /* the bus is only just being powered */
		return st->config->settings.port.device ? st->config->settings.port.device : "auto";
	return st->meter.identity.text[0] ? st->meter.identity.text
	                                  : search_path(&st->meter.search);
}

/* "MA304H3E 6970…", or what is known of it */
static void describe_meter(const struct station *st, char *buf, size_t size)
{
	const char *name = st->meter.identity.text;

	snprintf(buf, size, "%s%s%s", st->type, st->type[0] ? " " : "", name[0] ? name : "a meter");
}

static void describe_reading(const struct station *st, char *buf, size_t size)
{
	char meter[160], where[SEARCH_TEXT];

	describe_meter(st, meter, sizeof(meter));
	snprintf(buf, size, "reading %s on %s%s%s%s", meter,
	         search_describe(&st->meter.search, where), st->power[0] ? ", " : "", st->power,
	         st->power[0] ? " W" : "");
}

static void describe_silent(const struct station *st, char *buf, size_t size)
{
	char meter[160];

	describe_meter(st, meter, sizeof(meter));
	snprintf(buf, size, "%s on %s is silent", meter, search_path(&st->meter.search));
}

/* As far as the first frame is awaited. */
static const char *describe_octets(const struct meter_counters *counters)
{
	if (counters->frames_ok > 0)
		return "";
	return counters->bytes > 0 ? ", octets but no valid frame yet" : ", nothing comes in";
}

static void describe_waiting(const struct station *st, char *buf, size_t size)
{
	const struct search *search = &st->meter.search;
	char where[SEARCH_TEXT];

	search_describe(search, where);
	if (search_is_empty(search))
		snprintf(buf, size, "waiting for a port: %s", where);
	else if (st->meter.port_err == -EINPROGRESS)
		snprintf(buf, size, "connecting to %s", search_path(search));
	else if (st->meter.port_err)
		snprintf(buf, size, "waiting for port %s: %s",
		         search_listener(search) ? search_path(search) : where,
		         strerror(-st->meter.port_err));
	else
		snprintf(buf, size, "%s on %s%s",
		         search_goes_on(search) ? "listening" : "waiting for a meter", where,
		         describe_octets(&st->meter.counters));
}

char *station_describe(const struct station *st, char *buf, size_t size)
{
	char problem[DIAGNOSTICS_PROBLEM];

	if (!st->running)
		snprintf(buf, size, "powering the bus");
	else if (st->meter.muted)
		snprintf(buf, size, "cycling the bus power");
	else if (st->meter.online && st->meter.troubles.err)
		snprintf(buf, size, "%s: %s", search_path(&st->meter.search),
		         diagnostics_problem(&st->meter, problem));
	else if (st->meter.online)
		describe_reading(st, buf, size);
	else if (st->meter.last_frame_ms && !st->meter.port_err &&
	         !search_goes_on(&st->meter.search))
		describe_silent(st, buf, size);
	else
		describe_waiting(st, buf, size);
	return buf;
}
