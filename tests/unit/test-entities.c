/* What Home Assistant was told of, kept in the state directory. */
#include <errno.h>
#include <stdlib.h>

#include "scratch.h"

#include "entities.h"
#include "log.h"
#include "state.h"

static void fill(struct entities *e)
{
	*e = (struct entities){ .prefix = "homeassistant",
		                .maker = "Kaifa",
		                .model = "MA304H4 µ",
		                .list_version = "KFM_001" };
	entities_add(e, "sensor", "power_active_import");
	entities_add(e, "binary_sensor", "connection");
	entities_add(e, "button", "mbus_power_cycle");
}

static void test_list(void **state)
{
	AUTO_ENTITIES e = { 0 };
	AUTO_ENTITIES other = { 0 };
	AUTO_ENTITIES left = { 0 };

	(void)state;
	fill(&e);
	assert_int_equal(e.count, 3);
	entities_add(&e, "sensor", "power_active_import"); /* once is enough */
	entities_add(&e, "sensor", "");
	entities_add(&e, "", "x");
	entities_add(&e, "sensor", "a/b");
	entities_add(&e, "sen sor", "x");
	entities_add(&e, "sensor", "a-name-that-is-much-longer-than-any-that-there-is");
	assert_int_equal(e.count, 3);
	assert_true(entities_has(&e, "binary_sensor", "connection"));
	assert_false(entities_has(&e, "sensor", "connection"));
	entities_add(&other, "sensor", "connection");
	entities_add(&other, "button", "mbus_power_cycle");
	entities_without(&e, &other, &left);
	assert_int_equal(left.count, 2);
	assert_string_equal(left.list[1].id, "connection");
	entities_without(&e, &e, &left);
	assert_int_equal(left.count, 0);
	assert_true(entities_same(&e, &e));
	assert_false(entities_same(&e, &other));
}

/* As many as there is room for. */
static void test_full(void **state)
{
	struct scratch *s = *state;
	AUTO_ENTITIES e = { 0 };
	AUTO_ENTITIES kept = { 0 };

	setenv("STATE_DIRECTORY", s->dir, 1);
	for (int i = 0; i < ENTITIES_MAX + 5; i++) {
		char id[48];

		snprintf(id, sizeof(id), "%047d", i);
		entities_add(&e, "a_platform_of_23_octets", id);
	}
	assert_int_equal(e.count, ENTITIES_MAX);
	memset(e.maker, 'm', sizeof(e.maker) - 1);
	memset(e.model, 'm', sizeof(e.model) - 1);
	memset(e.list_version, 'm', sizeof(e.list_version) - 1);
	memset(e.prefix, 'm', sizeof(e.prefix) - 1);
	entities_save(&e, "1");
	entities_load(&kept, "1");
	assert_true(entities_same(&e, &kept));
}

static void test_kept(void **state)
{
	struct scratch *s = *state;
	AUTO_ENTITIES e = { 0 };
	AUTO_ENTITIES kept = { 0 };

	setenv("STATE_DIRECTORY", s->dir, 1);
	entities_load(&kept, "6970631400000000");
	assert_int_equal(kept.count, 0);
	fill(&e);
	entities_save(&e, "6970631400000000");
	entities_load(&kept, "a/../b");
	assert_int_equal(kept.count, 0);
	entities_load(&kept, "6970631400000000");
	assert_true(entities_same(&e, &kept));
	entities_fini(&kept);
	entities_copy(&kept, &e);
	assert_true(entities_same(&e, &kept));
	e.count = 0;
	entities_save(&e, "6970631400000000");
	entities_load(&kept, "6970631400000000");
	assert_int_equal(kept.count, 0);
	assert_string_equal(kept.maker, "Kaifa");
}

/* Anybody may have written the file. */
static void test_nonsense(void **state)
{
	static const char *const files[] = {
		"",
		"\n\n",
		"7\n",
		"sensor",
		"sensor \n",
		"prefix\n",
		"maker \x1b[2J\n",
		"maker K\xe4ifa\n",
		"sensor a/b\n",
		"sensor a b\n",
	};
	struct scratch *s = *state;
	AUTO_ENTITIES kept = { 0 };
	const struct entities none = { 0 };

	setenv("STATE_DIRECTORY", s->dir, 1);
	for (size_t i = 0; i < COUNT(files); i++) {
		say_case(files[i]);
		assert_int_equal(state_save("entities", "1", files[i]), 0);
		entities_load(&kept, "1");
		assert_true(entities_same(&kept, &none));
	}
}

static bool exists(const struct scratch *s, const char *kind, const char *about)
{
	char buf[8];

	setenv("STATE_DIRECTORY", s->dir, 1);
	return state_load(kind, about, buf, sizeof(buf));
}

/* All about a meter goes, of whatever kind, and what is kept about a port and names it; nothing else. */
static void test_forgotten(void **state)
{
	struct scratch *s = *state;

	setenv("STATE_DIRECTORY", s->dir, 1);
	assert_int_equal(state_forget("1"), 0);
	assert_int_equal(state_save("entities", "1", "x"), 0);
	assert_int_equal(state_save("other-kind", "1", ""), 0);
	assert_int_equal(state_save("identity", "/dev/a", "1\nmeter-id\n"), 0);
	assert_int_equal(state_save("identity", "/dev/b", "12\nmeter-id\n"), 0);
	assert_int_equal(state_save("identity", "/dev/c", "2\n1\n"), 0);
	assert_int_equal(state_save("entities", "2", "y\n"), 0);
	scratch_text(s, "spool.db", "1\n");
	assert_int_equal(state_forget("1"), 3);
	assert_false(exists(s, "entities", "1"));
	assert_false(exists(s, "other-kind", "1"));
	assert_false(exists(s, "identity", "/dev/a"));
	assert_true(exists(s, "identity", "/dev/b"));
	assert_true(exists(s, "identity", "/dev/c"));
	assert_true(exists(s, "entities", "2"));
	assert_int_equal(state_forget("1"), 0);
	setenv("STATE_DIRECTORY", "/nonexistent", 1);
	assert_int_equal(state_forget("1"), -ENOENT);
	unsetenv("STATE_DIRECTORY");
	assert_int_equal(state_forget("1"), -ENOENT);
}

/* Without a directory, or with one that is gone, nothing is kept and nothing breaks. */
static void test_nowhere(void **state)
{
	AUTO_ENTITIES e = { 0 };

	(void)state;
	unsetenv("STATE_DIRECTORY");
	fill(&e);
	entities_save(&e, "1");
	entities_load(&e, "1");
	assert_int_equal(e.count, 0);
	setenv("STATE_DIRECTORY", "/nonexistent", 1);
	fill(&e);
	entities_save(&e, "1");
	entities_load(&e, "1");
	assert_int_equal(e.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test_setup_teardown(test_kept, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_full, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_nonsense, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_forgotten, scratch_setup, scratch_teardown),
		cmocka_unit_test(test_nowhere),
	};

	log_set_level(LOG_CRIT);
	return cmocka_run_group_tests_name("entities", tests, NULL, NULL);
}
