#include "gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decimals.h"

/* A register of an hour arrives some seconds after it, not always as many. */
#define SLACK_S 60

/* One that was never seen to move may be about to: some meters write theirs down once an hour. */
#define FIRST_MOVE_S 3600

/* Near 0 is what a meter says that counts anew before it has read its own memory, as long as it likes: that of two
 * lists, of which some meters send one in ten seconds, says nothing. What a meter sends every hour may come
 * some seconds early. */
#define LASTING_MS (50 * 60 * 1000)

static const struct han_decimal near_zero = { 1, 0, false };

struct gate_register {
	bool known;
	struct han_decimal value; /* believed */
	bool remembered;          /* from an earlier run */
	bool moving;              /* this run has seen it rise */
	time_t wall;              /* with remembered: when it was so */
	uint64_t ms;              /* otherwise: since when it is so */
	bool usual;               /* what its message shows was believed: this meter is like that */
	bool doubted;
	struct gate_doubt doubt;
	uint64_t doubt_ms;   /* when that was first said */
	uint64_t said_ms;    /* since when it says what it says now */
	uint64_t in_reading; /* the one that said so last */
};

int gate_init(struct gate *g, unsigned max_power_w)
{
	*g = (struct gate){ .max_power_w = max_power_w };
	g->registers = calloc(han_measurement_count(), sizeof(void *));
	return g->registers ? 0 : -ENOMEM;
}

static void forget_registers(struct gate *g)
{
	for (size_t i = 0; g->registers && i < han_measurement_count(); i++) {
		free(g->registers[i]);
		g->registers[i] = NULL;
	}
}

void gate_fini(struct gate *g)
{
	forget_registers(g);
	free(g->registers);
	g->registers = NULL;
}

/* A new one if need be; NULL without memory. */
static struct gate_register *register_of(struct gate *g, const struct han_measurement *measurement)
{
	struct gate_register **r = &g->registers[han_measurement_index(measurement)];

	if (!*r)
		*r = calloc(1, sizeof(**r));
	return *r;
}

void gate_forget(struct gate *g)
{
	forget_registers(g);
	g->doubted = 0;
	g->believed = false;
}

void gate_remember(struct gate *g, const struct han_measurement *measurement,
                   struct han_decimal value, time_t when)
{
	struct gate_register *r = register_of(g, measurement);

	if (!r || r->known || value.negative)
		return;
	r->known = r->remembered = true;
	r->value = value;
	r->wall = when;
}

/* ---- one register ---- */

static bool is_register(const struct han_value *v)
{
	return v->measurement && v->measurement->kind == HAN_KIND_REGISTER &&
	       v->type == HAN_VALUE_NUMBER && !v->structural;
}

/* What is not counted in W and h has no such limit; nor has a register while the host's clock is behind that of the
 * earlier run. */
static bool rise_fits(const struct gate *g, const struct gate_register *r,
                      const struct han_value *v, struct gate_now now)
{
	bool in_hours = v->unit == HAN_UNIT_KWH || v->unit == HAN_UNIT_KVARH;
	uint64_t slack_s = r->moving ? SLACK_S : FIRST_MOVE_S;
	uint64_t elapsed_s;

	if (g->max_power_w == 0 || !in_hours || (r->remembered && now.wall < r->wall))
		return true;
	elapsed_s = r->remembered ? (uint64_t)(now.wall - r->wall) : (now.ms - r->ms) / 1000;
	return decimals_rise_fits(r->value, v->number, g->max_power_w, elapsed_s + slack_s);
}

/* Whether there is a reason to doubt it. What is known of no time before has none but its own message. */
static bool doubts(const struct gate *g, const struct gate_register *r, const struct han_value *v,
                   struct gate_now now, struct gate_doubt *doubt)
{
	bool falls = r->known && decimals_compare(v->number, r->value) < 0;

	*doubt = (struct gate_doubt){
		.measurement = v->measurement,
		.said = v->number,
		.before = r->value,
		.lasting = falls && decimals_compare(v->number, near_zero) < 0,
	};
	if (v->number.negative || (v->suspicion != HAN_SUSPECT_NOT && !r->usual))
		doubt->reason = GATE_SUSPECT;
	else if (falls)
		doubt->reason = GATE_FALLEN;
	else if (r->known && !rise_fits(g, r, v, now))
		doubt->reason = GATE_RISEN;
	else
		return false;
	return true;
}

/* Whether a reading agrees with the one before it, which was refused too. A list that says it twice is one reading. */
static bool agrees(const struct gate *g, const struct gate_register *r, const struct han_value *v,
                   struct gate_now now)
{
	struct gate_register so_far = { .value = r->doubt.said, .ms = r->said_ms, .moving = true };

	return r->doubted && r->in_reading != g->reading && !r->doubt.said.negative &&
	       !v->number.negative && decimals_compare(v->number, r->doubt.said) >= 0 &&
	       rise_fits(g, &so_far, v, now);
}

static void believe(struct gate *g, struct gate_register *r, const struct han_value *v,
                    struct gate_now now)
{
	bool doubted = r->doubted;

	if (doubted)
		g->doubted--;
	r->doubted = false;
	r->usual = v->suspicion != HAN_SUSPECT_NOT;
	if (r->known && decimals_compare(v->number, r->value) == 0)
		return; /* since when it is so counts */
	r->moving = r->known && !doubted;
	r->known = true;
	r->remembered = false;
	r->value = v->number;
	r->ms = now.ms;
}

static void refuse(struct gate *g, struct gate_register *r, const struct gate_doubt *doubt,
                   bool agreed, struct gate_now now)
{
	bool same = r->doubted && decimals_compare(doubt->said, r->doubt.said) == 0;

	g->refused++;
	if (same && r->in_reading == g->reading)
		return;
	if (!r->doubted)
		g->doubted++;
	if (!agreed)
		r->doubt_ms = now.ms;
	if (!same)
		r->said_ms = now.ms;
	r->doubted = true;
	r->doubt = *doubt;
	r->in_reading = g->reading;
}

/* ---- a list ---- */

/* Whether the register may pass. */
static bool judge(struct gate *g, const struct han_value *v, struct gate_now now)
{
	struct gate_register *r = register_of(g, v->measurement);
	struct gate_doubt doubt;
	bool agreed;

	if (!r) /* nothing to judge it by */
		return true;
	if (!doubts(g, r, v, now, &doubt)) {
		believe(g, r, v, now);
		return true;
	}
	agreed = agrees(g, r, v, now);
	if (!agreed || (doubt.lasting && now.ms - r->doubt_ms < LASTING_MS)) {
		refuse(g, r, &doubt, agreed, now);
		return false;
	}
	g->believed = true;
	g->belief = doubt;
	believe(g, r, v, now);
	return true;
}

static void leave_out(struct han_reading *reading, const bool *refused)
{
	size_t kept = 0;

	for (size_t i = 0; i < reading->count; i++) {
		if (!refused[i])
			reading->values[kept++] = reading->values[i];
	}
	reading->count = kept;
}

static void report_on(struct gate *g, size_t doubted_before, struct gate_now now,
                      struct gate_report *report)
{
	const struct gate_doubt *doubt = gate_doubt(g);

	*report = (struct gate_report){
		.began = g->doubted > 0 && doubted_before == 0,
		.ended = g->doubted == 0 && doubted_before > 0,
		.believed = g->believed,
		.doubt = doubt ? *doubt : g->belief,
		.others = g->doubted > 0 ? (unsigned)g->doubted - 1 : 0,
	};
	if (report->began)
		g->since_ms = now.ms;
	if (g->doubted == 0)
		g->believed = false;
}

const struct han_reading *gate_pass(struct gate *g, const struct han_reading *reading,
                                    struct gate_now now, struct han_reading *room,
                                    struct gate_report *report)
{
	bool refused[HAN_VALUES_MAX] = { false };
	bool any = false;
	size_t doubted = g->doubted;

	g->reading++;
	for (size_t i = 0; i < reading->count; i++) {
		const struct han_value *v = &reading->values[i];

		if (is_register(v) && !judge(g, v, now))
			refused[i] = any = true;
	}
	report_on(g, doubted, now, report);
	if (!any)
		return reading;
	*room = *reading;
	leave_out(room, refused);
	return room;
}

const struct gate_doubt *gate_doubt(const struct gate *g)
{
	for (size_t i = 0; g->doubted > 0 && i < han_measurement_count(); i++) {
		if (g->registers[i] && g->registers[i]->doubted)
			return &g->registers[i]->doubt;
	}
	return NULL;
}

uint64_t gate_doubted_ms(const struct gate *g, uint64_t now_ms)
{
	return g->doubted > 0 ? now_ms - g->since_ms : 0;
}
