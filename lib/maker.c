#include <han/reading.h>

#include <string.h>

#include "measurement.h"

/* The three letters of the FLAG Association (IEC 62056-21, DLMS UA) with which logical device names, system
 * titles and P1 identifications begin. */
static const struct {
	char flag[4];
	char name[12];
} makers[] = {
	{ "ADN", "Aidon" },      { "AID", "Aidon" },      { "EGM", "Elgama" },
	{ "ELS", "Elster" },     { "ISK", "Iskraemeco" }, { "KAM", "Kamstrup" },
	{ "KFM", "Kaifa" },      { "KMP", "Kamstrup" },   { "LGF", "Landis+Gyr" },
	{ "LGZ", "Landis+Gyr" }, { "NES", "NES" },        { "SAG", "Sagemcom" },
	{ "XMX", "Xemex" },
};

/* Letters in either case: some identifications write ISk. */
static bool is_flag(const char *flag, const uint8_t *octets)
{
	for (size_t i = 0; i < 3; i++) {
		uint8_t upper = octets[i] >= 'a' && octets[i] <= 'z' ? octets[i] - 32 : octets[i];

		if ((uint8_t)flag[i] != upper)
			return false;
	}
	return true;
}

static const char *find(const uint8_t *octets, size_t len)
{
	for (size_t i = 0; len >= 3 && i < sizeof(makers) / sizeof(makers[0]); i++) {
		if (is_flag(makers[i].flag, octets))
			return makers[i].name;
	}
	return "";
}

const char *han_reading_maker(const struct han_reading *reading)
{
	const struct han_value *device =
		han_reading_find(reading, measurements[M_LOGICAL_DEVICE_NAME].name);
	const char *maker = reading->list ? han_list_maker(reading->list) : "";

	if (!maker[0] && reading->framing == HAN_FRAMING_P1)
		maker = find(reading->p1.ident, reading->p1.ident_len);
	if (!maker[0] && device && device->type == HAN_VALUE_TEXT)
		maker = find(device->octets, device->len);
	if (!maker[0] && reading->has_encryption)
		maker = find(reading->encryption.title, HAN_TITLE_OCTETS);
	return maker;
}
