#include "app.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "about.h"
#include "candidates.h"
#include "keeper.h"
#include "log.h"
#include "status.h"

#define DIAGNOSTICS_MS 60000
#define STATUS_GAP_MS  10000
#define KEEPER_MS      300
#define GOODBYE_MS     1500 /* of the two seconds that a stop may take */
#define STATUS_MAX     64   /* of meters in the status */

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
	about_tell(&app->bridge, &app->power, app->stations, app->station_count, &app->start);
}

/* ---- from the stations ---- */

static void on_identified(void *user)
{
	tell_info(user);
}

static void on_changed(void *user)
{
	struct app *app = user;

	tell_status(app);
	power_review(&app->power);
}

static void on_read(void *user)
{
	struct app *app = user;

	if (loop_now_ms() - app->status_ms >= STATUS_GAP_MS)
		tell_status(app);
}

/* ---- from the power ---- */

static void on_power(void *user)
{
	tell_info(user);
	tell_status(user);
}

static void on_power_failed(void *user)
{
	struct app *app = user;

	loop_stop(app->loop);
}

static void press_power(void *user)
{
	struct app *app = user;

	power_press(&app->power);
}

/* ---- from the broker ---- */

static void on_broker(void *user)
{
	tell_status(user);
}

static void announce_all(void *user)
{
	struct app *app = user;

	for (size_t i = 0; i < app->station_count; i++)
		publisher_announce(&app->stations[i].publisher);
}

static void restate_all(void *user)
{
	struct app *app = user;

	tell_info(app);
	for (size_t i = 0; i < app->station_count; i++)
		station_restate(&app->stations[i]);
}

/* The broker may have lost everything: discovery, then availability, then states. */
static void on_connected(void *user)
{
	struct app *app = user;

	announce_all(app);
	bridge_availability(&app->bridge, true);
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
	power_review(&app->power); /* a cycle is forgotten after a day */
	tell_status(app);
	log_catch_up();
}

static void apply_log(struct app *app)
{
	log_set_level(app->verbose ? LOG_DEBUG : (int)app->config->log_level);
	for (size_t i = 0; i < app->station_count; i++)
		station_log_frames(&app->stations[i], app->config->log_frames);
}

/* What the entities of the meters need to know of the daemon. */
static struct publisher_bridge bridge_of(const struct app *app)
{
	bool held = app->power.state != POWER_NONE;

	return (struct publisher_bridge){
		.availability = app->bridge.availability,
		.power_info = held ? app->bridge.info : NULL,
		.power_command =
			held && app->config->commands ? app->bridge.power_cycle_topic : NULL,
	};
}

static int start_stations(struct app *app)
{
	const struct publisher_bridge bridge = bridge_of(app);
	const struct outlet outlet = { app, send_message };
	const struct station_hooks hooks = { app, on_identified, on_changed, on_read };
	int rc = 0;

	app->stations = calloc(app->config->meter_count, sizeof(*app->stations));
	if (!app->stations)
		return -ENOMEM;
	while (app->station_count < app->config->meter_count && rc == 0) {
		size_t i = app->station_count++;

		rc = station_init(&app->stations[i], app->loop, app->config, i, &app->mqtt, &bridge,
		                  &outlet, &hooks);
	}
	if (rc == 0)
		rc = power_serve(&app->power, app->stations, app->station_count);
	apply_log(app);
	tell_status(app);
	return rc;
}

static void stop_stations(struct app *app)
{
	power_serve(&app->power, NULL, 0);
	for (size_t i = 0; i < app->station_count; i++)
		station_fini(&app->stations[i]);
	free(app->stations);
	app->stations = NULL;
	app->station_count = 0;
}

static int start_broker(struct app *app)
{
	const struct outlet outlet = { app, send_message };
	const struct bridge_hooks bridge = { app, announce_all, restate_all, press_power };
	const struct mqtt_hooks broker = { .user = app,
		                           .connected = on_connected,
		                           .changed = on_broker,
		                           .caught_up = on_connected,
		                           .received = on_received };
	const char *subscriptions[BRIDGE_SUBSCRIPTIONS + 1];
	struct message will;

	bridge_init(&app->bridge, app->loop, app->config->publish.prefix,
	            app->config->mqtt.client_id, app->config->status_topic, app->config->commands,
	            &outlet, &bridge);
	will = bridge_will(&app->bridge);
	bridge_subscriptions(&app->bridge, subscriptions);
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

static int open_power(struct app *app)
{
	const struct power_hooks hooks = { app, on_power, on_power_failed };

	return power_open(&app->power, app->loop, &app->config->power, uses_header(app->config),
	                  &hooks);
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
	keeper_start();
	service_watch(service, stalled_ms, app);
	timer_init(&app->diagnostics, loop, diagnostics_fired);
	rc = open_power(app);
	if (rc == 0)
		rc = start_broker(app);
	if (rc == 0)
		rc = start_stations(app);
	if (rc == 0)
		timer_start(&app->diagnostics, DIAGNOSTICS_MS, DIAGNOSTICS_MS);
	else
		log_error("start failed: %s", strerror(-rc));
	return rc;
}

static int restart(struct app *app, struct config *config, bool line, bool broker)
{
	struct config *old = app->config;
	int rc = 0;

	stop_stations(app);
	if (broker)
		stop_broker(app, 0);
	if (line)
		power_close(&app->power);
	app->config = config;
	if (line)
		rc = open_power(app);
	else
		power_configure(&app->power, &config->power);
	if (rc == 0 && broker)
		rc = start_broker(app);
	if (rc == 0)
		rc = start_stations(app);
	if (rc < 0)
		log_error("the new configuration cannot be put into force: %s", strerror(-rc));
	config_free(old);
	return rc;
}

int app_reconfigure(struct app *app, struct config *config)
{
	bool line = !config_same_line(app->config, config) ||
	            (config->power.bus.line.kind == BUS_AUTO &&
	             uses_header(app->config) != uses_header(config));
	bool broker = !config_same_mqtt(app->config, config);
	int rc = 0;

	if (line || broker || !config_same_meters(app->config, config)) {
		rc = restart(app, config, line, broker);
	} else {
		app->config->power = config->power;
		power_configure(&app->power, &app->config->power);
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
	app->abandoned |= !keeper_stop(KEEPER_MS);
	power_close(&app->power);
	timer_fini(&app->diagnostics);
	config_free(app->config);
	app->config = NULL;
	return !app->abandoned;
}
