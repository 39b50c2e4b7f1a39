#include "sagemcom.h"

#include "wrap.h"

#define SND_UD        0x53
#define BROADCAST     0xFF
#define MANAGEMENT    0x01
#define CONSUMER      0x67
#define SEGMENT_MAX   252 /* of 257 counted octets: the length octet is 01 */
#define HIGH_PRIORITY 0x80000000
#define ID_MASK       0xFFFFFF
#define ELEMENTS      35

const uint8_t sagemcom_title[SEAL_TITLE_OCTETS] = { 'S', 'A', 'G', 0x59, 0x00, 0x00, 0x00, 0x01 };

static const char meter_number[] = "178200000001";

/* clang-format off */
static const struct {
	struct han_obis obis;
	enum han_tag tag;
	int8_t exp10;
	enum han_unit unit;
} values[] = {
	{ { 1, 0,  1, 8, 0, 255 }, HAN_TAG_UINT32, 0,  HAN_UNIT_WH },
	{ { 1, 0,  2, 8, 0, 255 }, HAN_TAG_UINT32, 0,  HAN_UNIT_WH },
	{ { 1, 0,  1, 7, 0, 255 }, HAN_TAG_UINT32, 0,  HAN_UNIT_W },
	{ { 1, 0,  2, 7, 0, 255 }, HAN_TAG_UINT32, 0,  HAN_UNIT_W },
	{ { 1, 0, 32, 7, 0, 255 }, HAN_TAG_UINT16, -1, HAN_UNIT_V },
	{ { 1, 0, 52, 7, 0, 255 }, HAN_TAG_UINT16, -1, HAN_UNIT_V },
	{ { 1, 0, 72, 7, 0, 255 }, HAN_TAG_UINT16, -1, HAN_UNIT_V },
	{ { 1, 0, 31, 7, 0, 255 }, HAN_TAG_UINT16, -2, HAN_UNIT_A },
	{ { 1, 0, 51, 7, 0, 255 }, HAN_TAG_UINT16, -2, HAN_UNIT_A },
	{ { 1, 0, 71, 7, 0, 255 }, HAN_TAG_UINT16, -2, HAN_UNIT_A },
	{ { 1, 0, 13, 7, 0, 255 }, HAN_TAG_UINT16, -3, HAN_UNIT_NONE },
};
/* clang-format on */

static void encode_list(struct encoder *e, const struct sample *sample)
{
	uint32_t invoke_id = HIGH_PRIORITY | (sample->number & ID_MASK);

	encode_notification(e, invoke_id, ENCODER_TIME_PLAIN, &sample->now);
	encode_container(e, HAN_TAG_STRUCTURE, ELEMENTS);
	encode_datetime(e, &sample->now);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		encode_obis(e, values[i].obis);
		encode_number(e, values[i].tag,
		              sample_value(sample, values[i].obis, values[i].exp10));
		encode_scaler_unit(e, values[i].exp10, values[i].unit);
	}
	encode_text(e, meter_number);
}

size_t sagemcom_encode(struct encoder *e, const struct sample *sample, unsigned list,
                       const struct seal *seal)
{
	static const struct wrap_mbus link = {
		.control = SND_UD,
		.address = BROADCAST,
		.stsap = MANAGEMENT,
		.dtsap = CONSUMER,
		.most = SEGMENT_MAX,
	};
	uint8_t plain[512], sealed[512];
	struct encoder clear, apdu;

	(void)list;
	encoder_init(&clear, plain, sizeof(plain));
	encode_list(&clear, sample);
	encoder_init(&apdu, sealed, sizeof(sealed));
	encode_sealed(&apdu, seal, sample->number, plain, clear.len);
	return wrap_mbus(e, &link, sealed, apdu.len);
}
