/* Which registers of a meter are believed: pure, one per meter.
 *
 * The line's checks keep damaged messages away, but not what the meter itself says wrongly: zeros while it
 * starts, a total that its tariffs do not make. Whoever books energy adds up every such step. So a register is
 * refused that falls, by however little; that rose by more than the house can draw; that its message alone shows to be
 * wrong. The reading goes on without it. When the next reading that has it agrees, it is believed: the meter was
 * replaced, or its counter began anew.
 *
 * Knows no clock, no topic and no journal: what is to be told it says in a report. Momentary values, texts, and codes
 * without a name pass as they come.
 */
#ifndef GATE_H
#define GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <han/reading.h>

struct gate_now {
	uint64_t ms; /* of a clock that nobody sets, and that goes on while the machine sleeps */
	time_t wall; /* the host's; compared only with that of an earlier run */
};

enum gate_reason {
	GATE_SUSPECT, /* its message alone shows it: han_suspicion, or less than nothing */
	GATE_FALLEN,
	GATE_RISEN, /* by more than max-power allows */
};

/* Why a register is in doubt. */
struct gate_doubt {
	enum gate_reason reason;
	const struct han_measurement *measurement;
	struct han_decimal said, before; /* before: with FALLEN and RISEN */
	bool lasting; /* is not believed before it has been so for most of an hour */
};

/* What a reading brought: the first doubt of all, or the end of the last one. */
struct gate_report {
	bool began, ended;
	bool believed; /* with ended: as readings agreed; else what came is plausible again */
	struct gate_doubt doubt; /* with began, and with believed */
	unsigned others;         /* with began: further registers that are refused with it */
};

struct gate_register;

struct gate {
	unsigned max_power_w; /* 0: no limit */
	struct gate_register *
		*registers;       /* by a measurement's place in the table; NULL: never came */
	uint64_t reading;         /* how many have come */
	uint64_t refused;         /* values, since the start */
	size_t doubted;           /* registers that are in doubt now */
	uint64_t since_ms;        /* with these: since when there is any */
	bool believed;            /* one of those in doubt since then is believed */
	struct gate_doubt belief; /* with believed: the doubt that ended so */
};

/* 0 or -ENOMEM. */
int gate_init(struct gate *g, unsigned max_power_w);
void gate_fini(struct gate *g); /* accepts a zeroed or half-built one */

/* What is believed is forgotten: it is another meter. The count of refused values stays. */
void gate_forget(struct gate *g);

/* What this meter's register, one of the library's, was in an earlier run, and when by the host's clock. Ignored when
 * this run has already read it. */
void gate_remember(struct gate *g, const struct han_measurement *measurement,
                   struct han_decimal value, time_t when);

/* The reading without the values that are refused: reading itself when there are none, else a copy in room, which
 * points to what reading points to. */
const struct han_reading *gate_pass(struct gate *g, const struct han_reading *reading,
                                    struct gate_now now, struct han_reading *room,
                                    struct gate_report *report);

/* The first register of the table that is in doubt; NULL: none is. Valid until the next reading. */
const struct gate_doubt *gate_doubt(const struct gate *g);

/* For how many milliseconds registers have been in doubt; 0: none is. */
uint64_t gate_doubted_ms(const struct gate *g, uint64_t now_ms);

#define GATE_TEXT 200

/* "energy_active_cum_import fell from 48211.337 to 0.000 kWh". Returns buf. */
char *gate_describe(const struct gate_doubt *doubt, char buf[GATE_TEXT]);

/* What becomes of it, "not published until the next list agrees". Static storage. */
const char *gate_prospect(const struct gate_doubt *doubt);

#endif
