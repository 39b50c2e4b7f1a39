/* Which registers pass: meters that start anew, are replaced, or say what cannot be, and the clocks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#include "gate.h"

#define HOUR 3600

/* Short for the names of the table. */
static const struct {
	char letter;
	const char *name;
} names[] = {
	{ 'i', "energy_active_cum_import" },   { 'e', "energy_active_cum_export" },
	{ 'r', "energy_reactive_cum_import" }, { 't', "energy_active_cum_import_t1" },
	{ 'p', "power_active_import" },        { 'u', "phase_voltage_l1" },
};

static const struct han_measurement *measurement_of(char letter)
{
	for (size_t n = 0; n < COUNT(names); n++) {
		for (size_t i = 0; names[n].letter == letter && i < han_measurement_count(); i++) {
			if (strcmp(han_measurement_at(i)->name, names[n].name) == 0)
				return han_measurement_at(i);
		}
	}
	fail_msg("no measurement for %c", letter);
	return NULL;
}

static struct han_decimal number_of(const char *text, size_t len)
{
	struct han_decimal number = { 0 };
	bool fraction = false;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '-') {
			number.negative = true;
		} else if (text[i] == '.') {
			fraction = true;
		} else {
			number.magnitude = number.magnitude * 10 + (uint64_t)(text[i] - '0');
			number.exp10 = (int16_t)(number.exp10 - fraction);
		}
	}
	return number;
}

/* "i48211.337 e0.000 p1527", with ! behind a number that its message shows to be wrong. */
static void read_list(const char *text, struct han_reading *reading)
{
	*reading = (struct han_reading){ 0 };
	while (*text) {
		size_t len = strcspn(text, " ");
		struct han_value *v = &reading->values[reading->count++];
		bool suspect = text[len - 1] == '!';

		v->measurement = measurement_of(text[0]);
		v->type = HAN_VALUE_NUMBER;
		v->unit = v->measurement->unit;
		v->suspicion = suspect ? HAN_SUSPECT_SUM : HAN_SUSPECT_NOT;
		v->number = number_of(text + 1, len - 1 - suspect);
		text += len + (text[len] == ' ');
	}
}

static char *print_list(const struct han_reading *reading, char *buf)
{
	char *out = buf, digits[HAN_DECIMAL_TEXT];

	*out = '\0';
	for (size_t i = 0; i < reading->count; i++) {
		const struct han_value *v = &reading->values[i];

		for (size_t n = 0; n < COUNT(names); n++) {
			if (strcmp(v->measurement->name, names[n].name) == 0)
				out += sprintf(out, "%s%c%s%s", i ? " " : "", names[n].letter,
				               han_decimal_print(v->number, digits),
				               v->suspicion ? "!" : "");
		}
	}
	return buf;
}

/* What a list leads to: nothing to be told; a doubt; its end, by belief or as all is well. */
enum { QUIET, BEGAN, ENDED, BELIEVED };

struct step {
	unsigned at_s;
	const char *says;
	const char *passes; /* NULL: all of it */
	int told;
};

#define STEPS 8

struct play {
	const char *name;
	unsigned max_power_w;
	struct step steps[STEPS];
};

static int told_of(const struct gate_report *report)
{
	if (report->began)
		return BEGAN;
	if (report->ended)
		return report->believed ? BELIEVED : ENDED;
	return QUIET;
}

static void play_step(struct gate *g, const struct step *step, time_t wall)
{
	struct gate_now now = { 1000 + (uint64_t)step->at_s * 1000, wall + (time_t)step->at_s };
	uint64_t refused = g->refused;
	struct han_reading reading, room;
	const struct han_reading *passed;
	struct gate_report report;
	char text[400];

	read_list(step->says, &reading);
	passed = gate_pass(g, &reading, now, &room, &report);
	assert_string_equal(print_list(passed, text), step->passes ? step->passes : step->says);
	assert_ptr_equal(passed, step->passes ? &room : &reading);
	assert_int_equal(g->refused - refused, reading.count - passed->count);
	assert_int_equal(told_of(&report), step->told);
}

static void play(const struct play *p, struct gate *g)
{
	say_case(p->name);
	for (size_t i = 0; i < STEPS && p->steps[i].says; i++)
		play_step(g, &p->steps[i], 1800000000);
}

#define GOOD "i48211.337 e17.000 r0.000"

/* clang-format off */
static const struct play plays[] = {
	{ "what is sound passes", 0, {
		{ 0, GOOD, NULL, QUIET }, { 10, GOOD, NULL, QUIET },
		{ 20, "i48211.338 e17.000 r0.000", NULL, QUIET } } },
	{ "momentary values pass as they come", 1, {
		{ 0, "p1527 u231.4", NULL, QUIET }, { 2, "p0 u0.0", NULL, QUIET }, { 4, "p99999999 u9.9", NULL, QUIET } } },
	{ "a new meter without export, without anything reactive", 0, {
		{ 0, "i0.001 e0.000 r0.000", NULL, QUIET }, { 10, "i0.002 e0.000 r0.000", NULL, QUIET } } },
	{ "falls by one step, and is back", 0, {
		{ 0, GOOD, NULL, QUIET }, { 10, "i48211.336 e17.000 r0.000 p5", "e17.000 r0.000 p5", BEGAN },
		{ 20, GOOD, NULL, ENDED }, { 30, GOOD, NULL, QUIET } } },
	{ "falls for good: the second list that agrees is believed", 0, {
		{ 0, "i48211.337", NULL, QUIET }, { 10, "i20.000", "", BEGAN }, { 20, "i20.001", NULL, BELIEVED },
		{ 30, "i20.000", "", BEGAN }, { 40, "i20.002", NULL, ENDED } } },
	{ "what falls further does not agree", 0, {
		{ 0, "i48211.337", NULL, QUIET }, { 10, "i2000.0", "", BEGAN }, { 20, "i1999.9", "", QUIET },
		{ 30, "i1999.8", "", QUIET }, { 40, "i1999.8", NULL, BELIEVED } } },
	{ "two that agree, but not in a row", 0, {
		{ 0, "i48211.337", NULL, QUIET }, { 10, "i20.0", "", BEGAN }, { 20, "i48211.338", NULL, ENDED },
		{ 30, "i20.0", "", BEGAN }, { 40, "i20.0", NULL, BELIEVED } } },
	{ "a list that says it twice is one reading", 0, {
		{ 0, "i48211.337", NULL, QUIET }, { 10, "i20.0 i20.0", "", BEGAN }, { 20, "i20.0", NULL, BELIEVED } } },
	{ "a meter that starts: zeros for a minute, then all is back", 0, {
		{ 0, GOOD, NULL, QUIET }, { 10, "i0.000 e0.000 r0.000 p0", "r0.000 p0", BEGAN },
		{ 20, "i0.000 e0.000 r0.000 p0", "r0.000 p0", QUIET }, { 60, "i0.002 e0.000 r0.000 p0", "r0.000 p0", QUIET },
		{ 70, "i48211.350 e17.000 r0.000 p9", NULL, ENDED } } },
	{ "a meter replaced by a new one, whose zeros stay", 0, {
		{ 0, "i48211.337 e17.000", NULL, QUIET }, { 10, "i0.000 e0.000", "", BEGAN },
		{ 20, "i0.100 e0.000", "", QUIET }, { 40, "i1.100 e0.000", "i1.100", QUIET },
		{ 2900, "i1.200 e0.000", "i1.200", QUIET }, { 3010, "i1.300 e0.000", NULL, BELIEVED } } },
	{ "zeros once an hour: the second ones are believed", 0, {
		{ 0, "i48211.337", NULL, QUIET }, { HOUR, "i0.000", "", BEGAN }, { 2 * HOUR - 5, "i0.000", NULL, BELIEVED } } },
	{ "the first list of all is nothing but zeros", 0, {
		{ 0, "p5 i0.000 e0.000", NULL, QUIET }, { 10, "p5 i0.001 e0.000", NULL, QUIET } } },
	{ "not the sum of its tariffs, once", 0, {
		{ 0, "i100.0 t50.0", NULL, QUIET }, { 10, "i900.0! t50.0", "t50.0", BEGAN }, { 20, "i100.0 t50.0", NULL, ENDED } } },
	{ "not the sum of its tariffs, as ever", 0, {
		{ 0, "i900.0! t50.0", "t50.0", BEGAN }, { 10, "i900.0! t50.0", NULL, BELIEVED },
		{ 20, "i900.1! t50.0", NULL, QUIET }, { 30, "i900.0! t50.0", "t50.0", BEGAN },
		{ 40, "i900.1! t50.0", NULL, ENDED }, { 50, "i900.1 t50.0", NULL, QUIET }, { 60, "i900.1! t50.0", "t50.0", BEGAN } } },
	{ "suspect zeros are zeros", 0, {
		{ 0, "i100.0 t50.0", NULL, QUIET }, { 10, "i0.0! t50.0", "t50.0", BEGAN }, { 20, "i0.0! t50.0", "t50.0", QUIET } } },
	{ "nothing agrees with less than nothing", 0, {
		{ 0, "i1000.0", NULL, QUIET },
		{ 10, "i-5.0", "", BEGAN },
		{ 20, "i3.0", "", QUIET },
		{ 30, "i1000.1", NULL, ENDED },
	} },
	{ "less than nothing is never believed", 0, {
		{ 0, "i-5.0", "", BEGAN }, { 10, "i-5.0", "", QUIET }, { 2 * HOUR, "i-5.0", "", QUIET }, { 2 * HOUR + 1, "i5.0", NULL, ENDED } } },
	{ "without max-power any rise passes", 0, {
		{ 0, "i1.0", NULL, QUIET }, { 10, "i4000000.0", NULL, QUIET } } },
	{ "max-power: as much as it makes in the time", 10000, {
		{ 0, "i100.000", NULL, QUIET }, { HOUR, "i110.000", NULL, QUIET }, { 2 * HOUR, "i120.000", NULL, QUIET },
		{ 3 * HOUR, "i130.500", "", BEGAN }, { 4 * HOUR, "i140.000", NULL, ENDED } } },
	{ "max-power: hourly lists that come some seconds early", 10000, {
		{ 0, "i100.000", NULL, QUIET }, { HOUR, "i110.000", NULL, QUIET }, { 2 * HOUR - 55, "i120.000", NULL, QUIET },
		{ 3 * HOUR - 120, "i130.000", "", BEGAN } } },
	{ "max-power: a rise that stays is believed", 10000, {
		{ 0, "i100.000", NULL, QUIET }, { HOUR, "i110.000", NULL, QUIET }, { HOUR + 10, "i500.000", "", BEGAN },
		{ HOUR + 20, "i500.020", NULL, BELIEVED }, { HOUR + 30, "i500.040", NULL, QUIET } } },
	{ "max-power: what rises impossibly again does not agree", 10000, {
		{ 0, "i100.000", NULL, QUIET }, { HOUR, "i110.000", NULL, QUIET }, { HOUR + 10, "i500.000", "", BEGAN },
		{ HOUR + 20, "i900.000", "", QUIET }, { HOUR + 30, "i900.000", NULL, BELIEVED } } },
	{ "max-power: a list that repeats the last hour's register, then two hours at once", 10000, {
		{ 0, "i100.00", NULL, QUIET }, { HOUR, "i110.00", NULL, QUIET }, { 2 * HOUR, "i110.00", NULL, QUIET },
		{ 3 * HOUR, "i130.00", NULL, QUIET } } },
	{ "max-power: registers that are sent often and move once an hour", 10000, {
		{ 0, "i100.00", NULL, QUIET }, { 10, "i109.00", NULL, QUIET }, { 20, "i109.00", NULL, QUIET },
		{ HOUR, "i109.00", NULL, QUIET }, { HOUR + 10, "i118.90", NULL, QUIET } } },
	{ "max-power: each of the registers for itself", 10000, {
		{ 0, "i100.0 e5.0", NULL, QUIET }, { HOUR, "i101.0 e5.1", NULL, QUIET }, { HOUR + 10, "i101.1 e500.0", "i101.1", BEGAN } } },
};
/* clang-format on */

static void test_plays(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(plays); i++) {
		struct gate g;

		assert_int_equal(gate_init(&g, plays[i].max_power_w), 0);
		play(&plays[i], &g);
		gate_fini(&g);
	}
}

/* What an earlier run knew counts, by the wall clock; what this run has read counts more. */
static void test_remembered(void **state)
{
	static const struct {
		const char *name;
		long ago_s;
		struct play play;
	} cases[] = {
		{ "zeros after a restart",
		  60,
		  { "",
		    0,
		    { { 0, "i0.000 e0.000", "e0.000", BEGAN },
		      { 10, "i48211.337 e0.000", NULL, ENDED } } } },
		{ "falls after a restart",
		  60,
		  { "",
		    0,
		    { { 0, "i48211.336", "", BEGAN }, { 10, "i48211.337", NULL, ENDED } } } },
		{ "a day later, as much as a day makes",
		  24 * HOUR,
		  { "", 10000, { { 0, "i48461.337", NULL, QUIET } } } },
		{ "a day later, more than that",
		  24 * HOUR,
		  { "", 10000, { { 0, "i48462.337", "", BEGAN } } } },
		{ "a day later, and then by the time of this run",
		  24 * HOUR,
		  { "",
		    10000,
		    { { 0, "i48211.437", NULL, QUIET },
		      { 10, "i48311.437", "", BEGAN },
		      { 20, "i48211.500", NULL, ENDED } } } },
		{ "the host's clock stands behind",
		  -HOUR,
		  { "", 10000, { { 0, "i99999.999", NULL, QUIET } } } },
		{ "the same, hours later as much as they make",
		  10,
		  { "",
		    10000,
		    { { 0, "i48211.337", NULL, QUIET },
		      { 5 * HOUR, "i48261.337", NULL, QUIET } } } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct gate g;

		assert_int_equal(gate_init(&g, cases[i].play.max_power_w), 0);
		gate_remember(&g, measurement_of('i'), number_of("48211.337", 9),
		              1800000000 - cases[i].ago_s);
		say_case(cases[i].name);
		play(&cases[i].play, &g);
		gate_remember(&g, measurement_of('i'), number_of("99999.999", 9), 1800000000);
		play_step(&g, &(struct step){ 9 * HOUR, "p1", NULL, QUIET }, 1800000000);
		gate_fini(&g);
	}
}

/* Remembered late, it does not replace what this run has read. */
static void test_remembered_late(void **state)
{
	static const struct play before = { "before", 0, { { 0, "i100.0", NULL, QUIET } } };
	static const struct play after = { "after", 0, { { 10, "i100.1", NULL, QUIET } } };
	struct gate g;

	(void)state;
	assert_int_equal(gate_init(&g, 0), 0);
	play(&before, &g);
	gate_remember(&g, measurement_of('i'), number_of("48211.337", 9), 1800000000);
	play(&after, &g);
	gate_fini(&g);
}

/* Another meter has other registers; how many were refused is counted on. */
static void test_forget(void **state)
{
	static const struct play before = {
		"before", 0, { { 0, "i100.0", NULL, QUIET }, { 10, "i99.0", "", BEGAN } }
	};
	static const struct play after = {
		"after", 0, { { 20, "i5.0", NULL, QUIET }, { 30, "i4.0", "", BEGAN } }
	};
	struct gate g;

	(void)state;
	assert_int_equal(gate_init(&g, 0), 0);
	play(&before, &g);
	assert_int_equal(gate_doubted_ms(&g, 71000), 60000);
	gate_forget(&g);
	assert_int_equal(gate_doubted_ms(&g, 71000), 0);
	play(&after, &g);
	assert_int_equal(g.refused, 2);
	gate_fini(&g);
	gate_fini(&g);
}

/* ---- what people are told ---- */

static void test_texts(void **state)
{
	static const struct {
		const char *first, *second;
		unsigned max_power_w, others;
		const char *text, *prospect;
	} cases[] = {
		{ "i48211.337 e5.0 r7", "i0.000 e0.0 r7", 0, 1,
		  "energy_active_cum_import fell from 48211.337 to 0.000 kWh",
		  "not published unless it stays so for an hour" },
		{ "r5.00", "r4.99", 0, 0, "energy_reactive_cum_import fell from 5.00 to 4.99 kvarh",
		  "not published until the next list agrees" },
		{ "i5", "i5000", 10, 0,
		  "energy_active_cum_import rose from 5 to 5000 kWh, more than max-power allows",
		  "not published until the next list agrees" },
		{ "p1", "i9.0!", 0, 0,
		  "energy_active_cum_import says 9.0 kWh, which is not the sum of its tariffs",
		  "not published until the next list agrees" },
		{ "p1", "i-9.0", 0, 0, "energy_active_cum_import says -9.0 kWh, less than nothing",
		  "not published" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct han_reading reading, room;
		struct gate_report report;
		char text[GATE_TEXT];
		struct gate g;

		say_case(cases[i].text);
		assert_int_equal(gate_init(&g, cases[i].max_power_w), 0);
		read_list(cases[i].first, &reading);
		gate_pass(&g, &reading, (struct gate_now){ 1, 1 }, &room, &report);
		read_list(cases[i].second, &reading);
		gate_pass(&g, &reading, (struct gate_now){ 2, 2 }, &room, &report);
		assert_true(report.began);
		assert_int_equal(report.others, cases[i].others);
		assert_string_equal(gate_describe(&report.doubt, text), cases[i].text);
		assert_string_equal(gate_prospect(&report.doubt), cases[i].prospect);
		gate_fini(&g);
	}
}

/* The longest name and the longest numbers leave the sentence whole. */
static void test_room(void **state)
{
	struct gate_doubt doubt = { .said = { UINT64_MAX, -40, true },
		                    .before = { UINT64_MAX, 40, false } };

	(void)state;
	for (size_t i = 0; i < han_measurement_count(); i++) {
		doubt.measurement = han_measurement_at(i);
		for (doubt.reason = GATE_SUSPECT; doubt.reason <= GATE_RISEN; doubt.reason++) {
			char text[GATE_TEXT + 1];

			text[GATE_TEXT] = '#';
			gate_describe(&doubt, text);
			assert_true(strlen(text) < GATE_TEXT - 1);
			assert_int_equal(text[GATE_TEXT], '#');
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plays),           cmocka_unit_test(test_remembered),
		cmocka_unit_test(test_remembered_late), cmocka_unit_test(test_forget),
		cmocka_unit_test(test_texts),           cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
