#include "derive.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amount.h"
#include "keeper.h"
#include "log.h"
#include "registers.h"

#define KIND         "capacity"
#define KIND_BEFORE  "capacity-before" /* of another month, which was at hand before */
#define GAP_TOLD_MS  60000             /* people want to know */
#define DECIMALS_MAX 3                 /* of a power: it is counted in mW */
#define NEW_MONTH_S  180               /* when the last hour of the old one is settled */

static const char *const names[FLOW_DIRECTIONS] = { "import", "export" };

/* ---- a list comes ---- */

static int64_t energy(void *user, uint64_t at_ms)
{
	return live_energy(&((struct derive_energy *)user)->live, at_ms);
}

/* A meter that always takes its time has no gaps. */
static void tell_gap(const struct derive *d, enum flow_direction direction, uint64_t gap_ms)
{
	if (gap_ms < GAP_TOLD_MS || gap_ms < 2 * d->energies[direction].pause_ms)
		return;
	if (gap_ms > INTEGRAL_BRIDGE_MS)
		log_info("energy: %s: nothing known of the %s of the last %" PRIu64
		         " minutes: the next register will tell",
		         d->identity, names[direction], gap_ms / 60000);
	else
		log_info("energy: %s: the %s of the last %" PRIu64
		         " s is estimated, by the power before and after them",
		         d->identity, names[direction], gap_ms / 1000);
}

/* Whether anybody asks for the energies of hours. */
static bool counts_hours(const struct derive *d)
{
	return d->settings->hour_energy || d->settings->capacity_peaks;
}

static void take_power(struct derive *d, enum flow_direction direction, uint64_t mw,
                       const struct moment *now)
{
	struct derive_energy *e = &d->energies[direction];
	uint64_t gap_ms = live_power(&e->live, mw, now->ms);

	tell_gap(d, direction, gap_ms);
	e->pause_ms = gap_ms;
	e->adrift |= gap_ms > INTEGRAL_BRIDGE_MS;
	e->bridged |= gap_ms > HOURS_GAP_MS;
	if (counts_hours(d))
		hours_tick(&e->hours, now->ms, now->wall_ms, energy, e);
}

static void take_register(struct derive *d, enum flow_direction direction,
                          const struct han_reading *reading, const struct moment *now)
{
	struct derive_energy *e = &d->energies[direction];
	struct live_register reg;
	bool first = !e->live.registered || e->adrift;
	int64_t shift_mj;

	if (!registers_energy(&e->registers, reading, direction, now, &reg))
		return;
	shift_mj = live_register(&e->live, &reg);
	if (!first && llabs(shift_mj) > (int64_t)(3 * 3600 * e->live.max_power_mw))
		hours_forget(&e->hours); /* another meter, or another count */
	else if (!first && e->bridged)
		hours_mend(&e->hours, shift_mj);
	e->adrift = first && !integral_reaches(&e->live.integral, e->live.anchor_ms);
	e->bridged = false;
	hours_register(&e->hours, e->live.anchor_ms, first, shift_mj, energy, e);
}

static void take(struct derive *d, const struct han_reading *reading, const struct moment *now)
{
	struct flow_sample samples[FLOW_DIRECTIONS] = { 0 };
	const bool has_registers = registers_has_any(reading);

	for (unsigned i = 0; i < FLOW_DIRECTIONS; i++) {
		unsigned decimals = 0;

		samples[i].has = registers_power(reading, i, &samples[i].mw, &decimals);
		if (decimals > d->decimals)
			d->decimals = decimals < DECIMALS_MAX ? decimals : DECIMALS_MAX;
	}
	flow_take(&d->flow, samples, now->ms);
	for (unsigned i = 0; i < FLOW_DIRECTIONS; i++) {
		if (samples[i].has)
			take_power(d, i, samples[i].mw, now);
		if (has_registers)
			take_register(d, i, reading, now);
	}
}

/* ---- the highest hours ---- */

static void tell_failure(const char *identity, int rc)
{
	log_warning("energy: %s: cannot keep the month's highest hours: %s; a restart would lose "
	            "them",
	            identity, strerror(-rc));
}

static bool load_month(const struct derive *d, const char *kind, struct capacity *kept)
{
	char text[CAPACITY_TEXT];

	return keeper_load(kind, d->identity, text, sizeof(text)) && capacity_read(kept, text);
}

static bool is_at_hand(const struct derive *d, const struct capacity *kept)
{
	return kept->year == d->capacity.year && kept->month == d->capacity.month;
}

/* The clock may be in this month by mistake: what is kept of another one stays beside it. */
static void save_peaks(const struct derive *d)
{
	char text[CAPACITY_TEXT];
	struct capacity kept;

	if (load_month(d, KIND, &kept) && !is_at_hand(d, &kept))
		keeper_save(KIND_BEFORE, d->identity, capacity_print(&kept, text), tell_failure);
	keeper_save(KIND, d->identity, capacity_print(&d->capacity, text), tell_failure);
}

static void load_peaks(struct derive *d)
{
	struct capacity kept;

	if (load_month(d, KIND, &kept) && is_at_hand(d, &kept)) {
		d->capacity = kept;
	} else if (load_month(d, KIND_BEFORE, &kept) && is_at_hand(d, &kept)) {
		d->capacity = kept;
		save_peaks(d); /* so that it outlives the next mistake, too */
	}
}

static void take_hour(struct derive *d, const struct moment *now)
{
	const time_t month = (time_t)(now->wall_ms / 1000) - NEW_MONTH_S;
	time_t begin;
	int64_t mj;

	if (hours_settled(&d->energies[FLOW_IMPORT].hours, now->ms, &begin, &mj) && mj >= 0 &&
	    capacity_hour(&d->capacity, begin,
	                  ((uint64_t)mj + LIVE_MJ_PER_WH / 2) / LIVE_MJ_PER_WH))
		save_peaks(d);
	if (capacity_month(&d->capacity, month))
		load_peaks(d); /* the clock may have been in another one by mistake */
}

/* ---- values ---- */

struct output {
	struct derive *d;
	struct han_value *values;
	size_t count;
};

static void tell(struct output *out, enum calculated which, int64_t number, int exp10)
{
	const struct han_measurement *measurement = quantity_calculated(which);

	out->values[out->count++] = (struct han_value){
		.measurement = measurement,
		.type = HAN_VALUE_NUMBER,
		.unit = measurement->unit,
		.number = { (uint64_t)llabs(number), (int16_t)exp10, number < 0 },
	};
}

static void tell_live(struct output *out, enum flow_direction direction, enum calculated which)
{
	struct derive *d = out->d;
	bool dropped;
	uint64_t wh;

	if (d->held || !live_show(&d->energies[direction].live, &wh, &dropped))
		return;
	if (dropped)
		log_info("energy: %s: the %s register is far below what was published: it begins "
		         "anew",
		         d->identity, names[direction]);
	tell(out, which, (int64_t)wh, -3);
}

static void tell_hour(struct output *out, enum flow_direction direction, enum calculated which)
{
	struct derive_energy *e = &out->d->energies[direction];
	int64_t mj;

	if (e->live.integral.started && e->live.registered &&
	    hours_energy(&e->hours, energy(e, e->live.integral.at_ms), &mj))
		tell(out, which, mj / (int64_t)LIVE_MJ_PER_WH, -3);
}

static void tell_net(struct output *out, const struct moment *now)
{
	static const int units[] = { 1000, 100, 10, 1 }; /* mW, by decimals */
	unsigned decimals = out->d->decimals;
	int64_t mw;

	if (flow_net(&out->d->flow, now->ms, &mw))
		tell(out, CALCULATED_NET, mw / units[decimals], -(int)decimals);
}

static void tell_peaks(struct output *out)
{
	const struct capacity *capacity = &out->d->capacity;

	for (unsigned i = 0; i < CAPACITY_DAYS; i++)
		tell(out, CALCULATED_PEAK_1 + i, (int64_t)capacity->peaks[i].wh, -3);
	tell(out, CALCULATED_MEAN, (int64_t)capacity_mean(capacity), -3);
}

size_t derive_values(struct derive *d, const struct moment *now,
                     struct han_value values[CALCULATED_COUNT])
{
	struct output out = { d, values, 0 };

	if (d->settings->live_energy) {
		tell_live(&out, FLOW_IMPORT, CALCULATED_LIVE_IMPORT);
		tell_live(&out, FLOW_EXPORT, CALCULATED_LIVE_EXPORT);
	}
	if (d->settings->net_power)
		tell_net(&out, now);
	if (d->settings->hour_energy) {
		tell_hour(&out, FLOW_IMPORT, CALCULATED_HOUR_IMPORT);
		tell_hour(&out, FLOW_EXPORT, CALCULATED_HOUR_EXPORT);
	}
	if (d->settings->capacity_peaks && d->capacity.month)
		tell_peaks(&out);
	return out.count;
}

size_t derive_reading(struct derive *d, const struct han_reading *reading, const struct moment *now,
                      struct han_value values[CALCULATED_COUNT])
{
	take(d, reading, now);
	if (d->settings->capacity_peaks && d->identity[0] &&
	    d->energies[FLOW_IMPORT].live.integral.started)
		take_hour(d, now);
	return derive_values(d, now, values);
}

/* ---- begin ---- */

static void begin(struct derive *d)
{
	*d = (struct derive){ .settings = d->settings, .max_power_w = d->max_power_w };
	for (unsigned i = 0; i < FLOW_DIRECTIONS; i++)
		live_init(&d->energies[i].live, d->max_power_w);
}

void derive_init(struct derive *d, const struct derive_settings *settings, unsigned max_power_w)
{
	d->settings = settings;
	d->max_power_w = max_power_w;
	begin(d);
	d->held = true;
}

void derive_identify(struct derive *d, const char *identity)
{
	if (d->identity[0] && strcmp(d->identity, identity) != 0)
		begin(d);
	snprintf(d->identity, sizeof(d->identity), "%s", identity);
}

/* ---- floors ---- */

bool derive_wants_floors(const struct derive *d)
{
	return d->settings->live_energy && d->held && d->identity[0];
}

void derive_floor(struct derive *d, enum calculated which, const char *payload, size_t len)
{
	enum flow_direction direction = which == CALCULATED_LIVE_IMPORT ? FLOW_IMPORT : FLOW_EXPORT;
	struct derive_energy *e = &d->energies[direction];
	const int64_t thought_mj = energy(e, e->live.integral.at_ms);
	struct han_decimal number;
	uint64_t mj, step_mj;
	char text[32];

	if (!d->held)
		return;
	snprintf(text, sizeof(text), "%.*s", len < sizeof(text) ? (int)len : 0, payload);
	if (!amount_read(text, &number) || !amount_mj(number, &mj, &step_mj) ||
	    !live_floor(&e->live, mj))
		log_info("energy: %s: the broker keeps \"%s\" as the live %s energy: not believed",
		         d->identity, text, names[direction]);
	hours_shift(&e->hours, energy(e, e->live.integral.at_ms) - thought_mj);
}

void derive_floors_told(struct derive *d)
{
	d->held = false;
}
