/* Turns in the real loop: their order, their pace, and what becomes of them when the loop was held up. */
#include "trial.h"

#include "rota.h"

#define DEADLINE_MS 20000
#define TURNS       40

struct round {
	struct rota rota;
	unsigned turns[TURNS];
	size_t next;
	unsigned over, wanted;
};

static void on_turn(void *user, size_t index)
{
	struct round *round = user;

	assert_int_equal(index, round->next);
	round->next = index + 1;
	round->turns[index]++;
}

static void on_over(void *user)
{
	struct round *round = user;

	round->over++;
	round->next = 0;
}

static bool is_over(void *user)
{
	const struct round *round = user;

	return round->over >= round->wanted;
}

static void begin(struct round *round, struct trial *trial, uint64_t period_ms, size_t count)
{
	const struct rota_hooks hooks = { round, on_turn, on_over };

	trial_init(trial);
	rota_init(&round->rota, &trial->loop, &hooks);
	rota_start(&round->rota, period_ms, count);
}

static void end(struct round *round, struct trial *trial)
{
	rota_fini(&round->rota);
	trial_fini(trial);
}

/* One after the other, once in each period; also where it cannot be divided by them. */
static void test_turns(void **state)
{
	static const size_t counts[] = { 1, 7, TURNS };

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct round round = { .wanted = 3 };
		uint64_t begun_ms = loop_now_ms();
		struct trial trial;

		begin(&round, &trial, 100, counts[i]);
		assert_true(trial_run(&trial, is_over, &round, DEADLINE_MS));
		assert_true(loop_now_ms() - begun_ms >= 300);
		for (size_t k = 0; k < counts[i]; k++)
			assert_int_equal(round.turns[k], 3);
		end(&round, &trial);
	}
}

/* As the loop would do after so long, in which it had no time. */
static void held_up(struct round *round, uint64_t ms)
{
	round->rota.begun_ms -= ms;
	round->rota.timer.fired(&round->rota.timer);
}

/* All that are due have theirs, not one of them alone, and the period is no longer for it. */
static void test_held_up(void **state)
{
	struct round round = { 0 };
	struct trial trial;
	uint64_t begun_ms;

	(void)state;
	begin(&round, &trial, 4000000, TURNS);
	held_up(&round, 1000000);
	assert_int_equal(round.rota.next, TURNS / 4);
	held_up(&round, 1000000);
	assert_int_equal(round.rota.next, TURNS / 2);
	begun_ms = round.rota.begun_ms;
	held_up(&round, 3000000);
	assert_int_equal(round.over, 1);
	assert_int_equal(round.rota.next, 0);
	assert_int_equal(round.rota.begun_ms, begun_ms - 3000000 + 4000000);
	held_up(&round, 0);
	assert_int_equal(round.rota.next, TURNS / 4);
	end(&round, &trial);
}

/* Whole periods that were missed are made up for once. */
static void test_missed(void **state)
{
	struct round round = { 0 };
	struct trial trial;

	(void)state;
	begin(&round, &trial, 4000000, TURNS);
	held_up(&round, 15000000);
	assert_int_equal(round.over, 1);
	held_up(&round, 0);
	assert_int_equal(round.over, 1);
	assert_int_equal(round.rota.next, 0);
	for (size_t k = 0; k < TURNS; k++)
		assert_int_equal(round.turns[k], 1);
	end(&round, &trial);
}

static void test_restart(void **state)
{
	struct round round = { .wanted = 1 };
	struct trial trial;

	(void)state;
	begin(&round, &trial, 1000000, TURNS);
	rota_stop(&round.rota);
	rota_start(&round.rota, 50, 2);
	assert_true(trial_run(&trial, is_over, &round, DEADLINE_MS));
	assert_int_equal(round.turns[0], 1);
	assert_int_equal(round.turns[1], 1);
	assert_int_equal(round.turns[2], 0);
	end(&round, &trial);
}

static void test_zeroed(void **state)
{
	struct rota rota = { 0 };

	(void)state;
	rota_stop(&rota);
	rota_fini(&rota);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),   cmocka_unit_test(test_held_up),
		cmocka_unit_test(test_restart), cmocka_unit_test(test_missed),
		cmocka_unit_test(test_zeroed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
