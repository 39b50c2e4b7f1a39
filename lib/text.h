/* Small numbers as decimal text, without stdio. */
#ifndef TEXT_H
#define TEXT_H

#include <stdint.h>

/* Writes value with at least width (1 or more) digits (zeros in front, at most 20 digits in all), no NUL;
 * returns the end of what was written. */
char *text_uint(char *out, uint64_t value, unsigned width);

#endif
