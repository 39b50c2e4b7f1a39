/* One meter: its port, its decoder, its identity, its silence, its counters.
 *
 * Readings leave it by a hook. Knows no topic and no broker.
 */
#ifndef METER_H
#define METER_H

#include <stdbool.h>
#include <stdint.h>

#include <han/decoder.h>

#include "identity.h"
#include "loop.h"
#include "rhythm.h"
#include "search.h"

struct meter_settings {
	const char *section;    /* its name in the configuration, "" for none */
	const char *topic_name; /* NULL: the meter's id */
	struct search_settings port;
	struct han_settings decoder;
	unsigned silent_after_s; /* 0: learned */
};

struct meter_counters {
	uint64_t bytes;
	uint64_t frames_ok;  /* frames whose checks agreed, decoded or not */
	uint64_t frames_bad; /* refused, for their check or their form */
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
	long clock_offset_s; /* the meter's clock minus the host's, with has_clock */
};

struct meter;

struct meter_hooks {
	void *user;
	/* The identity became known, or is another one now; before the reading that told it. */
	void (*identified)(void *user, struct meter *meter);
	void (*reading)(void *user, struct meter *meter, const struct han_reading *reading);
	void (*availability)(void *user, struct meter *meter, bool online);
	void (*port)(void *user, struct meter *meter); /* opened, lost, or set otherwise */
	/* Trouble with its messages began or is over. */
	void (*trouble)(void *user, struct meter *meter);
};

/* What is wrong with the messages of frames that arrived whole. */
struct meter_trouble {
	enum han_err err;   /* of those last refused; HAN_OK: none, or it is over */
	unsigned fragments; /* refused since the last reading because parts were missing */
	uint64_t last_ms[HAN_ERR_KINDS]; /* when it was so for the last time; 0: never */
};

struct meter {
	struct loop *loop;
	const struct meter_settings *settings;
	struct meter_hooks hooks;
	struct search search;  /* its ports */
	struct timer silence;  /* fires when the meter has been silent for too long */
	struct timer nameless; /* fires when no identity came */
	struct identity identity;
	bool waiting_for_name;
	bool online;
	bool log_frames;
	const char *list; /* the name of the list read last, NULL before */
	bool resyncing;
	bool muted;       /* what comes in does not count: the bus power is being cycled */
	bool interrupted; /* it was, since the last frame */
	struct meter_trouble trouble;
	int port_err; /* why no port is open; 0 while one is, and while there is none to be opened */
	struct rhythm rhythm;
	uint64_t last_frame_ms; /* 0: none yet */
	struct meter_counters counters;
};

/* Opens the port or ports (now, or when they are there); tells the identity kept from an earlier run. settings
 * outlives the meter, without its keys: the decoder has them, and here they are wiped. flush: the bus has just been powered, what the port holds is noise. 0 or a negative
 * errno. */
int meter_open(struct meter *meter, struct loop *loop, struct meter_settings *settings, bool flush,
               const struct meter_hooks *hooks);
void meter_close(struct meter *meter); /* accepts a half-built one */

/* Whether its port is one of this machine, whatever that reads: not one at tcp://host:port. */
bool meter_is_local(const struct meter_settings *settings);

/* Whether its port is open, and since when nothing valid has come. */
bool meter_silence(const struct meter *meter, uint64_t *since_ms);

/* Muted, what the port brings is thrown away and silence is no fault; heard again, the port is flushed
 * and the silence begins anew. */
void meter_mute(struct meter *meter, bool muted);

/* Nothing of the keys stays in the settings. */
void meter_wipe_keys(struct meter_settings *settings);

struct meter_counters meter_counters(const struct meter *meter);

#endif
