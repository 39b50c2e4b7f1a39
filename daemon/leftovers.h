/* What a change of names or settings leaves behind on the broker: found, and removed.
 *
 * Knows the bases that were published below (bases.h). Looks, one after the other and once in a session, at
 *
 * - a base left for another: all of ours below it goes, once the meter has its new one and Home Assistant was
 *   told of it; not where somebody else is by now, or another daemon goes on with the same meter;
 * - until then, and when its meter is no more, it is offline: that was said to nobody when there was no session;
 * - a base that was another meter's: values go that this one has not sent;
 * - a base in use: values go that the settings no longer want kept;
 * - what a port stood for before its meter said who it is: that, and what Home Assistant was told of it.
 *
 * A base is forgotten when a look finds nothing of ours any more.
 */
#ifndef LEFTOVERS_H
#define LEFTOVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bases.h"
#include "bridge.h"
#include "look.h"
#include "message.h"
#include "peers.h"
#include "station.h"
#include "traces.h"

/* Of what is below the base a look may remove: */
enum leftovers_scope {
	LEFTOVERS_NOTHING, /* as far as it is not Home Assistant's */
	LEFTOVERS_BRIDGE,  /* the daemon's */
	LEFTOVERS_METER,   /* all of the meter */
	LEFTOVERS_UNHEARD, /* that the meter is online; it is not removed, but said otherwise */
	LEFTOVERS_OTHERS,  /* values that the meter of now has not sent */
	LEFTOVERS_UNWANTED,
};

struct leftovers_search {
	enum leftovers_scope scope;
	char base[BASES_TEXT];
	char identity[HAN_IDENTITY_TEXT];
	const struct publisher *publisher; /* whose base it is now; NULL: nobody's */
	bool occupied;                     /* somebody else is there */
	char **topics;                     /* to be emptied, count of them */
	size_t count;
	struct traces traces;     /* of what a port stood for */
	char bridges[BASES_TEXT]; /* "han/bridge", where other daemons are; "" to ask for none */
	struct peers peers;
};

struct leftovers {
	struct look *look;
	struct outlet outlet;
	const struct bridge *bridge; /* NULL: nobody is served */
	const struct station *stations;
	size_t station_count;
	struct bases bases;
	uint64_t review_ms; /* not before */
	bool searching;
	struct leftovers_search search;
};

/* look and outlet->user outlive it. */
void leftovers_init(struct leftovers *l, struct look *look, const struct outlet *outlet);

/* Who publishes from now on; NULL and 0: nobody, and nothing is left to be freed. */
void leftovers_serve(struct leftovers *l, const struct bridge *bridge, struct station *stations,
                     size_t count);

/* Nothing of it is left in memory. Accepts a zeroed one. */
void leftovers_fini(struct leftovers *l);

/* The name of a meter is known, perhaps a new one: before anything is sent below it. */
void leftovers_note(struct leftovers *l, const struct station *st);

/* There is a new session with the broker. */
void leftovers_connected(struct leftovers *l);

/* Something has come of a meter: looks for what is left behind, if there may be any; with many meters not each time. */
void leftovers_review(struct leftovers *l, uint64_t now_ms);

#endif
