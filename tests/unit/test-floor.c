/* What the broker keeps of the live energies: asked for once, and again when it did not tell. */
#include "floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trial.h"

#define IMPORT "energy_active_live_import"
#define EXPORT "energy_active_live_export"

struct house {
	struct trial trial;
	struct look look;
	struct derive_settings settings;
	struct derive derive;
	struct floor floor;
	char base[64];
	unsigned asked, told;
	char last[128]; /* filter */
	int refuses;
};

static int subscribe(void *user, const char *filter)
{
	struct house *h = user;

	h->asked++;
	snprintf(h->last, sizeof(h->last), "%s", filter);
	return h->refuses;
}

static int unsubscribe(void *user, const char *filter)
{
	(void)user;
	(void)filter;
	return 0;
}

static void on_told(void *user)
{
	struct house *h = user;

	h->told++;
}

static int house_setup(void **state)
{
	struct house *h = calloc(1, sizeof(*h));
	const struct look_broker broker = { h, subscribe, unsubscribe };
	const struct floor_hooks hooks = { h, on_told };

	if (!h)
		return -1;
	trial_init(&h->trial);
	h->settings.live_energy = true;
	derive_init(&h->derive, &h->settings, 0);
	floor_init(&h->floor, &h->look, &h->derive, h->base, &hooks);
	*state = h;
	look_init(&h->look, &h->trial.loop, &broker);
	return 0;
}

static int house_teardown(void **state)
{
	struct house *h = *state;

	floor_fini(&h->floor);
	look_fini(&h->look);
	trial_fini(&h->trial);
	free(h);
	return 0;
}

static void identify(struct house *h, const char *identity)
{
	snprintf(h->base, sizeof(h->base), "han/%s", identity);
	derive_identify(&h->derive, identity);
	floor_ask(&h->floor);
}

static void answer(struct house *h, bool accepted)
{
	look_subscribed(&h->look, "han/4711/" IMPORT, accepted);
	look_subscribed(&h->look, "han/4711/" EXPORT, accepted);
	look_subscribed(&h->look, "han/4711/info", accepted);
}

static void keep(struct house *h, const char *topic, const char *payload)
{
	look_received(&h->look, topic, payload, strlen(payload), true);
}

static bool is_told(void *user)
{
	const struct house *h = user;

	return h->told > 0;
}

static uint64_t shown(const struct house *h, enum flow_direction direction)
{
	const struct live *live = &h->derive.energies[direction].live;

	return live->shown ? live->shown_mj / LIVE_MJ_PER_WH : 0;
}

/* Once, as soon as there is a session and a name; not again in the next session. */
static void test_once(void **state)
{
	struct house *h = *state;

	floor_connected(&h->floor);
	assert_int_equal(h->asked, 0);
	identify(h, "4711");
	assert_int_equal(h->asked, 3);
	assert_string_equal(h->last, "han/4711/info");
	answer(h, true);
	keep(h, "han/4711/" IMPORT, "12.345");
	keep(h, "han/4711/" EXPORT, "0.678");
	assert_int_equal(h->told, 0);
	assert_true(trial_run(&h->trial, is_told, h, 5000));
	assert_int_equal(h->told, 1);
	assert_int_equal(shown(h, FLOW_IMPORT), 12345);
	assert_int_equal(shown(h, FLOW_EXPORT), 678);
	floor_connected(&h->floor);
	floor_ask(&h->floor);
	assert_int_equal(h->asked, 3);
}

static void test_without_a_session(void **state)
{
	struct house *h = *state;

	h->refuses = -107;
	identify(h, "4711");
	assert_true(h->derive.held);
	h->refuses = 0;
	h->asked = 0;
	floor_connected(&h->floor);
	assert_int_equal(h->asked, 3);
}

/* The session ended meanwhile: what it had told counts, and the next one is asked. */
static void test_session_ends(void **state)
{
	struct house *h = *state;

	identify(h, "4711");
	answer(h, true);
	h->refuses = -107;
	look_lost(&h->look);
	assert_true(h->derive.held);
	assert_int_equal(h->told, 0);
	h->refuses = 0;
	floor_connected(&h->floor);
	answer(h, true);
	keep(h, "han/4711/" IMPORT, "1.000");
	assert_true(trial_run(&h->trial, is_told, h, 5000));
	assert_int_equal(shown(h, FLOW_IMPORT), 1000);
}

/* A broker that lets nobody look: asked twice, and then there is nothing to be known. */
static void test_refused(void **state)
{
	struct house *h = *state;

	identify(h, "4711");
	look_subscribed(&h->look, "han/4711/" IMPORT, false);
	look_subscribed(&h->look, "han/4711/" IMPORT, false);
	assert_int_equal(h->asked, 6);
	assert_int_equal(h->told, 1);
	assert_false(h->derive.held);
}

static void test_off(void **state)
{
	struct house *h = *state;

	h->settings.live_energy = false;
	floor_connected(&h->floor);
	identify(h, "4711");
	assert_int_equal(h->asked, 0);
}

/* Another meter: what the broker keeps under the name is not its. */
static void test_another_meter(void **state)
{
	struct house *h = *state;

	identify(h, "4711");
	answer(h, true);
	keep(h, "han/4711/" IMPORT, "12.345");
	derive_identify(&h->derive, "4712");
	keep(h, "han/4711/" IMPORT, "12.346");
	assert_true(trial_run(&h->trial, is_told, h, 5000));
	assert_int_equal(shown(h, FLOW_IMPORT), 0);
}

/* The name was another meter's, as the broker knows by its info, whether that comes first or last. */
static void test_another_owner(void **state)
{
	struct house *h = *state;
	static const char *const infos[] = { "{\"meter_id\":\"4712\"}", "{}",
		                             "{\"meter_id\":\"4711\"}" };

	for (size_t i = 0; i < 2 * COUNT(infos); i++) {
		derive_init(&h->derive, &h->settings, 0);
		h->told = 0;
		identify(h, "4711");
		answer(h, true);
		if (i % 2)
			keep(h, "han/4711/info", infos[i / 2]);
		keep(h, "han/4711/" IMPORT, "12.345");
		if (i % 2 == 0)
			keep(h, "han/4711/info", infos[i / 2]);
		assert_true(trial_run(&h->trial, is_told, h, 5000));
		assert_int_equal(shown(h, FLOW_IMPORT), i / 2 == 2 ? 12345 : 0);
	}
}

/* The same, as the state directory has it: our own info may have left before the broker was asked. */
static void test_another_owner_by_state(void **state)
{
	static struct bases_entry entry = { .base = "han/4711", .identity = "4712" };
	static struct bases bases = { .list = &entry, .count = 1 };
	struct house *h = *state;

	floor_remember(&h->floor, &bases, "4711");
	identify(h, "4711");
	answer(h, true);
	keep(h, "han/4711/info", "{\"meter_id\":\"4711\"}");
	keep(h, "han/4711/" IMPORT, "12.345");
	assert_true(trial_run(&h->trial, is_told, h, 5000));
	assert_int_equal(shown(h, FLOW_IMPORT), 0);
}

/* Gone before the broker has told. */
static void test_end(void **state)
{
	struct house *h = *state;

	identify(h, "4711");
	answer(h, true);
	floor_fini(&h->floor);
	assert_false(trial_run(&h->trial, is_told, h, LOOK_QUIET_MS + 200));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, house_setup, house_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_once),          TEST(test_without_a_session),
		TEST(test_session_ends),  TEST(test_refused),
		TEST(test_off),           TEST(test_another_meter),
		TEST(test_another_owner), TEST(test_another_owner_by_state),
		TEST(test_end),
	};

	return cmocka_run_group_tests_name("floor", tests, NULL, NULL);
}
