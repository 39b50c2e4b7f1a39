#include "board.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "publisher.h"
#include "quantity.h"

/* Of calculated energies: what they lag behind at the end of an hour counts in the next one. */
#define CALCULATED_INTERVAL_S 10

#define CACHE_LINE 64 /* octets, on all machines that we know */

/* How the values of a topic leave. */
struct class
{
	int qos;
	struct pace_rules pace;
};

/* ---- classes ---- */

static struct pace_rules live_pace(const struct publisher_settings *settings)
{
	return (struct pace_rules){
		.on_change = settings->on_change,
		.min_interval_ms = settings->min_interval_s * 1000,
		.expire = settings->expire,
	};
}

/* What is calculated changes as often as the live values that it comes from, and is true until it changes. */
static struct pace_rules calculated_pace(const struct publisher_settings *settings)
{
	unsigned interval_s = settings->min_interval_s;

	if (interval_s > CALCULATED_INTERVAL_S)
		interval_s = CALCULATED_INTERVAL_S;
	return (struct pace_rules){ .on_change = true, .min_interval_ms = interval_s * 1000 };
}

/* What is calculated has no code; all that meters send have one that ends in 255. */
static struct class class_of(const struct board *b, const struct han_measurement *quantity)
{
	const struct publisher_settings *settings = b->settings;
	const int qos = (int)settings->register_qos;

	if (quantity->kind == HAN_KIND_LIVE)
		return (struct class){ (int)settings->qos, live_pace(settings) };
	if (quantity->obis.f == 0)
		return (struct class){ qos, calculated_pace(settings) };
	return (struct class){ qos, { .on_change = settings->on_change } };
}

static struct class class_unnamed(const struct board *b, const struct unnamed_state *state)
{
	struct class class = { .pace.on_change = b->settings->on_change };

	if (state->live)
		class.pace = live_pace(b->settings);
	return class;
}

/* The codes of electricity have "instantaneous" in their group D (IEC 62056-61). */
static bool is_live(const struct han_value *value)
{
	return value->has_obis && value->obis.a == 1 && value->obis.d == 7 &&
	       value->type == HAN_VALUE_NUMBER;
}

/* ---- what leaves ---- */

/* Behind the base, which stays. */
static void set_topic(struct board *b, struct message *message, const char *leaf)
{
	const size_t len = strlen(leaf);

	memcpy(b->topic + b->base_len, leaf, len + 1);
	message->topic = b->topic;
	message->topic_len = b->base_len + len;
}

static void leave(struct board *b, const char *leaf, struct notice *n, const struct class *class,
                  uint64_t now_ms)
{
	struct message message = { .len = n->len, .qos = class->qos };

	n->pace.waits = false;
	if (!n->text || !pace_expiry_s(&n->pace, &class->pace, now_ms, &message.expiry_s))
		return;
	set_topic(b, &message, leaf);
	message.payload = n->text;
	message.retain = b->settings->retain;
	if (b->outlet.send(b->outlet.user, &message) == 0)
		notice_left(n, &class->pace, message.expiry_s, now_ms);
}

static void leave_named(struct board *b, size_t index, uint64_t now_ms)
{
	const struct han_measurement *quantity = quantity_at(index);
	const struct class class = class_of(b, quantity);

	leave(b, quantity->name, &b->notices[index], &class, now_ms);
}

static void leave_unnamed(struct board *b, struct unnamed_state *state, const struct class *class,
                          uint64_t now_ms)
{
	char leaf[sizeof("obis/") + sizeof(state->code)];

	snprintf(leaf, sizeof(leaf), "obis/%s", state->code);
	leave(b, leaf, &state->notice, class, now_ms);
}

/* ---- what waits ---- */

static void expect(struct board *b, const struct notice *n, const struct pace_rules *rules,
                   uint64_t now_ms)
{
	uint64_t due_ms = pace_due_ms(&n->pace, rules);

	if (b->due_ms && b->due_ms <= due_ms)
		return;
	b->due_ms = due_ms;
	timer_start(&b->timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

/* Whether it waits and may leave, in one burst with the others; while it may not, the timer runs for it. */
static bool is_due(struct board *b, const struct notice *n, const struct pace_rules *rules,
                   uint64_t now_ms)
{
	if (!n->pace.waits)
		return false;
	if (pace_may_leave(&n->pace, rules, now_ms))
		return true;
	expect(b, n, rules, now_ms);
	return false;
}

static void timer_fired(struct timer *timer)
{
	struct board *b = container_of(timer, struct board, timer);
	uint64_t now_ms = loop_now_ms();

	b->due_ms = 0;
	for (size_t i = 0; i < quantity_count(); i++) {
		const struct class class = class_of(b, quantity_at(i));

		if (is_due(b, &b->notices[i], &class.pace, now_ms))
			leave_named(b, i, now_ms);
	}
	for (size_t i = 0; i < b->unnamed.count; i++) {
		struct unnamed_state *state = &b->unnamed.states[i];
		const struct class class = class_unnamed(b, state);

		if (is_due(b, &state->notice, &class.pace, now_ms))
			leave_unnamed(b, state, &class, now_ms);
	}
}

/* ---- what comes ---- */

/* Whether the newest value leaves now. */
static bool judge(struct board *b, struct notice *n, const struct pace_rules *rules,
                  uint64_t now_ms)
{
	enum pace_verdict verdict = notice_came(n, rules, now_ms);

	if (b->open && verdict == PACE_WAITS)
		expect(b, n, rules, now_ms);
	return verdict == PACE_LEAVES && b->open;
}

static bool take_named(struct board *b, const struct han_measurement *quantity, const char *text,
                       size_t len, uint64_t now_ms)
{
	struct notice *n = &b->notices[quantity_index(quantity)];
	const struct class class = class_of(b, quantity);
	bool news = quantity->kind == HAN_KIND_TEXT && (!n->text || strcmp(n->text, text) != 0);

	if (notice_write(n, text, len) == 0 && judge(b, n, &class.pace, now_ms))
		leave(b, quantity->name, n, &class, now_ms);
	return news;
}

/* One code too many is told once. */
static void take_unnamed(struct board *b, const struct han_value *value, const char *text,
                         uint64_t now_ms)
{
	bool full = b->unnamed.full;
	char code[HAN_OBIS_TEXT];
	struct unnamed_state *state = unnamed_store(&b->unnamed, han_value_code(value, code), text);
	struct class class;

	if (b->unnamed.full && !full)
		log_warning("publisher: %.*s: more than %d codes without a name; %s and others are "
		            "not published",
		            (int)b->base_len - 1, b->topic, UNNAMED_MAX, code);
	if (!state)
		return;
	state->live = is_live(value);
	class = class_unnamed(b, state);
	if (judge(b, &state->notice, &class.pace, now_ms))
		leave_unnamed(b, state, &class, now_ms);
}

void board_expect(const struct board *b, const struct han_reading *reading)
{
	for (size_t i = 0; i < reading->count; i++) {
		const struct han_measurement *quantity = reading->values[i].measurement;

		if (quantity)
			__builtin_prefetch(b->notices[quantity_index(quantity)].text);
	}
}

bool board_take(struct board *b, const struct han_value *value, const char *text, size_t len,
                uint64_t now_ms)
{
	if (value->measurement)
		return take_named(b, value->measurement, text, len, now_ms);
	if (b->settings->unknown_obis)
		take_unnamed(b, value, text, now_ms);
	return false;
}

void board_recall(struct board *b, size_t index, const char *text)
{
	struct notice *n = &b->notices[index];

	if (!n->text && notice_write(n, text, strlen(text)) == 0 && b->open)
		leave_named(b, index, loop_now_ms());
}

void board_restate(struct board *b)
{
	uint64_t now_ms = loop_now_ms();

	b->open = true;
	for (size_t i = 0; i < quantity_count(); i++)
		leave_named(b, i, now_ms);
	for (size_t i = 0; i < b->unnamed.count; i++) {
		struct unnamed_state *state = &b->unnamed.states[i];
		const struct class class = class_unnamed(b, state);

		leave_unnamed(b, state, &class, now_ms);
	}
}

void board_disown(struct board *b)
{
	for (size_t i = 0; i < quantity_count(); i++) {
		struct message message = { .payload = "", .qos = 1, .retain = true };

		if (b->notices[i].text)
			continue;
		set_topic(b, &message, quantity_at(i)->name);
		b->outlet.send(b->outlet.user, &message);
	}
}

/* ---- the whole ---- */

const char *board_text(const struct board *b, const char *name)
{
	for (size_t i = 0; i < quantity_count(); i++) {
		if (strcmp(quantity_at(i)->name, name) == 0)
			return b->notices[i].text;
	}
	return NULL;
}

bool board_holds(const struct board *b, const char *leaf)
{
	const char *code = strncmp(leaf, "obis/", 5) == 0 ? leaf + 5 : NULL;

	if (!code)
		return board_text(b, leaf);
	for (size_t i = 0; i < b->unnamed.count; i++) {
		if (strcmp(b->unnamed.states[i].code, code) == 0)
			return b->unnamed.states[i].notice.text;
	}
	return false;
}

void board_move(struct board *b, const char *base)
{
	snprintf(b->topic, sizeof(b->topic), "%.159s/", base);
	b->base_len = strlen(b->topic);
	b->open = false;
}

void board_forget(struct board *b)
{
	for (size_t i = 0; b->notices && i < quantity_count(); i++)
		notice_clear(&b->notices[i]);
	unnamed_clear(&b->unnamed);
	timer_stop(&b->timer);
	b->due_ms = 0;
}

/* Each in a line of the cache of its own, as long as it fits. */
static struct notice *notices_new(size_t count)
{
	void *notices;

	if (posix_memalign(&notices, CACHE_LINE, count * sizeof(struct notice)) != 0)
		return NULL;
	return memset(notices, 0, count * sizeof(struct notice));
}

int board_init(struct board *b, struct loop *loop, const struct publisher_settings *settings,
               const struct outlet *outlet)
{
	*b = (struct board){ .settings = settings, .outlet = *outlet };
	b->notices = notices_new(quantity_count());
	timer_init(&b->timer, loop, timer_fired);
	return b->notices ? 0 : -ENOMEM;
}

void board_fini(struct board *b)
{
	board_forget(b);
	timer_fini(&b->timer);
	free(b->notices);
	b->notices = NULL;
}
