#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "spooler-shared.h"

#define NO_DIRECTORY (-ENOTDIR)
#define REST_S       2 /* after the last thing that was done; more often comes in bursts */

/* ---- what people are told ---- */

static void tell_repair(const struct spooler_shared *s, const struct spool_repair *repair)
{
	if (repair->cause)
		log_error(
			"hourly: %s/%s %s: it is kept as %s, a new one was made, and %zu registers "
			"that wait for the broker were saved from it",
			s->directory, SPOOL_FILE, repair->cause, SPOOL_DAMAGED, repair->saved);
}

static void tell_refusal(struct spooler_shared *s, int rc)
{
	if (rc < 0 && !s->directory && !s->refused)
		log_notice(
			"hourly: no state directory: registers that wait for the broker are kept in "
			"memory alone");
	else if (rc < 0 && !s->refused)
		log_warning(
			"hourly: %s/%s: %s; registers that wait for the broker are kept in memory, "
			"and tried again",
			s->directory, SPOOL_FILE,
			rc == -EBUSY ? "another process has it" : strerror(-rc));
	else if (rc == 0 && s->refused)
		log_notice("hourly: registers that wait for the broker are kept on disk again");
	s->refused = rc;
}

static void tell_losses(struct spooler_shared *s)
{
	if (s->spool.dropped > 0 && !s->told_dropped)
		log_error(
			"hourly: %zu registers wait for the broker, no more find room: the oldest are "
			"lost",
			s->spool.count);
	if (s->spool.unsound > 0 && !s->told_unsound)
		log_error(
			"hourly: what is read of %s/%s is not what was written: such registers are not "
			"published",
			s->directory, SPOOL_FILE);
	s->told_dropped = s->spool.dropped > 0;
	s->told_unsound = s->spool.unsound > 0;
}

/* ---- the disk ---- */

int spooler_open_disk(struct spooler_shared *s)
{
	struct spool_repair repair = { 0 };
	int rc = s->directory ? spool_open(&s->spool, s->directory, &repair) : NO_DIRECTORY;

	if (rc == 0)
		tell_repair(s, &repair);
	tell_refusal(s, rc);
	s->opened |= rc == 0;
	return rc;
}

/* Of a file without a name nothing would be left after a restart. As long as there is no other, what is in it is sent
 * from there, and what comes waits in memory. */
static int look_after_disk(struct spooler_shared *s)
{
	int rc;

	if (!spool_is_gone(&s->spool))
		return 0;
	rc = spool_put_back(&s->spool, s->directory);
	if (rc == 0)
		log_warning("hourly: %s/%s was removed: it is made again, with the %zu registers "
		            "that wait for the broker",
		            s->directory, SPOOL_FILE, s->spool.count);
	else
		tell_refusal(s, rc);
	return rc;
}

/* What was taken from memory meanwhile is only its meter's newest. */
static int write_item(struct spool *spool, const struct spooler_item *item)
{
	int rc = item->done ? spool_renew(spool, &item->entry) : spool_append(spool, &item->entry);

	return rc == -EMSGSIZE ? 0 : rc; /* no register is so long */
}

/* Behind the last one the loop may be adding another. */
static const struct spooler_item *next_of(const struct spooler_item *item, size_t *count)
{
	return --*count > 0 ? item->next : NULL;
}

static int write_items(struct spool *spool, const struct spooler_item *first, size_t count,
                       const uint64_t *removals, size_t removal_count)
{
	int rc = spool_begin(spool);

	for (; rc == 0 && count > 0; first = next_of(first, &count))
		rc = write_item(spool, first);
	for (size_t i = 0; rc == 0 && i < removal_count; i++)
		rc = spool_remove(spool, removals[i]);
	return rc == 0 ? spool_commit(spool) : rc;
}

static void tell_kept(const struct spooler_item *first, size_t count)
{
	for (; count > 0; first = next_of(first, &count))
		log_debug("hourly: %s: the register of the hour %lld is on disk",
		          first->entry.meter, (long long)first->entry.hour);
}

static int write_all(struct spooler_shared *s, const struct spooler_item *first, size_t count,
                     const uint64_t *removals, size_t removal_count)
{
	int rc = s->spool.db ? look_after_disk(s) : spooler_open_disk(s);

	if (rc < 0)
		return rc;
	rc = write_items(&s->spool, first, count, removals, removal_count);
	if (rc < 0) {
		spool_abandon(&s->spool);
		if (rc != -ENOSPC)
			spool_close(&s->spool); /* to be looked at when it is opened again */
	} else {
		tell_kept(first, count);
	}
	tell_refusal(s, rc);
	tell_losses(s);
	return rc;
}

/* ---- the queue; locked ---- */

/* Those of the numbers that are in memory are done. They may be on disk all the same, when that said it had failed. */
static void mark_done(struct spooler_shared *s)
{
	for (struct spooler_item *item = s->first; item; item = item->next) {
		for (size_t i = 0; i < s->removal_count; i++)
			item->done |= item->entry.number == s->removals[i];
	}
}

/* The disk did not take the first ones: those that were taken from memory need it no more. */
static void keep_first(struct spooler_shared *s, size_t count)
{
	struct spooler_item **link = &s->first;

	while (count-- > 0) {
		struct spooler_item *item = *link;

		if (!item->done) {
			item->tried = true;
			link = &item->next;
			continue;
		}
		*link = item->next;
		if (s->end == &item->next)
			s->end = link;
		free(item);
		s->count--;
	}
}

/* What could not be removed is tried again, before what has come meanwhile. */
static void put_back(struct spooler_shared *s, uint64_t *removals, size_t count)
{
	uint64_t *all;

	if (count == 0) {
		free(removals);
		return;
	}
	all = realloc(removals, (count + s->removal_count) * sizeof(*all));
	if (!all) { /* they will be fetched once more, after a restart */
		free(removals);
		return;
	}
	if (s->removal_count > 0)
		memcpy(all + count, s->removals, s->removal_count * sizeof(*all));
	free(s->removals);
	s->removals = all;
	s->removal_count += count;
	s->removal_room = s->removal_count;
}

static void notify(struct spooler_shared *s)
{
	uint64_t one = 1;

	if (write(s->wake, &one, sizeof(one)) < 0)
		return; /* the counter is full: a wake-up is due anyway */
}

static void work(struct spooler_shared *s)
{
	uint64_t *removals = s->removals;
	size_t removal_count = s->removal_count, count = s->count;
	const struct spooler_item *first = s->first;
	int rc;

	mark_done(s);
	s->removals = NULL;
	s->removal_count = s->removal_room = 0;
	s->fresh = false;
	s->working = true;
	pthread_mutex_unlock(&s->lock);
	rc = write_all(s, first, count, removals, removal_count);
	pthread_mutex_lock(&s->lock);
	s->working = false;
	if (rc == 0) {
		for (size_t i = 0; i < count; i++)
			free(spooler_dequeue(s));
		free(removals);
		s->told_full = false;
	} else {
		keep_first(s, count);
		put_back(s, removals, s->directory ? removal_count : 0);
	}
	s->on_disk = s->spool.count;
	s->anew |= s->opened;
	s->grown |= count > 0 || s->opened;
	s->opened = false;
	notify(s);
}

/* ---- the answer ---- */

struct answer {
	struct spooler_item *first, **end;
	size_t left;
	const uint64_t *removals;
	size_t removal_count;
};

static bool add_to_answer(struct answer *a, const struct spool_entry *entry)
{
	struct spooler_item *item;

	for (size_t i = 0; i < a->removal_count; i++) {
		if (a->removals[i] == entry->number)
			return true;
	}
	item = spooler_item_new(entry);
	if (!item)
		return false;
	*a->end = item;
	a->end = &item->next;
	a->left--;
	return a->left > 0;
}

static bool visit(void *user, const struct spool_entry *entry)
{
	return add_to_answer(user, entry);
}

static void answer_from_memory(const struct spooler_shared *s, struct answer *a)
{
	for (const struct spooler_item *item = s->first; item && a->left > 0; item = item->next) {
		if (item->tried && !item->done && item->entry.number > s->asked_after)
			add_to_answer(a, &item->entry);
	}
}

/* Not locked: the loop does not wait for the disk. */
static void answer_from_disk(struct spooler_shared *s, struct answer *a)
{
	int rc = s->spool.db && s->spool.count > 0 ? spool_read(&s->spool, s->asked_after, a, visit)
	                                           : 0;

	if (rc < 0) {
		tell_refusal(s, rc);
		spool_close(&s->spool);
	}
	tell_losses(s);
}

/* Removals that wait are those that the disk refused. */
static void answer(struct spooler_shared *s)
{
	struct answer a = { .left = s->asked_count };
	uint64_t *removals = calloc(s->removal_count + 1, sizeof(*removals));

	a.end = &a.first;
	s->asked = false;
	if (removals) {
		a.removals = removals;
		a.removal_count = s->removal_count;
		memcpy(removals, s->removals ? s->removals : removals,
		       s->removal_count * sizeof(*removals));
		pthread_mutex_unlock(&s->lock);
		answer_from_disk(s, &a);
		pthread_mutex_lock(&s->lock);
		if (a.left > 0)
			answer_from_memory(s, &a);
	}
	free(removals);
	s->answer = a.first;
	s->answered = true;
	notify(s);
}

/* ---- the thread ---- */

static bool is_idle(const struct spooler_shared *s)
{
	return !s->stop && !s->fresh && !s->asked;
}

/* Until something has changed, for so many seconds; whether they are over. */
static bool wait_for(struct spooler_shared *s, unsigned seconds)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	while (is_idle(s)) {
		if (pthread_cond_timedwait(&s->changed, &s->lock, &until) == ETIMEDOUT)
			return true;
	}
	return false;
}

static void rest(struct spooler_shared *s)
{
	pthread_mutex_unlock(&s->lock);
	spool_rest(&s->spool);
	pthread_mutex_lock(&s->lock);
}

static bool has_left(const struct spooler_shared *s)
{
	return s->directory && (s->count > 0 || s->removal_count > 0);
}

/* Until there is something to do; true when it is time to try again what the disk refused. */
static bool wait_for_work(struct spooler_shared *s)
{
	if (wait_for(s, REST_S))
		rest(s);
	while (is_idle(s)) {
		if (!has_left(s))
			pthread_cond_wait(&s->changed, &s->lock);
		else if (wait_for(s, SPOOLER_RETRY_S - REST_S))
			return true;
	}
	return false;
}

void *spooler_run(void *shared)
{
	struct spooler_shared *s = shared;
	bool last;

	pthread_setname_np(pthread_self(), "spool");
	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		bool again = wait_for_work(s);

		if (s->fresh || again)
			work(s);
		else if (s->asked)
			answer(s);
	}
	if (s->fresh || has_left(s)) /* what was refused has no other chance */
		work(s);
	pthread_mutex_unlock(&s->lock);
	spool_close(&s->spool); /* writes the log back */
	pthread_mutex_lock(&s->lock);
	s->ended = true;
	last = s->abandoned;
	pthread_cond_signal(&s->ended_cond);
	pthread_mutex_unlock(&s->lock);
	if (last)
		spooler_shared_free(s);
	return NULL;
}
