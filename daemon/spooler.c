#include "spooler.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "spooler-shared.h"
#include "thread.h"

struct spooler_newest {
	struct spooler_newest *next;
	struct spooler_item *item;
};

/* ---- items ---- */

static char *put_text(char *to, const char *text, const char **place)
{
	size_t size = strlen(text) + 1;

	memcpy(to, text, size);
	*place = to;
	return to + size;
}

struct spooler_item *spooler_item_new(const struct spool_entry *entry)
{
	struct spooler_item *item = malloc(sizeof(*item) + strlen(entry->meter) +
	                                   strlen(entry->topic) + strlen(entry->text) + 3);
	char *texts;

	if (!item)
		return NULL;
	*item = (struct spooler_item){ .entry = *entry };
	texts = put_text((char *)(item + 1), entry->meter, &item->entry.meter);
	texts = put_text(texts, entry->topic, &item->entry.topic);
	put_text(texts, entry->text, &item->entry.text);
	return item;
}

void spooler_items_free(struct spooler_item *first)
{
	while (first) {
		struct spooler_item *next = first->next;

		free(first);
		first = next;
	}
}

void spooler_shared_free(struct spooler_shared *s)
{
	spool_close(&s->spool);
	spooler_items_free(s->first);
	spooler_items_free(s->answer);
	free(s->removals);
	free(s->directory);
	if (s->wake >= 0)
		close(s->wake);
	pthread_cond_destroy(&s->changed);
	pthread_cond_destroy(&s->ended_cond);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* ---- the newest of each meter ---- */

static struct spooler_newest *find_newest(const struct spooler *s, const char *meter)
{
	struct spooler_newest *n = s->newest;

	while (n && strcmp(n->item->entry.meter, meter) != 0)
		n = n->next;
	return n;
}

/* That of the meter that has been silent for longest. */
static struct spooler_newest *find_oldest(const struct spooler *s)
{
	struct spooler_newest *oldest = s->newest;

	for (struct spooler_newest *n = oldest; n; n = n->next) {
		if (n->item->entry.number < oldest->item->entry.number)
			oldest = n;
	}
	return oldest;
}

static void renew(struct spooler *s, const struct spool_entry *entry)
{
	struct spooler_newest *n = find_newest(s, entry->meter);
	struct spooler_item *item = spooler_item_new(entry);

	if (!n && s->newest_count == SPOOL_METERS)
		n = find_oldest(s);
	if (item && n) {
		free(n->item);
		n->item = item;
		return;
	}
	n = item ? malloc(sizeof(*n)) : NULL;
	if (!n) {
		free(item);
		return;
	}
	*n = (struct spooler_newest){ s->newest, item };
	s->newest = n;
	s->newest_count++;
}

static bool learn(void *user, const struct spool_entry *entry)
{
	renew(user, entry);
	return true;
}

const struct spool_entry *spooler_newest(const struct spooler *s, const char *meter)
{
	const struct spooler_newest *n = find_newest(s, meter);

	return n ? &n->item->entry : NULL;
}

static void forget_newest(struct spooler *s)
{
	while (s->newest) {
		struct spooler_newest *next = s->newest->next;

		free(s->newest->item);
		free(s->newest);
		s->newest = next;
	}
}

/* ---- open and close ---- */

static void woken(struct source *src, uint32_t events)
{
	struct spooler *s = container_of(src, struct spooler, wake);
	struct spooler_shared *shared = s->shared;
	struct spool_entry entries[SPOOLER_FETCH];
	struct spooler_item *answer;
	bool answered, grown, anew;
	size_t count = 0;
	uint64_t times;

	(void)events;
	if (read(src->fd, &times, sizeof(times)) < 0)
		return;
	pthread_mutex_lock(&shared->lock);
	answered = shared->answered;
	grown = shared->grown;
	anew = shared->anew;
	answer = shared->answer;
	shared->answered = shared->grown = shared->anew = false;
	shared->answer = NULL;
	pthread_mutex_unlock(&shared->lock);
	for (struct spooler_item *item = answer; item && count < SPOOLER_FETCH; item = item->next)
		entries[count++] = item->entry;
	if (anew) /* before an answer that passed these */
		s->hooks.grown(s->hooks.user, true);
	if (answered)
		s->hooks.fetched(s->hooks.user, entries, count);
	spooler_items_free(answer);
	if (grown) /* behind an answer that knew nothing of these */
		s->hooks.grown(s->hooks.user, false);
}

static struct spooler_shared *shared_new(const char *directory)
{
	struct spooler_shared *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->end = &s->first;
	pthread_mutex_init(&s->lock, NULL);
	thread_cond_init(&s->changed);
	thread_cond_init(&s->ended_cond);
	s->directory = directory ? strdup(directory) : NULL;
	s->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (s->wake >= 0 && !directory == !s->directory)
		return s;
	spooler_shared_free(s);
	return NULL;
}

/* Numbers of a spool that cannot be looked into are given by the clock, far above those that it counted. */
static uint64_t first_number(const struct spooler_shared *s)
{
	struct timespec now;

	if (s->spool.db)
		return s->spool.top + 1;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec > 0 ? (uint64_t)now.tv_sec * 1000 : 1;
}

int spooler_open(struct spooler *s, struct loop *loop, const char *directory,
                 const struct spooler_hooks *hooks)
{
	int rc;

	*s = (struct spooler){ .hooks = *hooks };
	s->shared = shared_new(directory);
	if (!s->shared)
		return -ENOMEM;
	if (spooler_open_disk(s->shared) == 0)
		spool_newest(&s->shared->spool, s, learn);
	s->next = first_number(s->shared);
	s->shared->on_disk = s->shared->spool.count;
	s->shared->opened = false;
	s->wake = (struct source){ s->shared->wake, woken };
	rc = loop_add(loop, &s->wake, EPOLLIN);
	if (rc == 0) {
		s->loop = loop;
		rc = thread_start(&s->shared->thread, spooler_run, s->shared);
		s->shared->started = rc == 0;
	}
	if (rc < 0) {
		s->shared->ended = true;
		spooler_close(s, 0);
	}
	return rc;
}

bool spooler_close(struct spooler *s, unsigned wait_ms)
{
	struct spooler_shared *shared = s->shared;
	struct timespec until = thread_in_ms(wait_ms);
	bool ended, started;
	pthread_t thread;
	int rc = 0;

	if (!shared)
		return true;
	if (s->loop)
		loop_remove(s->loop, &s->wake);
	forget_newest(s);
	*s = (struct spooler){ 0 };
	pthread_mutex_lock(&shared->lock);
	shared->stop = true;
	pthread_cond_signal(&shared->changed);
	while (!shared->ended && rc == 0)
		rc = pthread_cond_timedwait(&shared->ended_cond, &shared->lock, &until);
	ended = shared->ended;
	started = shared->started;
	thread = shared->thread;
	shared->abandoned = true;
	pthread_mutex_unlock(&shared->lock);
	if (started && ended)
		pthread_join(thread, NULL);
	else if (started)
		pthread_detach(thread);
	if (ended)
		spooler_shared_free(shared);
	return ended;
}

/* ---- what the loop asks for ---- */

static void enqueue(struct spooler_shared *s, struct spooler_item *item)
{
	*s->end = item;
	s->end = &item->next;
	s->count++;
	s->fresh = true;
	pthread_cond_signal(&s->changed);
}

struct spooler_item *spooler_dequeue(struct spooler_shared *s)
{
	struct spooler_item *item = s->first;

	s->first = item->next;
	if (!s->first)
		s->end = &s->first;
	s->count--;
	return item;
}

static void tell_full(struct spooler_shared *s)
{
	if (!s->told_full)
		log_error(
			"hourly: %d registers wait in memory, and the disk takes none: the oldest are lost",
			SPOOLER_ENTRIES);
	s->told_full = true;
}

int spooler_append(struct spooler *s, const struct spool_entry *entry)
{
	struct spool_entry numbered = *entry;
	struct spooler_shared *shared = s->shared;
	struct spooler_item *item, *lost = NULL;

	numbered.number = s->next;
	item = spooler_item_new(&numbered);
	if (!item)
		return -ENOMEM;
	s->next++;
	if (!entry->partial)
		renew(s, &numbered);
	pthread_mutex_lock(&shared->lock);
	if (shared->count >= SPOOLER_ENTRIES) {
		tell_full(shared);
		lost = shared->working ? item : spooler_dequeue(shared);
	}
	if (lost != item)
		enqueue(shared, item);
	pthread_mutex_unlock(&shared->lock);
	free(lost);
	return lost == item ? -ENOBUFS : 0;
}

static int make_room(struct spooler_shared *s)
{
	size_t room = s->removal_room ? 2 * s->removal_room : 64;
	uint64_t *grown;

	if (s->removal_count < s->removal_room)
		return 0;
	grown = realloc(s->removals, room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->removals = grown;
	s->removal_room = room;
	return 0;
}

int spooler_remove(struct spooler *s, uint64_t number)
{
	struct spooler_shared *shared = s->shared;
	int rc;

	pthread_mutex_lock(&shared->lock);
	rc = make_room(shared);
	if (rc == 0) {
		shared->removals[shared->removal_count++] = number;
		shared->fresh = true;
		pthread_cond_signal(&shared->changed);
	}
	pthread_mutex_unlock(&shared->lock);
	return rc;
}

void spooler_fetch(struct spooler *s, uint64_t after, size_t count)
{
	struct spooler_shared *shared = s->shared;

	pthread_mutex_lock(&shared->lock);
	shared->asked = true;
	shared->asked_after = after;
	shared->asked_count = count < SPOOLER_FETCH ? count : SPOOLER_FETCH;
	pthread_cond_signal(&shared->changed);
	pthread_mutex_unlock(&shared->lock);
}

size_t spooler_count(const struct spooler *s)
{
	struct spooler_shared *shared = s->shared;
	size_t count;

	pthread_mutex_lock(&shared->lock);
	count = shared->on_disk + shared->count;
	pthread_mutex_unlock(&shared->lock);
	return count;
}
