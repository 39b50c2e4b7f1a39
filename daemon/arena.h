/* Blocks of octets in one bounded buffer, each with an owner, who is a number; no allocation per block.
 *
 * New blocks stand behind the others. When the end is reached, or when more lies idle than is used, all are moved
 * together: memory is taken as it is needed, and no block may be pointed to for long.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena {
	unsigned char *octets;
	size_t size;    /* of the buffer: half as much again as the limit, so that moving is rare */
	size_t limit;   /* for all blocks together */
	size_t used;    /* up to the end of the last block */
	size_t live;    /* of the blocks that have an owner */
	size_t *places; /* by owner */
};

/* Owners are 0 … count - 1; false: no memory, which is only taken as it is used. */
bool arena_init(struct arena *a, size_t limit, size_t count);
void arena_fini(struct arena *a);

/* What a block of len octets takes of the limit. */
size_t arena_cost(size_t len);

/* A block for an owner that has none; false when the limit is reached. */
bool arena_put(struct arena *a, uint32_t owner, size_t len);

/* The owner's block; valid until the next arena_put(). */
unsigned char *arena_at(const struct arena *a, uint32_t owner);

void arena_drop(struct arena *a, uint32_t owner);

#endif
