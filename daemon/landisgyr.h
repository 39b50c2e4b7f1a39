/* The push list of a Landis+Gyr E450 (CH), from a sample to general blocks, each in a frame of its own. Pure.
 *
 * 14 elements: the list, its name, the meter's id, powers, energies, reactive energies by quadrant, currents
 * of 0.01 A.
 */
#ifndef LANDISGYR_H
#define LANDISGYR_H

#include <stddef.h>

#include "encoder.h"
#include "sample.h"
#include "seal.h"

/* Writes the frames behind what e holds; returns their length together, 0 when they do not fit. There
 * is one list; seal is not used. */
size_t landisgyr_encode(struct encoder *e, const struct sample *sample, unsigned list,
                        const struct seal *seal);

#endif
