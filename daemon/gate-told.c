/* What people are told of a register that is in doubt. */
#include <stdio.h>

#include "gate.h"

/* Of the longest register that a meter sends, and shorter than what a float may print. */
#define DIGITS "%.24s"

char *gate_describe(const struct gate_doubt *doubt, char buf[GATE_TEXT])
{
	const char *name = doubt->measurement->name,
		   *unit = han_unit_name(doubt->measurement->unit);
	char said[HAN_DECIMAL_TEXT], before[HAN_DECIMAL_TEXT];

	han_decimal_print(doubt->said, said);
	han_decimal_print(doubt->before, before);
	switch (doubt->reason) {
	case GATE_SUSPECT:
		snprintf(buf, GATE_TEXT, "%s says " DIGITS " %s, %s", name, said, unit,
		         doubt->said.negative ? "less than nothing"
		                              : "which is not the sum of its tariffs");
		break;
	case GATE_FALLEN:
		snprintf(buf, GATE_TEXT, "%s fell from " DIGITS " to " DIGITS " %s", name, before,
		         said, unit);
		break;
	case GATE_RISEN:
		snprintf(buf, GATE_TEXT,
		         "%s rose from " DIGITS " to " DIGITS " %s, more than max-power allows",
		         name, before, said, unit);
		break;
	}
	return buf;
}

const char *gate_prospect(const struct gate_doubt *doubt)
{
	if (doubt->said.negative)
		return "not published";
	return doubt->lasting ? "not published unless it stays so for an hour"
	                      : "not published until the next list agrees";
}
