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
	struct pipe_end *other; /* what ready() takes out of the loop */
	unsigned count;
	uint32_t events;
};

static void pipe_ready(struct source *src, uint32_t events)
{
	struct pipe_end *end = container_of(src, struct pipe_end, source);
	char c;

	end->events = events;
	end->count += read(src->fd, &c, 1) == 1;
	if (end->other)
		loop_remove(&end->trial->loop, &end->other->source);
	end->other = NULL;
}

static void pipe_open(struct pipe_end *end, struct trial *trial)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	*end = (struct pipe_end){ { ends[0], pipe_ready }, ends[1], trial, NULL, 0, 0 };
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

/* Two sources are ready at once, and whichever comes first takes out the other: that one is not called any
 * more, although its event was there. */
static void test_removal(void **state)
{
	struct trial trial;
	struct pipe_end a, b;

	(void)state;
	trial_init(&trial);
	pipe_open(&a, &trial);
	pipe_open(&b, &trial);
	assert_int_equal(loop_add(&trial.loop, &a.source, EPOLLIN), 0);
	assert_int_equal(loop_add(&trial.loop, &b.source, EPOLLIN), 0);
	a.other = &b;
	b.other = &a;
	assert_int_equal(write(a.writer, "x", 1), 1);
	assert_int_equal(write(b.writer, "x", 1), 1);
	assert_false(trial_run(&trial, pipe_is_read, &(struct pipe_end){ 0 }, 50));
	assert_int_equal(a.count + b.count, 1);
	loop_remove(&trial.loop, a.count ? &a.source : &b.source);
	pipe_close(&a);
	pipe_close(&b);
	trial_fini(&trial);
}

/* settled() comes after each handler. */
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
	assert_int_equal(timer_init(&bell->timer, &trial->loop, bell_fired), 0);
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
	struct loop none = { .fd = -1 };
	struct timer timer = { 0 };

	(void)state;
	timer_stop(&timer);
	timer_fini(&timer);
	assert_int_equal(timer_init(&timer, &none, bell_fired), -EBADF);
	timer_fini(&timer);
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
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
