#include "clock-told.h"

#include <stdio.h>
#include <stdlib.h>

#include "plural.h"

#define HOUR_S 3600
#define DAY_S  (24 * HOUR_S)
#define SPAN   48

static void print_span(int64_t seconds, char text[SPAN])
{
	long days = (long)(seconds / DAY_S), hours = (long)(seconds / HOUR_S);
	long minutes = (long)(seconds / 60 % 60);

	if (days >= 2)
		snprintf(text, SPAN, "%ld days", days);
	else if (hours > 0 && minutes > 0)
		snprintf(text, SPAN, "%ld h %ld min", hours, minutes);
	else if (hours > 0)
		snprintf(text, SPAN, "%ld hour%s", hours, plural((size_t)hours));
	else
		snprintf(text, SPAN, "%ld minutes", minutes);
}

bool clock_told(struct clock_told *told, int64_t offset_s, char text[CLOCK_TOLD_TEXT])
{
	int64_t apart_s = llabs(offset_s);
	bool far = apart_s > (told->far ? CLOCK_TOLD_NEAR_S : CLOCK_TOLD_FAR_S);
	bool again = told->other;
	char span[SPAN];

	told->other = far != told->far && !again;
	if (far == told->far || !again)
		return false;
	told->far = far;
	print_span(apart_s, span);
	if (far)
		snprintf(text, CLOCK_TOLD_TEXT,
		         "its clock is %s %s this machine's: check time and time zone here "
		         "(timedatectl)",
		         span, offset_s > 0 ? "ahead of" : "behind");
	else
		snprintf(text, CLOCK_TOLD_TEXT, "its clock agrees with this machine's again");
	return true;
}
