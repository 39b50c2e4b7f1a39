#include "floor.h"

#include <stdio.h>
#include <string.h>

#include "leaf.h"

#define TRIES 2 /* then the broker does not let us look, or has no end */

static const enum calculated asked[FLOOR_ENERGIES] = { CALCULATED_LIVE_IMPORT,
	                                               CALCULATED_LIVE_EXPORT };

#define TOPICS (FLOOR_ENERGIES + 1) /* of a base, with the info */

void floor_init(struct floor *floor, struct look *look, struct derive *derive, const char *base,
                const struct floor_hooks *hooks)
{
	*floor = (struct floor){ .look = look, .derive = derive, .base = base, .hooks = *hooks };
}

void floor_remember(struct floor *floor, const struct bases *bases, const char *identity)
{
	floor->bases = bases;
	floor->identity = identity;
}

void floor_fini(struct floor *floor)
{
	if (floor->look)
		look_cancel(floor->look, floor);
	*floor = (struct floor){ 0 };
}

/* ---- what is found ---- */

static void note(struct floor_base *found, const char *leaf, const void *payload, size_t len,
                 const char *identity)
{
	if (strcmp(leaf, "info") == 0)
		found->foreign |= !leaf_info_is_of(payload, len, identity);
	for (size_t i = 0; i < FLOOR_ENERGIES; i++) {
		if (strcmp(leaf, quantity_calculated(asked[i])->name) == 0)
			snprintf(found->texts[i], FLOOR_TEXT, "%.*s",
			         len < FLOOR_TEXT ? (int)len : 0, (const char *)payload);
	}
}

static void on_found(void *user, const char *topic, const void *payload, size_t len)
{
	struct floor *floor = user;

	for (size_t i = 0; i < floor->count; i++) {
		struct floor_base *found = &floor->found[i];
		const char *leaf = leaf_of(topic, found->base);

		if (leaf)
			note(found, leaf, payload, len, floor->derive->identity);
	}
}

static void tell(struct floor *floor)
{
	for (size_t i = 0; i < floor->count; i++) {
		const struct floor_base *found = &floor->found[i];

		for (size_t j = 0; j < FLOOR_ENERGIES && !found->foreign; j++) {
			if (found->texts[j][0])
				derive_floor(floor->derive, asked[j], found->texts[j],
				             strlen(found->texts[j]));
		}
	}
	derive_floors_told(floor->derive);
	floor->hooks.told(floor->hooks.user);
}

/* When the session is over, the next one asks again. */
static void on_done(void *user, bool complete)
{
	struct floor *floor = user;

	if (!complete && ++floor->failed < TRIES)
		floor_ask(floor);
	else
		tell(floor);
}

/* ---- what is asked ---- */

static void add_base(struct floor *floor, const char *base)
{
	struct floor_base *found = &floor->found[floor->count++];

	*found = (struct floor_base){ 0 };
	snprintf(found->base, sizeof(found->base), "%s", base);
}

/* The base of now, then those that the meter had, the last one first. What the broker refused once may be one of
 * those. */
static void find_bases(struct floor *floor)
{
	floor->count = 0;
	add_base(floor, floor->base);
	/* our own info may have left already */
	floor->found[0].foreign =
		floor->bases && bases_has_other(floor->bases, floor->base, floor->identity);
	if (floor->failed > 0)
		return;
	for (size_t i = floor->bases ? floor->bases->count : 0; i > 0; i--) {
		const struct bases_entry *entry = &floor->bases->list[i - 1];

		if (floor->count < FLOOR_BASES && strcmp(entry->identity, floor->identity) == 0 &&
		    strcmp(entry->base, floor->base) != 0)
			add_base(floor, entry->base);
	}
}

void floor_ask(struct floor *floor)
{
	const struct look_hooks hooks = { floor, on_found, on_done };
	char topics[FLOOR_BASES * TOPICS][256];
	const char *filters[FLOOR_BASES * TOPICS + 1] = { 0 };

	if (!floor->base[0] || !derive_wants_floors(floor->derive))
		return;
	look_cancel(floor->look, floor);
	find_bases(floor);
	for (size_t i = 0; i < floor->count * TOPICS; i++) {
		const char *leaf = i % TOPICS < FLOOR_ENERGIES
		                           ? quantity_calculated(asked[i % TOPICS])->name
		                           : "info";

		snprintf(topics[i], sizeof(topics[i]), "%s/%s", floor->found[i / TOPICS].base,
		         leaf);
		filters[i] = topics[i];
	}
	look_start(floor->look, filters, &hooks); /* without a session: the next one asks */
}

void floor_connected(struct floor *floor)
{
	floor->failed = 0;
	floor_ask(floor);
}
