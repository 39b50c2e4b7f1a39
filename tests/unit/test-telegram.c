/* What the lines of a P1 telegram say. */
#include <stdlib.h>

#include "dice.h"
#include "note.h"
#include "p1text.h"

#include "line.h"
#include "telegram.h"

/* A value in words: its code or name, and what it is. */
static void note_value(struct note *note, const struct han_value *v)
{
	char code[HAN_OBIS_TEXT], number[HAN_DECIMAL_TEXT], time[HAN_DATETIME_TEXT];

	assert_true(v->has_obis);
	assert_false(v->structural);
	assert_int_equal(v->suspicion, HAN_SUSPECT_NOT);
	han_obis_print(v->obis, code);
	note_add(note, "%s%s=", note_gap(note), v->measurement ? v->measurement->name : code);
	switch (v->type) {
	case HAN_VALUE_NUMBER:
		assert_int_equal(v->len, 0);
		note_add(note, "%s%s", han_decimal_print(v->number, number),
		         han_unit_name(v->unit));
		break;
	case HAN_VALUE_TEXT:
		assert_int_equal(v->unit, HAN_UNIT_NONE);
		note_add(note, "'%.*s'", (int)v->len, (const char *)v->octets);
		break;
	case HAN_VALUE_CLOCK:
		assert_int_equal(v->time.deviation, HAN_NO_DEVIATION);
		assert_int_equal(v->time.weekday, HAN_UNSPECIFIED);
		assert_int_equal(v->time.hundredths, HAN_UNSPECIFIED);
		note_add(note, "%s:%02x'%.*s'", han_datetime_print(&v->time, time), v->time.status,
		         (int)v->len, (const char *)v->octets);
		break;
	}
}

/* The telegram from a block of its own; its values are noted before the block is gone. */
static enum han_err read_text(const char *text, bool has_crc, struct han_reading *reading,
                              struct note *note)
{
	size_t len = strlen(text);
	uint8_t *block = malloc(len + 1);
	enum han_err err;

	assert_non_null(block);
	for (size_t i = 0; i < len; i++)
		block[1 + i] = (uint8_t)text[i];
	memset(reading, 0xA5, sizeof(*reading));
	reading->p1.has_crc = has_crc;
	reading->message = block + 1;
	reading->message_len = len;
	err = telegram_read(reading);
	note_clear(note);
	for (size_t i = 0; err == HAN_OK && i < reading->count; i++) {
		assert_int_equal(reading->values[i].item, i);
		note_value(note, &reading->values[i]);
	}
	free(block);
	return err;
}

/* clang-format off */
static const struct {
	const char *name, *line, *value;
} lines[] = {
	{ "kWh",                     "1-0:1.8.0(000317.695*kWh)",  "energy_active_cum_import=317.695kWh" },
	{ "Wh",                      "1-0:1.8.0(006545766*Wh)",    "energy_active_cum_import=6545.766kWh" },
	{ "MWh",                     "1-0:2.8.0(12.5*MWh)",        "energy_active_cum_export=12500kWh" },
	{ "kW",                      "1-0:1.7.0(02.356*kW)",       "power_active_import=2356W" },
	{ "kW, two decimals",        "1-0:1.7.0(0001.01*kW)",      "power_active_import=1010W" },
	{ "kW, four decimals",       "1-0:1.7.0(0.0015*kW)",       "power_active_import=1.5W" },
	{ "W",                       "1-0:2.7.0(000000286*W)",     "power_active_export=286W" },
	{ "more than 16 bits of it", "1-0:1.7.0(070.000*kW)",      "power_active_import=70000W" },
	{ "kvar",                    "1-0:3.7.0(0.135*kvar)",      "power_reactive_import=135var" },
	{ "kVAr",                    "1-0:3.7.0(0.135*kVAr)",      "power_reactive_import=135var" },
	{ "kVar",                    "1-0:3.7.0(0.135*kVar)",      "power_reactive_import=135var" },
	{ "var",                     "1-0:4.7.0(166*var)",         "power_reactive_export=166var" },
	{ "kvarh",                   "1-0:3.8.0(1724.067*kvarh)",  "energy_reactive_cum_import=1724.067kvarh" },
	{ "kVArh",                   "1-0:3.8.0(1724.067*kVArh)",  "energy_reactive_cum_import=1724.067kvarh" },
	{ "varh",                    "1-0:4.8.0(003897726*varh)",  "energy_reactive_cum_export=3897.726kvarh" },
	{ "VA",                      "1-0:9.77.0(12*VA)",          "1-0:9.77.0.255=12VA" },
	{ "reactive power labelled kVA", "1-0:3.7.0(0000.013*kVA)", "power_reactive_import=13var" },
	{ "of a line",               "1-0:24.7.0(0000.013*kVA)",   "power_reactive_export_l1=13var" },
	{ "reactive energy labelled kVAh", "1-0:4.8.0(1.5*kVAh)",  "energy_reactive_cum_export=1.5kvarh" },
	{ "apparent power",          "1-0:9.7.0(1.2*kVA)",         "1-0:9.7.0.255=1200VA" },
	{ "kVA",                     "1-0:9.77.0(1.2*kVA)",        "1-0:9.77.0.255=1200VA" },
	{ "VAh",                     "1-0:9.88.0(12*VAh)",         "1-0:9.88.0.255=0.012kVAh" },
	{ "kVAh",                    "1-0:9.88.0(12.5*kVAh)",      "1-0:9.88.0.255=12.5kVAh" },
	{ "V",                       "1-0:32.7.0(00234.6*V)",      "phase_voltage_l1=234.6V" },
	{ "A",                       "1-0:31.7.0(009*A)",          "phase_current_l1=9A" },
	{ "A, zeros behind",         "1-0:31.4.0(200.00*A)",       "1-0:31.4.0.255=200.00A" },
	{ "Hz",                      "0-0:1.77.0(50.00*Hz)",       "0-0:1.77.0.255=50.00Hz" },
	{ "s",                       "0-0:96.77.0(0000237126*s)",  "0-0:96.77.0.255=237126s" },
	{ "m3",                      "0-1:24.2.1(1.250*m3)",       "0-1:24.2.1.255=1.250m³" },
	{ "GJ",                      "0-1:24.2.1(12.345*GJ)",      "0-1:24.2.1.255=12.345GJ" },
	{ "MJ",                      "0-1:24.2.1(12345*MJ)",       "0-1:24.2.1.255=12.345GJ" },
	{ "a milli is no mega",      "1-0:77.7.0(5*mW)",           "1-0:77.7.0.255='5*mW'" },
	{ "nor in an energy",        "1-0:77.8.0(5*mWh)",          "1-0:77.8.0.255='5*mWh'" },
	{ "siemens is no second",    "1-0:77.7.0(5*S)",            "1-0:77.7.0.255='5*S'" },
	{ "a unit unknown",          "1-0:77.7.0(5*lx)",           "1-0:77.7.0.255='5*lx'" },
	{ "a unit cut",              "1-0:1.8.0(5*kW)",            "1-0:1.8.0.255=5000W" },
	{ "a unit too long",         "1-0:1.8.0(5*kWhh)",          "1-0:1.8.0.255='5*kWhh'" },
	{ "no unit behind a star",   "1-0:77.7.0(5*)",             "1-0:77.7.0.255='5*'" },
	{ "two stars",               "1-0:77.7.0(5*V*A)",          "1-0:77.7.0.255='5*V*A'" },
	{ "no unit",                 "1-0:1.8.0(5)",               "1-0:1.8.0.255='5'" },
	{ "negative",                "1-0:77.7.0(-01.5*kW)",       "1-0:77.7.0.255=-1500W" },
	{ "negative zero",           "1-0:77.7.0(-0.00*V)",        "1-0:77.7.0.255=0.00V" },
	{ "the largest",             "1-0:77.7.0(18446744073709551615*V)", "1-0:77.7.0.255=18446744073709551615V" },
	{ "with decimals",           "1-0:77.7.0(1844674407370955161.5*V)", "1-0:77.7.0.255=1844674407370955161.5V" },
	{ "one more",                "1-0:77.7.0(18446744073709551616*V)", "1-0:77.7.0.255='18446744073709551616*V'" },
	{ "twenty nines",            "1-0:77.7.0(99999999999999999999*V)", "1-0:77.7.0.255='99999999999999999999*V'" },
	{ "thirty decimals",         "1-0:77.7.0(0.000000000000000000000000000001*V)", "1-0:77.7.0.255=0.000000000000000000000000000001V" },
	{ "thirty-one decimals",     "1-0:77.7.0(0.0000000000000000000000000000001*V)", "1-0:77.7.0.255='0.0000000000000000000000000000001*V'" },
	{ "no digits",               "1-0:77.7.0(*V)",             "1-0:77.7.0.255='*V'" },
	{ "only a minus",            "1-0:77.7.0(-*V)",            "1-0:77.7.0.255='-*V'" },
	{ "a plus",                  "1-0:77.7.0(+1*V)",           "1-0:77.7.0.255='+1*V'" },
	{ "no digit before",         "1-0:77.7.0(.5*V)",           "1-0:77.7.0.255='.5*V'" },
	{ "no digit before, minus",  "1-0:77.7.0(-.5*V)",          "1-0:77.7.0.255='-.5*V'" },
	{ "no digit behind",         "1-0:77.7.0(5.*V)",           "1-0:77.7.0.255='5.*V'" },
	{ "two points",              "1-0:77.7.0(1.2.3*V)",        "1-0:77.7.0.255='1.2.3*V'" },
	{ "a comma",                 "1-0:77.7.0(1,2*V)",          "1-0:77.7.0.255='1,2*V'" },
	{ "a blank",                 "1-0:77.7.0( 1*V)",           "1-0:77.7.0.255=' 1*V'" },
	{ "hex",                     "1-0:77.7.0(1F*V)",           "1-0:77.7.0.255='1F*V'" },

	{ "an id",                   "0-0:96.1.0(383930303832)",   "meter_id='383930303832'" },
	{ "another meter's id",      "0-1:96.1.0(4730303339)",     "0-1:96.1.0.255='4730303339'" },
	{ "nothing",                 "0-0:96.13.0()",              "0-0:96.13.0.255=''" },
	{ "zeros in front",          "0-0:96.7.21(00015)",         "0-0:96.7.21.255='00015'" },
	{ "version",                 "1-3:0.2.8(50)",              "1-3:0.2.8.255='50'" },
	{ "its clock in two",        "1-0:0.9.1(222553)",          "1-0:0.9.1.255='222553'" },
	{ "a log",                   "1-0:99.97.0(1)(0-0:96.7.19)(190326095015W)(0000002014*s)", "1-0:99.97.0.255='(1)(0-0:96.7.19)(190326095015W)(0000002014*s)'" },
	{ "a profile of kWh",        "0-0:98.1.0(230701000000S)(000040.777*kWh)(000008.950*kWh)", "0-0:98.1.0.255='(230701000000S)(000040.777*kWh)(000008.950*kWh)'" },
	{ "a time and a number",     "0-1:24.2.1(161129200000W)(00981.443*m3)", "0-1:24.2.1.255=981.443m³" },
	{ "a time without letter",   "0-1:24.2.1(161129200000)(00981.443*m3)", "0-1:24.2.1.255=981.443m³" },
	{ "a time and no unit",      "0-1:24.2.1(700101010000W)(00000000)", "0-1:24.2.1.255='(700101010000W)(00000000)'" },
	{ "no time and a number",    "0-1:24.2.1(x)(00981.443*m3)", "0-1:24.2.1.255='(x)(00981.443*m3)'" },
	{ "number and time",         "0-1:24.2.1(00981.443*m3)(161129200000W)", "0-1:24.2.1.255='(00981.443*m3)(161129200000W)'" },
	{ "a peak",                  "1-0:1.6.0(230911134500S)(03.123*kW)", "1-0:1.6.0.255=3123W" },
	{ "two empty ones",          "0-1:24.2.1()()",             "0-1:24.2.1.255='()()'" },

	{ "summer time",             "0-0:1.0.0(200426223325S)",   "meter_timestamp=2020-04-26T22:33:25:80'200426223325S'" },
	{ "winter time",             "0-0:1.0.0(161113205757W)",   "meter_timestamp=2016-11-13T20:57:57:00'161113205757W'" },
	{ "time alone",              "0-0:1.0.0(161113205757)",    "meter_timestamp=2016-11-13T20:57:57:ff'161113205757'" },
	{ "Danish time",             "0-0:1.0.0(20240111 09:35:00)", "meter_timestamp=2024-01-11T09:35:00:ff'20240111 09:35:00'" },
	{ "ISO time",                "0-0:1.0.0(2024-01-11 09:35:00)", "meter_timestamp=2024-01-11T09:35:00:ff'2024-01-11 09:35:00'" },
	{ "a time that is none",     "0-0:1.0.0(632525252525S)",   "meter_timestamp=2063-25-25T25:25:25:80'632525252525S'" },
	{ "a letter unknown",        "0-0:1.0.0(161113205757X)",   "0-0:1.0.0.255='161113205757X'" },
	{ "a time too short",        "0-0:1.0.0(16111320575W)",    "0-0:1.0.0.255='16111320575W'" },
	{ "no digit in a time",      "0-0:1.0.0(1611132057x7W)",   "0-0:1.0.0.255='1611132057x7W'" },
	{ "other marks in a time",   "0-0:1.0.0(2024/01/11 09:35:00)", "0-0:1.0.0.255='2024/01/11 09:35:00'" },
	{ "no time",                 "0-0:1.0.0()",                "0-0:1.0.0.255=''" },

	{ "a number as a text",      "0-0:96.1.0(5*kWh)",          "0-0:96.1.0.255=5kWh" },
	{ "a unit that is not its",  "1-0:1.7.0(5*V)",             "1-0:1.7.0.255=5V" },
	{ "no A, no B",              "1.8.0(1*kWh)",               "energy_active_cum_import=1kWh" },
	{ "no B",                    "0-96.1.0(1)",                "meter_id='1'" },
	{ "no A",                    "3:77.2.8(1)",                "1-3:77.2.8.255='1'" },
	{ "no E",                    "1-0:77.7(1)",                "1-0:77.7.255.255='1'" },
	{ "F",                       "1-0:77.7.0*101(1)",          "1-0:77.7.0.101='1'" },
	{ "F behind an and",         "1-0:77.7.0&1(1)",            "1-0:77.7.0.1='1'" },
	{ "F without E",             "77.7*3(1)",                  "1-0:77.7.255.3='1'" },
	{ "the largest code",        "255-255:255.255.255*255(1)", "255-255:255.255.255.255='1'" },
	{ "zeros in a code",         "001-000:077.007.000(1)",     "1-0:77.7.0.255='1'" },
};

/* Left out where a check says that the meter sent it so, refused where none does. */
static const char *const odd_lines[] = {
	"x", "1", "1(1)", "1-0(1)", "1-0:1(1)", "1-0:1.(1)", "1-0:1.7.(1)", "1-0:.7.0(1)", "1-0:1.7.0*(1)",
	"256.7.0(1)", "1.7.256(1)", "1-256:1.7.0(1)", "0001.7.0(1)", "1.7.0*1*1(1)", "-1.7.0(1)", ":1.7.0(1)",
	"1--0:1.7.0(1)", "1-0:1.7.0.0(1)", "1.7.0", "1.7.0(", "1.7.0(1", "1.7.0)", "1.7.0(1)(", "1.7.0(1))",
	"1.7.0((1))", "1.7.0((1)", "1.7.0(1(2)", "1.7.0(1)x", "1.7.0(1) (2)", "1.7.0 (1)", " 1.7.0(1)", "1.7.0()x()", "F.F(00)", "/1.7.0(1)",
};
/* clang-format on */

#define IDENT "/ABC5x\r\n\r\n"

static void test_lines(void **state)
{
	static struct han_reading reading;
	static struct note note;

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		char text[512];

		say_case(lines[i].name);
		snprintf(text, sizeof(text), IDENT "%s\r\n!", lines[i].line);
		assert_int_equal(read_text(text, false, &reading, &note), HAN_OK);
		assert_string_equal(note.text, lines[i].value);
		assert_int_equal(reading.count, 1);
		assert_int_equal(reading.values[0].short_obis,
		                 !strpbrk(lines[i].line, "*&") ||
		                         strpbrk(lines[i].line, "*&") > strchr(lines[i].line, '('));
		assert_false(reading.apdu.has_time);
		assert_int_equal(reading.p1.ident_len, 5);
		assert_memory_equal(reading.p1.ident, "ABC5x", 5);
	}
}

static void test_odd_lines(void **state)
{
	static struct han_reading reading;
	static struct note note;

	(void)state;
	for (size_t i = 0; i < COUNT(odd_lines); i++) {
		char text[512];

		say_case(odd_lines[i]);
		snprintf(text, sizeof(text), IDENT "%s\r\n1-0:1.7.0(1*W)\r\n!", odd_lines[i]);
		assert_int_equal(read_text(text, false, &reading, &note), HAN_ERR_LINE);
		assert_int_equal(read_text(text, true, &reading, &note), HAN_OK);
		assert_string_equal(note.text, "power_active_import=1W");
	}
}

/* clang-format off */
static const struct {
	const char *name, *text, *values;
	enum han_err err;
} telegrams[] = {
	{ "Netherlands",
	  "/ISK5\\2M550T-1012\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0(200426223325S)\r\n0-0:96.1.1(45303034)\r\n"
	  "1-0:1.8.0(002130.115*kWh)\r\n1-0:2.8.0(000245.467*kWh)\r\n1-0:1.7.0(00.111*kW)\r\n0-1:24.1.0(003)\r\n"
	  "0-1:24.2.1(200426223001S)(00246.138*m3)\r\n!",
	  "1-3:0.2.8.255='50' meter_timestamp=2020-04-26T22:33:25:80'200426223325S' 0-0:96.1.1.255='45303034' "
	  "energy_active_cum_import=2130.115kWh energy_active_cum_export=245.467kWh power_active_import=111W 0-1:24.1.0.255='003' 0-1:24.2.1.255=246.138m³", HAN_OK },
	{ "DSMR 2.2: a value on a line of its own",
	  "/ISk5\\2MT382-1004\r\n\r\n0-1:24.3.0(161107190000)(00)(60)(1)(0-1:24.2.1)(m3)\r\n(00001.001)\r\n0-1:24.4.0(1)\r\n!",
	  "0-1:24.3.0.255='(161107190000)(00)(60)(1)(0-1:24.2.1)(m3)' 0-1:24.4.0.255='1'", HAN_OK },
	{ "of two of a name the first has it",
	  IDENT "1-0:1.7.0(1*W)\r\n1-0:1.7.0(2*W)\r\n1.7.0(3*W)\r\n!", "power_active_import=1W 1-0:1.7.0.255=2W 1-0:1.7.0.255=3W", HAN_OK },
	{ "the first that can have it",
	  IDENT "1-0:1.7.0()\r\n1-0:1.7.0(2*W)\r\n!", "1-0:1.7.0.255='' power_active_import=2W", HAN_OK },
	{ "LF, empty lines",   "/ABC5x\n\n\n1-0:1.7.0(1*W)\n\n1-0:2.7.0(2*W)\n!", "power_active_import=1W power_active_export=2W", HAN_OK },
	{ "behind the mark",   IDENT "1-0:1.7.0(1*W)\r\n!1234\r\n1-0:2.7.0(2*W)\r\n", "power_active_import=1W", HAN_OK },
	{ "no mark",           IDENT "1-0:1.7.0(1*W)", "power_active_import=1W", HAN_OK },
	{ "no lines",          IDENT "!", "", HAN_ERR_LINE },
	{ "only a rest",       IDENT "(1)\r\n!", "", HAN_ERR_LINE },
	{ "no telegram",       "1-0:1.7.0(1*W)\r\n!", "", HAN_ERR_LINE },
	{ "an empty one",      "", "", HAN_ERR_LINE },
	{ "a slash",           "/", "", HAN_ERR_LINE },
};
/* clang-format on */

static void test_telegrams(void **state)
{
	static struct han_reading reading;
	static struct note note;

	(void)state;
	for (size_t i = 0; i < COUNT(telegrams); i++) {
		say_case(telegrams[i].name);
		for (int crc = 0; crc < 2; crc++) {
			assert_int_equal(read_text(telegrams[i].text, crc, &reading, &note),
			                 telegrams[i].err);
			assert_string_equal(note.text, telegrams[i].values);
		}
	}
}

static void test_limit(void **state)
{
	static struct han_reading reading;
	static struct note note;
	static char text[4096] = IDENT;
	size_t len = strlen(text);

	(void)state;
	for (unsigned i = 0; i <= HAN_VALUES_MAX; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len, "1-0:77.7.%u(%u)\r\n", i,
		                        i);
		assert_int_equal(read_text(text, true, &reading, &note),
		                 i < HAN_VALUES_MAX ? HAN_OK : HAN_ERR_LIMIT);
	}
	assert_int_equal(reading.count, HAN_VALUES_MAX);
}

/* A ratio comes without a unit, and is a number where its measurement is one. */
static void test_ratio(void **state)
{
	static struct han_reading reading;
	static struct note note;
	const struct han_measurement *row =
		han_measurement_find((struct han_obis){ 1, 0, 13, 7, 0, 255 });

	(void)state;
	assert_int_equal(
		read_text(IDENT "1-0:13.7.0(0.556)\r\n1-0:13.7.0(x)\r\n!", true, &reading, &note),
		HAN_OK);
	assert_string_equal(note.text, row ? "power_factor=0.556 1-0:13.7.0.255='x'"
	                                   : "1-0:13.7.0.255='0.556' 1-0:13.7.0.255='x'");
}

/* The longest identification that is kept. */
static void test_identification(void **state)
{
	static struct han_reading reading;
	static struct note note;
	char text[128];

	(void)state;
	for (int len = 0; len <= HAN_IDENT_MAX + 2; len++) {
		snprintf(text, sizeof(text), "/%.*s\r\n\r\n1.7.0(1*W)\r\n!", len,
		         "0123456789012345678901234567890123456789012345678901234567890123456789");
		assert_int_equal(read_text(text, true, &reading, &note), HAN_OK);
		assert_int_equal(reading.p1.ident_len, len < HAN_IDENT_MAX ? len : HAN_IDENT_MAX);
		assert_memory_equal(reading.p1.ident, text + 1, reading.p1.ident_len);
	}
}

/* Anything, of octets that telegrams have: it ends, inside the message, and with values that fit. */
static void test_random_octets(void **state)
{
	static const char likely[] = "0123456789.-:()*\r\n01kWhVArm3SW";
	static struct han_reading reading;
	static struct note note;
	struct dice dice = dice_new();

	(void)state;
	for (int run = 0; run < 20000; run++) {
		char text[200] = IDENT "1-0:1.7.0(200426223325S)(1*W)\r\n";
		size_t at = strlen(text), len = at + dice_below(&dice, sizeof(text) - at - 1);

		for (size_t i = 0; i < 4; i++)
			text[10 + dice_below(&dice, at - 10)] =
				likely[dice_below(&dice, sizeof(likely) - 1)];
		while (at < len)
			text[at++] = likely[dice_below(&dice, sizeof(likely) - 1)];
		text[at] = '\0';
		read_text(text, dice_below(&dice, 2), &reading, &note);
		assert_true(reading.count <= HAN_VALUES_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),         cmocka_unit_test(test_odd_lines),
		cmocka_unit_test(test_telegrams),     cmocka_unit_test(test_limit),
		cmocka_unit_test(test_ratio),         cmocka_unit_test(test_identification),
		cmocka_unit_test(test_random_octets),
	};

	return cmocka_run_group_tests_name("telegram", tests, NULL, NULL);
}
