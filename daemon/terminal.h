/* A pseudo terminal that somebody reads as a serial port, and the pace at which it is written to. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct terminal {
	int master;       /* non-blocking */
	int slave;        /* held open: a reader that goes away does not hang up */
	char path[64];    /* of the slave, */
	const char *link; /* and a symbolic link to it, NULL: none */
	double speed;     /* how many seconds of what is played pass in one */
	uint64_t epoch_ns;
	sigset_t stop_signals; /* blocked, and looked for while waiting */
	bool stopped;
};

/* Opens it, makes the link (over a symbolic link, nothing else) and prints the path on standard output.
 * SIGINT, SIGTERM and SIGHUP are blocked from here on and end the waiting. 0, or a negative errno that was told on
 * standard error; terminal_close() in either case. */
int terminal_open(struct terminal *terminal, const char *link, double speed);
void terminal_close(struct terminal *terminal);

/* The moment from which terminal_wait() counts is now. */
void terminal_start(struct terminal *terminal);

/* Waits until so many ns of what is played have passed: an absolute moment, so that nothing adds up. */
void terminal_wait(struct terminal *terminal, double ns);

/* How many ns of what is played have passed. */
double terminal_passed(const struct terminal *terminal);

/* Waits for that time of the clock on the wall; false when a signal came. */
bool terminal_sleep(struct terminal *terminal, double seconds);

/* The same; meanwhile what is played stands still. */
bool terminal_pause(struct terminal *terminal, double seconds);

#endif
