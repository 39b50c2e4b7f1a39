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

	reading = reading_of(without, COUNT(without));
	assert_null(han_reading_time(reading));
	reading->apdu.has_time = true;
	assert_ptr_equal(han_reading_time(reading), &reading->apdu.time);
}

static void test_framing_names(void **state)
{
	(void)state;
	assert_string_equal(han_framing_name(HAN_FRAMING_HDLC), "hdlc");
	assert_string_equal(han_framing_name(HAN_FRAMING_NONE), "dlms");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),         cmocka_unit_test(test_long_hex),
		cmocka_unit_test(test_long_text),     cmocka_unit_test(test_find),
		cmocka_unit_test(test_identity),      cmocka_unit_test(test_time),
		cmocka_unit_test(test_framing_names),
	};

	return cmocka_run_group_tests_name("reading", tests, NULL, NULL);
}
