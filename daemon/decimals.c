#include "decimals.h"

static uint64_t times(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? DECIMALS_MAX : product;
}

static uint64_t plus(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? DECIMALS_MAX : sum;
}

uint64_t decimals_steps(struct han_decimal number, int exp10)
{
	uint64_t steps = number.magnitude;

	for (int e = number.exp10; e > exp10 && steps != 0 && steps != DECIMALS_MAX; e--)
		steps = times(steps, 10);
	return steps;
}

static int finer(struct han_decimal a, struct han_decimal b)
{
	return a.exp10 < b.exp10 ? a.exp10 : b.exp10;
}

/* The step in which a meter counts: none counts in more than 1 kWh, but a float may leave out its zeros. */
static struct han_decimal one_step(struct han_decimal a, struct han_decimal b)
{
	int exp10 = a.exp10 > b.exp10 ? a.exp10 : b.exp10;

	return (struct han_decimal){ 1, (int16_t)(exp10 < 0 ? exp10 : 0), false };
}

int decimals_compare(struct han_decimal a, struct han_decimal b)
{
	int exp10 = finer(a, b);
	uint64_t in_a = decimals_steps(a, exp10), in_b = decimals_steps(b, exp10);
	int order = in_a < in_b ? -1 : in_a > in_b;

	if (a.negative != b.negative)
		return a.negative ? -1 : 1;
	return a.negative ? -order : order;
}

/* Wh, rounded up. */
static uint64_t energy_wh(unsigned power_w, uint64_t seconds)
{
	uint64_t joule = times(power_w, seconds);

	return joule / 3600 + 1;
}

bool decimals_rise_fits(struct han_decimal from, struct han_decimal to, unsigned power_w,
                        uint64_t seconds)
{
	int exp10 = finer(from, to) < -3 ? finer(from, to) : -3; /* Wh, if not finer */
	struct han_decimal allowed = { energy_wh(power_w, seconds), -3, false };
	uint64_t rise = decimals_steps(to, exp10) - decimals_steps(from, exp10);

	return rise <=
	       plus(decimals_steps(allowed, exp10), decimals_steps(one_step(from, to), exp10));
}
