/* Below which topics we have published, across restarts: what is left there when a name changes is ours to remove.
 *
 * An entry is a base like "han/6970631400000000" and who was published there; both are kept in the state
 * directory. Without one they are known as long as the daemon runs.
 */
#ifndef BASES_H
#define BASES_H

#include <stdbool.h>
#include <stddef.h>

#include <han/reading.h>

#define BASES_MAX  4096
#define BASES_TEXT 160

struct bases_entry {
	char base[BASES_TEXT];
	char identity[HAN_IDENTITY_TEXT]; /* the meter's; "" for the daemon itself */
	bool done;                        /* in this session nothing is to be done there */
	bool tidy;                        /* the settings in force were seen to */
	bool online;    /* nobody reads it, and yet the broker says so in this session */
	bool offline;   /* nobody reads it, and that was seen to in this session */
	unsigned looks; /* how often something was found in this session */
};

struct bases {
	struct bases_entry *list; /* count of them, the one noted last at the end */
	size_t count, room;
};

/* What an earlier run kept, as far as it makes sense. */
void bases_load(struct bases *b);
void bases_fini(struct bases *b); /* accepts a zeroed one, and leaves it so */

/* It is in use. Keeps it, if it is new; the oldest makes room. A failure is logged, and costs topics that stay
 * behind. */
void bases_note(struct bases *b, const char *base, const char *identity);

/* NULL: there is none. */
struct bases_entry *bases_find(struct bases *b, const char *base, const char *identity);

/* Whether what is kept below the base may be another meter's, not only what a port stood for. */
bool bases_has_other(const struct bases *b, const char *base, const char *identity);

/* Nothing of it is left. */
void bases_drop(struct bases *b, struct bases_entry *entry);

/* In a new session, and with another name, all is to be looked at again, but no more often than there is hope. */
void bases_renew(struct bases *b);

#endif
