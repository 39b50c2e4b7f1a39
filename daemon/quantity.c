#include "quantity.h"

/* clang-format off */
static const struct han_measurement calculated[CALCULATED_COUNT] = {
	[CALCULATED_LIVE_IMPORT] = { { 0 }, "energy_active_live_import", "Active import energy up to now, calculated", HAN_UNIT_KWH, 0, HAN_KIND_REGISTER },
	[CALCULATED_LIVE_EXPORT] = { { 0 }, "energy_active_live_export", "Active export energy up to now, calculated", HAN_UNIT_KWH, 0, HAN_KIND_REGISTER },
	[CALCULATED_NET] = { { 0 }, "power_active_net", "Active power, import minus export", HAN_UNIT_W, 0, HAN_KIND_LIVE },
	[CALCULATED_HOUR_IMPORT] = { { 0 }, "energy_active_hour_import", "Active import energy of this hour", HAN_UNIT_KWH, 0, HAN_KIND_REGISTER },
	[CALCULATED_HOUR_EXPORT] = { { 0 }, "energy_active_hour_export", "Active export energy of this hour", HAN_UNIT_KWH, 0, HAN_KIND_REGISTER },
	[CALCULATED_PEAK_1] = { { 0 }, "capacity_peak_1", "Highest hour of the month", HAN_UNIT_KWH_PER_H, 0, HAN_KIND_REGISTER },
	[CALCULATED_PEAK_2] = { { 0 }, "capacity_peak_2", "Second highest hour of the month", HAN_UNIT_KWH_PER_H, 0, HAN_KIND_REGISTER },
	[CALCULATED_PEAK_3] = { { 0 }, "capacity_peak_3", "Third highest hour of the month", HAN_UNIT_KWH_PER_H, 0, HAN_KIND_REGISTER },
	[CALCULATED_MEAN] = { { 0 }, "capacity_mean", "Mean of the month's three highest hours", HAN_UNIT_KWH_PER_H, 0, HAN_KIND_REGISTER },
};
/* clang-format on */

size_t quantity_count(void)
{
	return han_measurement_count() + CALCULATED_COUNT;
}

const struct han_measurement *quantity_at(size_t index)
{
	size_t known = han_measurement_count();

	return index < known ? han_measurement_at(index) : &calculated[index - known];
}

size_t quantity_index(const struct han_measurement *quantity)
{
	if (quantity->obis.f == 0) /* no code */
		return han_measurement_count() + (size_t)(quantity - calculated);
	return han_measurement_index(quantity);
}

const struct han_measurement *quantity_calculated(enum calculated which)
{
	return &calculated[which];
}
