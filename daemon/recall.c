#include "recall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "plural.h"
#include "quantity.h"

/* ---- what was kept ---- */

/* A register of the meter, not a calculated one; false: there is none of that name. */
static bool find_register(const char *name, size_t len, size_t *index)
{
	for (size_t i = 0; i < han_measurement_count(); i++) {
		const struct han_measurement *m = han_measurement_at(i);

		if (m->kind == HAN_KIND_REGISTER && strlen(m->name) == len &&
		    memcmp(m->name, name, len) == 0) {
			*index = i;
			return true;
		}
	}
	return false;
}

static bool is_number(const char *text, size_t len)
{
	return len > 0 && len < HAN_DECIMAL_TEXT && strspn(text, "-.0123456789") >= len &&
	       strspn(text, "-.") < len;
}

static void add(struct recall *r, const char *name, size_t name_len, const char *number,
                size_t number_len)
{
	struct recall_register *grown, reg = { 0 };

	if (r->count == RECALL_MAX || !is_number(number, number_len) ||
	    !find_register(name, name_len, &reg.index))
		return;
	snprintf(reg.text, sizeof(reg.text), "%.*s", (int)number_len, number);
	grown = realloc(r->list, (r->count + 1) * sizeof(*grown));
	if (!grown)
		return;
	r->list = grown;
	r->list[r->count++] = reg;
}

/* The digits as they are, which a parser that makes doubles would not keep: "name":number, up to the brace. In
 * a text the quotes would be escaped. */
void recall_set(struct recall *r, const char *json)
{
	static const char begin[] = "\"values\":{";
	const char *at = json ? strstr(json, begin) : NULL;

	r->count = 0;
	if (!at)
		return;
	for (at += strlen(begin); *at == '"' || *at == ',';) {
		const char *name = at + strspn(at, ",\"");
		size_t name_len = strcspn(name, "\"");
		const char *number = name + name_len + strspn(name + name_len, "\":");
		size_t number_len = strcspn(number, ",}");

		add(r, name, name_len, number, number_len);
		at = number + number_len;
	}
}

/* ---- what the broker has ---- */

static bool is_missing(const struct recall *r, const struct recall_register *reg)
{
	return !reg->kept && !board_holds(r->board, quantity_at(reg->index)->name);
}

static void on_found(void *user, const char *topic, const void *payload, size_t len)
{
	struct recall *r = user;
	const size_t base_len = r->board->base_len;
	const bool ours = strncmp(topic, r->board->topic, base_len) == 0;

	(void)payload;
	for (size_t i = 0; ours && len > 0 && i < r->count; i++)
		r->list[i].kept |=
			strcmp(quantity_at(r->list[i].index)->name, topic + base_len) == 0;
}

static size_t put_up(struct recall *r)
{
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct recall_register *reg = &r->list[i];

		if (!is_missing(r, reg))
			continue;
		board_recall(r->board, reg->index, reg->text);
		count++;
	}
	return count;
}

/* A broker that did not tell may have newer ones: the next session asks again. */
static void on_done(void *user, bool complete)
{
	struct recall *r = user;
	size_t count = complete ? put_up(r) : 0;

	if (count > 0)
		log_info("recall: %.*s: the broker had lost %zu register%s: sent as last kept",
		         (int)r->board->base_len - 1, r->board->topic, count, plural(count));
}

static void forget_kept(struct recall *r)
{
	for (size_t i = 0; i < r->count; i++)
		r->list[i].kept = false;
}

void recall_all(struct recall *r)
{
	forget_kept(r);
	put_up(r);
}

void recall_ask(struct recall *r)
{
	const struct look_hooks hooks = { r, on_found, on_done };
	char below[sizeof(r->board->topic)];
	const char *const filters[] = { below, NULL };
	bool missing = false;

	forget_kept(r);
	for (size_t i = 0; i < r->count; i++)
		missing |= is_missing(r, &r->list[i]);
	look_cancel(r->look, r);
	if (!missing || r->board->base_len <= 1)
		return;
	snprintf(below, sizeof(below), "%.*s+", (int)r->board->base_len, r->board->topic);
	look_start(r->look, filters, &hooks); /* without a session: the next one asks */
}

/* ---- the whole ---- */

void recall_init(struct recall *r, struct look *look, struct board *board)
{
	*r = (struct recall){ .look = look, .board = board };
}

void recall_fini(struct recall *r)
{
	if (r->look)
		look_cancel(r->look, r);
	free(r->list);
	*r = (struct recall){ 0 };
}
