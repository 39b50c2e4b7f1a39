#include "app-told.h"

#include "about.h"
#include "log.h"

/* Each names all meters: what changes with many of them at the same time is told together. */
#define GAP_PER_METER_MS 2

void app_tell(struct timer *timer)
{
	struct app *app = container_of(timer, struct app, telling);

	app->told_ms = loop_now_ms();
	if (app->status_changed) {
		about_status(app->service, &app->mqtt, &app->config->mqtt, app->stations,
		             app->station_count);
		app->status_ms = app->told_ms;
	}
	if (app->info_changed)
		about_tell(&app->bridge, &app->power, app->stations, app->station_count,
		           &app->start);
	app->status_changed = app->info_changed = false;
}

static void tell_soon(struct app *app)
{
	const uint64_t now = loop_now_ms();
	const uint64_t due = app->told_ms + GAP_PER_METER_MS * app->station_count;

	if (due <= now)
		app_tell(&app->telling);
	else
		timer_start(&app->telling, due - now, 0);
}

void app_tell_status(struct app *app)
{
	app->status_changed = true;
	tell_soon(app);
}

void app_tell_info(struct app *app)
{
	app->info_changed = true;
	tell_soon(app);
}

/* That the session ended meanwhile is told elsewhere; of the next one nothing is known yet. */
static void tell_no_more_dropping(struct app *app)
{
	if (app->mqtt.connected && app->mqtt.number == app->dropping)
		log_notice("mqtt: no message has been dropped for a minute");
	app->dropping = 0;
}

void app_tell_dropping(struct app *app)
{
	const char *sentence = NULL;
	bool goes_on = false;

	for (size_t i = 0; i < app->station_count; i++) {
		if (app->stations[i].problem.rung == PROBLEM_SENDING)
			sentence = app->stations[i].problem.text;
		goes_on |= station_is_dropping(&app->stations[i]);
	}
	if (sentence && !app->dropping) {
		log_warning("mqtt: %s", sentence);
		app->dropping = app->mqtt.number;
	} else if (app->dropping && !goes_on) {
		tell_no_more_dropping(app);
	}
}
