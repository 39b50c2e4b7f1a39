/* The project's own encoder of meters' messages: A-XDR items, data-notification, LLC, HDLC frame.
 *
 * What simulates a meter and what tests the decoder writes its frames with it. Pure: the caller's buffer,
 * no clock. The first write that does not fit sticks in `overflow`, and the frame has length 0.
 */
#ifndef ENCODER_H
#define ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/datetime.h>

#define ENCODER_MAX 2049 /* the longest frame, flags included */

struct encoder {
	uint8_t octets[ENCODER_MAX];
	size_t len;
	size_t header_len; /* format to control */
	bool overflow;
};

void encode_u8(struct encoder *e, uint8_t value);
void encode_be(struct encoder *e, uint64_t value, unsigned octets); /* most significant first */
void encode_octets(struct encoder *e, const void *octets, size_t len);

/* A-XDR (DLMS Blue Book 4.1.5): the tag, then the value. */
void encode_structure(struct encoder *e, uint8_t count);
void encode_octet_string(struct encoder *e, const void *octets, uint8_t len); /* len below 128 */
void encode_text(struct encoder *e, const char *text);                        /* as octet-string */
void encode_uint32(struct encoder *e, uint32_t value);
void encode_uint64(struct encoder *e, uint64_t value);
void encode_datetime(struct encoder *e, const struct han_datetime *time); /* as octet-string */

struct encoder_address {
	uint8_t octets[4]; /* as on the wire */
	uint8_t len;
};

struct encoder_frame {
	struct encoder_address destination;
	struct encoder_address source;
	uint8_t control;
};

/* Opens a frame: flag, format field (length still open), addresses, control, room for the check. */
void encode_frame_begin(struct encoder *e, const struct encoder_frame *frame);

/* LLC and the header of a data-notification, with the date-time in Kaifa's spelling (a type in front). */
void encode_notification(struct encoder *e, uint32_t invoke_id, const struct han_datetime *time);

/* Closes the frame: length, both check sequences, flag. Returns its length, 0 when it did not fit. */
size_t encode_frame_end(struct encoder *e);

#endif
