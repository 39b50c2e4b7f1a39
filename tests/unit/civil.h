/* The local time of an instant as most meters say it: without a deviation. */
#ifndef TEST_CIVIL_H
#define TEST_CIVIL_H

#include <time.h>

#include <han/datetime.h>

static inline struct han_datetime civil_at(time_t utc)
{
	struct tm tm;

	localtime_r(&utc, &tm);
	return (struct han_datetime){ (uint16_t)(tm.tm_year + 1900),
		                      (uint8_t)(tm.tm_mon + 1),
		                      (uint8_t)tm.tm_mday,
		                      0xFF,
		                      (uint8_t)tm.tm_hour,
		                      (uint8_t)tm.tm_min,
		                      (uint8_t)tm.tm_sec,
		                      0xFF,
		                      HAN_NO_DEVIATION,
		                      0 };
}

#endif
