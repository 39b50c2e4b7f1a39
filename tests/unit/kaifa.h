/* Kaifa's lists in hex, made up from "HAN OBIS codes KFM_001", and a reading as text. */
#ifndef KAIFA_H
#define KAIFA_H

#include <han/reading.h>

#include "note.h"
#include "unhex.h"

/* Texts */
#define VERSION "0907 4b464d5f303031 "                   /* KFM_001 */
#define ID      "0910 36393730363331343030303030303030 " /* 6970631400000000 */
#define H2E     "0908 4d41313035483245 "                 /* MA105H2E: one phase */
#define H3E     "0908 4d41333034483345 "                 /* MA304H3E: three wires */
#define H4      "0907 4d413330344834 "                   /* MA304H4: four wires */
#define T3      "0908 4d41333034543345 "                 /* MA304T3E: three wires */
#define T4      "0907 4d413330345434 "                   /* MA304T4: four wires */
/* Numbers */
#define POWERS   "06 000004d2 06 00000000 06 00000000 06 00000038 " /* 1234 W, 0, 0, 56 var */
#define CURRENT  "06 00001538 "                                     /* 5.432 A */
#define VOLTAGE  "06 000008fd "                                     /* 230.1 V */
#define CURRENTS "06 0000067d 06 00000837 06 00000539 "             /* 1.661, 2.103, 1.337 A */
#define VOLTAGES "06 000008f1 06 000008f0 06 000008e5 "             /* 228.9, 228.8, 227.7 V */
#define CLOCK    "090c 07e8 01 17 02 12 00 0a ff 8000 00 "          /* 2024-01-23 18:00:10 */
#define ENERGIES "06 00b0d78a 06 002b8919 06 0001d70c 06 00416444 "

#define LIST_1     "02 01 06 000004d2"
#define LIST_2_1PH "02 09" VERSION ID H2E POWERS CURRENT VOLTAGE
#define LIST_2_3PH "02 0d" VERSION ID H4 POWERS CURRENTS VOLTAGES
#define LIST_3_1PH "02 0e" VERSION ID H2E POWERS CURRENT VOLTAGE CLOCK ENERGIES
#define LIST_3_3PH "02 12" VERSION ID H4 POWERS CURRENTS VOLTAGES CLOCK ENERGIES

/* The same as text */
#define SAYS_HEAD(type) "obis_version=KFM_001 meter_id=6970631400000000 meter_type=" type " "
#define SAYS_POWERS                                                                    \
	"power_active_import=1234W power_active_export=0W power_reactive_import=0var " \
	"power_reactive_export=56var "
#define SAYS_PHASE    "phase_current_l1=5.432A phase_voltage_l1=230.1V"
#define SAYS_CURRENTS "phase_current_l1=1.661A phase_current_l2=2.103A phase_current_l3=1.337A "
#define SAYS_VOLTAGES "phase_voltage_l1=228.9V phase_voltage_l2=228.8V phase_voltage_l3=227.7V"
#define SAYS_CLOCK    " meter_timestamp=2024-01-23T18:00:10 "
#define SAYS_ENERGIES                                                                 \
	"energy_active_cum_import=11589.514kWh energy_active_cum_export=2853.145kWh " \
	"energy_reactive_cum_import=120.588kvarh energy_reactive_cum_export=4285.508kvarh"

#define SAYS_LIST_1     "power_active_import=1234W"
#define SAYS_LIST_2_1PH SAYS_HEAD("MA105H2E") SAYS_POWERS SAYS_PHASE
#define SAYS_LIST_2_3PH SAYS_HEAD("MA304H4") SAYS_POWERS SAYS_CURRENTS SAYS_VOLTAGES
#define SAYS_LIST_3_1PH SAYS_LIST_2_1PH SAYS_CLOCK SAYS_ENERGIES
#define SAYS_LIST_3_3PH SAYS_LIST_2_3PH SAYS_CLOCK SAYS_ENERGIES

/* name=value with its unit, "(structural)" behind such a zero. */
static inline void note_value(struct note *note, const struct han_value *value)
{
	char text[HAN_TEXT_MAX];

	note_add(note, "%s%s=", note_gap(note), han_value_name(value, text));
	switch (value->type) {
	case HAN_VALUE_NUMBER:
		note_add(note, "%s%s", han_decimal_print(value->number, text),
		         han_unit_name(value->unit));
		break;
	case HAN_VALUE_TEXT:
		note_add(note, "%s", han_value_text(value, text));
		break;
	case HAN_VALUE_CLOCK:
		note_add(note, "%s", han_datetime_print(&value->time, text));
		break;
	}
	note_add(note, "%s", value->structural ? "(structural)" : "");
	if (value->suspicion == HAN_SUSPECT_DATE)
		note_add(note, "(date)");
	if (value->suspicion == HAN_SUSPECT_SUM)
		note_add(note, "(sum)");
}

/* All values. */
static inline void note_reading(struct note *note, const struct han_reading *reading)
{
	note_clear(note);
	assert_true(reading->count <= HAN_VALUES_MAX);
	for (size_t i = 0; i < reading->count; i++) {
		note_value(note, &reading->values[i]);
	}
}

#endif
