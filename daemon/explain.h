/* hantool explain: every octet of the input, in order, with what it is; then a summary.
 *
 * The library says what is a frame, what was refused and why, and what a message holds; the parts (see
 * explain-parts.h) show the octets. What is no frame is noise, and shown too.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <han/decoder.h>

#include "explain-parts.h"
#include "explain-summary.h"
#include "page.h"

#define EXPLAIN_REFUSALS 64

/* A refused candidate that is not shown yet: its octets may belong to a frame that comes. */
struct explain_refusal {
	uint64_t offset;
	size_t len;
	enum han_framing framing;
	enum han_err err;
};

struct explain {
	struct page page;
	uint8_t *octets; /* those that are not shown yet: from page.offset on */
	size_t len, size;
	struct explain_refusal refusals[EXPLAIN_REFUSALS]; /* in the order of their offsets */
	size_t refused;
	uint64_t decided; /* of what is before it nothing more will be made */
	struct explain_train segments, blocks;
	struct explain_summary summary;
};

/* Writes to out, in colour when asked for. */
void explain_init(struct explain *explain, FILE *out, bool colour);
void explain_fini(struct explain *explain);

/* Octets of the input, then the events about them (struct feed). Of a line (summary.live) no more than about
 * 2 KB are held back once nothing will be made of them. */
void explain_octets(struct explain *explain, const uint8_t *octets, size_t len);
void explain_event(struct explain *explain, const struct han_event *event);

/* The line is silent, and the decoder holds nothing back: all octets are shown. */
void explain_silence(struct explain *explain);

/* What is left, and the summary. */
void explain_end(struct explain *explain);

/* The command with its options; the program's exit status. */
int explain_main(int argc, char **argv);

#endif
