#include "leftovers-plan.h"

#include <stdio.h>
#include <string.h>

#include "identity.h"

/* ---- who is where ---- */

void leftovers_base_of_bridge(const struct bridge *bridge, char base[BASES_TEXT])
{
	snprintf(base, BASES_TEXT, "%.*s", (int)(strlen(bridge->info) - strlen("/info")),
	         bridge->info);
}

static const struct station *station_at(const struct leftovers *l, const char *base)
{
	for (size_t i = 0; i < l->station_count; i++) {
		if (strcmp(l->stations[i].publisher.base, base) == 0)
			return &l->stations[i];
	}
	return NULL;
}

/* Whether the meter is read, and everybody is told of its base. */
static bool is_settled(const struct publisher *p)
{
	return p->info && (p->settings->discovery == PUBLISHER_DISCOVERY_OFF ||
	                   repertoire_is_known(&p->announcer.repertoire));
}

/* Whether the meter of this station was published as that. */
static bool was_known_as(const struct station *st, const char *identity)
{
	char port[IDENTITY_TEXT];

	if (strcmp(st->publisher.identity, identity) == 0)
		return true;
	return identity_is_port(identity) && st->running &&
	       strcmp(identity_of_port(search_path(&st->meter.search), port), identity) == 0;
}

static bool has_moved(const struct leftovers *l, const char *identity)
{
	for (size_t i = 0; i < l->station_count; i++) {
		if (is_settled(&l->stations[i].publisher) &&
		    was_known_as(&l->stations[i], identity))
			return true;
	}
	return false;
}

/* ---- what is to be looked at ---- */

static bool plan_at_station(struct leftovers_search *s, const struct station *st,
                            struct bases_entry *entry)
{
	const struct publisher *p = &st->publisher;

	if (!is_settled(p))
		return false;
	s->publisher = p;
	if (strcmp(p->identity, entry->identity) == 0) {
		s->scope = LEFTOVERS_UNWANTED;
		entry->done = entry->tidy;
		return !entry->tidy;
	}
	/* a port was the same meter, before it said its number */
	s->scope = identity_is_port(entry->identity) ? LEFTOVERS_NOTHING : LEFTOVERS_OTHERS;
	return true;
}

bool leftovers_plan(const struct leftovers *l, struct bases_entry *entry,
                    struct leftovers_search *s)
{
	const struct station *st = station_at(l, entry->base);
	char own[BASES_TEXT];

	*s = (struct leftovers_search){ 0 };
	snprintf(s->base, sizeof(s->base), "%s", entry->base);
	snprintf(s->identity, sizeof(s->identity), "%s", entry->identity);
	if (st)
		return plan_at_station(s, st, entry);
	if (entry->identity[0]) {
		s->scope = has_moved(l, entry->identity) ? LEFTOVERS_METER : LEFTOVERS_UNHEARD;
		return s->scope == LEFTOVERS_METER || !entry->offline;
	}
	leftovers_base_of_bridge(l->bridge, own);
	s->scope = LEFTOVERS_BRIDGE;
	entry->done = strcmp(own, entry->base) == 0;
	return !entry->done;
}
