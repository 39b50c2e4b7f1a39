/* Home Assistant's discovery messages of a meter. Pure.
 *
 * Either one message tells of all its entities (Home Assistant 2024.11 and later), or one message each. Same
 * input, same octets: Home Assistant updates entities on any difference. The ids in both are the same, so that
 * it can carry entities over.
 */
#ifndef DISCOVERY_H
#define DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>

#include <han/measurement.h>

#include "entities.h"

struct discovery {
	const char *prefix;   /* Home Assistant's, "homeassistant" */
	const char *version;  /* the daemon's */
	const char *identity; /* the meter's; ids are made from it alone */
	const char *section;  /* the name in the configuration, "" for none */
	const char *maker;    /* these three may be NULL: not known */
	const char *model;
	const char *list_version;
	const char *base;                /* of the meter's topics, "han/6970631400000000" */
	const char *bridge_availability; /* topics */
	const char *meter_availability;
	const char *power_info; /* these two may be NULL: see struct publisher_bridge */
	const char *power_command;
	int qos;                    /* for Home Assistant's subscriptions */
	bool reactive_energy_class; /* Home Assistant knows it since 2025.6 */
	bool energy_registers;      /* the energies for the dashboard are the meter's registers */
	const bool *announced;      /* by a quantity's place */
};

/* What it announces; of the texts in e nothing is changed. */
void discovery_entities(const struct discovery *d, struct entities *e);

/* The topic of the device message into buf. Returns buf. */
char *discovery_topic(const struct discovery *d, char *buf, size_t size);

/* The device message; entities in removed, which may be NULL, go away in Home Assistant. The caller's to free().
 * NULL when memory ends. */
char *discovery_message(const struct discovery *d, const struct entities *removed);

/* The topic of an entity's own message into buf. Returns buf. */
char *discovery_entity_topic(const struct discovery *d, const struct entity *entity, char *buf,
                             size_t size);

/* The messages of one entity each, one after the other: stops at the first that send() refuses, and returns what
 * that did. 0, or a negative errno. */
int discovery_entity_messages(const struct discovery *d, void *user,
                              int (*send)(void *user, const char *topic, const char *payload));

#endif
