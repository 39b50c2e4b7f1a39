/* All that can be published of a meter: the library's measurements, then what is calculated from them.
 *
 * Both are rows of the same kind, so that whoever publishes or announces need not know which is which.
 */
#ifndef QUANTITY_H
#define QUANTITY_H

#include <stddef.h>

#include <han/measurement.h>

enum calculated {
	CALCULATED_LIVE_IMPORT, /* last register and the power since */
	CALCULATED_LIVE_EXPORT,
	CALCULATED_NET, /* import minus export */
	CALCULATED_HOUR_IMPORT,
	CALCULATED_HOUR_EXPORT,
	CALCULATED_PEAK_1, /* the month's highest hourly means */
	CALCULATED_PEAK_2,
	CALCULATED_PEAK_3,
	CALCULATED_MEAN, /* of the three */
	CALCULATED_COUNT,
};

/* 0 ... quantity_count() - 1; static storage. */
size_t quantity_count(void);
const struct han_measurement *quantity_at(size_t index);

/* A row's place; it is one of quantity_at(). */
size_t quantity_index(const struct han_measurement *quantity);

/* What is calculated: no code, and of the kind REGISTER what stays true while the meter is silent. */
const struct han_measurement *quantity_calculated(enum calculated which);

#endif
