/* The bounded store between two threads: order, copies, bounds, losses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"

#include "outbox.h"

static int open_box(void **state)
{
	struct outbox *box = calloc(1, sizeof(*box));

	*state = box;
	return box && outbox_init(box) ? 0 : -1;
}

static int close_box(void **state)
{
	outbox_fini(*state);
	outbox_fini(*state); /* once more is harmless */
	free(*state);
	return 0;
}

static bool put(struct outbox *box, const char *topic, const char *payload, int qos, bool retain)
{
	const struct message message = { topic, payload, strlen(payload), qos, retain };

	return outbox_put(box, &message);
}

static void check_next(struct outbox *box, const char *topic, const char *payload, int qos,
                       bool retain)
{
	struct message message;

	assert_true(outbox_next(box, &message));
	assert_string_equal(message.topic, topic);
	assert_int_equal(message.len, strlen(payload));
	assert_memory_equal(message.payload, payload, message.len);
	assert_int_equal(message.qos, qos);
	assert_int_equal(message.retain, retain);
}

static void check_end(struct outbox *box)
{
	struct message message = { .topic = "untouched" };

	assert_false(outbox_next(box, &message));
	assert_string_equal(message.topic, "untouched");
}

static void test_order(void **state)
{
	static const char payload[] = { 'a', '\0', 'b' };
	const struct message binary = { "binary", payload, sizeof(payload), 1, false };
	struct outbox *box = *state;
	struct message message;
	char topic[] = "han/1/a";

	assert_true(outbox_is_empty(box));
	check_end(box);
	assert_true(put(box, topic, "1", 0, true));
	memset(topic, 'x', sizeof(topic) - 1); /* it was copied */
	assert_true(put(box, "", "", 2, false));
	assert_true(outbox_put(box, &binary));
	assert_true(outbox_put(box, &(struct message){ "cleared", NULL, 0, 1, true }));
	assert_false(outbox_is_empty(box));

	check_end(box); /* not before the turn */
	outbox_turn(box);
	check_next(box, "han/1/a", "1", 0, true);
	check_next(box, "", "", 2, false);
	assert_true(outbox_next(box, &message));
	assert_int_equal(message.len, sizeof(payload));
	assert_memory_equal(message.payload, payload, sizeof(payload));
	check_next(box, "cleared", "", 1, true);
	check_end(box);
	assert_true(outbox_is_empty(box));
}

/* What is put while the rest is being sent waits for the next turn, and keeps its place. */
static void test_turns(void **state)
{
	struct outbox *box = *state;

	assert_true(put(box, "a", "1", 0, false));
	assert_true(put(box, "b", "2", 0, false));
	outbox_turn(box);
	check_next(box, "a", "1", 0, false);
	assert_true(put(box, "c", "3", 0, false));
	outbox_turn(box); /* too early: b is still to come */
	check_next(box, "b", "2", 0, false);
	check_end(box);
	assert_false(outbox_is_empty(box));
	outbox_turn(box);
	check_next(box, "c", "3", 0, false);
	assert_true(outbox_is_empty(box));
	outbox_turn(box);
	outbox_turn(box);
	check_end(box);
}

static void test_clear(void **state)
{
	struct outbox *box = *state;

	assert_int_equal(outbox_clear(box), 0);
	for (int i = 0; i < 3; i++)
		assert_true(put(box, "a", "old", 0, false));
	outbox_turn(box);
	check_next(box, "a", "old", 0, false);
	assert_true(put(box, "b", "old", 0, false));
	assert_int_equal(outbox_clear(box), 3); /* two that were to be sent, one that waited */
	assert_true(outbox_is_empty(box));
	check_end(box);
	outbox_turn(box);
	check_end(box);
	assert_true(put(box, "c", "new", 0, false));
	outbox_turn(box);
	check_next(box, "c", "new", 0, false);
	check_end(box);
}

/* Puts messages of len octets until one does not fit; returns how many did. */
static size_t fill(struct outbox *box, const char *payload, size_t len)
{
	const struct message message = { "t", payload, len, 0, false };
	size_t count = 0;

	while (outbox_put(box, &message))
		count++;
	return count;
}

/* Full to the last octet, refused without a trace, and whole again after the turn. */
static void test_full(void **state)
{
	static char payload[OUTBOX_SIZE + 1];
	struct outbox *box = *state;
	struct message message;
	size_t len = OUTBOX_SIZE, kept;

	memset(payload, 'p', sizeof(payload));
	assert_false(outbox_put(box, &(struct message){ "t", payload, sizeof(payload), 0, false }));
	assert_false(outbox_put(box, &(struct message){ "t", payload, SIZE_MAX, 0, false }));
	while (!outbox_put(box, &(struct message){ "t", payload, len, 0, false }))
		len--;
	assert_true(len >= OUTBOX_SIZE - 64); /* the largest message takes nearly all */
	assert_false(put(box, "", "", 0, false));
	outbox_turn(box);

	kept = fill(box, payload, 1000); /* the other buffer */
	assert_true(kept >= OUTBOX_SIZE / 1100);
	assert_true(outbox_next(box, &message));
	assert_int_equal(message.len, len);
	assert_memory_equal(message.payload, payload, len);
	outbox_turn(box);
	for (size_t i = 0; i < kept; i++) {
		assert_true(outbox_next(box, &message));
		assert_int_equal(message.len, 1000);
	}
	check_end(box);
	assert_true(outbox_is_empty(box));
}

/* The store against a plain array, at random: nothing lost, doubled or out of order. */
static void test_random(void **state)
{
	struct dice dice = dice_new();
	struct outbox *box = *state;
	unsigned put_count = 0, taken = 0;

	for (int step = 0; step < 200000; step++) {
		struct message message;
		char text[64];

		switch (dice_below(&dice, 3)) {
		case 0:
			snprintf(text, sizeof(text), "%u", put_count);
			assert_true(put(box, text, text, 0, false));
			put_count++;
			break;
		case 1:
			outbox_turn(box);
			break;
		default:
			snprintf(text, sizeof(text), "%u", taken);
			if (!outbox_next(box, &message))
				break;
			assert_string_equal(message.topic, text);
			assert_memory_equal(message.payload, text, message.len);
			taken++;
		}
		assert_int_equal(outbox_is_empty(box), put_count == taken);
	}
	assert_int_equal(outbox_clear(box), put_count - taken);
}

#define WITH_BOX(test) cmocka_unit_test_setup_teardown(test, open_box, close_box)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BOX(test_order), WITH_BOX(test_turns),  WITH_BOX(test_clear),
		WITH_BOX(test_full),  WITH_BOX(test_random),
	};

	return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
