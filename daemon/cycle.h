/* When the bus power is switched off and on again because nobody speaks: the decision. Pure.
 *
 * Some bus-powered meters stop talking and come back only when the bus was dead for a moment. Attempts come
 * at growing pauses and are counted over a rolling day. All times are milliseconds of one monotonic clock,
 * passed in; a cycle of an earlier boot has a time below 0. Knows neither the line nor the meters.
 */
#ifndef CYCLE_H
#define CYCLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CYCLE_DAY_MS   86400000
#define CYCLE_PAUSE_MS 3600000 /* to which the pause grows, where cycle-after is not longer */
#define CYCLE_KEPT     1024    /* cycles of a day; of more the oldest are forgotten */

struct cycle_settings {
	unsigned after_ms; /* of silence; 0: never */
	unsigned max;      /* attempts in a rolling day; 0: none at all */
};

/* The local ports, as they are now. */
struct cycle_view {
	size_t open; /* how many of them are open */
	uint64_t
		since_ms; /* since when all of those are silent: the last frame, or opening, of any */
	uint64_t frame_ms; /* the newest valid frame of any; 0: none yet */
	uint64_t pause_ms; /* the longest that is usual for one of the open ones; 0: nobody knows */
};

struct cycle {
	int64_t at_ms[CYCLE_KEPT]; /* when the power went off, in no order */
	size_t count;
	unsigned attempts; /* since the last valid frame */
	uint64_t on_ms;    /* when the power was last on again; 0: it was never off */
	uint64_t heard_ms; /* the newest frame that was looked at */
	bool limit_told;   /* the caller's: ends with the next frame or cycle */
};

enum cycle_step {
	CYCLE_IDLE, /* nothing will be due by time alone */
	CYCLE_WAIT, /* not yet: see wait_ms */
	CYCLE_NOW,  /* an attempt is due */
	CYCLE_LIMIT, /* it would be, but for the day's limit: wait_ms until one of the day's is forgotten */
};

struct cycle_verdict {
	enum cycle_step step;
	uint64_t wait_ms;   /* above 0 with CYCLE_WAIT and CYCLE_LIMIT */
	uint64_t silent_ms; /* how long nobody has spoken, with CYCLE_NOW and CYCLE_LIMIT */
};

/* What to do now. Attempt N since the last valid frame comes after a silence of after_ms x 2^(N-1), at most
 * CYCLE_PAUSE_MS (or after_ms, if that is longer), counted from the end of the attempt before. Where a longer pause is
 * usual it stands for after_ms. No open port is no silence. */
struct cycle_verdict cycle_decide(struct cycle *c, const struct cycle_settings *settings,
                                  const struct cycle_view *view, uint64_t now_ms);

/* The power goes off, asked for by nobody (an attempt) or by somebody; both count for the day. */
void cycle_begin(struct cycle *c, bool attempt, uint64_t now_ms);

/* It is on again, and what comes in counts. */
void cycle_end(struct cycle *c, uint64_t now_ms);

/* How many cycles the last 24 hours had. */
unsigned cycle_today(struct cycle *c, uint64_t now_ms);

/* ---- across restarts ---- */

/* A cycle as it is kept in a file: by two clocks, as neither can be trusted alone. */
struct cycle_stamp {
	long long uptime_s; /* the monotonic clock; below 0: of an earlier boot */
	long long wall_s;   /* since 1970 */
};

/* How old a stamp is, in milliseconds, now being the two clocks. In the boot that it is of, the monotonic
 * clock says so, whatever became of the other. Of another boot, the wall clock; when it has gone backwards
 * since, the cycle counts as new: rather one attempt too few. */
uint64_t cycle_age_ms(const struct cycle_stamp *stamp, const struct cycle_stamp *now);

/* The stamps of the last 24 hours as text, a line each. Returns its length; CYCLE_TEXT is enough. */
size_t cycle_print(struct cycle *c, uint64_t now_ms, long long wall_s, char *buf, size_t size);

/* Takes over what cycle_print() wrote; lines that are something else are skipped. Whether it is to be printed anew: one
 * is of an earlier boot, and once the monotonic clock has come there again it would be taken for one of this boot. */
bool cycle_parse(struct cycle *c, const char *text, uint64_t now_ms, long long wall_s);

#define CYCLE_TEXT (CYCLE_KEPT * 42 + 1)

#endif
