/* Kamstrup Omnipower: no scaler, no unit; version, type and size of the numbers tell. */
#include "body.h"

/* clang-format off */
#define K_VERSION "0a0e 4b616d73747275705f5630303031 " /* Kamstrup_V0001 */
#define K_ID      CODE("0101000005") "0a10 35373036353637303030303030303030 "
#define K_TYPE(type) CODE("0101600101") "0a12 " type
#define T_684     "363834313132314243323433313031303430 " /* 6841121BC243101040 */
#define T_685     "363835313132314243323433313031303430 "
#define T_245_WH  "363834313132314242323435313031303430 " /* 6841121BB245101040 */
#define K_POWERS \
	CODE("0101010700") "06 000004d2 " CODE("0101020700") "06 00000000 " \
	CODE("0101030700") "06 00000005 " CODE("0101040700") "06 00000038 "
#define K_CURRENTS \
	CODE("01011f0700") "06 0000067d " CODE("0101330700") "06 00000837 " CODE("0101470700") "06 00000539 "
#define K_VOLTS \
	CODE("0101200700") "12 00e5 " CODE("0101340700") "12 00e4 " CODE("0101480700") "12 00e3 "
#define K_HUNDREDTHS \
	CODE("0101200700") "12 59aa " CODE("0101340700") "12 03e9 " CODE("0101480700") "12 03e8 "
#define K_HOUR \
	CODE("0001010000") "090c 07e8 01 17 02 12 00 05 ff 8000 00 " \
	CODE("0101010800") "06 000b0d78 " CODE("0101020800") "06 00000001 " \
	CODE("0101030800") "06 0001d70c " CODE("0101040800") "06 00416444 "

#define SAYS_K_HEAD(type) "obis_version=Kamstrup_V0001 meter_id=5706567000000000 meter_type=" type " "
#define SAYS_K_POWERS \
	"power_active_import=1234W power_active_export=0W power_reactive_import=5var power_reactive_export=56var "
#define SAYS_K_CURRENTS    "phase_current_l1=16.61A phase_current_l2=21.03A phase_current_l3=13.37A "
#define SAYS_K_VOLTS       "phase_voltage_l1=229V phase_voltage_l2=228V phase_voltage_l3=227V"
#define SAYS_K_HOUR \
	" meter_timestamp=2024-01-23T18:00:05 energy_active_cum_import=7243.44kWh energy_active_cum_export=0.01kWh " \
	"energy_reactive_cum_import=1205.88kvarh energy_reactive_cum_export=42855.08kvarh"

/* Omnipower DK: 65 elements. */
#define DK_65 \
	K_VERSION CODE("0101010800") "06 000b0d78 " CODE("0101020800") "06 00000001 " \
	CODE("0101030800") "06 0001d70c " CODE("0101040800") "06 00416444 " \
	CODE("0101000001") "06 01e5d3f4 " K_POWERS CODE("0001010000") "090c 07e8 01 17 02 12 00 05 ff 8000 80 " \
	K_VOLTS K_CURRENTS \
	CODE("0101150700") "06 00000001 " CODE("0101290700") "06 00000002 " CODE("01013d0700") "06 00000003 " \
	CODE("0101210700") "12 0064 " CODE("0101350700") "12 0063 " CODE("0101490700") "12 0000 " CODE("01010d0700") "12 0062 " \
	CODE("0101160700") "06 00000004 " CODE("01012a0700") "06 00000005 " CODE("01013e0700") "06 00000006 " \
	CODE("0101160800") "06 00000007 " CODE("01012a0800") "06 00000008 " CODE("01013e0800") "06 00000009 " \
	CODE("0101150800") "06 0000000a " CODE("0101290800") "06 0000000b " CODE("01013d0800") "06 0000000c "

static const struct body_case lists[] = {
	{ "list 1, three phases", "02 19" K_VERSION K_ID K_TYPE(T_684) K_POWERS K_CURRENTS K_VOLTS, "kamstrup",
	  SAYS_K_HEAD("6841121BC243101040") SAYS_K_POWERS SAYS_K_CURRENTS SAYS_K_VOLTS, NULL },
	{ "list 2, three phases", "02 23" K_VERSION K_ID K_TYPE(T_684) K_POWERS K_CURRENTS K_VOLTS K_HOUR, "kamstrup",
	  SAYS_K_HEAD("6841121BC243101040") SAYS_K_POWERS SAYS_K_CURRENTS SAYS_K_VOLTS SAYS_K_HOUR, NULL },
	{ "list 2, one phase, one quadrant", "02 0f" K_VERSION K_ID K_TYPE(T_684) CODE("0101010700") "06 000004d2 "
	  CODE("01011f0700") "06 0000067d " CODE("0101200700") "12 00e5 "
	  CODE("0001010000") "090c 07e8 01 17 02 12 00 05 ff 8000 00 " CODE("0101010800") "06 000b0d78 ", "kamstrup",
	  SAYS_K_HEAD("6841121BC243101040") "power_active_import=1234W phase_current_l1=16.61A phase_voltage_l1=229V "
	  "meter_timestamp=2024-01-23T18:00:05 energy_active_cum_import=7243.44kWh", NULL },
	{ "nulls for what is missing", "02 19" K_VERSION K_ID K_TYPE(T_684) K_POWERS
	  CODE("01011f0700") "06 0000067d " "00 00 00 00 " CODE("0101200700") "12 00e5 " "00 00 00 00 ", "kamstrup",
	  SAYS_K_HEAD("6841121BC243101040") SAYS_K_POWERS "phase_current_l1=16.61A phase_voltage_l1=229V", NULL },
	{ "nulls for their values", "02 19" K_VERSION K_ID K_TYPE(T_684) K_POWERS
	  CODE("01011f0700") "06 0000067d " CODE("0101330700") "00 " CODE("0101470700") "00 "
	  CODE("0101200700") "12 00e5 " CODE("0101340700") "00 " CODE("0101480700") "00 ", "kamstrup",
	  SAYS_K_HEAD("6841121BC243101040") SAYS_K_POWERS "phase_current_l1=16.61A phase_voltage_l1=229V", NULL },
	{ "hundredths of volts", "02 19" K_VERSION K_ID K_TYPE(T_684) K_POWERS K_CURRENTS K_HUNDREDTHS, "kamstrup",
	  SAYS_K_HEAD("6841121BC243101040") SAYS_K_POWERS SAYS_K_CURRENTS "phase_voltage_l1=229.54V phase_voltage_l2=10.01V phase_voltage_l3=10.00V", NULL },
	{ "hundredths of volts, no phase but the last", "02 07" K_VERSION CODE("0101200700") "12 0000 " CODE("0101340700") "12 0096 " CODE("0101480700") "12 59aa ", "kamstrup",
	  "obis_version=Kamstrup_V0001 phase_voltage_l1=0.00V phase_voltage_l2=1.50V phase_voltage_l3=229.54V", NULL },
	{ "current transformers", "02 23" K_VERSION K_ID K_TYPE(T_685) K_POWERS K_CURRENTS K_HUNDREDTHS K_HOUR, "kamstrup-ct",
	  SAYS_K_HEAD("6851121BC243101040") SAYS_K_POWERS SAYS_CURRENTS "phase_voltage_l1=229.54V phase_voltage_l2=10.01V phase_voltage_l3=10.00V" SAYS_K_HOUR, NULL },
	{ "registers in Wh", "02 23" K_VERSION K_ID K_TYPE(T_245_WH) K_POWERS K_CURRENTS K_VOLTS K_HOUR, "kamstrup-wh",
	  SAYS_K_HEAD("6841121BB245101040") SAYS_K_POWERS SAYS_K_CURRENTS SAYS_K_VOLTS
	  " meter_timestamp=2024-01-23T18:00:05 energy_active_cum_import=724.344kWh energy_active_cum_export=0.001kWh "
	  "energy_reactive_cum_import=120.588kvarh energy_reactive_cum_export=4285.508kvarh", NULL },
	{ "power factors of transformers", "02 05" K_VERSION K_TYPE(T_685) CODE("01010d0700") "12 0062 ", "kamstrup-ct",
	  "obis_version=Kamstrup_V0001 meter_type=6851121BC243101040 power_factor=0.98", NULL },
	{ "hundredths of volts, registers in Wh", "02 07" K_VERSION K_TYPE(T_245_WH) CODE("01010d0700") "12 0062 " CODE("0101200700") "12 59aa ", "kamstrup-wh",
	  "obis_version=Kamstrup_V0001 meter_type=6841121BB245101040 power_factor=0.98 phase_voltage_l1=229.54V", NULL },
	{ "without a type", "02 03" K_VERSION CODE("0101010800") "06 000b0d78 ", "kamstrup",
	  "obis_version=Kamstrup_V0001 energy_active_cum_import=7243.44kWh", NULL },
	{ "a type too short to tell", "02 05" K_VERSION CODE("0101600101") "0a0b 3638343131323142423234" CODE("0101010800") "06 000b0d78 ", "kamstrup",
	  "obis_version=Kamstrup_V0001 meter_type=6841121BB24 energy_active_cum_import=7243.44kWh", NULL },
	{ "the version as an octet-string", "02 03" "090e 4b616d73747275705f5630303031 " CODE("0101010700") "06 000004d2 ", "kamstrup",
	  "obis_version=Kamstrup_V0001 power_active_import=1234W", NULL },
	{ "Denmark, 65 elements", "02 41" DK_65, "kamstrup",
	  "obis_version=Kamstrup_V0001 energy_active_cum_import=7243.44kWh energy_active_cum_export=0.01kWh "
	  "energy_reactive_cum_import=1205.88kvarh energy_reactive_cum_export=42855.08kvarh 1-1:0.0.1.255=31839220 " SAYS_K_POWERS
	  "meter_timestamp=2024-01-23T18:00:05 " SAYS_K_VOLTS " " SAYS_K_CURRENTS
	  "power_active_import_l1=1W power_active_import_l2=2W power_active_import_l3=3W "
	  "power_factor_l1=1.00 power_factor_l2=0.99 power_factor_l3=0.00 power_factor=0.98 "
	  "power_active_export_l1=4W power_active_export_l2=5W power_active_export_l3=6W "
	  "energy_active_cum_export_l1=0.07kWh energy_active_cum_export_l2=0.08kWh energy_active_cum_export_l3=0.09kWh "
	  "energy_active_cum_import_l1=0.10kWh energy_active_cum_import_l2=0.11kWh energy_active_cum_import_l3=0.12kWh", "4b414d4500000001" },
	{ "a code without a name", "02 05" K_VERSION CODE("0101050800") "06 00000007 " CODE("0101050801") "06 00000007 ", "kamstrup",
	  "obis_version=Kamstrup_V0001 energy_reactive_cum_q1=0.07kvarh 1-1:5.8.1.255=0.07kvarh", NULL },
};
/* clang-format on */

static void test_kamstrup(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++)
		body_check(&lists[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kamstrup),
	};

	return cmocka_run_group_tests_name("lists-kamstrup", tests, NULL, NULL);
}
