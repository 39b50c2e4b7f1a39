#include "unnamed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The code's place, a new one if need be and wanted; NULL when there is none. */
static struct unnamed_state *place_of(struct unnamed *u, const char *code, bool wanted)
{
	struct unnamed_state *s = u->states;

	while (s < u->states + u->count && strcmp(s->code, code) != 0)
		s++;
	if (s < u->states + u->count)
		return s;
	if (!wanted)
		return NULL;
	if (u->count == UNNAMED_MAX) {
		u->full = true;
		return NULL;
	}
	snprintf(s->code, sizeof(s->code), "%s", code);
	u->count++;
	return s;
}

const struct unnamed_state *unnamed_store(struct unnamed *u, const char *code, const char *text)
{
	struct unnamed_state *s = place_of(u, code, text[0]);
	char *copy = s ? strdup(text) : NULL;

	if (!copy)
		return NULL;
	free(s->text);
	s->text = copy;
	return s;
}

void unnamed_clear(struct unnamed *u)
{
	for (size_t i = 0; i < u->count; i++)
		free(u->states[i].text);
	*u = (struct unnamed){ 0 };
}
