#include "bases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "keeper.h"
#include "log.h"

#define KIND       "bases"
#define ENTRY_TEXT (BASES_TEXT + HAN_IDENTITY_TEXT + 2)
#define TEXT_MAX   (BASES_MAX * ENTRY_TEXT)

/* A file may hold anything: a base that topics can begin with, and one line of printable text. */
static bool makes_sense(const char *base, const char *identity)
{
	size_t len = strlen(base);

	if (len >= BASES_TEXT || strlen(identity) >= HAN_IDENTITY_TEXT || !strchr(base, '/') ||
	    strpbrk(base, "+#") || base[0] == '/' || base[0] == '$' || base[len - 1] == '/')
		return false;
	for (const char *c = base; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7F)
			return false;
	}
	for (const char *c = identity; *c; c++) {
		if (*c < 0x20 || *c > 0x7E)
			return false;
	}
	return true;
}

static void remove_entry(struct bases *b, struct bases_entry *entry)
{
	size_t behind = b->count - (size_t)(entry - b->list) - 1;

	memmove(entry, entry + 1, behind * sizeof(*entry));
	b->count--;
}

/* For one more; without memory, or at the end of all room, the oldest makes room for it. */
static bool make_room(struct bases *b)
{
	size_t room = b->room ? 2 * b->room : 4;
	struct bases_entry *grown = NULL;

	if (b->count < b->room)
		return true;
	if (b->count < BASES_MAX)
		grown = realloc(b->list, room * sizeof(*grown));
	if (grown) {
		b->list = grown;
		b->room = room;
	} else if (b->count > 0) {
		remove_entry(b, &b->list[0]);
	}
	return b->count < b->room;
}

static void add(struct bases *b, const char *base, const char *identity)
{
	struct bases_entry *entry;

	if (!make_room(b))
		return;
	entry = &b->list[b->count++];
	*entry = (struct bases_entry){ 0 };
	snprintf(entry->base, sizeof(entry->base), "%s", base);
	snprintf(entry->identity, sizeof(entry->identity), "%s", identity);
}

void bases_fini(struct bases *b)
{
	free(b->list);
	*b = (struct bases){ 0 };
}

void bases_load(struct bases *b)
{
	char *text = malloc(TEXT_MAX), *rest = text, *line;

	bases_fini(b);
	if (!text || !keeper_load(KIND, "", text, TEXT_MAX))
		rest = NULL;
	while ((line = strsep(&rest, "\n"))) {
		char *identity = line, *base = strsep(&identity, "\t");

		if (identity && makes_sense(base, identity) && !bases_find(b, base, identity))
			add(b, base, identity);
	}
	free(text);
}

static void tell_failure(const char *about, int rc)
{
	(void)about;
	log_warning("bases: the state directory: %s; when a name changes, topics may stay behind "
	            "on the broker",
	            strerror(-rc));
}

static void save(const struct bases *b)
{
	const size_t size = b->count * ENTRY_TEXT + 1;
	char *text = malloc(size);
	size_t len = 0;

	if (!text)
		return;
	text[0] = '\0';
	for (size_t i = 0; i < b->count; i++)
		len += (size_t)snprintf(text + len, size - len, "%s\t%s\n", b->list[i].base,
		                        b->list[i].identity);
	keeper_save(KIND, "", text, tell_failure);
	free(text);
}

struct bases_entry *bases_find(struct bases *b, const char *base, const char *identity)
{
	for (size_t i = 0; i < b->count; i++) {
		struct bases_entry *entry = &b->list[i];

		if (strcmp(entry->base, base) == 0 && strcmp(entry->identity, identity) == 0)
			return entry;
	}
	return NULL;
}

bool bases_has_other(const struct bases *b, const char *base, const char *identity)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct bases_entry *entry = &b->list[i];

		if (strcmp(entry->base, base) == 0 && entry->identity[0] &&
		    strcmp(entry->identity, identity) != 0 && !identity_is_port(entry->identity))
			return true;
	}
	return false;
}

void bases_note(struct bases *b, const char *base, const char *identity)
{
	struct bases_entry *known = bases_find(b, base, identity), copy;

	if (!makes_sense(base, identity))
		return;
	if (!known) {
		add(b, base, identity);
		save(b);
		return;
	}
	copy = *known;
	copy.online = copy.offline = false;
	remove_entry(b, known);
	b->list[b->count++] = copy;
}

void bases_drop(struct bases *b, struct bases_entry *entry)
{
	remove_entry(b, entry);
	save(b);
}

void bases_renew(struct bases *b)
{
	for (size_t i = 0; i < b->count; i++)
		b->list[i].done = false;
}
