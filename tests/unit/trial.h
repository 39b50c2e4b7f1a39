/* The real loop, run until something is so, or until a deadline has passed. */
#ifndef TRIAL_H
#define TRIAL_H

#include "check.h"

#include "loop.h"

struct trial {
	struct loop loop;
	struct timer deadline;
	bool (*done)(void *user);
	void *user;
	bool late;
};

static inline void trial_expire(struct timer *timer)
{
	struct trial *trial = container_of(timer, struct trial, deadline);

	trial->late = true;
	loop_stop(&trial->loop);
}

static inline void trial_settled(void *user)
{
	struct trial *trial = user;

	if (trial->done && trial->done(trial->user))
		loop_stop(&trial->loop);
}

static inline void trial_init(struct trial *trial)
{
	*trial = (struct trial){ .loop.fd = -1 };
	assert_int_equal(loop_init(&trial->loop), 0);
	trial->loop.settled = trial_settled;
	trial->loop.user = trial;
	timer_init(&trial->deadline, &trial->loop, trial_expire);
}

static inline void trial_fini(struct trial *trial)
{
	timer_fini(&trial->deadline);
	loop_fini(&trial->loop);
}

/* Whether done() held in time. */
static inline bool trial_run(struct trial *trial, bool (*done)(void *user), void *user,
                             uint64_t deadline_ms)
{
	if (done(user))
		return true;
	trial->done = done;
	trial->user = user;
	trial->late = false;
	timer_start(&trial->deadline, deadline_ms, 0);
	assert_int_equal(loop_run(&trial->loop), 0);
	timer_stop(&trial->deadline);
	trial->done = NULL;
	return !trial->late;
}

/* How long until a timer fires; 0 when it is stopped. */
static inline uint64_t trial_left_ms(const struct timer *timer)
{
	uint64_t now_ns = loop_now_ns();

	return timer->due_ns > now_ns ? (timer->due_ns - now_ns + 999999) / 1000000 : 0;
}

#endif
