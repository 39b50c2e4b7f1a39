/* The lists of a Kamstrup Omnipower with Kamstrup_V0001 (NO, SE), three phases, direct connection, from a
 * sample to frames. Pure.
 *
 * A flat structure: the list's version, then code and value in turn; scales are the list's: currents
 * 0.01 A, voltages 1 V, energies 10 Wh and 10 varh.
 */
#ifndef KAMSTRUP_H
#define KAMSTRUP_H

#include <stddef.h>

#include "encoder.h"
#include "sample.h"
#include "seal.h"

/* 25 and 35 elements, as the maker counts them. The hourly list has the registers of the full hour. */
enum kamstrup_list { KAMSTRUP_LIST_1 = 1, KAMSTRUP_LIST_2 };

/* Writes the frame of that list (enum kamstrup_list) behind what e holds; returns its length, 0 when it does not fit. seal is not
 * used. */
size_t kamstrup_encode(struct encoder *e, const struct sample *sample, unsigned list,
                       const struct seal *seal);

#endif
