#include "repertoire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "payload.h"
#include "quantity.h"

int repertoire_init(struct repertoire *r, const struct derive_settings *derive)
{
	const size_t count = quantity_count();

	*r = (struct repertoire){
		.derive = derive,
		.set = calloc(count, sizeof(bool)),
		.sent = calloc(count, sizeof(bool)),
		.kept = calloc(count, sizeof(bool)),
		.structural = calloc(count, sizeof(bool)),
	};
	return r->set && r->sent && r->kept && r->structural ? 0 : -ENOMEM;
}

void repertoire_fini(struct repertoire *r)
{
	free(r->set);
	free(r->sent);
	free(r->kept);
	free(r->structural);
	r->set = r->sent = r->kept = r->structural = NULL;
}

void repertoire_clear(struct repertoire *r)
{
	const size_t size = quantity_count() * sizeof(bool);

	memset(r->set, 0, size);
	memset(r->sent, 0, size);
	memset(r->kept, 0, size);
	memset(r->noted, 0, sizeof(r->noted));
	r->stale = true;
	r->heard = r->known = false;
}

static size_t index_of(const char *name)
{
	size_t i = 0;

	while (i < quantity_count() && strcmp(quantity_at(i)->name, name) != 0)
		i++;
	return i;
}

void repertoire_keep(struct repertoire *r, const char *name)
{
	size_t i = index_of(name);

	if (i == quantity_count())
		return;
	r->kept[i] = r->stale = true;
	memset(r->noted, 0, sizeof(r->noted));
}

static void mark(struct repertoire *r, bool *place, bool now)
{
	r->stale |= *place != now;
	*place = now;
}

/* What is calculated once the meter sends these, as derive.c does it. */
/* clang-format off */
static const struct need {
	size_t setting; /* offset of a bool in struct derive_settings */
	const char *power;
	const char *other; /* NULL: the power is enough */
} needs[CALCULATED_COUNT] = {
	[CALCULATED_LIVE_IMPORT] = { offsetof(struct derive_settings, live_energy), "power_active_import", "energy_active_cum_import" },
	[CALCULATED_LIVE_EXPORT] = { offsetof(struct derive_settings, live_energy), "power_active_export", "energy_active_cum_export" },
	[CALCULATED_NET] = { offsetof(struct derive_settings, net_power), "power_active_import", "power_active_export" },
	[CALCULATED_HOUR_IMPORT] = { offsetof(struct derive_settings, hour_energy), "power_active_import", "energy_active_cum_import" },
	[CALCULATED_HOUR_EXPORT] = { offsetof(struct derive_settings, hour_energy), "power_active_export", "energy_active_cum_export" },
	[CALCULATED_PEAK_1] = { offsetof(struct derive_settings, capacity_peaks), "power_active_import", NULL },
	[CALCULATED_PEAK_2] = { offsetof(struct derive_settings, capacity_peaks), "power_active_import", NULL },
	[CALCULATED_PEAK_3] = { offsetof(struct derive_settings, capacity_peaks), "power_active_import", NULL },
	[CALCULATED_MEAN] = { offsetof(struct derive_settings, capacity_peaks), "power_active_import", NULL },
};
/* clang-format on */

/* By itself, or as one of its tariffs. */
static bool is_there(const struct repertoire *r, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < han_measurement_count(); i++) {
		const char *other = han_measurement_at(i)->name;

		if (r->set[i] && strncmp(other, name, len) == 0 &&
		    (!other[len] || strncmp(other + len, "_t", 2) == 0))
			return true;
	}
	return false;
}

static bool is_expected(const struct repertoire *r, enum calculated which)
{
	const struct need *need = &needs[which];

	return r->derive && *(const bool *)((const char *)r->derive + need->setting) &&
	       is_there(r, need->power) && (!need->other || is_there(r, need->other));
}

/* Whether it is another set than before. What is calculated follows from the rest and the settings. */
static bool renew(struct repertoire *r)
{
	bool news = false;

	if (!r->stale)
		return false;
	r->stale = false;
	for (size_t i = 0; i < quantity_count(); i++) {
		bool there = r->sent[i] || (r->kept[i] && i < han_measurement_count());

		if (i >= han_measurement_count() && !there)
			there = is_expected(r, (enum calculated)(i - han_measurement_count()));
		news |= there != r->set[i];
		r->set[i] = there;
	}
	return news;
}

/* A list of a single value is one of several; any other, and one that says whose it is, shows enough. */
static bool shows_set(const struct han_reading *reading)
{
	char identity[HAN_IDENTITY_TEXT];

	return reading->count > 1 || han_reading_identity(reading, identity) != HAN_IDENTITY_NONE;
}

/* What was measured is sent; returns how many others there are, the structural zeros. */
static size_t note_measured(struct repertoire *r, const struct han_reading *reading)
{
	const struct han_measurement *first = han_measurement_at(0);
	size_t structural = 0;

	for (size_t i = 0; i < reading->count; i++) {
		const struct han_value *v = &reading->values[i];

		if (!v->measurement)
			continue;
		structural += v->structural;
		if (!r->sent[v->measurement - first] && !v->structural && payload_expected(v))
			r->sent[v->measurement - first] = r->stale = true;
	}
	return structural;
}

static void note_structural(struct repertoire *r, const struct han_reading *reading)
{
	memset(r->structural, 0, quantity_count() * sizeof(bool));
	for (size_t i = 0; i < reading->count; i++) {
		const struct han_value *v = &reading->values[i];

		if (v->measurement)
			r->structural[quantity_index(v->measurement)] = v->structural;
	}
}

/* A voltage that the wiring makes zero is never measured: if one was announced, the wiring was not known then,
 * and neither was that of the current, which is zero only mostly. */
static void drop_structural(struct repertoire *r)
{
	bool wiring_is_news = false;

	for (size_t i = 0; i < han_measurement_count(); i++)
		wiring_is_news |=
			r->structural[i] && r->kept[i] && han_measurement_at(i)->unit == HAN_UNIT_V;
	for (size_t i = 0; wiring_is_news && i < han_measurement_count(); i++)
		mark(r, &r->kept[i], r->kept[i] && !r->structural[i]);
}

static bool promises(const struct han_list *list, const struct han_measurement *m)
{
	for (size_t i = 0; han_list_sends(list, i); i++) {
		if (han_list_sends(list, i) == m)
			return true;
	}
	return false;
}

static bool was_noted(struct repertoire *r, const struct han_list *list, size_t structural)
{
	struct repertoire_noted *noted = &r->noted[r->next_noted];

	for (size_t i = 0; i < REPERTOIRE_LISTS; i++) {
		if (r->noted[i].list == list && r->noted[i].structural == structural)
			return true;
	}
	*noted = (struct repertoire_noted){ list, structural };
	r->next_noted = (r->next_noted + 1) % REPERTOIRE_LISTS;
	return false;
}

/* What a list that tells all does not tell of is not sent any more. */
static void note_promised(struct repertoire *r, const struct han_list *list)
{
	if (!han_list_sends(list, 0))
		return;
	r->known = true;
	for (size_t i = 0; i < han_measurement_count(); i++)
		mark(r, &r->kept[i], r->kept[i] && promises(list, han_measurement_at(i)));
	for (size_t i = 0; han_list_sends(list, i); i++) {
		size_t place = quantity_index(han_list_sends(list, i));

		mark(r, &r->sent[place], r->sent[place] || !r->structural[place]);
	}
}

bool repertoire_learn(struct repertoire *r, const struct han_reading *reading)
{
	bool was_known = repertoire_is_known(r);
	size_t structural = note_measured(r, reading);
	bool noted = was_noted(r, reading->list, structural), news;

	if (structural > 0 || !noted)
		note_structural(r, reading);
	if (structural > 0)
		drop_structural(r);
	if (!noted)
		note_promised(r, reading->list);
	r->known = r->known || shows_set(reading);
	r->heard = true;
	news = renew(r);
	return repertoire_is_known(r) && (news || !was_known);
}

bool repertoire_learn_calculated(struct repertoire *r, const struct han_measurement *quantity)
{
	mark(r, &r->sent[quantity_index(quantity)], true);
	return renew(r) && repertoire_is_known(r);
}

bool repertoire_is_known(const struct repertoire *r)
{
	if (r->known || !r->heard)
		return r->known;
	for (size_t i = 0; i < han_measurement_count(); i++) {
		if (r->kept[i])
			return true;
	}
	return false;
}
