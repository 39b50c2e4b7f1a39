/* A connection to a serial server (ser2net, a bridge on an ESP): looked up, made, and told; never waited for.
 *
 * The addresses of a name are tried one after the other. Knows nothing of what comes over the connection, and
 * does not try again: that is up to who asked.
 */
#ifndef TCP_H
#define TCP_H

#include "lookup.h"

struct tcp {
	struct loop *loop; /* NULL: nothing is under way */
	struct lookup lookup;
	struct source source; /* the socket that is being connected; fd -1: none */
	struct timer deadline;
	struct addrinfo *found;      /* the answer, */
	const struct addrinfo *next; /* and the next of it to try */
	/* The socket is the callee's, in no loop: non-blocking, a dead peer is noticed within a minute. Or a
	 * negative errno: -ENXIO the name is not known, -ENONET no name server answers, -ETIMEDOUT the name server
	 * or the peer takes too long, or connect()'s. */
	void (*connected)(struct tcp *tcp, int fd_or_err);
};

/* Begins; connected() comes from the loop, once. 0 or a negative errno. */
int tcp_open(struct tcp *tcp, struct loop *loop, const struct address *address,
             void (*connected)(struct tcp *tcp, int fd_or_err));

/* Gives up what is under way; accepts one that was zeroed, or is connected. */
void tcp_close(struct tcp *tcp);

#endif
