/* The daemons that the broker knows below a prefix: which are there, and whether they publish one meter. Pure.
 *
 * Each says it of itself, in its availability and its info.
 */
#ifndef PEERS_H
#define PEERS_H

#include <stdbool.h>
#include <stddef.h>

#define PEERS_MAX    4096
#define PEERS_CLIENT 100

struct peer {
	char client[PEERS_CLIENT]; /* id */
	bool online;
	bool serves; /* the meter */
};

/* Zeroed: none is known. */
struct peers {
	struct peer *list; /* count of them */
	size_t count, room;
	bool full; /* there were more than can be known: one of those may publish it */
};

/* Knows none again; accepts a zeroed one. */
void peers_fini(struct peers *peers);

/* A message that is kept below "PREFIX/bridge/", from there on: "CLIENT/info"; names: of the meter, in topics. */
void peers_meet(struct peers *peers, const char *levels, const void *payload, size_t len,
                const char *const *names, size_t name_count);

/* The client id of one that is there and publishes the meter; NULL: none does. */
const char *peers_serving(const struct peers *peers);

/* Whether one publishes the meter, be it there or not: when it comes back it says itself how the meter is. */
bool peers_know_it(const struct peers *peers);

#endif
