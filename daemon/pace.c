#include "pace.h"

#define PAUSE_MAX_MS    86400000 /* of what is learned */
#define UNKNOWN_LIFE_MS 90000000
#define LIFE_MIN_MS     60000
#define LIFE_PAUSES     10
#define SLACK_MS        200

/* The longest of the last few, so that a lost message or two lets nothing expire; a long silence has no
 * weight any more some values later. */
static uint32_t usual_pause(const struct pace *pace)
{
	uint32_t longest = 0;

	for (unsigned i = 0; i < PACE_PAUSES; i++) {
		if (pace->pauses_ms[i] > longest)
			longest = pace->pauses_ms[i];
	}
	return longest;
}

/* 0 when that is later: not all that is told in one turn asks for the time once. */
static uint64_t since(uint64_t then_ms, uint64_t now_ms)
{
	return now_ms > then_ms ? now_ms - then_ms : 0;
}

static void learn(struct pace *pace, uint64_t now_ms)
{
	uint64_t pause = since(pace->came_ms, now_ms);

	if (pace->came_ms) {
		if (pause > PAUSE_MAX_MS)
			pause = PAUSE_MAX_MS;
		/* 0 stands for none */
		pace->pauses_ms[pace->next_pause] = pause > 0 ? (uint32_t)pause : 1;
		pace->next_pause = (uint8_t)((pace->next_pause + 1) % PACE_PAUSES);
	}
	pace->came_ms = now_ms;
}

/* Ten days at most: 32 bits, which any processor divides. */
static uint32_t lifetime(const struct pace *pace, const struct pace_rules *rules)
{
	uint32_t pause = usual_pause(pace);
	uint32_t life = pause > 0 ? pause * LIFE_PAUSES : UNKNOWN_LIFE_MS;

	if (life < LIFE_MIN_MS)
		life = LIFE_MIN_MS;
	return life > 2 * rules->min_interval_ms ? life : 2 * rules->min_interval_ms;
}

/* Half of what it has to live is over, by what the broker was told or by what is known now. */
static bool ages(const struct pace *pace, const struct pace_rules *rules, uint64_t now_ms)
{
	uint32_t told = pace->left_expiry_s * 1000;
	uint32_t life;

	if (!rules->expire)
		return false;
	life = lifetime(pace, rules);
	if (told > 0 && told < life)
		life = told;
	return since(pace->left_ms, now_ms) >= life / 2;
}

bool pace_may_leave(const struct pace *pace, const struct pace_rules *rules, uint64_t now_ms)
{
	return since(pace->left_ms, now_ms) >= rules->min_interval_ms;
}

enum pace_verdict pace_came(struct pace *pace, const struct pace_rules *rules, bool changed,
                            uint64_t now_ms)
{
	learn(pace, now_ms);
	pace->waits = false;
	if (!pace->left_ms)
		return PACE_LEAVES;
	if (!changed && rules->on_change && !ages(pace, rules, now_ms))
		return PACE_STAYS;
	if (pace_may_leave(pace, rules, now_ms))
		return PACE_LEAVES;
	pace->waits = true;
	return PACE_WAITS;
}

uint64_t pace_due_ms(const struct pace *pace, const struct pace_rules *rules)
{
	return pace->left_ms + rules->min_interval_ms + SLACK_MS;
}

unsigned pace_lifetime_s(const struct pace *pace, const struct pace_rules *rules)
{
	return (lifetime(pace, rules) + 999) / 1000;
}

bool pace_expiry_s(const struct pace *pace, const struct pace_rules *rules, uint64_t now_ms,
                   unsigned *expiry_s)
{
	uint64_t age_ms = since(pace->came_ms, now_ms);
	unsigned life_s;

	*expiry_s = 0;
	if (!rules->expire)
		return true;
	life_s = pace_lifetime_s(pace, rules);
	if (age_ms >= life_s * 1000)
		return false;
	*expiry_s = life_s - (unsigned)age_ms / 1000;
	return true;
}

void pace_left(struct pace *pace, unsigned expiry_s, uint64_t now_ms)
{
	pace->left_ms = now_ms;
	pace->left_expiry_s = expiry_s;
	pace->waits = false;
}
