#include <han/reading.h>

#include <string.h>

#include "measurement.h"

const char *han_framing_name(enum han_framing framing)
{
	switch (framing) {
	case HAN_FRAMING_NONE:
		break;
	case HAN_FRAMING_HDLC:
		return "hdlc";
	}
	return "dlms";
}

static bool same_name(const struct han_measurement *measurement, const char *name)
{
	size_t len = strlen(name);

	return measurement && strlen(measurement->name) == len &&
	       memcmp(measurement->name, name, len) == 0;
}

const struct han_value *han_reading_find(const struct han_reading *reading, const char *name)
{
	for (size_t i = 0; i < reading->count; i++) {
		if (same_name(reading->values[i].measurement, name))
			return &reading->values[i];
	}
	return NULL;
}

const struct han_value *han_reading_identity(const struct han_reading *reading)
{
	const struct han_value *id = han_reading_find(reading, measurements[M_METER_ID].name);

	return id && id->len > 0 ? id : NULL;
}

const struct han_datetime *han_reading_time(const struct han_reading *reading)
{
	const struct han_value *clock;

	if (reading->apdu.has_time)
		return &reading->apdu.time;
	clock = han_reading_find(reading, measurements[M_METER_TIMESTAMP].name);
	return clock ? &clock->time : NULL;
}

static bool printable(const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (octets[i] < 0x20 || octets[i] > 0x7E)
			return false;
	}
	return true;
}

char *han_value_text(const struct han_value *value, char buf[HAN_TEXT_MAX])
{
	static const char digits[] = "0123456789abcdef";
	char *out = buf;

	if (printable(value->octets, value->len)) {
		size_t len = value->len < HAN_TEXT_MAX - 1 ? value->len : HAN_TEXT_MAX - 1;

		memcpy(out, value->octets, len);
		out += len;
	} else {
		for (size_t i = 0; i < value->len && out - buf + 2 < HAN_TEXT_MAX; i++) {
			*out++ = digits[value->octets[i] >> 4];
			*out++ = digits[value->octets[i] & 0x0F];
		}
	}
	*out = '\0';
	return buf;
}
