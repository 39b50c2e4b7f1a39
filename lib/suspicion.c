#include "suspicion.h"

#define REGISTER 8 /* group D of a cumulative register (IEC 62056-61) */
#define TARIFFS  4

static bool specified(const struct han_datetime *t)
{
	return t->year != HAN_NO_YEAR && t->month <= 0xFC && t->day <= 0xDF &&
	       t->hour != HAN_UNSPECIFIED && t->minute != HAN_UNSPECIFIED &&
	       t->second != HAN_UNSPECIFIED;
}

/* The register of the same quantity and channel with that tariff; one in another unit, or in none, says nothing
 * of the total. */
static const struct han_value *tariff_of(const struct han_reading *reading,
                                         const struct han_value *total, uint8_t tariff)
{
	for (size_t i = 0; i < reading->count; i++) {
		const struct han_value *v = &reading->values[i];
		struct han_obis o = v->obis;

		if (!v->has_obis || v->type != HAN_VALUE_NUMBER || o.e != tariff ||
		    v->unit != total->unit)
			continue;
		o.e = 0;
		if (han_obis_equal(o, total->obis))
			return v;
	}
	return NULL;
}

/* A number in steps of 10^exp10; false when it does not fit, or is negative, as no register is. */
static bool in_steps(struct han_decimal number, int exp10, uint64_t *steps)
{
	for (; number.exp10 > exp10; number.exp10--) {
		if (number.magnitude > UINT64_MAX / 10)
			return false;
		number.magnitude *= 10;
	}
	*steps = number.magnitude;
	return !number.negative;
}

/* The powers of ten in which they are counted. */
struct range {
	int16_t finest, coarsest;
};

static struct range range_of(const struct han_value *total, const struct han_value *const *parts,
                             size_t count)
{
	struct range range = { total->number.exp10, total->number.exp10 };

	for (size_t i = 0; i < count; i++) {
		int16_t exp10 = parts[i]->number.exp10;

		if (exp10 < range.finest)
			range.finest = exp10;
		if (exp10 > range.coarsest)
			range.coarsest = exp10;
	}
	return range;
}

/* Each tariff is cut, not rounded, where its decimals end: the sum may be less by as many steps. What cannot
 * be summed up is not doubted. */
static bool sum_fits(const struct han_value *total, const struct han_value *const *parts,
                     size_t count)
{
	struct range range = range_of(total, parts, count);
	struct han_decimal cut = { count, range.coarsest, false };
	uint64_t whole, slack, sum = 0, part;

	if (!in_steps(total->number, range.finest, &whole) || !in_steps(cut, range.finest, &slack))
		return true;
	for (size_t i = 0; i < count; i++) {
		if (!in_steps(parts[i]->number, range.finest, &part) || part > UINT64_MAX - sum)
			return true;
		sum += part;
	}
	return sum > whole ? sum - whole <= slack : whole - sum <= slack;
}

/* One tariff alone may be one of several that the list does not have. */
static bool total_fits(const struct han_reading *reading, const struct han_value *total)
{
	const struct han_value *parts[TARIFFS];
	size_t count = 0;

	for (uint8_t tariff = 1; tariff <= TARIFFS; tariff++) {
		const struct han_value *part = tariff_of(reading, total, tariff);

		if (part)
			parts[count++] = part;
	}
	return count < 2 || sum_fits(total, parts, count);
}

static bool date_is_wrong(const struct han_value *v)
{
	return specified(&v->time) && !han_datetime_exists(&v->time);
}

static bool sum_is_wrong(const struct han_reading *reading, const struct han_value *v)
{
	return v->obis.d == REGISTER && v->obis.e == 0 && v->has_obis && !total_fits(reading, v);
}

void suspicion_mark(struct han_reading *reading)
{
	struct han_value *end = reading->values + reading->count;

	for (struct han_value *v = reading->values; v < end; v++) {
		if (v->type == HAN_VALUE_NUMBER && sum_is_wrong(reading, v))
			v->suspicion = HAN_SUSPECT_SUM;
		else if (v->type == HAN_VALUE_CLOCK && date_is_wrong(v))
			v->suspicion = HAN_SUSPECT_DATE;
	}
}
