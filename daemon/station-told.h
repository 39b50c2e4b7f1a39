/* What people are told of a station: in the journal when a step breaks or is mended, and in the status. */
#ifndef STATION_TOLD_H
#define STATION_TOLD_H

#include "station.h"

/* The station's problem is another step than before. */
void station_log_problem(const struct station *st, enum problem_rung before);

/* Doubt of registers began or ended. */
void station_log_gate(const struct station *st, const struct gate_report *report);

#endif
