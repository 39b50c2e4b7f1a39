#include "announcer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announcer-steps.h"
#include "log.h"
#include "publisher.h"

/* While Home Assistant works on a discovery message it skips parts of a second one. */
#define GAP_MS 3000

static void fired(struct timer *timer);

int announcer_init(struct announcer *a, struct loop *loop,
                   const struct publisher_settings *settings, const struct publisher_meter *meter,
                   const struct outlet *outlet)
{
	int rc;

	*a = (struct announcer){ .settings = settings, .meter = meter, .outlet = *outlet };
	a->phase = ANNOUNCER_READY;
	rc = repertoire_init(&a->repertoire, meter->derive);
	timer_init(&a->timer, loop, fired);
	return rc;
}

void announcer_fini(struct announcer *a)
{
	timer_fini(&a->timer);
	repertoire_fini(&a->repertoire);
	entities_fini(&a->told);
	entities_fini(&a->kept);
	announcer_forget_traces(a);
}

void announcer_set_hooks(struct announcer *a, const struct announcer_hooks *hooks)
{
	a->hooks = *hooks;
	a->phase = ANNOUNCER_AWAY;
}

static void keep(struct announcer *a)
{
	snprintf(a->told.prefix, sizeof(a->told.prefix), "%s", a->settings->homeassistant_prefix);
	if (entities_same(&a->told, &a->kept))
		return;
	entities_save(&a->told, a->identity);
	entities_copy(&a->kept, &a->told);
}

/* Where it is; what yet has to go is kept as told. */
static void keep_prefix(struct announcer *a)
{
	snprintf(a->told.prefix, sizeof(a->told.prefix), "%s", a->settings->homeassistant_prefix);
	if (strcmp(a->kept.prefix, a->told.prefix) == 0)
		return;
	memcpy(a->kept.prefix, a->told.prefix, sizeof(a->kept.prefix));
	entities_save(&a->kept, a->identity);
}

/* In the device message what goes away is told once; the message that stays is one without it. Until then it is
 * kept as told, for the case that the session ends before. */
static int send_messages(struct announcer *a)
{
	size_t removed;
	int rc = announcer_send(a, &removed);

	if (rc < 0)
		return rc;
	if (a->hooks.announced)
		a->hooks.announced(a->hooks.user);
	a->sent_ms = loop_now_ms();
	a->due = removed > 0 && a->settings->discovery == PUBLISHER_DISCOVERY_DEVICE;
	if (a->phase == ANNOUNCER_READY && a->due)
		keep_prefix(a);
	else if (a->phase == ANNOUNCER_READY)
		keep(a);
	return 0;
}

static void begin_move(struct announcer *a)
{
	int rc = announcer_prune_old(a);

	if (rc > 0) { /* and a moment later, as for any two messages */
		a->sent_ms = loop_now_ms();
		timer_start(&a->timer, GAP_MS, 0);
	}
	if (rc != 0 || announcer_tell_move(a) < 0)
		return;
	log_info("announcer: %s: Home Assistant is told to take it from other topics now",
	         a->identity);
	a->phase = ANNOUNCER_MOVING;
	timer_start(&a->timer, GAP_MS, 0);
}

/* When a message cannot be sent the session is over, and the next one looks at what is left; or there is no room for
 * it, and all is announced again when there is. */
static void end_move(struct announcer *a)
{
	int rc = announcer_empty_old(a, false);

	if (rc == 0 || rc == -ENOBUFS)
		a->phase = ANNOUNCER_READY;
	if (rc < 0 || send_messages(a) < 0)
		return;
	announcer_forget_traces(a);
	if (a->due)
		timer_start(&a->timer, GAP_MS, 0);
}

/* discovery = off: all that there is goes. */
static void withdraw(struct announcer *a)
{
	if (announcer_empty_old(a, true) < 0)
		return;
	if (announcer_trace_count(a) > 0)
		log_info("announcer: %s: Home Assistant is told to forget it", a->identity);
	announcer_forget_traces(a);
	entities_fini(&a->told);
	if (a->kept.count > 0)
		entities_save(&a->told, a->identity);
	entities_fini(&a->kept);
}

static void fired(struct timer *timer)
{
	struct announcer *a = container_of(timer, struct announcer, timer);

	switch (a->phase) {
	case ANNOUNCER_AWAY:
		break;
	case ANNOUNCER_READY:
		announcer_announce(a);
		break;
	case ANNOUNCER_MOVING:
		end_move(a);
		break;
	}
}

/* They are large, and most meters have some for no longer than a look lasts. */
static void forget_no_traces(struct announcer *a)
{
	if (!a->looking && announcer_trace_count(a) == 0)
		announcer_forget_traces(a);
}

void announcer_announce(struct announcer *a)
{
	uint64_t now = loop_now_ms();

	if (!a->base[0] || a->phase == ANNOUNCER_AWAY)
		return;
	if (a->settings->discovery == PUBLISHER_DISCOVERY_OFF) {
		withdraw(a);
		return;
	}
	if (!repertoire_is_known(&a->repertoire))
		return;
	if (a->phase == ANNOUNCER_MOVING) /* what is newest then goes out */
		return;
	if (a->sent_ms && now < a->sent_ms + GAP_MS) {
		timer_start(&a->timer, a->sent_ms + GAP_MS - now, 0);
		return;
	}
	if (a->hooks.announcing)
		a->hooks.announcing(a->hooks.user);
	if (announcer_sort_traces(a) < 0)
		return;
	forget_no_traces(a);
	if (announcer_trace_count(a) > 0)
		begin_move(a);
	else if (send_messages(a) == 0 && a->due)
		timer_start(&a->timer, GAP_MS, 0);
}

/* ---- what the broker keeps ---- */

static void look(struct announcer *a)
{
	const char *filters[TRACES_FILTERS + 1];
	int rc = -ENOMEM;

	if (!a->hooks.look || !a->connected || !a->identity[0])
		return;
	announcer_forget_traces(a);
	a->traces = malloc(sizeof(*a->traces));
	if (a->traces) {
		traces_init(a->traces, a->identity, a->settings->homeassistant_prefix,
		            a->told.prefix);
		traces_filters(a->traces, filters);
		rc = a->hooks.look(a->hooks.user, filters);
	}
	a->looking = rc == 0;
	if (rc == -ENOTCONN)
		announcer_forget_traces(a);
	else if (rc < 0)
		announcer_looked(a, true); /* it must do without */
}

/* What was being taken away when the session ended: the message may be lost. */
static void take_away_again(struct announcer *a)
{
	for (size_t i = 0; a->due && i < a->kept.count; i++)
		entities_add(&a->told, a->kept.list[i].platform, a->kept.list[i].id);
}

void announcer_connected(struct announcer *a)
{
	bool sure = a->looked && a->phase == ANNOUNCER_READY && announcer_trace_count(a) == 0 &&
	            !a->due;

	a->connected = true;
	take_away_again(a);
	if (a->hooks.look && !sure) {
		timer_stop(&a->timer);
		a->phase = ANNOUNCER_AWAY;
	}
	announcer_announce(a); /* what was right before most likely is; the look will tell */
	look(a);
}

void announcer_found(struct announcer *a, const char *topic, const void *payload, size_t len)
{
	if (a->traces)
		traces_add(a->traces, topic, payload, len);
}

static void take_text(char own[ENTITIES_TEXT], const char found[ENTITIES_TEXT])
{
	if (!own[0])
		memcpy(own, found, ENTITIES_TEXT);
}

/* What an earlier run announced, as far as nothing better is known. */
static void take_over(struct announcer *a)
{
	const struct entities *found;

	if (!a->traces)
		return;
	found = &a->traces->told;
	for (size_t i = 0; i < found->count; i++) {
		repertoire_keep(&a->repertoire, found->list[i].id);
		entities_add(&a->told, found->list[i].platform, found->list[i].id);
	}
	for (size_t i = 0; i < announcer_trace_count(a); i++)
		repertoire_keep(&a->repertoire, a->traces->list[i].entity.id);
	take_text(a->told.maker, found->maker);
	take_text(a->told.model, found->model);
	take_text(a->told.list_version, found->list_version);
}

void announcer_looked(struct announcer *a, bool complete)
{
	bool waited = a->phase == ANNOUNCER_AWAY;

	a->looked = complete;
	a->looking = false;
	take_over(a);
	forget_no_traces(a);
	if (waited)
		a->phase = ANNOUNCER_READY;
	if (waited || announcer_is_out_of_step(a))
		announcer_announce(a);
}

/* ---- what is known of the meter ---- */

/* Another device, another message. */
static void forget(struct announcer *a)
{
	repertoire_clear(&a->repertoire);
	announcer_forget_traces(a);
	timer_stop(&a->timer);
	a->phase = a->hooks.look ? ANNOUNCER_AWAY : ANNOUNCER_READY;
	a->sent_ms = 0;
	a->due = a->looked = a->looking = false;
}

void announcer_identify(struct announcer *a, const char *identity, const char *base,
                        const char *availability)
{
	bool another = strcmp(a->identity, identity) != 0;

	snprintf(a->base, sizeof(a->base), "%s", base);
	snprintf(a->availability, sizeof(a->availability), "%s", availability);
	if (!another)
		return;
	if (a->identity[0])
		forget(a);
	snprintf(a->identity, sizeof(a->identity), "%s", identity);
	entities_load(&a->kept, identity);
	entities_copy(&a->told, &a->kept);
	for (size_t i = 0; i < a->kept.count; i++)
		repertoire_keep(&a->repertoire, a->kept.list[i].id);
	look(a);
}

static bool set_text(char text[ENTITIES_TEXT], const char *now)
{
	if (!now || strlen(now) >= ENTITIES_TEXT || strcmp(text, now) == 0)
		return false;
	snprintf(text, ENTITIES_TEXT, "%s", now);
	return true;
}

bool announcer_describe(struct announcer *a, const char *maker, const char *model,
                        const char *list_version)
{
	bool news = set_text(a->told.maker, maker);

	news |= set_text(a->told.model, model);
	return set_text(a->told.list_version, list_version) || news;
}

bool announcer_learn(struct announcer *a, const struct han_reading *reading)
{
	return repertoire_learn(&a->repertoire, reading);
}

bool announcer_learn_calculated(struct announcer *a, const struct han_measurement *quantity)
{
	return repertoire_learn_calculated(&a->repertoire, quantity);
}
