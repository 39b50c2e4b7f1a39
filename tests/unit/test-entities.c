/* What Home Assistant was told of, kept in the state directory. */
#include <stdlib.h>

#include "scratch.h"

#include "entities.h"
#include "log.h"

static void test_kept(void **state)
{
	struct scratch *s = *state;

	setenv("STATE_DIRECTORY", s->dir, 1);
	assert_int_equal(entities_load("6970631400000000"), 0);
	entities_save("6970631400000000", ENTITY_POWER | ENTITY_POWER_CYCLE);
	entities_save("a/../b", ENTITY_POWER_CYCLES);
	assert_int_equal(entities_load("6970631400000000"), ENTITY_POWER | ENTITY_POWER_CYCLE);
	assert_int_equal(entities_load("a/../b"), ENTITY_POWER_CYCLES);
	entities_save("6970631400000000", 0);
	assert_int_equal(entities_load("6970631400000000"), 0);
}

/* Without a directory, or with one that is gone, nothing is kept and nothing breaks. */
static void test_nowhere(void **state)
{
	(void)state;
	unsetenv("STATE_DIRECTORY");
	entities_save("1", ENTITY_POWER);
	assert_int_equal(entities_load("1"), 0);
	setenv("STATE_DIRECTORY", "/nonexistent", 1);
	entities_save("1", ENTITY_POWER);
	assert_int_equal(entities_load("1"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kept, scratch_setup, scratch_teardown),
		cmocka_unit_test(test_nowhere),
	};

	log_set_level(LOG_CRIT);
	return cmocka_run_group_tests_name("entities", tests, NULL, NULL);
}
