/* Lists with codes of the Nordic countries: Kaifa's tagged one, Aidon, Landis+Gyr with Embriq. */
#include "body.h"

/* clang-format off */

/* Kaifa MA304H4PSE: codes and values in one structure, without scalers (KFM_001, Sweden). */
#define T_HEAD \
	CODE("0100000281") "0907 4b464d5f303031 " \
	CODE("0000600100") "0910 36393730363331343030303030303030 " \
	CODE("0000600107") "0908 4d413330344834" "44 "
#define T_POWERS \
	CODE("0100010700") "06 000004d2 " CODE("0100020700") "06 00000000 " \
	CODE("0100030700") "06 00000000 " CODE("0100040700") "06 00000038 "
#define T_PHASES \
	CODE("01001f0700") "06 0000067d " CODE("0100330700") "06 00000837 " CODE("0100470700") "06 00000539 " \
	CODE("0100200700") "06 000008f1 " CODE("0100340700") "06 000008f0 " CODE("0100480700") "06 000008e5 "
#define T_HOUR \
	CODE("0000010000") "090c 07e8 01 17 02 12 00 0a ff ffc4 00 " \
	CODE("0100010800") "06 00b0d78a " CODE("0100020800") "06 002b8919 " \
	CODE("0100030800") "06 0001d70c " CODE("0100040800") "06 00416444 "

#define SAYS_T_HEAD "obis_version=KFM_001 meter_id=6970631400000000 meter_type=MA304H4D "

static const struct body_case kaifa[] = {
	{ "26 elements", "02 1a" T_HEAD T_POWERS T_PHASES, "kaifa-tagged",
	  SAYS_T_HEAD SAYS_POWERS SAYS_CURRENTS SAYS_VOLTAGES, NULL },
	{ "36 elements", "02 24" T_HEAD T_POWERS T_PHASES T_HOUR, "kaifa-tagged",
	  SAYS_T_HEAD SAYS_POWERS SAYS_CURRENTS SAYS_VOLTAGES " meter_timestamp=2024-01-23T18:00:10+01:00 " SAYS_ENERGIES, NULL },
	{ "voltages of more than 1000", "02 04" CODE("0100000281") "0907 4b464d5f303031 " CODE("0100200700") "06 000003e9 ", "kaifa-tagged",
	  "obis_version=KFM_001 phase_voltage_l1=100.1V", NULL },
	{ "power factor", "02 04" CODE("0100000281") "0907 4b464d5f303031 " CODE("01000d0700") "12 03df ", "kaifa-tagged",
	  "obis_version=KFM_001 power_factor=0.991", NULL },
	{ "64 bits", "02 04" CODE("0100000281") "0907 4b464d5f303031 " CODE("0100010800") "15 ffffffffffffffff ", "kaifa-tagged",
	  "obis_version=KFM_001 energy_active_cum_import=18446744073709551.615kWh", NULL },
	{ "three wires", "02 0c" CODE("0100000281") "0907 4b464d5f303031 " CODE("0000600107") "0908 4d413330345433" "45 "
	  CODE("0100330700") "06 00000000 " CODE("0100470700") "06 00000000 " CODE("0100340700") "06 00000000 " CODE("0100480700") "06 00000000 ",
	  "kaifa-tagged", "obis_version=KFM_001 meter_type=MA304T3E phase_current_l2=0.000A(structural) phase_current_l3=0.000A "
	  "phase_voltage_l2=0.0V(structural) phase_voltage_l3=0.0V", NULL },
};

/* Aidon: an array of structures, with scalers and units. */
#define A_HEAD(type) \
	"0202" CODE("0101000281") "0a0b 4149444f4e5f5630303031 " \
	"0202" CODE("0000600100") "0a10 37333539393930303030303030303030 " \
	"0202" CODE("0000600107") "0a04" type
#define A_6515 "36353135 "
#define A_6525 "36353235 "
#define A_6534 "36353334 "
#define A_POWERS \
	"0203" CODE("0100010700") "06 000004d2" SCALE("00", "1b") "0203" CODE("0100020700") "06 00000000" SCALE("00", "1b") \
	"0203" CODE("0100030700") "06 00000000" SCALE("00", "1d") "0203" CODE("0100040700") "06 00000038" SCALE("00", "1d")
#define A_I1 "0203" CODE("01001f0700") "10 005d" SCALE("ff", "21")
#define A_I2 "0203" CODE("0100330700") "10 fffe" SCALE("ff", "21")
#define A_I3 "0203" CODE("0100470700") "10 001e" SCALE("ff", "21")
#define A_U1 "0203" CODE("0100200700") "12 09c4" SCALE("ff", "23")
#define A_U2 "0203" CODE("0100340700") "12 09c3" SCALE("ff", "23")
#define A_U3 "0203" CODE("0100480700") "12 09c2" SCALE("ff", "23")
#define A_U2_ZERO "0203" CODE("0100340700") "12 0000" SCALE("ff", "23")
#define A_HOUR \
	"0202" CODE("0000010000") "090c 07e8 01 17 02 07 00 00 ff 8000 00 " \
	"0203" CODE("0100010800") "06 00b0d78a" SCALE("01", "1e") "0203" CODE("0100020800") "06 00000000" SCALE("01", "1e") \
	"0203" CODE("0100030800") "06 0001d70c" SCALE("01", "20") "0203" CODE("0100040800") "06 00416444" SCALE("01", "20")

#define SAYS_A_HEAD(type) "obis_version=AIDON_V0001 meter_id=7359990000000000 meter_type=" type " "
#define SAYS_A_POWERS \
	"power_active_import=1234W power_active_export=0W power_reactive_import=0var power_reactive_export=56var "
#define SAYS_A_HOUR \
	" meter_timestamp=2024-01-23T07:00:00 energy_active_cum_import=115895.14kWh energy_active_cum_export=0.00kWh " \
	"energy_reactive_cum_import=1205.88kvarh energy_reactive_cum_export=42855.08kvarh"

static const struct body_case aidon[] = {
	{ "list 1", "01 01 0203" CODE("0100010700") "06 000004d2" SCALE("00", "1b"), "self-describing", "power_active_import=1234W", NULL },
	{ "list 2, one phase", "01 09" A_HEAD(A_6515) A_POWERS A_I1 A_U1, "aidon",
	  SAYS_A_HEAD("6515") SAYS_A_POWERS "phase_current_l1=9.3A phase_voltage_l1=250.0V", NULL },
	{ "list 2, three wires", "01 0c" A_HEAD(A_6525) A_POWERS A_I1 A_I3 A_U1 A_U2_ZERO A_U3, "aidon",
	  SAYS_A_HEAD("6525") SAYS_A_POWERS "phase_current_l1=9.3A phase_current_l3=3.0A "
	  "phase_voltage_l1=250.0V phase_voltage_l2=0.0V(structural) phase_voltage_l3=249.8V", NULL },
	{ "three wires, all voltages", "01 0c" A_HEAD(A_6525) A_POWERS A_I1 A_I3 A_U1 A_U2 A_U3, "aidon",
	  SAYS_A_HEAD("6525") SAYS_A_POWERS "phase_current_l1=9.3A phase_current_l3=3.0A "
	  "phase_voltage_l1=250.0V phase_voltage_l2=249.9V phase_voltage_l3=249.8V", NULL },
	{ "list 2, four wires", "01 0d" A_HEAD(A_6534) A_POWERS A_I1 A_I2 A_I3 A_U1 A_U2_ZERO A_U3, "aidon",
	  SAYS_A_HEAD("6534") SAYS_A_POWERS "phase_current_l1=9.3A phase_current_l2=-0.2A phase_current_l3=3.0A "
	  "phase_voltage_l1=250.0V phase_voltage_l2=0.0V phase_voltage_l3=249.8V", NULL },
	{ "list 3, one phase", "01 0e" A_HEAD(A_6515) A_POWERS A_I1 A_U1 A_HOUR, "aidon",
	  SAYS_A_HEAD("6515") SAYS_A_POWERS "phase_current_l1=9.3A phase_voltage_l1=250.0V" SAYS_A_HOUR, NULL },
	{ "list 3, three wires", "01 11" A_HEAD(A_6525) A_POWERS A_I1 A_I3 A_U1 A_U2_ZERO A_U3 A_HOUR, "aidon",
	  SAYS_A_HEAD("6525") SAYS_A_POWERS "phase_current_l1=9.3A phase_current_l3=3.0A "
	  "phase_voltage_l1=250.0V phase_voltage_l2=0.0V(structural) phase_voltage_l3=249.8V" SAYS_A_HOUR, NULL },
	{ "list 3, four wires", "01 12" A_HEAD(A_6534) A_POWERS A_I1 A_I2 A_I3 A_U1 A_U2 A_U3 A_HOUR, "aidon",
	  SAYS_A_HEAD("6534") SAYS_A_POWERS "phase_current_l1=9.3A phase_current_l2=-0.2A phase_current_l3=3.0A "
	  "phase_voltage_l1=250.0V phase_voltage_l2=249.9V phase_voltage_l3=249.8V" SAYS_A_HOUR, NULL },
};

/* Aidon for Sweden (AIDON_H0001): no version, id and type; powers of each phase; registers in Wh. */
#define SE_PHASE(c1, c2, c3, c4) \
	"0203" CODE("0100" c1 "0700") "06 00000001" SCALE("00", "1b") "0203" CODE("0100" c2 "0700") "06 00000002" SCALE("00", "1b") \
	"0203" CODE("0100" c3 "0700") "06 00000003" SCALE("00", "1d") "0203" CODE("0100" c4 "0700") "06 00000004" SCALE("00", "1d")
#define SAYS_SE_PHASE(l) \
	" power_active_import_" l "=1W power_active_export_" l "=2W power_reactive_import_" l "=3var power_reactive_export_" l "=4var"

static const struct body_case aidon_se[] = {
	{ "27 values", "01 1b" "0202" CODE("0000010000") "090c 07e8 01 17 02 07 3b 28 ff 8000 ff " A_POWERS A_I1 A_I2 A_I3 A_U1 A_U2 A_U3
	  SE_PHASE("15", "16", "17", "18") SE_PHASE("29", "2a", "2b", "2c") SE_PHASE("3d", "3e", "3f", "40")
	  "0203" CODE("0100010800") "06 00b0d78a" SCALE("00", "1e") "0203" CODE("0100020800") "06 00000008" SCALE("00", "1e")
	  "0203" CODE("0100030800") "06 0001d70c" SCALE("00", "20") "0203" CODE("0100040800") "06 00000005" SCALE("00", "20"), "self-describing",
	  "meter_timestamp=2024-01-23T07:59:40 " SAYS_A_POWERS "phase_current_l1=9.3A phase_current_l2=-0.2A phase_current_l3=3.0A "
	  "phase_voltage_l1=250.0V phase_voltage_l2=249.9V phase_voltage_l3=249.8V"
	  SAYS_SE_PHASE("l1") SAYS_SE_PHASE("l2") SAYS_SE_PHASE("l3")
	  " energy_active_cum_import=11589.514kWh energy_active_cum_export=0.008kWh "
	  "energy_reactive_cum_import=120.588kvarh energy_reactive_cum_export=0.005kvarh", NULL },
};

/* Landis+Gyr E350 with the Embriq module: as Aidon's, strings filled up with NULs. */
#define E_HEAD(type) \
	"0202" CODE("0101000281") "0a10 454d425249515f56315f31 0000000000 " \
	"0202" CODE("0000600100") "0a10 36393730363331343030303030303030 " \
	"0202" CODE("0000600107") type
#define E_ZFF  "0a10 5a4646313230414d543300000000" "0000 "
#define E_ZMF  "0a10 5a4d463132304143540000000000" "0000 "
#define E_NONE "0a10 00000000000000000000000000000000 "
#define SAYS_E_HEAD(type) "obis_version=EMBRIQ_V1_1 meter_id=6970631400000000 meter_type=" type " "

static const struct body_case embriq[] = {
	{ "three wires", "01 07" E_HEAD(E_ZFF) "0203" CODE("0100330700") "06 00000000" SCALE("fd", "21") A_U1 A_U2_ZERO A_U3, "embriq",
	  SAYS_E_HEAD("ZFF120AMT3") "phase_current_l2=0.000A(structural) phase_voltage_l1=250.0V phase_voltage_l2=0.0V(structural) phase_voltage_l3=249.8V", NULL },
	{ "without its type", "01 07" E_HEAD(E_NONE) "0203" CODE("0100330700") "06 00000001" SCALE("fd", "21") A_U1 A_U2_ZERO A_U3, "embriq",
	  SAYS_E_HEAD("") "phase_current_l2=0.001A phase_voltage_l1=250.0V phase_voltage_l2=0.0V(structural) phase_voltage_l3=249.8V", NULL },
	{ "four wires", "01 07" E_HEAD(E_ZMF) "0203" CODE("0100330700") "06 00000000" SCALE("fd", "21") A_U1 A_U2_ZERO A_U3, "embriq",
	  SAYS_E_HEAD("ZMF120ACT") "phase_current_l2=0.000A phase_voltage_l1=250.0V phase_voltage_l2=0.0V phase_voltage_l3=249.8V", NULL },
	{ "an octet-string keeps its NULs", "01 01 0202" CODE("0101000281") "0910 454d425249515f56315f31 0000000000 ", "embriq",
	  "obis_version=454d425249515f56315f310000000000", NULL },
	{ "a NUL inside stays", "01 02 0202" CODE("0101000281") "0a08 454d425249515f56 0202" CODE("0000600100") "0a04 31003200", "embriq",
	  "obis_version=EMBRIQ_V meter_id=310032", NULL },
};
/* clang-format on */

static void check_all(const struct body_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		body_check(&cases[i], NULL);
}

static void test_kaifa(void **state)
{
	(void)state;
	check_all(kaifa, COUNT(kaifa));
}

static void test_aidon(void **state)
{
	(void)state;
	check_all(aidon, COUNT(aidon));
	check_all(aidon_se, COUNT(aidon_se));
}

static void test_embriq(void **state)
{
	(void)state;
	check_all(embriq, COUNT(embriq));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kaifa),
		cmocka_unit_test(test_aidon),
		cmocka_unit_test(test_embriq),
	};

	return cmocka_run_group_tests_name("lists-norway", tests, NULL, NULL);
}
