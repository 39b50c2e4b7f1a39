/* Turns, one after the other, each once in a period: what is done for many is not done for all at the same time.
 *
 * Those that were missed, as the machine was busy or stopped, are made up for, each once: a turn that comes late
 * puts off no other.
 */
#ifndef ROTA_H
#define ROTA_H

#include <stddef.h>
#include <stdint.h>

#include "loop.h"

struct rota_hooks {
	void *user;
	void (*turn)(void *user, size_t index);
	void (*over)(void *user); /* all have had theirs */
};

struct rota {
	struct rota_hooks hooks;
	struct timer timer;
	uint64_t period_ms;
	uint64_t begun_ms; /* the period */
	size_t count, next;
};

void rota_init(struct rota *r, struct loop *loop, const struct rota_hooks *hooks);
void rota_fini(struct rota *r); /* accepts a zeroed one */

/* (Re)starts it with this many turns, one or more. */
void rota_start(struct rota *r, uint64_t period_ms, size_t count);

/* No turn comes any more; accepts a zeroed one. */
void rota_stop(struct rota *r);

#endif
