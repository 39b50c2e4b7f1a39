/* The lists of an Aidon 6525 with AIDON_V0001 on a grid with three wires (NO), from a sample to frames. Pure.
 *
 * An array of objects that say what they are: code, value, and the registers' scaler and unit. There is no
 * current of L2. Energies are in steps of 10 Wh and 10 varh.
 */
#ifndef AIDON_H
#define AIDON_H

#include <stddef.h>

#include "encoder.h"
#include "sample.h"
#include "seal.h"

/* 1, 12 and 17 objects. List 3 has the registers of the full hour, and its clock says that hour. */
enum aidon_list { AIDON_LIST_1 = 1, AIDON_LIST_2, AIDON_LIST_3 };

/* Writes the frame of that list (enum aidon_list) behind what e holds; returns its length, 0 when it does not fit. seal is not
 * used. */
size_t aidon_encode(struct encoder *e, const struct sample *sample, unsigned list,
                    const struct seal *seal);

#endif
