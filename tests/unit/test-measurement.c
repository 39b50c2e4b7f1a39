/* The table of measurements: the rows that topics and discovery are named after, and who finds them. */
#include "unhex.h"

#include "measurement.h"

/* clang-format off */
static const struct {
	const char *name, *obis;
	enum han_unit unit;
	int exp10;
	enum han_kind kind;
} rows[] = {
	{ "obis_version",               "1-1:0.2.129.255", HAN_UNIT_NONE,   0, HAN_KIND_TEXT },
	{ "meter_id",                   "0-0:96.1.0.255",  HAN_UNIT_NONE,   0, HAN_KIND_TEXT },
	{ "meter_type",                 "0-0:96.1.7.255",  HAN_UNIT_NONE,   0, HAN_KIND_TEXT },
	{ "meter_timestamp",            "0-0:1.0.0.255",   HAN_UNIT_NONE,   0, HAN_KIND_CLOCK },
	{ "power_active_import",        "1-0:1.7.0.255",   HAN_UNIT_W,      0, HAN_KIND_LIVE },
	{ "power_active_export",        "1-0:2.7.0.255",   HAN_UNIT_W,      0, HAN_KIND_LIVE },
	{ "power_reactive_import",      "1-0:3.7.0.255",   HAN_UNIT_VAR,    0, HAN_KIND_LIVE },
	{ "power_reactive_export",      "1-0:4.7.0.255",   HAN_UNIT_VAR,    0, HAN_KIND_LIVE },
	{ "phase_current_l1",           "1-0:31.7.0.255",  HAN_UNIT_A,      0, HAN_KIND_LIVE },
	{ "phase_current_l2",           "1-0:51.7.0.255",  HAN_UNIT_A,      0, HAN_KIND_LIVE },
	{ "phase_current_l3",           "1-0:71.7.0.255",  HAN_UNIT_A,      0, HAN_KIND_LIVE },
	{ "phase_voltage_l1",           "1-0:32.7.0.255",  HAN_UNIT_V,      0, HAN_KIND_LIVE },
	{ "phase_voltage_l2",           "1-0:52.7.0.255",  HAN_UNIT_V,      0, HAN_KIND_LIVE },
	{ "phase_voltage_l3",           "1-0:72.7.0.255",  HAN_UNIT_V,      0, HAN_KIND_LIVE },
	{ "energy_active_cum_import",   "1-0:1.8.0.255",   HAN_UNIT_KWH,   -3, HAN_KIND_REGISTER },
	{ "energy_active_cum_export",   "1-0:2.8.0.255",   HAN_UNIT_KWH,   -3, HAN_KIND_REGISTER },
	{ "energy_reactive_cum_import", "1-0:3.8.0.255",   HAN_UNIT_KVARH, -3, HAN_KIND_REGISTER },
	{ "energy_reactive_cum_export", "1-0:4.8.0.255",   HAN_UNIT_KVARH, -3, HAN_KIND_REGISTER },
};

static const struct {
	struct han_obis obis;
	const char *name; /* NULL: none */
} found[] = {
	{ { 1, 0, 1, 7, 0, 255 },     "power_active_import" },
	{ { 1, 1, 1, 7, 0, 255 },     "power_active_import" }, /* B is free with A = 1, F always */
	{ { 1, 255, 1, 7, 0, 255 },   "power_active_import" },
	{ { 1, 0, 1, 7, 0, 0 },       "power_active_import" },
	{ { 0, 0, 1, 7, 0, 255 },     "power_active_import" },
	{ { 1, 0, 96, 1, 0, 255 },    "meter_id" },
	{ { 1, 0, 0, 2, 129, 255 },   "obis_version" },
	{ { 0, 0, 1, 0, 0, 255 },     "meter_timestamp" },
	{ { 0, 1, 96, 1, 0, 255 },    NULL },                  /* the gas meter's number */
	{ { 0, 1, 1, 0, 0, 255 },     "meter_timestamp" },     /* Kamstrup's own */
	{ { 1, 1, 0, 0, 5, 255 },     "meter_id" },
	{ { 1, 1, 96, 1, 1, 255 },    "meter_type" },
	{ { 1, 1, 96, 1, 1, 0 },      "meter_type" },
	{ { 1, 0, 96, 1, 1, 255 },    NULL },
	{ { 0, 0, 96, 1, 1, 255 },    NULL },                  /* a number, but not named */
	{ { 1, 1, 0, 0, 1, 255 },     NULL },
	{ { 0, 2, 1, 0, 0, 255 },     NULL },
	{ { 1, 0, 81, 7, 62, 255 },   "phase_angle_l3" },
	{ { 1, 1, 2, 8, 4, 255 },     "energy_active_cum_export_t4" },
	{ { 1, 0, 42, 8, 0, 255 },    "energy_active_cum_export_l2" },
	{ { 1, 0, 64, 7, 0, 255 },    "power_reactive_export_l3" },
	{ { 1, 1, 8, 8, 0, 255 },     "energy_reactive_cum_q4" },
	{ { 1, 0, 53, 7, 0, 255 },    "power_factor_l2" },
	{ { 0, 0, 96, 14, 0, 255 },   "tariff_active" },
	{ { 0, 1, 1, 8, 0, 255 },     NULL },
	{ { 2, 0, 1, 7, 0, 255 },     NULL },
	{ { 255, 0, 1, 7, 0, 255 },   NULL },
	{ { 1, 0, 99, 7, 0, 255 },    NULL },
	{ { 1, 0, 1, 99, 0, 255 },    NULL },
	{ { 1, 0, 1, 7, 99, 255 },    NULL },
	{ { 1, 0, 0, 0, 0, 255 },     NULL },
	{ { 0, 0, 0, 0, 0, 0 },       NULL },
};

static const struct {
	enum han_unit unit;
	const char *name;
} units[] = {
	{ HAN_UNIT_NONE, "" },
	{ HAN_UNIT_W, "W" },
	{ HAN_UNIT_VAR, "var" },
	{ HAN_UNIT_A, "A" },
	{ HAN_UNIT_V, "V" },
	{ HAN_UNIT_HZ, "Hz" },
	{ HAN_UNIT_KWH, "kWh" },
	{ HAN_UNIT_KVARH, "kvarh" },
	{ HAN_UNIT_KVAH, "kVAh" },
	{ HAN_UNIT_M3, "m³" },
	{ HAN_UNIT_GJ, "GJ" },
	{ HAN_UNIT_KWH_PER_H, "kWh/h" },
	{ HAN_UNIT_DEGREE, "°" },
	{ (enum han_unit)1, "a" },
	{ (enum han_unit)72, "dB" },
	{ (enum han_unit)73, "" },
	{ (enum han_unit)255, "" },
	{ (enum han_unit)(256 + 255), "" },
	{ (enum han_unit)-1, "" },
};
/* clang-format on */

static const struct han_measurement *row_named(const char *name)
{
	const struct han_measurement *row = NULL;

	for (size_t i = 0; i < han_measurement_count(); i++) {
		if (strcmp(han_measurement_at(i)->name, name) != 0)
			continue;
		assert_null(row); /* no name stands twice */
		row = han_measurement_at(i);
	}
	assert_non_null(row);
	return row;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct han_measurement *row;
		char text[HAN_OBIS_TEXT];

		say_case(rows[i].name);
		row = row_named(rows[i].name);
		assert_string_equal(han_obis_print(row->obis, text), rows[i].obis);
		assert_int_equal(row->unit, rows[i].unit);
		assert_int_equal(row->exp10, rows[i].exp10);
		assert_int_equal(row->kind, rows[i].kind);
	}
}

/* What holds for every row, those of later lists too. */
static void test_every_row(void **state)
{
	size_t count = han_measurement_count();

	(void)state;
	assert_int_equal(count, M_COUNT);
	for (size_t i = 0; i < count; i++) {
		const struct han_measurement *row = han_measurement_at(i);

		assert_non_null(row);
		assert_non_null(row->name);
		say_case(row->name);
		assert_ptr_equal(row_named(row->name), row);
		assert_true(strlen(row->name) > 0);
		assert_int_equal(strspn(row->name, "abcdefghijklmnopqrstuvwxyz_0123456789"),
		                 strlen(row->name));
		assert_non_null(row->description);
		assert_true(strlen(row->description) > 0);
		assert_int_equal(han_measurement_index(row), i);
		assert_ptr_equal(han_measurement_find(row->obis), row);
		if (row->kind == HAN_KIND_TEXT || row->kind == HAN_KIND_CLOCK)
			assert_int_equal(row->unit, HAN_UNIT_NONE);
	}
	assert_null(han_measurement_at(count));
	assert_null(han_measurement_at(SIZE_MAX));
}

static void test_find(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(found); i++) {
		const struct han_measurement *row = han_measurement_find(found[i].obis);
		char text[HAN_OBIS_TEXT];

		say_case(han_obis_print(found[i].obis, text));
		if (!found[i].name) {
			assert_null(row);
			continue;
		}
		assert_non_null(row);
		assert_string_equal(row->name, found[i].name);
	}
}

static void test_units(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(units); i++)
		assert_string_equal(han_unit_name(units[i].unit), units[i].name);
	assert_string_equal(han_unit_name((enum han_unit)99), "");
}

/* clang-format off */

/* A code's quantity, with a name or without. */
static const struct {
	struct han_obis obis;
	enum han_unit unit;
} quantities[] = {
	{ { 1, 0,  1, 7, 0, 255 }, HAN_UNIT_W },
	{ { 1, 1,  2, 7, 0, 255 }, HAN_UNIT_W },
	{ { 1, 0,  3, 7, 0, 255 }, HAN_UNIT_VAR },
	{ { 1, 0,  8, 7, 0, 255 }, HAN_UNIT_VAR },
	{ { 1, 0,  9, 7, 0, 255 }, HAN_UNIT_VA },
	{ { 1, 0, 10, 7, 0, 255 }, HAN_UNIT_VA },
	{ { 1, 0, 11, 7, 0, 255 }, HAN_UNIT_A },
	{ { 1, 0, 12, 7, 0, 255 }, HAN_UNIT_V },
	{ { 1, 0, 13, 7, 0, 255 }, HAN_UNIT_NONE },
	{ { 1, 0, 14, 7, 0, 255 }, HAN_UNIT_HZ },
	{ { 1, 0, 16, 7, 0, 255 }, HAN_UNIT_W },
	{ { 1, 0, 30, 7, 0, 255 }, HAN_UNIT_VA },
	{ { 1, 0, 31, 7, 0, 255 }, HAN_UNIT_A },
	{ { 1, 0, 52, 7, 0, 255 }, HAN_UNIT_V },
	{ { 1, 0, 73, 7, 0, 255 }, HAN_UNIT_NONE },
	{ { 1, 0, 64, 7, 0, 255 }, HAN_UNIT_VAR },
	{ { 1, 0, 81, 7, 40, 255 }, HAN_UNIT_NONE },
	{ { 1, 0, 91, 7, 0, 255 }, HAN_UNIT_NONE },
	{ { 1, 0,  1, 8, 5, 255 }, HAN_UNIT_WH },
	{ { 1, 1,  5, 8, 1, 255 }, HAN_UNIT_VARH },
	{ { 1, 0,  9, 8, 0, 255 }, HAN_UNIT_VAH },
	{ { 1, 0, 62, 8, 1, 255 }, HAN_UNIT_WH },
	{ { 1, 0, 11, 8, 0, 255 }, HAN_UNIT_NONE },
	{ { 1, 0, 12, 8, 0, 255 }, HAN_UNIT_NONE },
	{ { 1, 0, 14, 8, 0, 255 }, HAN_UNIT_NONE },
	{ { 1, 0,  1, 6, 0, 255 }, HAN_UNIT_NONE },
	{ { 1, 0,  0, 7, 0, 255 }, HAN_UNIT_NONE },
	{ { 0, 0,  1, 7, 0, 255 }, HAN_UNIT_NONE },
	{ { 0, 1, 24, 8, 0, 255 }, HAN_UNIT_NONE },
	{ { 7, 0,  1, 8, 0, 255 }, HAN_UNIT_NONE },
};
/* clang-format on */

static void test_quantities(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(quantities); i++) {
		char code[HAN_OBIS_TEXT];

		say_case(han_obis_print(quantities[i].obis, code));
		assert_int_equal(measurement_unit(quantities[i].obis), quantities[i].unit);
	}
	/* The table says the same of what it names. */
	for (size_t i = 0; i < han_measurement_count(); i++) {
		const struct han_measurement *m = han_measurement_at(i);
		enum han_unit unit = measurement_unit(m->obis);

		say_case(m->name);
		if (unit != HAN_UNIT_NONE)
			assert_int_equal(m->exp10 == -3 ? unit + 256 : unit, m->unit);
		else
			assert_true(m->unit == HAN_UNIT_NONE || m->unit == HAN_UNIT_DEGREE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),       cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_find),       cmocka_unit_test(test_units),
		cmocka_unit_test(test_quantities),
	};

	return cmocka_run_group_tests_name("measurement", tests, NULL, NULL);
}
