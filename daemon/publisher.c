#include "publisher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "topic.h"

int publisher_init(struct publisher *p, struct loop *loop,
                   const struct publisher_settings *settings, const struct publisher_meter *meter,
                   const struct outlet *outlet)
{
	int rc;

	*p = (struct publisher){ .settings = settings, .meter = *meter, .outlet = *outlet };
	rc = board_init(&p->board, loop, settings, outlet);
	return rc < 0 ? rc : announcer_init(&p->announcer, loop, settings, &p->meter, outlet);
}

static void forget_values(struct publisher *p)
{
	board_forget(&p->board);
	p->maker = NULL;
	free(p->info);
	free(p->unsent);
	p->info = p->unsent = NULL;
}

void publisher_fini(struct publisher *p)
{
	announcer_fini(&p->announcer);
	forget_values(p);
	board_fini(&p->board);
}

static int send_text(struct publisher *p, const char *topic, const char *text)
{
	const struct message message = {
		.topic = topic, .payload = text, .len = strlen(text), .qos = 1, .retain = true
	};

	return p->outlet.send(p->outlet.user, &message);
}

static void send_info(struct publisher *p)
{
	char topic[sizeof(p->base) + 8];

	snprintf(topic, sizeof(topic), "%s/info", p->base);
	if (p->info)
		send_text(p, topic, p->info);
}

/* Without memory it is as before. */
static void keep_text(char **kept, const char *text)
{
	size_t size = strlen(text) + 1;
	char *other = realloc(*kept, size);

	if (!other)
		return;
	memcpy(other, text, size);
	*kept = other;
}

/* A reading is not retained: the newest one waits until it can be sent. */
static void send_reading(struct publisher *p, const char *text, size_t len)
{
	char topic[sizeof(p->base) + 8];
	struct message message = {
		.topic = topic, .payload = text, .len = len, .kind = MESSAGE_EVENT
	};

	message.topic_len = (size_t)(stpcpy(stpcpy(topic, p->base), "/reading") - topic);
	if (p->outlet.send(p->outlet.user, &message) < 0) {
		if (text != p->unsent)
			keep_text(&p->unsent, text);
		return;
	}
	free(p->unsent);
	p->unsent = NULL;
}

static void send_availability(struct publisher *p)
{
	send_text(p, p->availability, p->online ? "online" : "offline");
}

/* Without a broker the next session is told of the meter that was there; those after it nobody has seen. */
static void leave(struct publisher *p)
{
	if (send_text(p, p->availability, "offline") < 0 && !p->left[0])
		memcpy(p->left, p->availability, sizeof(p->left));
}

static void send_left(struct publisher *p)
{
	if (p->left[0] && send_text(p, p->left, "offline") == 0)
		p->left[0] = '\0';
}

void publisher_identify(struct publisher *p, const char *identity)
{
	char level[96];

	if (p->identity[0] && strcmp(p->identity, identity) != 0) {
		leave(p);
		forget_values(p);
	}
	snprintf(p->identity, sizeof(p->identity), "%s", identity);
	topic_level(p->meter.topic_name ? p->meter.topic_name : identity, level, sizeof(level));
	snprintf(p->base, sizeof(p->base), "%.60s/%s", p->settings->prefix, level);
	snprintf(p->availability, sizeof(p->availability), "%s/availability", p->base);
	board_move(&p->board, p->base);
	announcer_identify(&p->announcer, identity, p->base, p->availability);
	p->fresh = p->news = true;
}

void publisher_retuned(struct publisher *p)
{
	p->news = true;
}

void publisher_availability(struct publisher *p, bool online)
{
	p->online = online;
	if (p->base[0] && !p->fresh)
		send_availability(p);
}

void publisher_diagnostic(struct publisher *p, const char *name, const char *payload)
{
	char topic[sizeof(p->base) + 80];
	const struct message message = { .topic = topic,
		                         .payload = payload,
		                         .len = strlen(payload),
		                         .retain = true,
		                         .kind = MESSAGE_DIAGNOSTIC };

	if (!p->base[0])
		return;
	snprintf(topic, sizeof(topic), "%s/diagnostics/%.60s", p->base, name);
	p->outlet.send(p->outlet.user, &message);
}

void publisher_announce(struct publisher *p)
{
	announcer_announce(&p->announcer);
}

void publisher_restate(struct publisher *p)
{
	if (!p->base[0])
		return;
	p->fresh = false;
	send_left(p);
	send_availability(p);
	send_info(p);
	board_restate(&p->board);
	if (p->unsent)
		send_reading(p, p->unsent, strlen(p->unsent));
}

/* Whether it differs from the one before; only a list that says who the meter is can change it. */
static bool update_info(struct publisher *p, const struct han_reading *reading,
                        const struct payload_meter *line)
{
	struct payload_meter info = *line;
	char identity[HAN_IDENTITY_TEXT], buf[PAYLOAD_JSON], *text;

	if (p->info && han_reading_identity(reading, identity) == HAN_IDENTITY_NONE)
		return false;
	if (!p->maker || han_reading_maker(reading)[0])
		p->maker = han_reading_maker(reading);
	info.meter_id = p->identity;
	info.meter_type = board_text(&p->board, "meter_type");
	info.obis_version = board_text(&p->board, "obis_version");
	info.maker = p->maker;
	info.framing = han_framing_name(reading->framing);
	text = payload_meter_info(&info, buf);
	p->news = false;
	p->list = reading->list;
	p->framing = reading->framing;
	if (!text || (p->info && strcmp(text, p->info) == 0))
		return false;
	keep_text(&p->info, text);
	return true;
}

/* What describes the meter; most lists say no other than the one before. Whether Home Assistant does not know it yet. */
static bool describe(struct publisher *p, const struct han_reading *reading,
                     const struct payload_meter *line)
{
	if (p->info && !p->news && p->list == reading->list && p->framing == reading->framing)
		return false;
	if (update_info(p, reading, line) && !p->fresh)
		send_info(p);
	return announcer_describe(&p->announcer, p->maker, board_text(&p->board, "meter_type"),
	                          board_text(&p->board, "obis_version"));
}

/* A value for its topic, and for the reading that it is of; NULL: of none. Whether it says anew what the meter is. */
static bool take(struct publisher *p, const struct han_value *value, time_t now, uint64_t now_ms,
                 struct writer *reading)
{
	char buf[HAN_TEXT_MAX], *text = payload_value(value, now, buf);
	size_t len = text ? strlen(text) : 0;

	if (reading)
		payload_add(reading, value, text, len);
	return text && board_take(&p->board, value, text, len, now_ms);
}

void publisher_reading(struct publisher *p, const struct han_reading *reading,
                       const struct payload_meter *line, const struct publisher_now *now)
{
	bool grown = announcer_learn(&p->announcer, reading);
	char buf[PAYLOAD_JSON], *text;
	struct writer json;
	bool first;

	board_expect(&p->board, reading);
	payload_begin(&json, reading, p->identity, &now->wall, &p->zone, buf);
	for (size_t i = 0; i < reading->count; i++)
		p->news |= take(p, &reading->values[i], now->wall.tv_sec, now->ms, &json);
	if (!p->base[0])
		return;

	first = p->fresh;
	grown |= describe(p, reading, line);
	if (grown || first)
		publisher_announce(p);
	if (first)
		publisher_restate(p);
	text = payload_end(&json);
	if (text)
		send_reading(p, text, json.len);
}

void publisher_calculated(struct publisher *p, const struct han_value *values, size_t count,
                          const struct publisher_now *now)
{
	bool grown = false;

	for (size_t i = 0; i < count; i++) {
		take(p, &values[i], now->wall.tv_sec, now->ms, NULL);
		grown |= announcer_learn_calculated(&p->announcer, values[i].measurement);
	}
	if (grown)
		publisher_announce(p);
}
