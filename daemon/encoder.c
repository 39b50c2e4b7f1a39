#include "encoder.h"

#include <string.h>

#include <han/axdr.h>
#include <han/crc16.h>

#define FLAG       0x7E
#define TYPE_3     0xA000
#define CHECK_LEN  2
#define LENGTH_MAX 0x07FF

void encode_octets(struct encoder *e, const void *octets, size_t len)
{
	if (sizeof(e->octets) - e->len < len) {
		e->overflow = true;
		return;
	}
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

void encode_structure(struct encoder *e, uint8_t count)
{
	encode_u8(e, HAN_TAG_STRUCTURE);
	encode_u8(e, count);
}

void encode_octet_string(struct encoder *e, const void *octets, uint8_t len)
{
	encode_u8(e, HAN_TAG_OCTET_STRING);
	encode_u8(e, len);
	encode_octets(e, octets, len);
}

void encode_text(struct encoder *e, const char *text)
{
	encode_octet_string(e, text, (uint8_t)strlen(text));
}

void encode_uint32(struct encoder *e, uint32_t value)
{
	encode_u8(e, HAN_TAG_UINT32);
	encode_be(e, value, 4);
}

void encode_uint64(struct encoder *e, uint64_t value)
{
	encode_u8(e, HAN_TAG_UINT64);
	encode_be(e, value, 8);
}

void encode_datetime(struct encoder *e, const struct han_datetime *time)
{
	uint16_t deviation = (uint16_t)time->deviation;
	const uint8_t octets[HAN_DATETIME_OCTETS] = {
		(uint8_t)(time->year >> 8),
		(uint8_t)time->year,
		time->month,
		time->day,
		time->weekday,
		time->hour,
		time->minute,
		time->second,
		time->hundredths,
		(uint8_t)(deviation >> 8),
		(uint8_t)deviation,
		time->status,
	};

	encode_octet_string(e, octets, sizeof(octets));
}

void encode_frame_begin(struct encoder *e, const struct encoder_frame *frame)
{
	e->len = 0;
	e->overflow = false;
	encode_u8(e, FLAG);
	encode_be(e, TYPE_3, 2);
	encode_octets(e, frame->destination.octets, frame->destination.len);
	encode_octets(e, frame->source.octets, frame->source.len);
	encode_u8(e, frame->control);
	e->header_len = e->len - 1;
	encode_be(e, 0, CHECK_LEN);
}

void encode_notification(struct encoder *e, uint32_t invoke_id, const struct han_datetime *time)
{
	static const uint8_t llc[] = { 0xE6, 0xE7, 0x00 };

	encode_octets(e, llc, sizeof(llc));
	encode_u8(e, 0x0F);
	encode_be(e, invoke_id, 4);
	encode_datetime(e, time);
}

/* The check sequence of len octets behind the opening flag, low octet first. */
static void put_check(struct encoder *e, size_t len)
{
	uint16_t check = (uint16_t)~han_crc16(HAN_CRC16_START, e->octets + 1, len);

	e->octets[1 + len] = (uint8_t)check;
	e->octets[2 + len] = (uint8_t)(check >> 8);
}

size_t encode_frame_end(struct encoder *e)
{
	size_t len = e->len - 1; /* format to the end of the information field */

	encode_be(e, 0, CHECK_LEN);
	encode_u8(e, FLAG);
	if (e->overflow || len + CHECK_LEN > LENGTH_MAX)
		return 0;
	e->octets[1] = (uint8_t)((TYPE_3 | (len + CHECK_LEN)) >> 8);
	e->octets[2] = (uint8_t)(len + CHECK_LEN);
	put_check(e, e->header_len);
	put_check(e, len);
	return e->len;
}
