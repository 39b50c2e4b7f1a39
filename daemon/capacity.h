/* The month's three highest hours, each on another day, and their mean: what the fixed part of a Norwegian grid
 * tariff goes by.
 *
 * Of each day the hour of the highest consumption counts; of these the three highest of the month; the mean of
 * fewer as long as there are fewer. An hour belongs to the day on which it begins, by local time. (The rule
 * as grid companies state it and as node-red-contrib-power-saver, "Capacity part of grid tariff", and
 * amsreader-firmware, issues 328, 440 and 1100, have it.) Pure but for the system's time zone.
 */
#ifndef CAPACITY_H
#define CAPACITY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define CAPACITY_DAYS 3
#define CAPACITY_TEXT 128 /* octets that the printed state needs, NUL included */

struct capacity_peak {
	int day;     /* 1 … 31; 0: none */
	uint64_t wh; /* of its highest hour: the hour's mean power in W */
};

/* Zeroed: no month yet. */
struct capacity {
	int year, month;                           /* of the local calendar; 0: none */
	struct capacity_peak peaks[CAPACITY_DAYS]; /* the highest first */
};

/* The month that it is: another one than that at hand begins without peaks. Whether it is another one. */
bool capacity_month(struct capacity *capacity, time_t now);

/* An hour that is over; one of another month than that at hand does not count. Whether a peak has changed. */
bool capacity_hour(struct capacity *capacity, time_t begin, uint64_t wh);

/* In Wh, rounded to the nearest; 0 while there is none. */
uint64_t capacity_mean(const struct capacity *capacity);

/* As text, and back: false, and nothing changed, when it is none. */
char *capacity_print(const struct capacity *capacity, char buf[CAPACITY_TEXT]);
bool capacity_read(struct capacity *capacity, const char *text);

#endif
