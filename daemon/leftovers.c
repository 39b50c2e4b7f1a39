#include "leftovers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "leaf.h"
#include "leftovers-plan.h"
#include "log.h"
#include "plural.h"

#define TOPICS_MAX 1024 /* of one look */
/* Of one base that find something: the broker may be slow, or end the session of whoever may not write there. */
#define LOOKS_MAX 3

/* ---- what is found ---- */

static bool is_to_go(const struct leftovers_search *s, const char *leaf)
{
	switch (s->scope) {
	case LEFTOVERS_NOTHING:
		break;
	case LEFTOVERS_BRIDGE:
		return leaf_is_bridges(leaf);
	case LEFTOVERS_METER:
		return leaf_is_meters(leaf);
	case LEFTOVERS_UNHEARD:
		return strcmp(leaf, "availability") == 0;
	case LEFTOVERS_OTHERS:
		return leaf_is_value(leaf) && !board_holds(&s->publisher->board, leaf);
	case LEFTOVERS_UNWANTED:
		return leaf_is_value(leaf) &&
		       !leaf_is_wanted(leaf, s->publisher->settings, s->publisher->meter.derive);
	}
	return false;
}

static bool is_online(const void *payload, size_t len)
{
	return len == strlen("online") && memcmp(payload, "online", len) == 0;
}

/* A base that no meter of ours has now. */
static bool is_left(const struct leftovers_search *s)
{
	return s->scope == LEFTOVERS_METER || s->scope == LEFTOVERS_UNHEARD;
}

/* Of a base in use nobody else can be the owner; an info of an unknown form is none of ours. */
static bool tells_other_owner(const struct leftovers_search *s, const char *leaf,
                              const void *payload, size_t len)
{
	if (s->scope == LEFTOVERS_BRIDGE && strcmp(leaf, "availability") == 0)
		return is_online(payload, len);
	return is_left(s) && strcmp(leaf, "info") == 0 &&
	       !leaf_info_is_of(payload, len, s->identity);
}

/* Whether another daemon goes on with the meter. One that is away for now has taken over for good what nobody reads
 * here: it says itself how the meter is as soon as it is back, perhaps right now. */
static bool is_anothers(const struct leftovers_search *s)
{
	return s->peers.full || (s->scope == LEFTOVERS_UNHEARD ? peers_know_it(&s->peers)
	                                                       : peers_serving(&s->peers) != NULL);
}

static bool is_noted(const struct leftovers_search *s, const char *topic)
{
	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->topics[i], topic) == 0)
			return true;
	}
	return false;
}

static void note_topic(struct leftovers_search *s, const char *topic)
{
	char **grown, *copy;

	if (s->count >= TOPICS_MAX || is_noted(s, topic))
		return;
	grown = realloc(s->topics, (s->count + 1) * sizeof(*grown));
	if (!grown)
		return;
	s->topics = grown;
	copy = strdup(topic);
	if (copy)
		s->topics[s->count++] = copy;
}

/* Of our own we know better. */
static void meet_peer(struct leftovers *l, const char *topic, const void *payload, size_t len)
{
	struct leftovers_search *s = &l->search;
	const char *levels = s->bridges[0] ? leaf_of(topic, s->bridges) : NULL;
	const char *const names[] = { strrchr(s->base, '/') + 1 };
	char own[BASES_TEXT];

	leftovers_base_of_bridge(l->bridge, own);
	if (levels && !leaf_of(topic, own))
		peers_meet(&s->peers, levels, payload, len, names, 1);
}

static void on_found(void *user, const char *topic, const void *payload, size_t len)
{
	struct leftovers *l = user;
	struct leftovers_search *s = &l->search;
	const char *leaf = leaf_of(topic, s->base);

	if (!leaf) {
		meet_peer(l, topic, payload, len);
		if (identity_is_port(s->identity) && traces_add(&s->traces, topic, payload, len))
			note_topic(s, topic);
		return;
	}
	s->occupied |= tells_other_owner(s, leaf, payload, len);
	if (is_to_go(s, leaf) && (s->scope != LEFTOVERS_UNHEARD || is_online(payload, len)))
		note_topic(s, topic);
}

/* ---- what is done about it ---- */

static void end_search(struct leftovers *l)
{
	struct leftovers_search *s = &l->search;

	for (size_t i = 0; i < s->count; i++)
		free(s->topics[i]);
	free(s->topics);
	traces_fini(&s->traces);
	peers_fini(&s->peers);
	*s = (struct leftovers_search){ 0 };
	l->searching = false;
}

/* While the broker told, the meter may have said more, or have become another's. */
static bool still_stands(const struct leftovers *l, struct bases_entry *entry)
{
	struct leftovers_search now;

	return leftovers_plan(l, entry, &now) && now.scope == l->search.scope &&
	       now.publisher == l->search.publisher;
}

static void keep_what_has_come(struct leftovers_search *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++) {
		const char *leaf = leaf_of(s->topics[i], s->base);

		if (!leaf || is_to_go(s, leaf))
			s->topics[kept++] = s->topics[i];
		else
			free(s->topics[i]);
	}
	s->count = kept;
}

static void send_all(const struct leftovers *l, const char *payload)
{
	for (size_t i = 0; i < l->search.count; i++) {
		const struct message message = { .topic = l->search.topics[i],
			                         .payload = payload,
			                         .len = strlen(payload),
			                         .qos = 1,
			                         .retain = true };

		l->outlet.send(l->outlet.user, &message);
	}
}

/* Told once: the look whether it worked may be faster than the last of many messages. */
static void mend(const struct leftovers *l, bool first)
{
	const struct leftovers_search *s = &l->search;
	const bool unheard = s->scope == LEFTOVERS_UNHEARD;

	send_all(l, unheard ? "offline" : "");
	if (first && unheard)
		log_info("leftovers: %s: nothing is published there now: it is said to be offline",
		         s->base);
	else if (first)
		log_info("leftovers: %s: %zu topic%s of before %s removed from the broker", s->base,
		         s->count, plural(s->count), s->count == 1 ? "is" : "are");
}

static void tell_failure(const struct leftovers_search *s)
{
	if (s->scope == LEFTOVERS_UNHEARD)
		log_notice("leftovers: %s: the broker does not take that the meter is offline",
		           s->base);
	else
		log_notice("leftovers: %s: %zu topic%s cannot be removed from the broker", s->base,
		           s->count, plural(s->count));
}

/* All was told: what that means for the base. */
static void conclude(struct leftovers *l, struct bases_entry *entry)
{
	struct leftovers_search *s = &l->search;

	if (!still_stands(l, entry))
		return;
	keep_what_has_come(s);
	if (s->scope == LEFTOVERS_UNHEARD && s->count > 0 && !s->occupied && !s->bridges[0]) {
		entry->online = true; /* unless it is another daemon's */
		return;
	}
	entry->online = false;
	if (s->occupied && s->scope == LEFTOVERS_BRIDGE) {
		entry->done = true; /* a daemon of that name is there, and may go */
	} else if (s->count > 0 && !s->occupied) {
		if (++entry->looks < LOOKS_MAX) {
			mend(l, entry->looks == 1); /* and a look whether it worked */
			return;
		}
		tell_failure(s);
	} else if (s->scope == LEFTOVERS_UNWANTED) {
		entry->tidy = true;
	} else if (s->scope == LEFTOVERS_UNHEARD) {
		entry->offline = true;
		entry->looks = 0;
	} else {
		bases_drop(&l->bases, entry);
	}
}

static void review(struct leftovers *l);

static void on_done(void *user, bool complete)
{
	struct leftovers *l = user;
	struct bases_entry *entry = bases_find(&l->bases, l->search.base, l->search.identity);

	l->search.occupied |= is_anothers(&l->search);
	if (entry && complete)
		conclude(l, entry);
	else if (entry && l->search.scope == LEFTOVERS_UNHEARD)
		entry->offline = true;
	else if (entry)
		entry->done = true; /* until the next session */
	end_search(l);
	review(l);
}

/* To tell of all daemons is much: whose it is is asked only of what is online and should not be. */
static size_t set_filters(struct leftovers_search *s, const struct bases_entry *entry,
                          char text[3][BASES_TEXT + 16])
{
	const bool unheard = s->scope == LEFTOVERS_UNHEARD;
	size_t count = 0;

	snprintf(text[count++], sizeof(text[0]), "%s/%s", s->base, unheard ? "availability" : "#");
	if (unheard)
		snprintf(text[count++], sizeof(text[0]), "%s/info", s->base);
	if (s->scope == LEFTOVERS_METER || (unheard && entry->online)) {
		snprintf(s->bridges, sizeof(s->bridges), "%.*s/bridge",
		         (int)(strrchr(s->base, '/') - s->base), s->base);
		snprintf(text[count++], sizeof(text[0]), "%s/+/%s", s->bridges,
		         unheard ? "info" : "+");
	}
	return count;
}

static bool start(struct leftovers *l, const struct bases_entry *entry)
{
	const struct look_hooks hooks = { l, on_found, on_done };
	const char *filters[3 + TRACES_FILTERS + 1] = { 0 };
	struct leftovers_search *s = &l->search;
	char text[3][BASES_TEXT + 16];
	const size_t count = set_filters(s, entry, text);

	for (size_t i = 0; i < count; i++)
		filters[i] = text[i];
	if (identity_is_port(s->identity) && s->scope != LEFTOVERS_UNWANTED &&
	    s->scope != LEFTOVERS_UNHEARD) {
		traces_init(&s->traces, s->identity,
		            l->stations[0].publisher.settings->homeassistant_prefix, "");
		traces_filters(&s->traces, filters + count);
	}
	l->searching = look_start(l->look, filters, &hooks) == 0;
	return l->searching;
}

/* Without a session the next one begins anew. */
static void look_at(struct leftovers *l, const struct bases_entry *entry)
{
	if (!start(l, entry))
		end_search(l);
}

/* Those that nobody reads come last. */
static void review(struct leftovers *l)
{
	struct bases_entry *unheard = NULL;

	for (size_t i = 0; l->bridge && !l->searching && i < l->bases.count; i++) {
		struct bases_entry *entry = &l->bases.list[i];

		if (entry->done || entry->looks >= LOOKS_MAX ||
		    !leftovers_plan(l, entry, &l->search))
			continue;
		if (l->search.scope != LEFTOVERS_UNHEARD) {
			look_at(l, entry);
			return;
		}
		if (!unheard)
			unheard = entry;
	}
	if (unheard && leftovers_plan(l, unheard, &l->search))
		look_at(l, unheard);
}

/* With each meter there are more bases to plan for, and more that comes: it must not grow with both. */
void leftovers_review(struct leftovers *l, uint64_t now_ms)
{
	if (now_ms < l->review_ms)
		return;
	l->review_ms = now_ms + l->station_count;
	review(l);
}

/* ---- the whole ---- */

static void note_station(struct leftovers *l, const struct station *st)
{
	if (st->publisher.base[0])
		bases_note(&l->bases, st->publisher.base, st->publisher.identity);
}

void leftovers_note(struct leftovers *l, const struct station *st)
{
	if (!l->bridge)
		return;
	bases_renew(&l->bases);
	note_station(l, st);
}

static void note_all(struct leftovers *l)
{
	char base[BASES_TEXT];

	if (!l->bridge)
		return;
	bases_renew(&l->bases);
	leftovers_base_of_bridge(l->bridge, base);
	bases_note(&l->bases, base, "");
	for (size_t i = 0; i < l->station_count; i++)
		note_station(l, &l->stations[i]);
}

void leftovers_connected(struct leftovers *l)
{
	bases_renew(&l->bases);
	for (size_t i = 0; i < l->bases.count; i++)
		l->bases.list[i].online = l->bases.list[i].offline = false;
	review(l);
}

void leftovers_serve(struct leftovers *l, const struct bridge *bridge, struct station *stations,
                     size_t count)
{
	if (l->searching)
		look_cancel(l->look, l);
	end_search(l);
	l->bridge = bridge;
	l->stations = stations;
	l->station_count = count;
	for (size_t i = 0; i < count; i++)
		floor_remember(&stations[i].floor, &l->bases, stations[i].publisher.identity);
	for (size_t i = 0; i < l->bases.count; i++) {
		l->bases.list[i].tidy = false;
		l->bases.list[i].looks = 0;
	}
	note_all(l);
}

void leftovers_init(struct leftovers *l, struct look *look, const struct outlet *outlet)
{
	*l = (struct leftovers){ .look = look, .outlet = *outlet };
	bases_load(&l->bases);
}

void leftovers_fini(struct leftovers *l)
{
	bases_fini(&l->bases);
}
