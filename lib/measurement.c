#include "measurement.h"

/* Codes: DLMS Blue Book, IEC 62056-61. The energies come in Wh and varh and leave as kWh and kvarh. */
/* clang-format off */
const struct han_measurement measurements[M_COUNT] = {
	[M_OBIS_VERSION] = { { 1, 1, 0, 2, 129, 255 }, "obis_version", "OBIS list version identifier", HAN_UNIT_NONE, 0, HAN_KIND_TEXT },

	[M_METER_ID] = { { 0, 0, 96, 1, 0, 255 }, "meter_id", "Meter ID (GIAI GS1)", HAN_UNIT_NONE, 0, HAN_KIND_TEXT },
	[M_METER_TYPE] = { { 0, 0, 96, 1, 7, 255 }, "meter_type", "Meter type", HAN_UNIT_NONE, 0, HAN_KIND_TEXT },
	[M_METER_TIMESTAMP] = { { 0, 0, 1, 0, 0, 255 }, "meter_timestamp", "Meter timestamp", HAN_UNIT_NONE, 0, HAN_KIND_CLOCK },



	[M_POWER_ACTIVE_IMPORT] = { { 1, 0, 1, 7, 0, 255 }, "power_active_import", "Active power import (Q1+Q4)", HAN_UNIT_W, 0, HAN_KIND_LIVE },
	[M_POWER_ACTIVE_EXPORT] = { { 1, 0, 2, 7, 0, 255 }, "power_active_export", "Active power export (Q2+Q3)", HAN_UNIT_W, 0, HAN_KIND_LIVE },

	[M_POWER_REACTIVE_IMPORT] = { { 1, 0, 3, 7, 0, 255 }, "power_reactive_import", "Reactive power import (Q1+Q2)", HAN_UNIT_VAR, 0, HAN_KIND_LIVE },
	[M_POWER_REACTIVE_EXPORT] = { { 1, 0, 4, 7, 0, 255 }, "power_reactive_export", "Reactive power export (Q3+Q4)", HAN_UNIT_VAR, 0, HAN_KIND_LIVE },

	[M_PHASE_CURRENT_L1] = { { 1, 0, 31, 7, 0, 255 }, "phase_current_l1", "IL1 Current phase L1", HAN_UNIT_A, 0, HAN_KIND_LIVE },
	[M_PHASE_CURRENT_L2] = { { 1, 0, 51, 7, 0, 255 }, "phase_current_l2", "IL2 Current phase L2", HAN_UNIT_A, 0, HAN_KIND_LIVE },
	[M_PHASE_CURRENT_L3] = { { 1, 0, 71, 7, 0, 255 }, "phase_current_l3", "IL3 Current phase L3", HAN_UNIT_A, 0, HAN_KIND_LIVE },

	[M_PHASE_VOLTAGE_L1] = { { 1, 0, 32, 7, 0, 255 }, "phase_voltage_l1", "UL1 Phase voltage 4W meter, line voltage 3W meter", HAN_UNIT_V, 0, HAN_KIND_LIVE },
	[M_PHASE_VOLTAGE_L2] = { { 1, 0, 52, 7, 0, 255 }, "phase_voltage_l2", "UL2 Phase voltage 4W meter, line voltage 3W meter", HAN_UNIT_V, 0, HAN_KIND_LIVE },
	[M_PHASE_VOLTAGE_L3] = { { 1, 0, 72, 7, 0, 255 }, "phase_voltage_l3", "UL3 Phase voltage 4W meter, line voltage 3W meter", HAN_UNIT_V, 0, HAN_KIND_LIVE },

	[M_ENERGY_ACTIVE_CUM_IMPORT] = { { 1, 0, 1, 8, 0, 255 }, "energy_active_cum_import", "Cumulative hourly active import energy (A+) (Q1+Q4)", HAN_UNIT_KWH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_ACTIVE_CUM_EXPORT] = { { 1, 0, 2, 8, 0, 255 }, "energy_active_cum_export", "Cumulative hourly active export energy (A-) (Q2+Q3)", HAN_UNIT_KWH, -3, HAN_KIND_REGISTER },

	[M_ENERGY_REACTIVE_CUM_IMPORT] = { { 1, 0, 3, 8, 0, 255 }, "energy_reactive_cum_import", "Cumulative hourly reactive import energy (R+) (Q1+Q2)", HAN_UNIT_KVARH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_REACTIVE_CUM_EXPORT] = { { 1, 0, 4, 8, 0, 255 }, "energy_reactive_cum_export", "Cumulative hourly reactive export energy (R-) (Q3+Q4)", HAN_UNIT_KVARH, -3, HAN_KIND_REGISTER },

	[M_LOGICAL_DEVICE_NAME] = { { 0, 0, 42, 0, 0, 255 }, "logical_device_name", "COSEM logical device name", HAN_UNIT_NONE, 0, HAN_KIND_TEXT },
	[M_TARIFF_ACTIVE] = { { 0, 0, 96, 14, 0, 255 }, "tariff_active", "Active tariff", HAN_UNIT_NONE, 0, HAN_KIND_TEXT },

	[M_POWER_ACTIVE_IMPORT_L1] = { { 1, 0, 21, 7, 0, 255 }, "power_active_import_l1", "Active power import phase L1", HAN_UNIT_W, 0, HAN_KIND_LIVE },
	[M_POWER_ACTIVE_IMPORT_L2] = { { 1, 0, 41, 7, 0, 255 }, "power_active_import_l2", "Active power import phase L2", HAN_UNIT_W, 0, HAN_KIND_LIVE },
	[M_POWER_ACTIVE_IMPORT_L3] = { { 1, 0, 61, 7, 0, 255 }, "power_active_import_l3", "Active power import phase L3", HAN_UNIT_W, 0, HAN_KIND_LIVE },
	[M_POWER_ACTIVE_EXPORT_L1] = { { 1, 0, 22, 7, 0, 255 }, "power_active_export_l1", "Active power export phase L1", HAN_UNIT_W, 0, HAN_KIND_LIVE },
	[M_POWER_ACTIVE_EXPORT_L2] = { { 1, 0, 42, 7, 0, 255 }, "power_active_export_l2", "Active power export phase L2", HAN_UNIT_W, 0, HAN_KIND_LIVE },
	[M_POWER_ACTIVE_EXPORT_L3] = { { 1, 0, 62, 7, 0, 255 }, "power_active_export_l3", "Active power export phase L3", HAN_UNIT_W, 0, HAN_KIND_LIVE },

	[M_POWER_REACTIVE_IMPORT_L1] = { { 1, 0, 23, 7, 0, 255 }, "power_reactive_import_l1", "Reactive power import phase L1", HAN_UNIT_VAR, 0, HAN_KIND_LIVE },
	[M_POWER_REACTIVE_IMPORT_L2] = { { 1, 0, 43, 7, 0, 255 }, "power_reactive_import_l2", "Reactive power import phase L2", HAN_UNIT_VAR, 0, HAN_KIND_LIVE },
	[M_POWER_REACTIVE_IMPORT_L3] = { { 1, 0, 63, 7, 0, 255 }, "power_reactive_import_l3", "Reactive power import phase L3", HAN_UNIT_VAR, 0, HAN_KIND_LIVE },
	[M_POWER_REACTIVE_EXPORT_L1] = { { 1, 0, 24, 7, 0, 255 }, "power_reactive_export_l1", "Reactive power export phase L1", HAN_UNIT_VAR, 0, HAN_KIND_LIVE },
	[M_POWER_REACTIVE_EXPORT_L2] = { { 1, 0, 44, 7, 0, 255 }, "power_reactive_export_l2", "Reactive power export phase L2", HAN_UNIT_VAR, 0, HAN_KIND_LIVE },
	[M_POWER_REACTIVE_EXPORT_L3] = { { 1, 0, 64, 7, 0, 255 }, "power_reactive_export_l3", "Reactive power export phase L3", HAN_UNIT_VAR, 0, HAN_KIND_LIVE },

	[M_ENERGY_ACTIVE_CUM_IMPORT_L1] = { { 1, 0, 21, 8, 0, 255 }, "energy_active_cum_import_l1", "Cumulative active import energy phase L1", HAN_UNIT_KWH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_ACTIVE_CUM_IMPORT_L2] = { { 1, 0, 41, 8, 0, 255 }, "energy_active_cum_import_l2", "Cumulative active import energy phase L2", HAN_UNIT_KWH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_ACTIVE_CUM_IMPORT_L3] = { { 1, 0, 61, 8, 0, 255 }, "energy_active_cum_import_l3", "Cumulative active import energy phase L3", HAN_UNIT_KWH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_ACTIVE_CUM_EXPORT_L1] = { { 1, 0, 22, 8, 0, 255 }, "energy_active_cum_export_l1", "Cumulative active export energy phase L1", HAN_UNIT_KWH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_ACTIVE_CUM_EXPORT_L2] = { { 1, 0, 42, 8, 0, 255 }, "energy_active_cum_export_l2", "Cumulative active export energy phase L2", HAN_UNIT_KWH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_ACTIVE_CUM_EXPORT_L3] = { { 1, 0, 62, 8, 0, 255 }, "energy_active_cum_export_l3", "Cumulative active export energy phase L3", HAN_UNIT_KWH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_ACTIVE_CUM_IMPORT_T1] = { { 1, 0, 1, 8, 1, 255 }, "energy_active_cum_import_t1", "Cumulative active import energy tariff 1", HAN_UNIT_KWH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_ACTIVE_CUM_IMPORT_T2] = { { 1, 0, 1, 8, 2, 255 }, "energy_active_cum_import_t2", "Cumulative active import energy tariff 2", HAN_UNIT_KWH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_ACTIVE_CUM_IMPORT_T3] = { { 1, 0, 1, 8, 3, 255 }, "energy_active_cum_import_t3", "Cumulative active import energy tariff 3", HAN_UNIT_KWH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_ACTIVE_CUM_IMPORT_T4] = { { 1, 0, 1, 8, 4, 255 }, "energy_active_cum_import_t4", "Cumulative active import energy tariff 4", HAN_UNIT_KWH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_ACTIVE_CUM_EXPORT_T1] = { { 1, 0, 2, 8, 1, 255 }, "energy_active_cum_export_t1", "Cumulative active export energy tariff 1", HAN_UNIT_KWH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_ACTIVE_CUM_EXPORT_T2] = { { 1, 0, 2, 8, 2, 255 }, "energy_active_cum_export_t2", "Cumulative active export energy tariff 2", HAN_UNIT_KWH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_ACTIVE_CUM_EXPORT_T3] = { { 1, 0, 2, 8, 3, 255 }, "energy_active_cum_export_t3", "Cumulative active export energy tariff 3", HAN_UNIT_KWH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_ACTIVE_CUM_EXPORT_T4] = { { 1, 0, 2, 8, 4, 255 }, "energy_active_cum_export_t4", "Cumulative active export energy tariff 4", HAN_UNIT_KWH, -3, HAN_KIND_REGISTER },

	[M_ENERGY_REACTIVE_CUM_Q1] = { { 1, 0, 5, 8, 0, 255 }, "energy_reactive_cum_q1", "Cumulative reactive energy (+Ri) (Q1)", HAN_UNIT_KVARH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_REACTIVE_CUM_Q2] = { { 1, 0, 6, 8, 0, 255 }, "energy_reactive_cum_q2", "Cumulative reactive energy (+Rc) (Q2)", HAN_UNIT_KVARH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_REACTIVE_CUM_Q3] = { { 1, 0, 7, 8, 0, 255 }, "energy_reactive_cum_q3", "Cumulative reactive energy (-Ri) (Q3)", HAN_UNIT_KVARH, -3, HAN_KIND_REGISTER },
	[M_ENERGY_REACTIVE_CUM_Q4] = { { 1, 0, 8, 8, 0, 255 }, "energy_reactive_cum_q4", "Cumulative reactive energy (-Rc) (Q4)", HAN_UNIT_KVARH, -3, HAN_KIND_REGISTER },

	[M_POWER_FACTOR] = { { 1, 0, 13, 7, 0, 255 }, "power_factor", "Power factor", HAN_UNIT_NONE, 0, HAN_KIND_LIVE },
	[M_POWER_FACTOR_L1] = { { 1, 0, 33, 7, 0, 255 }, "power_factor_l1", "Power factor phase L1", HAN_UNIT_NONE, 0, HAN_KIND_LIVE },
	[M_POWER_FACTOR_L2] = { { 1, 0, 53, 7, 0, 255 }, "power_factor_l2", "Power factor phase L2", HAN_UNIT_NONE, 0, HAN_KIND_LIVE },
	[M_POWER_FACTOR_L3] = { { 1, 0, 73, 7, 0, 255 }, "power_factor_l3", "Power factor phase L3", HAN_UNIT_NONE, 0, HAN_KIND_LIVE },

	[M_FREQUENCY] = { { 1, 0, 14, 7, 0, 255 }, "frequency", "Supply frequency", HAN_UNIT_HZ, 0, HAN_KIND_LIVE },

	[M_PHASE_ANGLE_L1] = { { 1, 0, 81, 7, 40, 255 }, "phase_angle_l1", "Phase angle of voltage to current phase L1", HAN_UNIT_DEGREE, 0, HAN_KIND_LIVE },
	[M_PHASE_ANGLE_L2] = { { 1, 0, 81, 7, 51, 255 }, "phase_angle_l2", "Phase angle of voltage to current phase L2", HAN_UNIT_DEGREE, 0, HAN_KIND_LIVE },
	[M_PHASE_ANGLE_L3] = { { 1, 0, 81, 7, 62, 255 }, "phase_angle_l3", "Phase angle of voltage to current phase L3", HAN_UNIT_DEGREE, 0, HAN_KIND_LIVE },
};

/* Codes of Kamstrup that stand for others: its list has no groups A and B of 0. */
static const struct {
	struct han_obis obis;
	enum measurement measurement;
} aliases[] = {
	{ { 1, 1,  0, 0, 5, 255 }, M_METER_ID },
	{ { 1, 1, 96, 1, 1, 255 }, M_METER_TYPE },
	{ { 0, 1,  1, 0, 0, 255 }, M_METER_TIMESTAMP },
};
/* clang-format on */

size_t han_measurement_count(void)
{
	return M_COUNT;
}

const struct han_measurement *han_measurement_at(size_t index)
{
	return index < M_COUNT ? &measurements[index] : NULL;
}

size_t han_measurement_index(const struct han_measurement *measurement)
{
	return (size_t)(measurement - measurements);
}

const struct han_measurement *han_measurement_find(struct han_obis obis)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
		struct han_obis alias = aliases[i].obis;

		alias.f = obis.f;
		if (han_obis_equal(alias, obis))
			return &measurements[aliases[i].measurement];
	}
	if (obis.a != 1 && !(obis.a == 0 && obis.b == 0))
		return NULL;
	for (size_t i = 0; i < M_COUNT; i++) {
		const struct han_obis *row = &measurements[i].obis;

		if (row->c == obis.c && row->d == obis.d && row->e == obis.e)
			return &measurements[i];
	}
	return NULL;
}

/* Group C counts the same quantities for all lines together and for each: 1 … 20, 21 … 40, 41 … 60, 61 … 80. */
enum han_unit measurement_unit(struct han_obis obis)
{
	static const uint8_t powers[20] = {
		[1] = HAN_UNIT_W,   [2] = HAN_UNIT_W,   [3] = HAN_UNIT_VAR, [4] = HAN_UNIT_VAR,
		[5] = HAN_UNIT_VAR, [6] = HAN_UNIT_VAR, [7] = HAN_UNIT_VAR, [8] = HAN_UNIT_VAR,
		[9] = HAN_UNIT_VA,  [10] = HAN_UNIT_VA, [11] = HAN_UNIT_A,  [12] = HAN_UNIT_V,
		[14] = HAN_UNIT_HZ, [15] = HAN_UNIT_W,  [16] = HAN_UNIT_W,
	};
	enum han_unit power =
		obis.a == 1 && obis.c < 80 ? (enum han_unit)powers[obis.c % 20] : HAN_UNIT_NONE;

	if (obis.d == 7)
		return power;
	if (obis.d == 8 && power >= HAN_UNIT_W && power <= HAN_UNIT_VAR)
		return (enum han_unit)(power + HAN_UNIT_WH - HAN_UNIT_W);
	return HAN_UNIT_NONE;
}

/* DLMS Blue Book, table 4. What is missing is reserved or an imperial unit. */
static const char units[][10] = {
	[1] = "a",         [2] = "mo",       [3] = "wk",       [4] = "d",        [5] = "h",
	[6] = "min",       [7] = "s",        [8] = "°",        [9] = "°C",       [10] = "currency",
	[11] = "m",        [12] = "m/s",     [13] = "m³",      [14] = "m³",      [15] = "m³/h",
	[16] = "m³/h",     [17] = "m³/d",    [18] = "m³/d",    [19] = "l",       [20] = "kg",
	[21] = "N",        [22] = "Nm",      [23] = "Pa",      [24] = "bar",     [25] = "J",
	[26] = "J/h",      [27] = "W",       [28] = "VA",      [29] = "var",     [30] = "Wh",
	[31] = "VAh",      [32] = "varh",    [33] = "A",       [34] = "C",       [35] = "V",
	[36] = "V/m",      [37] = "F",       [38] = "Ω",       [39] = "Ωm²/m",   [40] = "Wb",
	[41] = "T",        [42] = "A/m",     [43] = "H",       [44] = "Hz",      [45] = "1/(Wh)",
	[46] = "1/(varh)", [47] = "1/(VAh)", [48] = "V²h",     [49] = "A²h",     [50] = "kg/s",
	[51] = "S",        [52] = "K",       [53] = "1/(V²h)", [54] = "1/(A²h)", [55] = "1/m³",
	[56] = "%",        [57] = "Ah",      [60] = "Wh/m³",   [61] = "J/m³",    [62] = "mol%",
	[63] = "g/m³",     [64] = "Pa·s",    [65] = "J/kg",    [66] = "g/cm²",   [67] = "atm",
	[70] = "dBm",      [71] = "dBµV",    [72] = "dB",
};

const char *han_unit_name(enum han_unit unit)
{
	switch (unit) {
	case HAN_UNIT_KWH:
		return "kWh";
	case HAN_UNIT_KVAH:
		return "kVAh";
	case HAN_UNIT_KVARH:
		return "kvarh";
	case HAN_UNIT_GJ:
		return "GJ";
	case HAN_UNIT_KWH_PER_H:
		return "kWh/h";
	default:
		return (size_t)unit < sizeof(units) / sizeof(units[0]) ? units[unit] : "";
	}
}
