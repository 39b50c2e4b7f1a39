#include "landisgyr.h"

#include "pushlist.h"
#include "wrap.h"

#define CONTROL   0x13 /* UI */
#define BLOCK_MAX 120  /* octets of the message in a block */
#define ID_MASK   0xFFFFFF

#define NONE HAN_TAG_NULL, 0

/* clang-format off */
static const struct pushlist_item items[] = {
	{ PUSHLIST_SETUP,    { 0, 8, 25, 9, 0, 255 }, 2, NONE, NULL },
	{ PUSHLIST_SETUP,    { 0, 8, 25, 9, 0, 255 }, 1, NONE, NULL },
	{ PUSHLIST_DATA,     { 0, 0, 96, 1, 0, 255 }, 2, NONE, "63000000" },
	{ PUSHLIST_REGISTER, { 1, 0,  1, 7, 0, 255 }, 2, HAN_TAG_UINT32, 0, NULL },
	{ PUSHLIST_REGISTER, { 1, 0,  2, 7, 0, 255 }, 2, HAN_TAG_UINT32, 0, NULL },
	{ PUSHLIST_REGISTER, { 1, 1,  1, 8, 0, 255 }, 2, HAN_TAG_UINT32, 0, NULL },
	{ PUSHLIST_REGISTER, { 1, 1,  2, 8, 0, 255 }, 2, HAN_TAG_UINT32, 0, NULL },
	{ PUSHLIST_REGISTER, { 1, 1,  5, 8, 0, 255 }, 2, HAN_TAG_UINT32, 0, NULL },
	{ PUSHLIST_REGISTER, { 1, 1,  6, 8, 0, 255 }, 2, HAN_TAG_UINT32, 0, NULL },
	{ PUSHLIST_REGISTER, { 1, 1,  7, 8, 0, 255 }, 2, HAN_TAG_UINT32, 0, NULL },
	{ PUSHLIST_REGISTER, { 1, 1,  8, 8, 0, 255 }, 2, HAN_TAG_UINT32, 0, NULL },
	{ PUSHLIST_REGISTER, { 1, 0, 31, 7, 0, 255 }, 2, HAN_TAG_UINT16, -2, NULL },
	{ PUSHLIST_REGISTER, { 1, 0, 51, 7, 0, 255 }, 2, HAN_TAG_UINT16, -2, NULL },
	{ PUSHLIST_REGISTER, { 1, 0, 71, 7, 0, 255 }, 2, HAN_TAG_UINT16, -2, NULL },
};
/* clang-format on */

size_t landisgyr_encode(struct encoder *e, const struct sample *sample, unsigned list,
                        const struct seal *seal)
{
	static const struct encoder_frame frame = {
		.destination = { { 0xCE, 0xFF }, 2 },
		.source = { { 0x03 }, 1 },
		.control = CONTROL,
	};
	struct han_datetime now = sample_civil(&sample->now);
	uint8_t buf[512];
	struct encoder apdu;

	(void)list;
	(void)seal;
	encoder_init(&apdu, buf, sizeof(buf));
	encode_notification(&apdu, sample->number & ID_MASK, ENCODER_TIME_PLAIN, &now);
	encode_pushlist(&apdu, items, sizeof(items) / sizeof(items[0]), sample, &now);
	return wrap_blocks(e, &frame, buf, apdu.len, BLOCK_MAX);
}
