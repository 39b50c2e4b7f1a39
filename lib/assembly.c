#include "assembly.h"

#include <string.h>

void assembly_begin(struct assembly *a)
{
	a->open = true;
	a->len = 0;
	a->last_ms = 0;
}

bool assembly_append(struct assembly *a, const uint8_t *octets, size_t len, uint64_t now_ms)
{
	if (len > sizeof(a->octets) - a->len) {
		a->open = false;
		return false;
	}
	if (len > 0)
		memcpy(a->octets + a->len, octets, len);
	a->len += len;
	a->last_ms = now_ms;
	return true;
}

bool assembly_close(struct assembly *a)
{
	bool was = a->open;

	a->open = false;
	return was;
}

bool assembly_overdue(const struct assembly *a, uint64_t now_ms)
{
	return a->open && now_ms > a->last_ms && a->last_ms && now_ms - a->last_ms > HAN_PART_MS;
}
