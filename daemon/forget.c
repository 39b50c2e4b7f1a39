#include "forget.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "belongings.h"
#include "look.h"
#include "loop.h"
#include "plural.h"
#include "state.h"

#define CONNECT_MS 10000 /* until the broker must be there */
#define ANSWER_MS  15000 /* until it must have told what it keeps */
#define EMPTY_MS   8000  /* until it must have acknowledged that it keeps it no more */
#define TOTAL_MS   30000 /* of all, whatever happens */
#define GOODBYE_MS 1000

/* Where systemd makes the daemon's state directory; also what a dynamic user's one is called. */
#define STATE_DIRECTORY "/var/lib/hanmqttd"

enum step { STEP_CONNECT, STEP_MEET, STEP_COLLECT, STEP_EMPTY, STEP_CHECK };

struct forget {
	const struct config *config;
	const char *meter; /* as asked for */
	struct loop loop;
	struct mqtt mqtt;
	struct look look;
	struct timer deadline;
	enum step step;
	struct belongings belongings;
	char before[128];  /* prefix of Home Assistant in an earlier run */
	uint64_t until_ms; /* the very last moment */
	bool was_connected;
	unsigned
		thrown_out; /* so often while topics were emptied: mosquitto does that instead of refusing */
	size_t removed;
	size_t acknowledged;
	int result;
};

static void complain(const char *text)
{
	fprintf(stderr, "hanmqttd: %s\n", text);
}

static void end(struct forget *f, int result)
{
	f->result = result;
	loop_stop(&f->loop);
}

/* ---- what is said ---- */

static void say_unknown(const struct forget *f)
{
	const struct belongings *b = &f->belongings;

	fprintf(stderr, "hanmqttd: nothing is known of %s on broker %s port %u; ", f->meter,
	        f->config->mqtt.host, f->config->mqtt.port);
	fprintf(stderr, b->meter_count > 0 ? "known are:\n" : "no meter is known\n");
	for (size_t i = 0; i < b->meter_count; i++)
		fprintf(stderr, "  %s (%s/%s)\n", b->meters[i].id, b->prefix, b->meters[i].name);
}

static void say_served(const struct belongings *b)
{
	const char *client = belongings_served_by(b);

	if (client)
		fprintf(stderr,
		        "hanmqttd: %s still publishes %s, and will bring it back: take the meter "
		        "off its port or out of its configuration, or stop it, and forget once "
		        "more\n",
		        client, b->id);
}

static void say_removed(const struct forget *f, size_t files)
{
	const struct belongings *b = &f->belongings;

	printf("removed %zu topic%s of %s", f->removed, plural(f->removed), b->id);
	for (size_t i = 0; i < b->name_count; i++)
		printf("%s%s/%s", i == 0 ? " (" : ", ", b->prefix, b->names[i]);
	printf("%s", b->name_count > 0 ? ")" : "");
	if (files > 0)
		printf(", and %zu file%s of the state directory", files, plural(files));
	printf("\n");
}

/* ---- step by step ---- */

static void allow(struct forget *f, uint64_t ms)
{
	uint64_t now = loop_now_ms();
	uint64_t left = f->until_ms > now ? f->until_ms - now : 1;

	timer_start(&f->deadline, ms < left ? ms : left, 0);
}

static void look_for(struct forget *f, const char *const *filters);

static void collect(struct forget *f, enum step step)
{
	const char *filters[BELONGINGS_FILTERS + 1];

	f->step = step;
	belongings_search(&f->belongings, f->config->publish.homeassistant_prefix, f->before,
	                  filters);
	look_for(f, filters);
}

static void met(struct forget *f)
{
	struct entities kept = { 0 };

	belongings_resolve(&f->belongings);
	entities_load(&kept, f->belongings.id);
	snprintf(f->before, sizeof(f->before), "%s", kept.prefix);
	entities_fini(&kept);
	collect(f, STEP_COLLECT);
}

static void empty(struct forget *f)
{
	struct belongings *b = &f->belongings;
	int rc = 0;

	say_served(b);
	f->step = STEP_EMPTY;
	f->acknowledged = 0;
	allow(f, EMPTY_MS);
	f->removed = b->topic_count;
	for (size_t i = 0; i < b->topic_count && rc == 0; i++) {
		const struct message message = { .topic = b->topics[i],
			                         .payload = "",
			                         .qos = 1,
			                         .retain = true,
			                         .kind = MESSAGE_EVENT,
			                         .ticket = i + 1 };

		rc = mqtt_send(&f->mqtt, &message);
	}
	if (rc == -ENOBUFS)
		end(f, rc);
	else if (b->topic_count == 0)
		end(f, 0);
}

static void checked(struct forget *f)
{
	size_t left = f->belongings.topic_count;

	if (left == 0 || belongings_served_by(&f->belongings)) {
		end(f, 0);
		return;
	}
	fprintf(stderr,
	        "hanmqttd: %zu topic%s of %s %s still there: may this user write to them?\n", left,
	        plural(left), f->belongings.id, left == 1 ? "is" : "are");
	end(f, -EACCES);
}

static void found(void *user, const char *topic, const void *payload, size_t len)
{
	struct forget *f = user;

	if (len == 0)
		return;
	if (f->step == STEP_MEET)
		belongings_meet(&f->belongings, topic, payload, len);
	else
		belongings_collect(&f->belongings, topic, payload, len);
}

static void looked(void *user, bool complete)
{
	struct forget *f = user;

	if (!complete) { /* the next session, if there is one in time, begins anew */
		f->step = STEP_CONNECT;
		return;
	}
	if (f->step == STEP_MEET)
		met(f);
	else if (f->step == STEP_COLLECT)
		empty(f);
	else
		checked(f);
}

static void look_for(struct forget *f, const char *const *filters)
{
	const struct look_hooks hooks = { f, found, looked };
	int rc = look_start(&f->look, filters, &hooks);

	if (rc < 0 && rc != -ENOTCONN)
		end(f, rc);
}

static void say_unreachable(const struct forget *f)
{
	fprintf(stderr, "hanmqttd: broker %s port %u cannot be reached: %s\n", f->config->mqtt.host,
	        f->config->mqtt.port, f->mqtt.status);
}

static void too_late(struct timer *timer)
{
	struct forget *f = container_of(timer, struct forget, deadline);

	if (f->step == STEP_EMPTY &&
	    loop_now_ms() < f->until_ms) { /* refused, or slow: what is left will show */
		allow(f, ANSWER_MS);
		collect(f, STEP_CHECK);
		return;
	}
	if (!f->mqtt.connected)
		say_unreachable(f);
	else
		complain("the broker does not tell what it keeps: may this user read it?");
	end(f, -ETIMEDOUT);
}

/* ---- from the broker ---- */

static void connected(void *user)
{
	const char *filters[BELONGINGS_FILTERS + 1];
	struct forget *f = user;

	look_lost(&f->look);
	if (!f->was_connected)
		allow(f, ANSWER_MS);
	f->was_connected = true;
	belongings_fini(&f->belongings);
	belongings_init(&f->belongings, f->config->publish.prefix, f->meter);
	f->step = STEP_MEET;
	belongings_ask(&f->belongings, filters);
	look_for(f, filters);
}

static void changed(void *user)
{
	struct forget *f = user;

	if (f->mqtt.connected)
		return;
	look_lost(&f->look);
	f->thrown_out += f->step == STEP_EMPTY;
	f->step = STEP_CONNECT;
	if (f->mqtt.refused)
		say_unreachable(f);
	else if (f->thrown_out == 2)
		complain("the broker ends the session when a topic is emptied: may this user write "
		         "to it?");
	else
		return;
	end(f, -EACCES);
}

static void caught_up(void *user)
{
	(void)user; /* what does not fit is told at once */
}

static void acknowledged(void *user, uint64_t ticket)
{
	struct forget *f = user;

	(void)ticket;
	if (f->step == STEP_EMPTY && ++f->acknowledged == f->belongings.topic_count)
		collect(f, STEP_CHECK);
}

static void subscribed(void *user, const char *filter, bool accepted)
{
	struct forget *f = user;

	look_subscribed(&f->look, filter, accepted);
}

static void received(void *user, const char *topic, const void *payload, size_t len, bool retained)
{
	struct forget *f = user;

	look_received(&f->look, topic, payload, len, retained);
}

static int subscribe(void *user, const char *filter)
{
	struct forget *f = user;

	return mqtt_subscribe(&f->mqtt, filter);
}

static int unsubscribe(void *user, const char *filter)
{
	struct forget *f = user;

	return mqtt_unsubscribe(&f->mqtt, filter);
}

static void settled(void *user)
{
	struct forget *f = user;

	if (f->mqtt.session)
		mqtt_flush(&f->mqtt);
}

/* With the daemon's own id its session would end. */
static int open_session(struct forget *f)
{
	const struct mqtt_hooks hooks = { f,          connected, changed, caught_up, acknowledged,
		                          subscribed, received };
	const char *topics[] = { NULL };
	struct mqtt_settings settings = f->config->mqtt;
	char client[128];

	snprintf(client, sizeof(client), "%.100s-forget", settings.client_id);
	settings.client_id = client;
	return mqtt_open(&f->mqtt, &f->loop, &settings, NULL, topics, &hooks);
}

static int run(struct forget *f)
{
	const struct look_broker broker = { f, subscribe, unsubscribe };
	int rc = loop_init(&f->loop);

	f->loop.settled = settled;
	f->loop.user = f;
	look_init(&f->look, &f->loop, &broker);
	timer_init(&f->deadline, &f->loop, too_late);
	if (rc == 0)
		rc = open_session(f);
	if (rc == 0) {
		allow(f, CONNECT_MS);
		rc = loop_run(&f->loop);
	}
	mqtt_close(&f->mqtt, GOODBYE_MS);
	timer_fini(&f->deadline);
	look_fini(&f->look);
	loop_fini(&f->loop);
	return rc < 0 ? rc : f->result;
}

/* By hand there is no systemd that says where it is. */
static void find_state_directory(void)
{
	struct stat st;

	if (stat(STATE_DIRECTORY, &st) == 0)
		setenv("STATE_DIRECTORY", STATE_DIRECTORY, 0);
}

int forget_meter(const struct config *config, const char *meter)
{
	static struct forget f;
	int rc, files;

	f = (struct forget){ .config = config,
		             .meter = meter,
		             .loop.fd = -1,
		             .until_ms = loop_now_ms() + TOTAL_MS };
	find_state_directory();
	rc = run(&f);
	if (rc == 0) {
		files = state_forget(f.belongings.id);
		if (files == -ENOENT) /* there is none */
			files = 0;
		if (files < 0)
			fprintf(stderr, "hanmqttd: the state directory: %s\n", strerror(-files));
		if (f.removed == 0 && files <= 0) {
			say_unknown(&f);
			rc = -ENOENT;
		} else {
			say_removed(&f, files > 0 ? (size_t)files : 0);
			rc = files < 0 ? files : 0;
		}
	}
	belongings_fini(&f.belongings);
	return rc;
}
