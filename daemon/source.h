/* Where hantool reads from: a file, a capture file, a serial port, a serial server, standard input.
 *
 * Octets come in chunks, with the time of their arrival where there is one: on a live line and in a
 * capture file. Knows nothing of what the octets mean.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

#include "capture.h"

#define SOURCE_CHUNK 4096

struct source {
	const char *name; /* as it was given: a path, tcp://HOST:PORT, or "-" */
	int fd;           /* -1: none */
	bool live;        /* a line, where silence means something, until somebody stops it */
	bool timed;       /* what it brings has times */
	bool capture;     /* a capture file */
	int signals;      /* live: readable once SIGINT or SIGTERM came, which do nothing else */
	uint8_t buf[SOURCE_CHUNK]; /* read ahead: a file's first octets, and a capture's text */
	size_t at, end;
	unsigned long line; /* of the capture, from 1 */
	struct capture_arrival arrival;
};

struct source_chunk {
	const uint8_t *octets; /* until the next read */
	size_t len;
	uint64_t now_ms; /* monotonic, at least 1; 0: the source has no times */
};

/* Opens it; a serial port at that speed, 8N1. 0, or a negative errno that was told on standard error (-EINVAL: a
 * malformed address). Waits for the first octets of a file. */
int source_open(struct source *source, const char *name, speed_t speed);

/* The next chunk: its length, 0 at the end or when a signal stopped it, a negative errno that was told. */
int source_read(struct source *source, struct source_chunk *chunk);

void source_close(struct source *source);

#endif
