#include "iskra.h"

#include "pushlist.h"
#include "wrap.h"

#define CONTROL_MORE    0x03
#define CONTROL_LAST    0x13
#define INFORMATION_MAX 154 /* octets in a frame, whose length is A4 then */
#define ID_MASK         0xFFFFFF

#define NONE HAN_TAG_NULL, 0
#define NUMBER(c, d, e)                                                               \
	{                                                                             \
		PUSHLIST_REGISTER, { 1, 1, c, d, e, 255 }, 2, HAN_TAG_UINT32, 0, NULL \
	}

/* clang-format off */
static const struct pushlist_item items[] = {
	{ PUSHLIST_SETUP,    { 0, 6, 25, 9, 0, 255 }, 2, NONE, NULL },
	{ PUSHLIST_SETUP,    { 0, 6, 25, 9, 0, 255 }, 1, NONE, NULL },
	{ PUSHLIST_DATA,     { 0, 0, 42, 0, 0, 255 }, 2, NONE, "ISK1030770000000" },
	{ PUSHLIST_DATA,     { 0, 0, 96, 1, 1, 255 }, 2, NONE, "1800000" },
	{ PUSHLIST_CLOCK,    { 0, 0,  1, 0, 0, 255 }, 2, NONE, NULL },
	NUMBER(1, 7, 0), NUMBER(2, 7, 0), NUMBER(3, 7, 0), NUMBER(4, 7, 0),
	NUMBER(1, 8, 0), NUMBER(1, 8, 1), NUMBER(1, 8, 2),
	NUMBER(2, 8, 0), NUMBER(2, 8, 1), NUMBER(2, 8, 2),
	NUMBER(5, 8, 0), NUMBER(5, 8, 1), NUMBER(5, 8, 2),
	NUMBER(6, 8, 0), NUMBER(6, 8, 1), NUMBER(6, 8, 2),
	NUMBER(7, 8, 0), NUMBER(7, 8, 1), NUMBER(7, 8, 2),
	NUMBER(8, 8, 0), NUMBER(8, 8, 1), NUMBER(8, 8, 2),
	{ PUSHLIST_REGISTER, { 1, 0, 13, 7, 0, 255 }, 2, HAN_TAG_UINT16, -3, NULL },
};
/* clang-format on */

size_t iskra_encode(struct encoder *e, const struct sample *sample, unsigned list,
                    const struct seal *seal)
{
	static const struct encoder_frame frame = {
		.destination = { { 0xCF }, 1 },
		.source = { { 0x02, 0x23 }, 2 },
		.control = CONTROL_LAST,
	};
	uint8_t buf[1024];
	struct encoder apdu;

	(void)list;
	(void)seal;
	encoder_init(&apdu, buf, sizeof(buf));
	encode_notification(&apdu, sample->number & ID_MASK, ENCODER_TIME_PLAIN, &sample->now);
	encode_pushlist(&apdu, items, sizeof(items) / sizeof(items[0]), sample, &sample->now);
	return wrap_segments(e, &frame, CONTROL_MORE, buf, apdu.len, INFORMATION_MAX);
}
