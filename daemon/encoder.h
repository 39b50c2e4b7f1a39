/* The project's own encoder of meters' messages: A-XDR items, data-notification, LLC, HDLC frame.
 *
 * What simulates a meter and what tests the decoder writes its messages with it. Pure: the caller's
 * buffer, no clock, no heap. The first write that does not fit sticks in `overflow`; nothing is
 * written from there on, and a frame that is closed after it has length 0.
 */
#ifndef ENCODER_H
#define ENCODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/axdr.h>
#include <han/datetime.h>
#include <han/obis.h>
#include <han/reading.h>

#define ENCODER_FRAME_MAX 2049 /* octets of the longest frame, flags included */

struct encoder {
	uint8_t *octets; /* the caller's; outlives the encoder */
	size_t size;
	size_t len;
	bool overflow;
	size_t frame;  /* where the open frame begins, */
	size_t header; /* and where its first check sequence stands */
};

void encoder_init(struct encoder *e, uint8_t *buf, size_t size);

void encode_u8(struct encoder *e, uint8_t value);
void encode_be(struct encoder *e, uint64_t value, unsigned octets); /* most significant first */
void encode_octets(struct encoder *e, const void *octets, size_t len);

/* A-XDR (DLMS Blue Book 4.1.5): the tag, then the value.
 *
 * encode_number: value in two's complement for the signed types, cut to the type's width; null-data
 * has none. encode_string: octet-, visible- and utf8-string. encode_container: array and structure,
 * whose elements are encoded next. A length above 65535 overflows. */
void encode_number(struct encoder *e, enum han_tag tag, uint64_t value);
void encode_string(struct encoder *e, enum han_tag tag, const void *octets, size_t len);
void encode_container(struct encoder *e, enum han_tag tag, size_t count);
void encode_length(struct encoder *e, size_t len); /* as it stands in front of these */

void encode_text(struct encoder *e, const char *text);                    /* octet-string */
void encode_datetime(struct encoder *e, const struct han_datetime *time); /* octet-string */

void encode_obis(struct encoder *e, struct han_obis obis); /* octet-string */

/* The scaler_unit of a register (Blue Book, class 3): its value times 10^exp10 is in that unit, a number of
 * Blue Book table 4; HAN_UNIT_NONE is written as 255. */
void encode_scaler_unit(struct encoder *e, int8_t exp10, enum han_unit unit);

/* An element of a push_object_list (Blue Book, class 40): class, instance, attribute, data index 0. */
void encode_push_object(struct encoder *e, uint16_t class_id, struct han_obis obis,
                        int8_t attribute);

/* The octets of the LLC header of a push: E6 E7 00. */
void encode_llc(struct encoder *e);

/* How a notification spells its date-time: not at all, with its length in front as the standard has
 * it, or with a type in front of that, as Kaifa does. */
enum encoder_time { ENCODER_TIME_ABSENT, ENCODER_TIME_PLAIN, ENCODER_TIME_TAGGED };

/* The header of a data-notification (DLMS Green Book 9.3); its body is the item encoded next. time is
 * not looked at with ENCODER_TIME_ABSENT. */
void encode_notification(struct encoder *e, uint32_t invoke_id, enum encoder_time spelling,
                         const struct han_datetime *time);

/* A general-block-transfer (Green Book 9.4.6.13) of one block; nothing is acknowledged with it. */
void encode_general_block(struct encoder *e, uint8_t control, uint16_t number, const void *data,
                          size_t len);

#define ENCODER_BLOCK_LAST      0x80 /* bits of control */
#define ENCODER_BLOCK_STREAMING 0x40

struct encoder_frame {
	struct han_address destination; /* as on the wire */
	struct han_address source;
	uint8_t control;
	bool segmented; /* more segments of this message follow */
};

/* Opens an HDLC frame behind what the buffer holds; what is encoded next is its information field.
 * One frame is open at a time. */
void encode_frame_begin(struct encoder *e, const struct encoder_frame *frame);

/* Closes the frame: length field, check sequences, flag. Returns its length, flags included; 0 when it
 * did not fit into the buffer or into the length field. */
size_t encode_frame_end(struct encoder *e);

#endif
