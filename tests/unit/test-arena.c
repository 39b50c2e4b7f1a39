/* Blocks in one buffer: what stands in them is theirs, wherever they are moved. */
#include <stdlib.h>
#include <string.h>

#include "dice.h"

#include "arena.h"

#define OWNERS 40
#define LIMIT  4096

static void test_limit(void **state)
{
	struct arena a;
	uint32_t count = 0;

	(void)state;
	assert_true(arena_init(&a, LIMIT, OWNERS));
	assert_false(arena_put(&a, 0, LIMIT));
	assert_false(arena_put(&a, 0, SIZE_MAX / 2));
	assert_true(arena_put(&a, 0, LIMIT - 8));
	assert_int_equal(arena_cost(LIMIT - 8), LIMIT);
	assert_false(arena_put(&a, 1, 0));
	arena_drop(&a, 0);
	while (arena_put(&a, count, 100))
		count++;
	assert_int_equal(count, LIMIT / arena_cost(100));
	arena_drop(&a, 7);
	assert_true(arena_put(&a, 7, 100));
	arena_fini(&a);
	arena_fini(&a);
}

/* Blocks of random sizes come and go; each keeps the octets that it was filled with. */
static void test_random(void **state)
{
	struct dice dice = dice_new();
	size_t lens[OWNERS] = { 0 }, live = 0;
	bool owns[OWNERS] = { false };
	struct arena a;

	(void)state;
	assert_true(arena_init(&a, LIMIT, OWNERS));
	for (int step = 0; step < 200000; step++) {
		uint32_t i = (uint32_t)dice_below(&dice, OWNERS);

		if (owns[i]) {
			for (size_t k = 0; k < lens[i]; k++)
				assert_int_equal(arena_at(&a, i)[k], (unsigned char)(i + lens[i]));
			arena_drop(&a, i);
			owns[i] = false;
			live -= arena_cost(lens[i]);
		} else {
			lens[i] = dice_below(&dice, 400);
			owns[i] = arena_put(&a, i, lens[i]);
			assert_int_equal(owns[i], live + arena_cost(lens[i]) <= LIMIT);
			if (!owns[i])
				continue;
			memset(arena_at(&a, i), (int)(i + lens[i]), lens[i]);
			live += arena_cost(lens[i]);
		}
		assert_int_equal(a.live, live);
	}
	arena_fini(&a);
}

/* Little that lives takes little of a large buffer, however often it is renewed. */
static void test_idle(void **state)
{
	struct arena a;

	(void)state;
	assert_true(arena_init(&a, 64 << 20, OWNERS));
	for (uint32_t i = 0; i < 100000; i++) {
		if (i >= OWNERS)
			arena_drop(&a, i % OWNERS);
		assert_true(arena_put(&a, i % OWNERS, 1000 + i % 7 * 100));
		assert_true(a.used <= 4 * OWNERS * 2000 + 65536);
	}
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_idle),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
