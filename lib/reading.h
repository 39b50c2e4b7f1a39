/* A reading from inside, while it is filled. */
#ifndef READING_H
#define READING_H

#include <han/reading.h>

/* The value that has this measurement's name so far, NULL when none has. */
const struct han_value *reading_named(const struct han_reading *reading,
                                      const struct han_measurement *measurement);

#endif
