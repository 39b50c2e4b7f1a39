/* COSEM date-time (DLMS Blue Book 4.1.6.1), as the meter writes it. */
#ifndef HAN_DATETIME_H
#define HAN_DATETIME_H

#include <stdbool.h>
#include <stdint.h>

#include <han/export.h>

#define HAN_DATETIME_OCTETS 12
#define HAN_UNSPECIFIED     0xFF              /* month … hundredths, status */
#define HAN_NO_YEAR         0xFFFF            /* year */
#define HAN_NO_DEVIATION    ((int16_t)-32768) /* deviation */
#define HAN_DATETIME_TEXT   32

/* The fields unchecked; any of them may be unspecified. Most meters write local civil time and
 * leave the deviation out. */
struct han_datetime {
	uint16_t year;
	uint8_t month;      /* 1 … 12; FD and FE stand for the ends of summer time */
	uint8_t day;        /* 1 … 31; FD and FE count from the month's end */
	uint8_t weekday;    /* 1 Monday … 7; informative, often wrong */
	uint8_t hour;       /* 0 … 23 */
	uint8_t minute;     /* 0 … 59 */
	uint8_t second;     /* 0 … 59 */
	uint8_t hundredths; /* 0 … 99 */
	int16_t deviation;  /* minutes; UTC = local time + deviation */
	uint8_t status;     /* bit 0 invalid, 1 doubtful, 7 summer time */
};

HAN_EXPORT struct han_datetime han_datetime_read(const uint8_t octets[HAN_DATETIME_OCTETS]);

/* Whether date and time, down to the second, are specified and exist in the calendar. */
HAN_EXPORT bool han_datetime_exists(const struct han_datetime *time);

/* Whether the deviation is specified and in range (-720 … 720). */
HAN_EXPORT bool han_datetime_has_deviation(const struct han_datetime *time);

/* ISO 8601 as the meter writes it, "2022-05-05T21:00:10", with "+02:00" behind when the deviation
 * is specified and in range. A time that does not exist prints the same way, field by field. Returns buf. */
HAN_EXPORT char *han_datetime_print(const struct han_datetime *time, char buf[HAN_DATETIME_TEXT]);

#endif
