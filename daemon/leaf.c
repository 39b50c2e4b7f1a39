#include "leaf.h"

#include <string.h>

#include "json.h"
#include "publisher.h"
#include "quantity.h"

const char *leaf_of(const char *topic, const char *base)
{
	size_t len = strlen(base);

	return strncmp(topic, base, len) == 0 && topic[len] == '/' ? topic + len + 1 : NULL;
}

/* One level below that one. */
static bool is_below(const char *leaf, const char *level)
{
	const char *rest = leaf_of(leaf, level);

	return rest && rest[0] && !strchr(rest, '/');
}

/* NULL: there is none of that name. */
static const struct han_measurement *quantity_of(const char *leaf)
{
	for (size_t i = 0; i < quantity_count(); i++) {
		if (strcmp(quantity_at(i)->name, leaf) == 0)
			return quantity_at(i);
	}
	return NULL;
}

bool leaf_is_bridges(const char *leaf)
{
	return strcmp(leaf, "availability") == 0 || strcmp(leaf, "info") == 0;
}

bool leaf_is_value(const char *leaf)
{
	return is_below(leaf, "obis") || quantity_of(leaf);
}

bool leaf_is_meters(const char *leaf)
{
	return leaf_is_bridges(leaf) || is_below(leaf, "diagnostics") || leaf_is_value(leaf);
}

bool leaf_info_is_of(const void *payload, size_t len, const char *identity)
{
	cJSON *info = json_parse(payload, len);
	const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(info, "meter_id"));
	bool same = id && strcmp(id, identity) == 0;

	cJSON_Delete(info);
	return same;
}

static bool is_calculated(enum calculated which, const struct derive_settings *derive)
{
	switch (which) {
	case CALCULATED_LIVE_IMPORT:
	case CALCULATED_LIVE_EXPORT:
		return derive->live_energy;
	case CALCULATED_NET:
		return derive->net_power;
	case CALCULATED_HOUR_IMPORT:
	case CALCULATED_HOUR_EXPORT:
		return derive->hour_energy;
	case CALCULATED_PEAK_1:
	case CALCULATED_PEAK_2:
	case CALCULATED_PEAK_3:
	case CALCULATED_MEAN:
		return derive->capacity_peaks;
	case CALCULATED_COUNT:
		break;
	}
	return false;
}

bool leaf_is_wanted(const char *leaf, const struct publisher_settings *settings,
                    const struct derive_settings *derive)
{
	const struct han_measurement *quantity = quantity_of(leaf);
	size_t index = quantity ? quantity_index(quantity) : 0;

	if (!settings->retain)
		return false;
	if (!quantity)
		return settings->unknown_obis;
	if (index < han_measurement_count())
		return true;
	return derive && is_calculated((enum calculated)(index - han_measurement_count()), derive);
}
