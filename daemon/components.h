/* The entities of a meter as Home Assistant wants to be told of them: the table of quantities → JSON. Pure. */
#ifndef COMPONENTS_H
#define COMPONENTS_H

#include <cjson/cJSON.h>

#include "discovery.h"

/* An object per entity, by its id, in a fixed order; each begins with its platform. The caller's to delete. */
cJSON *components_of(const struct discovery *d);

/* {"topic": ...}, as an entry of a list of availabilities. */
void components_add_topic(cJSON *array, const char *topic);

#endif
