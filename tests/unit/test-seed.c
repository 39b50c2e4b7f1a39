/* Readings as JSON: the object of the published sample to the letter, octets that JSON cannot hold as they
 * are, numbers that a double cannot hold, and memory that ends. */
#include "seed.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <han/decoder.h>

#include "../../daemon/kaifa.h" /* beside this file is another one */
#include "check.h"
#include "unhex.h"

#define NO_TIME HAN_UNSPECIFIED, HAN_NO_DEVIATION, 0

/* The reading of that frame or, with bare, of that APDU; until the next call. */
static const struct han_reading *decode(const uint8_t *octets, size_t len, bool bare)
{
	static struct han_decoder decoder;
	struct han_event event;

	han_decoder_init(&decoder, NULL);
	if (bare)
		han_decoder_apdu(&decoder, octets, len, &event);
	else
		han_decoder_push(&decoder, octets, len, 0, &event);
	assert_int_equal(event.type, HAN_READING);
	return event.reading;
}

static const struct han_reading *read_list(const struct kaifa *meter, enum kaifa_list list)
{
	static uint8_t buf[ENCODER_FRAME_MAX];
	struct encoder e;

	encoder_init(&e, buf, sizeof(buf));
	return decode(buf, kaifa_encode(&e, meter, list), false);
}

/* Compact text of a reading; the caller's to free. */
static char *print_compact(const struct han_reading *reading)
{
	char *text = seed_print(reading, true, true);

	assert_non_null(text);
	return text;
}

static void check_text(const struct han_reading *reading, const char *expected)
{
	char *text = print_compact(reading);

	assert_string_equal(text, expected);
	free(text);
}

static void check_holds(const char *text, const char *part)
{
	if (!strstr(text, part))
		print_error("no %s\nin %s\n", part, text);
	assert_non_null(strstr(text, part));
}

/* ---- golden ---- */

/* A member of "data". */
#define NUMBER(name, about, code, unit, value)                                                    \
	"\"" name "\":{\"description\":\"" about "\",\"obis_code\":\"" code "\",\"unit\":\"" unit \
	"\",\"value\":" value "}"
#define TEXT(name, about, code, value)                                      \
	"\"" name "\":{\"description\":\"" about "\",\"obis_code\":\"" code \
	"\",\"value\":\"" value "\"}"

#define UL "Phase voltage 4W meter, line voltage 3W meter"

/* What was published of a real meter (MA304H4D), but for its number; type and segmentation are the true
 * bits of the format field a09b. */
/* clang-format off */
static const char published[] =
	"{\"data\":{"
	NUMBER("energy_active_cum_export", "Cumulative hourly active export energy (A-) (Q2+Q3)", "1-0:2.8.0.255", "kWh", "2853.145") ","
	NUMBER("energy_active_cum_import", "Cumulative hourly active import energy (A+) (Q1+Q4)", "1-0:1.8.0.255", "kWh", "11589.514") ","
	NUMBER("energy_reactive_cum_export", "Cumulative hourly reactive export energy (R-) (Q3+Q4)", "1-0:4.8.0.255", "kVArh", "4285.508") ","
	NUMBER("energy_reactive_cum_import", "Cumulative hourly reactive import energy (R+) (Q1+Q2)", "1-0:3.8.0.255", "kVArh", "120.588") ","
	TEXT("meter_id", "Meter ID (GIAI GS1)", "0-0:96.1.0.255", "0000000000158820") ","
	TEXT("meter_timestamp", "Meter timestamp", "0-0:1.0.0.255", "2020-04-02 12:39:00,255 -32768 (0)") ","
	TEXT("meter_type", "Meter type", "0-0:96.1.7.255", "MA304H4D") ","
	TEXT("obis_version", "OBIS list version identifier", "1-1:0.2.129.255", "KFM_001") ","
	NUMBER("phase_current_l1", "IL1 Current phase L1", "1-0:31.7.0.255", "A", "1.661") ","
	NUMBER("phase_current_l2", "IL2 Current phase L2", "1-0:51.7.0.255", "A", "2.103") ","
	NUMBER("phase_current_l3", "IL3 Current phase L3", "1-0:71.7.0.255", "A", "1.337") ","
	NUMBER("phase_voltage_l1", "UL1 " UL, "1-0:32.7.0.255", "V", "228.9") ","
	NUMBER("phase_voltage_l2", "UL2 " UL, "1-0:52.7.0.255", "V", "228.8") ","
	NUMBER("phase_voltage_l3", "UL3 " UL, "1-0:72.7.0.255", "V", "227.7") ","
	NUMBER("power_active_export", "Active power export (Q2+Q3)", "1-0:2.7.0.255", "W", "721") ","
	NUMBER("power_active_import", "Active power import (Q1+Q4)", "1-0:1.7.0.255", "W", "0") ","
	NUMBER("power_reactive_export", "Reactive power export (Q3+Q4)", "1-0:4.7.0.255", "VAr", "195") ","
	NUMBER("power_reactive_import", "Reactive power import (Q1+Q2)", "1-0:3.7.0.255", "VAr", "0")
	"},\"header\":{"
	"\"apdu_invoke_id_and_priority\":\"40000000\",\"apdu_tag\":\"0f\","
	"\"hdlc_addr_client\":\"01\",\"hdlc_addr_server\":\"0001\",\"hdlc_control\":\"10\",\"hdlc_fcs\":\"4f07\","
	"\"hdlc_frame_format\":\"a09b\",\"hdlc_hcs\":\"561b\",\"hdlc_length\":155,\"hdlc_segmentation\":0,"
	"\"hdlc_type\":10,\"llc_control\":\"00\",\"llc_dst_svc_ap\":\"e6\",\"llc_src_svc_ap\":\"e7\""
	"},\"payload\":["
	"\"\\u0007ä\\u0004\\u0002\\u0004\\u000c'\\u0000ÿ\\u0080\\u0000\\u0000\","
	"[\"KFM_001\",\"0000000000158820\",\"MA304H4D\",0,721,0,195,1661,2103,1337,2289,2288,2277,"
	"\"\\u0007ä\\u0004\\u0002\\u0004\\u000c'\\u0000ÿ\\u0080\\u0000\\u0000\","
	"11589514,2853145,120588,4285508]]}";

static const struct kaifa sample = {
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
/* clang-format on */

static void test_published_object(void **state)
{
	(void)state;
	check_text(read_list(&sample, KAIFA_LIST_3), published);
}

#define POWER(watts)                                                                               \
	"\"data\":{" NUMBER("power_active_import", "Active power import (Q1+Q4)", "1-0:1.7.0.255", \
	                    "W", watts) "}"

/* A bare APDU has neither frame nor LLC. */
static void test_bare_apdu(void **state)
{
	static const struct {
		const char *name, *hex, *expected;
	} cases[] = {
		{ "no date-time", "0f 01020304 00 0201 06 000004d2",
		  "{" POWER("1234") ",\"header\":{\"apdu_invoke_id_and_priority\":\"01020304\","
		                    "\"apdu_tag\":\"0f\"},\"payload\":[null,[1234]]}" },
		{ "a date-time",
		  "0f 40000000 0c 07e8 0c 1f 02 17 3b 3b 20 003c ff 0201 06 00000000",
		  "{" POWER("0") ",\"header\":{\"apdu_invoke_id_and_priority\":\"40000000\","
		                 "\"apdu_tag\":\"0f\"},\"payload\":["
		                 "\"\\u0007è\\u000c\\u001f\\u0002\\u0017;; \\u0000<ÿ\",[0]]}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t apdu[64];

		say_case(cases[i].name);
		check_text(decode(apdu, unhex(cases[i].hex, apdu, sizeof(apdu)), true),
		           cases[i].expected);
	}
}

/* ---- numbers ---- */

/* Digit by digit, also where a double would round. */
static void test_exact_numbers(void **state)
{
	static const struct {
		uint64_t energy;
		const char *value, *item;
	} cases[] = {
		{ 0, "\"value\":0}", ",0," },
		{ 1, "\"value\":0.001}", ",1," },
		{ 1000, "\"value\":1}", ",1000," },
		{ 232500, "\"value\":232.5}", ",232500," },
		{ 4294967295, "\"value\":4294967.295}", ",4294967295," },
		{ 9007199254740993, "\"value\":9007199254740.993}", ",9007199254740993," },
		{ 18446744073709551610ULL, "\"value\":18446744073709551.61}",
		  ",18446744073709551610," },
		{ UINT64_MAX, "\"value\":18446744073709551.615}", ",18446744073709551615," },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct kaifa meter = sample;
		char *text;

		say_case(cases[i].item);
		meter.wide_energies = true;
		meter.energy[0] = cases[i].energy;
		text = print_compact(read_list(&meter, KAIFA_LIST_3));
		check_holds(text, cases[i].value);
		check_holds(text, cases[i].item);
		free(text);
	}
}

/* ---- octets ---- */

/* A list 2 with that type of meter. */
static const struct han_reading *read_type(const uint8_t *type, size_t len)
{
	static const struct encoder_frame frame = { { { 1 }, 1 }, { { 2, 1 }, 2 }, 0x10, false };
	static uint8_t buf[ENCODER_FRAME_MAX];
	struct encoder e;

	encoder_init(&e, buf, sizeof(buf));
	encode_frame_begin(&e, &frame);
	encode_llc(&e);
	encode_notification(&e, 0, ENCODER_TIME_ABSENT, NULL);
	encode_container(&e, HAN_TAG_STRUCTURE, 13);
	encode_text(&e, "KFM_001");
	encode_text(&e, "1");
	encode_string(&e, HAN_TAG_OCTET_STRING, type, len);
	for (unsigned i = 0; i < 10; i++)
		encode_number(&e, HAN_TAG_UINT32, i);
	return decode(buf, encode_frame_end(&e), false);
}

/* clang-format off */
static const struct {
	const char *name;
	const char *octets;
	size_t len;
	const char *item;  /* in "payload" */
	const char *value; /* in "data" */
} texts[] = {
	{ "letters",            "MA304H4",          7, "\"MA304H4\"",              "\"MA304H4\"" },
	{ "nothing",            "",                 0, "\"\"",                     "\"\"" },
	{ "quote, backslash",   "a\"\\/",           4, "\"a\\\"\\\\/\"",           "\"a\\\"\\\\/\"" },
	{ "NUL",                "A\0B",             3, "\"A\\u0000B\"",            "\"410042\"" },
	{ "only NULs",          "\0\0",             2, "\"\\u0000\\u0000\"",       "\"0000\"" },
	{ "line end, tab",      "\n\t",             2, "\"\\u000a\\u0009\"",       "\"0a09\"" },
	{ "the last of ASCII",  "~\x7f",            2, "\"~\\u007f\"",             "\"7e7f\"" },
	{ "more controls",      "\x80\x9f",         2, "\"\\u0080\\u009f\"",       "\"809f\"" },
	{ "Latin",              "\xa0\xe4\xf8\xff", 4, "\"\xc2\xa0\xc3\xa4\xc3\xb8\xc3\xbf\"", "\"a0e4f8ff\"" },
};
/* clang-format on */

static void test_octets(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		const struct han_reading *reading =
			read_type((const uint8_t *)texts[i].octets, texts[i].len);
		char *text = print_compact(reading);
		char part[128];

		say_case(texts[i].name);
		snprintf(part, sizeof(part), "[null,[\"KFM_001\",\"1\",%s,0,1,", texts[i].item);
		check_holds(text, part);
		snprintf(part, sizeof(part), "\"obis_code\":\"0-0:96.1.7.255\",\"value\":%s}",
		         texts[i].value);
		check_holds(text, part);
		free(text);
	}
}

/* Reads a JSON string of code points below 256, without its quotes, back into octets. */
static size_t unescape(const char *text, uint8_t *octets, size_t size)
{
	size_t len = 0;

	for (; *text != '"'; len++) {
		const uint8_t *at = (const uint8_t *)text;

		assert_true(len < size);
		assert_true(*at >= 0x20);
		if (strncmp(text, "\\u00", 4) == 0) {
			unhex((const char[]){ text[4], text[5], 0 }, &octets[len], 1);
			text += 6;
		} else if (*text == '\\') {
			octets[len] = at[1];
			text += 2;
		} else if (*at < 0x80) {
			octets[len] = at[0];
			text += 1;
		} else {
			octets[len] = (uint8_t)((at[0] & 0x03) << 6 | (at[1] & 0x3F));
			text += 2;
		}
	}
	return len;
}

static void test_all_octets(void **state)
{
	static const char before[] = "[\"KFM_001\",\"1\",\"";
	uint8_t octets[256], back[256];
	char *text, *at;

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)i;
	text = print_compact(read_type(octets, sizeof(octets)));
	at = strstr(text, before);
	assert_non_null(at);
	assert_int_equal(unescape(at + strlen(before), back, sizeof(back)), sizeof(octets));
	assert_memory_equal(back, octets, sizeof(octets));
	free(text);
}

/* ---- items ---- */

/* clang-format off */
static const struct {
	const char *name, *body, *payload;
} items[] = {
	{ "null-data",           "00",                            "[null,null]" },
	{ "boolean, enum",       "0202 0301 161b",                "[null,[1,27]]" },
	{ "negative numbers",    "0203 0fff 10fffe 05fffffffd",   "[null,[-1,-2,-3]]" },
	{ "the least of all",    "14 8000000000000000",           "[null,-9223372036854775808]" },
	{ "the most of all",     "15 ffffffffffffffff",           "[null,18446744073709551615]" },
	{ "an empty structure",  "0200",                          "[null,[]]" },
	{ "containers",          "0203 0102 1101 1102 0200 1103", "[null,[[1,2],[],3]]" },
	{ "as deep as can be",   "0101 0101 0101 0101 0101 0101 0101 0102 1107 00", "[null,[[[[[[[[7,null]]]]]]]]]" },
	{ "other strings",       "0203 0a0141 0c02c3a4 040ca5f0", "[null,[\"A\",\"\xc3\x83\xc2\xa4\",\"\xc2\xa5\xc3\xb0\"]]" },
};
/* clang-format on */

static void test_items(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(items); i++) {
		uint8_t body[64];
		struct han_reading reading = { .body = body };
		char expected[256];

		say_case(items[i].name);
		reading.body_len = unhex(items[i].body, body, sizeof(body));
		snprintf(expected, sizeof(expected),
		         "{\"data\":{},\"header\":{\"apdu_invoke_id_and_priority\":\"00000000\","
		         "\"apdu_tag\":\"00\"},\"payload\":%s}",
		         items[i].payload);
		check_text(&reading, expected);
	}
}

/* ---- values ---- */

static const struct han_measurement *power(void)
{
	return han_measurement_find((struct han_obis){ 1, 0, 1, 7, 0, 255 });
}

/* clang-format off */
static const struct {
	const char *name;
	struct han_value value;
	const char *member; /* of "data" */
} members[] = {
	{ "a code without a name",
	  { .has_obis = true, .obis = { 1, 0, 99, 1, 0, 255 }, .number = { 12340, -3, false } },
	  "\"1-0:99.1.0.255\":{\"obis_code\":\"1-0:99.1.0.255\",\"value\":12.34}" },
	{ "a telegram's code",
	  { .has_obis = true, .short_obis = true, .obis = { 0, 1, 24, 2, 1, 255 }, .unit = HAN_UNIT_M3, .number = { 1234567, -3, false } },
	  "\"0-1:24.2.1\":{\"obis_code\":\"0-1:24.2.1\",\"unit\":\"m3\",\"value\":1234.567}" },
	{ "an element of unknown meaning",
	  { .item = 7, .number = { 3, 0, true } },
	  "\"item07\":{\"obis_code\":\"item07\",\"value\":-3}" },
	{ "the seed's VArh",
	  { .item = 1, .unit = HAN_UNIT_VARH, .number = { 3, 0, false } },
	  "\"item01\":{\"obis_code\":\"item01\",\"unit\":\"VArh\",\"value\":3}" },
	{ "the seed's kVArh",
	  { .item = 1, .unit = HAN_UNIT_KVARH, .number = { 3, 0, false } },
	  "\"item01\":{\"obis_code\":\"item01\",\"unit\":\"kVArh\",\"value\":3}" },
	{ "a unit of the standard",
	  { .item = 1, .unit = HAN_UNIT_HZ, .number = { 500, -1, false } },
	  "\"item01\":{\"obis_code\":\"item01\",\"unit\":\"Hz\",\"value\":50}" },
	{ "a reserved unit",
	  { .item = 1, .unit = (enum han_unit)200, .number = { 3, 0, false } },
	  "\"item01\":{\"obis_code\":\"item01\",\"unit\":\"unit-200\",\"value\":3}" },
	{ "a text has no unit",
	  { .item = 1, .type = HAN_VALUE_TEXT, .unit = HAN_UNIT_V, .octets = (const uint8_t *)"a\xc3\xa4", .len = 3 },
	  "\"item01\":{\"obis_code\":\"item01\",\"value\":\"61c3a4\"}" },
	{ "a clock of no Kaifa list, deviation given",
	  { .item = 1, .type = HAN_VALUE_CLOCK, .time = { 2021, 9, 27, 1, 9, 47, 15, 0, -120, 0x80 } },
	  "\"item01\":{\"obis_code\":\"item01\",\"value\":\"2021-09-27T09:47:15+02:00\"}" },
	{ "a suspect one",
	  { .item = 1, .suspicion = HAN_SUSPECT_SUM, .unit = HAN_UNIT_KWH, .number = { 3, 0, false } },
	  "\"item01\":{\"obis_code\":\"item01\",\"suspect\":\"total that is not the sum of its tariffs\",\"unit\":\"kWh\",\"value\":3}" },
	{ "structural and suspect",
	  { .item = 1, .structural = true, .suspicion = HAN_SUSPECT_DATE },
	  "\"item01\":{\"obis_code\":\"item01\",\"structural\":true,\"suspect\":\"date that does not exist\",\"value\":0}" },
};
/* clang-format on */

/* Each in its place among the names. */
static void test_members(void **state)
{
	static const uint8_t body[] = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(members); i++) {
		struct han_reading reading = { .body = body, .body_len = 1, .count = 2 };
		char expected[512], *text;

		say_case(members[i].name);
		reading.values[0] = (struct han_value){ .measurement = power(),
			                                .has_obis = true,
			                                .obis = power()->obis,
			                                .unit = power()->unit,
			                                .number = { 5, 0, true } };
		reading.values[1] = members[i].value;
		text = print_compact(&reading);
		snprintf(expected, sizeof(expected), "{\"data\":{%s,\"power_active_import\":{",
		         members[i].member);
		check_holds(text, expected);
		check_holds(text, "\"unit\":\"W\",\"value\":-5}");
		free(text);
	}
}

/* A key stands once, whatever the meter sends. */
static void test_same_name_twice(void **state)
{
	static const uint8_t body[] = { 0 };
	struct han_reading reading = { .body = body, .body_len = 1, .count = 3 };

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		reading.values[i] = (struct han_value){ .item = 4, .number = { i + 1, 0, false } };
	check_text(&reading, "{\"data\":{\"item04\":{\"obis_code\":\"item04\",\"value\":1}},"
	                     "\"header\":{\"apdu_invoke_id_and_priority\":\"00000000\","
	                     "\"apdu_tag\":\"00\"},\"payload\":[null,null]}");
}

/* ---- framings and ciphering ---- */

static const struct han_encryption encryption = {
	.title = { 0x4B, 0x46, 0x4D, 0x10, 0x20, 0x01, 0xAB, 0xCD },
	.control = 0x30,
	.counter = 0x00C0FFEE,
	.authenticated = true,
};

#define ENCRYPTION                                                                    \
	"\"encryption\":{\"authenticated\":true,\"invocation_counter\":\"00c0ffee\"," \
	"\"security_control\":\"30\",\"system_title\":\"4b464d102001abcd\"}"

static const struct han_mbus_header mbus = { 0x53, 0xFF, 0x00, 0x01, 0x67 };

#define MBUS "\"mbus_address\":\"ff\",\"mbus_ci\":\"00\",\"mbus_control\":\"53\""

static void test_mbus(void **state)
{
	static const uint8_t body[] = { 0 };
	const struct han_reading reading = { .framing = HAN_FRAMING_MBUS,
		                             .mbus = mbus,
		                             .has_encryption = true,
		                             .encryption = encryption,
		                             .apdu = { .tag = 0x0F },
		                             .body = body,
		                             .body_len = 1 };

	(void)state;
	check_text(&reading,
	           "{\"data\":{}," ENCRYPTION ",\"header\":{"
	           "\"apdu_invoke_id_and_priority\":\"00000000\",\"apdu_tag\":\"0f\"," MBUS
	           "},\"payload\":[null,null]}");
}

/* Who sent it, and no more. */
static void test_sealed(void **state)
{
	const struct han_reading reading = { .framing = HAN_FRAMING_MBUS,
		                             .mbus = mbus,
		                             .has_encryption = true,
		                             .encryption = encryption };
	char *text = seed_print(&reading, false, true);

	(void)state;
	assert_string_equal(text, "{" ENCRYPTION ",\"header\":{" MBUS "}}");
	free(text);
}

#define TELEGRAM         "/XYZ5\\2 meter\r\n\r\n1-0:1.7.0(00.193*kW)\r\n!"
#define TELEGRAM_PAYLOAD "\"payload\":[\"/XYZ5\\\\2 meter\",\"\",\"1-0:1.7.0(00.193*kW)\",\"!\"]}"
#define IDENT            "\"p1_identification\":\"XYZ5\\\\2 meter\""

static void test_telegram(void **state)
{
	struct han_reading reading = { .framing = HAN_FRAMING_P1,
		                       .p1 = { "XYZ5\\2 meter", 12, true, 0x0B2C },
		                       .is_telegram = true,
		                       .message = (const uint8_t *)TELEGRAM,
		                       .message_len = strlen(TELEGRAM) };

	(void)state;
	check_text(&reading,
	           "{\"data\":{},\"header\":{\"p1_crc\":\"0B2C\"," IDENT "}," TELEGRAM_PAYLOAD);
	reading.p1.has_crc = false;
	check_text(&reading, "{\"data\":{},\"header\":{" IDENT "}," TELEGRAM_PAYLOAD);
	reading.framing = HAN_FRAMING_MBUS; /* as Sagemcom sends it in Graz */
	reading.mbus = mbus;
	check_text(&reading, "{\"data\":{},\"header\":{" MBUS "," IDENT "}," TELEGRAM_PAYLOAD);
}

static void test_clocks(void **state)
{
	static const struct {
		struct han_datetime clock;
		const char *value;
	} cases[] = {
		{ { 2020, 4, 2, 4, 12, 39, 0, NO_TIME }, "2020-04-02 12:39:00,255 -32768 (0)" },
		{ { 2021, 12, 31, 5, 23, 59, 59, 7, -60, 0x80 },
		  "2021-12-31 23:59:59,7 -60 (10000000)" },
		{ { 1, 2, 3, 4, 5, 6, 7, 0, 720, 0x05 }, "0001-02-03 05:06:07,0 720 (101)" },
		{ { 65535, 255, 255, 255, 255, 255, 255, 255, -1, 0xFF },
		  "65535-255-255 255:255:255,255 -1 (11111111)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct kaifa meter = sample;
		char part[128], *text;

		say_case(cases[i].value);
		meter.clock = cases[i].clock;
		text = print_compact(read_list(&meter, KAIFA_LIST_3));
		snprintf(part, sizeof(part), "0-0:1.0.0.255\",\"value\":\"%s\"}", cases[i].value);
		check_holds(text, part);
		free(text);
	}
}

/* How often a zero is called structural. */
static unsigned count_structural(const char *type, uint32_t current, uint32_t voltage)
{
	struct kaifa meter = sample;
	unsigned count = 0;
	char *text;

	meter.meter_type = type;
	meter.current[1] = current;
	meter.voltage[1] = voltage;
	text = print_compact(read_list(&meter, KAIFA_LIST_2));
	for (const char *at = text; (at = strstr(at, ",\"structural\":true,\"unit\":")); at++)
		count++;
	free(text);
	return count;
}

/* A utf8-string is text in "data"; where it is none, and in other types, letters beyond ASCII are hex. */
static void test_utf8(void **state)
{
	static const struct {
		const char *name, *item, *value;
	} cases[] = {
		{ "two octets", "0c03 c3a441",
		  "\"\xc3\xa4"
		  "A\"" },
		{ "three and four", "0c07 e282ac f09f988a", "\"\xe2\x82\xac\xf0\x9f\x98\x8a\"" },
		{ "an octet-string", "0903 c3a441", "\"c3a441\"" },
		{ "a control", "0c02 c285", "\"c285\"" },
		{ "a line's end", "0c03 c3a40a", "\"c3a40a\"" },
		{ "too long a spelling", "0c02 c1a1", "\"c1a1\"" },
		{ "half a pair", "0c03 eda080", "\"eda080\"" },
		{ "beyond Unicode", "0c04 f4908080", "\"f4908080\"" },
		{ "cut short", "0c02 41c3", "\"41c3\"" },
		{ "ASCII", "0c02 4142", "\"AB\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t apdu[64];
		char hex[128], *text;

		say_case(cases[i].name);
		snprintf(hex, sizeof(hex), "0f 40000000 00 0101 0202 0906 0000600164ff %s",
		         cases[i].item);
		text = print_compact(decode(apdu, unhex(hex, apdu, sizeof(apdu)), true));
		snprintf(hex, sizeof(hex), "\"value\":%s}", cases[i].value);
		check_holds(text, hex);
		free(text);
	}
}

static void test_structural_zeros(void **state)
{
	(void)state;
	assert_int_equal(count_structural("MA304H3E", 0, 0), 2);
	assert_int_equal(count_structural("MA304H3E", 45, 0), 1);
	assert_int_equal(count_structural("MA304H4", 0, 0), 0);
}

/* ---- the whole ---- */

static void check_sorted(const cJSON *item)
{
	for (const cJSON *child = item->child; child; child = child->next) {
		if (cJSON_IsObject(item) && child->next)
			assert_true(strcmp(child->string, child->next->string) < 0);
		check_sorted(child);
	}
}

/* The same object with and without --compact; valid JSON, its keys sorted. */
static void test_layouts(void **state)
{
	static const enum kaifa_list lists[] = { KAIFA_LIST_1, KAIFA_LIST_2, KAIFA_LIST_3 };

	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		const struct han_reading *reading = read_list(&sample, lists[i]);
		char *compact = seed_print(reading, true, true),
		     *spread = seed_print(reading, true, false);
		cJSON *a = cJSON_Parse(compact), *b = cJSON_Parse(spread);

		assert_non_null(a);
		assert_non_null(b);
		assert_true(cJSON_Compare(a, b, true));
		check_sorted(a);
		assert_null(strchr(compact, '\n'));
		assert_non_null(strchr(spread, '\n'));
		cJSON_Delete(a);
		cJSON_Delete(b);
		free(compact);
		free(spread);
	}
}

/* ---- memory ---- */

static unsigned long allocations, allocations_held, failing;

/* One of them fails, and those behind it too when memory has ended for good. */
static bool for_good;

static void *allocate(size_t size)
{
	bool fails = for_good ? allocations >= failing : allocations == failing;
	void *memory = fails ? NULL : malloc(size);

	allocations++;
	allocations_held += memory != NULL;
	return memory;
}

static void release(void *memory)
{
	allocations_held -= memory != NULL;
	free(memory);
}

/* Whether the text could be printed although that allocation failed; whatever is held at the end is a
 * leak. */
static bool print_without(const struct han_reading *reading, bool compact, unsigned long nth)
{
	char *text;

	allocations = 0;
	failing = nth;
	text = seed_print(reading, true, compact);
	if (text && compact)
		assert_string_equal(text, published);
	release(text);
	assert_int_equal(allocations_held, 0);
	return text != NULL;
}

/* Wherever memory ends, there is no text, not a part of one. */
static void test_memory_ends(void **state)
{
	cJSON_Hooks hooks = { allocate, release };
	const struct han_reading *reading = read_list(&sample, KAIFA_LIST_3);

	(void)state;
	cJSON_InitHooks(&hooks);
	for (int way = 0; way < 4; way++) {
		unsigned long n = 0;

		for_good = way & 1;
		while (!print_without(reading, way & 2, n))
			n++;
		assert_in_range(n, 100, 10000);
		assert_true(allocations <= n);
	}
	cJSON_InitHooks(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_object),
		cmocka_unit_test(test_bare_apdu),
		cmocka_unit_test(test_exact_numbers),
		cmocka_unit_test(test_octets),
		cmocka_unit_test(test_all_octets),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_same_name_twice),
		cmocka_unit_test(test_mbus),
		cmocka_unit_test(test_sealed),
		cmocka_unit_test(test_telegram),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_structural_zeros),
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_memory_ends),
	};

	return cmocka_run_group_tests_name("seed", tests, NULL, NULL);
}
