/* What a meter has to tell, as lists and earlier runs show it. */
#include "note.h"
#include "speaker.h"

#include "quantity.h"
#include "repertoire.h"

static struct repertoire r;
static struct speaker speaker;
static struct han_reading made;

static int begin(void **state)
{
	(void)state;
	speaker_init(&speaker);
	made = (struct han_reading){ .framing = HAN_FRAMING_HDLC,
		                     .list = han_list_find("self-describing") };
	return repertoire_init(&r, NULL);
}

static int end(void **state)
{
	(void)state;
	repertoire_fini(&r);
	repertoire_fini(&r); /* once more is harmless */
	return 0;
}

static bool there(const char *name)
{
	for (size_t i = 0; i < quantity_count(); i++) {
		if (strcmp(quantity_at(i)->name, name) == 0)
			return r.set[i];
	}
	fail_msg("%s is no quantity", name);
	return false;
}

static bool learn_list(enum kaifa_list list)
{
	return repertoire_learn(&r, speaker_reading(&speaker, list));
}

static struct han_value *add(uint8_t c, uint8_t d, uint8_t e)
{
	const struct han_obis obis = { 1, 0, c, d, e, 255 };
	struct han_value *v = &made.values[made.count];

	*v = (struct han_value){ .measurement = han_measurement_find(obis),
		                 .has_obis = true,
		                 .obis = obis,
		                 .item = (uint8_t)made.count++,
		                 .number = { 1, 0, false } };
	assert_non_null(v->measurement);
	return v;
}

/* A list that tells all: the set is whole, and what was known before and is not told of is not sent any more. */
static void test_told(void **state)
{
	(void)state;
	repertoire_keep(&r, "frequency");
	repertoire_keep(&r, "phase_current_l1");
	repertoire_keep(&r, "nonsense");
	assert_false(repertoire_is_known(&r));
	assert_true(learn_list(KAIFA_LIST_1)); /* with what was known, it is enough */
	assert_true(there("frequency"));
	assert_true(learn_list(KAIFA_LIST_2));
	assert_false(there("frequency"));
	assert_true(there("phase_current_l1"));
	assert_true(there("energy_active_cum_import"));
	assert_false(learn_list(KAIFA_LIST_2));
	assert_false(learn_list(KAIFA_LIST_3));
	repertoire_clear(&r);
	assert_false(repertoire_is_known(&r));
	assert_false(learn_list(KAIFA_LIST_1));
}

/* What is known of an earlier run only after a list came is measured by that list when it comes again. */
static void test_told_again(void **state)
{
	(void)state;
	assert_true(learn_list(KAIFA_LIST_2));
	assert_false(learn_list(KAIFA_LIST_2));
	repertoire_keep(&r, "frequency");
	learn_list(KAIFA_LIST_2);
	assert_false(there("frequency"));
	repertoire_clear(&r); /* another meter of the same kind */
	assert_true(learn_list(KAIFA_LIST_2));
	assert_true(there("phase_current_l1"));
	assert_true(there("energy_active_cum_import"));
}

/* A list that does not: what was known stays, until somebody says otherwise. */
static void test_untold(void **state)
{
	(void)state;
	repertoire_keep(&r, "energy_active_cum_import");
	add(1, 7, 0);
	add(2, 7, 0);
	assert_true(repertoire_learn(&r, &made));
	assert_true(there("energy_active_cum_import"));
	assert_true(there("power_active_export"));
	assert_false(repertoire_learn(&r, &made));
	add(14, 7, 0);
	assert_true(repertoire_learn(&r, &made));
	assert_true(there("frequency"));
}

/* A voltage that the wiring makes zero was announced before the wiring was known: it goes, and its current. */
static void test_wiring_is_news(void **state)
{
	(void)state;
	speaker.meter.meter_type = "MA304H3E";
	speaker.meter.current[1] = speaker.meter.voltage[1] = 0;
	repertoire_keep(&r, "phase_current_l2");
	repertoire_keep(&r, "phase_voltage_l2");
	repertoire_keep(&r, "phase_voltage_l1");
	learn_list(KAIFA_LIST_1);
	assert_true(there("phase_voltage_l2"));
	assert_true(learn_list(KAIFA_LIST_2));
	assert_false(there("phase_voltage_l2"));
	assert_false(there("phase_current_l2"));
	assert_true(there("phase_voltage_l1"));
}

/* A current of such a meter that was measured once is a value, also while it is zero. */
static void test_measured_once(void **state)
{
	(void)state;
	speaker.meter.meter_type = "MA304H3E";
	speaker.meter.current[1] = speaker.meter.voltage[1] = 0;
	repertoire_keep(&r, "phase_current_l2");
	assert_true(learn_list(KAIFA_LIST_2));
	assert_true(there("phase_current_l2"));
	assert_false(there("phase_voltage_l2"));
	repertoire_clear(&r);
	learn_list(KAIFA_LIST_2);
	assert_false(there("phase_current_l2"));
	speaker.meter.current[1] = 1;
	assert_true(learn_list(KAIFA_LIST_2));
	speaker.meter.current[1] = 0;
	assert_false(learn_list(KAIFA_LIST_2));
	assert_true(there("phase_current_l2"));
}

#define ALL_SETTINGS                   \
	{                              \
		true, true, true, true \
	}
#define LIVE                        \
	{                           \
		.live_energy = true \
	}
#define NET                       \
	{                         \
		.net_power = true \
	}
#define HOURS                       \
	{                           \
		.hour_energy = true \
	}
#define PEAKS                          \
	{                              \
		.capacity_peaks = true \
	}

/* clang-format off */
static const struct {
	const char *sends; /* C.D.E, one digit or two each */
	struct derive_settings settings;
	const char *calculated;
} cases[] = {
	{ "1.7.0 2.7.0 1.8.0 2.8.0", LIVE, "energy_active_live_import energy_active_live_export" },
	{ "1.7.0 2.7.0 1.8.0", LIVE, "energy_active_live_import" },
	{ "1.7.0 2.7.0 1.8.0 2.8.1", LIVE, "energy_active_live_import energy_active_live_export" },
	{ "1.7.0 2.8.0 3.8.0", LIVE, "" },
	{ "1.7.0 2.7.0 1.8.0 2.8.0", NET, "power_active_net" },
	{ "1.7.0 1.8.0 2.8.0", NET, "" },
	{ "1.7.0 1.8.0 2.8.0", HOURS, "energy_active_hour_import" },
	{ "2.7.0 1.8.0 2.8.0", HOURS, "energy_active_hour_export" },
	{ "1.7.0 2.7.0", PEAKS, "capacity_peak_1 capacity_peak_2 capacity_peak_3 capacity_mean" },
	{ "2.7.0 1.8.0", PEAKS, "" },
	{ "21.7.0 21.8.0", ALL_SETTINGS, "" },
	{ "1.7.0 2.7.0 1.8.0 2.8.0", { .live_energy = false }, "" },
};
/* clang-format on */

static void add_all(const char *sends)
{
	unsigned c, d, e;
	int n;

	made.count = 0;
	for (; sscanf(sends, "%u.%u.%u%n", &c, &d, &e, &n) == 3; sends += n)
		add((uint8_t)c, (uint8_t)d, (uint8_t)e);
}

static void check_calculated(const char *names)
{
	struct note note;

	note_clear(&note);
	for (size_t i = han_measurement_count(); i < quantity_count(); i++) {
		if (r.set[i])
			note_add(&note, "%s%s", note_gap(&note), quantity_at(i)->name);
	}
	assert_string_equal(note.text, names);
}

/* What is calculated is known with the meter's own, and goes with its setting. */
static void test_calculated(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		say_case(cases[i].sends);
		repertoire_clear(&r);
		r.derive = &cases[i].settings;
		repertoire_keep(&r, "power_active_net"); /* of a run with other settings */
		add_all(cases[i].sends);
		repertoire_learn(&r, &made);
		check_calculated(cases[i].calculated);
	}
}

#define BEGIN(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BEGIN(test_told),           BEGIN(test_told_again),    BEGIN(test_untold),
		BEGIN(test_wiring_is_news), BEGIN(test_measured_once), BEGIN(test_calculated),
	};

	return cmocka_run_group_tests_name("repertoire", tests, NULL, NULL);
}
