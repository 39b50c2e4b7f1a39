#include "capacity.h"

#include <stdio.h>

#define WH_MAX 1000000000ULL /* of an hour: a GW */

bool capacity_month(struct capacity *capacity, time_t now)
{
	struct tm tm;

	if (!localtime_r(&now, &tm))
		return false;
	if (tm.tm_year + 1900 == capacity->year && tm.tm_mon + 1 == capacity->month)
		return false;
	*capacity = (struct capacity){ .year = tm.tm_year + 1900, .month = tm.tm_mon + 1 };
	return true;
}

/* The place that a day's hour takes: its own day's, else that of the lowest. */
static struct capacity_peak *place_of(struct capacity *capacity, int day)
{
	for (unsigned i = 0; i < CAPACITY_DAYS; i++) {
		if (capacity->peaks[i].day == day)
			return &capacity->peaks[i];
	}
	return &capacity->peaks[CAPACITY_DAYS - 1];
}

/* Only one of them was raised. */
static void sort(struct capacity *capacity)
{
	for (unsigned i = CAPACITY_DAYS - 1; i > 0; i--) {
		struct capacity_peak *low = &capacity->peaks[i], *high = &capacity->peaks[i - 1];
		struct capacity_peak raised = *low;

		if (!low->day || (high->day && high->wh >= low->wh))
			continue;
		*low = *high;
		*high = raised;
	}
}

bool capacity_hour(struct capacity *capacity, time_t begin, uint64_t wh)
{
	struct capacity_peak *peak;
	struct tm tm;

	if (wh > WH_MAX || !localtime_r(&begin, &tm))
		return false;
	if (tm.tm_year + 1900 != capacity->year || tm.tm_mon + 1 != capacity->month)
		return false;
	peak = place_of(capacity, tm.tm_mday);
	if (peak->day && peak->wh >= wh)
		return false;
	*peak = (struct capacity_peak){ tm.tm_mday, wh };
	sort(capacity);
	return true;
}

uint64_t capacity_mean(const struct capacity *capacity)
{
	uint64_t sum = 0, count = 0;

	for (unsigned i = 0; i < CAPACITY_DAYS; i++) {
		if (!capacity->peaks[i].day)
			continue;
		sum += capacity->peaks[i].wh;
		count++;
	}
	return count ? (sum + count / 2) / count : 0;
}

char *capacity_print(const struct capacity *capacity, char buf[CAPACITY_TEXT])
{
	int len = snprintf(buf, CAPACITY_TEXT, "%04d-%02d\n", capacity->year, capacity->month);

	for (unsigned i = 0; i < CAPACITY_DAYS && capacity->peaks[i].day; i++)
		len += snprintf(buf + len, CAPACITY_TEXT - (size_t)len, "%d %llu\n",
		                capacity->peaks[i].day, (unsigned long long)capacity->peaks[i].wh);
	return buf;
}

/* A peak's line may follow: a day that is not there yet, and no more than the one before it. */
static bool fits(const struct capacity *capacity, unsigned count, const struct capacity_peak *peak)
{
	if (count == CAPACITY_DAYS || peak->day < 1 || peak->day > 31 || peak->wh > WH_MAX)
		return false;
	for (unsigned i = 0; i < count; i++) {
		if (capacity->peaks[i].day == peak->day || capacity->peaks[i].wh < peak->wh)
			return false;
	}
	return true;
}

bool capacity_read(struct capacity *capacity, const char *text)
{
	struct capacity read = { 0 };
	unsigned long long wh;
	int taken = 0;

	if (sscanf(text, "%4d-%2d %n", &read.year, &read.month, &taken) != 2 || taken == 0 ||
	    read.year < 1970 || read.month < 1 || read.month > 12)
		return false;
	text += taken;
	for (unsigned count = 0; *text; count++) {
		struct capacity_peak peak;

		taken = 0;
		if (sscanf(text, "%2d %12llu %n", &peak.day, &wh, &taken) != 2 || taken == 0)
			return false;
		peak.wh = wh;
		if (!fits(&read, count, &peak))
			return false;
		read.peaks[count] = peak;
		text += taken;
	}
	*capacity = read;
	return true;
}
