#include "kamstrup.h"

#include <string.h>

#define CONTROL 0x13 /* UI */

struct element {
	struct han_obis obis;
	enum han_tag tag;
	int8_t exp10;
	const char *text;
};

/* clang-format off */
static const struct element elements[] = {
	{ { 1, 1,  0, 0, 5, 255 }, HAN_TAG_VISIBLE_STRING, 0,  "5706567200000000" },
	{ { 1, 1, 96, 1, 1, 255 }, HAN_TAG_VISIBLE_STRING, 0,  "6841121BN243101040" },
	{ { 1, 1,  1, 7, 0, 255 }, HAN_TAG_UINT32,         0,  NULL },
	{ { 1, 1,  2, 7, 0, 255 }, HAN_TAG_UINT32,         0,  NULL },
	{ { 1, 1,  3, 7, 0, 255 }, HAN_TAG_UINT32,         0,  NULL },
	{ { 1, 1,  4, 7, 0, 255 }, HAN_TAG_UINT32,         0,  NULL },
	{ { 1, 1, 31, 7, 0, 255 }, HAN_TAG_UINT32,         -2, NULL },
	{ { 1, 1, 51, 7, 0, 255 }, HAN_TAG_UINT32,         -2, NULL },
	{ { 1, 1, 71, 7, 0, 255 }, HAN_TAG_UINT32,         -2, NULL },
	{ { 1, 1, 32, 7, 0, 255 }, HAN_TAG_UINT16,         0,  NULL },
	{ { 1, 1, 52, 7, 0, 255 }, HAN_TAG_UINT16,         0,  NULL },
	{ { 1, 1, 72, 7, 0, 255 }, HAN_TAG_UINT16,         0,  NULL },
	{ { 0, 1,  1, 0, 0, 255 }, HAN_TAG_OCTET_STRING,   0,  NULL },
	{ { 1, 1,  1, 8, 0, 255 }, HAN_TAG_UINT32,         1,  NULL },
	{ { 1, 1,  2, 8, 0, 255 }, HAN_TAG_UINT32,         1,  NULL },
	{ { 1, 1,  3, 8, 0, 255 }, HAN_TAG_UINT32,         1,  NULL },
	{ { 1, 1,  4, 8, 0, 255 }, HAN_TAG_UINT32,         1,  NULL },
};
/* clang-format on */

static const char version[] = "Kamstrup_V0001";

/* How many of them a list has. */
static const uint8_t counts[] = { [KAMSTRUP_LIST_1] = 12, [KAMSTRUP_LIST_2] = 17 };

static void encode_element(struct encoder *e, const struct element *element,
                           const struct sample *sample, const struct han_datetime *now)
{
	encode_obis(e, element->obis);
	if (element->text)
		encode_string(e, element->tag, element->text, strlen(element->text));
	else if (element->tag == HAN_TAG_OCTET_STRING)
		encode_datetime(e, now);
	else
		encode_number(e, element->tag, sample_value(sample, element->obis, element->exp10));
}

size_t kamstrup_encode(struct encoder *e, const struct sample *sample, unsigned list,
                       const struct seal *seal)
{
	static const struct encoder_frame frame = {
		.destination = { { 0x2B }, 1 },
		.source = { { 0x21 }, 1 },
		.control = CONTROL,
	};
	struct han_datetime now = sample_civil(&sample->now);
	struct sample hourly = sample_hourly(sample);

	(void)seal;
	encode_frame_begin(e, &frame);
	encode_llc(e);
	encode_notification(e, 0, ENCODER_TIME_PLAIN, &now);
	encode_container(e, HAN_TAG_STRUCTURE, 1 + 2u * counts[list]);
	encode_string(e, HAN_TAG_VISIBLE_STRING, version, strlen(version));
	for (unsigned i = 0; i < counts[list]; i++)
		encode_element(e, &elements[i], &hourly, &now);
	return encode_frame_end(e);
}
