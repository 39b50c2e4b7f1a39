/* Which line setting to listen with: speed and format, from what is heard. Pure: the time comes in, no port,
 * no log.
 *
 * Octets between two pauses are a burst, and a burst is what evidence is taken from: a right setting has a
 * valid frame in it. One without sends the search on, not to the next setting in a row, but to that which
 * explains best what was heard: errors of parity and framing, levels that last too long for the speed, too few
 * octets, a first octet as messages begin. Silence says nothing about the setting: nothing changes then.
 *
 *	tuning_init(t, …), serial_set_line(…, tuning_line(t)), tuning_opened(t, now)
 *	octets came:                  tuning_octets(t, buf, len, now)
 *	the decoder had a frame:      tuning_frame(t, now)
 *	                              then a timer for tuning_due(t)
 *	it fires:                     tuning_pause(t, errors since the last call, now)
 *	                              true: end the decoder, set tuning_line(t), flush the port
 */
#ifndef TUNING_H
#define TUNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/decoder.h>

#include "serial-line.h"

#define TUNING_CHOICES  10
#define TUNING_PAUSE_MS 500   /* silence that ends a burst: more than a slow port's gaps */
#define TUNING_TRIAL_MS 10000 /* a burst without an end is taken for one */

struct tuning_line {
	unsigned baud;
	enum serial_format format;
};

/* Errors of the UART (TIOCGICOUNT) since the last tuning_pause() or change of the line; breaks are framing
 * errors. Zeros where the port counts none: pseudo terminals, some adapters, tcp. */
struct tuning_errors {
	unsigned parity;
	unsigned framing;
};

/* What was heard since the last pause. */
struct tuning_burst {
	uint64_t first_ms, last_ms;
	uint32_t octets;
	bool joined; /* perhaps in its middle */
	bool framed; /* it had a valid frame */
	uint8_t first;
	uint32_t zeros, text, parity,
		changes;  /* octets that are so; changes of level in all of them */
	uint8_t head[16]; /* of what may be a frame's header, from its flag on */
	uint8_t head_len;
	bool header; /* the header of a frame was right */
};

struct tuning_choice {
	struct tuning_line line;
	unsigned spent; /* on it, in vain */
	bool tried;     /* a whole burst */
};

struct tuning {
	struct tuning_choice choices[TUNING_CHOICES];
	size_t count, at;
	struct tuning_burst burst;
	uint64_t quiet_ms; /* since when nothing was heard; to know whether a burst is whole */
	bool settled;
};

/* baud 0, format -1 (else an enum serial_format): to be found; what is given is kept. protocol: which
 * settings are likely. remembered: of an earlier run, tried first; NULL: none. */
void tuning_init(struct tuning *t, unsigned baud, int format, enum han_protocol protocol,
                 const struct tuning_line *remembered);

/* The setting to listen with now. */
struct tuning_line tuning_line(const struct tuning *t);

/* The port was opened: what comes at once may have been joined in its middle. What is known stays. */
void tuning_opened(struct tuning *t, uint64_t now_ms);

void tuning_octets(struct tuning *t, const uint8_t *buf, size_t len, uint64_t now_ms);

/* A frame whose checks agree, whatever becomes of its message: HAN_PART, HAN_READING, and HAN_BAD_MESSAGE
 * with a frame. After the octets that it was found in. */
void tuning_frame(struct tuning *t, uint64_t now_ms);

/* When tuning_pause() is to be called, unless more octets come first; 0: not before there are some. Once it
 * has settled a pause need not be told, and it is mostly 0. */
uint64_t tuning_due(const struct tuning *t);

/* The time that tuning_due() said has come (earlier: nothing happens). True: the line is another one now. */
bool tuning_pause(struct tuning *t, struct tuning_errors errors, uint64_t now_ms);

/* A valid frame came with the line as it is now: it is worth being remembered. */
bool tuning_settled(const struct tuning *t);

/* Every choice was listened with in vain: people should be told. It goes on nevertheless. False again with a
 * valid frame. */
bool tuning_all_tried(const struct tuning *t);

#endif
