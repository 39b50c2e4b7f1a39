/* Zeros over what must not stay in memory. */
#ifndef WIPE_H
#define WIPE_H

#include <stddef.h>
#include <string.h>

/* The barrier lets the compiler believe that somebody reads the zeros. */
static inline void wipe(void *at, size_t len)
{
	memset(at, 0, len);
	__asm__ volatile("" : : "r"(at) : "memory");
}

#endif
