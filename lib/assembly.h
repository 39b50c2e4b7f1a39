/* A message that comes in parts: a bounded buffer that they are put into, one behind the other. */
#ifndef ASSEMBLY_H
#define ASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/decoder.h>

struct assembly {
	bool open;
	uint64_t last_ms; /* when the newest part came */
	size_t len;
	uint8_t octets[HAN_MESSAGE_MAX];
};

static inline void assembly_init(struct assembly *a)
{
	a->open = false;
}

void assembly_begin(struct assembly *a);

/* False, and closed, when the message grows beyond HAN_MESSAGE_MAX. */
bool assembly_append(struct assembly *a, const uint8_t *octets, size_t len, uint64_t now_ms);

/* Closes it; whether it was open. What it holds stays until the next begin. */
bool assembly_close(struct assembly *a);

/* Whether it is open and its next part is overdue: HAN_PART_MS. now_ms 0: never. */
bool assembly_overdue(const struct assembly *a, uint64_t now_ms);

#endif
