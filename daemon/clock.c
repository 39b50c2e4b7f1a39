#include "clock.h"

#include <stdio.h>
#include <stdlib.h>

#define BELIEVED_S (15 * 60)

static struct tm fields_of(const struct han_datetime *time)
{
	return (struct tm){
		.tm_year = time->year - 1900,
		.tm_mon = time->month - 1,
		.tm_mday = time->day,
		.tm_hour = time->hour,
		.tm_min = time->minute,
		.tm_sec = time->second,
	};
}

static long long distance(time_t a, time_t b)
{
	return llabs((long long)a - (long long)b);
}

static bool resolve_by_deviation(const struct han_datetime *time, time_t near,
                                 struct clock_instant *instant)
{
	struct tm tm = fields_of(time);

	if (!han_datetime_has_deviation(time))
		return false;
	instant->utc = timegm(&tm) + time->deviation * 60;
	instant->offset_s = -time->deviation * 60;
	return distance(instant->utc, near) <= BELIEVED_S;
}

/* Asks the zone for the time as standard and as summer time; what it shifts did not exist that way. */
static bool resolve_by_zone(const struct han_datetime *time, time_t near,
                            struct clock_instant *instant)
{
	bool found = false;

	for (int summer = 0; summer <= 1; summer++) {
		struct tm tm = fields_of(time);
		time_t utc;

		tm.tm_isdst = summer;
		utc = mktime(&tm);
		if (utc == (time_t)-1 || tm.tm_hour != time->hour || tm.tm_isdst != summer)
			continue;
		if (!found || distance(utc, near) < distance(instant->utc, near))
			*instant = (struct clock_instant){ utc, tm.tm_gmtoff };
		found = true;
	}
	return found;
}

/* The hour that spring leaves out: mktime moves it to where it would have been. */
static bool resolve_loosely(const struct han_datetime *time, struct clock_instant *instant)
{
	struct tm tm = fields_of(time);
	time_t utc;

	tm.tm_isdst = -1;
	utc = mktime(&tm);
	*instant = (struct clock_instant){ utc, tm.tm_gmtoff };
	return utc != (time_t)-1;
}

bool clock_resolve(const struct han_datetime *time, time_t near, struct clock_instant *instant)
{
	struct clock_instant found;

	if (!han_datetime_exists(time))
		return false;
	if (!resolve_by_deviation(time, near, &found) && !resolve_by_zone(time, near, &found) &&
	    !resolve_loosely(time, &found))
		return false;
	*instant = found;
	return true;
}

static char *print_fields(time_t seconds, char buf[CLOCK_TEXT])
{
	struct tm tm;

	gmtime_r(&seconds, &tm);
	buf += snprintf(buf, 8, "%04u", (unsigned)(tm.tm_year + 1900) % 100000);
	return buf + strftime(buf, CLOCK_TEXT - 8, "-%m-%dT%H:%M:%S", &tm);
}

char *clock_print(const struct clock_instant *instant, char buf[CLOCK_TEXT])
{
	char *end = print_fields(instant->utc + instant->offset_s, buf);
	unsigned minutes = (unsigned)(labs(instant->offset_s) / 60 % (24 * 60));

	snprintf(end, 8, "%c%02u:%02u", instant->offset_s < 0 ? '-' : '+', minutes / 60,
	         minutes % 60);
	return buf;
}

char *clock_print_utc(const struct timespec *time, char buf[CLOCK_TEXT])
{
	char *end = print_fields(time->tv_sec, buf);

	snprintf(end, 8, ".%03uZ", (unsigned)(time->tv_nsec / 1000000 % 1000));
	return buf;
}
