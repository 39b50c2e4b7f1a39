/* HDLC frame format type 3 (IEC 62056-46; DLMS Green Book 8.3 to 8.5).
 *
 *	7E | format 2 | destination 1..4 | source 1..4 | control 1 | HCS 2 | information | FCS 2 | 7E
 *
 * There is no octet stuffing: 7E and 7D stand unescaped inside, the length field alone tells where a
 * frame ends. The length is trusted only when the header check agrees. One flag may end a frame and open
 * the next. Knows nothing of what the information field holds.
 */
#ifndef HDLC_H
#define HDLC_H

#include "candidate.h"

#define HDLC_FLAG      0x7E
#define HDLC_MAX       2047 /* format to FCS: the 11-bit length field */
#define HDLC_TYPE      0xA  /* the upper 4 bits of the format field */
#define HDLC_SEGMENTED 0x0800
#define HDLC_LENGTH    0x07FF

/* Whether a candidate may begin with this octet. */
static inline bool hdlc_starts(uint8_t octet)
{
	return octet == HDLC_FLAG;
}

/* How long a frame with this format field is to be, flags included; 0: it is none. */
static inline size_t hdlc_frame_len(const uint8_t format[2])
{
	if (format[0] >> 4 != HDLC_TYPE)
		return 0;
	return 2 + ((size_t)(format[0] << 8 | format[1]) & HDLC_LENGTH);
}

/* Looks at the candidate, at f->need octets of it and no more: fills f->hdlc, and f->payload and payload_len with
 * the information field.
 *
 * HAN_ERR_LENGTH, HAN_ERR_ADDRESS, HAN_ERR_HCS, HAN_ERR_FLAG, HAN_ERR_FCS; anything but the format type
 * behind the flag is noise, another flag is a fill. */
enum look hdlc_look(struct framer *f);

#endif
