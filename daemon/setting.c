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
#define SCALE_FORM   "a number above 0 like 0.1 or 10, at most 9 digits before and behind the point"

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

/* Whether it is the word that stands for 0. */
static bool is_zero(const struct setting *s, const char *text)
{
	return s->words && strcasecmp(text, s->words[0]) == 0;
}

/* "30", and with a unit also "30 s" and "30s". */
static bool read_number(const struct setting *s, const char *text, unsigned *number)
{
	uint64_t value = 0;
	size_t digits = strspn(text, DIGITS);
	const char *rest = text + digits;

	if (is_zero(s, text)) {
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

	if (is_zero(s, text)) {
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
	for (unsigned i = 0; s->words[i]; i++) {
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
	if (text[0] && !s->form->fits(text))
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

/* What of a value is stored. */
static const size_t sizes[] = {
	[SETTING_TEXT] = sizeof(char *),          [SETTING_YES_NO] = sizeof(bool),
	[SETTING_NUMBER] = sizeof(unsigned),      [SETTING_WORD] = sizeof(unsigned),
	[SETTING_LINE] = sizeof(struct bus_line), [SETTING_SCALE] = sizeof(struct han_decimal),
};

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

static void append_words(const struct setting *s, char *text)
{
	for (unsigned i = 0; s->words[i]; i++) {
		if (i > 0)
			append(text, s->words[i + 1] ? ", " : " or ");
		append(text, s->words[i]);
	}
}

static void append_zero(const struct setting *s, char *text)
{
	if (s->words) {
		append(text, s->words[0]);
		append(text, " or ");
	}
}

static void append_number_form(const struct setting *s, char *text)
{
	char form[64];

	append_zero(s, text);
	snprintf(form, sizeof(form), "a whole number from %u to %u%s%s", s->min, s->max,
	         s->unit ? " " : "", s->unit ? s->unit : "");
	append(text, form);
}

static void explain(const struct setting *s, const char *text, char error[SETTING_ERROR])
{
	const struct setting_form *form = s->form;
	const char *nearest = form && form->nearest ? form->nearest(text) : NULL;

	if (form && form->secret)
		snprintf(error, SETTING_ERROR, "what stands here is not accepted; accepted: ");
	else
		snprintf(error, SETTING_ERROR,
		         "\"%.60s\" is not accepted%s%.60s%s; accepted: ", text,
		         nearest ? " (is " : "", nearest ? nearest : "", nearest ? " meant?)" : "");
	switch (s->type) {
	case SETTING_TEXT:
		append(error, form->accepted);
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
		append_zero(s, error);
		append(error, SCALE_FORM);
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
	union value value;

	memcpy(&value, (const char *)base + s->offset, sizes[s->type]);
	return value;
}

bool setting_same(const struct setting *setting, const void *base_a, const void *base_b)
{
	union value a = load_value(setting, base_a), b = load_value(setting, base_b);

	return same_value(setting, &a, &b);
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
	setting_free(setting, base);
	memcpy((char *)base + setting->offset, &value, sizes[setting->type]);
	return true;
}
