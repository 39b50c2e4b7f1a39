/* Asks the broker, once per run, what it keeps of a meter's live energies, under its name of now and those it had:
 * below that they never go. Where another meter says to be by now, it is the energy of that one. */
#ifndef FLOOR_H
#define FLOOR_H

#include "bases.h"
#include "derive.h"
#include "look.h"

#define FLOOR_BASES    4 /* that are asked about, the newest */
#define FLOOR_ENERGIES 2 /* import, export */
#define FLOOR_TEXT     32

struct floor_hooks {
	void *user;
	void (*told)(void *user); /* the live energies are held no longer */
};

/* What the broker keeps below one base. */
struct floor_base {
	char base[BASES_TEXT];
	bool foreign; /* its info is another meter's */
	char texts[FLOOR_ENERGIES]
		  [FLOOR_TEXT]; /* "" for none, and for what is longer than any number */
};

struct floor {
	struct look *look;
	struct derive *derive;
	const char *base;          /* of the meter's topics; "" until known */
	const struct bases *bases; /* where it was before, NULL: nobody knows */
	const char *identity;
	struct floor_hooks hooks;
	unsigned failed; /* how often the broker did not tell, in this session */
	struct floor_base found[FLOOR_BASES];
	size_t count;
};

/* All of them outlive it. */
void floor_init(struct floor *floor, struct look *look, struct derive *derive, const char *base,
                const struct floor_hooks *hooks);
void floor_fini(struct floor *floor); /* accepts a zeroed one */

/* Who was published where before; both outlive the floor. */
void floor_remember(struct floor *floor, const struct bases *bases, const char *identity);

/* A session has begun. */
void floor_connected(struct floor *floor);

/* There may be something to ask for: the meter's id is known. */
void floor_ask(struct floor *floor);

#endif
