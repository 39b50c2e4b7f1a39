#include "kaifa.h"

#define CONTROL    0x10       /* an I-frame, as Kaifa pushes */
#define INVOKE_ID  0x40000000 /* confirmed, id 0 */
#define LIVE_1PH   9          /* elements of list 2 */
#define LIVE_3PH   13
#define HOUR_COUNT 5 /* what list 3 has more */

static void encode_quantity(struct encoder *e, uint32_t value)
{
	encode_number(e, HAN_TAG_UINT32, value);
}

static void encode_live(struct encoder *e, const struct kaifa *meter)
{
	unsigned phases = meter->one_phase ? 1 : 3;

	encode_text(e, "KFM_001");
	encode_text(e, meter->meter_id);
	encode_text(e, meter->meter_type);
	encode_quantity(e, meter->power_import);
	encode_quantity(e, meter->power_export);
	encode_quantity(e, meter->reactive_import);
	encode_quantity(e, meter->reactive_export);
	for (unsigned i = 0; i < phases; i++)
		encode_quantity(e, meter->current[i]);
	for (unsigned i = 0; i < phases; i++)
		encode_quantity(e, meter->voltage[i]);
}

static void encode_hour(struct encoder *e, const struct kaifa *meter)
{
	enum han_tag tag = meter->wide_energies ? HAN_TAG_UINT64 : HAN_TAG_UINT32;

	encode_datetime(e, &meter->clock);
	for (unsigned i = 0; i < 4; i++)
		encode_number(e, tag, meter->energy[i]);
}

size_t kaifa_encode(struct encoder *e, const struct kaifa *meter, enum kaifa_list list)
{
	const struct encoder_frame frame = {
		.destination = { { 0x01 }, 1 },
		.source = { { meter->source[0], meter->source[1] }, 2 },
		.control = CONTROL,
	};
	size_t live = meter->one_phase ? LIVE_1PH : LIVE_3PH;

	encode_frame_begin(e, &frame);
	encode_llc(e);
	encode_notification(e, INVOKE_ID, ENCODER_TIME_TAGGED, &meter->now);
	switch (list) {
	case KAIFA_LIST_1:
		encode_container(e, HAN_TAG_STRUCTURE, 1);
		encode_quantity(e, meter->power_import);
		break;
	case KAIFA_LIST_2:
		encode_container(e, HAN_TAG_STRUCTURE, live);
		encode_live(e, meter);
		break;
	case KAIFA_LIST_3:
		encode_container(e, HAN_TAG_STRUCTURE, live + HOUR_COUNT);
		encode_live(e, meter);
		encode_hour(e, meter);
		break;
	}
	return encode_frame_end(e);
}
