/* Which entities of a meter Home Assistant was told of, and what the meter was said to be; across restarts.
 *
 * Home Assistant removes an entity only when it is told so: for that one has to know that it is there. And a
 * restart may announce a meter with its first list, which need not show what it is and what else it sends.
 */
#ifndef ENTITIES_H
#define ENTITIES_H

#include <stdbool.h>
#include <stddef.h>

#define ENTITIES_MAX  128 /* of a meter: some 75 are known */
#define ENTITIES_TEXT 128

struct entity {
	char platform[24]; /* of Home Assistant: "sensor" */
	char id[48];       /* "power_active_import" */
};

struct entities {
	char prefix[128];          /* Home Assistant's, when it was told; "" for never */
	char maker[ENTITIES_TEXT]; /* these three are "" where not known */
	char model[ENTITIES_TEXT];
	char list_version[ENTITIES_TEXT];
	struct entity *list; /* count of them, at most ENTITIES_MAX */
	size_t count, room;
};

/* Zeros are an empty one. */
void entities_fini(struct entities *e); /* leaves it empty */

#define AUTO_ENTITIES __attribute__((cleanup(entities_fini))) struct entities

/* Both are empty ones, or filled. Without memory some are missing, here and below. */
void entities_copy(struct entities *to, const struct entities *from);

/* Adds one, unless it is there, makes no sense or is one too many. */
void entities_add(struct entities *e, const char *platform, const char *id);

bool entities_has(const struct entities *e, const char *platform, const char *id);

/* Of any platform. */
bool entities_has_id(const struct entities *e, const char *id);

/* Whether both say the same in the same order. */
bool entities_same(const struct entities *a, const struct entities *b);

/* Those of `all` that are not in `kept`, into `left`; of its texts nothing is set. */
void entities_without(const struct entities *all, const struct entities *kept,
                      struct entities *left);

/* What was told last of a meter; empty when nothing is kept, and without what makes no sense. */
void entities_load(struct entities *e, const char *identity);

/* Keeps it; a failure is logged and costs no more than an entity that stays behind. */
void entities_save(const struct entities *e, const char *identity);

#endif
