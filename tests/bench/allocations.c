/* Who takes memory from the heap, and for how long: to be preloaded.
 *
 * Counts blocks by the program or library that asks for them, in the file that $ALLOCATIONS names
 * (allocations.h). Whose a block is, and the epoch that it is of, stand behind it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "allocations.h"

#define MAGIC 0x616c6c6f63617465

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

struct tag {
	uint64_t magic;
	uint32_t object, epoch;
};

static struct allocations own, *shared = &own;
static struct range {
	uintptr_t begin, end;
} ranges[ALLOCATIONS_OBJECTS]; /* of the objects */
static uint32_t range_count = 1;

static size_t usable(void *block)
{
	static size_t (*real)(void *block);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "malloc_usable_size");
	return real(block);
}

/* ---- objects ---- */

static int look_at(struct dl_phdr_info *info, size_t size, void *user)
{
	const struct range *place = user;
	struct range all = { UINTPTR_MAX, 0 };
	const char *name = info->dlpi_name[0] ? info->dlpi_name : "program";
	uint32_t i;

	(void)size;
	for (int h = 0; h < info->dlpi_phnum; h++) {
		uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[h].p_vaddr;

		if (info->dlpi_phdr[h].p_type != PT_LOAD)
			continue;
		all.begin = begin < all.begin ? begin : all.begin;
		begin += info->dlpi_phdr[h].p_memsz;
		all.end = begin > all.end ? begin : all.end;
	}
	if (place->begin < all.begin || place->begin >= all.end)
		return 0;
	i = __atomic_fetch_add(&range_count, 1, __ATOMIC_SEQ_CST);
	if (i >= ALLOCATIONS_OBJECTS)
		return 1;
	name = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	strncpy(shared->objects[i].name, name, sizeof(shared->objects[i].name) - 1);
	ranges[i].begin = all.begin;
	__atomic_store_n(&ranges[i].end, all.end, __ATOMIC_SEQ_CST);
	return 1;
}

/* 0 is for those that have no place in the table. Two threads may give one object two places. */
static uint32_t object_of(const void *caller)
{
	struct range place = { (uintptr_t)caller, 0 };

	for (int attempt = 0; attempt < 2; attempt++) {
		for (uint32_t i = 1; i < ALLOCATIONS_OBJECTS; i++) {
			if (place.begin >= ranges[i].begin && place.begin < ranges[i].end)
				return i;
		}
		dl_iterate_phdr(look_at, &place);
	}
	return 0;
}

static void __attribute__((constructor)) begin(void)
{
	const char *path = getenv("ALLOCATIONS");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *mapped = MAP_FAILED;

	if (fd >= 0)
		mapped = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED) {
		fputs("allocations: $ALLOCATIONS names no file to count in\n", stderr);
		_exit(1);
	}
	close(fd);
	memcpy(mapped, shared, sizeof(*shared));
	shared = mapped;
}

/* ---- blocks ---- */

static struct tag *tag_of(void *block)
{
	return (struct tag *)(void *)((char *)block + usable(block) / 16 * 16 - sizeof(struct tag));
}

static void *take(void *block, const void *caller)
{
	struct tag *tag;

	if (!block)
		return NULL;
	tag = tag_of(block);
	*tag = (struct tag){ MAGIC, object_of(caller), (uint32_t)shared->epoch };
	__atomic_add_fetch(&shared->objects[tag->object].taken, 1, __ATOMIC_RELAXED);
	return block;
}

/* One that was aligned has no tag, and does not count. */
static void give(void *block)
{
	struct tag *tag = block ? tag_of(block) : NULL;
	struct allocations_object *object;

	if (!tag || usable(block) < sizeof(*tag) || tag->magic != MAGIC)
		return;
	object = &shared->objects[tag->object];
	__atomic_add_fetch(&object->given, 1, __ATOMIC_RELAXED);
	if (tag->epoch >= shared->first && tag->epoch != (uint32_t)shared->epoch)
		__atomic_add_fetch(&object->outlived, 1, __ATOMIC_RELAXED);
	tag->magic = 0;
}

/* With room for the tag, wherever the end comes to lie. */
static size_t with_tag(size_t size)
{
	return size > SIZE_MAX / 2 ? size : size + 2 * sizeof(struct tag);
}

void *malloc(size_t size)
{
	return take(__libc_malloc(with_tag(size)), __builtin_return_address(0));
}

void *calloc(size_t count, size_t size)
{
	size_t all;

	if (__builtin_mul_overflow(count, size, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return take(__libc_calloc(1, with_tag(all)), __builtin_return_address(0));
}

void *realloc(void *block, size_t size)
{
	if (block && size == 0) {
		free(block);
		return NULL;
	}
	give(block);
	return take(__libc_realloc(block, with_tag(size)), __builtin_return_address(0));
}

void free(void *block)
{
	int err = errno;

	give(block);
	__libc_free(block);
	errno = err;
}

size_t malloc_usable_size(void *block)
{
	return block ? usable(block) - 2 * sizeof(struct tag) : 0;
}

/* Libc's are the caller's. */
char *strndup(const char *text, size_t max)
{
	size_t len = strnlen(text, max);
	char *copy = take(__libc_malloc(with_tag(len + 1)), __builtin_return_address(0));

	if (!copy)
		return NULL;
	copy[len] = '\0';
	return memcpy(copy, text, len);
}

char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = take(__libc_malloc(with_tag(size)), __builtin_return_address(0));

	return copy ? memcpy(copy, text, size) : NULL;
}
