/* Austrian lists, deciphered: flat with units (Netz NOE), and mixed (Tyrol, Vorarlberg, Salzburg). */
#include "body.h"

/* clang-format off */
#define KFM   "4b464d6750000001" /* system titles */
#define SAG   "5341476750000001"
#define ISK   "49534b6750000001"
#define CLOCK_AT "090c 07e8 07 17 02 12 00 05 00 ff88 80 "
#define SAYS_CLOCK_AT "meter_timestamp=2024-07-23T18:00:05+02:00 "

/* Netz NOE: the clock and the meter's number stand without a code. */
#define NOE \
	CLOCK_AT \
	CODE("0100010800") "06 00b0d78a" SCALE("00", "1e") CODE("0100020800") "06 00000001" SCALE("00", "1e") \
	CODE("0100010700") "06 000004d2" SCALE("00", "1b") CODE("0100020700") "06 00000000" SCALE("00", "1b") \
	CODE("0100200700") "12 08f1" SCALE("ff", "23") CODE("0100340700") "12 08f0" SCALE("ff", "23") CODE("0100480700") "12 0000" SCALE("ff", "23") \
	CODE("01001f0700") "12 067d" SCALE("fe", "21") CODE("0100330700") "12 0837" SCALE("fe", "21") CODE("0100470700") "12 0000" SCALE("fe", "21") \
	CODE("01000d0700") "10 fc19" SCALE("fd", "ff")
#define SAYS_NOE \
	SAYS_CLOCK_AT "energy_active_cum_import=11589.514kWh energy_active_cum_export=0.001kWh power_active_import=1234W " \
	"power_active_export=0W phase_voltage_l1=228.9V phase_voltage_l2=228.8V phase_voltage_l3=0.0V " \
	"phase_current_l1=16.61A phase_current_l2=21.03A phase_current_l3=0.00A power_factor=-0.999 "
#define NUMBER_12 "090c 313233343536373839303132 "
#define NUMBER_13 "090d 31323334353637383930313233 "
#define NUMBER_6  "0906 313233343536 "

/* Kaifa MA309M: codes and values in one structure, then structures. */
#define MIXED \
	CODE("0000010000") CLOCK_AT "0202" CODE("0000600100") "090d 31323334353637383930313233" \
	"0202" CODE("00002a0000") "0910 4b464d31323030323030303030303030 " \
	"0203" CODE("0100200700") "12 08f1" SCALE("ff", "23") "0203" CODE("0100340700") "12 08f0" SCALE("ff", "23") \
	"0203" CODE("0100480700") "12 08e5" SCALE("ff", "23") "0203" CODE("01001f0700") "12 067d" SCALE("fe", "21") \
	"0203" CODE("0100330700") "12 0837" SCALE("fe", "21") "0203" CODE("0100470700") "12 0539" SCALE("fe", "21") \
	"0203" CODE("0100010700") "06 000004d2" SCALE("00", "1b") "0203" CODE("0100020700") "06 00000000" SCALE("00", "1b") \
	"0203" CODE("0100010800") "06 00b0d78a" SCALE("00", "1e") "0203" CODE("0100020800") "06 00000001" SCALE("00", "1e") \
	"0203" CODE("0100030800") "06 0001d70c" SCALE("00", "20") "0203" CODE("0100040800") "06 00000002" SCALE("00", "20")
#define SAYS_MIXED \
	SAYS_CLOCK_AT "meter_id=1234567890123 logical_device_name=KFM1200200000000 " SAYS_VOLTAGES \
	" phase_current_l1=16.61A phase_current_l2=21.03A phase_current_l3=13.37A power_active_import=1234W power_active_export=0W " \
	"energy_active_cum_import=11589.514kWh energy_active_cum_export=0.001kWh " \
	"energy_reactive_cum_import=120.588kvarh energy_reactive_cum_export=0.002kvarh"

static const struct body_case lists[] = {
	{ "NOE, 35 elements", "02 23" NOE NUMBER_13, "kaifa-at", SAYS_NOE "meter_id=1234567890123", KFM },
	{ "NOE, Sagemcom",    "02 23" NOE NUMBER_13, "sagemcom-at", SAYS_NOE "meter_id=1234567890123", SAG },
	{ "NOE, no title",    "02 23" NOE NUMBER_13, "self-describing", SAYS_NOE "meter_id=1234567890123", NULL },
	{ "a number of twelve characters is no clock", "02 23" NOE NUMBER_12, "kaifa-at", SAYS_NOE "meter_id=123456789012", KFM },
	{ "a number of six characters is no code", "02 23" NOE NUMBER_6, "kaifa-at", SAYS_NOE "meter_id=123456", KFM },
	{ "twelve characters in a visible-string", "02 23" NOE "0a0c 313233343536373839303132 ", "kaifa-at", SAYS_NOE "meter_id=123456789012", KFM },
	{ "a clock that is not set", "02 04 090c ffff ff ff ff ff ff ff ff 8000 ff" CODE("0100010700") "06 000004d2" SCALE("00", "1b"), "kaifa-at",
	  "meter_timestamp=65535-255-255T255:255:255 power_active_import=1234W", KFM },
	{ "no meter number",  "02 04" CLOCK_AT CODE("0100010700") "06 000004d2" SCALE("00", "1b"), "kaifa-at",
	  SAYS_CLOCK_AT "power_active_import=1234W", KFM },
	{ "a text in the middle has no name", "02 08" CLOCK_AT CODE("0100010700") "06 000004d2" SCALE("00", "1b") "0903 414243"
	  CODE("0100020700") "06 00000001" SCALE("00", "1b"), "kaifa-at",
	  SAYS_CLOCK_AT "power_active_import=1234W item02=ABC power_active_export=1W", KFM },
	{ "a bare number has no name", "02 05" CLOCK_AT CODE("0100010700") "06 000004d2" SCALE("00", "1b") "06 00000007", "kaifa-at",
	  SAYS_CLOCK_AT "power_active_import=1234W item02=7", KFM },
	{ "mixed, 16",        "02 10" MIXED, "kaifa-at", SAYS_MIXED, KFM },
	{ "mixed, 16, in clear", "02 10" MIXED, "kaifa-at", SAYS_MIXED, NULL },
	{ "mixed, the device name counts before the title", "02 10" MIXED, "kaifa-at", SAYS_MIXED, SAG },
	{ "no scaler: Kaifa", "02 04" CODE("0100200700") "12 08f1" CODE("0100010800") "06 00b0d78a", "kaifa-at",
	  "phase_voltage_l1=228.9V energy_active_cum_import=11589.514kWh", KFM },
	{ "no scaler: Iskraemeco", "02 04" CODE("0100200700") "12 08f1" CODE("01001f0700") "12 067d", "iskra",
	  "phase_voltage_l1=228.9V phase_current_l1=16.61A", ISK },
};
/* clang-format on */

static void test_austria(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++)
		body_check(&lists[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_austria),
	};

	return cmocka_run_group_tests_name("lists-austria", tests, NULL, NULL);
}
