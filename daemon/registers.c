#include "registers.h"

#include <string.h>

#include "amount.h"
#include "clock.h"

#define TOTAL          1u /* the part that is the whole */
#define TARIFFS        4
#define OFTEN_MS       600000 /* registers that come more often are those of now */
#define AFTER_HOUR_MS  90000  /* lists that come once an hour have come by then */
#define USUAL_DELAY_MS 10000  /* of them behind the full hour */
#define HOUR_MS        3600000

/* Of a quantity's code: group D, and group E without a tariff. */
#define POWER     7
#define ENERGY    8
#define NO_TARIFF 0

/* ---- what a list has ---- */

/* Group C is 1 of what is imported, 2 of what is exported. */
static const struct han_value *find(const struct han_reading *reading,
                                    enum flow_direction direction, unsigned d, unsigned e)
{
	for (size_t i = 0; i < reading->count; i++) {
		const struct han_measurement *m = reading->values[i].measurement;

		if (m && m->obis.c == direction + 1 && m->obis.d == d && m->obis.e == e)
			return &reading->values[i];
	}
	return NULL;
}

static const struct han_value *find_number(const struct han_reading *reading,
                                           enum flow_direction direction, unsigned d)
{
	const struct han_value *value = find(reading, direction, d, NO_TARIFF);

	return value && value->type == HAN_VALUE_NUMBER && !value->structural &&
	                       value->unit == value->measurement->unit
	               ? value
	               : NULL;
}

bool registers_has_any(const struct han_reading *reading)
{
	for (size_t i = 0; i < reading->count; i++) {
		const struct han_measurement *m = reading->values[i].measurement;

		if (m && m->kind == HAN_KIND_REGISTER)
			return true;
	}
	return false;
}

bool registers_power(const struct han_reading *reading, enum flow_direction direction, uint64_t *mw,
                     unsigned *decimals)
{
	const struct han_value *value = find_number(reading, direction, POWER);

	if (!value || !amount_mw(value->number, mw))
		return false;
	*decimals = value->number.exp10 < 0 ? (unsigned)-value->number.exp10 : 0;
	return true;
}

/* The tariffs of a meter that sends no total. */
static unsigned find_tariffs(const struct han_reading *reading, enum flow_direction direction,
                             struct live_register *reg)
{
	struct live_register sum = { 0 };
	unsigned parts = 0;

	for (unsigned tariff = 1; tariff <= TARIFFS; tariff++) {
		const struct han_value *value = find(reading, direction, ENERGY, tariff);
		uint64_t mj, step_mj;

		if (!value)
			continue;
		if (value->type != HAN_VALUE_NUMBER || !amount_mj(value->number, &mj, &step_mj))
			return 0;
		sum.mj += mj;
		sum.step_mj += step_mj;
		parts |= 1u << tariff;
	}
	*reg = sum;
	return parts;
}

/* What it is made of; 0: there is none. */
static unsigned find_register(const struct han_reading *reading, enum flow_direction direction,
                              struct live_register *reg)
{
	const struct han_value *value = find_number(reading, direction, ENERGY);

	if (!value)
		return find_tariffs(reading, direction, reg);
	return amount_mj(value->number, &reg->mj, &reg->step_mj) ? TOTAL : 0;
}

/* One of several tariffs may have been refused: the sum of the others is another register. */
static bool is_whole(unsigned before, unsigned parts)
{
	return parts == TOTAL || (parts && before != TOTAL && (parts & before) == before);
}

/* ---- when a register was true ---- */

/* What the list says of itself: its clock item, which belongs to the registers, else its header. */
static const struct han_datetime *time_of(const struct han_reading *reading)
{
	const struct han_value *clock = han_reading_find(reading, "meter_timestamp");

	if (clock && clock->type == HAN_VALUE_CLOCK && clock->suspicion == HAN_SUSPECT_NOT)
		return &clock->time;
	return han_reading_time(reading);
}

/* How long ago the meter's clock had that time: by its own clock where the list was stamped later, else by the
 * host's. Below 0: nobody knows, as the clocks are too far apart. */
static int64_t age_of(const struct han_datetime *said, const struct han_reading *reading,
                      const struct moment *now)
{
	const time_t near = (time_t)(now->wall_ms / 1000);
	const struct han_datetime *header = han_reading_time(reading);
	struct clock_instant then, sent;
	int64_t age_ms;

	if (!clock_resolve(NULL, said, near, &then))
		return -1;
	age_ms = now->wall_ms - (int64_t)then.utc * 1000;
	if (header && clock_resolve(NULL, header, near, &sent) && sent.utc > then.utc)
		age_ms = ((int64_t)sent.utc - then.utc) * 1000;
	return age_ms <= HOUR_MS + AFTER_HOUR_MS ? age_ms : -1;
}

static int64_t ms_of_hour(const struct han_datetime *time)
{
	return (time->minute * 60 + time->second) * 1000;
}

/* So long ago, or when the clock began. */
static uint64_t ago(const struct moment *now, int64_t ms)
{
	return (uint64_t)ms < now->ms ? now->ms - (uint64_t)ms : 0;
}

/* Whether the list before is not older than one of an hour ago would be. */
static bool is_next(const struct registers *before, const struct moment *now)
{
	return before->at_ms && now->ms - before->at_ms <= HOUR_MS + AFTER_HOUR_MS;
}

/* Returns whether the time that the list says was an hour past. A list of an hour ago may come again, but not two in a
 * row: then it is the clock, which does not follow summer time. */
static bool date(struct live_register *reg, const struct registers *before,
                 const struct han_reading *reading, const struct moment *now)
{
	const struct han_datetime *said = time_of(reading);
	const bool tells = said && han_datetime_exists(said);
	int64_t of_hour_ms = now->wall_ms % HOUR_MS, age_ms = -1;
	bool behind = false;

	reg->at_ms = reg->hour_ms = now->ms;
	if (before->at_ms && now->ms - before->at_ms < OFTEN_MS)
		return false;
	if (tells) {
		age_ms = age_of(said, reading, now);
		behind = age_ms > HOUR_MS - AFTER_HOUR_MS;
		if (behind && (before->behind || is_next(before, now)))
			age_ms -= HOUR_MS;
		of_hour_ms = ms_of_hour(said) + (age_ms > 0 ? age_ms % HOUR_MS : 0);
	}
	if (of_hour_ms > AFTER_HOUR_MS)
		return behind;
	reg->hour_ms = ago(now, of_hour_ms);
	if (tells && ms_of_hour(said) == 0) {
		reg->at_ms = ago(now, age_ms < 0 ? USUAL_DELAY_MS : age_ms);
		reg->hour_ms = reg->at_ms;
	}
	return behind;
}

bool registers_energy(struct registers *registers, const struct han_reading *reading,
                      enum flow_direction direction, const struct moment *now,
                      struct live_register *reg)
{
	const struct han_datetime *said;
	struct live_register found;
	unsigned parts = find_register(reading, direction, &found);
	char text[HAN_DATETIME_TEXT] = "";
	bool behind;

	if (!is_whole(registers->parts, parts))
		return false;
	said = time_of(reading);
	if (said)
		han_datetime_print(said, text);
	if (registers->parts && said && registers->mj == found.mj &&
	    strcmp(registers->said, text) == 0)
		return false;
	behind = date(&found, registers, reading, now);
	*registers = (struct registers){ parts, now->ms, found.mj, behind, "" };
	memcpy(registers->said, text, sizeof(text));
	*reg = found;
	return true;
}
