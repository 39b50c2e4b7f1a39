#include "apdu.h"

#include <string.h>

#include "cursor.h"

void apdu_read_llc(struct han_cursor *c, uint8_t llc[3])
{
	const uint8_t *b = cursor_take(c, 3);

	if (!b)
		return;
	if (b[0] != 0xE6 || (b[1] != 0xE6 && b[1] != 0xE7) || b[2] != 0x00)
		cursor_fail(c, HAN_ERR_LLC);
	else
		memcpy(llc, b, 3);
}

bool apdu_is_ciphered(uint8_t tag)
{
	return (tag >= 0xC8 && tag <= 0xCF && tag != 0xCE) || (tag >= 0xD0 && tag <= 0xD7) ||
	       (tag >= APDU_GENERAL_GLO && tag <= APDU_GENERAL);
}

bool apdu_is_push(uint8_t tag)
{
	return tag == APDU_DATA_NOTIFICATION || tag == APDU_EVENT_NOTIFICATION ||
	       tag == APDU_BLOCK || tag == APDU_TELEGRAM || apdu_is_ciphered(tag);
}

/* The length, or the type of what has it, in front of the octets. */
static void read_datetime(struct han_cursor *c, struct han_apdu_header *header)
{
	uint8_t first = cursor_u8(c);
	const uint8_t *b;

	if (first == 0x00)
		return;
	if (first == HAN_TAG_OCTET_STRING)
		first = cursor_u8(c);
	else if (first == HAN_TAG_DATE_TIME)
		first = HAN_DATETIME_OCTETS;
	if (first != HAN_DATETIME_OCTETS)
		cursor_fail(c, HAN_ERR_DATETIME);
	b = cursor_take(c, HAN_DATETIME_OCTETS);
	if (!b)
		return;
	header->has_time = true;
	memcpy(header->time_octets, b, HAN_DATETIME_OCTETS);
	header->time = han_datetime_read(b);
}

void apdu_read_notification(struct han_cursor *c, struct han_apdu_header *header)
{
	struct han_apdu_header read = { .tag = cursor_u8(c) };
	const uint8_t *id;

	if (read.tag != APDU_DATA_NOTIFICATION)
		cursor_fail(c, HAN_ERR_APDU);
	id = cursor_take(c, 4);
	if (id)
		read.invoke_id = (uint32_t)cursor_number(id, 4);
	read_datetime(c, &read);
	if (c->err == HAN_OK)
		*header = read;
}

void apdu_read_event(struct han_cursor *c, struct han_apdu_header *header)
{
	struct han_apdu_header read = { .tag = cursor_u8(c) };
	const uint8_t *code;
	uint8_t has_time;

	if (read.tag != APDU_EVENT_NOTIFICATION)
		cursor_fail(c, HAN_ERR_APDU);
	has_time = cursor_u8(c);
	if (has_time > 1)
		cursor_fail(c, HAN_ERR_DATETIME);
	if (has_time)
		read_datetime(c, &read);
	cursor_be(c, 2); /* class */
	code = cursor_take(c, 6);
	cursor_u8(c); /* attribute */
	if (c->err != HAN_OK)
		return;
	read.obis = (struct han_obis){ code[0], code[1], code[2], code[3], code[4], code[5] };
	*header = read;
}

uint16_t apdu_block_number(struct han_cursor c)
{
	uint8_t tag = cursor_u8(&c);
	uint64_t number;

	cursor_u8(&c); /* control */
	number = cursor_be(&c, 2);
	return tag == APDU_BLOCK && c.err == HAN_OK ? (uint16_t)number : 0;
}

void apdu_read_block(struct han_cursor *c, struct apdu_block *block)
{
	struct apdu_block read = { .last = false };
	uint8_t tag = cursor_u8(c), control = cursor_u8(c);

	if (tag != APDU_BLOCK)
		cursor_fail(c, HAN_ERR_APDU);
	read.last = control & 0x80;
	read.number = (uint16_t)cursor_be(c, 2);
	cursor_be(c, 2); /* the number that is acknowledged: nobody asked */
	read.len = cursor_length(c);
	read.octets = cursor_take(c, read.len);
	if (cursor_left(c) > 0)
		cursor_fail(c, HAN_ERR_TRAILING);
	if (c->err == HAN_OK)
		*block = read;
}
