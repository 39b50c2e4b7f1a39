/* The file that `hantool capture` writes: what came from a line, and when.
 *
 *	# hantool capture 1, 2026-01-31T22:59:50Z, /dev/ttyAMA0, 2400 8N1
 *	0 7ea027010201105a87e6e7000f40000000090c07e8011702113a3aff80000002
 *	0 0106000004d225227e
 *	1998 7ea027...
 *
 * Lines of text that survive a mail or a forum. The first one is the mark, with what is known of the
 * capture for people to read; other lines that begin with # say nothing. Each other line is an arrival:
 * milliseconds since the start of the capture, decimal, and the octets, two hex digits each. Blanks
 * between octets and at a line's end, a carriage return and empty lines are free, so are a byte order mark, blank
 * lines before the mark, and what quotes a line ("> "). Pure, but for the stream that is written to.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define CAPTURE_MARK       "# hantool capture 1"
#define CAPTURE_MARK_LEN   (sizeof(CAPTURE_MARK) - 1)
#define CAPTURE_LINE_MAX   4096 /* characters of a line that is read, its end included */
#define CAPTURE_OCTETS_MAX (CAPTURE_LINE_MAX / 2)

enum capture_is { CAPTURE_NO, CAPTURE_PERHAPS, CAPTURE_YES };

/* Whether a file that begins with these octets is a capture; perhaps: more octets will tell. */
enum capture_is capture_detect(const uint8_t *buf, size_t len);

/* The first line. device and settings (NULL: not known) for people to read. 0, or a negative errno. */
int capture_write_mark(FILE *out, time_t start, const char *device, const char *settings);

/* An arrival, in as many lines as it takes, and out of the program's hands. 0, or a negative errno. */
int capture_write(FILE *out, uint64_t ms, const uint8_t *buf, size_t len);

struct capture_arrival {
	uint64_t ms;
	uint8_t octets[CAPTURE_OCTETS_MAX];
	size_t len; /* 0: a line that says nothing */
};

/* A line, its end excluded. False, and nothing told, when it is malformed. */
bool capture_read(const char *line, struct capture_arrival *arrival);

#endif
