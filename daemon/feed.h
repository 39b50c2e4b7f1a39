/* From a source through the decoder to who wants to know: the way of decode and of explain. */
#ifndef FEED_H
#define FEED_H

#include <stdbool.h>

#include <han/decoder.h>

#include "source.h"

struct feed {
	/* Octets of the input, before the events about them; NULL: nobody asks. */
	void (*octets)(void *user, const uint8_t *octets, size_t len);
	/* The line is silent, and the decoder has given up what had begun; NULL: nobody asks. */
	void (*silence)(void *user);
	/* False ends the feed. */
	bool (*event)(void *user, const struct han_event *event);
	void *user;
};

/* To the end of the source; bare: the source is one APDU without a frame. 0, or a negative errno that was
 * told on standard error. */
int feed_run(const struct feed *feed, struct source *source, struct han_decoder *decoder,
             bool bare);

#endif
