/* From the model to the reading: each simulated meter lives for two hours, what it sends goes through the
 * library octet by octet, and every value that comes out must be the model's, to the last digit. */
#include "meters.h"

#include <string.h>

#include <han/decoder.h>

#include "check.h"
#include "note.h"
#include "unhex.h"

#define HOURS    2
#define KEY      "000102030405060708090a0b0c0d0e0f"
#define AUTH_KEY "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"

/* What a reading must say, value by value in the order of the list. */
struct expected {
	struct note note;
	const struct sample *sample;
};

static void expect_text(struct expected *x, const char *name, const char *text)
{
	note_add(&x->note, "%s%s=%s", note_gap(&x->note), name, text);
}

static void expect_time(struct expected *x, const char *name, const struct han_datetime *time)
{
	char text[HAN_DATETIME_TEXT];

	expect_text(x, name, han_datetime_print(time, text));
}

/* value: an integer whose last `decimals` digits stand behind the point. */
static void expect(struct expected *x, const char *name, uint64_t value, int decimals,
                   const char *unit)
{
	char text[HAN_DECIMAL_TEXT], whole[HAN_DECIMAL_TEXT + 16];

	han_decimal_print((struct han_decimal){ value, (int16_t)-decimals, false }, text);
	snprintf(whole, sizeof(whole), "%s%s", text, unit);
	expect_text(x, name, whole);
}

static uint64_t nearest(uint64_t value, uint64_t step)
{
	return (value + step / 2) / step;
}

/* ---- what the lists have in common ---- */

static void expect_powers(struct expected *x)
{
	const struct household_state *s = &x->sample->state;

	expect(x, "power_active_import", s->power_import, 0, "W");
	expect(x, "power_active_export", s->power_export, 0, "W");
	expect(x, "power_reactive_import", s->reactive_import, 0, "var");
	expect(x, "power_reactive_export", s->reactive_export, 0, "var");
}

/* Of these phases, with so many decimals. */
static void expect_currents(struct expected *x, const char *phases, int decimals)
{
	static const uint64_t steps[] = { 1000, 100, 10, 1 };

	for (; *phases; phases++) {
		char name[] = "phase_current_lN";

		name[strlen(name) - 1] = *phases;
		expect(x, name,
		       nearest(x->sample->state.current_ma[*phases - '1'], steps[decimals]),
		       decimals, "A");
	}
}

static void expect_voltages(struct expected *x, const char *phases, int decimals)
{
	for (; *phases; phases++) {
		uint64_t dv = x->sample->state.voltage_dv[*phases - '1'];
		char name[] = "phase_voltage_lN";

		name[strlen(name) - 1] = *phases;
		expect(x, name, decimals ? dv : nearest(dv, 10), decimals, "V");
	}
}

/* In kWh and kvarh with two or three decimals. */
static void expect_energies(struct expected *x, const uint64_t *energy, int decimals)
{
	static const char *const names[] = { "energy_active_cum_import", "energy_active_cum_export",
		                             "energy_reactive_cum_import",
		                             "energy_reactive_cum_export" };

	for (size_t i = 0; i < COUNT(names); i++)
		expect(x, names[i], decimals == 2 ? energy[i] / 10 : energy[i], decimals,
		       i < 2 ? "kWh" : "kvarh");
}

static void expect_civil(struct expected *x)
{
	struct han_datetime civil = x->sample->now;

	civil.deviation = HAN_NO_DEVIATION;
	expect_time(x, "meter_timestamp", &civil);
}

/* ---- each meter's lists ---- */

static void expect_kaifa(struct expected *x, unsigned list, const char *phases, const char *id,
                         const char *type)
{
	if (list == 1) {
		expect(x, "power_active_import", x->sample->state.power_import, 0, "W");
		return;
	}
	expect_text(x, "obis_version", "KFM_001");
	expect_text(x, "meter_id", id);
	expect_text(x, "meter_type", type);
	expect_powers(x);
	expect_currents(x, phases, 3);
	expect_voltages(x, phases, 1);
	if (list == 3) {
		expect_civil(x);
		expect_energies(x, x->sample->energy, 3);
	}
}

static void expect_ma304(struct expected *x, unsigned list)
{
	expect_kaifa(x, list, "123", "6970631400000000", "MA304H4");
}

static void expect_ma105(struct expected *x, unsigned list)
{
	expect_kaifa(x, list, "1", "6970631400000001", "MA105H2E");
}

static void expect_aidon(struct expected *x, unsigned list)
{
	if (list == 1) {
		expect(x, "power_active_import", x->sample->state.power_import, 0, "W");
		return;
	}
	expect_text(x, "obis_version", "AIDON_V0001");
	expect_text(x, "meter_id", "7359992890000000");
	expect_text(x, "meter_type", "6525");
	expect_powers(x);
	expect_currents(x, "13", 1);
	expect_voltages(x, "123", 1);
	if (list == 3) {
		struct han_datetime hour = x->sample->now;

		hour.second = 0;
		hour.deviation = HAN_NO_DEVIATION;
		expect_time(x, "meter_timestamp", &hour);
		expect_energies(x, x->sample->hour_energy, 2);
	}
}

static void expect_kamstrup(struct expected *x, unsigned list)
{
	expect_text(x, "obis_version", "Kamstrup_V0001");
	expect_text(x, "meter_id", "5706567200000000");
	expect_text(x, "meter_type", "6841121BN243101040");
	expect_powers(x);
	expect_currents(x, "123", 2);
	expect_voltages(x, "123", 0);
	if (list == 2) {
		expect_civil(x);
		expect_energies(x, x->sample->hour_energy, 2);
	}
}

static void expect_landisgyr(struct expected *x, unsigned list)
{
	const struct sample *s = x->sample;

	(void)list;
	expect_text(x, "meter_id", "63000000");
	expect(x, "power_active_import", s->state.power_import, 0, "W");
	expect(x, "power_active_export", s->state.power_export, 0, "W");
	expect(x, "energy_active_cum_import", s->energy[HOUSEHOLD_IMPORT], 3, "kWh");
	expect(x, "energy_active_cum_export", s->energy[HOUSEHOLD_EXPORT], 3, "kWh");
	expect(x, "energy_reactive_cum_q1", s->energy[HOUSEHOLD_Q1], 3, "kvarh");
	expect(x, "energy_reactive_cum_q2", s->energy[HOUSEHOLD_Q2], 3, "kvarh");
	expect(x, "energy_reactive_cum_q3", s->energy[HOUSEHOLD_Q3], 3, "kvarh");
	expect(x, "energy_reactive_cum_q4", s->energy[HOUSEHOLD_Q4], 3, "kvarh");
	expect_currents(x, "123", 2);
}

/* A register in total and by tariff; a code without a name has the meter's steps and no unit. */
static void expect_tariffs(struct expected *x, enum household_register i, const char *name)
{
	const struct sample *s = x->sample;
	const char *unit = i < HOUSEHOLD_REACTIVE_IMPORT ? "kWh" : "kvarh";
	char text[64];

	expect(x, name, s->energy[i], 3, unit);
	for (unsigned t = 0; t < HOUSEHOLD_TARIFFS; t++) {
		if (i < HOUSEHOLD_REACTIVE_IMPORT) {
			snprintf(text, sizeof(text), "%s_t%u", name, t + 1);
			expect(x, text, s->by_tariff[i][t], 3, unit);
		} else {
			snprintf(text, sizeof(text), "1-1:%u.8.%u.255", i + 1u, t + 1);
			expect(x, text, s->by_tariff[i][t], 0, "");
		}
	}
}

static void expect_iskra(struct expected *x, unsigned list)
{
	(void)list;
	expect_text(x, "logical_device_name", "ISK1030770000000");
	expect_text(x, "0-0:96.1.1.255", "1800000");
	expect_time(x, "meter_timestamp", &x->sample->now);
	expect_powers(x);
	expect_tariffs(x, HOUSEHOLD_IMPORT, "energy_active_cum_import");
	expect_tariffs(x, HOUSEHOLD_EXPORT, "energy_active_cum_export");
	expect_tariffs(x, HOUSEHOLD_Q1, "energy_reactive_cum_q1");
	expect_tariffs(x, HOUSEHOLD_Q2, "energy_reactive_cum_q2");
	expect_tariffs(x, HOUSEHOLD_Q3, "energy_reactive_cum_q3");
	expect_tariffs(x, HOUSEHOLD_Q4, "energy_reactive_cum_q4");
	expect(x, "power_factor", x->sample->state.power_factor, 3, "");
}

static void expect_sagemcom(struct expected *x, unsigned list)
{
	const struct sample *s = x->sample;

	(void)list;
	expect_time(x, "meter_timestamp", &s->now);
	expect(x, "energy_active_cum_import", s->energy[HOUSEHOLD_IMPORT], 3, "kWh");
	expect(x, "energy_active_cum_export", s->energy[HOUSEHOLD_EXPORT], 3, "kWh");
	expect(x, "power_active_import", s->state.power_import, 0, "W");
	expect(x, "power_active_export", s->state.power_export, 0, "W");
	expect_voltages(x, "123", 1);
	expect_currents(x, "123", 2);
	expect(x, "power_factor", s->state.power_factor, 3, "");
	expect_text(x, "meter_id", "178200000001");
}

static const struct {
	const char *meter;
	void (*expect)(struct expected *x, unsigned list);
	unsigned messages; /* in two hours */
} meters[] = {
	{ "kaifa-ma304", expect_ma304, 3600 },       { "kaifa-ma105", expect_ma105, 3600 },
	{ "aidon-6525", expect_aidon, 2880 },        { "kamstrup-omnipower", expect_kamstrup, 722 },
	{ "lg-e450", expect_landisgyr, 1440 },       { "iskra-am550", expect_iskra, 1440 },
	{ "sagemcom-t210d", expect_sagemcom, 1440 },
};

/* ---- what comes out ---- */

static void note_value(struct note *note, const struct han_value *value)
{
	char name[HAN_OBIS_TEXT], text[HAN_TEXT_MAX];

	assert_int_equal(value->suspicion, HAN_SUSPECT_NOT);
	note_add(note, "%s%s=", note_gap(note), han_value_name(value, name));
	switch (value->type) {
	case HAN_VALUE_NUMBER:
		note_add(note, "%s%s", han_decimal_print(value->number, text),
		         han_unit_name(value->unit));
		break;
	case HAN_VALUE_TEXT:
		note_add(note, "%s", han_value_text(value, text));
		break;
	case HAN_VALUE_CLOCK:
		note_add(note, "%s", han_datetime_print(&value->time, text));
		break;
	}
}

/* What an event has to say; returns whether there may be another one. */
static bool take_event(const struct han_event *event, unsigned *readings, struct note *note)
{
	assert_int_equal(event->discarded, 0);
	assert_int_not_equal(event->type, HAN_BAD_FRAME);
	assert_int_not_equal(event->type, HAN_BAD_MESSAGE);
	if (event->type == HAN_READING) {
		++*readings;
		for (size_t i = 0; i < event->reading->count; i++)
			note_value(note, &event->reading->values[i]);
	}
	return event->type != HAN_MORE;
}

/* The one reading of a message, and nothing refused. */
static void decode(struct han_decoder *decoder, const uint8_t *octets, size_t len,
                   struct note *note)
{
	unsigned readings = 0;
	struct han_event event;

	note_clear(note);
	do {
		size_t used = han_decoder_push(decoder, octets, len, 0, &event);

		octets += used;
		len -= used;
	} while (take_event(&event, &readings, note));
	assert_int_equal(len, 0);
	assert_int_equal(readings, 1);
}

static void play(const struct meters_row *meter, time_t start, const struct seal *seal,
                 void (*expected_of)(struct expected *x, unsigned list), unsigned messages)
{
	static struct han_decoder decoder;
	static struct expected x;
	static struct note note;
	struct han_settings settings = { .has_key = true };
	struct sampler sampler;
	struct sample sample;

	memcpy(settings.key, seal->key, sizeof(settings.key));
	memcpy(settings.auth_key, seal->auth_key, sizeof(settings.auth_key));
	settings.has_auth_key = seal->control & SEAL_AUTHENTICATED;
	han_decoder_init(&decoder, &settings);
	sampler_init(&sampler, start, meter->phases);
	for (uint32_t second = 0, number = 0; second < HOURS * 3600; second++) {
		uint8_t buf[METERS_MESSAGE_MAX];
		unsigned list, delay_ms;
		struct encoder e;

		sampler_next(&sampler, &sample);
		list = meters_due(meter, &sample.now, &delay_ms);
		if (list == 0)
			continue;
		sample.number = ++number;
		encoder_init(&e, buf, sizeof(buf));
		assert_true(meter->encode(&e, &sample, list, seal) > 0);
		decode(&decoder, buf, e.len, &note);
		note_clear(&x.note);
		x.sample = &sample;
		expected_of(&x, list);
		assert_string_equal(note.text, x.note.text);
		messages -= 1;
	}
	assert_int_equal(messages, 0);
	print_message("# the last one: %s\n", note.text);
	han_decoder_fini(&decoder);
}

static void test_meters(void **state)
{
	static const time_t starts[] = {
		1769898600, /* 2026-01-31T22:30:00: the low tariff begins, and a month */
		1781522999, /* 2026-06-15T11:29:59: summer, the sun shines */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(meters); i++) {
		const struct meters_row *meter = meters_find(meters[i].meter);
		struct seal seal = { .control = SEAL_ENCRYPTED };

		unhex(KEY, seal.key, sizeof(seal.key));
		unhex(AUTH_KEY, seal.auth_key, sizeof(seal.auth_key));
		if (meter->title)
			memcpy(seal.title, meter->title, sizeof(seal.title));
		for (size_t k = 0; k < COUNT(starts); k++) {
			say_case(meters[i].meter);
			play(meter, starts[k], &seal, meters[i].expect, meters[i].messages);
			seal.control |= SEAL_AUTHENTICATED; /* the second time */
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meters),
	};

	return cmocka_run_group_tests_name("meters", tests, NULL, NULL);
}
