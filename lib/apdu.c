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

static void read_datetime(struct han_cursor *c, struct han_apdu_header *header)
{
	uint8_t first = cursor_u8(c);
	const uint8_t *b;

	if (first == 0x00)
		return;
	if (first == HAN_TAG_OCTET_STRING)
		first = cursor_u8(c);
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

	if (read.tag != APDU_DATA_NOTIFICATION)
		cursor_fail(c, HAN_ERR_APDU);
	read.invoke_id = (uint32_t)cursor_be(c, 4);
	read_datetime(c, &read);
	if (c->err == HAN_OK)
		*header = read;
}
