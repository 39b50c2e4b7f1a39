#include "hour.h"

#include "clock.h"

#define HOUR_S        3600
#define DAY_H         24
#define CLOCK_INVALID 0x01

static int64_t begin_of(int64_t utc, long offset_s)
{
	int64_t past = (utc + offset_s) % HOUR_S;

	return utc - (past < 0 ? past + HOUR_S : past);
}

/* NULL: none to be believed. */
static const struct han_datetime *time_of(const struct han_reading *reading)
{
	const struct han_datetime *said = han_reading_time(reading);

	if (!said || !han_datetime_exists(said) ||
	    (said->status != HAN_UNSPECIFIED && (said->status & CLOCK_INVALID)))
		return NULL;
	return said;
}

int64_t hour_of_reading(const struct han_reading *reading, time_t now)
{
	const struct han_datetime *said = time_of(reading);
	struct clock_instant instant;
	struct tm tm;

	if (said && clock_resolve(NULL, said, now, &instant))
		return begin_of(instant.utc, instant.offset_s);
	localtime_r(&now, &tm);
	return begin_of(now, tm.tm_gmtoff);
}

uint8_t hour_said(const struct han_reading *reading)
{
	const struct han_datetime *said = time_of(reading);

	return said ? said->hour : HAN_UNSPECIFIED;
}

static bool follows(uint8_t before, uint8_t said)
{
	return before != HAN_UNSPECIFIED && said == (before + 1) % DAY_H;
}

bool hour_is_new(const struct hour *last, int64_t begun, uint8_t said, uint64_t now_ms)
{
	if (!last->known || begun > last->begun)
		return true;
	return now_ms - last->kept_ms >= HOUR_PATIENCE_MS &&
	       (begun < last->begun || follows(last->said, said));
}
