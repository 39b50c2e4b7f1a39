/* Zeros over what must not stay in memory. */
#ifndef WIPE_H
#define WIPE_H

#include <stddef.h>

/* Octet by octet, as no compiler may leave it out. */
static inline void wipe(void *memory, size_t len)
{
	volatile unsigned char *octet = memory;

	while (len-- > 0)
		*octet++ = 0;
}

#endif
