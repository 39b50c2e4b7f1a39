/* Lists by their shape: Kaifa's five, exact to the last digit, and what only looks like them. */
#include "kaifa.h"

#include "profile.h"

#define NUMBERS_4 "06 00000001 06 00000002 06 00000003 06 00000004 "
#define NUMBERS_6 NUMBERS_4 "06 00000005 06 00000006 "
#define NUMBERS_9 NUMBERS_6 "06 00000007 06 00000008 06 00000009 "
#define OTHER     "0907 4b414d5f303031 " /* KAM_001 */

/* clang-format off */
static const struct {
	const char *name, *body;
	const char *list, *values;
} lists[] = {
	{ "list 1",                    LIST_1,     "kaifa-list1",     SAYS_LIST_1 },
	{ "list 2, one phase",         LIST_2_1PH, "kaifa-list2-1ph", SAYS_LIST_2_1PH },
	{ "list 2, three phases",      LIST_2_3PH, "kaifa-list2-3ph", SAYS_LIST_2_3PH },
	{ "list 3, one phase",         LIST_3_1PH, "kaifa-list3-1ph", SAYS_LIST_3_1PH },
	{ "list 3, three phases",      LIST_3_3PH, "kaifa-list3-3ph", SAYS_LIST_3_3PH },
	{ "list 1, nothing used",      "02 01 06 00000000", "kaifa-list1", "power_active_import=0W" },
	{ "list 1, most",              "02 01 06 ffffffff", "kaifa-list1", "power_active_import=4294967295W" },
	{ "list 1, two octets",        "02 01 12 ffff",     "kaifa-list1", "power_active_import=65535W" },
	{ "list 1, negative",          "02 01 05 fffffffe", "kaifa-list1", "power_active_import=-2W" },
	{ "list 1, count of two octets", "02 82 0001 06 000004d2", "kaifa-list1", SAYS_LIST_1 },
	{ "largest numbers of 32 bits",
	  "02 0e" VERSION ID H2E "06 ffffffff 06 ffffffff 06 ffffffff 06 ffffffff 06 ffffffff 06 ffffffff"
	  CLOCK "06 ffffffff 06 ffffffff 06 ffffffff 06 ffffffff", "kaifa-list3-1ph",
	  SAYS_HEAD("MA105H2E") "power_active_import=4294967295W power_active_export=4294967295W "
	  "power_reactive_import=4294967295var power_reactive_export=4294967295var "
	  "phase_current_l1=4294967.295A phase_voltage_l1=429496729.5V" SAYS_CLOCK
	  "energy_active_cum_import=4294967.295kWh energy_active_cum_export=4294967.295kWh "
	  "energy_reactive_cum_import=4294967.295kvarh energy_reactive_cum_export=4294967.295kvarh" },
	{ "energies of 64 bits (MA304T4)",
	  "02 12" VERSION ID T4 POWERS CURRENTS VOLTAGES CLOCK
	  "15 0000000000b0d78a 15 00000002540be401 15 0000000000000000 15 ffffffffffffffff", "kaifa-list3-3ph",
	  SAYS_HEAD("MA304T4") SAYS_POWERS SAYS_CURRENTS SAYS_VOLTAGES SAYS_CLOCK
	  "energy_active_cum_import=11589.514kWh energy_active_cum_export=10000000.001kWh "
	  "energy_reactive_cum_import=0.000kvarh energy_reactive_cum_export=18446744073709551.615kvarh" },
	{ "energies of 64 bits, one phase",
	  "02 0e" VERSION ID H2E POWERS CURRENT VOLTAGE CLOCK
	  "15 0000000000b0d78a 15 00000000002b8919 15 000000000001d70c 15 0000000000416444", "kaifa-list3-1ph", SAYS_LIST_3_1PH },
	{ "every element its own number",
	  "02 0d" VERSION ID H4 NUMBERS_6 "06 00000007 06 00000008 06 00000009 06 0000000a", "kaifa-list2-3ph",
	  SAYS_HEAD("MA304H4") "power_active_import=1W power_active_export=2W power_reactive_import=3var "
	  "power_reactive_export=4var phase_current_l1=0.005A phase_current_l2=0.006A phase_current_l3=0.007A "
	  "phase_voltage_l1=0.8V phase_voltage_l2=0.9V phase_voltage_l3=1.0V" },
	{ "decimals stay where the value is round",
	  "02 09" VERSION ID H2E POWERS "06 000003e8 06 00000910", "kaifa-list2-1ph",
	  SAYS_HEAD("MA105H2E") SAYS_POWERS "phase_current_l1=1.000A phase_voltage_l1=232.0V" },
	{ "texts as visible-strings",
	  "02 09 0a07 4b464d5f303031 0a10 36393730363331343030303030303030 0a08 4d41313035483245" POWERS CURRENT VOLTAGE,
	  "kaifa-list2-1ph", SAYS_LIST_2_1PH },
	{ "another edition of the list",
	  "02 09 0907 4b464d5f303032" ID H2E POWERS CURRENT VOLTAGE, "kaifa-list2-1ph",
	  "obis_version=KFM_002 meter_id=6970631400000000 meter_type=MA105H2E " SAYS_POWERS SAYS_PHASE },
	{ "texts that are none",
	  "02 09" VERSION "0903 410a42 0900" POWERS CURRENT VOLTAGE, "kaifa-list2-1ph",
	  "obis_version=KFM_001 meter_id=410a42 meter_type= " SAYS_POWERS SAYS_PHASE },
	{ "a clock that is not set",
	  "02 0e" VERSION ID H2E POWERS CURRENT VOLTAGE "090c ffff ff ff ff ff ff ff ff 8000 ff" ENERGIES, "kaifa-list3-1ph",
	  SAYS_LIST_2_1PH " meter_timestamp=65535-255-255T255:255:255 " SAYS_ENERGIES },
};

/* The second voltage of a meter for three wires, and the second current. */
static const struct {
	const char *name, *type, *phases;
	const char *says_type, *says;
} zeros[] = {
	{ "three wires, both zero", H3E, "06 0000067d 06 00000000 06 00000539 06 000008f1 06 00000000 06 000008e5", "MA304H3E",
	  "phase_current_l1=1.661A phase_current_l2=0.000A(structural) phase_current_l3=1.337A "
	  "phase_voltage_l1=228.9V phase_voltage_l2=0.0V(structural) phase_voltage_l3=227.7V" },
	{ "three wires, a residual current", H3E, "06 0000067d 06 0000002a 06 00000539 06 000008f1 06 00000000 06 000008e5", "MA304H3E",
	  "phase_current_l1=1.661A phase_current_l2=0.042A phase_current_l3=1.337A "
	  "phase_voltage_l1=228.9V phase_voltage_l2=0.0V(structural) phase_voltage_l3=227.7V" },
	{ "three wires, all voltages", H3E, "06 0000067d 06 00000000 06 00000539 06 000008f1 06 000008f0 06 000008e5", "MA304H3E",
	  "phase_current_l1=1.661A phase_current_l2=0.000A phase_current_l3=1.337A "
	  "phase_voltage_l1=228.9V phase_voltage_l2=228.8V phase_voltage_l3=227.7V" },
	{ "three wires, no mains", H3E, "06 00000000 06 00000000 06 00000000 06 00000000 06 00000000 06 00000000", "MA304H3E",
	  "phase_current_l1=0.000A phase_current_l2=0.000A(structural) phase_current_l3=0.000A "
	  "phase_voltage_l1=0.0V phase_voltage_l2=0.0V(structural) phase_voltage_l3=0.0V" },
	{ "three wires, transformers", T3, "06 0000067d 06 00000000 06 00000539 06 000008f1 06 00000000 06 000008e5", "MA304T3E",
	  "phase_current_l1=1.661A phase_current_l2=0.000A(structural) phase_current_l3=1.337A "
	  "phase_voltage_l1=228.9V phase_voltage_l2=0.0V(structural) phase_voltage_l3=227.7V" },
	{ "four wires", H4, "06 0000067d 06 00000000 06 00000539 06 000008f1 06 00000000 06 000008e5", "MA304H4",
	  "phase_current_l1=1.661A phase_current_l2=0.000A phase_current_l3=1.337A "
	  "phase_voltage_l1=228.9V phase_voltage_l2=0.0V phase_voltage_l3=227.7V" },
	{ "four wires, transformers", T4, "06 00000000 06 00000000 06 00000000 06 00000000 06 00000000 06 00000000", "MA304T4",
	  "phase_current_l1=0.000A phase_current_l2=0.000A phase_current_l3=0.000A "
	  "phase_voltage_l1=0.0V phase_voltage_l2=0.0V phase_voltage_l3=0.0V" },
	{ "no type at all", "0900", "06 0000067d 06 00000000 06 00000539 06 000008f1 06 00000000 06 000008e5", "",
	  "phase_current_l1=1.661A phase_current_l2=0.000A phase_current_l3=1.337A "
	  "phase_voltage_l1=228.9V phase_voltage_l2=0.0V phase_voltage_l3=227.7V" },
	{ "a type cut short", "0906 4d4133303448", "06 0000067d 06 00000000 06 00000539 06 000008f1 06 00000000 06 000008e5", "MA304H",
	  "phase_current_l1=1.661A phase_current_l2=0.000A phase_current_l3=1.337A "
	  "phase_voltage_l1=228.9V phase_voltage_l2=0.0V phase_voltage_l3=227.7V" },
};

static const struct {
	const char *name, *body;
	enum han_err err;
} refused[] = {
	{ "no structure",              "06 000004d2",                     HAN_ERR_LIST },
	{ "an array",                  "01 01 06 000004d2",               HAN_ERR_LIST },
	{ "an empty structure",        "02 00",                           HAN_ERR_LIST },
	{ "one text",                  "02 01 0904 4b464d5f",             HAN_ERR_LIST },
	{ "one null",                  "02 01 00",                        HAN_ERR_LIST },
	{ "one bit-string",            "02 01 04 08 ff",                  HAN_ERR_LIST },
	{ "two numbers",               "02 02 06 000004d2 06 00000000",   HAN_ERR_LIST },
	{ "a number, one deeper",      "02 01 02 01 06 000004d2",         HAN_ERR_LIST },
	{ "a number and a structure",  "02 02 06 000004d2 02 00",         HAN_ERR_LIST },
	{ "an empty array behind",     "02 0a" VERSION ID H2E POWERS CURRENT VOLTAGE "0100", HAN_ERR_LIST },
	{ "list 2 with one element more", "02 0a" VERSION ID H2E POWERS CURRENT VOLTAGE "06 00000000", HAN_ERR_LIST },
	{ "list 2 with one element less", "02 08" VERSION ID H2E POWERS CURRENT, HAN_ERR_LIST },
	{ "list 2 in an array",        "01 09" VERSION ID H2E POWERS CURRENT VOLTAGE, HAN_ERR_LIST },
	{ "list 2 inside a structure", "02 01 02 09" VERSION ID H2E POWERS CURRENT VOLTAGE, HAN_ERR_LIST },
	{ "9 elements, another maker", "02 09" OTHER ID H2E POWERS CURRENT VOLTAGE, HAN_ERR_LIST },
	{ "13, another maker",         "02 0d" OTHER ID H4 POWERS CURRENTS VOLTAGES, HAN_ERR_LIST },
	{ "14, another maker",         "02 0e" OTHER ID H2E POWERS CURRENT VOLTAGE CLOCK ENERGIES, HAN_ERR_LIST },
	{ "18, another maker",         "02 12" OTHER ID H4 POWERS CURRENTS VOLTAGES CLOCK ENERGIES, HAN_ERR_LIST },
	{ "9 numbers",                 "02 09" NUMBERS_9, HAN_ERR_LIST },
	{ "13 numbers",                "02 0d" NUMBERS_9 NUMBERS_4, HAN_ERR_LIST },
	{ "14 numbers",                "02 0e" NUMBERS_9 NUMBERS_4 "06 00000001", HAN_ERR_LIST },
	{ "18 numbers",                "02 12" NUMBERS_9 NUMBERS_9, HAN_ERR_LIST },
	{ "14: two texts, 12 numbers", "02 0e" "0908 4953 4b3130353737" ID NUMBERS_9 "06 00000001 06 00000002 06 00000003", HAN_ERR_LIST },
	{ "18: two texts, 16 numbers", "02 12" "0908 4953 4b3130353737" ID NUMBERS_9 NUMBERS_6 "06 00000001", HAN_ERR_LIST },
	{ "version one letter short",  "02 09 0903 4b464d" ID H2E POWERS CURRENT VOLTAGE, HAN_ERR_LIST },
	{ "version, no letters",       "02 09 0900" ID H2E POWERS CURRENT VOLTAGE, HAN_ERR_LIST },
	{ "version, small letters",    "02 09 0907 6b666d5f303031" ID H2E POWERS CURRENT VOLTAGE, HAN_ERR_LIST },
	{ "version a number",          "02 09 06 4b464d5f" ID H2E POWERS CURRENT VOLTAGE, HAN_ERR_LIST },
	{ "version a bit-string",      "02 09 0438 4b464d5f303031" ID H2E POWERS CURRENT VOLTAGE, HAN_ERR_LIST },
	{ "id a number",               "02 09" VERSION "06 00000001" H2E POWERS CURRENT VOLTAGE, HAN_ERR_LIST },
	{ "type a null",               "02 09" VERSION ID "00" POWERS CURRENT VOLTAGE, HAN_ERR_LIST },
	{ "first power a text",        "02 09" VERSION ID H2E "0904 000004d2 06 00000000 06 00000000 06 00000038" CURRENT VOLTAGE, HAN_ERR_LIST },
	{ "last voltage a text",       "02 09" VERSION ID H2E POWERS CURRENT "0904 000008fd", HAN_ERR_LIST },
	{ "last voltage a null",       "02 09" VERSION ID H2E POWERS CURRENT "00", HAN_ERR_LIST },
	{ "clock a number",            "02 0e" VERSION ID H2E POWERS CURRENT VOLTAGE "06 00000000" ENERGIES, HAN_ERR_LIST },
	{ "clock of 11 octets",        "02 0e" VERSION ID H2E POWERS CURRENT VOLTAGE "090b 07e8 01 17 02 12 00 0a ff 8000" ENERGIES, HAN_ERR_LIST },
	{ "clock of 13 octets",        "02 0e" VERSION ID H2E POWERS CURRENT VOLTAGE "090d 07e8 01 17 02 12 00 0a ff 8000 00 00" ENERGIES, HAN_ERR_LIST },
	{ "clock a visible-string",    "02 0e" VERSION ID H2E POWERS CURRENT VOLTAGE "0a0c 323032342d30312d32332031" ENERGIES, HAN_ERR_LIST },
	{ "clock at the other place",  "02 0e" VERSION ID H2E POWERS CURRENT CLOCK VOLTAGE ENERGIES, HAN_ERR_LIST },
	{ "32 elements",               "02 20" NUMBERS_9 NUMBERS_9 NUMBERS_9 NUMBERS_4 "06 00000001", HAN_ERR_LIST },
	{ "33 elements",               "02 21" NUMBERS_9 NUMBERS_9 NUMBERS_9 NUMBERS_6, HAN_ERR_LIST },
	{ "33 elements, a list behind 24", "02 21" NUMBERS_9 NUMBERS_9 NUMBERS_6 VERSION ID H2E POWERS CURRENT VOLTAGE, HAN_ERR_LIST },
	{ "nothing",                   "",                                HAN_ERR_TRUNCATED },
	{ "an element missing",        "02 09" VERSION ID H2E POWERS CURRENT, HAN_ERR_TRUNCATED },
	{ "an octet behind",           LIST_1 "00",                       HAN_ERR_TRAILING },
	{ "an octet behind list 3",    LIST_3_3PH "00",                   HAN_ERR_TRAILING },
	{ "a second list behind",      LIST_1 LIST_1,                     HAN_ERR_TRAILING },
	{ "unknown type inside",       "02 09" VERSION ID H2E POWERS CURRENT "07 000008fd", HAN_ERR_TYPE },
	{ "length malformed",          "02 09 0980 4b464d5f303031" ID H2E POWERS CURRENT VOLTAGE, HAN_ERR_COUNT },
	{ "too deep",                  "0201 0201 0201 0201 0201 0201 0201 0201 0201 00", HAN_ERR_LIMIT },
};

/* What a meter sends in all; the others do not tell. */
static const struct {
	const char *list, *maker;
	const char *sends; /* the first, the second … */
} known[] = {
	{ "kaifa-list1",     "Kaifa", "" },
	{ "kaifa-list2-1ph", "Kaifa", SAYS_LIST_3_1PH },
	{ "kaifa-list2-3ph", "Kaifa", SAYS_LIST_3_3PH },
	{ "kaifa-list3-1ph", "Kaifa", SAYS_LIST_3_1PH },
	{ "kaifa-list3-3ph", "Kaifa", SAYS_LIST_3_3PH },
	{ "aidon",           "Aidon", "" },
	{ "kamstrup",        "Kamstrup", "" },
	{ "p1",              "",      "" },
};
/* clang-format on */

/* A reading that has seen much before. */
static struct han_reading *old_reading(void)
{
	static struct han_reading reading;

	memset(&reading, 0xA5, sizeof(reading));
	return &reading;
}

static enum han_err read_body(struct han_reading *reading, const uint8_t *buf, size_t len)
{
	reading->body = buf;
	reading->body_len = len;
	static const struct han_settings settings;

	reading->has_encryption = false;
	return profile_read(reading, &settings);
}

static void check_list(const char *hex, const char *list, const char *values)
{
	struct han_reading *reading = old_reading();
	struct note note;
	uint8_t buf[512];
	size_t len = unhex(hex, buf, sizeof(buf));

	assert_int_equal(read_body(reading, buf, len), HAN_OK);
	assert_string_equal(han_list_name(reading->list), list);
	note_reading(&note, reading);
	assert_string_equal(note.text, values);
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(read_body(old_reading(), buf, cut), HAN_ERR_TRUNCATED);
}

static void test_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lists); i++) {
		say_case(lists[i].name);
		check_list(lists[i].body, lists[i].list, lists[i].values);
	}
}

static void test_structural_zeros(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(zeros); i++) {
		char body[512], values[512], hour[1024];

		say_case(zeros[i].name);
		snprintf(body, sizeof(body), "02 0d" VERSION ID "%s" POWERS "%s", zeros[i].type,
		         zeros[i].phases);
		snprintf(values, sizeof(values),
		         "obis_version=KFM_001 meter_id=6970631400000000 meter_type=%s " SAYS_POWERS
		         "%s",
		         zeros[i].says_type, zeros[i].says);
		check_list(body, "kaifa-list2-3ph", values);

		snprintf(body, sizeof(body), "02 12" VERSION ID "%s" POWERS "%s" CLOCK ENERGIES,
		         zeros[i].type, zeros[i].phases);
		snprintf(hour, sizeof(hour), "%s" SAYS_CLOCK SAYS_ENERGIES, values);
		check_list(body, "kaifa-list3-3ph", hour);
	}
}

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		uint8_t buf[512];
		size_t len = unhex(refused[i].body, buf, sizeof(buf));

		say_case(refused[i].name);
		assert_int_equal(read_body(old_reading(), buf, len), refused[i].err);
	}
}

/* A zero that was structural in the message before is none in this one. */
static void test_reading_used_again(void **state)
{
	static const char *const bodies[] = { LIST_3_3PH, LIST_1, LIST_2_1PH, LIST_3_1PH,
		                              LIST_2_3PH };
	static const char *const says[] = { SAYS_LIST_3_3PH, SAYS_LIST_1, SAYS_LIST_2_1PH,
		                            SAYS_LIST_3_1PH, SAYS_LIST_2_3PH };
	struct han_reading *reading = old_reading();

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct note note;
		uint8_t buf[512];
		size_t len = unhex(bodies[i], buf, sizeof(buf));

		assert_int_equal(read_body(reading, buf, len), HAN_OK);
		note_reading(&note, reading);
		assert_string_equal(note.text, says[i]);
		for (size_t k = 0; k < HAN_VALUES_MAX; k++)
			reading->values[k].structural = true;
	}
}

/* A text stays where it was in the message. */
static void test_texts_are_the_message(void **state)
{
	struct han_reading *reading = old_reading();
	uint8_t buf[512];
	size_t len = unhex(LIST_2_1PH, buf, sizeof(buf));

	(void)state;
	assert_int_equal(read_body(reading, buf, len), HAN_OK);
	assert_ptr_equal(reading->values[0].octets, buf + 4);
	assert_int_equal(reading->values[0].len, 7);
	assert_ptr_equal(reading->values[1].octets, buf + 13);
	assert_int_equal(reading->values[1].len, 16);
}

/* The names in front of the values are those that the list sends. */
static void check_sends(const struct han_list *list, const char *values)
{
	size_t count = 0;

	for (const char *word = values; *word;
	     word += strcspn(word, " "), word += strspn(word, " ")) {
		const struct han_measurement *m = han_list_sends(list, count++);

		assert_non_null(m);
		assert_int_equal(strcspn(word, "="), strlen(m->name));
		assert_memory_equal(word, m->name, strlen(m->name));
	}
	assert_null(han_list_sends(list, count));
	assert_null(han_list_sends(list, SIZE_MAX));
}

static void test_known_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		const struct han_list *list = han_list_find(known[i].list);

		say_case(known[i].list);
		assert_non_null(list);
		assert_string_equal(han_list_name(list), known[i].list);
		assert_string_equal(han_list_maker(list), known[i].maker);
		check_sends(list, known[i].sends);
	}
	for (size_t i = 0; i < han_list_count(); i++) {
		assert_true(strlen(han_list_about(han_list_at(i))) > 0);
		assert_ptr_equal(han_list_find(han_list_name(han_list_at(i))), han_list_at(i));
	}
	assert_null(han_list_at(han_list_count()));
	assert_null(han_list_at(SIZE_MAX));
	assert_null(han_list_find("kaifa"));
	assert_null(han_list_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_structural_zeros),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_reading_used_again),
		cmocka_unit_test(test_texts_are_the_message),
		cmocka_unit_test(test_known_lists),
	};

	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
