/* The first step that is broken on a meter's way from its port to the broker, and what to do about it.
 *
 * The steps are the rungs of a ladder: octets, frames, their checks, deciphering, decoding, registers that are
 * believed, publishing. One sentence per rung, the same in `problem` on the broker and in the journal; the words of
 * `systemctl status` follow the same rungs. Pure.
 */
#ifndef PROBLEM_H
#define PROBLEM_H

#include <stdint.h>

#include "gate.h"
#include "meter.h"

#define PROBLEM_TEXT 256 /* Home Assistant takes no longer one */

enum problem_rung {
	PROBLEM_POWER,      /* the bus is being cycled */
	PROBLEM_NO_PORT,    /* there is none to be listened on */
	PROBLEM_CONNECTING, /* to a serial server */
	PROBLEM_PORT,       /* it is not open */
	PROBLEM_WAITING,    /* it has not been listened on for long */
	PROBLEM_NOTHING,    /* no octets */
	PROBLEM_SILENT,     /* none any more */
	PROBLEM_NO_FRAME,   /* octets, but no frame */
	PROBLEM_CHECKS,     /* frames, but each of them damaged */
	PROBLEM_DAMAGE,     /* many of them */
	PROBLEM_MESSAGES,   /* they are whole, and refused: not deciphered, or not understood */
	PROBLEM_REGISTERS,  /* not believed for a while */
	PROBLEM_SENDING,    /* messages to the broker are dropped */
	PROBLEM_REFUSED,    /* by the broker; the session tells the journal */
	PROBLEM_NONE,
};

/* What came and went in the last minute or two. */
struct problem_recently {
	uint64_t frames_ok, frames_damaged;
	uint64_t dropped; /* messages for want of room, though there is a session with the broker */
	uint64_t refused; /* by it */
};

struct problem {
	enum problem_rung rung;
	char text[PROBLEM_TEXT]; /* a sentence, or "ok" */
};

/* now_ms: as the gate's. */
void problem_find(const struct meter *meter, const struct gate *gate,
                  const struct problem_recently *recently, uint64_t now_ms,
                  struct problem *problem);

/* Of the port and the messages alone. */
enum problem_rung problem_rung_of(const struct meter *meter);

#endif
