/* The values of a meter's codes that have no name: the newest payload of each, of so many codes and no more.
 *
 * What a meter sends decides which codes there are: a line that makes up codes must fill neither memory nor
 * broker.
 */
#ifndef UNNAMED_H
#define UNNAMED_H

#include <stdbool.h>
#include <stddef.h>

#include <han/reading.h>

#include "notice.h"

#define UNNAMED_MAX 64

struct unnamed_state {
	char code[HAN_OBIS_TEXT];
	bool live; /* a momentary value, by its code */
	struct notice notice;
};

/* Zeros are an empty one. */
struct unnamed {
	struct unnamed_state
		*states; /* count of them, at most UNNAMED_MAX, in the order in which they came */
	size_t count;
	bool full; /* there were more */
};

/* The text becomes the code's newest; what is returned lives until the next one. NULL when there are too many codes (full is true then, and was not
 * before the first of them), when memory ends, and for an empty text of a code that was empty ever since:
 * on the broker it is no more than nothing. */
struct unnamed_state *unnamed_store(struct unnamed *u, const char *code, const char *text);

void unnamed_clear(struct unnamed *u);

#endif
