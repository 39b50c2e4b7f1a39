/* The daemon on the broker: its topics, its will, and what Home Assistant's start sets off. */
#include "post.h"
#include "trial.h"

#include "bridge.h"
#include "log.h"

#define STATUS       "homeassistant/status"
#define AVAILABILITY "han/bridge/hanmqttd-pi/availability"
#define INFO         "han/bridge/hanmqttd-pi/info"

/* The birth of Home Assistant is answered after 1 to 10 s, at random; the first of so many comes early. */
#define BRIDGES 64
#define LATEST  (10000 + 1500)

/* One bridge and what it was told to do, when. */
struct rig {
	struct bridge bridge;
	struct post post;
	uint64_t announced_ms, restated_ms;
	size_t before_restate; /* messages that had left by then */
	unsigned announced, restated, cycled;
};

static void on_announce(void *user)
{
	struct rig *rig = user;

	rig->announced++;
	rig->announced_ms = loop_now_ms();
}

static void on_restate(void *user)
{
	struct rig *rig = user;

	rig->restated++;
	rig->restated_ms = loop_now_ms();
	rig->before_restate = rig->post.count;
}

static void on_power_cycle(void *user)
{
	struct rig *rig = user;

	rig->cycled++;
}

static void rig_init_as(struct rig *rig, struct trial *trial, bool commands)
{
	const struct bridge_hooks hooks = { rig, on_announce, on_restate, on_power_cycle };
	const struct outlet outlet = post_outlet(&rig->post);
	char prefix[] = "han", client_id[] = "hanmqttd-pi", status[] = STATUS;

	*rig = (struct rig){ 0 };
	bridge_init(&rig->bridge, &trial->loop, prefix, client_id, status, commands, &outlet,
	            &hooks);
	prefix[0] = client_id[0] = status[0] = 'x'; /* they were copied */
}

static void rig_init(struct rig *rig, struct trial *trial)
{
	rig_init_as(rig, trial, false);
}

static void rig_fini(struct rig *rig)
{
	bridge_fini(&rig->bridge);
	bridge_fini(&rig->bridge);
	post_clear(&rig->post);
}

static void receive(struct rig *rig, const char *topic, const char *payload, bool retained)
{
	bridge_received(&rig->bridge, topic, payload, strlen(payload), retained);
}

static void check_letter(const struct letter *letter, const char *topic, const char *payload)
{
	assert_string_equal(letter->topic, topic);
	assert_string_equal(letter->payload, payload);
	assert_int_equal(letter->qos, 1);
	assert_true(letter->retain);
}

static void test_messages(void **state)
{
	struct trial trial;
	struct message will;
	struct rig rig;

	(void)state;
	trial_init(&trial);
	rig_init(&rig, &trial);
	will = bridge_will(&rig.bridge);
	assert_string_equal(will.topic, AVAILABILITY);
	assert_int_equal(will.len, 7);
	assert_memory_equal(will.payload, "offline", 7);
	assert_int_equal(will.qos, 1);
	assert_true(will.retain);

	bridge_availability(&rig.bridge, true);
	bridge_availability(&rig.bridge, false);
	bridge_info(&rig.bridge, "{\"version\":\"0.1.0\"}");
	assert_int_equal(rig.post.count, 3);
	check_letter(&rig.post.letters[0], AVAILABILITY, "online");
	check_letter(&rig.post.letters[1], AVAILABILITY, "offline");
	check_letter(&rig.post.letters[2], INFO, "{\"version\":\"0.1.0\"}");
	rig_fini(&rig);
	trial_fini(&trial);
}

/* The longest names that the configuration lets through. */
static void test_long_names(void **state)
{
	static const char prefix[] = "pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp";
	static const char client_id[] =
		"hanmqttd-hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh-ffff";
	struct rig rig = { 0 };
	const struct bridge_hooks hooks = { &rig, on_announce, on_restate, on_power_cycle };
	const struct outlet outlet = post_outlet(&rig.post);
	struct trial trial;
	char topic[256];

	(void)state;
	trial_init(&trial);
	bridge_init(&rig.bridge, &trial.loop, prefix, client_id, prefix, true, &outlet, &hooks);
	snprintf(topic, sizeof(topic), "%s/bridge/%s/availability", prefix, client_id);
	assert_string_equal(bridge_will(&rig.bridge).topic, topic);
	snprintf(topic, sizeof(topic), "%s/bridge/%s/command/power_cycle", prefix, client_id);
	receive(&rig, topic, "PRESS", false);
	assert_int_equal(rig.cycled, 1);
	receive(&rig, prefix, "online", false);
	assert_true(trial_left_ms(&rig.bridge.birth) > 0);
	rig_fini(&rig);
	trial_fini(&trial);
}

/* clang-format off */
static const struct {
	const char *name, *topic, *payload;
	bool retained, birth;
} letters[] = {
	{ "start",                  STATUS,                   "online",   false, true },
	{ "start, retained",        STATUS,                   "online",   true,  false },
	{ "stop",                   STATUS,                   "offline",  false, false },
	{ "nothing",                STATUS,                   "",         false, false },
	{ "a part",                 STATUS,                   "onlin",    false, false },
	{ "more",                   STATUS,                   "online\n", false, false },
	{ "capitals",               STATUS,                   "Online",   false, false },
	{ "another topic",          "homeassistant/statuses", "online",   false, false },
	{ "below",                  STATUS "/x",              "online",   false, false },
	{ "no topic",               "",                       "online",   false, false },
	{ "our own",                AVAILABILITY,             "online",   false, false },
};
/* clang-format on */

static void test_letters(void **state)
{
	struct trial trial;

	(void)state;
	trial_init(&trial);
	for (size_t i = 0; i < COUNT(letters); i++) {
		struct rig rig;

		say_case(letters[i].name);
		rig_init(&rig, &trial);
		receive(&rig, letters[i].topic, letters[i].payload, letters[i].retained);
		assert_int_equal(trial_left_ms(&rig.bridge.birth) > 0, letters[i].birth);
		assert_int_equal(rig.announced + rig.restated + rig.post.count, 0);
		rig_fini(&rig);
	}
	trial_fini(&trial);
}

#define CYCLE    "han/bridge/hanmqttd-pi/command/power_cycle"
#define ANNOUNCE "han/bridge/hanmqttd-pi/command/announce"

/* clang-format off */
static const struct {
	const char *name, *topic, *payload;
	bool retained;
	unsigned cycled, announced, ignored;
} commands[] = {
	{ "cycle",              CYCLE,                   "PRESS",   false, 1, 0, 0 },
	{ "cycle, retained",    CYCLE,                   "PRESS",   true,  0, 0, 1 },
	{ "cycle, in small",    CYCLE,                   "press",   false, 0, 0, 1 },
	{ "cycle, a part",      CYCLE,                   "PRES",    false, 0, 0, 1 },
	{ "cycle, more",        CYCLE,                   "PRESS\n", false, 0, 0, 1 },
	{ "cycle, a switch's",  CYCLE,                   "ON",      false, 0, 0, 1 },
	{ "cycle, removed",     CYCLE,                   "",        false, 0, 0, 0 },
	{ "announce",           ANNOUNCE,                "PRESS",   false, 0, 1, 0 },
	{ "announce, retained", ANNOUNCE,                "PRESS",   true,  0, 0, 1 },
	{ "announce, unknown",  ANNOUNCE,                "online",  false, 0, 0, 1 },
	{ "no command",         ANNOUNCE "s",            "PRESS",   false, 0, 0, 0 },
	{ "another daemon's",   "han/bridge/x/command/power_cycle", "PRESS", false, 0, 0, 0 },
	{ "the status topic",   STATUS,                  "PRESS",   false, 0, 0, 0 },
};
/* clang-format on */

static void test_commands(void **state)
{
	struct trial trial;

	(void)state;
	trial_init(&trial);
	for (size_t i = 0; i < 2 * COUNT(commands); i++) {
		const size_t at = i / 2;
		const unsigned taken = i % 2; /* without commands nothing happens at all */
		struct rig rig;

		say_case(commands[at].name);
		rig_init_as(&rig, &trial, taken);
		receive(&rig, commands[at].topic, commands[at].payload, commands[at].retained);
		assert_int_equal(rig.cycled, taken * commands[at].cycled);
		assert_int_equal(rig.announced, taken * commands[at].announced);
		assert_int_equal(rig.bridge.ignored, taken * commands[at].ignored);
		assert_int_equal(rig.restated + rig.post.count, 0);
		assert_int_equal(trial_left_ms(&rig.bridge.restate) > 0, rig.announced);
		assert_int_equal(trial_left_ms(&rig.bridge.birth), 0);
		rig_fini(&rig);
	}
	trial_fini(&trial);
}

static void test_subscriptions(void **state)
{
	const char *topics[BRIDGE_SUBSCRIPTIONS + 1];
	struct trial trial;
	struct rig rig;

	(void)state;
	trial_init(&trial);
	rig_init_as(&rig, &trial, false);
	bridge_subscriptions(&rig.bridge, topics);
	assert_string_equal(topics[0], STATUS);
	assert_null(topics[1]);
	rig_fini(&rig);
	rig_init_as(&rig, &trial, true);
	bridge_subscriptions(&rig.bridge, topics);
	assert_string_equal(topics[0], STATUS);
	assert_string_equal(topics[1], CYCLE);
	assert_string_equal(topics[2], ANNOUNCE);
	assert_null(topics[3]);
	rig_fini(&rig);
	trial_fini(&trial);
}

static bool has_restated(void *user)
{
	const struct rig *rig = user;

	return rig->restated > 0;
}

/* Asked for several times, and at Home Assistant's start besides: once. */
static void test_announce(void **state)
{
	struct trial trial;
	struct rig rig;

	(void)state;
	trial_init(&trial);
	rig_init_as(&rig, &trial, true);
	receive(&rig, STATUS, "online", false);
	for (int i = 0; i < 3; i++)
		receive(&rig, ANNOUNCE, "PRESS", false);
	assert_int_equal(rig.announced, 1);
	assert_int_equal(trial_left_ms(&rig.bridge.birth), 0);
	assert_true(trial_run(&trial, has_restated, &rig, 5000));
	assert_int_equal(rig.announced, 1);
	assert_in_range(rig.restated_ms - rig.announced_ms, 1000, 2000);
	check_letter(&rig.post.letters[0], AVAILABILITY, "online");
	receive(&rig, ANNOUNCE, "PRESS", false);
	assert_int_equal(rig.announced, 2);
	rig_fini(&rig);
	trial_fini(&trial);
}

/* Octets without an end, as they come from the network. */
static void test_no_nul(void **state)
{
	static const char octets[] = { 'o', 'n', 'l', 'i', 'n', 'e' };
	struct trial trial;
	struct rig rig;

	(void)state;
	trial_init(&trial);
	rig_init(&rig, &trial);
	bridge_received(&rig.bridge, STATUS, NULL, 0, false);
	assert_int_equal(trial_left_ms(&rig.bridge.birth), 0);
	bridge_received(&rig.bridge, STATUS, octets, sizeof(octets), false);
	assert_true(trial_left_ms(&rig.bridge.birth) > 0);
	rig_fini(&rig);
	trial_fini(&trial);
}

/* The wait is from 1 to 10 s, and not the same for all; more messages neither lengthen nor shorten it. */
static void test_delay(void **state)
{
	uint64_t shortest = UINT64_MAX, longest = 0;
	struct trial trial;

	(void)state;
	trial_init(&trial);
	for (int i = 0; i < 500; i++) {
		uint64_t left;
		struct rig rig;

		rig_init(&rig, &trial);
		receive(&rig, STATUS, "online", false);
		left = trial_left_ms(&rig.bridge.birth);
		assert_in_range(left, 900, 10000); /* some of it may have passed */
		for (int more = 0; more < 20; more++)
			receive(&rig, STATUS, "online", false);
		assert_in_range(trial_left_ms(&rig.bridge.birth), left > 100 ? left - 100 : 0,
		                left);
		shortest = left < shortest ? left : shortest;
		longest = left > longest ? left : longest;
		rig_fini(&rig);
	}
	assert_true(shortest < 2000);
	assert_true(longest > 9000);
	trial_fini(&trial);
}

/* Many bridges: the one that is told to restate first. */
struct street {
	struct rig rigs[BRIDGES];
	struct rig *first;
};

static bool one_has_restated(void *user)
{
	struct street *street = user;

	for (size_t i = 0; !street->first && i < BRIDGES; i++) {
		if (street->rigs[i].restated)
			street->first = &street->rigs[i];
	}
	return street->first;
}

/* The real timers to their end: discovery once for all messages of the wait, states a moment later. */
static void test_birth(void **state)
{
	static struct street street;
	uint64_t start = loop_now_ms();
	struct trial trial;
	struct rig *rig;

	(void)state;
	trial_init(&trial);
	for (size_t i = 0; i < BRIDGES; i++) {
		rig_init(&street.rigs[i], &trial);
		for (int more = 0; more < 3; more++)
			receive(&street.rigs[i], STATUS, "online", false);
	}
	assert_true(trial_run(&trial, one_has_restated, &street, LATEST));
	rig = street.first;
	assert_int_equal(rig->announced, 1);
	assert_int_equal(rig->restated, 1);
	assert_true(rig->announced_ms >= start + 1000);
	assert_in_range(rig->restated_ms - rig->announced_ms, 1000, 2000);
	assert_int_equal(rig->before_restate, 1); /* availability, then the states */
	check_letter(&rig->post.letters[0], AVAILABILITY, "online");
	assert_int_equal(rig->post.count, 1);

	/* the next start is answered again */
	assert_int_equal(trial_left_ms(&rig->bridge.birth), 0);
	assert_int_equal(trial_left_ms(&rig->bridge.restate), 0);
	receive(rig, STATUS, "online", false);
	assert_true(trial_left_ms(&rig->bridge.birth) > 0);
	for (size_t i = 0; i < BRIDGES; i++)
		rig_fini(&street.rigs[i]);
	trial_fini(&trial);
}

static void test_zeroed(void **state)
{
	struct bridge bridge = { 0 };

	(void)state;
	bridge_fini(&bridge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),      cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_letters),       cmocka_unit_test(test_no_nul),
		cmocka_unit_test(test_delay),         cmocka_unit_test(test_birth),
		cmocka_unit_test(test_zeroed),        cmocka_unit_test(test_commands),
		cmocka_unit_test(test_subscriptions), cmocka_unit_test(test_announce),
	};

	log_set_level(LOG_ERR); /* not a line for each birth */
	return cmocka_run_group_tests_name("bridge", tests, NULL, NULL);
}
