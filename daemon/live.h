/* A register that is up to date: the last one that the meter sent, and the power since.
 *
 * Never falls. Where it has run ahead of the meter's register it stands still until that has caught up;
 * where it is behind, it catches up at once. Pure; energies in mJ, as in integral.h.
 *
 * A register is true at the moment at which the meter read it, which is not when it arrives. Some lists that
 * come once an hour have the registers of the full hour, some those of now, and not all say which: where a
 * list leaves it open, both are tried, and the one that agrees better with the power so far is believed.
 */
#ifndef LIVE_H
#define LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "integral.h"

#define LIVE_MJ_PER_WH 3600000ULL

struct live_register {
	uint64_t mj;
	uint64_t step_mj; /* what its last digit stands for: it may be as much more, but for a mJ */
	uint64_t at_ms;   /* when it was true, as the meter says */
	uint64_t
		hour_ms; /* when it was true if it is that of the full hour; at_ms when there is no doubt */
};

/* What every list needs stands together, and most of the integral does not. */
struct live {
	uint64_t max_power_mw;         /* that the house can draw */
	uint64_t anchor_mj, anchor_at; /* the register, and the integral when it was true */
	uint64_t shown_mj;
	bool shown;
	bool anchored;   /* there was a register, or a floor to begin with */
	bool registered; /* there was a register */
	struct integral integral;
	uint64_t anchor_ms; /* when the register was true */
	uint64_t step_mj;   /* the finest so far */
	struct {
		uint64_t mj, at,
			hour; /* the last register, and the integral at both of its moments */
		bool doubtful;
	} last;
	int64_t hour_credit; /* how much better full hours have agreed than the meter's word */
};

/* max_power_w 0: nobody knows. */
void live_init(struct live *live, unsigned max_power_w);

/* A sample of the power. Returns the time since the one before, 0 for the first. */
uint64_t live_power(struct live *live, uint64_t power_mw, uint64_t now_ms);

/* A register that may be believed. Returns by how much the energy is other than it was thought, in mJ: the
 * whole of it where nothing was known. */
int64_t live_register(struct live *live, const struct live_register *reg);

/* What was shown before a restart, the highest of several: no less will be, unless a register has shown or will
 * show that it is of another meter: more above it than three hours at full power. Whether it is believed as far as
 * that is known. */
bool live_floor(struct live *live, uint64_t mj);

/* The energy at that moment, as well as it is known: may fall from one register to the next. Without a register
 * it begins anywhere. */
int64_t live_energy(const struct live *live, uint64_t at_ms);

/* Brings what is shown up to date, in whole Wh; false, and nothing written, when there is nothing to show.
 * dropped: a floor, or what was shown, has turned out to be another meter's. */
bool live_show(struct live *live, uint64_t *wh, bool *dropped);

#endif
