/* The hours of the local clock, and the energy of each. Pure but for the system's time zone; energies in mJ.
 *
 * An hour is known when its begin was seen, or when a register tells the energy at it. It is settled two
 * minutes after its end, when the register of the full hour has had its time.
 */
#ifndef HOURS_H
#define HOURS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define HOURS_SETTLE_MS 120000
#define HOURS_GAP_MS    60000 /* a longer one hides what happened in it */

/* A full hour as it went by. */
struct hours_mark {
	time_t begin;      /* of the hour, UTC */
	uint64_t at_ms;    /* the same on the clock that nobody sets */
	bool known;        /* there is an energy, */
	bool seen;         /* which was measured, not bridged over a gap, */
	bool told;         /* or which a register has told */
	int64_t energy_mj; /* at the begin */
};

/* Zeroed: nothing yet. */
struct hours {
	struct hours_mark now, before; /* the begin of this hour, and of the last one */
	bool gap;                      /* something of this hour was not seen */
	bool gap_before;               /* the same of the last one */
	bool pending;                  /* the last one is not settled */
	bool ticked;
	uint64_t tick_ms;
	int64_t skew_ms; /* of the clock that may be set, at the last tick */
	int64_t shown_mj;
};

/* When the local hour of that moment began. */
time_t hours_begin(time_t utc);

/* Time goes on: once for each sample, as soon as its energy counts. wall_ms: UTC. energy(user, at_ms): the energy
 * at a moment between the last tick and this one. Whether a new hour has begun. */
bool hours_tick(struct hours *hours, uint64_t now_ms, int64_t wall_ms,
                int64_t (*energy)(void *user, uint64_t at_ms), void *user);

/* A register has told the energy at that moment; first: it is the first one, and shifts all by shift_mj. */
void hours_register(struct hours *hours, uint64_t at_ms, bool first, int64_t shift_mj,
                    int64_t (*energy)(void *user, uint64_t at_ms), void *user);

/* All energies are by so much other than they were thought, those of the past too. */
void hours_shift(struct hours *hours, int64_t shift_mj);

/* By so much was wrong what a gap was thought to have brought: the hours that began since then began with as much
 * more. */
void hours_mend(struct hours *hours, int64_t shift_mj);

/* All is begun anew. */
void hours_forget(struct hours *hours);

/* The energy since the hour began, of energy_mj now; never falls within the hour. False when its begin is not
 * known. */
bool hours_energy(struct hours *hours, int64_t energy_mj, int64_t *mj);

/* The last hour, once it is settled and if nothing of it was hidden: its begin and its energy. True once for
 * each hour. */
bool hours_settled(struct hours *hours, uint64_t now_ms, time_t *begin, int64_t *mj);

#endif
