/* When a value leaves for its topic, and when the broker is to forget it: pure; knows no topic and no value.
 *
 * One struct for each topic, zeros for a new one. How often its values come is learned from the values
 * themselves: what stands in several lists of a meter comes as often as its fastest one, what stands in the
 * slow one alone comes as slowly. now_ms is any monotonic clock that is never 0.
 */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace_rules {
	bool on_change;           /* an unchanged value does not leave, unless it would expire */
	uint32_t min_interval_ms; /* between two that leave; a day at most */
	bool expire;
};

#define PACE_PAUSES 4

struct pace {
	uint32_t pauses_ms[PACE_PAUSES]; /* between the last values; 0: none */
	uint64_t came_ms;                /* the newest value; 0: none */
	uint64_t left_ms;                /* the one that left last; 0: none */
	unsigned left_expiry_s;          /* what the broker was told of it; 0: nothing */
	uint8_t next_pause;
	bool waits; /* the newest one, for its time */
};

enum pace_verdict {
	PACE_LEAVES, /* now: pace_left() once it has */
	PACE_WAITS,  /* leaves by itself at pace_due_ms(), unless a newer one takes its place */
	PACE_STAYS,  /* the broker has it already */
};

/* A value came: what becomes of it; changed: it is another than the one that left last. */
enum pace_verdict pace_came(struct pace *pace, const struct pace_rules *rules, bool changed,
                            uint64_t now_ms);

/* With `waits`. It lies a moment behind the interval's end: the value that comes just then takes the place of
 * the one that waits, which would be as old as the pause between two by now. */
uint64_t pace_due_ms(const struct pace *pace, const struct pace_rules *rules);

/* Whether the interval is over: what waits may leave, with others that have to. */
bool pace_may_leave(const struct pace *pace, const struct pace_rules *rules, uint64_t now_ms);

/* After so many seconds without a newer one a value is history: ten times its usual pause, a minute at least,
 * and twice the interval at least. Before anything is learned it is a day and an hour: longer than any pause
 * known. */
unsigned pace_lifetime_s(const struct pace *pace, const struct pace_rules *rules);

/* Whether the newest value is worth sending at all, and how long it is to live from now on; 0: for good. */
bool pace_expiry_s(const struct pace *pace, const struct pace_rules *rules, uint64_t now_ms,
                   unsigned *expiry_s);

/* It left, with that expiry. */
void pace_left(struct pace *pace, unsigned expiry_s, uint64_t now_ms);

#endif
