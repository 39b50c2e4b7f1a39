/* Home Assistant's device discovery message: the table of measurements → JSON. Pure.
 *
 * One retained message per meter tells Home Assistant (2024.11 and later) of all its entities. Same input,
 * same octets: Home Assistant updates entities on any difference.
 */
#ifndef DISCOVERY_H
#define DISCOVERY_H

#include <stdbool.h>
#include <stddef.h>

#include <han/measurement.h>

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
	unsigned removed; /* entities (entities.h) that Home Assistant has and shall not have */
	int qos;          /* for Home Assistant's subscriptions */
	bool reactive_energy_class; /* Home Assistant knows it since 2025.6 */
	const bool *announced;      /* by a measurement's place in the table */
};

/* The topic of the message into buf. Returns buf. */
char *discovery_topic(const struct discovery *d, char *buf, size_t size);

/* The message; the caller's to free(). NULL when memory ends. */
char *discovery_message(const struct discovery *d);

#endif
