/* A message that is too long for one frame: HDLC segments, general blocks, M-Bus segments. Pure, on the
 * encoder: each writes all frames of the message behind what e holds, and returns how many octets they
 * have together; 0 when they do not fit into the buffer or cannot be numbered.
 */
#ifndef WRAP_H
#define WRAP_H

#include <stddef.h>
#include <stdint.h>

#include "encoder.h"

/* HDLC segments (Green Book 8.3): the LLC header is in the first one only. frame is the last segment; the
 * others have its addresses, the segmentation bit and the control octet more_control. An information
 * field has at most `most` octets. */
size_t wrap_segments(struct encoder *e, const struct encoder_frame *frame, uint8_t more_control,
                     const uint8_t *apdu, size_t len, size_t most);

/* General block transfer as Landis+Gyr pushes it: every block, streamed, in a frame of its own, numbered
 * from 1; the LLC header in the first frame only. A block has at most `most` octets of the message. */
size_t wrap_blocks(struct encoder *e, const struct encoder_frame *frame, const uint8_t *apdu,
                   size_t len, size_t most);

struct wrap_mbus {
	uint8_t control; /* C: 53, SND_UD */
	uint8_t address; /* A: FF, broadcast */
	uint8_t stsap;   /* 01 */
	uint8_t dtsap;   /* 67, consumer information */
	size_t most;     /* octets of the message in a frame, up to WRAP_MBUS_MAX */
};

/* The standard's length octet ends at 250 octets of message. Above it wraps, as Sagemcom's does, and 0 … 4
 * say 256 … 260. */
#define WRAP_MBUS_MAX 255

/* M-Bus long frames (EN 13757-2) with the segments of EN 13757-1, 16 at most; CI counts them from 00, and
 * the last one adds 10. */
size_t wrap_mbus(struct encoder *e, const struct wrap_mbus *link, const uint8_t *apdu, size_t len);

#endif
