/* Numbers: exact over their whole range, in the units of message, list or user. */
#include "body.h"

/* clang-format off */
#define REG(code, number, exp10, unit) "0203" CODE(code) number SCALE(exp10, unit)
#define OF_U "0100200700"
#define OF_I "01001f0700"
#define OF_P   "0100010700"
#define OF_A  "0100010800"
#define OF_R "0100030800"

static const struct body_case exact[] = {
	{ "uint64, most",          "01 01" REG(OF_P, "15 ffffffffffffffff", "00", "1b"), "self-describing", "power_active_import=18446744073709551615W", NULL },
	{ "int64, least",          "01 01" REG(OF_P, "14 8000000000000000", "00", "1b"), "self-describing", "power_active_import=-9223372036854775808W", NULL },
	{ "int64, most",           "01 01" REG(OF_P, "14 7fffffffffffffff", "00", "1b"), "self-describing", "power_active_import=9223372036854775807W", NULL },
	{ "int64, minus one",      "01 01" REG(OF_P, "14 ffffffffffffffff", "00", "1b"), "self-describing", "power_active_import=-1W", NULL },
	{ "uint64 in Wh",          "01 01" REG(OF_A, "15 ffffffffffffffff", "00", "1e"), "self-describing", "energy_active_cum_import=18446744073709551.615kWh", NULL },
	{ "uint64 in 10 Wh",       "01 01" REG(OF_A, "15 ffffffffffffffff", "01", "1e"), "self-describing", "energy_active_cum_import=184467440737095516.15kWh", NULL },
	{ "uint64 in kWh",         "01 01" REG(OF_A, "15 ffffffffffffffff", "03", "1e"), "self-describing", "energy_active_cum_import=18446744073709551615kWh", NULL },
	{ "uint64 in mWh",         "01 01" REG(OF_A, "15 ffffffffffffffff", "fd", "1e"), "self-describing", "energy_active_cum_import=18446744073709.551615kWh", NULL },
	{ "beyond a double's 2^53", "01 01" REG(OF_A, "15 0020000000000001", "00", "1e"), "self-describing", "energy_active_cum_import=9007199254740.993kWh", NULL },
	{ "int64 in tenths",       "01 01" REG(OF_U, "14 8000000000000000", "ff", "23"), "self-describing", "phase_voltage_l1=-922337203685477580.8V", NULL },
	{ "int32, least",          "01 01" REG(OF_P, "05 80000000", "00", "1b"), "self-describing", "power_active_import=-2147483648W", NULL },
	{ "int16, least",          "01 01" REG(OF_I, "10 8000", "ff", "21"), "self-describing", "phase_current_l1=-3276.8A", NULL },
	{ "int8, least",           "01 01" REG(OF_P, "0f 80", "00", "1b"), "self-describing", "power_active_import=-128W", NULL },
	{ "uint8, most",           "01 01" REG(OF_P, "11 ff", "00", "1b"), "self-describing", "power_active_import=255W", NULL },
	{ "many decimals",         "01 01" REG(OF_U, "06 00000001", "d8", "23"), "self-describing", "phase_voltage_l1=0.0000000000000000000000000000000000000001V", NULL },
	{ "many zeros",            "01 01" REG(OF_U, "06 00000001", "28", "23"), "self-describing", "phase_voltage_l1=10000000000000000000000000000000000000000V", NULL },
	{ "a zero keeps its decimals", "01 01" REG(OF_A, "06 00000000", "01", "1e"), "self-describing", "energy_active_cum_import=0.00kWh", NULL },
	{ "a float",               "01 01" REG(OF_U, "17 43660000", "00", "23"), "self-describing", "phase_voltage_l1=230V", NULL },
	{ "a float without a scaler", "01 01 02 02" CODE(OF_U) "17 43668000", "self-describing", "phase_voltage_l1=230.5V", NULL },
	{ "floats where the list has steps", "02 05 0a 0e 4b616d73747275705f5630303031" CODE("0101200700") "17 43668000" CODE("01011f0700") "17 3fc00000",
	  "kamstrup", "obis_version=Kamstrup_V0001 phase_voltage_l1=230.5V phase_current_l1=1.5A", NULL },
	{ "hertz in hundredths",   "01 01 02 02" CODE("01000e0700") "12 1387", "self-describing", "frequency=49.99Hz", NULL },
	{ "hertz in thousandths",  "01 01 02 02" CODE("01000e0700") "12 c346", "self-describing", "frequency=49.990Hz", NULL },
	{ "hertz in tenths",       "01 01 02 02" CODE("01000e0700") "12 01f3", "self-describing", "frequency=49.9Hz", NULL },
	{ "hertz",                 "01 01 02 02" CODE("01000e0700") "11 32", "self-describing", "frequency=50Hz", NULL },
	{ "a float with a scaler", "01 01" REG(OF_A, "17 3fc00000", "00", "1e"), "self-describing", "energy_active_cum_import=0.0015kWh", NULL },
};

static const struct { const char *name, *hex; } too_far[] = {
	{ "a scaler too low",      "01 01" REG(OF_U, "06 00000001", "d7", "23") },
	{ "a scaler too high",     "01 01" REG(OF_U, "06 00000001", "29", "23") },
	{ "least scaler",          "01 01" REG(OF_U, "06 00000001", "80", "23") },
	{ "most scaler",           "01 01" REG(OF_U, "06 00000001", "7f", "23") },
	{ "too low for kWh",       "01 01" REG(OF_A, "06 00000001", "da", "1e") },
	{ "a value behind a good one", "01 02" REG(OF_P, "06 00000001", "00", "1b") REG(OF_U, "06 00000001", "7f", "23") },
};

/* The unit of the message, and what it makes of a name. */
static const struct body_case units[] = {
	{ "energy in Wh",          "01 01" REG(OF_A, "06 000004d2", "00", "1e"), "self-describing", "energy_active_cum_import=1.234kWh", NULL },
	{ "reactive energy",       "01 01" REG(OF_R, "06 000004d2", "00", "20"), "self-describing", "energy_reactive_cum_import=1.234kvarh", NULL },
	{ "active energy where reactive is due", "01 01" REG(OF_R, "06 000004d2", "00", "1e"), "self-describing", "1-0:3.8.0.255=1.234kWh", NULL },
	{ "power where energy is due", "01 01" REG(OF_A, "06 000004d2", "00", "1b"), "self-describing", "1-0:1.8.0.255=1234W", NULL },
	{ "amperes where volts are due", "01 01" REG(OF_U, "06 000004d2", "00", "21"), "self-describing", "1-0:32.7.0.255=1234A", NULL },
	{ "no unit where volts are due", "01 01" REG(OF_U, "06 000004d2", "00", "ff"), "self-describing", "1-0:32.7.0.255=1234", NULL },
	{ "a unit where none is due", "01 01" REG("01000d0700", "06 000004d2", "fd", "1b"), "self-describing", "1-0:13.7.0.255=1.234W", NULL },
	{ "another unit (254)",    "01 01" REG("01000d0700", "06 000004d2", "fd", "fe"), "self-describing", "power_factor=1.234", NULL },
	{ "apparent energy",       "01 01" REG("0100090800", "06 000004d2", "00", "1f"), "self-describing", "1-0:9.8.0.255=1.234kVAh", NULL },
	{ "a unit without a name", "01 01" REG("0100630100", "06 000004d2", "00", "3a"), "self-describing", "1-0:99.1.0.255=1234", NULL },
	{ "gas on its channel",    "01 01" REG("0001180201", "06 000004d2", "fd", "0d"), "self-describing", "0-1:24.2.1.255=1.234m³", NULL },
	{ "a text has no unit",    "01 01" "0203" CODE("0000600100") "0903 414243" SCALE("00", "1b"), "self-describing", "meter_id=ABC", NULL },
	{ "a number as a text's value", "01 01" "0202" CODE("00005e0e00") "11 02", "self-describing", "0-0:94.14.0.255=2", NULL },
	{ "a tariff as number",    "01 01" "0202" CODE("0000600e00") "11 02", "self-describing", "tariff_active=2", NULL },
	{ "a text as power",       "01 01" "0202" CODE(OF_P) "0903 414243", "self-describing", "1-0:1.7.0.255=ABC", NULL },
	{ "a number as clock",     "01 01" "0202" CODE("0000010000") "06 000004d2", "self-describing", "0-0:1.0.0.255=1234", NULL },
	{ "a text as clock",       "01 01" "0202" CODE("0000010000") "0a04 31323334", "self-describing", "0-0:1.0.0.255=1234", NULL },
	{ "a clock by its type",   "01 01" "0202" CODE("0000010000") "19 07e8 01 17 02 12 00 0a ff 8000 00", "self-describing", "meter_timestamp=2024-01-23T18:00:10", NULL },
	{ "a clock as meter id",   "01 01" "0202" CODE("0000600100") "090c 07e8 01 17 02 12 00 0a ff 8000 00", "self-describing", "meter_id=07e801170212000aff800000", NULL },
	{ "a clock without a name", "01 01" "0202" CODE("0000600201") "090c 07e8 01 17 02 12 00 0a ff 8000 00", "self-describing", "0-0:96.2.1.255=2024-01-23T18:00:10", NULL },
	{ "a clock cannot be named power", "01 01" "0202" CODE(OF_P) "090c 07e8 01 17 02 12 00 0a ff 8000 00", "self-describing", "1-0:1.7.0.255=2024-01-23T18:00:10", NULL },
	{ "a null",                "01 02" "0202" CODE(OF_P) "00" REG(OF_U, "12 08f1", "ff", "23"), "self-describing", "phase_voltage_l1=228.9V", NULL },
	{ "nothing but nulls",     "01 01" "0202" CODE(OF_P) "00", "self-describing", "", NULL },
	{ "no unit: the code's",   "01 02" "0202" CODE("0100040801") "06 000004d2" "0202" CODE("01000b0700") "06 00000007", "self-describing",
	  "1-0:4.8.1.255=1.234kvarh 1-0:11.7.0.255=7A", NULL },

	/* A name stands once; the first has it. */
	{ "a code twice",          "01 02" REG(OF_P, "06 00000001", "00", "1b") REG(OF_P, "06 00000002", "00", "1b"), "self-describing",
	  "power_active_import=1W 1-0:1.7.0.255=2W", NULL },
	{ "two channels",          "01 02" REG("0101010800", "06 00000001", "00", "1e") REG(OF_A, "06 00000002", "00", "1e"), "self-describing",
	  "energy_active_cum_import=0.001kWh 1-0:1.8.0.255=0.002kWh", NULL },
	{ "a misfit takes no name", "01 02" REG(OF_P, "06 00000001", "00", "21") REG(OF_P, "06 00000002", "00", "1b"), "self-describing",
	  "1-0:1.7.0.255=1A power_active_import=2W", NULL },
	{ "a null takes no name",  "01 02" "0202" CODE(OF_P) "00" REG(OF_P, "06 00000002", "00", "1b"), "self-describing",
	  "power_active_import=2W", NULL },
};
/* clang-format on */

static void test_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(exact); i++)
		body_check(&exact[i], NULL);
}

static void test_too_far(void **state)
{
	static struct body body;

	(void)state;
	for (size_t i = 0; i < COUNT(too_far); i++) {
		say_case(too_far[i].name);
		assert_string_equal(reason_word(body_read(&body, too_far[i].hex, NULL, NULL)),
		                    "NUMBER");
		assert_int_equal(body.reading.count, 0);
	}
}

static void test_units(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(units); i++)
		body_check(&units[i], NULL);
}

/* clang-format off */

/* The user's steps, in V, A, Wh. */
static const struct {
	struct body_case body;
	struct han_decimal voltage, current, energy;
} scaled[] = {
	{ { "nothing wanted", "01 02" REG(OF_U, "12 08f1", "ff", "23") REG(OF_A, "06 00000001", "01", "1e"), "self-describing",
	    "phase_voltage_l1=228.9V energy_active_cum_import=0.01kWh", NULL }, { 0 }, { 0 }, { 0 } },
	{ { "volts", "01 02" REG(OF_U, "12 08f1", "ff", "23") REG(OF_I, "12 067d", "fe", "21"), "self-describing",
	    "phase_voltage_l1=22.89V phase_current_l1=16.61A", NULL }, { 1, -2, false }, { 0 }, { 0 } },
	{ { "amperes", "01 02" REG(OF_U, "12 08f1", "ff", "23") REG(OF_I, "12 067d", "fe", "21"), "self-describing",
	    "phase_voltage_l1=228.9V phase_current_l1=1661A", NULL }, { 0 }, { 1, 0, false }, { 0 } },
	{ { "watt-hours", "01 03" REG(OF_A, "06 000004d2", "01", "1e") REG(OF_R, "06 00000001", "01", "20") REG(OF_P, "06 000004d2", "00", "1b"), "self-describing",
	    "energy_active_cum_import=123.400kWh energy_reactive_cum_import=0.100kvarh power_active_import=1234W", NULL }, { 0 }, { 0 }, { 100, 0, false } },
	{ { "a transformer's ratio", "01 02" REG(OF_I, "10 fffe", "ff", "21") REG(OF_A, "06 00000003", "00", "1e"), "self-describing",
	    "phase_current_l1=-24.0A energy_active_cum_import=0.180kWh", NULL }, { 0 }, { 120, -1, false }, { 60, 0, false } },
	{ { "the other way round", "01 01" REG(OF_I, "10 0002", "ff", "21"), "self-describing", "phase_current_l1=-2A", NULL }, { 0 }, { 1, 0, true }, { 0 } },
	{ { "no negative zero", "01 01" REG(OF_I, "10 0000", "ff", "21"), "self-describing", "phase_current_l1=0A", NULL }, { 0 }, { 1, 0, true }, { 0 } },
	{ { "of a list's own", LIST_2_1PH, "kaifa-list2-1ph", SAYS_HEAD("MA105H2E") SAYS_POWERS "phase_current_l1=54.32A phase_voltage_l1=23.01V", NULL },
	    { 1, -2, false }, { 1, -2, false }, { 0 } },
	{ { "of fine voltages", "02 05 0a0e 4b616d73747275705f5630303031" CODE(OF_U) "12 00e5" CODE("0100340700") "12 59aa", "kamstrup",
	    "obis_version=Kamstrup_V0001 phase_voltage_l1=2.29V phase_voltage_l2=229.54V", NULL }, { 1, -2, false }, { 0 }, { 0 } },
	{ { "a code without a name", "01 01" REG("0100050801", "06 000004d2", "00", "20"), "self-describing", "1-0:5.8.1.255=12.340kvarh", NULL }, { 0 }, { 0 }, { 10, 0, false } },
	{ { "most", "01 01" REG(OF_A, "15 1999999999999999", "00", "1e"), "self-describing", "energy_active_cum_import=18446744073709551.610kWh", NULL }, { 0 }, { 0 }, { 10, 0, false } },
	{ { "other units stay", "01 02" REG("01000e0700", "12 1388", "fe", "2c") REG("0100090800", "06 000004d2", "00", "1f"), "self-describing",
	    "frequency=50.00Hz 1-0:9.8.0.255=1.234kVAh", NULL }, { 1, 3, false }, { 1, 3, false }, { 1, 3, false } },
};

static const struct {
	const char *name, *hex;
	struct han_decimal energy;
} overflows[] = {
	{ "the product",           "01 01" REG(OF_A, "15 199999999999999a", "00", "1e"), { 10, 0, false } },
	{ "the largest of both",   "01 01" REG(OF_A, "15 ffffffffffffffff", "00", "1e"), { UINT64_MAX, 0, false } },
	{ "the decimals",          "01 01" REG(OF_A, "06 00000001", "00", "1e"), { 1, -38, false } },
	{ "the zeros",             "01 01" REG("0100030800", "17 7e967699", "00", "20"), { 1, 40, false } }, /* 1e38 */
};
/* clang-format on */

static void test_wanted_scales(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(scaled); i++) {
		const struct han_settings settings = { .voltage_scale = scaled[i].voltage,
			                               .current_scale = scaled[i].current,
			                               .energy_scale = scaled[i].energy };

		body_check(&scaled[i].body, &settings);
	}
}

static void test_overflows(void **state)
{
	static struct body body;

	(void)state;
	for (size_t i = 0; i < COUNT(overflows); i++) {
		const struct han_settings settings = { .energy_scale = overflows[i].energy };

		say_case(overflows[i].name);
		assert_string_equal(
			reason_word(body_read(&body, overflows[i].hex, NULL, &settings)), "NUMBER");
		assert_int_equal(body.reading.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),     cmocka_unit_test(test_too_far),
		cmocka_unit_test(test_units),     cmocka_unit_test(test_wanted_scales),
		cmocka_unit_test(test_overflows),
	};

	return cmocka_run_group_tests_name("profile-numbers", tests, NULL, NULL);
}
