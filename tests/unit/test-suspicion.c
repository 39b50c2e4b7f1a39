/* What one message alone shows to be wrong: dates that do not exist, totals that are not the sum. */
#include "kaifa.h"

#include "suspicion.h"

#define NONE                \
	{                   \
		0, 0, false \
	}
#define WH(n)                  \
	{                      \
		(n), -3, false \
	}
#define HUNDREDTHS(n)          \
	{                      \
		(n), -2, false \
	}
#define WHOLE(n)              \
	{                     \
		(n), 0, false \
	}
#define MINUS(n)              \
	{                     \
		(n), -3, true \
	}
#define MOST                          \
	{                             \
		UINT64_MAX, -3, false \
	}

/* clang-format off */

/* A total and its tariffs 1 to 4; magnitude 0 and exp10 0: there is none. */
static const struct {
	const char *name;
	struct han_decimal total, tariffs[4];
	bool suspect;
} sums[] = {
	{ "no tariff",              WH(5000),   { NONE }, false },
	{ "one tariff",             WH(5000),   { WH(3000) }, false },
	{ "one tariff, larger",     WH(5000),   { WH(6000) }, false },
	{ "two that agree",         WH(5000),   { WH(3000), WH(2000) }, false },
	{ "two, cut",               WH(5001),   { WH(3000), WH(2000) }, false },
	{ "two, cut most",          WH(5002),   { WH(3000), WH(2000) }, false },
	{ "two, too little",        WH(5003),   { WH(3000), WH(2000) }, true },
	{ "two, rounded up",        WH(4998),   { WH(3000), WH(2000) }, false },
	{ "two, too much",          WH(4997),   { WH(3000), WH(2000) }, true },
	{ "two, a zero",            WH(5000),   { WH(5000), WH(0) }, false },
	{ "the total a zero",       WH(0),      { WH(3000), WH(2000) }, true },
	{ "all zeros",              WH(0),      { WH(0), WH(0) }, false },
	{ "four that agree",        WH(10),     { WH(1), WH(2), WH(3), WH(4) }, false },
	{ "four, cut most",         WH(14),     { WH(1), WH(2), WH(3), WH(4) }, false },
	{ "four, too little",       WH(15),     { WH(1), WH(2), WH(3), WH(4) }, true },
	{ "the first and the last", WH(5000),   { WH(3000), NONE, NONE, WH(2000) }, false },
	{ "the first and the last, wrong", WH(5000), { WH(3000), NONE, NONE, WH(1000) }, true },
	{ "tariffs in larger steps", WH(5019),  { HUNDREDTHS(300), HUNDREDTHS(200) }, false },
	{ "tariffs in larger steps, wrong", WH(5021), { HUNDREDTHS(300), HUNDREDTHS(200) }, true },
	{ "the total in larger steps", WHOLE(5), { WH(3100), WH(2899) }, false },
	{ "the total in larger steps, wrong", WHOLE(5), { WH(3100), WH(4899) }, true },
	{ "one tariff in larger steps", WH(5009), { HUNDREDTHS(300), WH(2001) }, false },
	{ "the most",               MOST,       { { UINT64_MAX - 1, -3, false }, WH(1) }, false },
	{ "the most, wrong",        MOST,       { WH(1), WH(1) }, true },
	{ "a sum beyond all numbers", WH(5000), { MOST, MOST }, false },
	{ "steps beyond all numbers", { UINT64_MAX, 0, false }, { WH(1), WH(1) }, false },
	{ "a negative tariff",      WH(5000),   { WH(7000), MINUS(2000) }, false },
	{ "a negative total",       MINUS(5000), { WH(3000), WH(2000) }, false },
};
/* clang-format on */

static struct han_reading reading;

static struct han_value *add(struct han_obis obis, struct han_decimal number)
{
	struct han_value *value = &reading.values[reading.count++];

	*value = (struct han_value){ .has_obis = true,
		                     .obis = obis,
		                     .type = HAN_VALUE_NUMBER,
		                     .unit = HAN_UNIT_KWH,
		                     .number = number };
	return value;
}

static void test_sums(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(sums); i++) {
		struct han_value *total;

		say_case(sums[i].name);
		reading.count = 0;
		add((struct han_obis){ 1, 0, 1, 7, 0, 255 }, (struct han_decimal)WHOLE(17));
		total = add((struct han_obis){ 1, 0, 1, 8, 0, 255 }, sums[i].total);
		for (uint8_t t = 0; t < 4; t++) {
			struct han_decimal tariff = sums[i].tariffs[t];

			if (tariff.magnitude > 0 || tariff.exp10 != 0)
				add((struct han_obis){ 1, 0, 1, 8, (uint8_t)(t + 1), 255 }, tariff);
		}
		suspicion_mark(&reading);
		assert_int_equal(total->suspicion,
		                 sums[i].suspect ? HAN_SUSPECT_SUM : HAN_SUSPECT_NOT);
		for (size_t k = 0; k < reading.count; k++)
			assert_true(&reading.values[k] == total ||
			            reading.values[k].suspicion == HAN_SUSPECT_NOT);
	}
}

/* clang-format off */

/* What is no tariff of 1-0:1.8.0, 5 kWh: without it there are two, of 3 and 2 kWh; with it they are too much. */
static const struct {
	const char *name;
	struct han_value value;
} strangers[] = {
	{ "another quantity",  { .has_obis = true, .obis = { 1, 0, 2, 8, 1, 255 }, .unit = HAN_UNIT_KWH, .number = WH(9000) } },
	{ "another channel",   { .has_obis = true, .obis = { 1, 1, 1, 8, 1, 255 }, .unit = HAN_UNIT_KWH, .number = WH(9000) } },
	{ "another medium",    { .has_obis = true, .obis = { 7, 0, 1, 8, 3, 255 }, .unit = HAN_UNIT_KWH, .number = WH(9000) } },
	{ "of last month",     { .has_obis = true, .obis = { 1, 0, 1, 8, 3, 1 },   .unit = HAN_UNIT_KWH, .number = WH(9000) } },
	{ "a power",           { .has_obis = true, .obis = { 1, 0, 1, 7, 3, 255 }, .unit = HAN_UNIT_W,   .number = WH(9000) } },
	{ "a fifth tariff",    { .has_obis = true, .obis = { 1, 0, 1, 8, 5, 255 }, .unit = HAN_UNIT_KWH, .number = WH(9000) } },
	{ "a text",            { .has_obis = true, .obis = { 1, 0, 1, 8, 3, 255 }, .unit = HAN_UNIT_KWH, .type = HAN_VALUE_TEXT, .number = WH(9000) } },
	{ "another unit",      { .has_obis = true, .obis = { 1, 0, 1, 8, 3, 255 }, .unit = HAN_UNIT_NONE, .number = WH(9000) } },
	{ "without a code",    { .obis = { 1, 0, 1, 8, 3, 255 }, .unit = HAN_UNIT_KWH, .number = WH(9000) } },
};
/* clang-format on */

static void test_strangers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(strangers); i++) {
		struct han_value *total;

		say_case(strangers[i].name);
		reading.count = 0;
		reading.values[reading.count++] = strangers[i].value;
		add((struct han_obis){ 1, 0, 1, 8, 2, 255 }, (struct han_decimal)WH(3000));
		total = add((struct han_obis){ 1, 0, 1, 8, 0, 255 }, (struct han_decimal)WH(5000));
		add((struct han_obis){ 1, 0, 1, 8, 1, 255 }, (struct han_decimal)WH(2000));
		suspicion_mark(&reading);
		assert_int_equal(total->suspicion, HAN_SUSPECT_NOT);
	}
}

/* Every total of a message; a power's tariffs are none, nor are those of a value without a code. */
static void test_totals(void **state)
{
	struct han_value *total, *reactive, *power, *bare;

	(void)state;
	reading.count = 0;
	total = add((struct han_obis){ 1, 0, 1, 8, 0, 255 }, (struct han_decimal)WH(5000));
	reactive = add((struct han_obis){ 1, 1, 5, 8, 0, 255 }, (struct han_decimal)WH(9000));
	power = add((struct han_obis){ 1, 0, 1, 7, 0, 255 }, (struct han_decimal)WH(9000));
	bare = add((struct han_obis){ 1, 0, 1, 8, 0, 255 }, (struct han_decimal)WH(9000));
	bare->has_obis = false;
	for (uint8_t t = 1; t < 3; t++) {
		add((struct han_obis){ 1, 0, 1, 8, t, 255 }, (struct han_decimal)WH(2500));
		add((struct han_obis){ 1, 1, 5, 8, t, 255 }, (struct han_decimal)WH(2500));
		add((struct han_obis){ 1, 0, 1, 7, t, 255 }, (struct han_decimal)WH(2500));
	}
	suspicion_mark(&reading);
	assert_int_equal(total->suspicion, HAN_SUSPECT_NOT);
	assert_int_equal(reactive->suspicion, HAN_SUSPECT_SUM);
	assert_int_equal(power->suspicion, HAN_SUSPECT_NOT);
	assert_int_equal(bare->suspicion, HAN_SUSPECT_NOT);
}

/* clang-format off */
static const struct {
	const char *name, *time;
	bool suspect;
} dates[] = {
	{ "a date",                  "07e8 02 1d 04 17 3b 3b 63 ffc4 00", false },
	{ "no leap year",            "07e7 02 1d 04 00 00 00 00 ffc4 00", true },
	{ "the 31st of April",       "07e8 04 1f 04 00 00 00 00 ffc4 00", true },
	{ "month 0",                 "07e8 00 01 04 00 00 00 00 ffc4 00", true },
	{ "month 13",                "07e8 0d 01 04 00 00 00 00 ffc4 00", true },
	{ "day 0",                   "07e8 01 00 04 00 00 00 00 ffc4 00", true },
	{ "hour 24",                 "07e8 01 01 04 18 00 00 00 ffc4 00", true },
	{ "minute 60",               "07e8 01 01 04 00 3c 00 00 ffc4 00", true },
	{ "second 60",               "07e8 01 01 04 00 00 3c 00 ffc4 00", true },
	{ "weekday and hundredths do not count", "07e8 01 01 09 00 00 00 ff 8000 ff", false },
	{ "nothing specified",       "ffff ff ff ff ff ff ff ff 8000 ff", false },
	{ "no year",                 "ffff 0d 01 04 00 00 00 00 ffc4 00", false },
	{ "no month",                "07e8 ff 1f 04 00 00 00 00 ffc4 00", false },
	{ "the end of summer time",  "07e8 fd 01 04 00 00 00 00 ffc4 00", false },
	{ "no day",                  "07e8 04 ff 04 18 00 00 00 ffc4 00", false },
	{ "the month's last day",    "07e8 04 fe 04 18 00 00 00 ffc4 00", false },
	{ "no hour",                 "07e8 0d 01 04 ff 00 00 00 ffc4 00", false },
	{ "no minute",               "07e8 0d 01 04 00 ff 00 00 ffc4 00", false },
	{ "no second",               "07e8 0d 01 04 00 00 ff 00 ffc4 00", false },
};
/* clang-format on */

static void test_dates(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(dates); i++) {
		uint8_t octets[HAN_DATETIME_OCTETS];
		struct han_value *value = &reading.values[0];

		say_case(dates[i].name);
		unhex(dates[i].time, octets, sizeof(octets));
		reading.count = 1;
		*value = (struct han_value){ .type = HAN_VALUE_CLOCK,
			                     .time = han_datetime_read(octets) };
		suspicion_mark(&reading);
		assert_int_equal(value->suspicion,
		                 dates[i].suspect ? HAN_SUSPECT_DATE : HAN_SUSPECT_NOT);
		value->type = HAN_VALUE_TEXT;
		value->suspicion = HAN_SUSPECT_NOT;
		suspicion_mark(&reading);
		assert_int_equal(value->suspicion, HAN_SUSPECT_NOT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_totals),
		cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests_name("suspicion", tests, NULL, NULL);
}
