/* M-Bus long frames (EN 13757-2) with the segments of DLMS (EN 13757-1; Austrian customer interface).
 *
 *	68 | L | L | 68 | C | A | CI | STSAP | DTSAP | data | checksum | 16
 *
 * L counts C … data. Sagemcom sends frames longer than 255 with L modulo 256: below 5 it stands for L + 256.
 */
#ifndef MBUS_H
#define MBUS_H

#include "candidate.h"

#define MBUS_START 0x68
#define MBUS_STOP  0x16

/* CI of a segment: bits 7 to 5 are 0. */
#define MBUS_CI_LAST   0x10
#define MBUS_CI_NUMBER 0x0F
#define MBUS_CI_MASK   0x1F

/* Whether a candidate may begin with this octet. */
static inline bool mbus_starts(uint8_t octet)
{
	return octet == MBUS_START;
}

/* Looks at the candidate: fills f->mbus, and f->payload and payload_len with the data behind DTSAP.
 *
 * A short or another frame than C 53 or 73 is noise. HAN_ERR_CHECKSUM, HAN_ERR_STOP. A frame whose CI is
 * no segment's (a plain M-Bus telegram, EN 13757-3) is a frame without payload. */
enum look mbus_look(struct framer *f);

#endif
