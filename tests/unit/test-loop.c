/* The event loop with real descriptors: sources, timers, signals, and removal in the middle of it all. */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "trial.h"

#define DEADLINE_MS 3000

/* A pipe whose reading end is watched. */
struct pipe_end {
	struct source source;
	int writer;
	struct trial *trial;
	struct pipe_end *other; /* what ready() takes out of the loop, */
	bool rests;             /* or watches for nothing any more */
	unsigned count;
	uint32_t events;
};

static void pipe_ready(struct source *src, uint32_t events)
{
	struct pipe_end *end = container_of(src, struct pipe_end, source);
	char c;

	end->events = events;
	end->count += read(src->fd, &c, 1) == 1;
	if (end->other && end->rests)
		loop_watch(&end->trial->loop, &end->other->source, 0);
	else if (end->other)
		loop_remove(&end->trial->loop, &end->other->source);
	end->other = NULL;
}

static void pipe_open(struct pipe_end *end, struct trial *trial)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	*end = (struct pipe_end){ { ends[0], pipe_ready }, ends[1], trial, .other = NULL };
}

static void pipe_close(struct pipe_end *end)
{
	close(end->source.fd);
	close(end->writer);
}

static bool pipe_is_read(void *user)
{
	const struct pipe_end *end = user;

	return end->count > 0;
}

static void test_source(void **state)
{
	struct trial trial;
	struct pipe_end end;

	(void)state;
	trial_init(&trial);
	pipe_open(&end, &trial);
	assert_int_equal(loop_add(&trial.loop, &end.source, EPOLLIN), 0);
	assert_int_equal(loop_add(&trial.loop, &end.source, EPOLLIN), -EEXIST);
	assert_int_equal(write(end.writer, "x", 1), 1);
	assert_true(trial_run(&trial, pipe_is_read, &end, DEADLINE_MS));
	assert_int_equal(end.events, EPOLLIN);

	/* once removed, it stays silent */
	loop_remove(&trial.loop, &end.source);
	end.count = 0;
	assert_int_equal(write(end.writer, "x", 1), 1);
	assert_false(trial_run(&trial, pipe_is_read, &end, 20));
	pipe_close(&end);
	trial_fini(&trial);
}

static void test_hangup(void **state)
{
	struct trial trial;
	struct pipe_end end;

	(void)state;
	trial_init(&trial);
	pipe_open(&end, &trial);
	assert_int_equal(loop_add(&trial.loop, &end.source, EPOLLIN), 0);
	end.other = &end; /* removes itself */
	close(end.writer);
	assert_false(trial_run(&trial, pipe_is_read, &end, 20));
	assert_int_equal(end.events, EPOLLHUP);
	close(end.source.fd);
	trial_fini(&trial);
}

static void test_refused(void **state)
{
	struct trial trial;
	struct source none = { -1, pipe_ready };
	struct source file = { open("/proc/self/status", O_RDONLY | O_CLOEXEC), pipe_ready };
	struct loop never = { .fd = -1 };

	(void)state;
	trial_init(&trial);
	assert_int_equal(loop_add(&trial.loop, &none, EPOLLIN), -EBADF);
	assert_int_equal(loop_add(&trial.loop, &file, EPOLLIN), -EPERM);
	assert_int_equal(loop_run(&never), -EBADF);
	loop_fini(&never);
	loop_fini(&never);
	close(file.fd);
	trial_fini(&trial);
}

/* Two sources are ready at once, and whichever comes first takes out the other, or lets it rest: that one is not called
 * any more, although its event was there. */
static void check_first_alone(bool rests)
{
	struct trial trial;
	struct pipe_end a, b;

	trial_init(&trial);
	pipe_open(&a, &trial);
	pipe_open(&b, &trial);
	assert_int_equal(loop_add(&trial.loop, &a.source, EPOLLIN), 0);
	assert_int_equal(loop_add(&trial.loop, &b.source, EPOLLIN), 0);
	a.other = &b;
	b.other = &a;
	a.rests = b.rests = rests;
	assert_int_equal(write(a.writer, "x", 1), 1);
	assert_int_equal(write(b.writer, "x", 1), 1);
	assert_false(trial_run(&trial, pipe_is_read, &(struct pipe_end){ 0 }, 50));
	assert_int_equal(a.count + b.count, 1);
	loop_remove(&trial.loop, a.count ? &a.source : &b.source);
	if (rests)
		loop_remove(&trial.loop, a.count ? &b.source : &a.source);
	pipe_close(&a);
	pipe_close(&b);
	trial_fini(&trial);
}

static void test_removal(void **state)
{
	(void)state;
	check_first_alone(false);
	check_first_alone(true);
}

/* settled() comes after the handlers of each wait. */
struct tally {
	struct loop loop;
	struct pipe_end end;
	unsigned settled;
};

static void tally_settled(void *user)
{
	struct tally *tally = user;

	tally->settled++;
	assert_int_equal(tally->end.count, tally->settled);
	if (tally->settled == 3)
		loop_stop(&tally->loop);
}

static void test_settled(void **state)
{
	struct tally tally = { 0 };

	(void)state;
	assert_int_equal(loop_init(&tally.loop), 0);
	tally.loop.settled = tally_settled;
	tally.loop.user = &tally;
	pipe_open(&tally.end, NULL);
	assert_int_equal(loop_add(&tally.loop, &tally.end.source, EPOLLIN), 0);
	assert_int_equal(write(tally.end.writer, "xxxxx", 5), 5);
	assert_int_equal(loop_run(&tally.loop), 0);
	assert_int_equal(tally.settled, 3);
	assert_int_equal(tally.end.count, 3); /* the rest waits */
	loop_fini(&tally.loop);
	pipe_close(&tally.end);
}

/* A timer and when it fired. */
struct bell {
	struct timer timer;
	struct bell *stops; /* what fired() stops */
	bool frees;         /* fired() takes the timer out for good */
	unsigned count;
	unsigned enough;
	uint64_t fired_ms;
};

static void bell_fired(struct timer *timer)
{
	struct bell *bell = container_of(timer, struct bell, timer);

	bell->count++;
	bell->fired_ms = loop_now_ms();
	if (bell->stops)
		timer_stop(&bell->stops->timer);
	if (bell->frees)
		timer_fini(timer);
}

static void bell_init(struct bell *bell, struct trial *trial)
{
	*bell = (struct bell){ .enough = 1 };
	timer_init(&bell->timer, &trial->loop, bell_fired);
}

static bool bell_rang(void *user)
{
	const struct bell *bell = user;

	return bell->count >= bell->enough;
}

static void test_timer(void **state)
{
	static const uint64_t delays[] = { 0, 1, 30, 1001 };
	struct trial trial;
	struct bell bell;

	(void)state;
	trial_init(&trial);
	bell_init(&bell, &trial);
	assert_false(trial_run(&trial, bell_rang, &bell, 20)); /* not before it is started */
	for (size_t i = 0; i < COUNT(delays); i++) {
		uint64_t start = loop_now_ms();

		print_message("# %u ms\n", (unsigned)delays[i]);
		bell.count = 0;
		timer_start(&bell.timer, delays[i], 0);
		assert_true(trial_run(&trial, bell_rang, &bell, DEADLINE_MS));
		assert_true(bell.fired_ms >= start + delays[i]);
		assert_int_equal(bell.count, 1);
		assert_int_equal(trial_left_ms(&bell.timer), 0); /* once */
	}
	timer_fini(&bell.timer);
	timer_fini(&bell.timer);
	trial_fini(&trial);
}

static void test_period(void **state)
{
	struct trial trial;
	struct bell bell;
	uint64_t start = loop_now_ms();

	(void)state;
	trial_init(&trial);
	bell_init(&bell, &trial);
	bell.enough = 4;
	timer_start(&bell.timer, 50, 20);
	assert_true(trial_run(&trial, bell_rang, &bell, DEADLINE_MS));
	assert_true(bell.fired_ms >= start + 50 + 3 * 20);
	timer_stop(&bell.timer);
	assert_int_equal(trial_left_ms(&bell.timer), 0);
	timer_fini(&bell.timer);
	trial_fini(&trial);
}

/* Starting again counts from then; stopping in time keeps it silent. */
static void test_restart(void **state)
{
	struct trial trial;
	struct bell early, late;

	(void)state;
	trial_init(&trial);
	bell_init(&early, &trial);
	bell_init(&late, &trial);
	timer_start(&late.timer, 1, 1);
	timer_start(&late.timer, 60000, 0);
	assert_in_range(trial_left_ms(&late.timer), 59000, 60000);

	timer_start(&late.timer, 0, 0);
	timer_stop(&late.timer);
	timer_start(&early.timer, 10, 0);
	assert_true(trial_run(&trial, bell_rang, &early, DEADLINE_MS));
	assert_int_equal(late.count, 0);
	timer_fini(&early.timer);
	timer_fini(&late.timer);
	trial_fini(&trial);
}

/* Both have expired when the loop looks: the first to be handled stops the second, which then does not fire. */
static void test_stop_expired(void **state)
{
	struct trial trial;
	struct bell a, b;

	(void)state;
	trial_init(&trial);
	bell_init(&a, &trial);
	bell_init(&b, &trial);
	a.stops = &b;
	b.stops = &a;
	timer_start(&a.timer, 0, 0);
	timer_start(&b.timer, 0, 0);
	assert_false(trial_run(&trial, bell_rang, &(struct bell){ .enough = 1 }, 50));
	assert_int_equal(a.count + b.count, 1);
	timer_fini(&a.timer);
	timer_fini(&b.timer);
	trial_fini(&trial);
}

static void test_timer_ends_itself(void **state)
{
	struct trial trial;
	struct bell bell;

	(void)state;
	trial_init(&trial);
	bell_init(&bell, &trial);
	bell.frees = true;
	timer_start(&bell.timer, 1, 1);
	assert_true(trial_run(&trial, bell_rang, &bell, DEADLINE_MS));
	assert_false(trial_run(&trial, bell_rang, &(struct bell){ .enough = 1 }, 20));
	assert_int_equal(bell.count, 1);
	trial_fini(&trial);
}

static void test_timer_never_had(void **state)
{
	struct timer timer = { 0 };

	(void)state;
	timer_stop(&timer);
	timer_fini(&timer);
}

/* Missed periods are made up for once, and those that follow stay in step. */
struct sleeper {
	struct timer timer;
	unsigned count;
	uint64_t due_ns;
};

static void sleeper_fired(struct timer *timer)
{
	struct sleeper *sleeper = container_of(timer, struct sleeper, timer);
	uint64_t step = timer->due_ns - sleeper->due_ns;

	sleeper->due_ns = timer->due_ns;
	assert_true(sleeper->due_ns > loop_now_ns() - 1000000000);
	if (sleeper->count++ == 1)
		usleep(55000);
	else if (sleeper->count == 3)
		assert_true(step >= 50000000);
	assert_int_equal(step % 10000000, 0);
}

static bool sleeper_is_done(void *user)
{
	const struct sleeper *sleeper = user;

	return sleeper->count == 4;
}

static void test_missed_periods(void **state)
{
	struct sleeper sleeper = { 0 };
	struct trial trial;

	(void)state;
	trial_init(&trial);
	timer_init(&sleeper.timer, &trial.loop, sleeper_fired);
	timer_start(&sleeper.timer, 10, 10);
	sleeper.due_ns = sleeper.timer.due_ns;
	assert_true(trial_run(&trial, sleeper_is_done, &sleeper, DEADLINE_MS));
	timer_fini(&sleeper.timer);
	trial_fini(&trial);
}

/* One that starts itself again and again, for now or for long ago, keeps neither sources nor others waiting. */
struct eager {
	struct timer timer;
	unsigned count;
};

static void eager_fired(struct timer *timer)
{
	struct eager *eager = container_of(timer, struct eager, timer);

	if (eager->count++ % 2)
		timer_start_at(timer, 1);
	else
		timer_start(timer, 0, 0);
}

static void test_eager(void **state)
{
	struct eager eager = { .count = 0 };
	struct trial trial;
	struct pipe_end end;
	struct bell bell;

	(void)state;
	trial_init(&trial);
	bell_init(&bell, &trial);
	pipe_open(&end, &trial);
	timer_init(&eager.timer, &trial.loop, eager_fired);
	assert_int_equal(loop_add(&trial.loop, &end.source, EPOLLIN), 0);
	timer_start(&eager.timer, 0, 0);
	timer_start(&bell.timer, 10, 0);
	assert_true(trial_run(&trial, bell_rang, &bell, DEADLINE_MS));
	assert_int_equal(write(end.writer, "x", 1), 1);
	assert_true(trial_run(&trial, pipe_is_read, &end, DEADLINE_MS));
	assert_true(eager.count > 2);
	timer_fini(&eager.timer);
	timer_fini(&bell.timer);
	pipe_close(&end);
	trial_fini(&trial);
}

/* Somebody stuck for longer than a timer has patience: what has come meanwhile is read before it fires. */
struct stall {
	struct source source; /* is ready, and stuck when it is called the second time */
	struct timer patience;
	struct pipe_end *late;
	unsigned calls;
	bool fired_first, fired;
};

static void stall_ready(struct source *src, uint32_t events)
{
	struct stall *stall = container_of(src, struct stall, source);

	(void)events;
	if (stall->calls++ != 1)
		return;
	usleep(1200000);
	assert_int_equal(write(stall->late->writer, "x", 1), 1);
}

static void stall_fired(struct timer *timer)
{
	struct stall *stall = container_of(timer, struct stall, patience);

	stall->fired = true;
	stall->fired_first = stall->late->count == 0;
}

static bool stall_is_over(void *user)
{
	const struct stall *stall = user;

	return stall->fired;
}

static void test_overslept(void **state)
{
	struct pipe_end busy, late;
	struct trial trial;
	struct stall stall = { .late = &late };

	(void)state;
	trial_init(&trial);
	pipe_open(&busy, &trial);
	pipe_open(&late, &trial);
	assert_int_equal(write(busy.writer, "x", 1), 1);
	stall.source = (struct source){ busy.source.fd, stall_ready };
	assert_int_equal(loop_add(&trial.loop, &stall.source, EPOLLIN), 0);
	assert_int_equal(loop_add(&trial.loop, &late.source, EPOLLIN), 0);
	timer_init(&stall.patience, &trial.loop, stall_fired);
	timer_start(&stall.patience, 100, 0);
	assert_true(trial_run(&trial, stall_is_over, &stall, 10 * DEADLINE_MS));
	assert_false(stall.fired_first);
	assert_int_equal(late.count, 1);
	timer_fini(&stall.patience);
	pipe_close(&busy);
	pipe_close(&late);
	trial_fini(&trial);
}

/* ---- many timers, against a model ---- */

#define CROWD       400
#define CROWD_STEPS 30000

struct member {
	struct timer timer;
	struct crowd *crowd;
	/* What the timer should be: */
	bool pending;
	uint64_t due_ns, period_ns;
};

struct crowd {
	struct loop loop;
	struct member members[CROWD];
	uint32_t seed;
	unsigned steps, fired;
	uint64_t turn_ns,
		last_ns; /* of the turn: its time, and when the timer that fired last was due */
};

static unsigned crowd_random(struct crowd *crowd, unsigned below)
{
	crowd->seed = crowd->seed * 1664525 + 1013904223;
	return (unsigned)((uint64_t)(crowd->seed >> 8) * below >> 24);
}

static size_t count_heap(const struct timer *timer, const struct timer *parent)
{
	const struct timer *before = parent;
	size_t count = 0;

	for (; timer; before = timer, timer = timer->next) {
		assert_ptr_equal(timer->before, before);
		assert_true(!parent || parent->place_ns <= timer->place_ns);
		count += 1 + count_heap(timer->child, timer);
	}
	return count;
}

/* Each is where it should be: in the heap or not, and with its time. */
static void crowd_check(const struct crowd *crowd)
{
	const struct timer *first = crowd->loop.first;
	size_t pending = 0;

	for (size_t i = 0; i < CROWD; i++) {
		const struct member *m = &crowd->members[i];

		assert_int_equal(m->timer.due_ns, m->pending ? m->due_ns : 0);
		assert_true(!m->pending || first->place_ns <= m->due_ns);
		pending += m->pending;
	}
	assert_int_equal(first ? 1 + count_heap(first->child, first) : 0, pending);
}

static uint64_t not_in_this_turn(const struct crowd *crowd, uint64_t ns)
{
	return ns > crowd->loop.fired_ns ? ns : crowd->loop.fired_ns + 1;
}

static void member_start(struct crowd *crowd, struct member *m)
{
	const unsigned delay_ms = crowd_random(crowd, 4), period_ms = crowd_random(crowd, 3);
	const uint64_t begin_ns = loop_now_ns() + delay_ms * 1000000;

	timer_start(&m->timer, delay_ms, period_ms);
	m->pending = true;
	m->due_ns = m->timer.due_ns;
	m->period_ns = period_ms * 1000000;
	assert_in_range(m->due_ns, begin_ns,
	                not_in_this_turn(crowd, loop_now_ns() + delay_ms * 1000000));
}

static void member_start_at(struct crowd *crowd, struct member *m)
{
	const uint64_t ns = loop_now_ns() + crowd_random(crowd, 4000000) - 2000000;

	timer_start_at(&m->timer, ns);
	m->pending = true;
	m->due_ns = not_in_this_turn(crowd, ns);
	m->period_ns = 0;
}

static void member_fired(struct timer *timer);

static void crowd_step(struct crowd *crowd)
{
	struct member *m = &crowd->members[crowd_random(crowd, CROWD)];
	unsigned what = crowd_random(crowd, 10);

	if (what < 4) {
		member_start(crowd, m);
	} else if (what < 7) {
		member_start_at(crowd, m);
	} else if (what < 9) {
		timer_stop(&m->timer);
		m->pending = false;
	} else {
		timer_fini(&m->timer);
		m->pending = false;
		timer_init(&m->timer, &crowd->loop, member_fired);
	}
	if (++crowd->steps % 16 == 0)
		crowd_check(crowd);
}

/* In time and in order; then others, and this one too, are started, stopped and taken out. */
static void member_fired(struct timer *timer)
{
	struct member *m = container_of(timer, struct member, timer);
	struct crowd *crowd = m->crowd;

	assert_true(m->pending);
	assert_true(m->due_ns <= crowd->loop.fired_ns);
	if (crowd->turn_ns == crowd->loop.fired_ns)
		assert_true(crowd->last_ns <= m->due_ns);
	crowd->turn_ns = crowd->loop.fired_ns;
	crowd->last_ns = m->due_ns;
	crowd->fired++;
	m->pending = m->period_ns > 0;
	if (m->pending) {
		assert_in_range(timer->due_ns, crowd->turn_ns + 1, crowd->turn_ns + m->period_ns);
		assert_int_equal((timer->due_ns - m->due_ns) % m->period_ns, 0);
		m->due_ns = timer->due_ns;
	}
	for (unsigned n = crowd_random(crowd, 6); n > 0 && crowd->steps < CROWD_STEPS; n--)
		crowd_step(crowd);
	if (crowd->steps == CROWD_STEPS && m->pending) { /* each for the last time */
		timer_stop(timer);
		m->pending = false;
	}
}

static void crowd_settled(void *user)
{
	struct crowd *crowd = user;

	if (!crowd->loop.first && crowd->steps < CROWD_STEPS)
		crowd_step(crowd);
	else if (!crowd->loop.first)
		loop_stop(&crowd->loop);
}

static void test_crowd(void **state)
{
	static struct crowd crowd;

	(void)state;
	crowd.seed = (uint32_t)loop_now_ns();
	print_message("# seed %u\n", crowd.seed);
	assert_int_equal(loop_init(&crowd.loop), 0);
	crowd.loop.settled = crowd_settled;
	crowd.loop.user = &crowd;
	for (size_t i = 0; i < CROWD; i++) {
		struct member *m = &crowd.members[i];

		m->crowd = &crowd;
		timer_init(&m->timer, &crowd.loop, member_fired);
		member_start(&crowd, m);
	}
	crowd_check(&crowd);
	assert_int_equal(loop_run(&crowd.loop), 0);
	crowd_check(&crowd); /* none is left: the loop has stopped */
	print_message("# %u fired\n", crowd.fired);
	for (size_t i = 0; i < CROWD; i++)
		timer_fini(&crowd.members[i].timer);
	loop_fini(&crowd.loop);
}

static void test_now(void **state)
{
	uint64_t before = loop_now_ms();

	(void)state;
	assert_true(before > 0);
	for (int i = 0; i < 100000; i++) {
		uint64_t now = loop_now_ms();

		assert_true(now >= before);
		before = now;
	}
}

struct postman {
	struct signals signals;
	int signo;
	unsigned count;
};

static void postman_received(struct signals *signals, int signo)
{
	struct postman *postman = container_of(signals, struct postman, signals);

	postman->signo = signo;
	postman->count++;
}

static bool postman_came(void *user)
{
	const struct postman *postman = user;

	return postman->count > 0;
}

static void test_signals(void **state)
{
	static const int signos[] = { SIGUSR1, SIGUSR2 };
	struct postman postman = { 0 };
	struct trial trial;
	sigset_t set;

	(void)state;
	trial_init(&trial);
	sigemptyset(&set);
	for (size_t i = 0; i < COUNT(signos); i++)
		sigaddset(&set, signos[i]);
	assert_int_equal(signals_init(&postman.signals, &trial.loop, &set, postman_received), 0);
	for (size_t i = 0; i < COUNT(signos); i++) {
		postman.count = 0;
		assert_int_equal(kill(getpid(), signos[i]), 0); /* blocked: kills nobody */
		assert_true(trial_run(&trial, postman_came, &postman, DEADLINE_MS));
		assert_int_equal(postman.signo, signos[i]);
		assert_int_equal(postman.count, 1);
	}
	signals_fini(&postman.signals);
	signals_fini(&postman.signals);
	trial_fini(&trial);
}

static void on_alarm(int signo)
{
	(void)signo;
}

/* A signal that is not ours interrupts the wait, and the wait goes on. */
static void test_interrupted(void **state)
{
	struct sigaction action = { .sa_handler = on_alarm }, before;
	struct trial trial;
	struct bell bell;

	(void)state;
	trial_init(&trial);
	bell_init(&bell, &trial);
	assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
	ualarm(10000, 10000);
	timer_start(&bell.timer, 100, 0);
	assert_true(trial_run(&trial, bell_rang, &bell, DEADLINE_MS));
	ualarm(0, 0);
	assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
	timer_fini(&bell.timer);
	trial_fini(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source),          cmocka_unit_test(test_hangup),
		cmocka_unit_test(test_refused),         cmocka_unit_test(test_removal),
		cmocka_unit_test(test_settled),         cmocka_unit_test(test_timer),
		cmocka_unit_test(test_period),          cmocka_unit_test(test_restart),
		cmocka_unit_test(test_stop_expired),    cmocka_unit_test(test_timer_ends_itself),
		cmocka_unit_test(test_timer_never_had), cmocka_unit_test(test_now),
		cmocka_unit_test(test_signals),         cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_missed_periods),  cmocka_unit_test(test_eager),
		cmocka_unit_test(test_overslept),       cmocka_unit_test(test_crowd),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
