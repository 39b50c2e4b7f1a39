/* Registers of an earlier run: sent when the broker has none, and none has come. */
#include <stdlib.h>

#include "note.h"
#include "post.h"
#include "trial.h"

#include "publisher.h"
#include "quantity.h"
#include "recall.h"

#define BASE "han/m"
#define JSON                                                                                   \
	"{\"meter_id\":\"a\\\"values\\\":{\",\"time\":\"2026-11-22T13:00:12.3Z\",\"values\":{" \
	"\"energy_active_cum_import\":11589.500,\"energy_active_cum_export\":0.000}}"

struct stage {
	struct trial trial;
	struct post post;
	struct publisher_settings settings;
	struct board board;
	struct look look;
	struct recall recall;
	unsigned asked;
};

static int subscribe(void *user, const char *filter)
{
	struct stage *s = user;

	assert_string_equal(filter, BASE "/+");
	s->asked++;
	return 0;
}

static int unsubscribe(void *user, const char *filter)
{
	(void)user;
	(void)filter;
	return 0;
}

static int stage_setup(void **state)
{
	struct stage *s = calloc(1, sizeof(*s));
	const struct look_broker broker = { s, subscribe, unsubscribe };
	struct outlet outlet;

	if (!s)
		return -1;
	trial_init(&s->trial);
	outlet = post_outlet(&s->post);
	s->settings = (struct publisher_settings){ .register_qos = 1, .retain = true };
	*state = s;
	look_init(&s->look, &s->trial.loop, &broker);
	if (board_init(&s->board, &s->trial.loop, &s->settings, &outlet) < 0)
		return -1;
	recall_init(&s->recall, &s->look, &s->board);
	board_move(&s->board, BASE);
	return 0;
}

static int stage_teardown(void **state)
{
	struct stage *s = *state;

	recall_fini(&s->recall);
	recall_fini(&s->recall); /* once more is harmless */
	look_fini(&s->look);
	board_fini(&s->board);
	trial_fini(&s->trial);
	post_clear(&s->post);
	free(s);
	return 0;
}

static void check_sent(struct stage *s, const char *expected)
{
	struct note note;

	note_clear(&note);
	for (size_t i = 0; i < s->post.count; i++)
		note_add(&note, "%s%s=%s", note_gap(&note),
		         s->post.letters[i].topic + strlen(BASE "/"), s->post.letters[i].payload);
	assert_string_equal(note.text, expected);
	post_clear(&s->post);
}

static bool told_all(void *user)
{
	const struct stage *s = user;

	return !s->look.first;
}

/* The broker keeps these topics, "" for none, and tells all. */
static void tell(struct stage *s, const char *topic)
{
	look_subscribed(&s->look, BASE "/+", true);
	if (topic[0])
		look_received(&s->look, topic, "1", 1, true);
	assert_true(trial_run(&s->trial, told_all, s, 3000));
}

static void take_energy(struct stage *s, uint64_t magnitude)
{
	const struct han_value value = { .measurement = han_measurement_find(
						 (struct han_obis){ 1, 0, 1, 8, 0, 255 }),
		                         .number = { magnitude, 0, false } };
	char text[HAN_DECIMAL_TEXT];

	han_decimal_print(value.number, text);
	board_take(&s->board, &value, text, strlen(text), loop_now_ms());
}

#define IMPORT "energy_active_cum_import"
#define BOTH   IMPORT "=11589.500 energy_active_cum_export=0.000"

static void test_none_there(void **state)
{
	struct stage *s = *state;

	board_restate(&s->board);
	recall_set(&s->recall, JSON);
	recall_ask(&s->recall);
	assert_int_equal(s->asked, 1);
	check_sent(s, "");
	tell(s, BASE "/power_active_import");
	assert_int_equal(post_find(&s->post, BASE "/" IMPORT)->qos, 1);
	check_sent(s, BOTH);
	recall_ask(&s->recall); /* they are on the board by now, and go out with all else */
	assert_int_equal(s->asked, 1);
	board_restate(&s->board);
	check_sent(s, BOTH);
	take_energy(s, 11590);
	check_sent(s, IMPORT "=11590");
}

static void test_one_there(void **state)
{
	struct stage *s = *state;

	board_restate(&s->board);
	recall_set(&s->recall, JSON);
	recall_ask(&s->recall);
	tell(s, BASE "/" IMPORT);
	check_sent(s, "energy_active_cum_export=0.000");
	recall_ask(&s->recall); /* the next session: the broker may have lost it */
	tell(s, "");
	check_sent(s, IMPORT "=11589.500");
}

/* What comes while the broker is asked is newer. */
static void test_meanwhile(void **state)
{
	struct stage *s = *state;

	board_restate(&s->board);
	recall_set(&s->recall, JSON);
	recall_ask(&s->recall);
	take_energy(s, 11590);
	tell(s, "");
	check_sent(s, IMPORT "=11590 energy_active_cum_export=0.000");
}

/* The board is shut: they go out when it opens. */
static void test_shut(void **state)
{
	struct stage *s = *state;

	recall_set(&s->recall, JSON);
	recall_ask(&s->recall);
	tell(s, "");
	check_sent(s, "");
	board_restate(&s->board);
	check_sent(s, BOTH);
}

static void test_not_told(void **state)
{
	struct stage *s = *state;

	board_restate(&s->board);
	recall_set(&s->recall, JSON);
	recall_ask(&s->recall);
	look_lost(&s->look);
	check_sent(s, "");
	recall_ask(&s->recall);
	tell(s, "");
	check_sent(s, BOTH);
}

static void test_no_base(void **state)
{
	struct stage *s = *state;

	board_move(&s->board, "");
	recall_set(&s->recall, JSON);
	recall_ask(&s->recall);
	assert_int_equal(s->asked, 0);
}

/* clang-format off */
static const struct { const char *name, *json, *sent; } texts[] = {
	{ "nothing",         NULL,                                                          "" },
	{ "empty",           "",                                                            "" },
	{ "no values",       "{\"values\":{}}",                                             "" },
	{ "cut",             "{\"values\":{\"energy_active_cum_import\":1",                 IMPORT "=1" },
	{ "cut in a name",   "{\"values\":{\"energy_active_cum",                            "" },
	{ "cut behind it",   "{\"values\":{\"energy_active_cum_import\"",                   "" },
	{ "no number",       "{\"values\":{\"energy_active_cum_import\":true}}",            "" },
	{ "a text",          "{\"values\":{\"energy_active_cum_import\":\"1\"}}",           "" },
	{ "negative",        "{\"values\":{\"energy_active_cum_import\":-1.5}}",            IMPORT "=-1.5" },
	{ "no digit",        "{\"values\":{\"energy_active_cum_import\":-.}}",              "" },
	{ "others' names",   "{\"values\":{\"x\":1,\"energy_active_cum_import\":2}}",       IMPORT "=2" },
	{ "a live value",    "{\"values\":{\"power_active_import\":1}}",                    "" },
	{ "calculated",      "{\"values\":{\"energy_active_live_import\":1}}",              "" },
};
/* clang-format on */

static void test_texts(void **state)
{
	struct stage *s = *state;

	for (size_t i = 0; i < COUNT(texts); i++) {
		say_case(texts[i].name);
		board_forget(&s->board);
		board_restate(&s->board);
		recall_set(&s->recall, texts[i].json);
		s->asked = 0;
		recall_ask(&s->recall);
		assert_int_equal(s->asked, texts[i].sent[0] ? 1 : 0);
		if (s->asked > 0)
			tell(s, "");
		check_sent(s, texts[i].sent);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, stage_setup, stage_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_none_there), TEST(test_one_there), TEST(test_meanwhile), TEST(test_shut),
		TEST(test_not_told),   TEST(test_no_base),   TEST(test_texts),
	};

	return cmocka_run_group_tests_name("recall", tests, NULL, NULL);
}
