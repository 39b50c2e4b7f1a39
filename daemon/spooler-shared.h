/* What the loop and the spool's thread share. spooler.c speaks for the loop, spooler-thread.c is the thread. */
#ifndef SPOOLER_SHARED_H
#define SPOOLER_SHARED_H

#include <pthread.h>

#include "spooler.h"

/* An entry in memory; its texts follow. */
struct spooler_item {
	struct spooler_item *next;
	struct spool_entry entry;
	bool tried; /* and the disk did not take it */
	bool done;  /* it was taken from memory */
};

struct spooler_shared {
	pthread_mutex_t lock; /* for all up to the next comment */
	pthread_cond_t changed, ended_cond;
	pthread_t thread;
	bool stop, ended, abandoned;
	bool working; /* the thread has the items in its hands: none may go */
	struct spooler_item *first, **end;
	size_t count;       /* of items */
	bool fresh;         /* there is something that was not tried yet */
	uint64_t *removals; /* numbers; room for as many: */
	size_t removal_count, removal_room;
	bool asked;
	uint64_t asked_after;
	size_t asked_count;
	struct spooler_item *answer; /* copies */
	bool answered, grown;
	bool anew; /* the disk was opened: it may have entries with smaller numbers */
	bool started;
	size_t on_disk;
	bool told_full; /* that memory is */
	int wake;       /* set before the thread starts */

	/* the thread's own, once it runs */
	char *directory; /* NULL: none */
	struct spool spool;
	int refused; /* what the disk said last: 0 or a negative errno */
	bool opened; /* just now */
	bool told_dropped, told_unsound;
};

/* An item with a copy of the entry; NULL: no memory. */
struct spooler_item *spooler_item_new(const struct spool_entry *entry);
void spooler_items_free(struct spooler_item *first);

/* Takes the first item, of which there is one, out of the queue; locked. */
struct spooler_item *spooler_dequeue(struct spooler_shared *s);

/* Frees it; by whoever of the two leaves last. */
void spooler_shared_free(struct spooler_shared *s);

/* Opens the spool and tells what there is to tell. */
int spooler_open_disk(struct spooler_shared *s);

/* The thread. */
void *spooler_run(void *shared);

#endif
