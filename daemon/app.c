#include "app.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app-broker.h"
#include "app-told.h"
#include "candidates.h"
#include "keeper.h"
#include "log.h"

#define DIAGNOSTICS_MS 60000
#define STATUS_GAP_MS  10000
#define STOP_MS        1800 /* of the two seconds that a stop may take */
#define GOODBYE_MS     1500 /* of these for the broker; the disk has what is left */

/* ---- from the stations ---- */

static void on_identified(void *user, const struct station *st)
{
	struct app *app = user;

	leftovers_note(&app->leftovers, st);
	app_tell_info(app);
}

static void on_changed(void *user)
{
	struct app *app = user;

	app_tell_status(app);
	power_review(&app->power);
}

static void on_read(void *user)
{
	struct app *app = user;
	const uint64_t now_ms = loop_now_ms();

	leftovers_review(&app->leftovers, now_ms);
	if (now_ms - app->status_ms >= STATUS_GAP_MS)
		app_tell_status(app);
}

static void on_problem(void *user)
{
	struct app *app = user;

	app_tell_info(app);
	app_tell_dropping(app);
}

static void on_announced(void *user)
{
	struct app *app = user;

	bridge_restate_soon(&app->bridge);
}

/* ---- from the power ---- */

static void on_power(void *user)
{
	app_tell_info(user);
	app_tell_status(user);
}

static void on_power_failed(void *user)
{
	struct app *app = user;

	loop_stop(app->loop);
}

/* ---- start and stop ---- */

static void minute_of_station(void *user, size_t index)
{
	struct app *app = user;

	station_minute(&app->stations[index]);
}

static void minute_over(void *user)
{
	struct app *app = user;

	tzset();                   /* the system's time zone may be another one now */
	power_review(&app->power); /* a cycle is forgotten after a day */
	app_tell_status(app);
	log_catch_up();
	malloc_trim(0); /* announcements take much, in small pieces, and are seldom */
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

/* What tells nothing of its failures; power and meters do. */
static int must(int rc, const char *what)
{
	if (rc < 0)
		log_error("start failed: %s: %s", what, strerror(-rc));
	return rc;
}

static int start_stations(struct app *app)
{
	const struct publisher_bridge bridge = bridge_of(app);
	const struct outlet outlet = { app, app_send };
	const struct station_hooks hooks = { app,     on_identified, on_changed,
		                             on_read, on_announced,  on_problem };
	int rc = 0;

	app->stations = calloc(app->config->meter_count, sizeof(*app->stations));
	if (!app->stations)
		return must(-ENOMEM, "the meters");
	mqtt_provide(&app->mqtt, app->config->meter_count);
	while (app->station_count < app->config->meter_count && rc == 0) {
		size_t i = app->station_count++;

		rc = must(station_init(&app->stations[i], app->loop, app->config, i, &app->mqtt,
		                       &app->look, &app->hourly, &bridge, &outlet, &hooks),
		          "a meter");
	}
	leftovers_serve(&app->leftovers, &app->bridge, app->stations, app->station_count);
	if (rc == 0)
		rc = power_serve(&app->power, app->stations, app->station_count);
	apply_log(app);
	app_tell_status(app);
	rota_start(&app->diagnostics, DIAGNOSTICS_MS, app->station_count);
	return rc;
}

static void stop_stations(struct app *app)
{
	rota_stop(&app->diagnostics);
	power_serve(&app->power, NULL, 0);
	leftovers_serve(&app->leftovers, NULL, NULL, 0);
	for (size_t i = 0; i < app->station_count; i++)
		station_fini(&app->stations[i]);
	free(app->stations);
	app->stations = NULL;
	app->station_count = 0;
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
	const struct rota_hooks diagnostics = { app, minute_of_station, minute_over };
	const struct outlet outlet = { app, app_send };
	int rc;

	*app = (struct app){
		.loop = loop, .service = service, .config = config, .verbose = verbose
	};
	clock_gettime(CLOCK_REALTIME, &app->start);
	apply_log(app);
	keeper_start();
	service_watch(service, stalled_ms, app);
	rota_init(&app->diagnostics, loop, &diagnostics);
	timer_init(&app->telling, loop, app_tell);
	app_open_look(app);
	leftovers_init(&app->leftovers, &app->look, &outlet);
	rc = must(app_open_hourly(app), "the hourly registers");
	if (rc == 0)
		rc = open_power(app);
	if (rc == 0)
		rc = must(app_open_broker(app), "the session with the broker");
	if (rc == 0)
		rc = start_stations(app);
	return rc;
}

static bool is_other_line(const struct app *app, const struct config *config)
{
	return !config_same_line(app->config, config) ||
	       (config->power.bus.line.kind == BUS_AUTO &&
	        uses_header(app->config) != uses_header(config));
}

/* While the meters are still there: their keys, which are in no configuration any more, would go with them. */
int app_change_line(struct app *app, const struct config *config)
{
	return is_other_line(app, config)
	               ? power_change(&app->power, &config->power, uses_header(config))
	               : 0;
}

static int restart(struct app *app, struct config *config, bool broker)
{
	struct config *old = app->config;
	int rc = 0;

	stop_stations(app);
	if (broker)
		app_close_broker(app, 0);
	app->config = config;
	power_configure(&app->power, &config->power);
	if (broker)
		rc = app_open_broker(app);
	if (rc == 0)
		rc = start_stations(app);
	if (rc < 0)
		log_error("the new configuration cannot be put into force: %s", strerror(-rc));
	config_free(old);
	return rc;
}

int app_reconfigure(struct app *app, struct config *config)
{
	bool broker = !config_same_mqtt(app->config, config);
	int rc = 0;

	if (broker || is_other_line(app, config) || !config_same_meters(app->config, config)) {
		rc = restart(app, config, broker);
	} else {
		app->config->power = config->power;
		power_configure(&app->power, &app->config->power);
		app->config->log_level = config->log_level;
		app->config->log_frames = config->log_frames;
		config_free(config);
	}
	if (rc == 0 && !broker)
		mqtt_try_anew(&app->mqtt);
	apply_log(app);
	return rc;
}

static unsigned left_ms(uint64_t end_ms)
{
	uint64_t now_ms = loop_now_ms();

	return now_ms < end_ms ? (unsigned)(end_ms - now_ms) : 0;
}

bool app_stop(struct app *app)
{
	const uint64_t end_ms = loop_now_ms() + STOP_MS;

	stop_stations(app);
	app_close_broker(app, GOODBYE_MS);
	app->abandoned |= !hourly_close(&app->hourly, left_ms(end_ms));
	app->abandoned |= !keeper_stop(left_ms(end_ms));
	power_close(&app->power);
	leftovers_fini(&app->leftovers);
	look_fini(&app->look);
	timer_fini(&app->telling);
	rota_fini(&app->diagnostics);
	config_free(app->config);
	app->config = NULL;
	return !app->abandoned;
}
