/* The push list of an Iskraemeco AM550 (CH), from a sample to HDLC segments. Pure.
 *
 * 28 elements: the list, its name, logical device name and number, clock, powers, energies and reactive
 * energies by quadrant, each in total and by two tariffs, power factor. The clock knows its zone.
 */
#ifndef ISKRA_H
#define ISKRA_H

#include <stddef.h>

#include "encoder.h"
#include "sample.h"
#include "seal.h"

/* Writes the frames behind what e holds; returns their length together, 0 when they do not fit. There
 * is one list; seal is not used. */
size_t iskra_encode(struct encoder *e, const struct sample *sample, unsigned list,
                    const struct seal *seal);

#endif
