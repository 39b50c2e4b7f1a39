/* When people are told that a meter's clock and this machine's are far apart, and in which words. Pure.
 *
 * One of them is wrong, or the time zone is; registers are booked on hours by the meter's. What a single reading says
 * is nothing to speak of, nor is a clock that jumps to and fro with each.
 */
#ifndef CLOCK_TOLD_H
#define CLOCK_TOLD_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_TOLD_FAR_S  (15 * 60) /* from here on they are far apart, */
#define CLOCK_TOLD_NEAR_S (10 * 60) /* and no more from here on */
#define CLOCK_TOLD_TEXT   160

/* Zeroed: nothing was told. */
struct clock_told {
	bool far;   /* so people were told */
	bool other; /* the last reading said otherwise; with the next one that does it is news */
};

/* Whether there is news; then it is in text. */
bool clock_told(struct clock_told *told, int64_t offset_s, char text[CLOCK_TOLD_TEXT]);

#endif
