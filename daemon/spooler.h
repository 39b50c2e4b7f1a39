/* The spool on a thread of its own: the loop never waits for the disk.
 *
 * A commit takes milliseconds, but a dying SD card lets one wait for half a minute and more: long enough to lose what
 * the port brings (4 kB of the kernel's, 17 s at 2400 baud), and for the service manager to believe that the loop
 * hangs. So entries go through memory. What comes together, entries and removals, is one transaction. What the disk
 * refuses stays in memory, up to a bound, can be fetched from there, and is tried again with the next entry, and each
 * minute as long as there is any, and at the end; a damaged file is repaired on the way. Without a directory all stays
 * in memory.
 * An entry is fetched only when the disk has had its say, so that it is not lost with the process while it is sent.
 *
 * Nothing is written unless entries come or go. Tells the journal what it could not do, once. Knows no broker.
 */
#ifndef SPOOLER_H
#define SPOOLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"
#include "spool.h"

#define SPOOLER_ENTRIES 4096 /* that wait in memory */
#define SPOOLER_FETCH   20   /* entries at once */
#define SPOOLER_RETRY_S 60

struct spooler_hooks {
	void *user;
	/* The answer to spooler_fetch(); fewer than were asked for: there are no more. Valid until it returns. */
	void (*fetched)(void *user, const struct spool_entry *entries, size_t count);
	/* There are more to fetch now; anew: also with numbers that were passed already. */
	void (*grown)(void *user, bool anew);
};

struct spooler_shared;
struct spooler_newest;

struct spooler {
	struct loop *loop; /* NULL: closed */
	struct source wake;
	struct spooler_hooks hooks;
	struct spooler_shared *shared; /* with the thread */
	struct spooler_newest *newest; /* of each meter, SPOOL_METERS at most */
	size_t newest_count;
	uint64_t next; /* number */
};

/* Opens the spool, which takes a moment, and starts the thread. directory: NULL for none. A spool that cannot be had
 * is no failure. 0 or a negative errno. */
int spooler_open(struct spooler *s, struct loop *loop, const char *directory,
                 const struct spooler_hooks *hooks);

/* Writes what is still to be written, for at most wait_ms: then the thread is left to end by itself. Accepts a zeroed
 * one. Whether it ended. */
bool spooler_close(struct spooler *s, unsigned wait_ms);

/* Adds an entry, whose number is given here; texts are copied. 0, -ENOMEM or -ENOBUFS, which is logged. */
int spooler_append(struct spooler *s, const struct spool_entry *entry);

/* It was taken. -ENOMEM: it will be fetched once more, after a restart. */
int spooler_remove(struct spooler *s, uint64_t number);

/* Asks for the entries behind that number, the oldest first, at most SPOOLER_FETCH. One question at a time. */
void spooler_fetch(struct spooler *s, uint64_t after, size_t count);

/* How many entries there are, removed ones perhaps among them. */
size_t spooler_count(const struct spooler *s);

/* The newest entry of a meter, also of an earlier run and also when it was taken long ago; NULL: none is known. Lives
 * until the next call of spooler_append(). */
const struct spool_entry *spooler_newest(const struct spooler *s, const char *meter);

#endif
