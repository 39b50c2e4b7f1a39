/* What is calculated from a meter's values: from a reading, behind the gate, to values that can be published.
 *
 * Every list brings all that is known, whether it has changed or not. The live energies are held until the broker
 * has told what it keeps of them, so that they never fall, not even across a restart. The highest hours are kept
 * in the state directory, and written when one of them changes.
 */
#ifndef DERIVE_H
#define DERIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/reading.h>

#include "capacity.h"
#include "flow.h"
#include "hours.h"
#include "live.h"
#include "quantity.h"
#include "registers.h"

struct derive_settings {
	bool live_energy;    /* energies between two registers */
	bool net_power;      /* import minus export */
	bool hour_energy;    /* energies of the current hour */
	bool capacity_peaks; /* the highest hours of the month */
};

/* One direction. */
struct derive_energy {
	struct hours hours;
	struct registers registers;
	uint64_t pause_ms; /* between the last two powers */
	bool adrift;       /* of a time since the last register was true nothing is known, */
	bool bridged;      /* or one that was estimated */
	struct live live;
};

struct derive {
	const struct derive_settings *settings;
	unsigned max_power_w;
	char identity[HAN_IDENTITY_TEXT]; /* "" until known */
	bool held;                        /* the broker has not told yet what it keeps */
	struct flow flow;
	unsigned decimals; /* of the powers */
	struct derive_energy energies[FLOW_DIRECTIONS];
	struct capacity capacity;
};

/* settings outlive it; max_power_w: 0 when nobody knows. */
void derive_init(struct derive *d, const struct derive_settings *settings, unsigned max_power_w);

/* The meter's id is known, or is another one: then all begins anew, and what the broker keeps is not its. */
void derive_identify(struct derive *d, const char *identity);

/* Whether the broker is to be asked for what it keeps of the live energies: derive_floor() for each that it
 * has, then derive_floors_told(). */
bool derive_wants_floors(const struct derive *d);
void derive_floor(struct derive *d, enum calculated which, const char *payload, size_t len);
void derive_floors_told(struct derive *d);

/* A list has come. Returns how many values are to be published; they refer to rows of quantity.h. */
size_t derive_reading(struct derive *d, const struct han_reading *reading, const struct moment *now,
                      struct han_value values[CALCULATED_COUNT]);

/* The same without a list: the broker has told. */
size_t derive_values(struct derive *d, const struct moment *now,
                     struct han_value values[CALCULATED_COUNT]);

#endif
