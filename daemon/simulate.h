/* A meter on a pty: the lists of a Kaifa MA304 at the meter's own pace, without end. */
#ifndef SIMULATE_H
#define SIMULATE_H

#include <time.h>

struct simulate_settings {
	const char *link; /* a symbolic link to the pty, NULL: none */
	double speed;     /* above 0; 1 is the meter's own */
	time_t start;     /* the meter's clock at the start, local time as if it were UTC */
};

/* Prints the pty's path on standard output and plays until SIGINT or SIGTERM. 0, or a negative errno that
 * was told on standard error. */
int simulate(const struct simulate_settings *settings);

#endif
