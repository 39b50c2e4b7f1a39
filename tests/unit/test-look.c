/* What the broker keeps: who is told of what, and when all has been told. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trial.h"

#include "look.h"

struct watcher {
	struct house *house;
	char found[512]; /* " TOPIC=PAYLOAD" of each */
	unsigned done;
	bool complete;
	bool again;          /* done() starts another look */
	const void *cancels; /* found() cancels what this user started */
};

struct house {
	struct trial trial;
	struct look look;
	char asked[512]; /* "+FILTER" and "-FILTER" of each */
	int refuses;
	struct watcher a, b;
};

static int subscribe(void *user, const char *filter)
{
	struct house *h = user;
	size_t used = strlen(h->asked);

	snprintf(h->asked + used, sizeof(h->asked) - used, "+%s ", filter);
	return h->refuses;
}

static int unsubscribe(void *user, const char *filter)
{
	struct house *h = user;
	size_t used = strlen(h->asked);

	snprintf(h->asked + used, sizeof(h->asked) - used, "-%s ", filter);
	return 0;
}

static void start(struct watcher *w, const char *first, const char *second);

static void on_found(void *user, const char *topic, const void *payload, size_t len)
{
	struct watcher *w = user;
	size_t used = strlen(w->found);

	snprintf(w->found + used, sizeof(w->found) - used, " %s=%.*s", topic, (int)len,
	         (const char *)payload);
	if (w->cancels)
		look_cancel(&w->house->look, w->cancels);
}

static void on_done(void *user, bool complete)
{
	struct watcher *w = user;

	w->done++;
	w->complete = complete;
	if (w->again) {
		w->again = false;
		start(w, "again", NULL);
	}
}

static void start(struct watcher *w, const char *first, const char *second)
{
	const struct look_hooks hooks = { w, on_found, on_done };
	const char *const filters[] = { first, second, NULL };

	assert_int_equal(look_start(&w->house->look, filters, &hooks), 0);
}

static int house_setup(void **state)
{
	struct house *h = calloc(1, sizeof(*h));
	const struct look_broker broker = { h, subscribe, unsubscribe };

	if (!h)
		return -1;
	trial_init(&h->trial);
	h->a.house = h->b.house = h;
	*state = h;
	look_init(&h->look, &h->trial.loop, &broker);
	return 0;
}

static int house_teardown(void **state)
{
	struct house *h = *state;

	look_fini(&h->look);
	trial_fini(&h->trial);
	free(h);
	return 0;
}

static bool a_done(void *user)
{
	const struct house *h = user;

	return h->a.done > 0;
}

static bool never(void *user)
{
	(void)user;
	return false;
}

static void wait_ms(struct house *h, uint64_t ms)
{
	trial_run(&h->trial, never, h, ms);
}

static void keep(struct house *h, const char *topic, const char *payload)
{
	look_received(&h->look, topic, payload, strlen(payload), true);
}

/* What is kept is told, what is new is not, nor what others look at; all is told after the quiet. */
static void test_found(void **state)
{
	struct house *h = *state;
	uint64_t begun;

	start(&h->a, "han/+/x", "b");
	assert_string_equal(h->asked, "+han/+/x +b ");
	look_subscribed(&h->look, "han/+/x", true);
	keep(h, "han/1/x", "1");
	look_received(&h->look, "han/2/x", "live", 4, false);
	keep(h, "han/3/y", "other");
	wait_ms(h, LOOK_QUIET_MS + 100);
	assert_int_equal(h->a.done, 0); /* b has not been accepted */
	look_subscribed(&h->look, "b", true);
	begun = loop_now_ms();
	keep(h, "b", "2");
	assert_true(trial_run(&h->trial, a_done, h, 2 * LOOK_QUIET_MS));
	assert_true(loop_now_ms() - begun >= LOOK_QUIET_MS);
	assert_string_equal(h->a.found, " han/1/x=1 b=2");
	assert_true(h->a.complete);
	assert_string_equal(h->asked, "+han/+/x +b -han/+/x -b ");
	keep(h, "b", "3");
	wait_ms(h, 100);
	assert_string_equal(h->a.found, " han/1/x=1 b=2");
	assert_int_equal(h->a.done, 1);
}

/* Each that comes puts the end off, but not for ever. */
static void test_endless(void **state)
{
	struct house *h = *state;
	uint64_t begun = loop_now_ms();

	start(&h->a, "#", NULL);
	look_subscribed(&h->look, "#", true);
	while (h->a.done == 0 && loop_now_ms() - begun < 2 * LOOK_LAST_MS) {
		h->a.found[0] = '\0';
		keep(h, "t", "x");
		wait_ms(h, LOOK_QUIET_MS / 2);
	}
	assert_int_equal(h->a.done, 1);
	assert_false(h->a.complete);
	assert_in_range(loop_now_ms() - begun, LOOK_LAST_MS - 100, LOOK_LAST_MS + LOOK_QUIET_MS);
}

/* Two that look at the same: both are told, and the subscription goes with the second. */
static void test_two(void **state)
{
	struct house *h = *state;

	start(&h->a, "t", NULL);
	start(&h->b, "t", "u");
	look_subscribed(&h->look, "t", true);
	look_subscribed(&h->look, "u", true);
	keep(h, "t", "1");
	assert_string_equal(h->a.found, " t=1");
	assert_string_equal(h->b.found, " t=1");
	h->asked[0] = '\0';
	look_cancel(&h->look, &h->a);
	assert_string_equal(h->asked, "");
	keep(h, "u", "2");
	assert_string_equal(h->a.found, " t=1");
	assert_string_equal(h->b.found, " t=1 u=2");
	look_cancel(&h->look, &h->b);
	assert_string_equal(h->asked, "-t -u ");
	wait_ms(h, LOOK_QUIET_MS + 100);
	assert_int_equal(h->a.done + h->b.done, 0);
}

#define MANY (LOOK_AT_ONCE / LOOK_WILD)

/* So many at once, and no more than the broker has room for; all others one after the other, and none twice. */
static void test_many(void **state)
{
	struct house *h = *state;
	static struct watcher many[MANY + 2];

	for (size_t i = 0; i < MANY + 2; i++) {
		many[i] = (struct watcher){ .house = h };
		start(&many[i], i < MANY ? "t/+" : i == MANY ? "u/+" : "v/+", NULL);
	}
	assert_null(strpbrk(h->asked, "uv"));
	look_subscribed(&h->look, "t/+", true);
	keep(h, "u/1", "early");
	h->asked[0] = '\0';
	look_cancel(&h->look, &many[3]);
	assert_string_equal(h->asked, "+u/+ ");
	look_cancel(&h->look, &many[MANY]);
	assert_string_equal(h->asked, "+u/+ -u/+ +v/+ ");
	look_subscribed(&h->look, "v/+", true);
	keep(h, "v/1", "1");
	wait_ms(h, LOOK_QUIET_MS + 100);
	for (size_t i = 0; i < MANY + 2; i++)
		assert_int_equal(many[i].done, i != 3 && i != MANY);
	assert_string_equal(many[MANY + 1].found, " v/1=1");
}

/* One that waits is not asked for when the session ends, or when the broker cannot be asked any more; one that finds
 * little need not wait for one that may find much. */
static void test_waiting(void **state)
{
	struct house *h = *state;

	start(&h->a, "t", NULL);
	for (size_t i = 0; i < MANY; i++)
		start(&h->a, "t/#", NULL);
	start(&h->b, "u", NULL);
	assert_non_null(strstr(h->asked, "+u"));
	h->refuses = -ENOTCONN;
	look_subscribed(&h->look, "t", false);
	look_subscribed(&h->look, "u", false);
	assert_int_equal(h->a.done, 2);
	assert_false(h->a.complete);
	h->refuses = 0;
	start(&h->b, "v/#", NULL);
	h->asked[0] = '\0';
	look_lost(&h->look);
	assert_int_equal(h->a.done, MANY + 1);
	assert_int_equal(h->b.done, 2);
	assert_string_equal(h->asked, "");
	start(&h->b, "v/#", NULL);
	assert_string_equal(h->asked, "+v/# ");
}

/* The end of the session is the end of all looks; another may begin at once. */
static void test_lost(void **state)
{
	struct house *h = *state;

	h->a.again = true;
	start(&h->a, "t", NULL);
	start(&h->b, "t", NULL);
	h->asked[0] = '\0';
	look_lost(&h->look);
	assert_int_equal(h->a.done, 1);
	assert_int_equal(h->b.done, 1);
	assert_false(h->a.complete || h->b.complete);
	assert_string_equal(h->asked, "+again ");
	look_subscribed(&h->look, "again", true);
	keep(h, "again", "1");
	wait_ms(h, LOOK_QUIET_MS + 100);
	assert_int_equal(h->a.done, 2);
	assert_true(h->a.complete);
	assert_string_equal(h->a.found, " again=1");
}

static void test_refused(void **state)
{
	struct house *h = *state;
	const char *const filters[] = { "t", "u", NULL };

	start(&h->a, "t", "u");
	look_subscribed(&h->look, "u", false);
	assert_int_equal(h->a.done, 1);
	assert_false(h->a.complete);
	look_subscribed(&h->look, "t", true);
	assert_int_equal(h->a.done, 1);
	h->refuses = -ENOTCONN;
	assert_int_equal(
		look_start(&h->look, filters, &(struct look_hooks){ &h->b, on_found, on_done }),
		-ENOTCONN);
	look_lost(&h->look);
	assert_int_equal(h->b.done, 0);
}

/* A broker that does not answer is not waited for for ever. */
static void test_unanswered(void **state)
{
	struct house *h = *state;

	start(&h->a, "t", NULL);
	assert_in_range(trial_left_ms(&h->look.timer), LOOK_ANSWER_MS - 1000, LOOK_ANSWER_MS);
	look_cancel(&h->look, &h->a);
	assert_int_equal(trial_left_ms(&h->look.timer), 0);
}

/* One that is told of something may end others, and itself. */
static void test_cancel_within(void **state)
{
	struct house *h = *state;

	start(&h->a, "t", NULL);
	start(&h->b, "t", NULL);
	h->a.cancels = &h->b;
	keep(h, "t", "1");
	assert_string_equal(h->b.found, "");
	h->a.cancels = &h->a;
	keep(h, "t", "2");
	keep(h, "t", "3");
	assert_string_equal(h->a.found, " t=1 t=2");
	look_lost(&h->look);
	assert_int_equal(h->a.done + h->b.done, 0);
}

#define WITH_HOUSE(test) cmocka_unit_test_setup_teardown(test, house_setup, house_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOUSE(test_found), WITH_HOUSE(test_endless), WITH_HOUSE(test_two),
		WITH_HOUSE(test_lost),  WITH_HOUSE(test_refused), WITH_HOUSE(test_cancel_within),
		WITH_HOUSE(test_many),  WITH_HOUSE(test_waiting), WITH_HOUSE(test_unanswered),
	};

	return cmocka_run_group_tests_name("look", tests, NULL, NULL);
}
