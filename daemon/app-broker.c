#include "app-broker.h"

#include <stdlib.h>
#include <string.h>

#include "app-told.h"

static void on_broker(void *user)
{
	struct app *app = user;

	if (!app->mqtt.connected) {
		look_lost(&app->look);
		hourly_disconnected(&app->hourly);
	}
	app_tell_status(app);
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

	app_tell_info(app);
	for (size_t i = 0; i < app->station_count; i++)
		station_restate(&app->stations[i]);
}

static void say_states(struct app *app)
{
	bridge_availability(&app->bridge, true);
	restate_all(app);
}

/* The broker may have lost everything: discovery, then availability, then states. */
static void on_connected(void *user)
{
	struct app *app = user;

	look_lost(&app->look);
	for (size_t i = 0; i < app->station_count; i++)
		station_connected(&app->stations[i]);
	say_states(app);
	leftovers_connected(&app->leftovers);
	hourly_connected(&app->hourly);
}

/* Messages were dropped for want of room. */
static void on_caught_up(void *user)
{
	struct app *app = user;

	announce_all(app);
	say_states(app);
	hourly_caught_up(&app->hourly);
}

static void on_acknowledged(void *user, uint64_t ticket)
{
	struct app *app = user;

	hourly_acknowledged(&app->hourly, ticket);
}

static void on_subscribed(void *user, const char *filter, bool accepted)
{
	struct app *app = user;

	look_subscribed(&app->look, filter, accepted);
}

static void on_received(void *user, const char *topic, const void *payload, size_t len,
                        bool retained)
{
	struct app *app = user;

	bridge_received(&app->bridge, topic, payload, len, retained);
	look_received(&app->look, topic, payload, len, retained);
}

static int subscribe(void *user, const char *filter)
{
	struct app *app = user;

	return mqtt_subscribe(&app->mqtt, filter);
}

static int unsubscribe(void *user, const char *filter)
{
	struct app *app = user;

	return mqtt_unsubscribe(&app->mqtt, filter);
}

int app_send(void *user, const struct message *message)
{
	struct app *app = user;

	return mqtt_send(&app->mqtt, message);
}

/* ---- the hourly registers ---- */

static bool base_of(void *user, const char *meter, char *buf, size_t size)
{
	const struct app *app = user;

	for (size_t i = 0; i < app->station_count; i++) {
		const struct publisher *p = &app->stations[i].publisher;

		if (p->base[0] && strcmp(p->identity, meter) == 0)
			return (size_t)snprintf(buf, size, "%s", p->base) < size;
	}
	return false;
}

int app_open_hourly(struct app *app)
{
	const struct outlet outlet = { app, app_send };
	const struct hourly_hooks hooks = { app, base_of };
	const char *directory = getenv("STATE_DIRECTORY");

	return hourly_open(&app->hourly, app->loop, directory && directory[0] ? directory : NULL,
	                   &outlet, &hooks);
}

/* ---- the session ---- */

static void press_power(void *user)
{
	struct app *app = user;

	power_press(&app->power);
}

void app_open_look(struct app *app)
{
	const struct look_broker broker = { app, subscribe, unsubscribe };

	look_init(&app->look, app->loop, &broker);
}

int app_open_broker(struct app *app)
{
	const struct outlet outlet = { app, app_send };
	const struct bridge_hooks bridge = { app, announce_all, restate_all, press_power };
	const struct mqtt_hooks broker = { app,          on_connected,    on_broker,
		                           on_caught_up, on_acknowledged, on_subscribed,
		                           on_received };
	const char *subscriptions[BRIDGE_SUBSCRIPTIONS + 1];
	struct message will;

	bridge_init(&app->bridge, app->loop, app->config->publish.prefix,
	            app->config->mqtt.client_id, app->config->status_topic, app->config->commands,
	            &outlet, &bridge);

	will = bridge_will(&app->bridge);
	bridge_subscriptions(&app->bridge, subscriptions);
	return mqtt_open(&app->mqtt, app->loop, &app->config->mqtt, &will, subscriptions, &broker);
}

bool app_close_broker(struct app *app, unsigned wait_ms)
{
	bool ended;

	if (!app->mqtt.session)
		return true;
	bridge_availability(&app->bridge, false);
	mqtt_flush(&app->mqtt);
	ended = mqtt_close(&app->mqtt, wait_ms);
	look_lost(&app->look);
	hourly_disconnected(&app->hourly);
	app->abandoned |= !ended;
	bridge_fini(&app->bridge);
	return ended;
}
