/* Which hour a reading belongs to, and whether it is the first one of it: pure.
 *
 * An hour is known by the instant at which it began, so that the two hours of autumn that look alike on the wall are
 * two. It begins when the minutes of the local clock are zero, which is not the same in every zone.
 */
#ifndef HOUR_H
#define HOUR_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <han/reading.h>

/* When the hour of this reading began, in seconds of UTC: by the meter's clock, or by the host's, now, when the meter
 * has none or says that its own is invalid. */
int64_t hour_of_reading(const struct han_reading *reading, time_t now);

/* The hour of the day that the meter itself says, whatever the zone makes of it; HAN_UNSPECIFIED: none to be believed. */
uint8_t hour_said(const struct han_reading *reading);

/* The hour that was kept last. */
struct hour {
	bool known;
	uint8_t said; /* see hour_said(); HAN_UNSPECIFIED of an earlier run */
	int64_t begun;
	uint64_t kept_ms; /* of the monotonic clock; of an earlier run: when this one began */
};

/* How long an hour that lies before the last one is not believed: a clock that is put back, or jumps to and fro,
 * shall not make each reading the first one of an hour. */
#define HOUR_PATIENCE_MS (50 * 60 * 1000)

/* A clock that does not follow summer time has two hours in spring that seem to have begun at the same time: they are
 * two by what it says. */
bool hour_is_new(const struct hour *last, int64_t begun, uint8_t said, uint64_t now_ms);

#endif
