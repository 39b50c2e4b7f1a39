#include "clock.h"

#include <stdlib.h>

#define BELIEVED_S (15 * 60)
#define DAY_S      86400
#define QUARTER_S  900

/* Seconds from 1970 of a time that exists, as if it were UTC. A year begins in March here: its leap day is the last. */
static int64_t seconds_of(const struct han_datetime *time)
{
	int64_t year = time->year + 400 - (time->month < 3); /* of any 400 the days are the same */
	int64_t day = (153 * ((time->month + 9) % 12) + 2) / 5 + time->day - 1;
	int64_t days = year * 365 + year / 4 - year / 100 + year / 400 + day - 719468 - 146097;

	return ((days * 24 + time->hour) * 60 + time->minute) * 60 + time->second;
}

static bool is_time(int64_t seconds)
{
	return (time_t)seconds == seconds;
}

static int64_t distance(int64_t a, int64_t b)
{
	return llabs(a - b);
}

static bool resolve_by_deviation(const struct han_datetime *time, int64_t civil, time_t near,
                                 struct clock_instant *instant)
{
	int64_t utc = civil + time->deviation * 60;

	if (!han_datetime_has_deviation(time) || !is_time(utc))
		return false;
	*instant = (struct clock_instant){ (time_t)utc, -time->deviation * 60 };
	return distance(utc, near) <= BELIEVED_S;
}

/* Of the zone's local time from UTC. */
static bool find_offset(int64_t utc, long *offset_s)
{
	time_t seconds = (time_t)utc;
	struct tm tm;

	if (!is_time(utc) || !localtime_r(&seconds, &tm))
		return false;
	*offset_s = tm.tm_gmtoff;
	return true;
}

/* The host's own: what was found last is that of its whole minute. */
static bool find_host_offset(struct clock_zone *zone, time_t near, long *offset_s)
{
	const int64_t minute = (int64_t)near / 60;

	if (!zone)
		return find_offset(near, offset_s);
	if (!zone->known || zone->minute != minute) {
		zone->known = find_offset(near, &zone->offset_s);
		zone->minute = minute;
	}
	*offset_s = zone->offset_s;
	return zone->known;
}

/* The host's own offset, for a clock that agrees with the host's to the quarter of an hour: within one no zone changes
 * its offset but Antarctica/Casey, a minute after midnight, and another offset would make another quarter. */
static bool resolve_by_host(struct clock_zone *zone, int64_t civil, time_t near,
                            struct clock_instant *instant)
{
	long offset_s;

	if (!find_host_offset(zone, near, &offset_s) ||
	    (civil - offset_s) / QUARTER_S != (int64_t)near / QUARTER_S)
		return false;
	*instant = (struct clock_instant){ (time_t)(civil - offset_s), offset_s };
	return true;
}

/* Whether that offset counts at the time that it makes of a local one; then it takes the place of what was found when
 * it is as near. */
static bool try_offset(int64_t civil, long offset_s, time_t near, bool found,
                       struct clock_instant *instant)
{
	int64_t utc = civil - offset_s;
	long counts_s;

	if (!find_offset(utc, &counts_s) || counts_s != offset_s)
		return found;
	if (!found || distance(utc, near) <= distance(instant->utc, near))
		*instant = (struct clock_instant){ (time_t)utc, offset_s };
	return true;
}

/* Asks the zone for its offset a day before and a day after: what either makes of the time is it, unless the other
 * counts there. Both are in the hour that comes twice, neither in the one that spring leaves out. */
static bool resolve_by_zone(int64_t civil, time_t near, struct clock_instant *instant)
{
	long before_s, after_s;
	bool before = find_offset(civil - DAY_S, &before_s);
	bool after = find_offset(civil + DAY_S, &after_s), found = false;

	if (before && after && before_s == after_s) {
		*instant = (struct clock_instant){ (time_t)(civil - before_s), before_s };
		return true;
	}
	if (before)
		found = try_offset(civil, before_s, near, found, instant);
	if (after)
		found = try_offset(civil, after_s, near, found, instant);
	return found;
}

/* The hour that spring leaves out: where it would have been. */
static bool resolve_loosely(int64_t civil, struct clock_instant *instant)
{
	long before_s, offset_s;

	if (!find_offset(civil - DAY_S, &before_s) || !find_offset(civil - before_s, &offset_s))
		return false;
	*instant = (struct clock_instant){ (time_t)(civil - before_s), offset_s };
	return true;
}

bool clock_resolve(struct clock_zone *zone, const struct han_datetime *time, time_t near,
                   struct clock_instant *instant)
{
	struct clock_instant found;
	int64_t civil;

	if (!han_datetime_exists(time))
		return false;
	civil = seconds_of(time);
	if (!resolve_by_deviation(time, civil, near, &found) &&
	    !resolve_by_host(zone, civil, near, &found) && !resolve_by_zone(civil, near, &found) &&
	    !resolve_loosely(civil, &found))
		return false;
	*instant = found;
	return true;
}

/* Returns where the next one stands. */
static char *print_number(char *buf, unsigned number, unsigned digits)
{
	for (unsigned i = digits; i > 0; i--, number /= 10)
		buf[i - 1] = (char)('0' + number % 10);
	return buf + digits;
}

/* Two digits, and what separates them from those before. */
static char *print_more(char *buf, char separator, unsigned number)
{
	buf[0] = separator;
	buf[1] = (char)('0' + number / 10);
	buf[2] = (char)('0' + number % 10);
	return buf + 3;
}

/* The reverse of seconds_of(). */
static char *print_fields(int64_t seconds, char *buf)
{
	int64_t days = seconds / DAY_S - (seconds % DAY_S < 0);
	uint64_t day = (uint64_t)(days + 719468 + 146097), era = day / 146097;
	unsigned rest = (unsigned)(day % 146097);
	unsigned year = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
	unsigned month, of_day = (unsigned)(seconds - days * DAY_S);

	rest -= 365 * year + year / 4 - year / 100;
	month = (5 * rest + 2) / 153; /* 0: March */
	rest -= (153 * month + 2) / 5;
	year += (unsigned)(era * 400) - 400 + (month >= 10);
	month = month < 10 ? month + 3 : month - 9;
	buf = print_number(buf, year, year > 9999 ? 5 : 4);
	buf = print_more(buf, '-', month);
	buf = print_more(buf, '-', rest + 1);
	buf = print_more(buf, 'T', of_day / 3600);
	buf = print_more(buf, ':', of_day / 60 % 60);
	return print_more(buf, ':', of_day % 60);
}

char *clock_print(const struct clock_instant *instant, char buf[CLOCK_TEXT])
{
	char *end = print_fields((int64_t)instant->utc + instant->offset_s, buf);
	unsigned minutes = (unsigned)(labs(instant->offset_s) / 60 % (24 * 60));

	end = print_more(end, instant->offset_s < 0 ? '-' : '+', minutes / 60);
	end = print_more(end, ':', minutes % 60);
	*end = '\0';
	return buf;
}

char *clock_print_utc(const struct timespec *time, char buf[CLOCK_TEXT])
{
	char *end = print_fields(time->tv_sec, buf);

	*end++ = '.';
	end = print_number(end, (unsigned)(time->tv_nsec / 1000000 % 1000), 3);
	*end++ = 'Z';
	*end = '\0';
	return buf;
}
