#include "datetime.h"

#include "text.h"

struct han_datetime han_datetime_read(const uint8_t octets[HAN_DATETIME_OCTETS])
{
	struct han_datetime time;

	datetime_read(octets, &time);
	return time;
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : days[month - 1];
}

bool han_datetime_exists(const struct han_datetime *time)
{
	if (time->year == HAN_NO_YEAR || time->month < 1 || time->month > 12)
		return false;
	if (time->day < 1 || time->day > days_in_month(time->year, time->month))
		return false;
	return time->hour < 24 && time->minute < 60 && time->second < 60;
}

bool han_datetime_has_deviation(const struct han_datetime *time)
{
	return time->deviation >= -720 && time->deviation <= 720;
}

char *han_datetime_print(const struct han_datetime *time, char buf[HAN_DATETIME_TEXT])
{
	char *out = text_uint(buf, time->year, 4);

	*out++ = '-';
	out = text_uint(out, time->month, 2);
	*out++ = '-';
	out = text_uint(out, time->day, 2);
	*out++ = 'T';
	out = text_uint(out, time->hour, 2);
	*out++ = ':';
	out = text_uint(out, time->minute, 2);
	*out++ = ':';
	out = text_uint(out, time->second, 2);
	if (han_datetime_has_deviation(time)) {
		/* ISO counts what local time is ahead of UTC, COSEM what it is behind. */
		unsigned minutes =
			(unsigned)(time->deviation < 0 ? -time->deviation : time->deviation);

		*out++ = time->deviation <= 0 ? '+' : '-';
		out = text_uint(out, minutes / 60, 2);
		*out++ = ':';
		out = text_uint(out, minutes % 60, 2);
	}
	*out = '\0';
	return buf;
}
