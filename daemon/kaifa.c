#include "kaifa.h"

#define CONTROL   0x10       /* an I-frame, as Kaifa pushes */
#define INVOKE_ID 0x40000000 /* confirmed, id 0 */

static void encode_identity(struct encoder *e, const struct kaifa *meter)
{
	encode_text(e, "KFM_001");
	encode_text(e, meter->meter_id);
	encode_text(e, meter->meter_type);
}

static void encode_live(struct encoder *e, const struct kaifa *meter)
{
	unsigned phases = meter->one_phase ? 1 : 3;

	encode_uint32(e, meter->power_import);
	encode_uint32(e, meter->power_export);
	encode_uint32(e, meter->reactive_import);
	encode_uint32(e, meter->reactive_export);
	for (unsigned i = 0; i < phases; i++)
		encode_uint32(e, meter->current[i]);
	for (unsigned i = 0; i < phases; i++)
		encode_uint32(e, meter->voltage[i]);
}

static void encode_hour(struct encoder *e, const struct kaifa *meter)
{
	encode_datetime(e, &meter->clock);
	for (unsigned i = 0; i < 4; i++) {
		if (meter->wide_energies)
			encode_uint64(e, meter->energy[i]);
		else
			encode_uint32(e, (uint32_t)meter->energy[i]);
	}
}

size_t kaifa_encode(struct encoder *e, const struct kaifa *meter, enum kaifa_list list)
{
	const struct encoder_frame frame = {
		.destination = { { 0x01 }, 1 },
		.source = { { meter->source[0], meter->source[1] }, 2 },
		.control = CONTROL,
	};
	uint8_t count = meter->one_phase ? 9 : 13;

	encode_frame_begin(e, &frame);
	encode_notification(e, INVOKE_ID, &meter->now);
	switch (list) {
	case KAIFA_LIST_1:
		encode_structure(e, 1);
		encode_uint32(e, meter->power_import);
		break;
	case KAIFA_LIST_2:
		encode_structure(e, count);
		encode_identity(e, meter);
		encode_live(e, meter);
		break;
	case KAIFA_LIST_3:
		encode_structure(e, (uint8_t)(count + 5));
		encode_identity(e, meter);
		encode_live(e, meter);
		encode_hour(e, meter);
		break;
	}
	return encode_frame_end(e);
}
