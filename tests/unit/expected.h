/* What a reading of each simulated meter must say: name and value, in the order of its list, from the model. */
#ifndef EXPECTED_H
#define EXPECTED_H

#include <han/decimal.h>
#include <han/measurement.h>

#include "note.h"
#include "sample.h"

/* What a reading must say, value by value in the order of the list. */
struct expected {
	struct note note;
	const struct sample *sample;
};

static inline void expect_text(struct expected *x, const char *name, const char *text)
{
	note_add(&x->note, "%s%s=%s", note_gap(&x->note), name, text);
}

static inline void expect_time(struct expected *x, const char *name,
                               const struct han_datetime *time)
{
	char text[HAN_DATETIME_TEXT];

	expect_text(x, name, han_datetime_print(time, text));
}

/* value: an integer whose last `decimals` digits stand behind the point. */
static inline void expect(struct expected *x, const char *name, uint64_t value, int decimals,
                          const char *unit)
{
	char text[HAN_DECIMAL_TEXT], whole[HAN_DECIMAL_TEXT + 16];

	han_decimal_print((struct han_decimal){ value, (int16_t)-decimals, false }, text);
	snprintf(whole, sizeof(whole), "%s%s", text, unit);
	expect_text(x, name, whole);
}

static inline uint64_t nearest(uint64_t value, uint64_t step)
{
	return (value + step / 2) / step;
}

/* ---- what the lists have in common ---- */

static inline void expect_powers(struct expected *x)
{
	const struct household_state *s = &x->sample->state;

	expect(x, "power_active_import", s->power_import, 0, "W");
	expect(x, "power_active_export", s->power_export, 0, "W");
	expect(x, "power_reactive_import", s->reactive_import, 0, "var");
	expect(x, "power_reactive_export", s->reactive_export, 0, "var");
}

/* Of these phases, with so many decimals. */
static inline void expect_currents(struct expected *x, const char *phases, int decimals)
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

static inline void expect_voltages(struct expected *x, const char *phases, int decimals)
{
	for (; *phases; phases++) {
		uint64_t dv = x->sample->state.voltage_dv[*phases - '1'];
		char name[] = "phase_voltage_lN";

		name[strlen(name) - 1] = *phases;
		expect(x, name, decimals ? dv : nearest(dv, 10), decimals, "V");
	}
}

/* In kWh and kvarh with two or three decimals. */
static inline void expect_energies(struct expected *x, const uint64_t *energy, int decimals)
{
	static const char *const names[] = { "energy_active_cum_import", "energy_active_cum_export",
		                             "energy_reactive_cum_import",
		                             "energy_reactive_cum_export" };

	for (size_t i = 0; i < COUNT(names); i++)
		expect(x, names[i], decimals == 2 ? energy[i] / 10 : energy[i], decimals,
		       i < 2 ? "kWh" : "kvarh");
}

static inline void expect_civil(struct expected *x)
{
	struct han_datetime civil = x->sample->now;

	civil.deviation = HAN_NO_DEVIATION;
	expect_time(x, "meter_timestamp", &civil);
}

/* ---- each meter's lists ---- */

static inline void expect_kaifa(struct expected *x, unsigned list, const char *phases,
                                const char *id, const char *type)
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

static inline void expect_ma304(struct expected *x, unsigned list)
{
	expect_kaifa(x, list, "123", "6970631400000000", "MA304H4");
}

static inline void expect_ma105(struct expected *x, unsigned list)
{
	expect_kaifa(x, list, "1", "6970631400000001", "MA105H2E");
}

static inline void expect_aidon(struct expected *x, unsigned list)
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

static inline void expect_kamstrup(struct expected *x, unsigned list)
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

static inline void expect_landisgyr(struct expected *x, unsigned list)
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

/* A register in total and by tariff. */
static inline void expect_tariffs(struct expected *x, enum household_register i, const char *name)
{
	const struct sample *s = x->sample;
	const char *unit = i < HOUSEHOLD_REACTIVE_IMPORT ? "kWh" : "kvarh";
	char text[64];

	expect(x, name, s->energy[i], 3, unit);
	for (unsigned t = 0; t < HOUSEHOLD_TARIFFS; t++) {
		if (i < HOUSEHOLD_REACTIVE_IMPORT)
			snprintf(text, sizeof(text), "%s_t%u", name, t + 1);
		else
			snprintf(text, sizeof(text), "1-1:%u.8.%u.255", i + 1u, t + 1);
		expect(x, text, s->by_tariff[i][t], 3, unit);
	}
}

static inline void expect_iskra(struct expected *x, unsigned list)
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

static inline void expect_sagemcom(struct expected *x, unsigned list)
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

static inline void expect_dsmr_phases(struct expected *x)
{
	static const char *const imports[] = { "power_active_import_l1", "power_active_import_l2",
		                               "power_active_import_l3" };
	static const char *const exports[] = { "power_active_export_l1", "power_active_export_l2",
		                               "power_active_export_l3" };
	const int32_t *active = x->sample->state.active;

	expect_voltages(x, "123", 1);
	expect_currents(x, "123", 0);
	for (unsigned i = 0; i < HOUSEHOLD_PHASES; i++)
		expect(x, imports[i], active[i] > 0 ? (uint64_t)active[i] : 0, 0, "W");
	for (unsigned i = 0; i < HOUSEHOLD_PHASES; i++)
		expect(x, exports[i], active[i] < 0 ? (uint64_t)-active[i] : 0, 0, "W");
}

static inline void expect_dsmr(struct expected *x, unsigned list)
{
	const struct sample *s = x->sample;

	(void)list;
	expect_text(x, "1-3:0.2.8", "50");
	expect_civil(x);
	expect_text(x, "0-0:96.1.1", "4530303433303030303030303030303236");
	expect(x, "energy_active_cum_import_t1", s->by_tariff[HOUSEHOLD_IMPORT][0], 3, "kWh");
	expect(x, "energy_active_cum_import_t2", s->by_tariff[HOUSEHOLD_IMPORT][1], 3, "kWh");
	expect(x, "energy_active_cum_export_t1", s->by_tariff[HOUSEHOLD_EXPORT][0], 3, "kWh");
	expect(x, "energy_active_cum_export_t2", s->by_tariff[HOUSEHOLD_EXPORT][1], 3, "kWh");
	expect_text(x, "tariff_active", s->state.tariff ? "0002" : "0001");
	expect(x, "power_active_import", s->state.power_import, 0, "W");
	expect(x, "power_active_export", s->state.power_export, 0, "W");
	expect_text(x, "0-0:96.7.21", "00004");
	expect_text(x, "0-0:96.7.9", "00002");
	expect_text(x, "1-0:99.97.0",
	            "(2)(0-0:96.7.19)(211208152415W)(0000000240*s)(240706040322S)(0000000301*s)");
	expect_text(x, "1-0:32.32.0", "00002");
	expect_text(x, "1-0:52.32.0", "00001");
	expect_text(x, "1-0:72.32.0", "00000");
	expect_text(x, "1-0:32.36.0", "00000");
	expect_text(x, "1-0:52.36.0", "00003");
	expect_text(x, "1-0:72.36.0", "00000");
	expect_text(x, "0-0:96.13.0", "");
	expect_dsmr_phases(x);
	expect_text(x, "0-1:24.1.0", "003");
	expect_text(x, "0-1:96.1.0", "4730303339303030303030303030303139");
	expect(x, "0-1:24.2.1", s->gas_l, 3, han_unit_name(HAN_UNIT_M3));
}

#endif
