/* The ciphered list of a Sagemcom T210-D (AT), from a sample to M-Bus frames. Pure.
 *
 * A flat structure of 35: clock, eleven values each with its code and its scaler and unit, the meter's
 * number; sealed, and in two segments, the first of which is longer than the length octet can say.
 */
#ifndef SAGEMCOM_H
#define SAGEMCOM_H

#include <stddef.h>
#include <stdint.h>

#include "encoder.h"
#include "sample.h"
#include "seal.h"

/* The meter's system title: the maker's three letters, and a number. */
extern const uint8_t sagemcom_title[SEAL_TITLE_OCTETS];

/* Writes the frames behind what e holds; returns their length together, 0 when they do not fit. seal has the
 * meter's title, and the keys; the invocation counter is the message's number. */
size_t sagemcom_encode(struct encoder *e, const struct sample *sample, unsigned list,
                       const struct seal *seal);

#endif
