/* The values of a meter on the broker: which leaves when, in which class, and for how long. */
#include <errno.h>
#include <stdlib.h>

#include "note.h"
#include "post.h"
#include "trial.h"

#include "board.h"
#include "payload.h"
#include "publisher.h"
#include "quantity.h"

#define BASE    "han/m"
#define UNKNOWN 90000u /* how long a value lives before its pause is known */

#define METER_ID ((struct han_obis){ 0, 0, 96, 1, 0, 255 })
#define POWER    ((struct han_obis){ 1, 0, 1, 7, 0, 255 })
#define CURRENT  ((struct han_obis){ 1, 0, 31, 7, 0, 255 })
#define ENERGY   ((struct han_obis){ 1, 0, 1, 8, 0, 255 })
#define GAS      ((struct han_obis){ 0, 1, 24, 2, 1, 255 })
#define FACTOR   ((struct han_obis){ 1, 0, 99, 7, 0, 255 }) /* momentary, and without a name */

struct stage {
	struct trial trial;
	struct post post;
	struct publisher_settings settings;
	struct board board;
};

static int stage_setup(void **state)
{
	struct stage *s = calloc(1, sizeof(*s));

	if (!s)
		return -1;
	trial_init(&s->trial);
	s->settings = (struct publisher_settings){
		.register_qos = 1, .retain = true, .expire = true, .unknown_obis = true
	};
	*state = s;
	return 0;
}

static int stage_teardown(void **state)
{
	struct stage *s = *state;

	board_fini(&s->board);
	board_fini(&s->board); /* once more is harmless */
	trial_fini(&s->trial);
	post_clear(&s->post);
	free(s);
	return 0;
}

/* With the settings as they are now. */
static void stage_open(struct stage *s)
{
	const struct outlet outlet = post_outlet(&s->post);

	assert_int_equal(board_init(&s->board, &s->trial.loop, &s->settings, &outlet), 0);
	board_move(&s->board, BASE);
	board_restate(&s->board);
	assert_int_equal(s->post.count, 0);
}

static void take_value(struct stage *s, const struct han_value *value)
{
	char text[HAN_TEXT_MAX];

	if (payload_value(value, 0, text))
		board_take(&s->board, value, text, strlen(text), loop_now_ms());
}

static void take(struct stage *s, struct han_obis obis, uint64_t magnitude)
{
	const struct han_value value = { .measurement = han_measurement_find(obis),
		                         .has_obis = true,
		                         .obis = obis,
		                         .number = { magnitude, 0, false } };

	take_value(s, &value);
}

static void take_text(struct stage *s, struct han_obis obis, const char *text)
{
	const struct han_value value = { .measurement = han_measurement_find(obis),
		                         .has_obis = true,
		                         .obis = obis,
		                         .type = HAN_VALUE_TEXT,
		                         .octets = (const uint8_t *)text,
		                         .len = strlen(text) };

	take_value(s, &value);
}

static void take_calculated(struct stage *s, enum calculated which, uint64_t magnitude)
{
	const struct han_value value = { .measurement = quantity_calculated(which),
		                         .number = { magnitude, 0, false } };

	take_value(s, &value);
}

static void take_all(struct stage *s, uint64_t number)
{
	take(s, POWER, number);
	take(s, ENERGY, number);
	take_text(s, METER_ID, number % 2 ? "odd" : "even");
	take(s, GAS, number);
	take(s, FACTOR, number);
	take_calculated(s, CALCULATED_NET, number);
	take_calculated(s, CALCULATED_LIVE_IMPORT, number);
	take_calculated(s, CALCULATED_PEAK_1, number);
}

/* All that was sent since the last time, in order, and only that. */
static void check_sent(struct stage *s, const char *leaves)
{
	struct note note;

	note_clear(&note);
	for (size_t i = 0; i < s->post.count; i++)
		note_add(&note, "%s%s", note_gap(&note),
		         s->post.letters[i].topic + strlen(BASE "/"));
	assert_string_equal(note.text, leaves);
	post_clear(&s->post);
}

#define LIVE       "power_active_import"
#define TRUE_STILL "energy_active_cum_import meter_id obis/0-1:24.2.1.255"
#define FACTOR_    "obis/1-0:99.7.0.255"
#define NET        "power_active_net"
#define CALCULATED "energy_active_live_import capacity_peak_1"
#define ALL        LIVE " " TRUE_STILL " " FACTOR_ " " NET " " CALCULATED

/* The notice of a quantity, to make it older. */
static struct notice *notice_of(struct stage *s, struct han_obis obis)
{
	return &s->board.notices[quantity_index(han_measurement_find(obis))];
}

/* clang-format off */
static const struct {
	const char *leaf;
	bool live, named;
} classes[] = {
	{ "power_active_import",       true,  true },
	{ "energy_active_cum_import",  false, true },
	{ "meter_id",                  false, true },
	{ "obis/0-1:24.2.1.255",       false, false },
	{ "obis/1-0:99.7.0.255",       true,  false },
	{ "power_active_net",          true,  true },
	{ "energy_active_live_import", false, true },
	{ "capacity_peak_1",           false, true },
};
/* clang-format on */

static void check_classes(struct stage *s)
{
	take_all(s, 1);
	assert_int_equal(s->post.count, COUNT(classes));
	for (size_t i = 0; i < COUNT(classes); i++) {
		char topic[128];
		const struct letter *letter;
		unsigned qos = classes[i].live ? s->settings.qos : s->settings.register_qos;

		say_case(classes[i].leaf);
		snprintf(topic, sizeof(topic), BASE "/%s", classes[i].leaf);
		letter = post_find(&s->post, topic);
		assert_int_equal(letter->qos, classes[i].named ? qos : 0);
		assert_int_equal(letter->retain, s->settings.retain);
		assert_int_equal(letter->kind, MESSAGE_STATE);
		assert_int_equal(letter->expiry_s,
		                 classes[i].live && s->settings.expire ? UNKNOWN : 0);
	}
	board_fini(&s->board);
	post_clear(&s->post);
}

static void test_classes(void **state)
{
	struct stage *s = *state;

	stage_open(s);
	check_classes(s);
	s->settings.expire = false;
	stage_open(s);
	check_classes(s);
	s->settings.expire = true;
	s->settings.qos = 2;
	s->settings.register_qos = 0;
	s->settings.retain = false;
	stage_open(s);
	check_classes(s);
}

/* Without a rule everything leaves that comes, but for what is calculated and the same. */
static void test_no_rule(void **state)
{
	struct stage *s = *state;

	stage_open(s);
	for (unsigned i = 1; i <= 3; i++) {
		take_all(s, i);
		check_sent(s, ALL);
	}
	take_all(s, 3);
	check_sent(s, LIVE " " TRUE_STILL " " FACTOR_ " " NET);
}

static void test_on_change(void **state)
{
	struct stage *s = *state;

	s->settings.on_change = true;
	stage_open(s);
	take_all(s, 1);
	check_sent(s, ALL);
	take_all(s, 1);
	check_sent(s, "");
	take_all(s, 2);
	check_sent(s, ALL);
	take(s, POWER, 3);
	take(s, POWER, 2);
	take(s, CURRENT, 0);
	check_sent(s, LIVE " " LIVE " phase_current_l1");
}

/* What is unchanged goes out again when half of its life is over, and only what has such. */
static void test_on_change_lives(void **state)
{
	struct stage *s = *state;

	s->settings.on_change = true;
	stage_open(s);
	take_all(s, 1);
	take_all(s, 1);
	post_clear(&s->post);
	notice_of(s, POWER)->pace.left_ms -= 29000;
	notice_of(s, ENERGY)->pace.left_ms -= 86400000;
	notice_of(s, METER_ID)->pace.left_ms -= 86400000;
	take_all(s, 1);
	check_sent(s, "");
	notice_of(s, POWER)->pace.left_ms -= 1000;
	take_all(s, 1);
	assert_int_equal(post_find(&s->post, BASE "/" LIVE)->expiry_s, 60);
	check_sent(s, LIVE);
}

static bool power_has_come(void *user)
{
	const struct stage *s = user;

	return post_count(&s->post, BASE "/" LIVE) > 0;
}

/* The newest of those that came too soon leaves by itself; what is no live value does not wait. */
static void test_min_interval(void **state)
{
	struct stage *s = *state;
	uint64_t first_ms = loop_now_ms();

	s->settings.min_interval_s = 1;
	stage_open(s);
	take_all(s, 1);
	check_sent(s, ALL);
	for (unsigned i = 2; i <= 4; i++) {
		take_all(s, i);
		check_sent(s, TRUE_STILL);
	}
	assert_in_range(trial_left_ms(&s->board.timer), 1000, 1200);
	assert_true(trial_run(&s->trial, power_has_come, s, 3000));
	assert_true(loop_now_ms() - first_ms >= 1000);
	assert_string_equal(post_text(&s->post, BASE "/" LIVE), "4");
	assert_string_equal(post_text(&s->post, BASE "/" FACTOR_), "4");
	assert_string_equal(post_text(&s->post, BASE "/energy_active_live_import"), "4");
	check_sent(s, LIVE " energy_active_live_import " NET " capacity_peak_1 " FACTOR_);
	assert_int_equal(trial_left_ms(&s->board.timer), 0);
}

/* One timer for all: it fires for the first that is due, then for the next. */
static void test_min_interval_two(void **state)
{
	struct stage *s = *state;

	s->settings.min_interval_s = 1;
	stage_open(s);
	take(s, POWER, 1);
	take(s, CURRENT, 1);
	notice_of(s, POWER)->pace.left_ms -= 800;
	post_clear(&s->post);
	take(s, CURRENT, 2);
	assert_in_range(trial_left_ms(&s->board.timer), 1100, 1200);
	take(s, POWER, 2);
	assert_in_range(trial_left_ms(&s->board.timer), 300, 400);
	assert_true(trial_run(&s->trial, power_has_come, s, 3000));
	check_sent(s, LIVE);
	assert_in_range(trial_left_ms(&s->board.timer), 700, 850);
}

/* With a long interval what is calculated waits less, so that energy stays in its hour. */
static void test_calculated_interval(void **state)
{
	struct stage *s = *state;

	s->settings.min_interval_s = 3600;
	stage_open(s);
	take_calculated(s, CALCULATED_LIVE_IMPORT, 1);
	take_calculated(s, CALCULATED_LIVE_IMPORT, 2);
	check_sent(s, "energy_active_live_import");
	assert_in_range(trial_left_ms(&s->board.timer), 10000, 10200);
}

/* A change that is none any more when its time is up. */
static void test_changed_back(void **state)
{
	struct stage *s = *state;

	s->settings.min_interval_s = 1;
	s->settings.on_change = true;
	stage_open(s);
	take(s, POWER, 1);
	take(s, POWER, 2);
	take(s, POWER, 1);
	take(s, CURRENT, 1);
	take(s, CURRENT, 2);
	check_sent(s, LIVE " phase_current_l1");
	s->board.notices[quantity_index(han_measurement_find(CURRENT))].pace.left_ms -= 1;
	assert_false(trial_run(&s->trial, power_has_come, s, 1500));
	check_sent(s, "phase_current_l1");
}

/* All of it again, at once and whatever the rules; each for the rest of its life, but for history. */
static void test_restate(void **state)
{
	struct stage *s = *state;

	s->settings.min_interval_s = 10;
	s->settings.on_change = true;
	stage_open(s);
	take_all(s, 1);
	take_all(s, 1);
	take_all(s, 2); /* waits, in part */
	post_clear(&s->post);
	board_restate(&s->board);
	assert_string_equal(post_text(&s->post, BASE "/" LIVE), "2");
	check_sent(s, "meter_id " LIVE " energy_active_cum_import energy_active_live_import " NET
	              " capacity_peak_1 obis/0-1:24.2.1.255 " FACTOR_);
	board_restate(&s->board);
	assert_int_equal(s->post.count, COUNT(classes));
	post_clear(&s->post);

	notice_of(s, POWER)->pace.came_ms -= 50000;
	board_restate(&s->board);
	assert_int_equal(post_find(&s->post, BASE "/" LIVE)->expiry_s, 10);
	post_clear(&s->post);
	notice_of(s, POWER)->pace.came_ms -= 10000;
	notice_of(s, ENERGY)->pace.came_ms -= 86400000;
	board_restate(&s->board);
	assert_int_equal(post_count(&s->post, BASE "/" LIVE), 0);
	assert_int_equal(post_count(&s->post, BASE "/energy_active_cum_import"), 1);
}

/* What could not be sent is not taken for sent. */
static void test_refused(void **state)
{
	struct stage *s = *state;

	s->settings.on_change = true;
	stage_open(s);
	s->post.refuses_with = -ENOTCONN;
	take_all(s, 1);
	s->post.refuses_with = 0;
	take_all(s, 1);
	check_sent(s, ALL);
}

/* Shut, it holds the newest; under other topics all is new. */
static void test_move(void **state)
{
	struct stage *s = *state;

	s->settings.on_change = true;
	s->settings.min_interval_s = 1;
	stage_open(s);
	take_all(s, 1);
	board_move(&s->board, "han/n");
	post_clear(&s->post);
	take_all(s, 2);
	take(s, POWER, 3);
	assert_int_equal(s->post.count, 0);
	assert_int_equal(trial_left_ms(&s->board.timer), 0);
	board_restate(&s->board);
	assert_string_equal(post_text(&s->post, "han/n/" LIVE), "3");
	assert_string_equal(post_text(&s->post, "han/n/meter_id"), "even");
	assert_int_equal(s->post.count, COUNT(classes));
}

/* A timer that still runs finds nothing. */
static void test_forget(void **state)
{
	struct stage *s = *state;

	s->settings.min_interval_s = 1;
	stage_open(s);
	take_all(s, 1);
	take_all(s, 2);
	post_clear(&s->post);
	board_forget(&s->board);
	assert_int_equal(trial_left_ms(&s->board.timer), 0);
	board_restate(&s->board);
	check_sent(s, "");
	assert_null(board_text(&s->board, "meter_id"));
	take_all(s, 2);
	check_sent(s, ALL);
	assert_string_equal(board_text(&s->board, "meter_id"), "even");
	assert_true(board_holds(&s->board, LIVE));
	assert_true(board_holds(&s->board, FACTOR_));
	assert_false(board_holds(&s->board, "phase_current_l1"));
	assert_false(board_holds(&s->board, "obis/1-0:99.7.0"));
	assert_false(board_holds(&s->board, "info"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, stage_setup, stage_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_classes),
		TEST(test_no_rule),
		TEST(test_on_change),
		TEST(test_on_change_lives),
		TEST(test_min_interval),
		TEST(test_min_interval_two),
		TEST(test_calculated_interval),
		TEST(test_changed_back),
		TEST(test_restate),
		TEST(test_refused),
		TEST(test_move),
		TEST(test_forget),
	};

	return cmocka_run_group_tests_name("board", tests, NULL, NULL);
}
