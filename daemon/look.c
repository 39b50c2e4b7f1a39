#include "look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "topic.h"

struct look_filter {
	char *text;
	bool accepted;
};

struct look_request {
	struct look_request *next;
	struct look_hooks hooks;
	bool over;
	unsigned weight;   /* messages that may come */
	uint64_t last_ms;  /* when it ends at the latest; 0 until the broker is asked */
	uint64_t quiet_ms; /* when all has been told; never until all filters are accepted */
	size_t count;
	struct look_filter filters[];
};

static void fired(struct timer *timer);

void look_init(struct look *l, struct loop *loop, const struct look_broker *broker)
{
	*l = (struct look){ .broker = *broker };
	timer_init(&l->timer, loop, fired);
}

static void free_request(struct look_request *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->filters[i].text);
	free(r);
}

void look_fini(struct look *l)
{
	while (l->first) {
		struct look_request *next = l->first->next;

		free_request(l->first);
		l->first = next;
	}
	timer_fini(&l->timer);
}

/* ---- one request ---- */

static struct look_filter *filter_of(struct look_request *r, const char *filter)
{
	for (size_t i = 0; i < r->count; i++) {
		if (strcmp(r->filters[i].text, filter) == 0)
			return &r->filters[i];
	}
	return NULL;
}

/* Whether the broker was asked, and tells. */
static bool is_open(const struct look_request *r)
{
	return r->last_ms && !r->over;
}

static bool is_wanted(const struct look *l, const char *filter)
{
	for (struct look_request *r = l->first; r; r = r->next) {
		if (is_open(r) && filter_of(r, filter))
			return true;
	}
	return false;
}

static void close_request(struct look *l, struct look_request *r)
{
	if (is_open(r))
		l->open -= r->weight;
	r->over = true;
}

/* The broker goes on telling what others still look at. */
static void end(struct look *l, struct look_request *r)
{
	close_request(l, r);
	for (size_t i = 0; i < r->count && r->last_ms; i++) {
		if (!is_wanted(l, r->filters[i].text))
			l->broker.unsubscribe(l->broker.user, r->filters[i].text);
	}
}

static void finish(struct look *l, struct look_request *r, bool complete)
{
	end(l, r);
	r->hooks.done(r->hooks.user, complete);
}

static bool has_room(const struct look *l, const struct look_request *r)
{
	return l->open == 0 || l->open + r->weight <= LOOK_AT_ONCE;
}

/* What was subscribed before one failed does no harm, and ends with the session. */
static int ask(struct look *l, struct look_request *r)
{
	for (size_t i = 0; i < r->count; i++) {
		int rc = l->broker.subscribe(l->broker.user, r->filters[i].text);

		if (rc < 0)
			return rc;
	}
	r->quiet_ms = UINT64_MAX;
	r->last_ms = loop_now_ms() + LOOK_ANSWER_MS;
	l->open += r->weight;
	return 0;
}

static bool is_accepted(const struct look_request *r)
{
	for (size_t i = 0; i < r->count; i++) {
		if (!r->filters[i].accepted)
			return false;
	}
	return true;
}

static bool matches(const struct look_request *r, const char *topic)
{
	for (size_t i = 0; i < r->count; i++) {
		if (topic_matches(r->filters[i].text, topic))
			return true;
	}
	return false;
}

/* ---- all requests ---- */

static void set_timer(struct look *l)
{
	uint64_t next = UINT64_MAX, now = loop_now_ms();

	for (struct look_request *r = l->first; r; r = r->next) {
		if (is_open(r) && r->quiet_ms < next)
			next = r->quiet_ms;
		if (is_open(r) && r->last_ms < next)
			next = r->last_ms;
	}
	if (next == UINT64_MAX)
		timer_stop(&l->timer);
	else
		timer_start(&l->timer, next > now ? next - now : 0, 0);
}

/* Between these two the list only grows, at its end. */
static void enter(struct look *l)
{
	l->busy++;
}

/* Those that wait, as far as there is room: more often for those that find little. */
static void ask_next(struct look *l)
{
	for (struct look_request *r = l->first; r; r = r->next) {
		if (!r->last_ms && !r->over && has_room(l, r) && ask(l, r) < 0)
			finish(l, r, false);
	}
}

static void leave(struct look *l)
{
	struct look_request **link = &l->first;

	if (l->busy == 1)
		ask_next(l);
	if (--l->busy > 0)
		return;
	while (*link) {
		struct look_request *r = *link;

		if (!r->over) {
			link = &r->next;
			continue;
		}
		*link = r->next;
		free_request(r);
	}
	set_timer(l);
}

static void fired(struct timer *timer)
{
	struct look *l = container_of(timer, struct look, timer);
	uint64_t now = loop_now_ms();

	enter(l);
	for (struct look_request *r = l->first; r; r = r->next) {
		if (!is_open(r))
			continue;
		if (now >= r->quiet_ms)
			finish(l, r, true);
		else if (now >= r->last_ms)
			finish(l, r, false);
	}
	leave(l);
}

static struct look_request *new_request(const char *const *filters, const struct look_hooks *hooks)
{
	struct look_request *r;
	size_t count = 0;

	while (filters[count])
		count++;
	r = calloc(1, sizeof(*r) + count * sizeof(r->filters[0]));
	if (!r)
		return NULL;
	r->hooks = *hooks;
	for (; r->count < count; r->count++) {
		r->filters[r->count].text = strdup(filters[r->count]);
		if (!r->filters[r->count].text) {
			free_request(r);
			return NULL;
		}
		r->weight += strpbrk(filters[r->count], "+#") ? LOOK_WILD : 1;
	}
	return r;
}

int look_start(struct look *l, const char *const *filters, const struct look_hooks *hooks)
{
	struct look_request *r = new_request(filters, hooks), **link = &l->first;
	int rc;

	if (!r)
		return -ENOMEM;
	rc = has_room(l, r) ? ask(l, r) : 0;
	if (rc < 0) {
		free_request(r);
		return rc;
	}
	while (*link)
		link = &(*link)->next;
	*link = r;
	set_timer(l);
	return 0;
}

void look_cancel(struct look *l, const void *user)
{
	enter(l);
	for (struct look_request *r = l->first; r; r = r->next) {
		if (!r->over && r->hooks.user == user)
			end(l, r);
	}
	leave(l);
}

/* ---- from the session ---- */

void look_subscribed(struct look *l, const char *filter, bool accepted)
{
	uint64_t now = loop_now_ms();

	enter(l);
	for (struct look_request *r = l->first; r; r = r->next) {
		struct look_filter *f = is_open(r) ? filter_of(r, filter) : NULL;

		if (!f)
			continue;
		f->accepted = accepted;
		if (!accepted) {
			finish(l, r, false);
		} else if (r->quiet_ms == UINT64_MAX && is_accepted(r)) {
			r->quiet_ms = now + LOOK_QUIET_MS;
			r->last_ms = now + LOOK_LAST_MS;
		}
	}
	leave(l);
}

void look_received(struct look *l, const char *topic, const void *payload, size_t len,
                   bool retained)
{
	uint64_t now = loop_now_ms();

	if (!retained || !l->first)
		return;
	enter(l);
	for (struct look_request *r = l->first; r; r = r->next) {
		if (!is_open(r) || !matches(r, topic))
			continue;
		if (r->quiet_ms != UINT64_MAX)
			r->quiet_ms = now + LOOK_QUIET_MS;
		r->hooks.found(r->hooks.user, topic, payload, len);
	}
	leave(l);
}

void look_lost(struct look *l)
{
	struct look_request *last = l->first;

	if (!last)
		return;
	while (last->next)
		last = last->next;
	enter(l);
	for (struct look_request *r = l->first; r; r = r == last ? NULL : r->next) {
		if (r->over)
			continue;
		close_request(l, r); /* and its subscriptions are gone with the session */
		r->hooks.done(r->hooks.user, false);
	}
	leave(l);
}
