/* How many messages of a kind are written, when something makes them come again and again. Pure.
 *
 * A kind is a number that the caller makes up (the place in the source, the port). Each may come in a burst
 * of RATELIMIT_BURST, and from then on once per RATELIMIT_PAUSE_MS; the others are counted, and the last
 * of them is kept, so that the end of the story is not lost. Knows no clock and no way out.
 */
#ifndef RATELIMIT_H
#define RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define RATELIMIT_BURST    20
#define RATELIMIT_PAUSE_MS 60000
#define RATELIMIT_KINDS    64   /* with their last message; the one quiet for longest makes room */
#define RATELIMIT_DEBTS    8192 /* that made room: only how many they have written */
#define RATELIMIT_TEXT     256

/* Zeroed is ready for use. */
struct ratelimit {
	struct ratelimit_kind {
		uint64_t kind;
		uint64_t seen_ms; /* when the last one came; 0: the place is free */
		uint64_t full_ms; /* when its whole burst is free again */
		unsigned suppressed;
		int level; /* of the last that was suppressed */
		char text[RATELIMIT_TEXT];
	} kinds[RATELIMIT_KINDS];
	/* Of kinds that made room. Memory that nobody touches before there are so many. */
	struct ratelimit_debt {
		uint64_t kind;
		uint64_t full_ms; /* 0: the place is free */
		unsigned suppressed;
	} debts[RATELIMIT_DEBTS];
};

/* Whether this message may be written; now_ms is any monotonic clock, from 1 on. True: *suppressed is how
 * many of its kind were not written since the last that was. False: it is counted, and kept, its end cut
 * off where it is too long. */
bool ratelimit_pass(struct ratelimit *limit, uint64_t kind, uint64_t now_ms, int level,
                    const char *text, unsigned *suppressed);

/* Copies the next kind of which messages were suppressed, and forgets that they were: its text is the last of
 * them. It counts as one that was written. False: there is none. */
bool ratelimit_next(struct ratelimit *limit, uint64_t now_ms, struct ratelimit_kind *told);

#endif
