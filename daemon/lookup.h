/* From a host's name to its addresses, without making the loop wait.
 *
 * The system's lookup may hang for as long as the name servers do not answer, and cannot be broken off. So it is a
 * thread's, and the answer comes through an eventfd; a lookup that is given up goes on by itself and frees what it
 * found. There are LOOKUP_THREADS at most, however many names are asked for: the others wait for their turn.
 */
#ifndef LOOKUP_H
#define LOOKUP_H

#include "address.h"
#include "loop.h"

#define LOOKUP_THREADS 8 /* the unit's TasksMax= has room for them */

struct addrinfo;
struct lookup_job;

struct lookup {
	struct source wake;
	struct loop *loop;      /* NULL: none is under way */
	struct lookup_job *job; /* the thread's, too */
	/* rc is 0 or getaddrinfo()'s; found is the callee's: freeaddrinfo(). */
	void (*answered)(struct lookup *lookup, int rc, struct addrinfo *found);
};

/* Looks up; answered() comes from the loop, once. An address in numbers is answered by the thread as well. 0 or a
 * negative errno. */
int lookup_start(struct lookup *lookup, struct loop *loop, const struct address *address,
                 void (*answered)(struct lookup *lookup, int rc, struct addrinfo *found));

/* Gives it up; accepts one that was zeroed, or answered. */
void lookup_stop(struct lookup *lookup);

/* Whether one that was given up still hangs somewhere: then the process must not wait for its threads. */
bool lookup_hangs(void);

#endif
