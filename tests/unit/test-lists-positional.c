/* Lists without codes of Landis+Gyr and Iskraemeco: number, types and texts of the elements tell. */
#include "body.h"

/* clang-format off */
#define L_VALUES \
	"12 00e5 12 00e4 12 00e3 12 067d 12 0837 12 0539 06 000004d2 06 00000001 06 00b0d78a 06 002b8919 "
#define L_ID      "0908 3132333435363738 "
#define SAYS_L \
	"phase_voltage_l1=229V phase_voltage_l2=228V phase_voltage_l3=227V " \
	"phase_current_l1=16.61A phase_current_l2=21.03A phase_current_l3=13.37A " \
	"power_active_import=1234W power_active_export=1W " \
	"energy_active_cum_import=11589.514kWh energy_active_cum_export=2853.145kWh "

#define I_DEVICE  "0910 49534b31303330303030303030303030 " /* ISK1030000000000 */
#define I_ID      "0908 3031323334353637 "
#define I_POWERS  "06 000004d2 06 00000001 06 00000002 06 00000003 "
#define I_PHASES  "12 08f1 12 08f0 12 08e5 12 067d 12 0837 12 0539 "
#define I_SIX     "06 00000004 06 00000005 06 00000006 06 00000007 06 00000008 06 00000009 "
#define I_TARIFF  "0902 0001 "
#define I_REGISTERS "06 00000005 06 00000002 06 00000003 06 0000000b 06 00000005 06 00000006 06 00000007 06 00000008 "
#define I_8       "06 00000001 06 00000002 06 00000003 06 00000004 06 00000005 06 00000006 06 00000007 06 00000008 "
#define SAYS_I    "logical_device_name=ISK1030000000000 meter_id=01234567 "
#define SAYS_I_POWERS \
	"power_active_import=1234W power_active_export=1W power_reactive_import=2var power_reactive_export=3var"
#define SAYS_I_PHASES \
	SAYS_VOLTAGES " phase_current_l1=16.61A phase_current_l2=21.03A phase_current_l3=13.37A"
#define SAYS_I_REGISTERS \
	"energy_active_cum_import=0.005kWh energy_active_cum_import_t1=0.002kWh energy_active_cum_import_t2=0.003kWh " \
	"energy_active_cum_export=0.011kWh energy_active_cum_export_t1=0.005kWh energy_active_cum_export_t2=0.006kWh " \
	"energy_reactive_cum_import=0.007kvarh energy_reactive_cum_export=0.008kvarh"

#define E_HEAD    "0908 3132333435363738 0904 0c2d1e00 0905 07e8011702 "
#define E_28      "06 00000000 12 0001 05 fffffffe 11 03 " I_8 I_8 I_8
#define SAYS_28 \
	"item03=0 item04=1 item05=-2 item06=3 " \
	"item07=1 item08=2 item09=3 item10=4 item11=5 item12=6 item13=7 item14=8 " \
	"item15=1 item16=2 item17=3 item18=4 item19=5 item20=6 item21=7 item22=8 " \
	"item23=1 item24=2 item25=3 item26=4 item27=5 item28=6 item29=7 item30=8 "

static const struct body_case lists[] = {
	{ "Burgenland, 14", "02 0e" L_VALUES "12 0001 12 0002 12 0003" L_ID, "lg-at-14",
	  SAYS_L "item10=1 item11=2 item12=3 meter_id=12345678", NULL },
	{ "Burgenland, 11", "02 0b" L_VALUES L_ID, "lg-at-11", SAYS_L "meter_id=12345678", NULL },

	{ "Ljubljana, 18", "02 12" I_DEVICE I_ID I_POWERS I_PHASES I_SIX, "iskra-18",
	  SAYS_I SAYS_I_POWERS " " SAYS_I_PHASES
	  " power_active_import_l1=4W power_active_import_l2=5W power_active_import_l3=6W "
	  "power_active_export_l1=7W power_active_export_l2=8W power_active_export_l3=9W", NULL },
	{ "Ljubljana, registers, an enum", "02 0c" I_DEVICE I_ID "16 01" I_TARIFF I_REGISTERS, "iskra-registers",
	  SAYS_I "0-0:96.3.10.255=1 tariff_active=0001 " SAYS_I_REGISTERS, NULL },
	{ "Ljubljana, registers, a boolean", "02 0c" I_DEVICE I_ID "03 ff" I_TARIFF I_REGISTERS, "iskra-registers",
	  SAYS_I "0-0:96.3.10.255=255 tariff_active=0001 " SAYS_I_REGISTERS, NULL },
	{ "Ljubljana, registers, a null", "02 0c" I_DEVICE I_ID "00" I_TARIFF I_REGISTERS, "iskra-registers",
	  SAYS_I "tariff_active=0001 " SAYS_I_REGISTERS, NULL },
	{ "Celje, 12", "02 0c" I_DEVICE I_ID I_PHASES I_POWERS, "iskra-celje",
	  SAYS_I SAYS_I_PHASES " " SAYS_I_POWERS, NULL },
	{ "one phase, 9", "02 09" I_DEVICE I_ID I_POWERS "12 08f1 06 00000004 06 00000005", "iskra-1ph-9",
	  SAYS_I SAYS_I_POWERS " phase_voltage_l1=228.9V item07=4 item08=5", NULL },
	{ "one phase, 10", "02 0a" I_DEVICE I_ID I_POWERS "12 08f1 12 067d 06 00000004 06 00000005", "iskra-1ph-10",
	  SAYS_I SAYS_I_POWERS " phase_voltage_l1=228.9V phase_current_l1=16.61A "
	  "power_active_import_l1=4W power_active_export_l1=5W", NULL },
	{ "one phase, registers", "02 0a" I_DEVICE I_ID I_8, "iskra-1ph-registers",
	  SAYS_I "energy_active_cum_import_t1=0.001kWh energy_active_cum_import_t2=0.002kWh "
	  "energy_active_cum_export_t1=0.003kWh energy_active_cum_export_t2=0.004kWh "
	  "1-0:3.8.1.255=0.005kvarh 1-0:3.8.2.255=0.006kvarh 1-0:4.8.1.255=0.007kvarh 1-0:4.8.2.255=0.008kvarh", NULL },

	{ "Croatia, 32", "02 20" E_HEAD E_28 "06 ffffffff", "iskra-ie5-32",
	  "meter_id=12345678 item01=0c2d1e00 item02=07e8011702 " SAYS_28 "item31=4294967295", NULL },
	{ "Croatia, 33", "02 21" E_HEAD E_28 "06 ffffffff 12 ffff", "iskra-ie5-33",
	  "meter_id=12345678 item01=0c2d1e00 item02=07e8011702 " SAYS_28 "item31=4294967295 item32=65535", NULL },
};

/* As many elements, but others. */
static const struct { const char *name, *hex; } others[] = {
	{ "14: a text in front",      "02 0e" L_ID L_VALUES "12 0001 12 0002 12 0003" },
	{ "14: a wide voltage",       "02 0e 06 000000e5 12 00e4 12 00e3 12 067d 12 0837 12 0539 06 000004d2 06 00000001 06 00b0d78a 06 002b8919 12 0001 12 0002 12 0003" L_ID },
	{ "11: a number behind",      "02 0b" L_VALUES "06 00000001" },
	{ "11: a wide register",      "02 0b 12 00e5 12 00e4 12 00e3 12 067d 12 0837 12 0539 06 000004d2 06 00000001 06 00b0d78a 15 00000000002b8919" L_ID },
	{ "11: a null",               "02 0b 00 12 00e4 12 00e3 12 067d 12 0837 12 0539 06 000004d2 06 00000001 06 00b0d78a 06 002b8919" L_ID },
	{ "18: another maker",        "02 12 0910 4c475a31303330303030303030303030" I_ID I_POWERS I_PHASES I_SIX },
	{ "18: a wide voltage",       "02 12" I_DEVICE I_ID I_POWERS I_SIX I_SIX },
	{ "12: an integer as state",  "02 0c" I_DEVICE I_ID "11 01" I_TARIFF I_REGISTERS },
	{ "12: a text as state",      "02 0c" I_DEVICE I_ID I_TARIFF I_TARIFF I_REGISTERS },
	{ "12: another maker",        "02 0c 0904 4b414d30" I_ID "16 01" I_TARIFF I_REGISTERS },
	{ "12: powers before phases", "02 0c" I_DEVICE I_ID I_POWERS I_PHASES },
	{ "10: narrow and wide",      "02 0a" I_DEVICE I_ID I_POWERS "06 00000001 12 067d 06 00000004 06 00000005" },
	{ "9: another maker",         "02 09 0904 4b414d30" I_ID I_POWERS "12 08f1 06 00000004 06 00000005" },
	{ "9: a wide voltage",        "02 09" I_DEVICE I_ID I_POWERS "06 000008f1 06 00000004 06 00000005" },
	{ "32: a number in front",    "02 20 06 00000000 0904 0c2d1e00 0905 07e8011702 " E_28 "06 ffffffff" },
	{ "33: a text behind",        "02 21" E_HEAD E_28 "06 ffffffff 0901 00" },
	{ "33: a boolean",            "02 21" E_HEAD E_28 "06 ffffffff 03 00" },
	{ "33: an enum",              "02 21" E_HEAD E_28 "06 ffffffff 16 00" },
	{ "31",                       "02 1f" E_HEAD E_28 },
	{ "34",                       "02 22" E_HEAD E_28 "06 00000000 06 00000000 06 00000000" },
};
/* clang-format on */

static void test_positional(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++)
		body_check(&lists[i], NULL);
}

static void test_others(void **state)
{
	static struct body body;

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		say_case(others[i].name);
		assert_string_equal(reason_word(body_read(&body, others[i].hex, NULL, NULL)),
		                    "LIST");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_positional),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests_name("lists-positional", tests, NULL, NULL);
}
