/* Which entities Home Assistant was told of that a setting can take away again, across restarts.
 *
 * Home Assistant removes an entity of a device message only when it is told so; for that one has to know that
 * it is there.
 */
#ifndef ENTITIES_H
#define ENTITIES_H

/* Bits of a set. */
enum entity {
	ENTITY_POWER = 1,        /* mbus_power: whether the bus is powered */
	ENTITY_POWER_CYCLES = 2, /* mbus_power_cycles: how often it was cycled */
	ENTITY_POWER_CYCLE = 4,  /* mbus_power_cycle: the button */
};

/* The set last announced for a meter; 0 when nothing is kept. */
unsigned entities_load(const char *identity);

/* Keeps it; a failure is logged and costs no more than an entity that stays behind. */
void entities_save(const char *identity, unsigned set);

#endif
