#include "app.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "candidates.h"
#include "log.h"
#include "payload.h"
#include "status.h"

#define DIAGNOSTICS_MS 60000
#define STATUS_GAP_MS  10000
#define GOODBYE_MS     1500 /* of the two seconds that a stop may take */
#define NAMES_MAX      64   /* of meters in the info message */
#define STATUS_MAX     16   /* of meters in the status */

/* ---- what people see of it ---- */

static void tell_status(struct app *app)
{
	const struct status_broker broker = { app->mqtt.connected, app->mqtt.status,
		                              app->config->mqtt.host, app->config->mqtt.port };
	struct status_meter meters[STATUS_MAX];
	char what[STATUS_MAX][200], text[STATUS_TEXT];
	size_t count = 0;

	for (; count < app->station_count && count < STATUS_MAX; count++) {
		const struct station *st = &app->stations[count];

		station_describe(st, what[count], sizeof(what[count]));
		meters[count] =
			(struct status_meter){ station_name(st), what[count], station_is_fine(st) };
	}
	service_status(app->service, "%s",
	               status_print(meters, count, &broker, text, sizeof(text)));
	app->status_ms = loop_now_ms();
}

static void tell_info(struct app *app)
{
	char line[BUS_LINE_TEXT], libmosquitto[32];
	const char *names[NAMES_MAX];
	struct payload_bridge info = {
		.version = HANMQTTD_VERSION,
		.start = &app->start,
		.meters = names,
		.libmosquitto = libmosquitto,
		.power_on = app->bus.on,
	};
	char *json;

	mqtt_library_version(libmosquitto, sizeof(libmosquitto));
	if (app->bus.held)
		info.power_line = bus_line_print(&app->bus.line, line, sizeof(line));
	for (size_t i = 0; i < app->station_count && info.meter_count < NAMES_MAX; i++) {
		const char *base = app->stations[i].publisher.base;

		if (base[0])
			names[info.meter_count++] = strrchr(base, '/') + 1;
	}
	json = payload_bridge_info(&info);
	if (json)
		bridge_info(&app->bridge, json);
	free(json);
}

/* ---- from the stations ---- */

static void on_identified(void *user)
{
	tell_info(user);
}

static void on_changed(void *user)
{
	tell_status(user);
}

static void on_read(void *user)
{
	struct app *app = user;

	if (loop_now_ms() - app->status_ms >= STATUS_GAP_MS)
		tell_status(app);
}

/* ---- from the broker ---- */

static void announce_all(void *user)
{
	struct app *app = user;

	for (size_t i = 0; i < app->station_count; i++)
		publisher_announce(&app->stations[i].publisher);
}

static void restate_all(void *user)
{
	struct app *app = user;

	for (size_t i = 0; i < app->station_count; i++)
		station_restate(&app->stations[i]);
}

/* The broker may have lost everything: discovery, then availability, then states. */
static void on_connected(void *user)
{
	struct app *app = user;

	announce_all(app);
	bridge_availability(&app->bridge, true);
	tell_info(app);
	restate_all(app);
}

static void on_received(void *user, const char *topic, const void *payload, size_t len,
                        bool retained)
{
	struct app *app = user;

	bridge_received(&app->bridge, topic, payload, len, retained);
}

static int send_message(void *user, const struct message *message)
{
	struct app *app = user;

	return mqtt_send(&app->mqtt, message);
}

/* ---- start and stop ---- */

static void diagnostics_fired(struct timer *timer)
{
	struct app *app = container_of(timer, struct app, diagnostics);

	for (size_t i = 0; i < app->station_count; i++)
		station_tell_diagnostics(&app->stations[i]);
	tell_status(app);
	log_catch_up();
}

static void apply_log(struct app *app)
{
	log_set_level(app->verbose ? LOG_DEBUG : (int)app->config->log_level);
	for (size_t i = 0; i < app->station_count; i++)
		app->stations[i].meter.log_frames = app->config->log_frames;
}

static int start_meters(struct app *app, bool flush)
{
	int rc = 0;

	for (size_t i = 0; i < app->station_count && rc == 0; i++)
		rc = station_start(&app->stations[i], flush);
	apply_log(app);
	return rc;
}

static void settled(struct timer *timer)
{
	struct app *app = container_of(timer, struct app, settle);

	if (start_meters(app, true) < 0)
		loop_stop(app->loop);
}

static int start_stations(struct app *app)
{
	const struct outlet outlet = { app, send_message };
	const struct station_hooks hooks = { app, on_identified, on_changed, on_read };
	int rc = 0;

	app->stations = calloc(app->config->meter_count, sizeof(*app->stations));
	if (!app->stations)
		return -ENOMEM;
	while (app->station_count < app->config->meter_count && rc == 0) {
		size_t i = app->station_count++;

		rc = station_init(&app->stations[i], app->loop, app->config, i, &app->mqtt,
		                  app->bridge.availability, &outlet, &hooks);
	}
	return rc;
}

static void stop_stations(struct app *app)
{
	timer_stop(&app->settle);
	for (size_t i = 0; i < app->station_count; i++)
		station_fini(&app->stations[i]);
	free(app->stations);
	app->stations = NULL;
	app->station_count = 0;
}

static int start_broker(struct app *app)
{
	const struct outlet outlet = { app, send_message };
	const struct bridge_hooks bridge = { app, announce_all, restate_all };
	const struct mqtt_hooks broker = { app, on_connected, on_changed, on_connected,
		                           on_received };
	const char *const subscriptions[] = { app->config->status_topic, NULL };
	struct message will;
	int rc = bridge_init(&app->bridge, app->loop, app->config->publish.prefix,
	                     app->config->mqtt.client_id, app->config->status_topic, &outlet,
	                     &bridge);

	if (rc < 0)
		return rc;
	will = bridge_will(&app->bridge);
	return mqtt_open(&app->mqtt, app->loop, &app->config->mqtt, &will, subscriptions, &broker);
}

static bool stop_broker(struct app *app, unsigned wait_ms)
{
	bool ended;

	if (!app->mqtt.session)
		return true;
	bridge_availability(&app->bridge, false);
	mqtt_flush(&app->mqtt);
	ended = mqtt_close(&app->mqtt, wait_ms);
	app->abandoned |= !ended;
	bridge_fini(&app->bridge);
	return ended;
}

/* Whether a meter is on the header: an automatic choice of the line depends on it. */
static bool uses_header(const struct config *config)
{
	bool header = false;

	for (size_t i = 0; i < config->meter_count; i++)
		header |= candidates_is_header("", config->meters[i].settings.port.device);
	return header;
}

static int open_bus(struct app *app)
{
	return bus_open(&app->bus, &app->config->power, uses_header(app->config));
}

/* The meters' ports open at once, or when a bus just powered has come to rest. */
static int run_meters(struct app *app, bool just_powered)
{
	if (!just_powered)
		return start_meters(app, false);
	timer_start(&app->settle, app->config->power.settle_ms, 0);
	tell_status(app);
	return 0;
}

static uint64_t stalled_ms(void *user)
{
	const struct app *app = user;

	return mqtt_stalled_ms(&app->mqtt);
}

int app_start(struct app *app, struct loop *loop, struct service *service, struct config *config,
              bool verbose)
{
	int rc;

	*app = (struct app){
		.loop = loop, .service = service, .config = config, .verbose = verbose
	};
	clock_gettime(CLOCK_REALTIME, &app->start);
	apply_log(app);
	service_watch(service, stalled_ms, app);
	rc = timer_init(&app->settle, loop, settled);
	if (rc == 0)
		rc = timer_init(&app->diagnostics, loop, diagnostics_fired);
	if (rc == 0)
		rc = open_bus(app);
	if (rc == 0)
		rc = start_broker(app);
	if (rc == 0)
		rc = start_stations(app);
	if (rc == 0)
		rc = run_meters(app, app->bus.held);
	if (rc == 0)
		timer_start(&app->diagnostics, DIAGNOSTICS_MS, DIAGNOSTICS_MS);
	else
		log_error("start failed: %s", strerror(-rc));
	return rc;
}

static int restart(struct app *app, struct config *config, bool power, bool broker)
{
	struct config *old = app->config;
	int rc = 0;

	stop_stations(app);
	if (broker)
		stop_broker(app, 0);
	if (power)
		bus_close(&app->bus);
	app->config = config;
	if (power)
		rc = open_bus(app);
	if (rc == 0 && broker)
		rc = start_broker(app);
	if (rc == 0)
		rc = start_stations(app);
	if (rc == 0)
		rc = run_meters(app, power && app->bus.held);
	if (rc < 0)
		log_error("the new configuration cannot be put into force: %s", strerror(-rc));
	config_free(old);
	return rc;
}

int app_reconfigure(struct app *app, struct config *config)
{
	bool power = !config_same_power(app->config, config) ||
	             uses_header(app->config) != uses_header(config);
	bool broker = !config_same_mqtt(app->config, config);
	int rc = 0;

	if (power || broker || !config_same_meters(app->config, config)) {
		rc = restart(app, config, power, broker);
	} else {
		app->config->log_level = config->log_level;
		app->config->log_frames = config->log_frames;
		config_free(config);
	}
	apply_log(app);
	return rc;
}

bool app_stop(struct app *app)
{
	stop_stations(app);
	stop_broker(app, GOODBYE_MS);
	bus_close(&app->bus);
	timer_fini(&app->settle);
	timer_fini(&app->diagnostics);
	config_free(app->config);
	app->config = NULL;
	return !app->abandoned;
}
