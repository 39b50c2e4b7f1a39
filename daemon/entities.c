#include "entities.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "state.h"

#define KIND "entities"
#define ALL  (ENTITY_POWER | ENTITY_POWER_CYCLES | ENTITY_POWER_CYCLE)

unsigned entities_load(const char *identity)
{
	char text[16];

	if (!state_load(KIND, identity, text, sizeof(text)))
		return 0;
	return (unsigned)strtoul(text, NULL, 10) & ALL;
}

void entities_save(const char *identity, unsigned set)
{
	char text[16];
	int rc;

	snprintf(text, sizeof(text), "%u\n", set);
	rc = state_save(KIND, identity, text);
	if (rc < 0)
		log_warning("entities: cannot keep what is announced: %s; what a setting takes "
		            "away may stay in Home Assistant",
		            strerror(-rc));
}
