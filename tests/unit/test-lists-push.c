/* Push lists of Landis+Gyr and Iskraemeco: which object is which value; no scaler, no unit. */
#include "body.h"

/* clang-format off */
#define REGISTER(code) OBJECT("0003", code, "02")
#define DATUM(code)    OBJECT("0001", code, "02")
#define CLOCK_OBJECT   OBJECT("0008", "0000010000", "02")
#define ITSELF(code)   OBJECT("0028", code, "02")
#define LGZ            "0910 4c475a31303330303030303030303030 " /* LGZ1030000000000 */
#define LGZ_E570       "0910 4c475a31303330373830303030303030 " /* LGZ1030780000000 */
#define ISK            "0910 49534b31303330303030303030303030 "
#define TIME           "090c 07e8 01 17 02 12 00 0a 00 ffc4 00 "
#define SAYS_TIME      "meter_timestamp=2024-01-23T18:00:10+01:00 "
#define U32(hex)       "06 000000" hex " "

/* L+G E450, the list of every 5 s: no device name in it. */
#define E450 \
	"02 0b 010b" ITSELF("0008190900") DATUM("0000600100") REGISTER("0100010700") REGISTER("0100020700") \
	REGISTER("0101010800") REGISTER("0101020800") REGISTER("0101050800") REGISTER("0101060800") \
	REGISTER("0101070800") REGISTER("0101080800") REGISTER("01001f0700")
#define E450_VALUES "0908 3030303030303031 " "06 000004d2 06 00000000 06 00b0d78a" U32("01") U32("02") U32("03") U32("04") U32("05") "12 067d"
#define SAYS_E450 \
	"meter_id=00000001 power_active_import=1234W power_active_export=0W energy_active_cum_import=11589.514kWh " \
	"energy_active_cum_export=0.001kWh energy_reactive_cum_q1=0.002kvarh energy_reactive_cum_q2=0.003kvarh " \
	"energy_reactive_cum_q3=0.004kvarh energy_reactive_cum_q4=0.005kvarh phase_current_l1=16.61A"

#define VSE \
	"02 0e 010d" OBJECT("0001", "00002a0000", "02") DATUM("0000600101") CLOCK_OBJECT REGISTER("0101010800") REGISTER("0101020800") \
	REGISTER("0100010700") REGISTER("0100020700") REGISTER("0100200700") REGISTER("0100340700") REGISTER("0100480700") \
	REGISTER("01001f0700") REGISTER("0100330700") REGISTER("0100470700")
#define VSE_VALUES(device) device "0908 3030303030303031 " TIME U32("01") U32("02") "06 000004d2 06 00000000" \
	"12 00e5 12 00e4 12 00e3 12 067d 12 0837 12 0539"
#define SAYS_VSE(device, u1, u2, u3, i1, i2, i3) \
	"logical_device_name=" device " 0-0:96.1.1.255=00000001 " SAYS_TIME \
	"energy_active_cum_import=0.001kWh energy_active_cum_export=0.002kWh power_active_import=1234W power_active_export=0W " \
	"phase_voltage_l1=" u1 "V phase_voltage_l2=" u2 "V phase_voltage_l3=" u3 "V " \
	"phase_current_l1=" i1 "A phase_current_l2=" i2 "A phase_current_l3=" i3 "A"

static const struct body_case lists[] = {
	{ "E450", E450 E450_VALUES, "lg-push", SAYS_E450, NULL },
	{ "E450, tariffs", "02 03 0103" ITSELF("0009190900") REGISTER("0101010801") REGISTER("0101020802") "06 00b0d78a" U32("01"),
	  "lg-push", "energy_active_cum_import_t1=11589.514kWh energy_active_cum_export_t2=0.001kWh", NULL },
	{ "E450, other meters", "02 03 0103" ITSELF("000b190900") REGISTER("0001180201") REGISTER("0002180201") U32("01") U32("02"),
	  "lg-push", "0-1:24.2.1.255=1 0-2:24.2.1.255=2", NULL },
	{ "E450 of 2026", VSE VSE_VALUES(LGZ), "lg-push",
	  SAYS_VSE("LGZ1030000000000", "229", "228", "227", "16.61", "21.03", "13.37"), NULL },
	{ "E450, a title alone", E450 E450_VALUES, "lg-push", SAYS_E450, "4c475a6750000001" },
	{ "E360, its order of voltages", "02 05 0104" OBJECT("0001", "00002a0000", "02") REGISTER("0100200700") REGISTER("0100480700") REGISTER("0100340700")
	  LGZ "12 00e5 12 00e3 12 00e4", "lg-push",
	  "logical_device_name=LGZ1030000000000 phase_voltage_l1=229V phase_voltage_l3=227V phase_voltage_l2=228V", NULL },
	{ "tenths of volts", "02 03 0102" OBJECT("0001", "00002a0000", "02") REGISTER("0100200700") LGZ "12 08f1", "lg-push",
	  "logical_device_name=LGZ1030000000000 phase_voltage_l1=228.9V", NULL },
	{ "power factor", "02 03 0102" OBJECT("0001", "00002a0000", "02") REGISTER("01000d0700") LGZ "12 03df", "lg-push",
	  "logical_device_name=LGZ1030000000000 power_factor=0.991", NULL },
	{ "E570, whole amperes", VSE VSE_VALUES(LGZ_E570), "lg-e570",
	  SAYS_VSE("LGZ1030780000000", "229", "228", "227", "1661", "2103", "1337"), NULL },
	{ "E570, wide registers", "02 04 0103" REGISTER("0101010800") REGISTER("01001f0700") REGISTER("01000d0700")
	  "15 ffffffffffffffff 14 0000000000000190 14 fffffffffffffc18", "lg-e570",
	  "energy_active_cum_import=18446744073709551.615kWh phase_current_l1=400A power_factor=-1.000", NULL },
	{ "E570, tenths of volts", "02 03 0102" OBJECT("0001", "00002a0000", "02") REGISTER("0100200700") LGZ_E570 "12 08f1", "lg-e570",
	  "logical_device_name=LGZ1030780000000 phase_voltage_l1=228.9V", NULL },
	{ "AM550", VSE VSE_VALUES(ISK), "iskra",
	  SAYS_VSE("ISK1030000000000", "22.9", "22.8", "22.7", "16.61", "21.03", "13.37"), NULL },
	{ "AM550, its tariffs", "02 08 0108" ITSELF("0006190900") OBJECT("0001", "00002a0000", "02") REGISTER("0101010700") REGISTER("0101050800")
	  REGISTER("0101050801") REGISTER("0101050802") REGISTER("01000d0700") DATUM("0000600101")
	  ISK "06 000004d2" U32("03") U32("01") U32("02") "12 03e8 0904 31323334", "iskra",
	  "logical_device_name=ISK1030000000000 power_active_import=1234W energy_reactive_cum_q1=0.003kvarh "
	  "1-1:5.8.1.255=0.001kvarh 1-1:5.8.2.255=0.002kvarh power_factor=1.000 0-0:96.1.1.255=1234", NULL },
	{ "AM550, a title alone", "02 02 0101" REGISTER("0100200700") "12 08f1", "iskra", "phase_voltage_l1=228.9V", "49534b6750000001" },
	{ "another maker", "02 03 0102" OBJECT("0001", "00002a0000", "02") REGISTER("0100010700") "0903 414243 06 000004d2", "self-describing",
	  "logical_device_name=ABC power_active_import=1234W", NULL },
	{ "the device name counts before the title", "02 03 0102" OBJECT("0001", "00002a0000", "02") REGISTER("0100200700") ISK "12 08f1", "iskra",
	  "logical_device_name=ISK1030000000000 phase_voltage_l1=228.9V", "4c475a6750000001" },
};
/* clang-format on */

static void test_push_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++)
		body_check(&lists[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_push_lists),
	};

	return cmocka_run_group_tests_name("lists-push", tests, NULL, NULL);
}
