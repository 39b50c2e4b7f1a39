/* Registers on disk: one SQLite database in the state directory, until somebody has taken what is in it.
 *
 * Knows no broker and no meter: an entry is a text with a number, and the names it goes by. Numbers only grow, also
 * across restarts. Beside the entries it keeps, for each meter, the newest entry that there ever was, but for partial
 * ones.
 *
 * WAL, synchronous=FULL: what was committed is there after a power cut. One process at a time has it open, so that
 * no second file of shared memory is needed and two daemons do not send each other's entries. Every row carries a
 * check of its own, as SQLite has none: what a dying card made of a text is not handed out.
 *
 * Blocks for as long as the disk takes: of one thread at a time, and not the loop's. See spooler.h.
 */
#ifndef SPOOL_H
#define SPOOL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPOOL_FILE      "hourly.db"
#define SPOOL_DAMAGED   "hourly.db.damaged" /* what was set aside: the last one is kept */
#define SPOOL_ENTRIES   100000              /* ten years of one meter's hours, or so */
#define SPOOL_OCTETS    (48 * 1024 * 1024)  /* of their texts and names */
#define SPOOL_LARGE     (256 * 1024)        /* from here on the file is made small again */
#define SPOOL_TEXT      16384               /* octets of one entry */
#define SPOOL_METERS    1024                /* whose newest entry is kept, those of late */
#define SPOOL_WAL_PAGES 64                  /* after as many the log is written back */
#define SPOOL_PAGE_SIZE 4096

struct sqlite3;
struct sqlite3_stmt;

struct spool_entry {
	uint64_t number; /* above 0 */
	int64_t hour;    /* when the hour began, in seconds of UTC */
	const char *meter;
	const char *topic;
	const char *text;
	bool partial; /* registers are missing that were refused: it becomes nobody's newest; not kept */
};

enum spool_statement {
	SPOOL_INSERT,
	SPOOL_RENEW,
	SPOOL_DELETE,
	SPOOL_READ,
	SPOOL_NEWEST,
	SPOOL_OLDEST,
	SPOOL_PRUNE,
	SPOOL_STATEMENTS
};

struct spool {
	struct sqlite3 *db; /* NULL: closed */
	struct sqlite3_stmt *statements[SPOOL_STATEMENTS];
	uint64_t top; /* the highest number that was there when it was opened */
	size_t count; /* of entries; with those of a transaction that is not committed */
	size_t octets;
	size_t dropped; /* the oldest, for want of room, since it was opened */
	size_t unsound; /* whose check was wrong, since it was opened */
	size_t committed_count, committed_octets;
	bool large;   /* it was, since it was empty */
	bool renewed; /* a meter may be one too many */
};

/* What had to be done to open it. */
struct spool_repair {
	const char *cause; /* what was wrong, a phrase: static; NULL: nothing */
	size_t saved;      /* entries that could be read from it */
};

/* Opens it, or makes it: with mode 0600, and following no link. What is no database, or is damaged, is set aside
 * under SPOOL_DAMAGED, and what can be read of it is saved first: a power cut meanwhile loses nothing more. 0 or a
 * negative errno: -EBUSY, another process has it. */
int spool_open(struct spool *s, const char *directory, struct spool_repair *repair);
void spool_close(struct spool *s); /* accepts a zeroed or half-built one */

/* Whether somebody has removed the file, or put another one in its place: what waits in it goes with the process. */
bool spool_is_gone(const struct spool *s);

/* Outside of a transaction: makes the file again where it was, with all that is in it. 0 or a negative errno, -EEXIST
 * when there is another one; then it goes on without a name if it is still open. */
int spool_put_back(struct spool *s, const char *directory);

/* It will not be needed for a while: memory goes back, SQLite's megabyte of code too. */
void spool_rest(struct spool *s);

/* A transaction. After a failure of anything in it: spool_abandon(). 0 or a negative errno: -ENOSPC, the disk is
 * full; -EUCLEAN, the file is damaged: close and open again. */
int spool_begin(struct spool *s);
int spool_commit(struct spool *s);
void spool_abandon(struct spool *s);

/* In a transaction. Adds an entry, which becomes its meter's newest unless it is partial; the oldest entries make
 * room. */
int spool_append(struct spool *s, const struct spool_entry *entry);

/* In a transaction. Keeps it as the meter's newest, unless it is partial, and not as an entry: it was taken already. */
int spool_renew(struct spool *s, const struct spool_entry *entry);

/* In a transaction. Whether or not it is there. */
int spool_remove(struct spool *s, uint64_t number);

/* The entries behind that number, the oldest first, until visit() says false; texts live until it returns. */
int spool_read(struct spool *s, uint64_t after, void *user,
               bool (*visit)(void *user, const struct spool_entry *entry));

/* The newest entry of each meter. */
int spool_newest(struct spool *s, void *user,
                 bool (*visit)(void *user, const struct spool_entry *entry));

#endif
