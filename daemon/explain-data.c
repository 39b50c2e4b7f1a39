/* A-XDR data (IEC 61334-6), one row for each item. */
#include "explain-parts.h"

#include <stdio.h>
#include <string.h>

#include "plural.h"

#define ITEM_TEXT 256

static const char *type_name(uint8_t tag)
{
	static const char *const names[] = {
		[HAN_TAG_NULL] = "null-data",
		[HAN_TAG_ARRAY] = "array",
		[HAN_TAG_STRUCTURE] = "structure",
		[HAN_TAG_BOOLEAN] = "boolean",
		[HAN_TAG_BIT_STRING] = "bit-string",
		[HAN_TAG_INT32] = "double-long",
		[HAN_TAG_UINT32] = "double-long-unsigned",
		[HAN_TAG_OCTET_STRING] = "octet-string",
		[HAN_TAG_VISIBLE_STRING] = "visible-string",
		[HAN_TAG_UTF8_STRING] = "utf8-string",
		[HAN_TAG_BCD] = "bcd",
		[HAN_TAG_INT8] = "integer",
		[HAN_TAG_INT16] = "long",
		[HAN_TAG_UINT8] = "unsigned",
		[HAN_TAG_UINT16] = "long-unsigned",
		[HAN_TAG_COMPACT_ARRAY] = "compact-array",
		[HAN_TAG_INT64] = "long64",
		[HAN_TAG_UINT64] = "long64-unsigned",
		[HAN_TAG_ENUM] = "enum",
		[HAN_TAG_FLOAT32] = "float32",
		[HAN_TAG_FLOAT64] = "float64",
		[HAN_TAG_DATE_TIME] = "date-time",
		[HAN_TAG_DATE] = "date",
		[HAN_TAG_TIME] = "time",
		[HAN_TAG_DELTA_INT8] = "delta-integer",
		[HAN_TAG_DELTA_INT16] = "delta-long",
		[HAN_TAG_DELTA_INT32] = "delta-double-long",
		[HAN_TAG_DELTA_UINT8] = "delta-unsigned",
		[HAN_TAG_DELTA_UINT16] = "delta-long-unsigned",
		[HAN_TAG_DELTA_UINT32] = "delta-double-long-unsigned",
	};

	if (tag == HAN_TAG_DONT_CARE)
		return "don't-care";
	return tag < sizeof(names) / sizeof(names[0]) && names[tag] ? names[tag] : "unknown type";
}

static const char *status_text(uint8_t status)
{
	if (status == HAN_UNSPECIFIED)
		return ", status not given";
	if (status & 0x01)
		return ", the clock says that it is invalid";
	if (status & 0x02)
		return ", the clock says that it is doubtful";
	return status & 0x80 ? ", summer time" : "";
}

char *explain_clock(const uint8_t octets[HAN_DATETIME_OCTETS], char buf[CLOCK_TEXT])
{
	struct han_datetime time = han_datetime_read(octets);
	char text[HAN_DATETIME_TEXT];

	snprintf(buf, CLOCK_TEXT, "%s%s%s", han_datetime_print(&time, text),
	         han_datetime_exists(&time) ? "" : ", which does not exist",
	         status_text(time.status));
	return buf;
}

/* Two of a structure are a value's scaler and unit. */
struct place {
	struct match match;
	unsigned in_pair; /* 1: the next one may be a scaler, 2: a unit */
};

static bool is_printable(const struct han_item *item)
{
	for (size_t i = 0; i < item->len; i++) {
		if (item->octets[i] < 0x20 || item->octets[i] > 0x7E)
			return false;
	}
	return item->len > 0;
}

static void print_octets(const struct place *p, const struct han_item *item, bool is_code,
                         char text[ITEM_TEXT])
{
	char part[CLOCK_TEXT];
	const struct han_measurement *m;

	if (is_code) {
		m = han_measurement_find(p->match.obis);
		snprintf(text, ITEM_TEXT, "code %s%s%s", han_obis_print(p->match.obis, part),
		         m ? ", " : "", m ? m->name : "");
	} else if (is_printable(item)) {
		snprintf(text, ITEM_TEXT, "\"%s\"",
		         page_text(item->octets, item->len, part, sizeof(part)));
	} else if (item->len == HAN_DATETIME_OCTETS) {
		snprintf(text, ITEM_TEXT, "%s", explain_clock(item->octets, part));
	} else {
		snprintf(text, ITEM_TEXT, "of %zu octet%s", item->len, plural(item->len));
	}
}

static void print_number(struct place *p, const struct han_item *item, char text[ITEM_TEXT])
{
	struct han_decimal number = { item->magnitude, item->exp10, item->negative };
	char digits[HAN_DECIMAL_TEXT];
	const char *unit = "";

	han_decimal_print(number, digits);
	if (p->in_pair == 1 && item->tag == HAN_TAG_INT8) {
		snprintf(text, ITEM_TEXT, "%s, the scaler: x 10^%s", digits, digits);
		p->in_pair = 2;
		return;
	}
	if (p->in_pair == 2 && item->tag == HAN_TAG_ENUM && item->magnitude < 0xFF)
		unit = han_unit_name((enum han_unit)item->magnitude);
	snprintf(text, ITEM_TEXT, "%s%s%s", digits, p->in_pair == 2 ? ", the unit: " : "",
	         p->in_pair == 2 && !unit[0] ? "none" : unit);
	p->in_pair = 0;
}

static void print_item(struct place *p, const struct han_item *item, bool is_code,
                       char text[ITEM_TEXT])
{
	switch (item->kind) {
	case HAN_ITEM_NULL:
		text[0] = '\0';
		p->in_pair = 0;
		return;
	case HAN_ITEM_NUMBER:
		print_number(p, item, text);
		return;
	case HAN_ITEM_OCTETS:
		print_octets(p, item, is_code, text);
		p->in_pair = 0;
		return;
	case HAN_ITEM_CONTAINER:
		snprintf(text, ITEM_TEXT, "of %zu", item->count);
		p->in_pair = item->tag == HAN_TAG_STRUCTURE && item->count == 2;
		return;
	}
}

/* An item that became a value also says the scale: the list's, where the message has none. */
static void show_item(struct page *page, struct span *span, size_t n, const struct han_item *item,
                      struct place *p)
{
	unsigned codes = p->match.codes;
	const struct han_value *value = match_item(&p->match, item);
	char text[ITEM_TEXT], meaning[MATCH_TEXT] = "", scale[16] = "";

	print_item(p, item, p->match.codes != codes, text);
	if (value) {
		int exp10 = value->number.exp10 - item->exp10;

		match_print(value, meaning);
		if (value->type == HAN_VALUE_NUMBER && item->magnitude != 0 && exp10 != 0)
			snprintf(scale, sizeof(scale), " x 10^%d", exp10);
	}
	if (n == 0)
		page_note(page, value ? PAGE_VALUE : PAGE_PLAIN, "%s %s%s%s%s",
		          type_name(item->tag), text, scale, value ? " => " : "", meaning);
	else
		span_show(page, span, n, value ? PAGE_VALUE : PAGE_PLAIN, "%s %s%s%s%s",
		          type_name(item->tag), text, scale, value ? " => " : "", meaning);
}

/* Returns what ended it. */
static enum han_err show_items(struct page *page, struct span *span,
                               const struct han_reading *reading)
{
	unsigned depth = page->depth;
	struct place place = { 0 };
	struct han_axdr axdr;
	struct han_item item;

	match_begin(&place.match, reading, span->at, span->left);
	han_axdr_begin(&axdr, span->at, span->left);
	while (han_axdr_next(&axdr, &item)) {
		bool forward = axdr.cursor.pos > span->at;

		page->depth = depth + item.depth;
		show_item(page, span, forward ? (size_t)(axdr.cursor.pos - span->at) : 0, &item,
		          &place);
	}
	page->depth = depth;
	return axdr.cursor.err;
}

/* Some makers garble their data, and the library puts it right. */
static void show_repaired(struct page *page, const struct han_reading *reading)
{
	struct page outer = *page;
	struct span span = { reading->body, reading->body_len };

	page_note(page, PAGE_PLAIN, "put right, as the maker means it:");
	page->inner = true;
	page->offset = 0;
	page->depth++;
	(void)show_items(page, &span, reading);
	span_show_rest(page, &span, PAGE_BAD, "not read");
	*page = outer;
}

void explain_data(struct page *page, struct span *span, const struct han_reading *reading)
{
	enum han_err err = show_items(page, span, reading);

	if (err == HAN_OK)
		return;
	if (err != HAN_ERR_TRAILING && span->left > 0)
		page_note(page, PAGE_BAD, "reading stops here, at type %02x (%s)", span->at[0],
		          type_name(span->at[0]));
	page_note(page, PAGE_BAD, "%s", han_err_name(err));
	span_show_rest(page, span, PAGE_BAD, "not read");
	if (reading && reading->body && reading->count > 0)
		show_repaired(page, reading);
}
