/* The lists of a Kaifa meter with KFM_001 (NO, SE), from values to frames. Pure. */
#ifndef KAIFA_H
#define KAIFA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/datetime.h>

#include "encoder.h"

/* In the units of the wire. Of one phase there is only the first. */
struct kaifa {
	const char *meter_id; /* 16 digits */
	const char *meter_type;
	bool one_phase;
	bool wide_energies;      /* registers of 64 bits (MA304T4), else the low 32 bits */
	uint8_t source[2];       /* the frame's source address: 02 01 in Norway, 00 01 in Sweden */
	struct han_datetime now; /* of the message */
	struct han_datetime clock;                 /* of list 3's clock item */
	uint32_t power_import, power_export;       /* W */
	uint32_t reactive_import, reactive_export; /* var */
	uint32_t current[3];                       /* mA */
	uint32_t voltage[3];                       /* 0.1 V */
	uint64_t energy[4]; /* Wh, varh: active import, export, reactive import, export */
};

enum kaifa_list { KAIFA_LIST_1 = 1, KAIFA_LIST_2, KAIFA_LIST_3 };

/* Writes the frame of that list behind what e holds; returns its length, 0 when it does not fit. */
size_t kaifa_encode(struct encoder *e, const struct kaifa *meter, enum kaifa_list list);

#endif
