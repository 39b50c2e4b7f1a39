#include "ratelimit.h"

#include <stddef.h>
#include <stdio.h>

/* That of this kind, or the one that is best forgotten: a free one, else the one quiet for longest. */
static struct ratelimit_kind *place_of(struct ratelimit *limit, uint64_t kind)
{
	struct ratelimit_kind *oldest = &limit->kinds[0];

	for (size_t i = 0; i < RATELIMIT_KINDS; i++) {
		struct ratelimit_kind *k = &limit->kinds[i];

		if (k->seen_ms && k->kind == kind)
			return k;
		if (k->seen_ms < oldest->seen_ms)
			oldest = k;
	}
	*oldest = (struct ratelimit_kind){ .kind = kind };
	return oldest;
}

/* A bucket of BURST messages that fills by one per PAUSE, told by when it will be full. */
static void take(struct ratelimit_kind *k, uint64_t now_ms)
{
	k->full_ms = (k->full_ms > now_ms ? k->full_ms : now_ms) + RATELIMIT_PAUSE_MS;
}

static bool is_empty(const struct ratelimit_kind *k, uint64_t now_ms)
{
	return k->full_ms > now_ms + (uint64_t)(RATELIMIT_BURST - 1) * RATELIMIT_PAUSE_MS;
}

bool ratelimit_pass(struct ratelimit *limit, uint64_t kind, uint64_t now_ms, int level,
                    const char *text, unsigned *suppressed)
{
	struct ratelimit_kind *k = place_of(limit, kind);

	k->seen_ms = now_ms;
	if (!is_empty(k, now_ms)) {
		take(k, now_ms);
		*suppressed = k->suppressed;
		k->suppressed = 0;
		return true;
	}
	k->suppressed++;
	k->level = level;
	snprintf(k->text, sizeof(k->text), "%s", text);
	return false;
}

bool ratelimit_next(struct ratelimit *limit, uint64_t now_ms, struct ratelimit_kind *told)
{
	for (size_t i = 0; i < RATELIMIT_KINDS; i++) {
		struct ratelimit_kind *k = &limit->kinds[i];

		if (k->suppressed == 0)
			continue;
		take(k, now_ms);
		*told = *k;
		k->suppressed = 0;
		return true;
	}
	return false;
}
