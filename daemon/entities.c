#include "entities.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keeper.h"
#include "log.h"
#include "utf8.h"

#define KIND "entities"

/* A line is at most a platform, an id and what separates them. */
#define FILE_MAX ((ENTITIES_MAX + 8) * sizeof(struct entity))

static bool is_id(const char *text, size_t size)
{
	return text[0] && strlen(text) < size &&
	       text[strspn(text,
	                   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] ==
	               '\0';
}

void entities_fini(struct entities *e)
{
	free(e->list);
	memset(e, 0, sizeof(*e));
}

static bool make_room(struct entities *e, size_t count)
{
	struct entity *grown;

	if (count <= e->room)
		return true;
	grown = realloc(e->list, count * sizeof(*grown));
	if (!grown)
		return false;
	e->list = grown;
	e->room = count;
	return true;
}

void entities_copy(struct entities *to, const struct entities *from)
{
	struct entities copy = *from;

	if (!make_room(to, from->count))
		return;
	copy.list = to->list;
	copy.room = to->room;
	if (from->count > 0)
		memcpy(copy.list, from->list, from->count * sizeof(*from->list));
	*to = copy;
}

void entities_add(struct entities *e, const char *platform, const char *id)
{
	struct entity *entity;

	if (!is_id(platform, sizeof(entity->platform)) || !is_id(id, sizeof(entity->id)) ||
	    e->count >= ENTITIES_MAX || entities_has(e, platform, id) ||
	    (e->count == e->room && !make_room(e, e->room + 8)))
		return;
	entity = &e->list[e->count];
	snprintf(entity->platform, sizeof(entity->platform), "%s", platform);
	snprintf(entity->id, sizeof(entity->id), "%s", id);
	e->count++;
}

bool entities_has(const struct entities *e, const char *platform, const char *id)
{
	for (size_t i = 0; i < e->count; i++) {
		if (strcmp(e->list[i].id, id) == 0 && strcmp(e->list[i].platform, platform) == 0)
			return true;
	}
	return false;
}

bool entities_has_id(const struct entities *e, const char *id)
{
	for (size_t i = 0; i < e->count; i++) {
		if (strcmp(e->list[i].id, id) == 0)
			return true;
	}
	return false;
}

void entities_without(const struct entities *all, const struct entities *kept,
                      struct entities *left)
{
	entities_fini(left);
	for (size_t i = 0; i < all->count; i++) {
		const struct entity *entity = &all->list[i];

		if (!entities_has(kept, entity->platform, entity->id))
			entities_add(left, entity->platform, entity->id);
	}
}

/* ---- as a file: lines of a word and a text ---- */

struct text_row {
	const char *word;
	size_t offset, size;
};

#define TEXT(word, member)                                                                      \
	{                                                                                       \
		word, offsetof(struct entities, member), sizeof(((struct entities *)0)->member) \
	}

static const struct text_row texts[] = {
	TEXT("prefix", prefix),
	TEXT("maker", maker),
	TEXT("model", model),
	TEXT("list", list_version),
};

#define TEXTS (sizeof(texts) / sizeof(texts[0]))

bool entities_same(const struct entities *a, const struct entities *b)
{
	for (size_t i = 0; i < TEXTS; i++) {
		if (strcmp((const char *)a + texts[i].offset, (const char *)b + texts[i].offset) !=
		    0)
			return false;
	}
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		if (strcmp(a->list[i].id, b->list[i].id) != 0 ||
		    strcmp(a->list[i].platform, b->list[i].platform) != 0)
			return false;
	}
	return a->count == b->count;
}

/* Anybody may have written the file. */
static bool is_text(const char *text)
{
	return utf8_is_text((const uint8_t *)text, strlen(text));
}

static void take_line(struct entities *e, char *line)
{
	char *rest = line;
	const char *word = strsep(&rest, " ");

	if (!rest || !is_text(rest))
		return;
	for (size_t i = 0; i < TEXTS; i++) {
		if (strcmp(texts[i].word, word) == 0) {
			if (strlen(rest) < texts[i].size)
				memcpy((char *)e + texts[i].offset, rest, strlen(rest) + 1);
			return;
		}
	}
	entities_add(e, word, rest);
}

void entities_load(struct entities *e, const char *identity)
{
	char text[FILE_MAX], *rest = text, *line;

	entities_fini(e);
	if (!keeper_load(KIND, identity, text, sizeof(text)))
		return;
	while ((line = strsep(&rest, "\n")))
		take_line(e, line);
}

static void print(const struct entities *e, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < TEXTS; i++) {
		const char *text = (const char *)e + texts[i].offset;

		if (text[0] && is_text(text))
			used += (size_t)snprintf(buf + used, size - used, "%s %s\n", texts[i].word,
			                         text);
	}
	for (size_t i = 0; i < e->count; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s %s\n", e->list[i].platform,
		                         e->list[i].id);
}

static void tell_failure(const char *identity, int rc)
{
	(void)identity;
	log_warning("entities: cannot keep what is announced: %s; what a setting takes away may "
	            "stay in Home Assistant",
	            strerror(-rc));
}

void entities_save(const struct entities *e, const char *identity)
{
	char text[FILE_MAX];

	print(e, text, sizeof(text));
	keeper_save(KIND, identity, text, tell_failure);
}
