/* What one message alone shows to be wrong. What needs a memory (a register that falls) is the caller's. */
#ifndef SUSPICION_H
#define SUSPICION_H

#include <han/reading.h>

/* Sets the suspicion of all values of a reading. */
void suspicion_mark(struct han_reading *reading);

#endif
