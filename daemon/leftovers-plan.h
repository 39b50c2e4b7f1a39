/* Which base a look is to be at, and what it may find there: see leftovers.h. Sends nothing. */
#ifndef LEFTOVERS_PLAN_H
#define LEFTOVERS_PLAN_H

#include <stdbool.h>

#include "leftovers.h"

/* The daemon's own base. */
void leftovers_base_of_bridge(const struct bridge *bridge, char base[BASES_TEXT]);

/* Whether the entry's base is to be looked at now; s says for what then, and is anew. */
bool leftovers_plan(const struct leftovers *l, struct bases_entry *entry,
                    struct leftovers_search *s);

#endif
