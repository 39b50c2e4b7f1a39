/* A meter on a pty: the lists of a Kaifa MA304 at the meter's own pace, without end. */
#ifndef SIMULATE_H
#define SIMULATE_H

#include <stdbool.h>
#include <time.h>

struct simulate_settings {
	const char *link; /* a symbolic link to the pty, NULL: none */
	double speed;     /* above 0, up to 1000; 1 is the meter's own */
	time_t start;     /* the meter's clock at the start: local time as if it were UTC */
};

/* No link, the meter's own pace, from now. */
void simulate_init(struct simulate_settings *settings);

/* Options as they are typed: "2.5"; "2026-01-31T23:59:50", which must exist in the calendar. False, and
 * nothing changed, when they are malformed or out of range. */
bool simulate_read_speed(const char *text, double *speed);
bool simulate_read_start(const char *text, time_t *start);

/* Prints the pty's path on standard output and plays until SIGINT or SIGTERM. The link replaces a symbolic
 * link, nothing else, and is removed at the end. 0, or a negative errno that was told on standard error. */
int simulate(const struct simulate_settings *settings);

#endif
