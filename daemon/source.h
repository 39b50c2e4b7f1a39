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

#include "capture.h"
#include "options.h"

#define SOURCE_CHUNK      4096
#define SOURCE_SILENCE_MS (HAN_IDLE_MS + 50) /* what is begun will not be completed */

struct source {
	const char *name;  /* as it was given: a path, tcp://HOST:PORT, or "-" */
	int fd;            /* -1: none */
	bool live;         /* a line, where silence means something, until somebody stops it */
	bool timed;        /* what it brings has times */
	bool capture;      /* a capture file */
	char settings[16]; /* "2400 8N1", of a serial port that was set up; else empty */
	int signals;  /* readable once a signal to stop came, which does nothing else; -1: none */
	bool stopped; /* one came while more was awaited */
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

/* Opens it; a serial port, unless somebody else reads it, with those settings (NULL: as it is). Standard input
 * is left as it is, whatever it is. 0, or a negative errno that was told on standard error (-EINVAL: a malformed
 * address). Waits for the first octets of a file. */
int source_open(struct source *source, const char *name, const struct options_line *line);

/* A signal to stop ends the reading from here on, as it does that of a line. */
void source_heed_signals(struct source *source);

/* Of a line, on a terminal's standard error: that it is read, and how that ends. */
void source_announce(const struct source *source);

/* The next chunk: 1, 0 at the end or when a signal stopped it, a negative errno that was told. A chunk without
 * octets says that a line has been silent for SOURCE_SILENCE_MS, again and again. */
int source_read(struct source *source, struct source_chunk *chunk);

void source_close(struct source *source);

#endif
