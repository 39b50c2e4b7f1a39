/* One meter: its port, its decoder, its identity, its silence, its counters.
 *
 * Readings leave it by a hook. Knows no topic and no broker.
 */
#ifndef METER_H
#define METER_H

#include <stdbool.h>
#include <stdint.h>

#include <han/decoder.h>

#include "claim.h"
#include "clock-told.h"
#include "clock.h"
#include "counters.h"
#include "identity.h"
#include "journal.h"
#include "loop.h"
#include "rhythm.h"
#include "search.h"
#include "trouble.h"

struct meter_settings {
	const char *section;    /* its name in the configuration, "" for none */
	const char *topic_name; /* NULL: the meter's id */
	struct search_settings port;
	struct han_settings decoder;
	unsigned silent_after_s; /* 0: learned */
	unsigned max_power_w;    /* that the house can draw; 0: no limit */
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

/* What every list needs stands together, before the ports, of which most is not needed. */
struct meter {
	struct loop *loop;
	const struct meter_settings *settings;
	struct meter_hooks hooks;
	bool waiting_for_name;
	bool online;
	bool silent; /* no valid frame for as long as patience lasts; a port is open */
	bool log_frames;
	bool resyncing;
	bool muted;       /* what comes in does not count: the bus power is being cycled */
	bool interrupted; /* no port was open, since the last frame */
	int port_err; /* why no port is open; 0 while one is, and while there is none to be opened */
	const char *list; /* the name of the list read last, NULL before */
	struct rhythm rhythm;
	uint64_t last_frame_ms; /* 0: none yet */
	uint64_t octets_ms;     /* when any came last */
	uint64_t unmuted_ms; /* when it was heard again, since the last frame; 0: it always was */
	struct meter_heard heard; /* before the last valid frame, or before the port was opened */
	struct timer silence;     /* fires when the meter has been silent for too long */
	struct search search;     /* its ports */
	struct meter_counters counters;
	struct identity identity;
	struct claim claim; /* to another one */
	struct clock_zone zone;
	struct clock_told clock_told;
	struct troubles troubles; /* with the messages of frames that arrived whole */
	struct timer nameless;    /* fires when no identity came */
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

/* What the journal knows of a meter beside the words; id as in journal.h, or NULL. */
void meter_describe(const struct meter *meter, const char *id, struct journal *j);

#endif
