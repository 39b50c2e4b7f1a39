/* The choice of a list: what the message shows, and what the user asks for. */
#include "body.h"

#include "lists.h"

/* clang-format off */
static const struct {
	const char *pattern, *text;
	bool matches;
} patterns[] = {
	{ "KFM_",   "KFM_001",   true },
	{ "KFM_",   "KFM_",      true },
	{ "KFM_",   "KFM",       false },
	{ "KFM_",   "",          false },
	{ "KFM_",   "kfm_001",   false },
	{ "KFM_",   "XKFM_",     false },
	{ "",       "",          true },
	{ "",       "anything",  true },
	{ "???245", "684245",    true },
	{ "???245", "6842450",   true },
	{ "???245", "684244",    false },
	{ "???245", "684",       false },
	{ "???",    "68",        false },
	{ "?",      "\xff",      true },
	{ "A",      "?",         false },
};

static const struct {
	const char *version, *type;
	bool three;
} wires[] = {
	{ "KFM_001",     "MA304H3E",   true },
	{ "KFM_001",     "MA304T3",    true },
	{ "KFM_001",     "MA304T3E",   true },
	{ "KFM_001",     "MA304H4",    false },
	{ "KFM_001",     "MA304T4",    false },
	{ "KFM_001",     "MA304H",     false },
	{ "KFM_001",     "",           false },
	{ "AIDON_V0001", "6525",       true },
	{ "AIDON_V0001", "6534",       false },
	{ "AIDON_V0001", "MA304H3E",   false },
	{ "AIDON_V0001", "",           false },
	{ "EMBRIQ_V1_1", "ZFF120AMT3", true },
	{ "EMBRIQ_V1_1", "ZFF110AMT3", true },
	{ "EMBRIQ_V1_1", "ZMF120ACT",  false },
	{ "EMBRIQ_V1_1", "",           true },
	{ "EMBRIQ_V1_1", "Z",          false },
	{ "Kamstrup_V0001", "6525",    false },
	{ "",            "MA304H3E",   false },
};

#define TAGGED "02 05 0a0e 4b616d73747275705f5630303031 0906 0100010800ff 06 00000001 0906 01001f0700ff 06 00000001"
#define ONLY_ITSELF "02 02 0101 0204 12 0028 0906 0008190900ff 0f02 12 0000 00"
#define PUSH_LIST "02 02 0101 0204 12 0003 0906 01001f0700ff 0f02 12 0000 06 00000001"

/* What the user asks for. */
static const struct {
	const char *name, *list, *hex;
	const char *says; /* values, or why not */
} wanted[] = {
	{ "the list it is",             "kaifa-list1",     LIST_1,     SAYS_LIST_1 },
	{ "the list it is, 13",         "kaifa-list2-3ph", LIST_2_3PH, SAYS_LIST_2_3PH },
	{ "another list of its maker",  "kaifa-list2-1ph", LIST_2_3PH, "[LIST]" },
	{ "another maker's",            "iskra-18",        LIST_3_3PH, "[LIST]" },
	{ "a list with codes",          "kamstrup",        LIST_1,     "[LIST]" },
	{ "telegrams",                  "p1",              LIST_1,     "[LIST]" },
	{ "telegrams, of codes",        "p1",              TAGGED,     "[LIST]" },
	{ "a list without codes, of codes", "kaifa-list1", TAGGED,     "[LIST]" },
	{ "its list",                   "kamstrup",        TAGGED,
	  "obis_version=Kamstrup_V0001 energy_active_cum_import=0.01kWh phase_current_l1=0.01A" },
	{ "its list for transformers",  "kamstrup-ct",     TAGGED,
	  "obis_version=Kamstrup_V0001 energy_active_cum_import=0.01kWh phase_current_l1=0.001A" },
	{ "its list in Wh",             "kamstrup-wh",     TAGGED,
	  "obis_version=Kamstrup_V0001 energy_active_cum_import=0.001kWh phase_current_l1=0.01A" },
	{ "another maker's scales",     "lg-e570",         TAGGED,
	  "obis_version=Kamstrup_V0001 energy_active_cum_import=0.001kWh phase_current_l1=1A" },
	{ "another maker's list",       "aidon",           TAGGED,     "[LIST]" },
	{ "any",                        "self-describing", TAGGED,
	  "obis_version=Kamstrup_V0001 energy_active_cum_import=0.001kWh phase_current_l1=1A" },
	{ "a push list",                "lg-push",         PUSH_LIST,  "phase_current_l1=0.01A" },
	{ "a push list of an E570",     "lg-e570",         PUSH_LIST,  "phase_current_l1=1A" },
	{ "a push list without codes",  "lg-at-14",        PUSH_LIST,  "[LIST]" },
};
/* clang-format on */

static void test_patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(patterns); i++) {
		const char *text = patterns[i].text;

		say_case(patterns[i].pattern);
		assert_int_equal(
			lists_match(patterns[i].pattern, (const uint8_t *)text, strlen(text)),
			patterns[i].matches);
	}
	assert_false(lists_match("a", NULL, 0));
}

static void test_three_wires(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wires); i++) {
		const char *version = wires[i].version, *type = wires[i].type;

		say_case(type);
		assert_int_equal(lists_three_wire((const uint8_t *)version, strlen(version),
		                                  (const uint8_t *)type, strlen(type)),
		                 wires[i].three);
	}
}

static void test_wanted(void **state)
{
	static struct body body;
	static struct note note;

	(void)state;
	for (size_t i = 0; i < COUNT(wanted); i++) {
		const struct han_settings settings = { .list = han_list_find(wanted[i].list) };
		enum han_err err;

		say_case(wanted[i].name);
		assert_non_null(settings.list);
		err = body_read(&body, wanted[i].hex, NULL, &settings);
		if (err == HAN_OK) {
			assert_ptr_equal(body.reading.list, settings.list);
			note_reading(&note, &body.reading);
		} else {
			note_clear(&note);
			note_add(&note, "[%s]", reason_word(err));
		}
		assert_string_equal(note.text, wanted[i].says);
	}
}

static const struct han_list *choose(const char *hex, const struct han_list *list)
{
	uint8_t buf[64];
	static struct shape shape;

	assert_int_equal(shape_read(&shape, buf, unhex(hex, buf, sizeof(buf))), HAN_OK);
	return lists_choose(&shape, NULL, list);
}

/* Nothing is of no list, whatever is asked for. */
static void test_nothing(void **state)
{
	static const char *const bodies[] = { "02 00", "01 00", "02 02 0906 0100010700ff 01 00",
		                              ONLY_ITSELF };

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		assert_null(choose(bodies[i], NULL));
		for (size_t k = 0; k < han_list_count(); k++)
			assert_null(choose(bodies[i], han_list_at(k)));
	}
	assert_string_equal(han_list_name(lists_telegram()), "p1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_three_wires),
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests_name("lists", tests, NULL, NULL);
}
