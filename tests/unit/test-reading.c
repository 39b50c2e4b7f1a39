/* What a reading tells: its values by name, its meter, its time, its texts. */
#include "kaifa.h"

#include "measurement.h"

#define SIXTEEN "6970631400000000"

/* clang-format off */
static const struct {
	const char *name;
	const char *octets;
	size_t len;
	const char *text;
} texts[] = {
	{ "digits",                     SIXTEEN,        16, SIXTEEN },
	{ "nothing",                    "",             0,  "" },
	{ "one blank",                  " ",            1,  " " },
	{ "first and last that print",  " ~",           2,  " ~" },
	{ "quotes and a backslash",     "a\"b\\c",      5,  "a\"b\\c" },
	{ "below the blank",            "a\x1f",        2,  "611f" },
	{ "delete",                     "a\x7f",        2,  "617f" },
	{ "a control octet in front",   "\n12",         3,  "0a3132" },
	{ "a NUL in front",             "\0" "12",      3,  "003132" },
	{ "a NUL behind",               "12\0",         3,  "313200" },
	{ "NULs only",                  "\0\0",         2,  "0000" },
	{ "UTF-8 is no ASCII",          "\xc3\xa6",     2,  "c3a6" },
	{ "all ones",                   "\xff",         1,  "ff" },
	{ "a code, not a text",         "\x01\x00\x1f\x07\x00\xff", 6, "01001f0700ff" },
};
/* clang-format on */

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		const struct han_value value = { .type = HAN_VALUE_TEXT,
			                         .octets = (const uint8_t *)texts[i].octets,
			                         .len = texts[i].len };
		char buf[HAN_TEXT_MAX + 1];

		say_case(texts[i].name);
		memset(buf, '#', sizeof(buf));
		assert_ptr_equal(han_value_text(&value, buf), buf);
		assert_string_equal(buf, texts[i].text);
		assert_int_equal(buf[HAN_TEXT_MAX], '#');
	}
}

#define HEX_FITS ((HAN_TEXT_MAX - 1) / 2)

/* Hex is cut between octets. */
static void test_long_hex(void **state)
{
	uint8_t octets[HAN_TEXT_MAX];
	const struct han_value value = { .type = HAN_VALUE_TEXT,
		                         .octets = octets,
		                         .len = sizeof(octets) };
	char buf[HAN_TEXT_MAX + 1], expected[2 * sizeof(octets) + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)i;
	memset(buf, '#', sizeof(buf));
	han_value_text(&value, buf);
	hex_of(octets, HEX_FITS, expected);
	assert_string_equal(buf, expected);
	assert_int_equal(buf[HAN_TEXT_MAX], '#');
}

/* A text is cut where the buffer ends. */
static void test_long_text(void **state)
{
	uint8_t octets[HAN_TEXT_MAX];
	char buf[HAN_TEXT_MAX + 1];

	(void)state;
	for (size_t len = HAN_TEXT_MAX - 2; len <= HAN_TEXT_MAX; len++) {
		const struct han_value value = { .type = HAN_VALUE_TEXT,
			                         .octets = octets,
			                         .len = len };

		memset(octets, 'x', sizeof(octets));
		memset(buf, '#', sizeof(buf));
		han_value_text(&value, buf);
		assert_int_equal(strlen(buf), len < HAN_TEXT_MAX ? len : HAN_TEXT_MAX - 1);
		assert_int_equal(buf[HAN_TEXT_MAX], '#');
	}
}

static const struct han_value power = { .measurement = &measurements[M_POWER_ACTIVE_IMPORT],
	                                .number = { 229, 0, false } };
static const struct han_value id = { .measurement = &measurements[M_METER_ID],
	                             .has_obis = true,
	                             .obis = { 0, 0, 96, 1, 0, 255 },
	                             .type = HAN_VALUE_TEXT,
	                             .octets = (const uint8_t *)SIXTEEN,
	                             .len = 16 };
static const struct han_value empty_id = { .measurement = &measurements[M_METER_ID],
	                                   .has_obis = true,
	                                   .obis = { 0, 0, 96, 1, 0, 255 },
	                                   .type = HAN_VALUE_TEXT,
	                                   .octets = (const uint8_t *)"" };
static const struct han_value clock_item = { .measurement = &measurements[M_METER_TIMESTAMP],
	                                     .type = HAN_VALUE_CLOCK,
	                                     .time = { .year = 2024, .hour = 18 } };
static const struct han_value nameless = { .obis = { 1, 0, 99, 99, 0, 255 } };

static struct han_reading *reading_of(const struct han_value *const *values, size_t count)
{
	static struct han_reading reading;

	memset(&reading, 0, sizeof(reading));
	for (; reading.count < count; reading.count++)
		reading.values[reading.count] = *values[reading.count];
	return &reading;
}

/* clang-format off */
static const struct {
	const char *name;
	int place; /* -1: not there */
} names[] = {
	{ "power_active_import",  1 },
	{ "meter_id",             2 },
	{ "meter_timestamp",      3 },
	{ "power_active_export", -1 },
	{ "power_active",        -1 },
	{ "power_active_import_l1", -1 },
	{ "power_active_imporT", -1 },
	{ "Power_active_import", -1 },
	{ "",                    -1 },
};
/* clang-format on */

static void test_find(void **state)
{
	const struct han_value *const values[] = { &nameless, &power, &id, &clock_item };
	const struct han_reading *reading = reading_of(values, COUNT(values));

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct han_value *found = han_reading_find(reading, names[i].name);

		say_case(names[i].name);
		if (names[i].place < 0)
			assert_null(found);
		else
			assert_ptr_equal(found, &reading->values[names[i].place]);
	}
	assert_null(han_reading_find(reading_of(NULL, 0), "power_active_import"));
}

static void test_identity(void **state)
{
	char text[HAN_IDENTITY_TEXT];
	const struct han_value *const with[] = { &power, &id };
	const struct han_value *const without[] = { &power, &clock_item, &nameless };
	const struct han_value *const empty[] = { &power, &empty_id };
	const struct han_reading *reading = reading_of(with, COUNT(with));

	(void)state;
	assert_int_equal(han_reading_identity(reading, text), HAN_IDENTITY_METER_ID);
	assert_string_equal(text, SIXTEEN);
	assert_int_equal(han_reading_identity(reading_of(without, COUNT(without)), text),
	                 HAN_IDENTITY_NONE);
	assert_string_equal(text, "");
	assert_int_equal(han_reading_identity(reading_of(empty, COUNT(empty)), text),
	                 HAN_IDENTITY_NONE);
	assert_int_equal(han_reading_identity(reading_of(NULL, 0), text), HAN_IDENTITY_NONE);
}

#define TEXT_OF(code_a, code_b, code_c, code_d, code_e, text)                                      \
	{                                                                                          \
		.has_obis = true, .obis = { code_a, code_b, code_c, code_d, code_e, 255 },         \
		.type = HAN_VALUE_TEXT, .octets = (const uint8_t *)(text), .len = sizeof(text) - 1 \
	}

static const struct han_value device_name = TEXT_OF(0, 0, 42, 0, 0, "ISK1030000000000");
static const struct han_value kamstrup_id = TEXT_OF(1, 1, 0, 0, 5, "5706567000000000");
static const struct han_value number = TEXT_OF(0, 0, 96, 1, 1, "00000001");
static const struct han_value kamstrup_type = TEXT_OF(1, 1, 96, 1, 1, "6841121BC243101040");
static const struct han_value gas_id = TEXT_OF(0, 1, 96, 1, 0, "47000000");
static const struct han_value other_name = TEXT_OF(0, 1, 42, 0, 0, "OTHER");
static const struct han_value binary_id = TEXT_OF(0, 0, 96, 1, 0, "\x01\x02");
static const struct han_value id_as_number = { .has_obis = true,
	                                       .obis = { 0, 0, 96, 1, 0, 255 },
	                                       .type = HAN_VALUE_NUMBER,
	                                       .number = { 4711, 0, false } };
static const struct han_value bare_id = { .obis = { 0, 0, 96, 1, 0, 255 },
	                                  .type = HAN_VALUE_TEXT,
	                                  .octets = (const uint8_t *)"bare",
	                                  .len = 4 };

/* clang-format off */

/* Values in the order they come; the best of them is the identity. */
static const struct {
	const char *name;
	const struct han_value *values[5];
	bool ciphered;
	enum han_identity identity;
	const char *text;
} ladder[] = {
	{ "all of them",            { &number, &kamstrup_id, &id, &device_name }, true, HAN_IDENTITY_DEVICE_NAME, "ISK1030000000000" },
	{ "device name first",      { &device_name, &id, &number }, false, HAN_IDENTITY_DEVICE_NAME, "ISK1030000000000" },
	{ "meter id and number",    { &number, &id },        true,  HAN_IDENTITY_METER_ID, SIXTEEN },
	{ "Kamstrup's meter id",    { &kamstrup_type, &number, &kamstrup_id }, true, HAN_IDENTITY_METER_ID, "5706567000000000" },
	{ "number",                 { &gas_id, &number },    true,  HAN_IDENTITY_NUMBER, "00000001" },
	{ "system title",           { &power, &clock_item }, true,  HAN_IDENTITY_SYSTEM_TITLE, "4b464d6750000001" },
	{ "an empty id is none",    { &empty_id, &number },  false, HAN_IDENTITY_NUMBER, "00000001" },
	{ "an empty id, a title",   { &empty_id },           true,  HAN_IDENTITY_SYSTEM_TITLE, "4b464d6750000001" },
	{ "other channels are none", { &gas_id, &other_name }, false, HAN_IDENTITY_NONE, "" },
	{ "Kamstrup's type is none", { &kamstrup_type },     false, HAN_IDENTITY_NONE, "" },
	{ "a number",               { &id_as_number },       false, HAN_IDENTITY_METER_ID, "4711" },
	{ "a text without a code",  { &bare_id },            false, HAN_IDENTITY_NONE, "" },
	{ "octets in hex",          { &binary_id },          false, HAN_IDENTITY_METER_ID, "0102" },
	{ "nothing",                { NULL },                false, HAN_IDENTITY_NONE, "" },
};
/* clang-format on */

static void test_ladder(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ladder); i++) {
		char text[HAN_IDENTITY_TEXT];
		size_t count = 0;
		struct han_reading *reading;

		while (count < COUNT(ladder[i].values) && ladder[i].values[count])
			count++;
		say_case(ladder[i].name);
		reading = reading_of(ladder[i].values, count);
		reading->has_encryption = ladder[i].ciphered;
		unhex("4b464d6750000001", reading->encryption.title, HAN_TITLE_OCTETS);
		memset(text, '#', sizeof(text));
		assert_int_equal(han_reading_identity(reading, text), ladder[i].identity);
		assert_string_equal(text, ladder[i].text);
	}
}

/* An identity is cut where its buffer ends. */
static void test_long_identity(void **state)
{
	static uint8_t octets[300];
	struct han_value long_id = id;
	const struct han_value *const values[] = { &long_id };
	char text[HAN_IDENTITY_TEXT + 1];

	(void)state;
	memset(octets, 'x', sizeof(octets));
	long_id.octets = octets;
	for (size_t len = HAN_IDENTITY_TEXT - 2; len < sizeof(octets); len++) {
		long_id.len = len;
		memset(text, '#', sizeof(text));
		assert_int_equal(han_reading_identity(reading_of(values, 1), text),
		                 HAN_IDENTITY_METER_ID);
		assert_int_equal(strlen(text),
		                 len < HAN_IDENTITY_TEXT ? len : HAN_IDENTITY_TEXT - 1);
		assert_int_equal(text[HAN_IDENTITY_TEXT], '#');
	}
}

/* clang-format off */

/* A value's key, and its code. */
static const struct {
	struct han_value value;
	const char *key, *code;
} keys[] = {
	{ { .measurement = &measurements[M_POWER_ACTIVE_IMPORT], .has_obis = true, .obis = { 1, 0, 1, 7, 0, 255 } },
	  "power_active_import", "1-0:1.7.0.255" },
	{ { .measurement = &measurements[M_METER_ID], .has_obis = true, .obis = { 1, 1, 0, 0, 5, 255 } }, "meter_id", "1-1:0.0.5.255" },
	{ { .has_obis = true, .obis = { 1, 0, 99, 99, 0, 255 } },      "1-0:99.99.0.255",  "1-0:99.99.0.255" },
	{ { .has_obis = true, .obis = { 255, 255, 255, 255, 255, 255 } }, "255-255:255.255.255.255", "255-255:255.255.255.255" },
	{ { .has_obis = true, .short_obis = true, .obis = { 0, 1, 24, 2, 1, 255 } }, "0-1:24.2.1", "0-1:24.2.1" },
	{ { .has_obis = true, .short_obis = true, .obis = { 255, 255, 255, 255, 255, 255 } }, "255-255:255.255.255", "255-255:255.255.255" },
	{ { .measurement = &measurements[M_POWER_ACTIVE_IMPORT], .has_obis = true, .short_obis = true, .obis = { 1, 0, 1, 7, 0, 255 } },
	  "power_active_import", "1-0:1.7.0" },
	{ { .item = 0 },   "item00",  "item00" },
	{ { .item = 7 },   "item07",  "item07" },
	{ { .item = 32 },  "item32",  "item32" },
	{ { .item = 255 }, "item255", "item255" },
	{ { .item = 9, .has_obis = true, .obis = { 0, 0, 0, 0, 0, 0 } }, "0-0:0.0.0.0", "0-0:0.0.0.0" },
};
/* clang-format on */

static void test_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(keys); i++) {
		char buf[HAN_OBIS_TEXT + 1];

		say_case(keys[i].key);
		memset(buf, '#', sizeof(buf));
		assert_string_equal(han_value_name(&keys[i].value, buf), keys[i].key);
		assert_ptr_equal(han_value_code(&keys[i].value, buf), buf);
		assert_string_equal(buf, keys[i].code);
		assert_int_equal(buf[HAN_OBIS_TEXT], '#');
	}
}

static void test_suspicion_names(void **state)
{
	(void)state;
	assert_string_equal(han_suspicion_name(HAN_SUSPECT_NOT), "");
	assert_non_null(strstr(han_suspicion_name(HAN_SUSPECT_DATE), "date"));
	assert_non_null(strstr(han_suspicion_name(HAN_SUSPECT_SUM), "sum"));
}

/* The header's time counts, else the clock's; a message with neither has none. */
static void test_time(void **state)
{
	const struct han_value *const with[] = { &power, &clock_item };
	const struct han_value *const without[] = { &power, &id };
	struct han_reading *reading = reading_of(with, COUNT(with));

	(void)state;
	assert_ptr_equal(han_reading_time(reading), &reading->values[1].time);
	reading->apdu.has_time = true;
	assert_ptr_equal(han_reading_time(reading), &reading->apdu.time);

	reading->apdu.has_time = false; /* a text is no time */
	reading->values[1].type = HAN_VALUE_TEXT;
	assert_null(han_reading_time(reading));

	reading = reading_of(without, COUNT(without));
	assert_null(han_reading_time(reading));
	reading->apdu.has_time = true;
	assert_ptr_equal(han_reading_time(reading), &reading->apdu.time);
}

static void test_framing_names(void **state)
{
	(void)state;
	assert_string_equal(han_framing_name(HAN_FRAMING_HDLC), "hdlc");
	assert_string_equal(han_framing_name(HAN_FRAMING_MBUS), "mbus");
	assert_string_equal(han_framing_name(HAN_FRAMING_P1), "p1");
	assert_string_equal(han_framing_name(HAN_FRAMING_NONE), "dlms");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),           cmocka_unit_test(test_long_hex),
		cmocka_unit_test(test_long_text),       cmocka_unit_test(test_find),
		cmocka_unit_test(test_identity),        cmocka_unit_test(test_time),
		cmocka_unit_test(test_framing_names),   cmocka_unit_test(test_ladder),
		cmocka_unit_test(test_long_identity),   cmocka_unit_test(test_keys),
		cmocka_unit_test(test_suspicion_names),
	};

	return cmocka_run_group_tests_name("reading", tests, NULL, NULL);
}
