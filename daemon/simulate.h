/* A meter on a pty: its lists at its own pace, without end. */
#ifndef SIMULATE_H
#define SIMULATE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define SIMULATE_KEY_OCTETS 16

struct simulate_settings {
	const char *meter; /* a name of meters.h */
	const char *link;  /* a symbolic link to the pty, NULL: none */
	double speed;      /* above 0, up to 1000; 1 is the meter's own */
	time_t start;      /* the meter's clock at the start: local time as if it were UTC */
	bool has_key, has_auth_key; /* of a meter that encrypts */
	uint8_t key[SIMULATE_KEY_OCTETS], auth_key[SIMULATE_KEY_OCTETS];
};

/* A Kaifa MA304, no link, the meter's own pace, from now. */
void simulate_init(struct simulate_settings *settings);

/* Options as they are typed: "2.5"; "2026-01-31T23:59:50", which must exist in the calendar. False, and
 * nothing changed, when they are malformed or out of range. */
bool simulate_read_speed(const char *text, double *speed);
bool simulate_read_start(const char *text, time_t *start);

/* What is wrong with the settings, as a sentence without its full stop: no such meter, a key that is missing
 * or of no use. NULL: nothing. Static storage. */
const char *simulate_check(const struct simulate_settings *settings);

/* Of settings that are in order: prints the pty's path on standard output and plays until a signal
 * stops it (stop.h). The link replaces a symbolic link, nothing else, and is removed at the end. 0, or a negative errno that was told on standard error.
 *
 * Invocation counters start at the host's time in eighths of a second since 2025, so that those of the next
 * start are higher, up to --speed 40 where a message comes every five seconds. */
int simulate(const struct simulate_settings *settings);

/* The command with its options; the program's exit status. */
int simulate_main(int argc, char **argv);

#endif
