/* The encoder and, on top of it, Kaifa's lists: against frames that are known, against the published
 * checks of a real one, and against the decoder. */
#include "encoder.h"

#include <stdlib.h>

#include <han/crc16.h>
#include <han/decoder.h>

#include "../../daemon/kaifa.h" /* beside this file is another one */
#include "check.h"
#include "encoded.h"

#define NO_TIME HAN_UNSPECIFIED, HAN_NO_DEVIATION, 0

/* ---- A-XDR ---- */

/* clang-format off */
static const struct {
	const char *name;
	enum han_tag tag;
	uint64_t value;
	const char *hex;
} numbers[] = {
	{ "null-data",           HAN_TAG_NULL,    0,                  "00" },
	{ "boolean",             HAN_TAG_BOOLEAN, 1,                  "03 01" },
	{ "enum",                HAN_TAG_ENUM,    0x1B,               "16 1b" },
	{ "unsigned",            HAN_TAG_UINT8,   0xFE,               "11 fe" },
	{ "long-unsigned",       HAN_TAG_UINT16,  0x1234,             "12 1234" },
	{ "double-long-unsigned", HAN_TAG_UINT32, UINT32_MAX,         "06 ffffffff" },
	{ "long64-unsigned",     HAN_TAG_UINT64,  0x0123456789ABCDEF, "15 0123456789abcdef" },
	{ "integer, negative",   HAN_TAG_INT8,    (uint64_t)-3,       "0f fd" },
	{ "long, negative",      HAN_TAG_INT16,   (uint64_t)-2,       "10 fffe" },
	{ "double-long",         HAN_TAG_INT32,   (uint64_t)INT32_MIN, "05 80000000" },
	{ "long64, negative",    HAN_TAG_INT64,   (uint64_t)-1,       "14 ffffffffffffffff" },
	{ "cut to its width",    HAN_TAG_UINT32,  0x123456789A,       "06 3456789a" },
};

static const struct {
	const char *name;
	size_t len;
	const char *header;
} lengths[] = {
	{ "nothing",           0,     "00" },
	{ "one octet",         127,   "7f" },
	{ "two octets",        128,   "8180" },
	{ "still two octets",  255,   "81ff" },
	{ "three octets",      256,   "820100" },
	{ "the longest",       65535, "82ffff" },
};
/* clang-format on */

static void test_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		uint8_t buf[16];
		struct encoder e;

		say_case(numbers[i].name);
		encoder_init(&e, buf, sizeof(buf));
		encode_number(&e, numbers[i].tag, numbers[i].value);
		check_octets(&e, numbers[i].hex);
	}
}

static void test_lengths(void **state)
{
	static const uint8_t zeros[65536];
	static uint8_t buf[65536 + 8];
	struct encoder e;

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		char header[16];

		say_case(lengths[i].name);
		encoder_init(&e, buf, sizeof(buf));
		encode_string(&e, HAN_TAG_VISIBLE_STRING, zeros, lengths[i].len);
		assert_false(e.overflow);
		assert_int_equal(e.octets[0], HAN_TAG_VISIBLE_STRING);
		assert_string_equal(hex_of(e.octets + 1, e.len - 1 - lengths[i].len, header),
		                    lengths[i].header);

		encoder_init(&e, buf, sizeof(buf));
		encode_container(&e, HAN_TAG_ARRAY, lengths[i].len);
		assert_int_equal(e.octets[0], HAN_TAG_ARRAY);
		assert_string_equal(hex_of(e.octets + 1, e.len - 1, header), lengths[i].header);
	}
	encoder_init(&e, buf, sizeof(buf));
	encode_string(&e, HAN_TAG_OCTET_STRING, zeros, 65536);
	assert_true(e.overflow);
}

static const struct han_datetime noon = { 2026, 3, 1, 7, 12, 0, 10, 0xFF, -60, 0x80 };

#define NOON "07ea 03 01 07 0c 00 0a ff ffc4 80"

static void test_texts(void **state)
{
	uint8_t buf[64];
	struct encoder e;

	(void)state;
	encoder_init(&e, buf, sizeof(buf));
	encode_text(&e, "KFM_001");
	encode_text(&e, "");
	encode_datetime(&e, &noon);
	check_octets(&e, "09 07 4b464d5f303031 09 00 09 0c" NOON);
}

static void test_notification(void **state)
{
	static const struct {
		const char *name;
		enum encoder_time spelling;
		const char *hex;
	} cases[] = {
		{ "no date-time", ENCODER_TIME_ABSENT, "0f 40000007 00" },
		{ "as the standard has it", ENCODER_TIME_PLAIN, "0f 40000007 0c" NOON },
		{ "as Kaifa has it", ENCODER_TIME_TAGGED, "0f 40000007 09 0c" NOON },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t buf[64];
		struct encoder e;

		say_case(cases[i].name);
		encoder_init(&e, buf, sizeof(buf));
		encode_notification(&e, 0x40000007, cases[i].spelling, &noon);
		check_octets(&e, cases[i].hex);
	}
}

/* What a class of objects has: a code, a scaler and unit, a place in a push list. */
static void test_objects(void **state)
{
	uint8_t buf[64];
	struct encoder e;

	(void)state;
	encoder_init(&e, buf, sizeof(buf));
	encode_obis(&e, (struct han_obis){ 1, 0, 71, 7, 0, 255 });
	check_octets(&e, "09 06 01 00 47 07 00 ff");

	encoder_init(&e, buf, sizeof(buf));
	encode_scaler_unit(&e, -1, HAN_UNIT_V);
	encode_scaler_unit(&e, 1, HAN_UNIT_WH);
	encode_scaler_unit(&e, -3, HAN_UNIT_NONE);
	check_octets(&e, "02 02 0f ff 16 23  02 02 0f 01 16 1e  02 02 0f fd 16 ff");

	encoder_init(&e, buf, sizeof(buf));
	encode_push_object(&e, 40, (struct han_obis){ 0, 8, 25, 9, 0, 255 }, 2);
	encode_push_object(&e, 3, (struct han_obis){ 1, 1, 8, 8, 0, 255 }, -1);
	check_octets(&e, "02 04 12 0028 09 06 00 08 19 09 00 ff 0f 02 12 0000"
	                 "02 04 12 0003 09 06 01 01 08 08 00 ff 0f ff 12 0000");
}

static void test_general_blocks(void **state)
{
	uint8_t buf[256], data[200] = { 0xAA };
	struct encoder e;

	(void)state;
	encoder_init(&e, buf, sizeof(buf));
	encode_general_block(&e, ENCODER_BLOCK_STREAMING, 1, "\x0f\x01", 2);
	check_octets(&e, "e0 40 0001 0000 02 0f 01");
	encoder_init(&e, buf, sizeof(buf));
	encode_general_block(&e, ENCODER_BLOCK_STREAMING | ENCODER_BLOCK_LAST, 0x1234, NULL, 0);
	check_octets(&e, "e0 c0 1234 0000 00");
	encoder_init(&e, buf, sizeof(buf));
	encode_general_block(&e, 0, 2, data, sizeof(data));
	assert_int_equal(e.len, 8 + sizeof(data));
	e.len = 9;
	check_octets(&e, "e0 00 0002 0000 81 c8 aa");
}

/* ---- frames ---- */

/* What one push of all octets gives; the decoder lives until the next call. */
static struct han_event decode(const uint8_t *octets, size_t len)
{
	static struct han_decoder decoder;
	struct han_event event;
	size_t taken;

	han_decoder_init(&decoder, NULL);
	taken = han_decoder_push(&decoder, octets, len, 0, &event);
	assert_int_equal(taken, len);
	return event;
}

static size_t encode_power(struct encoder *e, const struct encoder_frame *frame, uint64_t watts)
{
	encode_frame_begin(e, frame);
	encode_llc(e);
	encode_notification(e, 1, ENCODER_TIME_ABSENT, NULL);
	encode_container(e, HAN_TAG_STRUCTURE, 1);
	encode_number(e, HAN_TAG_UINT32, watts);
	return encode_frame_end(e);
}

/* clang-format off */
static const struct {
	const char *name;
	struct encoder_frame frame;
} addresses[] = {
	{ "one octet each",  { { { 0x41 }, 1 },                   { { 0x03 }, 1 },                   0x13, false } },
	{ "Aidon",           { { { 0x41 }, 1 },                   { { 0x08, 0x83 }, 2 },             0x13, false } },
	{ "Landis+Gyr",      { { { 0xCE, 0xFF }, 2 },             { { 0x03 }, 1 },                   0x13, false } },
	{ "four octets",     { { { 0x00, 0x02, 0x04, 0x07 }, 4 }, { { 0xFE, 0xFE, 0xFE, 0xFF }, 4 }, 0x03, false } },
	{ "a flag inside",   { { { 0x7E, 0x7F }, 2 },             { { 0x7E, 0x7E, 0x7E, 0x01 }, 4 }, 0x7E, false } },
};
/* clang-format on */

static void check_address(const struct han_address *is, const struct han_address *should_be)
{
	assert_int_equal(is->len, should_be->len);
	assert_memory_equal(is->octets, should_be->octets, should_be->len);
}

static void test_addresses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		const struct encoder_frame *frame = &addresses[i].frame;
		uint8_t buf[ENCODER_FRAME_MAX];
		struct encoder e;
		struct han_event event;
		size_t len;

		say_case(addresses[i].name);
		encoder_init(&e, buf, sizeof(buf));
		len = encode_power(&e, frame, 1234);
		assert_int_equal(len, e.len);
		event = decode(buf, len);
		assert_int_equal(event.type, HAN_READING);
		assert_int_equal(event.discarded, 0);
		check_address(&event.reading->hdlc.destination, &frame->destination);
		check_address(&event.reading->hdlc.source, &frame->source);
		assert_int_equal(event.reading->hdlc.control, frame->control);
		assert_int_equal(event.reading->hdlc.format, 0xA000 | (len - 2));
		assert_int_equal(event.reading->values[0].number.magnitude, 1234);
	}
}

static void test_segment(void **state)
{
	struct encoder_frame frame = addresses[0].frame;
	uint8_t buf[ENCODER_FRAME_MAX];
	struct encoder e;
	struct han_event event;
	size_t len;

	(void)state;
	frame.segmented = true;
	encoder_init(&e, buf, sizeof(buf));
	len = encode_power(&e, &frame, 1);
	event = decode(buf, len);
	assert_int_equal(buf[1], 0xA8);
	assert_int_equal(event.type, HAN_PART);
	assert_int_equal(event.frame_len, len);
}

/* Without information one check sequence is both (Green Book 8.3): what a receiver's register says. */
static void test_no_information(void **state)
{
	uint8_t buf[ENCODER_FRAME_MAX];
	struct encoder e;
	size_t len;

	(void)state;
	encoder_init(&e, buf, sizeof(buf));
	encode_frame_begin(&e, &addresses[0].frame);
	len = encode_frame_end(&e);
	assert_int_equal(len, 1 + 7 + 1);
	assert_int_equal(buf[1] << 8 | buf[2], 0xA007);
	assert_int_equal(han_crc16(HAN_CRC16_START, buf + 1, 7), HAN_CRC16_GOOD);
	assert_int_equal(decode(buf, len).frame_len, len);
}

static void test_one_behind_the_other(void **state)
{
	uint8_t buf[2 * ENCODER_FRAME_MAX];
	struct encoder e;
	size_t first, second;

	(void)state;
	encoder_init(&e, buf, sizeof(buf));
	first = encode_power(&e, &addresses[0].frame, 1);
	second = encode_power(&e, &addresses[3].frame, 2);
	assert_int_equal(e.len, first + second);
	assert_int_equal(decode(buf, first).reading->values[0].number.magnitude, 1);
	assert_int_equal(decode(buf + first, second).reading->values[0].number.magnitude, 2);
}

/* Into each buffer that is too small: the result is 0, and no octet stands behind its end. */
static void test_small_buffers(void **state)
{
	uint8_t whole[ENCODER_FRAME_MAX];
	struct encoder e;
	size_t len;

	(void)state;
	encoder_init(&e, whole, sizeof(whole));
	len = encode_power(&e, &addresses[3].frame, 1234);
	for (size_t size = 0; size <= len; size++) {
		uint8_t *buf = malloc(size + 1);

		assert_non_null(buf);
		buf[size] = 0x55;
		encoder_init(&e, buf, size);
		assert_int_equal(encode_power(&e, &addresses[3].frame, 1234), size < len ? 0 : len);
		assert_int_equal(e.overflow, size < len);
		assert_int_equal(buf[size], 0x55);
		if (!e.overflow)
			assert_memory_equal(buf, whole, len);
		free(buf);
	}
}

/* What would still fit behind a write that did not is not written. */
static void test_overflow_sticks(void **state)
{
	uint8_t buf[4] = { 0 };
	struct encoder e;

	(void)state;
	encoder_init(&e, buf, sizeof(buf));
	encode_u8(&e, 1);
	encode_be(&e, 0x0203, 2);
	encode_text(&e, "KFM_001");
	encode_u8(&e, 9);
	assert_true(e.overflow);
	assert_int_equal(buf[3], HAN_TAG_OCTET_STRING);
	assert_int_equal(e.len, 4);

	encoder_init(&e, buf, sizeof(buf));
	encode_octets(&e, "12345", 5);
	encode_u8(&e, 9);
	assert_true(e.overflow);
	assert_int_equal(e.len, 0);
}

/* The length field has 11 bits. */
static void test_long_frames(void **state)
{
	static const uint8_t zeros[2048];
	static uint8_t buf[4096];
	const size_t header = 2 + 1 + 1 + 1 + 2, most = 2047 - header - 2;
	struct encoder e;

	(void)state;
	encoder_init(&e, buf, sizeof(buf));
	encode_frame_begin(&e, &addresses[0].frame);
	encode_octets(&e, zeros, most);
	assert_int_equal(encode_frame_end(&e), ENCODER_FRAME_MAX);
	assert_int_equal(buf[1] << 8 | buf[2], 0xA7FF);
	assert_int_equal(decode(buf, e.len).frame_len, ENCODER_FRAME_MAX);

	encoder_init(&e, buf, sizeof(buf));
	encode_frame_begin(&e, &addresses[0].frame);
	encode_octets(&e, zeros, most + 1);
	assert_int_equal(encode_frame_end(&e), 0);
}

/* ---- Kaifa ---- */

/* clang-format off */
static const struct {
	const char *name;
	enum kaifa_list list;
	struct kaifa meter;
	const char *hex;
} known[] = {
	{ "list 1, 1234 W", KAIFA_LIST_1,
	  { .source = { 2, 1 }, .now = { 2024, 1, 23, 2, 17, 58, 58, NO_TIME }, .power_import = 1234 },
	  "7EA027010201105A87E6E7000F40000000090C07E8011702113A3AFF800000020106000004D275227E" },
	{ "list 1, flags in the value", KAIFA_LIST_1,
	  { .source = { 2, 1 }, .now = { 2024, 1, 23, 2, 17, 59, 2, NO_TIME }, .power_import = 32382 },
	  "7EA027010201105A87E6E7000F40000000090C07E8011702113B02FF80000002010600007E7E8E717E" },
	{ "list 2, one phase", KAIFA_LIST_2,
	  { .meter_id = "6970631400000000", .meter_type = "MA105H2E", .one_phase = true, .source = { 2, 1 },
	    .now = { 2024, 1, 23, 2, 18, 0, 0, NO_TIME }, .power_import = 1234, .reactive_export = 56,
	    .current = { 5432 }, .voltage = { 2301 } },
	  "7EA06501020110F050E6E7000F40000000090C07E8011702120000FF800000020909074B464D5F3030310910"
	  "3639373036333134303030303030303009084D4131303548324506000004D206000000000600000000060000"
	  "003806000015380600 0008FD1F577E" },
	{ "list 3, three phases", KAIFA_LIST_3,
	  { .meter_id = "6970631400000000", .meter_type = "MA304H4", .source = { 2, 1 },
	    .now = { 2024, 1, 23, 2, 18, 0, 10, NO_TIME }, .clock = { 2024, 1, 23, 2, 18, 0, 10, NO_TIME },
	    .power_import = 1234, .reactive_export = 56,
	    .current = { 1661, 2103, 1337 }, .voltage = { 2289, 2288, 2277 },
	    .energy = { 11589514, 2853145, 120588, 4285508 } },
	  "7EA09A01020110AAA5E6E7000F40000000090C07E801170212000AFF800000021209074B464D5F3030310910"
	  "3639373036333134303030303030303009074D413330344834 06000004D2060000000006000000000600"
	  "000038060000067D0600000837060000053906000008F106000008F006000008E5090C07E801170212000AFF"
	  "8000000600B0D78A06002B8919060001D70C0600416444DA237E" },
};
/* clang-format on */

static void test_known_frames(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		uint8_t buf[ENCODER_FRAME_MAX];
		struct encoder e;
		size_t len;

		say_case(known[i].name);
		encoder_init(&e, buf, sizeof(buf));
		len = kaifa_encode(&e, &known[i].meter, known[i].list);
		assert_int_equal(len, e.len);
		check_octets(&e, known[i].hex);
	}
}

/* A meter in Sweden whose values and checks were published, but not its octets. */
static void test_published_checks(void **state)
{
	const struct kaifa meter = {
		.meter_id = "0000000000158820",
		.meter_type = "MA304H4D",
		.source = { 0, 1 },
		.now = { 2020, 4, 2, 4, 12, 39, 0, NO_TIME },
		.clock = { 2020, 4, 2, 4, 12, 39, 0, NO_TIME },
		.power_export = 721,
		.reactive_export = 195,
		.current = { 1661, 2103, 1337 },
		.voltage = { 2289, 2288, 2277 },
		.energy = { 11589514, 2853145, 120588, 4285508 },
	};
	uint8_t buf[ENCODER_FRAME_MAX];
	struct encoder e;

	(void)state;
	encoder_init(&e, buf, sizeof(buf));
	assert_int_equal(kaifa_encode(&e, &meter, KAIFA_LIST_3), 157);
	e.len = 9;
	check_octets(&e, "7e a09b 01 0001 10 561b");
	e.octets += 157 - 3;
	e.len = 3;
	check_octets(&e, "4f07 7e");
}

/* A value of the reading, in plain text. */
static void check_value(const struct han_reading *reading, const char *name, int exp10,
                        uint64_t expected)
{
	const struct han_value *value = han_reading_find(reading, name);

	assert_non_null(value);
	assert_int_equal(value->type, HAN_VALUE_NUMBER);
	assert_false(value->number.negative);
	assert_int_equal(value->number.exp10, exp10);
	assert_true(value->number.magnitude == expected);
}

static void check_text(const struct han_reading *reading, const char *name, const char *expected)
{
	const struct han_value *value = han_reading_find(reading, name);
	char text[HAN_TEXT_MAX];

	assert_non_null(value);
	assert_string_equal(han_value_text(value, text), expected);
}

static void check_time(const struct han_datetime *is, const struct han_datetime *should_be)
{
	char text[HAN_DATETIME_TEXT], expected[HAN_DATETIME_TEXT];

	assert_string_equal(han_datetime_print(is, text), han_datetime_print(should_be, expected));
	assert_int_equal(is->weekday, should_be->weekday);
	assert_int_equal(is->hundredths, should_be->hundredths);
	assert_int_equal(is->deviation, should_be->deviation);
	assert_int_equal(is->status, should_be->status);
}

static void check_live(const struct han_reading *reading, const struct kaifa *meter)
{
	static const char *const currents[] = { "phase_current_l1", "phase_current_l2",
		                                "phase_current_l3" };
	static const char *const voltages[] = { "phase_voltage_l1", "phase_voltage_l2",
		                                "phase_voltage_l3" };

	check_text(reading, "obis_version", "KFM_001");
	check_text(reading, "meter_id", meter->meter_id);
	check_text(reading, "meter_type", meter->meter_type);
	check_value(reading, "power_active_export", 0, meter->power_export);
	check_value(reading, "power_reactive_import", 0, meter->reactive_import);
	check_value(reading, "power_reactive_export", 0, meter->reactive_export);
	for (size_t i = 0; i < (meter->one_phase ? 1 : 3); i++) {
		check_value(reading, currents[i], -3, meter->current[i]);
		check_value(reading, voltages[i], -1, meter->voltage[i]);
	}
}

static void check_hour(const struct han_reading *reading, const struct kaifa *meter)
{
	static const char *const energies[] = { "energy_active_cum_import",
		                                "energy_active_cum_export",
		                                "energy_reactive_cum_import",
		                                "energy_reactive_cum_export" };
	const struct han_value *clock = han_reading_find(reading, "meter_timestamp");

	assert_non_null(clock);
	check_time(&clock->time, &meter->clock);
	for (size_t i = 0; i < COUNT(energies); i++)
		check_value(reading, energies[i], -3, meter->energy[i]);
}

static void check_round_trip(const struct kaifa *meter, enum kaifa_list list)
{
	static const size_t counts[2][4] = { { 0, 1, 13, 18 }, { 0, 1, 9, 14 } };
	uint8_t buf[ENCODER_FRAME_MAX];
	struct encoder e;
	struct han_event event;

	encoder_init(&e, buf, sizeof(buf));
	event = decode(buf, kaifa_encode(&e, meter, list));
	assert_int_equal(event.type, HAN_READING);
	assert_int_equal(event.frame_len, e.len);
	assert_int_equal(event.reading->count, counts[meter->one_phase][list]);
	assert_memory_equal(event.reading->hdlc.source.octets, meter->source, 2);
	check_time(&event.reading->apdu.time, &meter->now);
	check_value(event.reading, "power_active_import", 0, meter->power_import);
	if (list >= KAIFA_LIST_2)
		check_live(event.reading, meter);
	if (list == KAIFA_LIST_3)
		check_hour(event.reading, meter);
}

/* A meter all of whose values are different, but for the extremes. */
static struct kaifa meter_with(uint32_t value, uint64_t energy, bool one_phase, bool wide)
{
	uint32_t less = value > 100 ? 1 : 0; /* value, value - 1 …; or all 0 */

	return (struct kaifa){
		.meter_id = "6970631400000000",
		.meter_type = one_phase ? "MA105H2E" : "MA304T4",
		.one_phase = one_phase,
		.wide_energies = wide,
		.source = { 0, 1 },
		.now = noon,
		.clock = { 2026, 12, 31, 4, 23, 59, 59, 99, HAN_NO_DEVIATION, 0xFF },
		.power_import = value,
		.power_export = value - less,
		.reactive_import = value - 2 * less,
		.reactive_export = value - 3 * less,
		.current = { value - 4 * less, value - 5 * less, value - 6 * less },
		.voltage = { value - 7 * less, value - 8 * less, value - 9 * less },
		.energy = { energy, energy - less, energy - 2 * less, energy - 3 * less },
	};
}

static void test_round_trips(void **state)
{
	static const struct {
		const char *name;
		uint32_t value;
		uint64_t energy;
		bool wide;
	} cases[] = {
		{ "zeros", 0, 0, false },
		{ "zeros, wide", 0, 0, true },
		{ "a house", 2301, 11589514, false },
		{ "a house, wide", 2301, 11589514, true },
		{ "all ones", UINT32_MAX, UINT32_MAX, false },
		{ "wide, above 2^53", UINT32_MAX, (UINT64_C(1) << 53) + 3, true },
		{ "all ones, wide", UINT32_MAX, UINT64_MAX, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		for (int phases = 1; phases <= 3; phases += 2) {
			struct kaifa meter = meter_with(cases[i].value, cases[i].energy,
			                                phases == 1, cases[i].wide);

			print_message("# %s, phases: %d\n", cases[i].name, phases);
			check_round_trip(&meter, KAIFA_LIST_1);
			check_round_trip(&meter, KAIFA_LIST_2);
			check_round_trip(&meter, KAIFA_LIST_3);
		}
	}
}

/* A register of 32 bits that is full begins again, as in the meter. */
static void test_full_register(void **state)
{
	struct kaifa meter = meter_with(1, 0x100000005, false, false);
	uint8_t buf[ENCODER_FRAME_MAX];
	struct encoder e;
	struct han_event event;

	(void)state;
	encoder_init(&e, buf, sizeof(buf));
	event = decode(buf, kaifa_encode(&e, &meter, KAIFA_LIST_3));
	check_value(event.reading, "energy_active_cum_import", -3, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_notification),
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_general_blocks),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_segment),
		cmocka_unit_test(test_no_information),
		cmocka_unit_test(test_one_behind_the_other),
		cmocka_unit_test(test_small_buffers),
		cmocka_unit_test(test_overflow_sticks),
		cmocka_unit_test(test_long_frames),
		cmocka_unit_test(test_known_frames),
		cmocka_unit_test(test_published_checks),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_full_register),
	};

	return cmocka_run_group_tests_name("encoder", tests, NULL, NULL);
}
