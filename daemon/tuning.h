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
 *	                              true: set tuning_line(t), flush the port
 *
 * Before a pause is told the decoder is ended (han_decoder_end()), unless it has settled: a frame may be hidden
 * behind the beginning of what never was one, and what was begun with another setting is not completed.
 */
#ifndef TUNING_H
#define TUNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/decoder.h>

#include "burst.h"
#include "serial-line.h"

#define TUNING_CHOICES  8
#define TUNING_PAUSE_MS 500   /* silence that ends a burst: more than a slow port's gaps */
#define TUNING_TRIAL_MS 10000 /* a burst without an end is taken for one */

struct tuning_line {
	unsigned baud;
	enum serial_format format;
};

struct tuning_choice {
	struct tuning_line line;
	unsigned spent; /* on listening with it in vain */
	bool tried;     /* with a whole burst */
};

struct tuning {
	struct tuning_choice choices[TUNING_CHOICES];
	size_t count, at;
	size_t twin_of; /* the choice that had valid frames, but errors too, while another is tried; or count */
	struct burst burst;
	struct burst_errors errors; /* in it */
	uint64_t heard_ms;          /* when the line was last known, or thought, not to be silent */
	uint64_t framed_ms;         /* when the last valid frame came */
	unsigned frames;            /* valid ones with this line, as far as it matters */
	unsigned vain;              /* bursts since the last valid frame */
	bool settled;
	bool checked; /* the line that is settled is the best one there is */
};

/* baud 0, format -1 (else an enum serial_format): to be found; what is given is kept. protocol: which
 * settings are likely. remembered: of an earlier run, tried first unless it contradicts; NULL: none. */
void tuning_init(struct tuning *t, unsigned baud, int format, enum han_protocol protocol,
                 const struct tuning_line *remembered);

/* The setting to listen with now. */
struct tuning_line tuning_line(const struct tuning *t);

/* The port was opened: what comes at once may be joined in its middle. What is known stays. */
void tuning_opened(struct tuning *t, uint64_t now_ms);

/* As they come, within some 100 ms: whoever sleeps until many are there, does it once it has settled. */
void tuning_octets(struct tuning *t, const uint8_t *buf, size_t len, uint64_t now_ms);

/* A frame whose checks agree, whatever becomes of its message: HAN_PART, HAN_READING, and HAN_BAD_MESSAGE
 * with a frame. After the octets that it was found in. */
void tuning_frame(struct tuning *t, uint64_t now_ms);

/* When tuning_pause() is to be called, unless this is asked again after more octets; 0: not before there are
 * some. Once all is settled it is 0, so that nobody wakes up for it. */
uint64_t tuning_due(const struct tuning *t);

/* The time that tuning_due() said has come (before it nothing happens). errors: those of the port (TIOCGICOUNT)
 * since the last call, or since the line was set; breaks count as framing. Zeros where the port counts none: a
 * pseudo terminal, some adapters, tcp. True: the line is another one now. */
bool tuning_pause(struct tuning *t, struct burst_errors errors, uint64_t now_ms);

/* A valid frame came with the line as it is now: it is worth being remembered. It may become another one
 * even so: when frames were valid, but with so many errors that it was not the best one; and after a long
 * time in which octets came but no frame. */
bool tuning_settled(const struct tuning *t);

/* Every choice was listened with in vain: people should be told. It goes on nevertheless. False again with a
 * valid frame. */
bool tuning_all_tried(const struct tuning *t);

#endif
