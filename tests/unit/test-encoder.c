/* The project's own encoder: against the published frame of the seed meter, and against the decoder. */
#include <string.h>

#include <han/crc16.h>
#include <han/decoder.h>

#include "../../daemon/kaifa.h"
#include "check.h"

static const struct kaifa seed = {
	.meter_id = "0000000000158820",
	.meter_type = "MA304H4D",
	.source = { 0x00, 0x01 },
	.now = { 2020, 4, 2, 4, 12, 39, 0, HAN_UNSPECIFIED, HAN_NO_DEVIATION, 0 },
	.clock = { 2020, 4, 2, 4, 12, 39, 0, HAN_UNSPECIFIED, HAN_NO_DEVIATION, 0 },
	.power_export = 721,
	.reactive_export = 195,
	.current = { 1661, 2103, 1337 },
	.voltage = { 2289, 2288, 2277 },
	.energy = { 11589514, 2853145, 120588, 4285508 },
};

/* The values are published, and with them both check sequences of the frame they came in. */
static void test_seed_frame(void **state)
{
	static const uint8_t hcs[] = { 0x56, 0x1B }, fcs[] = { 0x4F, 0x07 };
	struct encoder e;
	size_t len = kaifa_encode(&e, &seed, KAIFA_LIST_3);

	(void)state;
	assert_int_equal(len, 157);
	assert_int_equal((e.octets[1] & 0x07) << 8 | e.octets[2], 155);
	assert_memory_equal(e.octets + 7, hcs, sizeof(hcs));
	assert_memory_equal(e.octets + len - 3, fcs, sizeof(fcs));
}

static struct kaifa three_phases(void)
{
	return seed;
}

static struct kaifa one_phase(void)
{
	struct kaifa meter = seed;

	meter.one_phase = true;
	meter.meter_type = "MA105H2E";
	return meter;
}

static struct kaifa extremes(void)
{
	struct kaifa meter = seed;

	meter.power_import = UINT32_MAX;
	meter.current[1] = UINT32_MAX;
	meter.voltage[2] = 0;
	meter.energy[0] = UINT32_MAX;
	meter.energy[1] = 0;
	return meter;
}

static struct kaifa wide(void)
{
	struct kaifa meter = seed;

	meter.wide_energies = true;
	meter.energy[0] = UINT64_MAX;
	meter.energy[3] = (uint64_t)1 << 53 | 1;
	return meter;
}

static const struct {
	const char *name;
	struct kaifa (*meter)(void);
	enum kaifa_list list;
	const char *decoded; /* the list's name */
	size_t count;
} lists[] = {
	{ "list 1", three_phases, KAIFA_LIST_1, "kaifa-list1", 1 },
	{ "list 2", three_phases, KAIFA_LIST_2, "kaifa-list2-3ph", 13 },
	{ "list 3", three_phases, KAIFA_LIST_3, "kaifa-list3-3ph", 18 },
	{ "list 2, one phase", one_phase, KAIFA_LIST_2, "kaifa-list2-1ph", 9 },
	{ "list 3, one phase", one_phase, KAIFA_LIST_3, "kaifa-list3-1ph", 14 },
	{ "list 1, extremes", extremes, KAIFA_LIST_1, "kaifa-list1", 1 },
	{ "list 3, extremes", extremes, KAIFA_LIST_3, "kaifa-list3-3ph", 18 },
	{ "list 3, 64-bit registers", wide, KAIFA_LIST_3, "kaifa-list3-3ph", 18 },
};

static void check_number(const struct han_reading *reading, const char *name, uint64_t magnitude)
{
	const struct han_value *value = han_reading_find(reading, name);

	if (!value) /* not in this list */
		return;
	assert_int_equal(value->type, HAN_VALUE_NUMBER);
	assert_true(value->number.magnitude == magnitude);
}

static void check_reading(const struct han_reading *reading, const struct kaifa *meter)
{
	char got[HAN_DATETIME_TEXT], want[HAN_DATETIME_TEXT];

	check_number(reading, "power_active_import", meter->power_import);
	check_number(reading, "power_active_export", meter->power_export);
	check_number(reading, "power_reactive_import", meter->reactive_import);
	check_number(reading, "power_reactive_export", meter->reactive_export);
	check_number(reading, "phase_current_l1", meter->current[0]);
	check_number(reading, "phase_current_l2", meter->current[1]);
	check_number(reading, "phase_current_l3", meter->current[2]);
	check_number(reading, "phase_voltage_l1", meter->voltage[0]);
	check_number(reading, "phase_voltage_l2", meter->voltage[1]);
	check_number(reading, "phase_voltage_l3", meter->voltage[2]);
	check_number(reading, "energy_active_cum_import", meter->energy[0]);
	check_number(reading, "energy_active_cum_export", meter->energy[1]);
	check_number(reading, "energy_reactive_cum_import", meter->energy[2]);
	check_number(reading, "energy_reactive_cum_export", meter->energy[3]);
	assert_true(reading->apdu.has_time);
	assert_string_equal(han_datetime_print(&reading->apdu.time, got),
	                    han_datetime_print(&meter->now, want));
}

static void test_lists_come_back(void **state)
{
	struct han_decoder decoder;
	struct han_event event;

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		struct kaifa meter = lists[i].meter();
		struct encoder e;
		size_t len = kaifa_encode(&e, &meter, lists[i].list);

		say_case(lists[i].name);
		han_decoder_init(&decoder);
		assert_int_equal(han_decoder_push(&decoder, e.octets, len, 0, &event), len);
		assert_int_equal(event.type, HAN_READING);
		assert_string_equal(han_list_name(event.reading->list), lists[i].decoded);
		assert_int_equal(event.reading->count, lists[i].count);
		check_reading(event.reading, &meter);
	}
}

/* Addresses of 1, 2 and 4 octets; a frame of the longest length, and one octet more. */
static void test_frames(void **state)
{
	static const struct encoder_address addresses[] = { { { 0x01 }, 1 },
		                                            { { 0x02, 0x01 }, 2 },
		                                            { { 0x02, 0x04, 0x06, 0x09 }, 4 } };
	struct encoder e;

	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		const struct encoder_frame frame = { addresses[i],
			                             addresses[COUNT(addresses) - 1 - i], 0x13 };
		size_t len;

		encode_frame_begin(&e, &frame);
		encode_u8(&e, 0x55);
		len = encode_frame_end(&e);
		assert_int_equal(e.octets[0], 0x7E);
		assert_int_equal(e.octets[len - 1], 0x7E);
		assert_int_equal(han_crc16(HAN_CRC16_START, e.octets + 1, len - 2), HAN_CRC16_GOOD);
	}
	for (size_t more = 0; more <= 1; more++) {
		const struct encoder_frame frame = { addresses[0], addresses[1], 0x10 };

		encode_frame_begin(&e, &frame);
		while (e.len < ENCODER_MAX - 3 + more && !e.overflow)
			encode_u8(&e, 0);
		assert_int_equal(encode_frame_end(&e), more ? 0 : ENCODER_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seed_frame),
		cmocka_unit_test(test_lists_come_back),
		cmocka_unit_test(test_frames),
	};

	return cmocka_run_group_tests_name("encoder", tests, NULL, NULL);
}
