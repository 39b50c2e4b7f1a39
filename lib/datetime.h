/* A date-time from inside: into its place, field by field. The place is no part of the octets, so that those that follow
 * each other here and there may go over together. */
#ifndef DATETIME_H
#define DATETIME_H

#include <han/datetime.h>

static inline void datetime_read(const uint8_t *restrict octets, struct han_datetime *restrict time)
{
	uint16_t deviation = (uint16_t)(octets[9] << 8 | octets[10]);

	time->year = (uint16_t)(octets[0] << 8 | octets[1]);
	time->month = octets[2];
	time->day = octets[3];
	time->weekday = octets[4];
	time->hour = octets[5];
	time->minute = octets[6];
	time->second = octets[7];
	time->hundredths = octets[8];
	time->deviation = (int16_t)(deviation < 0x8000 ? deviation : deviation - 0x10000);
	time->status = octets[11];
}

#endif
