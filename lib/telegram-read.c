#include "telegram.h"

#include <string.h>

#include "line.h"
#include "measurement.h"
#include "reading.h"

#define DECIMALS_MAX 30 /* with a unit's exponent inside what a han_decimal holds */

/* Units as meters spell them: kvar comes as kVAr, kVar and kvar. A mega is no milli. */
/* clang-format off */
static const struct {
	char text[6];
	bool any_case;
	enum han_unit unit;
	int8_t exp10;
} units[] = {
	{ "W",     true,  HAN_UNIT_W,      0 },
	{ "kW",    true,  HAN_UNIT_W,      3 },
	{ "MW",    false, HAN_UNIT_W,      6 },
	{ "VA",    true,  HAN_UNIT_VA,     0 },
	{ "kVA",   true,  HAN_UNIT_VA,     3 },
	{ "var",   true,  HAN_UNIT_VAR,    0 },
	{ "kvar",  true,  HAN_UNIT_VAR,    3 },
	{ "Mvar",  false, HAN_UNIT_VAR,    6 },
	{ "Wh",    true,  HAN_UNIT_KWH,   -3 },
	{ "kWh",   true,  HAN_UNIT_KWH,    0 },
	{ "MWh",   false, HAN_UNIT_KWH,    3 },
	{ "VAh",   true,  HAN_UNIT_KVAH,  -3 },
	{ "kVAh",  true,  HAN_UNIT_KVAH,   0 },
	{ "varh",  true,  HAN_UNIT_KVARH, -3 },
	{ "kvarh", true,  HAN_UNIT_KVARH,  0 },
	{ "Mvarh", false, HAN_UNIT_KVARH,  3 },
	{ "V",     true,  HAN_UNIT_V,      0 },
	{ "A",     true,  HAN_UNIT_A,      0 },
	{ "Hz",    true,  HAN_UNIT_HZ,     0 },
	{ "s",     false, HAN_UNIT_SECOND, 0 },
	{ "m3",    true,  HAN_UNIT_M3,     0 },
	{ "MJ",    false, HAN_UNIT_GJ,    -3 },
	{ "GJ",    true,  HAN_UNIT_GJ,     0 },
};
/* clang-format on */

#define UNIT_COUNT (sizeof(units) / sizeof(units[0]))

static uint8_t lower(uint8_t octet)
{
	return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet | 0x20) : octet;
}

static bool spells(struct span span, const char *text, bool any_case)
{
	if (span.len != strlen(text))
		return false;
	for (size_t i = 0; i < span.len; i++) {
		uint8_t wanted = (uint8_t)text[i];

		if (span.octets[i] != wanted &&
		    !(any_case && lower(span.octets[i]) == lower(wanted)))
			return false;
	}
	return true;
}

/* [ "-" ] digits [ "." digits ], exactly. */
static bool read_decimal(struct span span, struct han_decimal *number)
{
	struct han_decimal read = { 0, 0, false };
	size_t i = span.len > 0 && span.octets[0] == '-';
	bool point = false;

	read.negative = i > 0;
	for (; i < span.len; i++) {
		unsigned digit;

		if (span.octets[i] == '.') {
			if (point || i == 0 || !line_digit(span.octets[i - 1]))
				return false;
			point = true;
			continue;
		}
		digit = (unsigned)span.octets[i] - '0';
		if (!line_digit(span.octets[i]) || read.magnitude > (UINT64_MAX - digit) / 10 ||
		    read.exp10 <= -DECIMALS_MAX)
			return false;
		read.magnitude = 10 * read.magnitude + digit;
		read.exp10 = (int16_t)(read.exp10 - point);
	}
	if (span.len == 0 || !line_digit(span.octets[span.len - 1]))
		return false;
	read.negative = read.negative && read.magnitude > 0;
	*number = read;
	return true;
}

/* A number with a known unit, in the unit that is published. */
static bool read_number(const struct group *group, struct han_value *value)
{
	struct han_decimal number;

	if (group->unit.len == 0 || !read_decimal(group->value, &number))
		return false;
	for (size_t i = 0; i < UNIT_COUNT; i++) {
		if (!spells(group->unit, units[i].text, units[i].any_case))
			continue;
		number.exp10 = (int16_t)(number.exp10 + units[i].exp10);
		value->type = HAN_VALUE_NUMBER;
		value->number = number;
		value->unit = units[i].unit;
		return true;
	}
	return false;
}

/* The number that the pattern's letter stands for: all its digits in a row of their own. */
static bool read_field(struct span span, const char *pattern, char letter, unsigned *number)
{
	unsigned value = 0;

	for (size_t i = 0; pattern[i]; i++) {
		if (pattern[i] != letter)
			continue;
		if (!line_digit(span.octets[i]))
			return false;
		value = 10 * value + (span.octets[i] - (unsigned)'0');
	}
	*number = value;
	return true;
}

static bool has_marks(struct span span, const char *pattern)
{
	for (size_t i = 0; pattern[i]; i++) {
		bool mark = pattern[i] == '-' || pattern[i] == ':' || pattern[i] == ' ';

		if (mark && span.octets[i] != (uint8_t)pattern[i])
			return false;
	}
	return true;
}

static bool read_pattern(struct span span, const char *pattern, struct han_datetime *time)
{
	unsigned year, month, day, hour, minute, second;

	if (span.len != strlen(pattern) || !has_marks(span, pattern))
		return false;
	if (!read_field(span, pattern, 'Y', &year) || !read_field(span, pattern, 'M', &month) ||
	    !read_field(span, pattern, 'D', &day) || !read_field(span, pattern, 'h', &hour) ||
	    !read_field(span, pattern, 'm', &minute) || !read_field(span, pattern, 's', &second))
		return false;
	*time = (struct han_datetime){
		.year = (uint16_t)(pattern[2] == 'Y' ? year : 2000 + year),
		.month = (uint8_t)month,
		.day = (uint8_t)day,
		.weekday = HAN_UNSPECIFIED,
		.hour = (uint8_t)hour,
		.minute = (uint8_t)minute,
		.second = (uint8_t)second,
		.hundredths = HAN_UNSPECIFIED,
		.deviation = HAN_NO_DEVIATION,
		.status = HAN_UNSPECIFIED,
	};
	return true;
}

/* The letter behind: S summer time, W winter time, none unknown. */
static bool read_clock(struct span span, struct han_datetime *time)
{
	static const char patterns[][20] = { "YYMMDDhhmmss", "YYYYMMDD hh:mm:ss",
		                             "YYYY-MM-DD hh:mm:ss" };
	uint8_t last = span.len > 0 ? span.octets[span.len - 1] : 0;
	bool letter = last == 'S' || last == 'W';

	span.len -= letter;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (!read_pattern(span, patterns[i], time))
			continue;
		if (letter)
			time->status = last == 'S' ? 0x80 : 0;
		return true;
	}
	return false;
}

/* One group: a number with its unit, a clock, a ratio, else a text. */
static void read_single(const struct han_measurement *row, const struct group *group,
                        struct han_value *value)
{
	bool number = row && (row->kind == HAN_KIND_LIVE || row->kind == HAN_KIND_REGISTER);

	value->octets = group->all.octets;
	value->len = group->all.len;
	if (read_number(group, value)) {
		value->octets = NULL;
		value->len = 0;
	} else if (number && row->unit == HAN_UNIT_NONE &&
	           read_decimal(group->all, &value->number)) {
		value->type = HAN_VALUE_NUMBER;
		value->octets = NULL;
		value->len = 0;
	} else if (row && row->kind == HAN_KIND_CLOCK && read_clock(group->all, &value->time)) {
		value->type = HAN_VALUE_CLOCK;
	}
}

/* A value of another meter's bus: when it was read, and the number. */
static bool read_pair(const struct line *line, struct han_value *value)
{
	struct span rest = line->groups;
	struct group time, number;
	struct han_datetime unused;

	return line->count == 2 && line_group(&rest, &time) && line_group(&rest, &number) &&
	       read_clock(time.all, &unused) && read_number(&number, value);
}

/* A name promises a kind and a unit. */
static bool is_of(const struct han_value *value, const struct han_measurement *row)
{
	switch (row->kind) {
	case HAN_KIND_LIVE:
	case HAN_KIND_REGISTER:
		return value->type == HAN_VALUE_NUMBER && value->unit == row->unit;
	case HAN_KIND_TEXT:
		return value->type == HAN_VALUE_TEXT;
	case HAN_KIND_CLOCK:
		return value->type == HAN_VALUE_CLOCK;
	}
	return false;
}

/* Aidon (/ADN9) labels reactive power kVA: the code says what it is. */
static void mend_unit(struct han_value *value)
{
	enum han_unit unit = measurement_unit(value->obis);

	if (unit == HAN_UNIT_VAR && value->unit == HAN_UNIT_VA)
		value->unit = HAN_UNIT_VAR;
	if (unit == HAN_UNIT_VARH && value->unit == HAN_UNIT_KVAH)
		value->unit = HAN_UNIT_KVARH;
}

static enum han_err add_value(struct han_reading *reading, const struct line *line)
{
	const struct han_measurement *row = han_measurement_find(line->obis);
	struct han_value value = { 0 };
	struct span rest = line->groups;
	struct group group;

	if (reading->count == HAN_VALUES_MAX)
		return HAN_ERR_LIMIT;
	value.has_obis = true;
	value.obis = line->obis;
	value.short_obis = !line->has_f;
	value.item = (uint8_t)reading->count;
	value.type = HAN_VALUE_TEXT;
	value.unit = HAN_UNIT_NONE;
	if (line->count == 1 && line_group(&rest, &group)) {
		read_single(row, &group, &value);
	} else if (!read_pair(line, &value)) {
		value.octets = line->groups.octets;
		value.len = line->groups.len;
	}
	mend_unit(&value);
	if (row && is_of(&value, row) && !reading_named(reading, row))
		value.measurement = row;
	reading->values[reading->count++] = value;
	return HAN_OK;
}

static void read_ident(struct han_reading *reading, struct span line)
{
	size_t len = line.len > 0 ? line.len - 1 : 0;

	if (len > HAN_IDENT_MAX)
		len = HAN_IDENT_MAX;
	memcpy(reading->p1.ident, line.octets + 1, len);
	reading->p1.ident_len = (uint8_t)len;
}

enum han_err telegram_read(struct han_reading *reading)
{
	struct span rest = { reading->message, reading->message_len };
	struct span octets;
	struct line line;

	reading->count = 0;
	reading->apdu.has_time = false;
	if (!line_next(&rest, &octets) || octets.len == 0 || octets.octets[0] != '/')
		return HAN_ERR_LINE;
	read_ident(reading, octets);
	while (line_next(&rest, &octets) && (octets.len == 0 || octets.octets[0] != '!')) {
		enum han_err err = HAN_OK;

		if (octets.len == 0 || (reading->count > 0 && line_continues(octets)))
			continue;
		if (line_read(octets, &line))
			err = add_value(reading, &line);
		else if (!reading->p1.has_crc)
			err = HAN_ERR_LINE;
		if (err != HAN_OK)
			return err;
	}
	return reading->count > 0 ? HAN_OK : HAN_ERR_LINE;
}
