#include "setting.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bus.h"

union value {
	char *text;
	bool yes;
	unsigned number;
	struct bus_line line;
	struct han_decimal scale;
};

#define DIGITS       "0123456789"
#define SCALE_DIGITS 9 /* in front of the point, and behind it */

static bool read_yes_no(const char *text, bool *yes)
{
	static const char *const spellings[][2] = {
		{ "no", "yes" }, { "false", "true" }, { "off", "on" }, { "0", "1" }
	};

	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		for (int value = 0; value <= 1; value++) {
			if (strcasecmp(text, spellings[i][value]) == 0) {
				*yes = value;
				return true;
			}
		}
	}
	return false;
}

/* "30", and with a unit also "30 s" and "30s". */
static bool read_number(const struct setting *s, const char *text, unsigned *number)
{
	uint64_t value = 0;
	size_t digits = strspn(text, DIGITS);
	const char *rest = text + digits;

	if (s->words[0] && strcasecmp(text, s->words[0]) == 0) {
		*number = 0;
		return true;
	}
	if (digits == 0 || digits > 9)
		return false;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	rest += strspn(rest, " \t");
	if (*rest && (!s->unit || strcmp(rest, s->unit) != 0))
		return false;
	if (value < s->min || value > s->max)
		return false;
	*number = (unsigned)value * (s->scale ? s->scale : 1);
	return true;
}

/* "0.1", "10": exactly, and the same however many zeros it is written with. */
static bool read_scale(const struct setting *s, const char *text, struct han_decimal *scale)
{
	size_t whole = strspn(text, DIGITS);
	size_t part = text[whole] == '.' ? strspn(text + whole + 1, DIGITS) : 0;
	size_t end = part > 0 ? whole + 1 + part : whole;
	struct han_decimal d = { .exp10 = (int16_t) - (int)part };

	if (s->words[0] && strcasecmp(text, s->words[0]) == 0) {
		*scale = (struct han_decimal){ 0 };
		return true;
	}
	if (whole == 0 || whole > SCALE_DIGITS || part > SCALE_DIGITS || text[end])
		return false;
	for (size_t i = 0; i < end; i++) {
		if (text[i] != '.')
			d.magnitude = d.magnitude * 10 + (uint64_t)(text[i] - '0');
	}
	if (d.magnitude == 0)
		return false;
	for (; d.magnitude % 10 == 0; d.magnitude /= 10)
		d.exp10++;
	*scale = d;
	return true;
}

static bool read_word(const struct setting *s, const char *text, unsigned *number)
{
	for (unsigned i = 0; i < SETTING_WORDS && s->words[i]; i++) {
		if (strcasecmp(text, s->words[i]) == 0) {
			*number = i;
			return true;
		}
	}
	return false;
}

/* NULL for no text. */
static bool read_text(const struct setting *s, const char *text, char **stored)
{
	if (text[0] && s->fits && !s->fits(text))
		return false;
	*stored = text[0] ? strdup(text) : NULL;
	return !text[0] || *stored;
}

static bool read_value(const struct setting *s, const char *text, union value *value)
{
	switch (s->type) {
	case SETTING_TEXT:
		return read_text(s, text, &value->text);
	case SETTING_YES_NO:
		return read_yes_no(text, &value->yes);
	case SETTING_NUMBER:
		return read_number(s, text, &value->number);
	case SETTING_WORD:
		return read_word(s, text, &value->number);
	case SETTING_LINE:
		return bus_line_parse(text, &value->line) == 0;
	case SETTING_SCALE:
		return read_scale(s, text, &value->scale);
	}
	return false;
}

static void store_value(const struct setting *s, const union value *value, void *base)
{
	char *field = (char *)base + s->offset;

	switch (s->type) {
	case SETTING_TEXT:
		setting_free(s, base);
		*(char **)field = value->text;
		break;
	case SETTING_YES_NO:
		*(bool *)field = value->yes;
		break;
	case SETTING_NUMBER:
	case SETTING_WORD:
		*(unsigned *)field = value->number;
		break;
	case SETTING_LINE:
		*(struct bus_line *)field = value->line;
		break;
	case SETTING_SCALE:
		*(struct han_decimal *)field = value->scale;
		break;
	}
}

void setting_free(const struct setting *setting, void *base)
{
	char **field = (char **)((char *)base + setting->offset);

	if (setting->type != SETTING_TEXT)
		return;
	free(*field);
	*field = NULL;
}

/* Appends to a text of SETTING_ERROR octets. */
static void append(char *text, const char *more)
{
	size_t used = strlen(text);

	snprintf(text + used, SETTING_ERROR - used, "%s", more);
}

static void append_number_form(const struct setting *s, char *text)
{
	char form[96];

	snprintf(form, sizeof(form), "%s%sa whole number from %u to %u%s%s",
	         s->words[0] ? s->words[0] : "", s->words[0] ? " or " : "", s->min, s->max,
	         s->unit ? " " : "", s->unit ? s->unit : "");
	append(text, form);
}

static void append_words(const struct setting *s, char *text)
{
	for (unsigned i = 0; i < SETTING_WORDS && s->words[i]; i++) {
		bool last = i + 1 == SETTING_WORDS || !s->words[i + 1];

		if (i > 0)
			append(text, last ? " or " : ", ");
		append(text, s->words[i]);
	}
}

static void append_scale_form(const struct setting *s, char *text)
{
	char form[128];

	snprintf(
		form, sizeof(form),
		"%s%sa number above 0 like 0.1 or 10, at most %d digits before and behind the point",
		s->words[0] ? s->words[0] : "", s->words[0] ? " or " : "", SCALE_DIGITS);
	append(text, form);
}

static void explain(const struct setting *s, const char *text, char error[SETTING_ERROR])
{
	const char *nearest = s->nearest ? s->nearest(text) : NULL;

	if (s->secret)
		snprintf(error, SETTING_ERROR, "what stands here is not accepted; accepted: ");
	else
		snprintf(error, SETTING_ERROR,
		         "\"%.60s\" is not accepted%s%.60s%s; accepted: ", text,
		         nearest ? ", is " : "", nearest ? nearest : "", nearest ? " meant?" : "");
	switch (s->type) {
	case SETTING_TEXT:
		append(error, s->accepted);
		break;
	case SETTING_YES_NO:
		append(error, "yes or no");
		break;
	case SETTING_NUMBER:
		append_number_form(s, error);
		break;
	case SETTING_WORD:
		append_words(s, error);
		break;
	case SETTING_LINE:
		append(error, BUS_LINE_FORMS);
		break;
	case SETTING_SCALE:
		append_scale_form(s, error);
		break;
	}
}

static bool same_value(const struct setting *s, const union value *a, const union value *b)
{
	switch (s->type) {
	case SETTING_TEXT:
		return strcmp(a->text ? a->text : "", b->text ? b->text : "") == 0;
	case SETTING_YES_NO:
		return a->yes == b->yes;
	case SETTING_NUMBER:
	case SETTING_WORD:
		return a->number == b->number;
	case SETTING_LINE:
		return a->line.kind == b->line.kind && a->line.chip == b->line.chip &&
		       a->line.offset == b->line.offset;
	case SETTING_SCALE:
		return a->scale.magnitude == b->scale.magnitude && a->scale.exp10 == b->scale.exp10;
	}
	return false;
}

static union value load_value(const struct setting *s, const void *base)
{
	const char *field = (const char *)base + s->offset;

	switch (s->type) {
	case SETTING_TEXT:
		return (union value){ .text = *(char *const *)field };
	case SETTING_YES_NO:
		return (union value){ .yes = *(const bool *)field };
	case SETTING_NUMBER:
	case SETTING_WORD:
		return (union value){ .number = *(const unsigned *)field };
	case SETTING_LINE:
		return (union value){ .line = *(const struct bus_line *)field };
	case SETTING_SCALE:
		return (union value){ .scale = *(const struct han_decimal *)field };
	}
	return (union value){ 0 };
}

bool setting_same(const struct setting *setting, const void *base_a, const void *base_b)
{
	union value a = load_value(setting, base_a), b = load_value(setting, base_b);

	return same_value(setting, &a, &b);
}

/* Whether nothing is built yet of what this value asks for. */
static bool is_later(const struct setting *s, const union value *value)
{
	union value preset = { 0 };
	bool later = s->type == SETTING_WORD && (s->later_words >> value->number & 1);

	if (s->later && read_value(s, s->preset, &preset)) {
		later = !same_value(s, value, &preset);
		if (s->type == SETTING_TEXT)
			free(preset.text);
	}
	return later;
}

bool setting_read(const struct setting *setting, const char *text, void *base,
                  char error[SETTING_ERROR])
{
	union value value = { 0 };

	if (!text[0])
		text = setting->preset;
	if (!read_value(setting, text, &value)) {
		explain(setting, text, error);
		return false;
	}
	if (is_later(setting, &value)) {
		snprintf(error, SETTING_ERROR, "\"%.60s\" is not available yet; accepted: %s", text,
		         setting->preset[0] ? setting->preset : "no value");
		if (setting->type == SETTING_TEXT)
			free(value.text);
		return false;
	}
	store_value(setting, &value, base);
	return true;
}
