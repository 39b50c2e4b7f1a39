#include "ratelimit.h"

#include <stddef.h>
#include <stdio.h>

#define PROBES 32

/* The place of that kind, or the one that is best given to it. */
static struct ratelimit_debt *debt_of(struct ratelimit *limit, uint64_t kind)
{
	const size_t first = (size_t)(kind * 0x9E3779B97F4A7C15 >> 32);
	struct ratelimit_debt *best = &limit->debts[first % RATELIMIT_DEBTS];

	for (size_t i = 0; i < PROBES; i++) {
		struct ratelimit_debt *d = &limit->debts[(first + i) % RATELIMIT_DEBTS];

		if (d->full_ms && d->kind == kind)
			return d;
		if (d->full_ms < best->full_ms)
			best = d;
	}
	return best;
}

static void make_room(struct ratelimit *limit, const struct ratelimit_kind *k, uint64_t now_ms)
{
	if (k->full_ms > now_ms)
		*debt_of(limit, k->kind) =
			(struct ratelimit_debt){ k->kind, k->full_ms, k->suppressed };
}

static void recall(struct ratelimit *limit, struct ratelimit_kind *k)
{
	struct ratelimit_debt *d = debt_of(limit, k->kind);

	if (d->full_ms == 0 || d->kind != k->kind)
		return;
	k->full_ms = d->full_ms;
	k->suppressed = d->suppressed;
	d->full_ms = 0;
}

/* That of this kind, or one that makes room for it: a free one, else the one quiet for longest. */
static struct ratelimit_kind *place_of(struct ratelimit *limit, uint64_t kind, uint64_t now_ms)
{
	struct ratelimit_kind *oldest = &limit->kinds[0];

	for (size_t i = 0; i < RATELIMIT_KINDS; i++) {
		struct ratelimit_kind *k = &limit->kinds[i];

		if (k->seen_ms && k->kind == kind)
			return k;
		if (k->seen_ms < oldest->seen_ms)
			oldest = k;
	}
	if (!oldest->seen_ms) {
		*oldest = (struct ratelimit_kind){ .kind = kind };
		return oldest;
	}
	make_room(limit, oldest, now_ms);
	*oldest = (struct ratelimit_kind){ .kind = kind };
	recall(limit, oldest);
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
	struct ratelimit_kind *k = place_of(limit, kind, now_ms);

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

		if (k->suppressed == 0 || !k->text[0])
			continue;
		take(k, now_ms);
		*told = *k;
		k->suppressed = 0;
		return true;
	}
	return false;
}
