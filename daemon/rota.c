#include "rota.h"

/* How many turns of this period are due by then. */
static size_t turns_due(const struct rota *r, uint64_t now_ms)
{
	uint64_t passed_ms = now_ms - r->begun_ms;

	return passed_ms < r->period_ms ? (size_t)(passed_ms * r->count / r->period_ms) : r->count;
}

static void fired(struct timer *timer)
{
	struct rota *r = container_of(timer, struct rota, timer);
	uint64_t now_ms = loop_now_ms();
	size_t due = turns_due(r, now_ms);

	while (r->next < due)
		r->hooks.turn(r->hooks.user, r->next++);
	if (r->next < r->count)
		return;
	r->next = 0;
	r->begun_ms += r->period_ms;
	if (now_ms - r->begun_ms >= r->period_ms) /* whole periods were missed */
		r->begun_ms = now_ms;
	r->hooks.over(r->hooks.user);
}

void rota_init(struct rota *r, struct loop *loop, const struct rota_hooks *hooks)
{
	*r = (struct rota){ .hooks = *hooks };
	timer_init(&r->timer, loop, fired);
}

void rota_fini(struct rota *r)
{
	timer_fini(&r->timer);
}

void rota_start(struct rota *r, uint64_t period_ms, size_t count)
{
	uint64_t step_ms = (period_ms + count - 1) / count; /* so that one is due at each */

	r->period_ms = period_ms;
	r->begun_ms = loop_now_ms();
	r->count = count;
	r->next = 0;
	timer_start(&r->timer, step_ms, step_ms);
}

void rota_stop(struct rota *r)
{
	timer_stop(&r->timer);
}
