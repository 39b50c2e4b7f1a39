/* A meter's clock against the host's: when was it, on the wall and in UTC?
 *
 * Most meters write local civil time without a deviation and without saying whether it is summer time;
 * it is read in the system's time zone.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdbool.h>
#include <time.h>

#include <han/datetime.h>

#define CLOCK_TEXT 40

struct clock_instant {
	time_t utc;
	long offset_s; /* of local time from UTC */
};

/* The host's offset as it was found last, for whoever asks often. Zeroed: it was not yet. */
struct clock_zone {
	int64_t minute; /* from 1970: it counts in this one */
	long offset_s;
	bool known;
};

/* The instant of a meter's time; near, the host's time of arrival, decides in the hour that comes twice
 * in autumn. A deviation is believed when it leads to within 15 minutes of near, otherwise the system's
 * zone counts. False for a time that does not exist in the calendar. zone NULL: nothing is kept. */
bool clock_resolve(struct clock_zone *zone, const struct han_datetime *time, time_t near,
                   struct clock_instant *instant);

/* ISO 8601 with offset: "2026-11-22T14:00:10+01:00". Returns buf. */
char *clock_print(const struct clock_instant *instant, char buf[CLOCK_TEXT]);

/* ISO 8601 in UTC with milliseconds: "2026-11-22T13:00:10.250Z". Returns buf. */
char *clock_print_utc(const struct timespec *time, char buf[CLOCK_TEXT]);

#endif
