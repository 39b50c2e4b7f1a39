#include "reading.h"

#include <string.h>

#include "measurement.h"
#include "text.h"

const char *han_framing_name(enum han_framing framing)
{
	switch (framing) {
	case HAN_FRAMING_NONE:
		break;
	case HAN_FRAMING_HDLC:
		return "hdlc";
	case HAN_FRAMING_MBUS:
		return "mbus";
	case HAN_FRAMING_P1:
		return "p1";
	}
	return "dlms";
}

/* Most names differ in their first letters. */
static bool same_name(const char *a, const char *b)
{
	for (; *a == *b; a++, b++) {
		if (!*a)
			return true;
	}
	return false;
}

const struct han_value *reading_named(const struct han_reading *reading,
                                      const struct han_measurement *measurement)
{
	for (size_t i = 0; i < reading->count; i++) {
		if (reading->values[i].measurement == measurement)
			return &reading->values[i];
	}
	return NULL;
}

const struct han_value *han_reading_find(const struct han_reading *reading, const char *name)
{
	for (size_t i = 0; i < reading->count; i++) {
		const struct han_measurement *m = reading->values[i].measurement;

		if (m && same_name(m->name, name))
			return &reading->values[i];
	}
	return NULL;
}

static bool printable(const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (octets[i] < 0x20 || octets[i] > 0x7E)
			return false;
	}
	return true;
}

/* In hex, cut where buf ends. */
static void print_hex(char *buf, size_t size, const uint8_t *octets, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char *out = buf;

	for (size_t i = 0; i < len && (size_t)(out - buf) + 2 < size; i++) {
		*out++ = digits[octets[i] >> 4];
		*out++ = digits[octets[i] & 0x0F];
	}
	*out = '\0';
}

static bool same_code(struct han_obis obis, const uint8_t code[6])
{
	return obis.a == code[0] && obis.b == code[1] && obis.c == code[2] && obis.d == code[3] &&
	       obis.e == code[4];
}

/* The ladder, the best first. */
static const struct {
	uint8_t code[6];
	enum han_identity identity;
} ladder[] = {
	{ { 0, 0, 42, 0, 0 }, HAN_IDENTITY_DEVICE_NAME },
	{ { 0, 0, 96, 1, 0 }, HAN_IDENTITY_METER_ID },
	{ { 1, 1, 0, 0, 5 }, HAN_IDENTITY_METER_ID },
	{ { 0, 0, 96, 1, 1 }, HAN_IDENTITY_NUMBER },
};

/* A text, or a number that some meters send instead. */
static bool tells(const struct han_value *v)
{
	return v->has_obis &&
	       (v->type == HAN_VALUE_NUMBER || (v->type == HAN_VALUE_TEXT && v->len > 0));
}

static const struct han_value *text_of(const struct han_reading *reading, const uint8_t code[6])
{
	for (size_t i = 0; i < reading->count; i++) {
		const struct han_value *v = &reading->values[i];

		if (same_code(v->obis, code) && tells(v))
			return v;
	}
	return NULL;
}

enum han_identity han_reading_identity(const struct han_reading *reading,
                                       char buf[HAN_IDENTITY_TEXT])
{
	char text[HAN_TEXT_MAX];

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(ladder) / sizeof(ladder[0]); i++) {
		const struct han_value *v = text_of(reading, ladder[i].code);
		size_t len;

		if (!v)
			continue;
		if (v->type == HAN_VALUE_NUMBER)
			han_decimal_print(v->number, text);
		else
			han_value_text(v, text);
		len = strlen(text);
		if (len >= HAN_IDENTITY_TEXT)
			len = HAN_IDENTITY_TEXT - 1;
		memcpy(buf, text, len);
		buf[len] = '\0';
		return ladder[i].identity;
	}
	if (!reading->has_encryption)
		return HAN_IDENTITY_NONE;
	print_hex(buf, HAN_IDENTITY_TEXT, reading->encryption.title, HAN_TITLE_OCTETS);
	return HAN_IDENTITY_SYSTEM_TITLE;
}

const char *han_value_name(const struct han_value *value, char buf[HAN_OBIS_TEXT])
{
	return value->measurement ? value->measurement->name : han_value_code(value, buf);
}

char *han_value_code(const struct han_value *value, char buf[HAN_OBIS_TEXT])
{
	char *out = buf;

	if (!value->has_obis) {
		memcpy(buf, "item", 4);
		*text_uint(buf + 4, value->item, 2) = '\0';
		return buf;
	}
	han_obis_print(value->obis, buf);
	if (value->short_obis) {
		out += strlen(buf);
		while (*--out != '.')
			;
		*out = '\0';
	}
	return buf;
}

const char *han_suspicion_name(enum han_suspicion suspicion)
{
	switch (suspicion) {
	case HAN_SUSPECT_NOT:
		break;
	case HAN_SUSPECT_DATE:
		return "date that does not exist";
	case HAN_SUSPECT_SUM:
		return "total that is not the sum of its tariffs";
	}
	return "";
}

const struct han_datetime *han_reading_time(const struct han_reading *reading)
{
	const struct han_value *clock;

	if (reading->apdu.has_time)
		return &reading->apdu.time;
	clock = han_reading_find(reading, measurements[M_METER_TIMESTAMP].name);
	return clock && clock->type == HAN_VALUE_CLOCK ? &clock->time : NULL;
}

char *han_value_text(const struct han_value *value, char buf[HAN_TEXT_MAX])
{
	size_t len = value->len < HAN_TEXT_MAX - 1 ? value->len : HAN_TEXT_MAX - 1;

	if (!printable(value->octets, value->len)) {
		print_hex(buf, HAN_TEXT_MAX, value->octets, value->len);
		return buf;
	}
	if (len > 0)
		memcpy(buf, value->octets, len);
	buf[len] = '\0';
	return buf;
}
