#include "encoder.h"

#include <assert.h>
#include <string.h>

#include <han/crc16.h>

#define FLAG         0x7E
#define TYPE_3       0xA000
#define SEGMENTED    0x0800
#define LENGTH_MAX   0x07FF
#define CHECK_LEN    2
#define NOTIFICATION 0x0F
#define BLOCK        0xE0
#define UNITLESS     255

void encoder_init(struct encoder *e, uint8_t *buf, size_t size)
{
	*e = (struct encoder){ .octets = buf, .size = size };
}

void encode_octets(struct encoder *e, const void *octets, size_t len)
{
	if (e->overflow || e->size - e->len < len) {
		e->overflow = true;
		return;
	}
	if (len > 0)
		memcpy(e->octets + e->len, octets, len);
	e->len += len;
}

void encode_u8(struct encoder *e, uint8_t value)
{
	encode_octets(e, &value, 1);
}

void encode_be(struct encoder *e, uint64_t value, unsigned octets)
{
	while (octets-- > 0)
		encode_u8(e, (uint8_t)(value >> (8 * octets)));
}

/* ---- A-XDR ---- */

void encode_length(struct encoder *e, size_t len)
{
	if (len < 0x80) {
		encode_u8(e, (uint8_t)len);
	} else if (len <= 0xFF) {
		encode_u8(e, 0x81);
		encode_u8(e, (uint8_t)len);
	} else if (len <= 0xFFFF) {
		encode_u8(e, 0x82);
		encode_be(e, len, 2);
	} else {
		e->overflow = true;
	}
}

static unsigned width_of(enum han_tag tag)
{
	switch (tag) {
	case HAN_TAG_NULL:
	case HAN_TAG_DONT_CARE:
		return 0;
	case HAN_TAG_BOOLEAN:
	case HAN_TAG_BCD:
	case HAN_TAG_INT8:
	case HAN_TAG_UINT8:
	case HAN_TAG_ENUM:
	case HAN_TAG_DELTA_INT8:
	case HAN_TAG_DELTA_UINT8:
		return 1;
	case HAN_TAG_INT16:
	case HAN_TAG_UINT16:
	case HAN_TAG_DELTA_INT16:
	case HAN_TAG_DELTA_UINT16:
		return 2;
	case HAN_TAG_INT32:
	case HAN_TAG_UINT32:
	case HAN_TAG_FLOAT32:
	case HAN_TAG_DELTA_INT32:
	case HAN_TAG_DELTA_UINT32:
		return 4;
	case HAN_TAG_INT64:
	case HAN_TAG_UINT64:
	case HAN_TAG_FLOAT64:
		return 8;
	case HAN_TAG_ARRAY:
	case HAN_TAG_STRUCTURE:
	case HAN_TAG_BIT_STRING:
	case HAN_TAG_OCTET_STRING:
	case HAN_TAG_VISIBLE_STRING:
	case HAN_TAG_UTF8_STRING:
	case HAN_TAG_COMPACT_ARRAY:
	case HAN_TAG_DATE_TIME:
	case HAN_TAG_DATE:
	case HAN_TAG_TIME:
		break;
	}
	assert(false); /* no number's tag */
	return 0;
}

void encode_number(struct encoder *e, enum han_tag tag, uint64_t value)
{
	encode_u8(e, (uint8_t)tag);
	encode_be(e, value, width_of(tag));
}

void encode_string(struct encoder *e, enum han_tag tag, const void *octets, size_t len)
{
	encode_u8(e, (uint8_t)tag);
	encode_length(e, len);
	encode_octets(e, octets, len);
}

void encode_container(struct encoder *e, enum han_tag tag, size_t count)
{
	encode_u8(e, (uint8_t)tag);
	encode_length(e, count);
}

void encode_text(struct encoder *e, const char *text)
{
	encode_string(e, HAN_TAG_OCTET_STRING, text, strlen(text));
}

static void encode_plain_datetime(struct encoder *e, const struct han_datetime *time)
{
	encode_u8(e, HAN_DATETIME_OCTETS);
	encode_be(e, time->year, 2);
	encode_u8(e, time->month);
	encode_u8(e, time->day);
	encode_u8(e, time->weekday);
	encode_u8(e, time->hour);
	encode_u8(e, time->minute);
	encode_u8(e, time->second);
	encode_u8(e, time->hundredths);
	encode_be(e, (uint16_t)time->deviation, 2);
	encode_u8(e, time->status);
}

void encode_datetime(struct encoder *e, const struct han_datetime *time)
{
	encode_u8(e, HAN_TAG_OCTET_STRING);
	encode_plain_datetime(e, time);
}

void encode_obis(struct encoder *e, struct han_obis obis)
{
	const uint8_t octets[] = { obis.a, obis.b, obis.c, obis.d, obis.e, obis.f };

	encode_string(e, HAN_TAG_OCTET_STRING, octets, sizeof(octets));
}

void encode_scaler_unit(struct encoder *e, int8_t exp10, enum han_unit unit)
{
	encode_container(e, HAN_TAG_STRUCTURE, 2);
	encode_number(e, HAN_TAG_INT8, (uint64_t)exp10);
	encode_number(e, HAN_TAG_ENUM, unit == HAN_UNIT_NONE ? UNITLESS : (uint64_t)unit);
}

void encode_push_object(struct encoder *e, uint16_t class_id, struct han_obis obis,
                        int8_t attribute)
{
	encode_container(e, HAN_TAG_STRUCTURE, 4);
	encode_number(e, HAN_TAG_UINT16, class_id);
	encode_obis(e, obis);
	encode_number(e, HAN_TAG_INT8, (uint64_t)attribute);
	encode_number(e, HAN_TAG_UINT16, 0);
}

/* ---- message ---- */

void encode_llc(struct encoder *e)
{
	static const uint8_t llc[] = { 0xE6, 0xE7, 0x00 };

	encode_octets(e, llc, sizeof(llc));
}

void encode_notification(struct encoder *e, uint32_t invoke_id, enum encoder_time spelling,
                         const struct han_datetime *time)
{
	encode_u8(e, NOTIFICATION);
	encode_be(e, invoke_id, 4);
	switch (spelling) {
	case ENCODER_TIME_ABSENT:
		encode_u8(e, 0);
		break;
	case ENCODER_TIME_PLAIN:
		encode_plain_datetime(e, time);
		break;
	case ENCODER_TIME_TAGGED:
		encode_datetime(e, time);
		break;
	}
}

void encode_general_block(struct encoder *e, uint8_t control, uint16_t number, const void *data,
                          size_t len)
{
	encode_u8(e, BLOCK);
	encode_u8(e, control);
	encode_be(e, number, 2);
	encode_be(e, 0, 2);
	encode_length(e, len);
	encode_octets(e, data, len);
}

/* ---- frame ---- */

static void encode_address(struct encoder *e, const struct han_address *address)
{
	assert(address->len <= sizeof(address->octets));
	encode_octets(e, address->octets, address->len);
}

void encode_frame_begin(struct encoder *e, const struct encoder_frame *frame)
{
	e->frame = e->len;
	encode_u8(e, FLAG);
	encode_be(e, frame->segmented ? TYPE_3 | SEGMENTED : TYPE_3, 2); /* the length comes last */
	encode_address(e, &frame->destination);
	encode_address(e, &frame->source);
	encode_u8(e, frame->control);
	e->header = e->len;
	encode_be(e, 0, CHECK_LEN);
}

/* The check sequence of all between the opening flag and `at`, where it stands, low octet first. */
static void put_check(struct encoder *e, size_t at)
{
	const uint8_t *format = e->octets + e->frame + 1;
	uint16_t check = (uint16_t)~han_crc16(HAN_CRC16_START, format, at - e->frame - 1);

	e->octets[at] = (uint8_t)check;
	e->octets[at + 1] = (uint8_t)(check >> 8);
}

size_t encode_frame_end(struct encoder *e)
{
	bool informed = e->len > e->header + CHECK_LEN; /* else the header's check is the frame's */
	size_t check, len;

	if (informed)
		encode_be(e, 0, CHECK_LEN);
	check = e->len - CHECK_LEN;
	len = e->len - e->frame - 1;
	encode_u8(e, FLAG);
	if (len > LENGTH_MAX)
		e->overflow = true;
	if (e->overflow)
		return 0;
	e->octets[e->frame + 1] |= (uint8_t)(len >> 8);
	e->octets[e->frame + 2] = (uint8_t)len;
	put_check(e, e->header);
	if (informed)
		put_check(e, check);
	return e->len - e->frame;
}
