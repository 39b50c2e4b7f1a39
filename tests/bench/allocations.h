/* What allocations.c counts, in a file that the program and who measures it have both mapped. */
#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

#include <stdint.h>

#define ALLOCATIONS_OBJECTS 32

/* A program or a library, by who called. */
struct allocations_object {
	char name[64];
	uint64_t taken; /* blocks; a block that is resized is another one */
	uint64_t given; /* back, whoever did it */
	/* Of these, blocks that were taken since `first`, and given back in another epoch. */
	uint64_t outlived;
};

/* epoch and first are written by who measures. */
struct allocations {
	uint64_t epoch, first;
	struct allocations_object objects[ALLOCATIONS_OBJECTS]; /* the unused ones have no name */
};

#endif
