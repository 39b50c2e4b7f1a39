#include "search.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "log.h"

#define LOOK_MS 10000 /* for ports that come and go, while nothing is found */
#define ALONE_MS \
	15000 /* that the remembered port is listened to first: more than most meters' period */
#define RETURN_MS 30000  /* that a lost port is waited for */
#define TRUST_MS  30000  /* of silence on a connection, at least: silent-after may be a second */
#define DOUBT_MS  600000 /* without a valid frame, until the meter may be elsewhere */

static const char *key_of(const struct search *s)
{
	return s->settings->device ? s->settings->device : "auto";
}

static struct journal journal_of(const char *port)
{
	struct journal j = { 0 };

	journal_text(&j, "PORT", port);
	return j;
}

static void on_octets(void *user, struct listener *l, size_t len);
static void on_event(void *user, struct listener *l, const struct han_event *event);
static void on_opened(void *user, struct listener *l);
static void on_lost(void *user, struct listener *l);
static void on_retuned(void *user, struct listener *l);

/* ---- the ports that are listened to ---- */

static struct listener **listener_on(struct search *s, const char *path)
{
	for (size_t i = 0; i < CANDIDATES_MAX; i++) {
		if (s->listeners[i] && strcmp(s->listeners[i]->device, path) == 0)
			return &s->listeners[i];
	}
	return NULL;
}

static struct listener **empty_place(struct search *s)
{
	size_t i = 0;

	while (s->listeners[i])
		i++;
	return &s->listeners[i];
}

static void listen_no_more(struct listener **place)
{
	if (!*place)
		return;
	listener_fini(*place);
	free(*place);
	*place = NULL;
}

/* 0 or -ENOMEM. */
static int listen_on(struct search *s, const char *path)
{
	const struct listener_hooks hooks = {
		s, on_octets, on_event, on_opened, on_lost, on_retuned
	};
	const struct listener_settings settings = {
		.device = path,
		.baud = s->settings->baud,
		.format = s->settings->format,
		.protocol = s->settings->protocol,
		.remembered = strcmp(s->remembered.path, path) == 0 ? &s->remembered.line : NULL,
		.flush = s->flush,
		.quiet = !s->settings->device,
	};
	struct listener *l;

	if (listener_on(s, path))
		return 0;
	l = malloc(sizeof(*l));
	if (!l)
		return -ENOMEM;
	*empty_place(s) = l;
	listener_init(l, s->loop, &s->decoder, &hooks);
	listener_mute(l, s->muted);
	listener_open(l, &settings);
	return 0;
}

static bool may_listen(const struct search *s, const char *path)
{
	for (size_t i = 0; i < s->ports->found.usable; i++) {
		if (strcmp(s->ports->found.at[i].path, path) == 0)
			return !s->alone || strcmp(s->remembered.path, path) == 0;
	}
	return false;
}

/* ---- what people are told ---- */

static bool was_told(const struct search *s, const struct candidate *c)
{
	for (size_t i = 0; i < s->ports->told.count; i++) {
		if (s->ports->told.at[i].refusal == c->refusal &&
		    strcmp(s->ports->told.at[i].name, c->name) == 0)
			return true;
	}
	return false;
}

static void tell_refusals(struct search *s)
{
	char text[REFUSAL_TEXT];

	for (size_t i = s->ports->found.usable; i < s->ports->found.count; i++) {
		const struct candidate *c = &s->ports->found.at[i];
		struct journal j = journal_of(c->path);

		if (!was_told(s, c))
			log_write(LOG_NOTICE, j.fields, "meter: a port is left out: %s",
			          candidate_refusal(c, text));
	}
	s->ports->told = (struct candidates){ .count = 0 };
	for (size_t i = s->ports->found.usable; i < s->ports->found.count; i++)
		s->ports->told.at[s->ports->told.count++] = s->ports->found.at[i];
}

static void tell_beginning(const struct search *s)
{
	struct journal j = journal_of(search_path(s));
	char text[SEARCH_TEXT];

	if (search_is_empty(s))
		log_write(LOG_NOTICE, j.fields, "meter: %s; looking again every %d s",
		          search_describe(s, text), LOOK_MS / 1000);
	else
		log_write(LOG_INFO, j.fields, "meter: searching: listening on %s%s",
		          search_describe(s, text),
		          search_line_is_given(s) ? "" : ", then with other settings");
}

/* ---- the search ---- */

static void look(struct search *s)
{
	candidates_find(s->root, s->settings->taken, s->settings->taken_count, &s->ports->found);
	tell_refusals(s);
	s->alone &= may_listen(s, s->remembered.path);
	for (size_t i = 0; i < CANDIDATES_MAX; i++) {
		if (s->listeners[i] && !may_listen(s, s->listeners[i]->device))
			listen_no_more(&s->listeners[i]);
	}
	for (size_t i = 0; i < s->ports->found.usable; i++) {
		if (may_listen(s, s->ports->found.at[i].path))
			listen_on(s, s->ports->found.at[i].path);
	}
	timer_start(&s->look, s->alone ? ALONE_MS : LOOK_MS, 0);
}

/* Of ports that are looked for, what cannot be listened on now is looked for again. */
static int begin(struct search *s, bool alone)
{
	s->found = NULL;
	s->alone = alone && s->remembered.path[0];
	s->lost = false;
	if (s->settings->device)
		return listen_on(s, s->settings->device);
	look(s);
	tell_beginning(s);
	s->empty_told = search_is_empty(s);
	return 0;
}

/* Ports came, or none is left. */
static void look_again(struct search *s)
{
	s->alone = false;
	look(s);
	if (search_is_empty(s) != s->empty_told) {
		tell_beginning(s);
		s->empty_told = search_is_empty(s);
	}
	s->hooks.changed(s->hooks.user);
}

static void begin_again(struct search *s)
{
	begin(s, false);
	s->hooks.changed(s->hooks.user);
}

static void look_fired(struct timer *timer)
{
	struct search *s = container_of(timer, struct search, look);
	uint64_t since = loop_now_ms() - s->frame_ms;
	uint64_t doubt = s->allowed_ms > DOUBT_MS ? s->allowed_ms : DOUBT_MS;

	if (!s->found)
		look_again(s);
	else if (!serial_is_open(&s->found->serial) || since >= doubt)
		begin_again(s);
	else
		timer_start(&s->look, doubt - since, 0);
}

/* ---- found ---- */

static void remember(struct search *s, const struct listener *l)
{
	struct tuning_line line = tuning_line(&l->tuning);

	if (!serial_is_local(l->device) || (s->settings->device && search_line_is_given(s)))
		return;
	if (strcmp(s->remembered.path, l->device) == 0 && s->remembered.line.baud == line.baud &&
	    s->remembered.line.format == line.format)
		return;
	snprintf(s->remembered.path, sizeof(s->remembered.path), "%s", l->device);
	s->remembered.line = line;
	remembered_save(key_of(s), &s->remembered);
}

static void settle_on(struct search *s, struct listener *l)
{
	struct journal j = journal_of(l->device);
	char where[LISTENER_WHERE];

	s->found = l;
	for (size_t i = 0; i < CANDIDATES_MAX; i++) {
		if (s->listeners[i] != l)
			listen_no_more(&s->listeners[i]);
	}
	if (!s->settings->device)
		timer_start(&s->look, DOUBT_MS, 0);
	if (!s->settings->device || !search_line_is_given(s))
		log_write(LOG_INFO, j.fields, "meter: found on %s", listener_where(l, where));
	s->hooks.changed(s->hooks.user);
}

/* ---- from the listeners ---- */

static void on_octets(void *user, struct listener *l, size_t len)
{
	struct search *s = user;

	(void)l;
	s->hooks.octets(s->hooks.user, len);
}

static void on_event(void *user, struct listener *l, const struct han_event *event)
{
	struct search *s = user;

	if (listener_is_frame(event)) {
		s->frame_ms = l->serial.octets_ms;
		if (s->found != l) {
			settle_on(s, l);
			remember(s, l);
		}
		serial_claim(&l->serial);
	}
	s->hooks.event(s->hooks.user, event);
}

static void on_opened(void *user, struct listener *l)
{
	struct search *s = user;

	(void)l;
	if (s->lost)
		timer_start(&s->look, DOUBT_MS, 0);
	s->lost = false;
	if (s->settings->device && search_goes_on(s) && !s->begun_told) {
		s->begun_told = true;
		tell_beginning(s);
	}
	s->hooks.opened(s->hooks.user);
}

static void on_lost(void *user, struct listener *l)
{
	struct search *s = user;

	if (s->found == l && !s->settings->device && !s->lost) {
		s->lost = true;
		timer_start(&s->look, RETURN_MS, 0);
	}
	if (search_err(s))
		s->hooks.lost(s->hooks.user);
	else
		s->hooks.changed(s->hooks.user);
}

static void on_retuned(void *user, struct listener *l)
{
	struct search *s = user;

	if (s->found == l) {
		s->found = NULL;
		if (!s->settings->device) /* if nothing comes of it, the others are heard too */
			timer_start(&s->look, RETURN_MS, 0);
	}
	s->hooks.changed(s->hooks.user);
}

/* ---- beginning and end ---- */

int search_open(struct search *s, struct loop *loop, const char *root,
                const struct search_settings *settings, const struct han_settings *decoder,
                bool flush, const struct search_hooks *hooks)
{
	int rc = 0;

	s->loop = loop;
	s->root = root;
	s->settings = settings;
	s->hooks = *hooks;
	s->flush = flush;
	if (decoder)
		s->decoder = *decoder;
	timer_init(&s->look, loop, look_fired);
	remembered_load(key_of(s), &s->remembered);
	if (!settings->device)
		s->ports = calloc(1, sizeof(*s->ports));
	if (!settings->device && !s->ports)
		rc = -ENOMEM;
	if (rc == 0)
		rc = begin(s, true);
	s->flush = false;
	if (rc < 0)
		search_close(s);
	else if (settings->device) /* another listener will not come */
		explicit_bzero(&s->decoder, sizeof(s->decoder));
	return rc;
}

void search_close(struct search *s)
{
	for (size_t i = 0; i < CANDIDATES_MAX; i++)
		listen_no_more(&s->listeners[i]);
	s->found = NULL;
	free(s->ports);
	s->ports = NULL;
	explicit_bzero(&s->decoder, sizeof(s->decoder));
	timer_fini(&s->look);
}

void search_mute(struct search *s, bool muted)
{
	s->muted = muted;
	for (size_t i = 0; i < CANDIDATES_MAX; i++) {
		if (s->listeners[i])
			listener_mute(s->listeners[i], muted);
	}
}

void search_allow(struct search *s, uint64_t silence_ms)
{
	s->allowed_ms = silence_ms;
}

void search_distrust(struct search *s, uint64_t silence_ms)
{
	if (s->settings->device)
		serial_distrust(&s->listeners[0]->serial,
		                silence_ms > TRUST_MS ? silence_ms : TRUST_MS);
}
