/* The telegram of a DSMR 5 meter (NL) with three phases, two tariffs and a gas meter on channel 1, from a
 * sample to P1 lines. Pure.
 */
#ifndef DSMR_H
#define DSMR_H

#include <stddef.h>

#include "encoder.h"
#include "sample.h"
#include "seal.h"

/* Writes the telegram behind what e holds; returns its length, 0 when it does not fit. There
 * is one list; seal is not used. */
size_t dsmr_encode(struct encoder *e, const struct sample *sample, unsigned list,
                   const struct seal *seal);

#endif
