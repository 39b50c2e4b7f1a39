/* The powers and energies of a list as amounts that one can calculate with, and when its registers were true. Pure.
 *
 * A list that comes once an hour has the registers of a moment in the past: of the time that its clock item says,
 * or of the full hour, or of when it left. One that comes more often has those of now.
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

#include <han/reading.h>

#include "flow.h"
#include "live.h"

/* When a list came. */
struct moment {
	uint64_t ms;     /* on the clock that nobody sets */
	int64_t wall_ms; /* on the host's, UTC */
};

/* What is to be known of the lists before. Zeroed: there was none. */
struct registers {
	unsigned parts; /* that the register is the sum of: bit 0 the total, 1 ... 4 the tariffs */
	uint64_t at_ms; /* when the last one came */
	uint64_t mj;
	bool behind;                  /* the time that it said of itself was an hour past */
	char said[HAN_DATETIME_TEXT]; /* that time, "" for none */
};

/* The active power in mW, and its decimals in W; false when the list has none. */
bool registers_power(const struct han_reading *reading, enum flow_direction direction, uint64_t *mw,
                     unsigned *decimals);

/* Whether the list has registers of any kind, as few lists do. */
bool registers_has_any(const struct han_reading *reading);

/* The register of active energy: the total, or the sum of the tariffs of a meter that sends none. False when the
 * list has none, not all of its parts, or that of the list before once more, which some meters send instead of
 * a new one (Aidon: amsreader-firmware, issue 1119). */
bool registers_energy(struct registers *registers, const struct han_reading *reading,
                      enum flow_direction direction, const struct moment *now,
                      struct live_register *reg);

#endif
