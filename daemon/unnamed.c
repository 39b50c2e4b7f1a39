#include "unnamed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The code's place, a new one if need be and wanted; NULL when there is none. */
static struct unnamed_state *place_of(struct unnamed *u, const char *code, bool wanted)
{
	struct unnamed_state *s, *grown;

	for (s = u->states; s < u->states + u->count; s++) {
		if (strcmp(s->code, code) == 0)
			return s;
	}
	if (!wanted)
		return NULL;
	if (u->count == UNNAMED_MAX) {
		u->full = true;
		return NULL;
	}
	grown = realloc(u->states, (u->count + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	u->states = grown;
	s = &u->states[u->count];
	*s = (struct unnamed_state){ 0 };
	snprintf(s->code, sizeof(s->code), "%s", code);
	u->count++;
	return s;
}

struct unnamed_state *unnamed_store(struct unnamed *u, const char *code, const char *text)
{
	struct unnamed_state *s = place_of(u, code, text[0]);

	return s && notice_write(&s->notice, text, strlen(text)) == 0 ? s : NULL;
}

void unnamed_clear(struct unnamed *u)
{
	for (size_t i = 0; i < u->count; i++)
		notice_clear(&u->states[i].notice);
	free(u->states);
	*u = (struct unnamed){ 0 };
}
