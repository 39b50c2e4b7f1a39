/* What a broker keeps of one meter, whoever published it: its names, its topics, and who still speaks for it. Pure.
 *
 * Two rounds: first every meter says who it is, then the topics of the one that is meant are collected.
 */
#ifndef BELONGINGS_H
#define BELONGINGS_H

#include <stdbool.h>
#include <stddef.h>

#include <han/reading.h>

#include "peers.h"
#include "traces.h"

#define BELONGINGS_NAMES   16   /* of one meter */
#define BELONGINGS_METERS  4096 /* on one broker */
#define BELONGINGS_TOPICS  2048 /* of one meter */
#define BELONGINGS_FILTERS (BELONGINGS_NAMES + TRACES_FILTERS + 2)
#define BELONGINGS_NAME    100

struct belongings_meter {
	char name[BELONGINGS_NAME]; /* in topics */
	char id[HAN_IDENTITY_TEXT];
};

struct belongings {
	const char *prefix;         /* of all topics, "han" */
	char name[BELONGINGS_NAME]; /* what was asked for, as a topic level */
	char id[HAN_IDENTITY_TEXT]; /* of the meter; what was asked for while nobody knows better */
	bool named;                 /* there are topics of that name */
	struct belongings_meter *meters; /* meter_count of them */
	size_t meter_count, meter_room;
	const char *names[BELONGINGS_NAMES]; /* of the meter; after belongings_resolve() */
	size_t name_count;
	char filters[BELONGINGS_FILTERS][256];
	struct traces traces;
	char *topics[BELONGINGS_TOPICS];
	size_t topic_count;
	struct peers peers;
};

/* Looks for a meter by its id or by its name in topics; prefix and meter outlive it. */
void belongings_init(struct belongings *b, const char *prefix, const char *meter);
void belongings_fini(struct belongings *b);

/* First round: where meters say who they are; NULL behind the last. */
void belongings_ask(struct belongings *b, const char *filters[BELONGINGS_FILTERS + 1]);
void belongings_meet(struct belongings *b, const char *topic, const void *payload, size_t len);

/* After it: the id and the names of the meter. */
void belongings_resolve(struct belongings *b);

/* Second round, and any later one: all topics of the meter. The prefix of Home Assistant in use, and one used
 * before ("" for none). What was collected before is forgotten. */
void belongings_search(struct belongings *b, const char *homeassistant, const char *before,
                       const char *filters[BELONGINGS_FILTERS + 1]);
void belongings_collect(struct belongings *b, const char *topic, const void *payload, size_t len);

/* The client id of a daemon that is there and publishes the meter; NULL for none. */
const char *belongings_served_by(const struct belongings *b);

#endif
