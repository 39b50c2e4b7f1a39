/* Readings and states as text and JSON: exact digits, nothing that is not there, nothing that breaks out. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "speaker.h"

#include "payload.h"

#define NOW 1706029212 /* 2024-01-23 17:00:12 UTC */

static const struct timespec now = { NOW, 250000000 };

/* clang-format off */
static const struct {
	const char *name;
	struct han_decimal number;
	const char *text;
} numbers[] = {
	{ "watts",                { 1234, 0, false },        "1234" },
	{ "nothing",              { 0, 0, false },           "0" },
	{ "the list's decimals",  { 2320, -1, false },       "232.0" },
	{ "of nothing too",       { 0, -3, false },          "0.000" },
	{ "milliamperes",         { 5, -3, false },          "0.005" },
	{ "kilowatt-hours",       { 11589514, -3, false },   "11589.514" },
	{ "negative",             { 7, -1, true },           "-0.7" },
	{ "64 bits",              { UINT64_MAX, -3, false }, "18446744073709551.615" },
	{ "no double holds this", { 9007199254740993, 0, false }, "9007199254740993" },
	{ "tens",                 { 12, 1, false },          "120" },
};

static const struct {
	const char *name, *octets;
	size_t len;
	const char *text;
} texts[] = {
	{ "as sent",          "KFM_001", 7,             "KFM_001" },
	{ "none",             "", 0,                    "" },
	{ "quotes",           "\"a\\b\"", 5,            "\"a\\b\"" },
	{ "control octets",   "a\nb", 3,                "610a62" },
	{ "NUL",              "a\0b", 3,                "610062" },
	{ "not ASCII",        "\xC3\xA5", 2,            "c3a5" },
};

/* What a meter may call itself: it stands in the JSON as it is, and breaks nothing. */
static const char *const names[] = {
	"6970631400000000", "\"", "\\", "\\\"", "\",\"x\":\"", "}{", "</script>", "%s%n", "a b", "'", "\\u0041",
};
/* clang-format on */

static void test_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		const struct han_value value = { .type = HAN_VALUE_NUMBER,
			                         .number = numbers[i].number };
		char buf[HAN_TEXT_MAX];

		say_case(numbers[i].name);
		assert_ptr_equal(payload_value(&value, NOW, buf), buf);
		assert_string_equal(buf, numbers[i].text);
	}
}

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		const struct han_value value = { .type = HAN_VALUE_TEXT,
			                         .octets = (const uint8_t *)texts[i].octets,
			                         .len = texts[i].len };
		char buf[HAN_TEXT_MAX];

		say_case(texts[i].name);
		assert_string_equal(payload_value(&value, NOW, buf), texts[i].text);
	}
}

static void test_clock(void **state)
{
	struct han_value value = { .type = HAN_VALUE_CLOCK, .time = speaker_time };
	char buf[HAN_TEXT_MAX];

	(void)state;
	assert_string_equal(payload_value(&value, NOW, buf), "2024-01-23T18:00:10+01:00");
	value.time.deviation = 0; /* would be an hour off: not believed */
	assert_string_equal(payload_value(&value, NOW, buf), "2024-01-23T18:00:10+01:00");
	assert_string_equal(payload_value(&value, NOW + 3600, buf), "2024-01-23T18:00:10+00:00");
	value.time.hour = 24;
	assert_null(payload_value(&value, NOW, buf));
	value.time = (struct han_datetime){ HAN_NO_YEAR,      255, 255, 255, 255, 255, 255, 255,
		                            HAN_NO_DEVIATION, 255 };
	assert_null(payload_value(&value, NOW, buf));
}

/* clang-format off */
static const struct {
	const char *name;
	const char *measurement;
	enum han_value_type type;
	const char *text; /* NULL: not said */
} arrivals[] = {
	{ "a power as a number",     "power_active_import",      HAN_VALUE_NUMBER, "7.5" },
	{ "a power as a text",       "power_active_import",      HAN_VALUE_TEXT,   NULL },
	{ "a register as a number",  "energy_active_cum_import", HAN_VALUE_NUMBER, "7.5" },
	{ "a register as a text",    "energy_active_cum_import", HAN_VALUE_TEXT,   NULL },
	{ "a register as a clock",   "energy_active_cum_import", HAN_VALUE_CLOCK,  NULL },
	{ "a text as a text",        "tariff_active",            HAN_VALUE_TEXT,   "ab" },
	{ "a text as a number",      "tariff_active",            HAN_VALUE_NUMBER, "7.5" },
	{ "a text as a clock",       "tariff_active",            HAN_VALUE_CLOCK,  "2024-01-23T18:00:10+01:00" },
	{ "a clock as a clock",      "meter_timestamp",          HAN_VALUE_CLOCK,  "2024-01-23T18:00:10+01:00" },
	{ "a clock as a text",       "meter_timestamp",          HAN_VALUE_TEXT,   NULL },
	{ "a clock as a number",     "meter_timestamp",          HAN_VALUE_NUMBER, NULL },
	{ "no name, a text",         NULL,                       HAN_VALUE_TEXT,   "ab" },
	{ "no name, a number",       NULL,                       HAN_VALUE_NUMBER, "7.5" },
	{ "no name, a clock",        NULL,                       HAN_VALUE_CLOCK,  "2024-01-23T18:00:10+01:00" },
};
/* clang-format on */

static const struct han_measurement *measurement_of(const char *name)
{
	for (size_t i = 0; i < han_measurement_count(); i++) {
		if (strcmp(han_measurement_at(i)->name, name) == 0)
			return han_measurement_at(i);
	}
	fail_msg("no measurement %s", name);
	return NULL;
}

/* What comes otherwise than its name promises is not said. */
static void test_arrivals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(arrivals); i++) {
		struct han_value value = {
			.type = arrivals[i].type,
			.number = { 75, -1, false },
			.time = speaker_time,
			.octets = (const uint8_t *)"ab",
			.len = 2,
		};
		char buf[HAN_TEXT_MAX];

		say_case(arrivals[i].name);
		if (arrivals[i].measurement)
			value.measurement = measurement_of(arrivals[i].measurement);
		assert_int_equal(payload_expected(&value), arrivals[i].text != NULL);
		if (arrivals[i].text)
			assert_string_equal(payload_value(&value, NOW, buf), arrivals[i].text);
		else
			assert_null(payload_value(&value, NOW, buf));
	}
}

/* What is suspect is said all the same, but a date that does not exist is no time. */
static void test_suspicions(void **state)
{
	struct han_value value = { .type = HAN_VALUE_NUMBER,
		                   .number = { 5, -3, false },
		                   .time = speaker_time,
		                   .suspicion = HAN_SUSPECT_SUM };
	char buf[HAN_TEXT_MAX];

	(void)state;
	assert_string_equal(payload_value(&value, NOW, buf), "0.005");
	value.type = HAN_VALUE_CLOCK;
	assert_non_null(payload_value(&value, NOW, buf));
	value.suspicion = HAN_SUSPECT_DATE;
	assert_null(payload_value(&value, NOW, buf));
}

static char *print_reading(const struct han_reading *reading, const char *meter_id,
                           char buf[PAYLOAD_JSON])
{
	struct writer w;

	payload_begin(&w, reading, meter_id, &now, NULL, buf);
	for (size_t i = 0; i < reading->count; i++) {
		const struct han_value *v = &reading->values[i];
		char room[HAN_TEXT_MAX], *text = payload_value(v, NOW, room);

		payload_add(&w, v, text, text ? strlen(text) : 0);
	}
	return payload_end(&w);
}

static void check_reading(struct speaker *s, enum kaifa_list list, const char *json)
{
	char buf[PAYLOAD_JSON];

	assert_string_equal(print_reading(speaker_reading(s, list), s->meter.meter_id, buf), json);
}

#define HEAD(list)                                                                            \
	"{\"meter_id\":\"6970631400000000\",\"list\":\"" list "\","                           \
	"\"time\":\"2024-01-23T17:00:12.250Z\",\"meter_time\":\"2024-01-23T18:00:10+01:00\"," \
	"\"values\":{"
#define POWERS                                                    \
	"\"power_active_import\":1234,\"power_active_export\":0," \
	"\"power_reactive_import\":0,\"power_reactive_export\":56,"
#define PHASES                                                                              \
	"\"phase_current_l1\":1.661,\"phase_current_l2\":2.103,\"phase_current_l3\":1.337," \
	"\"phase_voltage_l1\":228.9,\"phase_voltage_l2\":228.8,\"phase_voltage_l3\":227.7"
#define ENERGIES                                                                         \
	",\"energy_active_cum_import\":11589.514,\"energy_active_cum_export\":2853.145," \
	"\"energy_reactive_cum_import\":120.588,\"energy_reactive_cum_export\":4285.508"

static void test_readings(void **state)
{
	struct speaker s;

	(void)state;
	speaker_init(&s);
	check_reading(&s, KAIFA_LIST_1, HEAD("kaifa-list1") "\"power_active_import\":1234}}");
	check_reading(&s, KAIFA_LIST_2, HEAD("kaifa-list2-3ph") POWERS PHASES "}}");
	check_reading(&s, KAIFA_LIST_3, HEAD("kaifa-list3-3ph") POWERS PHASES ENERGIES "}}");
	s.meter.one_phase = true;
	check_reading(&s, KAIFA_LIST_2,
	              HEAD("kaifa-list2-1ph") POWERS
	              "\"phase_current_l1\":1.661,\"phase_voltage_l1\":228.9}}");
}

/* The digits of the widest registers come through, where a double would round. */
static void test_wide(void **state)
{
	struct speaker s;

	(void)state;
	speaker_init(&s);
	s.meter.wide_energies = true;
	s.meter.energy[0] = UINT64_MAX;
	s.meter.energy[1] = 9007199254740993; /* 2^53 + 1 */
	s.meter.energy[2] = 0;
	s.meter.energy[3] = 100;
	check_reading(
		&s, KAIFA_LIST_3,
		HEAD("kaifa-list3-3ph") POWERS PHASES
		",\"energy_active_cum_import\":18446744073709551.615,"
		"\"energy_active_cum_export\":9007199254740.993,"
		"\"energy_reactive_cum_import\":0.000,\"energy_reactive_cum_export\":0.100}}");
}

/* Of three wires the middle is not measured: its zero is no value, any other number is one. */
static void test_structural(void **state)
{
	struct speaker s;

	(void)state;
	speaker_init(&s);
	s.meter.meter_type = "MA304H3E";
	s.meter.current[1] = s.meter.voltage[1] = 0;
	check_reading(&s, KAIFA_LIST_2,
	              HEAD("kaifa-list2-3ph") POWERS
	              "\"phase_current_l1\":1.661,\"phase_current_l3\":1.337,"
	              "\"phase_voltage_l1\":228.9,\"phase_voltage_l3\":227.7}}");
	s.meter.current[1] = 42;
	check_reading(&s, KAIFA_LIST_2,
	              HEAD("kaifa-list2-3ph") POWERS
	              "\"phase_current_l1\":1.661,\"phase_current_l2\":0.042,\"phase_current_l3\":"
	              "1.337,\"phase_voltage_l1\":228.9,\"phase_voltage_l3\":227.7}}");
}

/* A meter whose clock is not set, and one that is not known yet. */
static void test_missing(void **state)
{
	const struct han_reading *reading;
	struct speaker s;
	char buf[PAYLOAD_JSON], *text;

	(void)state;
	speaker_init(&s);
	s.meter.now.year = HAN_NO_YEAR;
	reading = speaker_reading(&s, KAIFA_LIST_1);
	text = print_reading(reading, "", buf);
	assert_string_equal(text, "{\"list\":\"kaifa-list1\",\"time\":\"2024-01-23T17:00:12.250Z\","
	                          "\"values\":{\"power_active_import\":1234}}");
}

static void test_registers(void **state)
{
	struct speaker s;
	const struct han_reading *reading;
	char buf[PAYLOAD_JSON], *text;

	(void)state;
	speaker_init(&s);
	assert_false(payload_has_registers(speaker_reading(&s, KAIFA_LIST_1)));
	assert_false(payload_has_registers(speaker_reading(&s, KAIFA_LIST_2)));
	reading = speaker_reading(&s, KAIFA_LIST_3);
	assert_true(payload_has_registers(reading));
	text = payload_registers(reading, "m\"", &now, buf);
	assert_string_equal(text,
	                    "{\"meter_id\":\"m\\\"\",\"meter_time\":\"2024-01-23T18:00:10+01:00\","
	                    "\"time\":\"2024-01-23T17:00:12.250Z\",\"values\":{"
	                    "\"energy_active_cum_import\":11589.514,"
	                    "\"energy_active_cum_export\":2853.145,"
	                    "\"energy_reactive_cum_import\":120.588,"
	                    "\"energy_reactive_cum_export\":4285.508}}");
}

/* Parses, is an object, and says exactly this under that name. */
static void check_member(const char *json, const char *name, const char *text)
{
	cJSON *root = cJSON_Parse(json);

	assert_true(cJSON_IsObject(root));
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, name)),
	                    text);
	cJSON_Delete(root);
}

static int member_count(const char *json)
{
	cJSON *root = cJSON_Parse(json);
	int count = cJSON_GetArraySize(root);

	cJSON_Delete(root);
	return count;
}

static void test_injection(void **state)
{
	struct speaker s;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct payload_meter info = { names[i], names[i], names[i], names[i],
			                      names[i], names[i], 2400,     names[i] };
		char buf[PAYLOAD_JSON], *text;

		say_case(names[i]);
		speaker_init(&s);
		s.meter.meter_id = s.meter.meter_type = names[i];
		text = print_reading(speaker_reading(&s, KAIFA_LIST_2), names[i], buf);
		check_member(text, "meter_id", names[i]);
		assert_int_equal(member_count(text), 5);

		text = payload_meter_info(&info, buf);
		check_member(text, "meter_type", names[i]);
		check_member(text, "obis_version", names[i]);
		check_member(text, "maker", names[i]);
		assert_int_equal(member_count(text), 6);
	}
}

static void test_meter_info(void **state)
{
	const struct payload_meter known = {
		"6970631400000000", "MA304H4", "KFM_001", "Kaifa", "hdlc",
		"/dev/ttyAMA0",     2400,      "8N1"
	};
	const struct payload_meter unknown = { .meter_id = "",
		                               .framing = "hdlc",
		                               .device = "/dev/ttyAMA0",
		                               .baud = 115200,
		                               .format = "7E1" };
	char buf[PAYLOAD_JSON], *text = payload_meter_info(&known, buf);

	(void)state;
	assert_string_equal(text, "{\"meter_id\":\"6970631400000000\",\"meter_type\":\"MA304H4\","
	                          "\"obis_version\":\"KFM_001\",\"maker\":\"Kaifa\","
	                          "\"framing\":\"hdlc\",\"line\":{\"device\":\"/dev/ttyAMA0\","
	                          "\"baud\":2400,\"format\":\"8N1\"}}");
	text = payload_meter_info(&unknown, buf);
	assert_string_equal(text, "{\"framing\":\"hdlc\",\"line\":{\"device\":\"/dev/ttyAMA0\","
	                          "\"baud\":115200,\"format\":\"7E1\"}}");
}

/* As many values as a reading has, as long as they get, and texts that are twice as long in JSON. */
static void test_largest(void **state)
{
	static struct han_reading reading;
	char quotes[HAN_TEXT_MAX], buf[PAYLOAD_JSON], *text;
	const struct payload_meter info = { quotes, quotes,         quotes, "Kaifa",
		                            "hdlc", "/dev/ttyAMA0", 2400,   "8N1" };
	const struct han_measurement *longest = han_measurement_at(0);

	(void)state;
	for (size_t i = 1; i < han_measurement_count(); i++)
		if (strlen(han_measurement_at(i)->name) > strlen(longest->name))
			longest = han_measurement_at(i);
	reading.list = han_list_find("self-describing");
	for (; reading.count < HAN_VALUES_MAX; reading.count++)
		reading.values[reading.count] =
			(struct han_value){ .measurement = longest,
			                    .number = { UINT64_MAX, 40, true } };
	memset(quotes, '"', sizeof(quotes) - 1);
	quotes[sizeof(quotes) - 1] = '\0';
	text = print_reading(&reading, quotes, buf);
	assert_non_null(text);
	check_member(text, "meter_id", quotes);
	assert_non_null(payload_meter_info(&info, buf));
	check_member(buf, "meter_id", quotes);
}

static void check_bridge(const struct payload_bridge *bridge, const char *meters,
                         const char *problems, const char *power)
{
	char json[512];
	char *text = payload_bridge_info(bridge);

	snprintf(
		json, sizeof(json),
		"{\"version\":\"0.1.0\",\"start\":\"2024-01-23T17:00:12.250Z\",\"meters\":%s,"
		"\"problems\":%s,\"libraries\":{\"libmosquitto\":\"2.0.11\",\"cJSON\":\"%s\"},\"power\":{%s,"
		"\"cycles_today\":%u}}",
		meters, problems, cJSON_Version(), power, bridge->power_cycles);
	assert_string_equal(text, json);
	free(text);
}

static void test_bridge_info(void **state)
{
	const char *const meters[] = { "6970631400000000", "a \"b\"" };
	const struct payload_problem problems[] = { { "cabin", "no \"port\"" },
		                                    { "/dev/ttyUSB0", "x" } };
	struct payload_bridge bridge = { "0.1.0", &now,     meters, 0,    problems,
		                         0,       "2.0.11", NULL,   NULL, 0 };

	(void)state;
	check_bridge(&bridge, "[]", "{}", "\"line\":\"none\"");
	bridge.meter_count = 2;
	bridge.power_line = "GPIO26 (header pin 37, wiringPi 25)";
	bridge.power_state = "on";
	bridge.power_cycles = 3;
	bridge.problem_count = 2;
	check_bridge(&bridge, "[\"6970631400000000\",\"a \\\"b\\\"\"]",
	             "{\"cabin\":\"no \\\"port\\\"\",\"/dev/ttyUSB0\":\"x\"}",
	             "\"line\":\"GPIO26 (header pin 37, wiringPi 25)\",\"state\":\"on\"");
	bridge.power_state = "cycling";
	bridge.meter_count = bridge.problem_count = 1;
	check_bridge(&bridge, "[\"6970631400000000\"]", "{\"cabin\":\"no \\\"port\\\"\"}",
	             "\"line\":\"GPIO26 (header pin 37, wiringPi 25)\",\"state\":\"cycling\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),     cmocka_unit_test(test_texts),
		cmocka_unit_test(test_clock),       cmocka_unit_test(test_readings),
		cmocka_unit_test(test_registers),   cmocka_unit_test(test_wide),
		cmocka_unit_test(test_structural),  cmocka_unit_test(test_missing),
		cmocka_unit_test(test_injection),   cmocka_unit_test(test_meter_info),
		cmocka_unit_test(test_bridge_info), cmocka_unit_test(test_arrivals),
		cmocka_unit_test(test_suspicions),  cmocka_unit_test(test_largest),
	};

	setenv("TZ", "Europe/Oslo", 1);
	return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
