/* What came over a meter's line, counted by what became of it. Pure. */
#ifndef COUNTERS_H
#define COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include <han/error.h>

struct meter_counters {
	uint64_t bytes;
	uint64_t frames_ok;      /* frames whose checks agreed, decoded or not */
	uint64_t frames_bad;     /* refused, for their check or their form */
	uint64_t frames_damaged; /* of these: begun well, and not as they should be further on */
	uint64_t crc_errors;
	uint64_t discarded_bytes;
	uint64_t resyncs;        /* how often octets had to be searched for a frame */
	uint64_t decrypt_failed; /* messages of such frames that were refused, by kind of trouble */
	uint64_t replayed;
	uint64_t decode_failed;
	unsigned parity_errors;
	unsigned framing_errors;
	bool has_frame;
	unsigned last_frame_age_s; /* with has_frame */
	bool has_clock;
	int64_t clock_offset_s; /* the meter's clock minus the host's, with has_clock */
};

/* A frame was refused, or the message of frames that arrived whole. */
void counters_refuse_frame(struct meter_counters *counters, enum han_err err);
void counters_refuse_message(struct meter_counters *counters, enum han_err err);

/* What tells how far it is from octets to a valid frame. */
struct meter_heard {
	uint64_t bytes;
	uint64_t frames_damaged;
};

/* So far, and from then on. */
struct meter_heard counters_heard(const struct meter_counters *counters);
struct meter_heard counters_heard_since(const struct meter_counters *counters,
                                        struct meter_heard then);

#endif
