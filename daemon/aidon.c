#include "aidon.h"

#include <string.h>

#define CONTROL   0x13       /* UI */
#define INVOKE_ID 0x40000000 /* confirmed, id 0 */

struct object {
	struct han_obis obis;
	enum han_tag tag;
	int8_t exp10;
	enum han_unit unit;
	const char *text;
};

/* clang-format off */
static const struct object objects[] = {
	{ { 1, 1,  0, 2, 129, 255 }, HAN_TAG_VISIBLE_STRING, 0, HAN_UNIT_NONE, "AIDON_V0001" },
	{ { 0, 0, 96, 1, 0, 255 }, HAN_TAG_VISIBLE_STRING, 0,  HAN_UNIT_NONE,  "7359992890000000" },
	{ { 0, 0, 96, 1, 7, 255 }, HAN_TAG_VISIBLE_STRING, 0,  HAN_UNIT_NONE,  "6525" },
	{ { 1, 0,  1, 7, 0, 255 }, HAN_TAG_UINT32,         0,  HAN_UNIT_W,     NULL },
	{ { 1, 0,  2, 7, 0, 255 }, HAN_TAG_UINT32,         0,  HAN_UNIT_W,     NULL },
	{ { 1, 0,  3, 7, 0, 255 }, HAN_TAG_UINT32,         0,  HAN_UNIT_VAR,   NULL },
	{ { 1, 0,  4, 7, 0, 255 }, HAN_TAG_UINT32,         0,  HAN_UNIT_VAR,   NULL },
	{ { 1, 0, 31, 7, 0, 255 }, HAN_TAG_INT16,          -1, HAN_UNIT_A,     NULL },
	{ { 1, 0, 71, 7, 0, 255 }, HAN_TAG_INT16,          -1, HAN_UNIT_A,     NULL },
	{ { 1, 0, 32, 7, 0, 255 }, HAN_TAG_UINT16,         -1, HAN_UNIT_V,     NULL },
	{ { 1, 0, 52, 7, 0, 255 }, HAN_TAG_UINT16,         -1, HAN_UNIT_V,     NULL },
	{ { 1, 0, 72, 7, 0, 255 }, HAN_TAG_UINT16,         -1, HAN_UNIT_V,     NULL },
	{ { 0, 0,  1, 0, 0, 255 }, HAN_TAG_OCTET_STRING,   0,  HAN_UNIT_NONE,  NULL },
	{ { 1, 0,  1, 8, 0, 255 }, HAN_TAG_UINT32,         1,  HAN_UNIT_WH,    NULL },
	{ { 1, 0,  2, 8, 0, 255 }, HAN_TAG_UINT32,         1,  HAN_UNIT_WH,    NULL },
	{ { 1, 0,  3, 8, 0, 255 }, HAN_TAG_UINT32,         1,  HAN_UNIT_VARH,  NULL },
	{ { 1, 0,  4, 8, 0, 255 }, HAN_TAG_UINT32,         1,  HAN_UNIT_VARH,  NULL },
};
/* clang-format on */

/* Which of them a list has. */
static const struct {
	uint8_t first, count;
} lists[] = {
	[AIDON_LIST_1] = { 3, 1 },
	[AIDON_LIST_2] = { 0, 12 },
	[AIDON_LIST_3] = { 0, 17 },
};

/* The hour that list 3 is about. */
static void encode_hour(struct encoder *e, const struct han_datetime *now)
{
	struct han_datetime hour = sample_civil(now);

	hour.minute = 0;
	hour.second = 0;
	encode_datetime(e, &hour);
}

static void encode_object(struct encoder *e, const struct object *object,
                          const struct sample *sample)
{
	bool scaled = object->unit != HAN_UNIT_NONE;

	encode_container(e, HAN_TAG_STRUCTURE, scaled ? 3 : 2);
	encode_obis(e, object->obis);
	if (object->text) {
		encode_string(e, object->tag, object->text, strlen(object->text));
	} else if (scaled) {
		encode_number(e, object->tag, sample_value(sample, object->obis, object->exp10));
		encode_scaler_unit(e, object->exp10, object->unit);
	} else {
		encode_hour(e, &sample->now);
	}
}

size_t aidon_encode(struct encoder *e, const struct sample *sample, unsigned list,
                    const struct seal *seal)
{
	static const struct encoder_frame frame = {
		.destination = { { 0x41 }, 1 },
		.source = { { 0x08, 0x83 }, 2 },
		.control = CONTROL,
	};
	struct sample hourly = sample_hourly(sample);
	const struct object *object = objects + lists[list].first;

	(void)seal;
	encode_frame_begin(e, &frame);
	encode_llc(e);
	encode_notification(e, INVOKE_ID, ENCODER_TIME_ABSENT, NULL);
	encode_container(e, HAN_TAG_ARRAY, lists[list].count);
	for (unsigned i = 0; i < lists[list].count; i++)
		encode_object(e, &object[i], &hourly);
	return encode_frame_end(e);
}
