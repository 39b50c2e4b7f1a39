#include "arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define NOBODY UINT32_MAX
#define ALIGN  8
#define SLACK  65536 /* octets that lie idle in any case */

/* In front of each block. */
struct block {
	uint32_t owner;
	uint32_t size; /* with this */
};

static struct block *block_at(const struct arena *a, size_t place)
{
	return (struct block *)(void *)(a->octets + place);
}

bool arena_init(struct arena *a, size_t limit, size_t count)
{
	size_t size = limit + limit / 2;

	*a = (struct arena){ malloc(size), size, limit, 0, 0, calloc(count, sizeof(*a->places)) };
	if (a->octets && a->places)
		return true;
	arena_fini(a);
	return false;
}

void arena_fini(struct arena *a)
{
	free(a->octets);
	free(a->places);
	*a = (struct arena){ 0 };
}

size_t arena_cost(size_t len)
{
	return (sizeof(struct block) + len + ALIGN - 1) / ALIGN * ALIGN;
}

static void move_together(struct arena *a)
{
	size_t to = 0;

	for (size_t from = 0; from < a->used;) {
		struct block *b = block_at(a, from);
		size_t size = b->size;

		if (b->owner != NOBODY) {
			a->places[b->owner] = to;
			memmove(a->octets + to, b, size);
			to += size;
		}
		from += size;
	}
	assert(to == a->live);
	a->used = to;
}

bool arena_put(struct arena *a, uint32_t owner, size_t len)
{
	size_t cost = arena_cost(len);

	if (cost > a->limit || a->live > a->limit - cost)
		return false;
	if (a->live == 0)
		a->used = 0;
	if (a->used > a->size - cost || a->used - a->live > a->live + SLACK)
		move_together(a);
	*block_at(a, a->used) = (struct block){ owner, (uint32_t)cost };
	a->places[owner] = a->used;
	a->used += cost;
	a->live += cost;
	return true;
}

unsigned char *arena_at(const struct arena *a, uint32_t owner)
{
	return a->octets + a->places[owner] + sizeof(struct block);
}

void arena_drop(struct arena *a, uint32_t owner)
{
	struct block *b = block_at(a, a->places[owner]);

	b->owner = NOBODY;
	a->live -= b->size;
}
