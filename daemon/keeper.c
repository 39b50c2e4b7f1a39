#include "keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"
#include "thread.h"

/* A text in memory; `about` and the text itself follow. */
struct item {
	struct item *next;
	const char *kind;
	const char *about, *text;
	void (*failed)(const char *about, int rc);
	size_t octets;
	bool in_hand; /* the thread's: it stays until it is written */
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t idle;
	bool started;
	bool writing;       /* there is a thread */
	struct item *first; /* the oldest */
	size_t octets;      /* of all */
} keeper = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* ---- the items; locked ---- */

static struct item *item_new(const char *kind, const char *about, const char *text)
{
	size_t about_size = strlen(about) + 1, text_size = strlen(text) + 1;
	struct item *item = malloc(sizeof(*item) + about_size + text_size);
	char *texts;

	if (!item)
		return NULL;
	texts = (char *)(item + 1);
	memcpy(texts, about, about_size);
	memcpy(texts + about_size, text, text_size);
	*item = (struct item){ .kind = kind,
		               .about = texts,
		               .text = texts + about_size,
		               .octets = sizeof(*item) + about_size + text_size };
	return item;
}

static struct item *take_out(struct item **link)
{
	struct item *item = *link;

	*link = item->next;
	item->next = NULL;
	keeper.octets -= item->octets;
	return item;
}

static bool is_of(const struct item *item, const char *kind, const char *about)
{
	return strcmp(item->kind, kind) == 0 && strcmp(item->about, about) == 0;
}

/* Behind all others; what is there of the same and is not being written goes. */
static void put_in(struct item *item)
{
	struct item **link = &keeper.first;

	while (*link) {
		if (!(*link)->in_hand && is_of(*link, item->kind, item->about))
			free(take_out(link));
		else
			link = &(*link)->next;
	}
	*link = item;
	keeper.octets += item->octets;
}

/* The oldest ones, as a list; the newest one stays. */
static struct item *make_room(void)
{
	struct item **link = &keeper.first, *lost = NULL, **end = &lost;

	if (keeper.first->in_hand)
		link = &keeper.first->next;
	while (keeper.octets > KEEPER_OCTETS && *link && (*link)->next) {
		*end = take_out(link);
		end = &(*end)->next;
	}
	return lost;
}

/* ---- the thread ---- */

static void write_first(void)
{
	struct item *item = keeper.first;
	int rc;

	item->in_hand = true;
	pthread_mutex_unlock(&keeper.lock);
	rc = state_save(item->kind, item->about, item->text);
	if (rc < 0)
		item->failed(item->about, rc);
	pthread_mutex_lock(&keeper.lock);
	free(take_out(&keeper.first));
}

static void write_all(void)
{
	pthread_mutex_lock(&keeper.lock);
	while (keeper.first)
		write_first();
	keeper.writing = false;
	pthread_cond_signal(&keeper.idle);
	pthread_mutex_unlock(&keeper.lock);
}

static void *run(void *unused)
{
	(void)unused;
	pthread_setname_np(pthread_self(), "state");
	write_all();
	return NULL;
}

static void begin_writing(void)
{
	pthread_t thread;

	if (thread_start(&thread, run, NULL) == 0)
		pthread_detach(thread);
	else
		write_all();
}

/* ---- for the loop ---- */

void keeper_start(void)
{
	if (!keeper.started)
		thread_cond_init(&keeper.idle);
	keeper.started = true;
}

bool keeper_stop(unsigned wait_ms)
{
	const struct timespec until = thread_in_ms(wait_ms);
	int rc = 0;

	if (!keeper.started)
		return true;
	pthread_mutex_lock(&keeper.lock);
	while (keeper.writing && rc == 0)
		rc = pthread_cond_timedwait(&keeper.idle, &keeper.lock, &until);
	keeper.started = keeper.writing;
	pthread_mutex_unlock(&keeper.lock);
	if (!keeper.started)
		pthread_cond_destroy(&keeper.idle);
	return !keeper.started;
}

bool keeper_load(const char *kind, const char *about, char *buf, size_t size)
{
	const struct item *newest = NULL;

	pthread_mutex_lock(&keeper.lock);
	for (const struct item *item = keeper.first; item; item = item->next) {
		if (is_of(item, kind, about))
			newest = item;
	}
	if (newest)
		snprintf(buf, size, "%s", newest->text);
	pthread_mutex_unlock(&keeper.lock);
	return newest || state_load(kind, about, buf, size);
}

void keeper_save(const char *kind, const char *about, const char *text,
                 void (*failed)(const char *about, int rc))
{
	struct item *item = item_new(kind, about, text), *lost;
	bool begin;

	if (!item) {
		failed(about, -ENOMEM);
		return;
	}
	item->failed = failed;
	pthread_mutex_lock(&keeper.lock);
	put_in(item);
	lost = make_room();
	begin = !keeper.writing;
	keeper.writing = true;
	pthread_mutex_unlock(&keeper.lock);
	while (lost) {
		struct item *next = lost->next;

		lost->failed(lost->about, -ENOBUFS);
		free(lost);
		lost = next;
	}
	if (begin && keeper.started)
		begin_writing();
	else if (begin)
		write_all();
}
