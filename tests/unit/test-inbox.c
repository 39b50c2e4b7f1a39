/* Messages that arrived: copies, order, bounds, whatever they hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"

#include "inbox.h"

struct pair {
	struct inbox filled, read;
};

static int open_pair(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	*state = pair;
	return pair && inbox_init(&pair->filled) && inbox_init(&pair->read) ? 0 : -1;
}

static int close_pair(void **state)
{
	struct pair *pair = *state;

	inbox_fini(&pair->filled);
	inbox_fini(&pair->read);
	inbox_fini(&pair->read); /* once more is harmless */
	free(pair);
	return 0;
}

static bool put(struct inbox *box, const char *topic, const void *payload, size_t len)
{
	return inbox_put(box, &(struct arrival){ topic, payload, len, true });
}

static void check_next(struct inbox *box, const char *topic, const void *payload, size_t len)
{
	struct arrival arrival;

	assert_true(inbox_next(box, &arrival));
	assert_string_equal(arrival.topic, topic);
	assert_int_equal(arrival.len, len);
	assert_memory_equal(arrival.payload, payload, len);
	assert_true(arrival.retained);
}

static void check_end(struct inbox *box)
{
	struct arrival arrival = { .topic = "untouched" };

	assert_false(inbox_next(box, &arrival));
	assert_string_equal(arrival.topic, "untouched");
}

/* What comes while one is read is for the next time; any octets are. */
static void test_exchange(void **state)
{
	struct pair *pair = *state;
	char topic[] = "a/b";

	assert_true(put(&pair->filled, topic, "\0\xFF\n", 3));
	memset(topic, 'x', 3); /* it was copied */
	assert_true(inbox_put(&pair->filled, &(struct arrival){ "c", NULL, 0, false }));
	check_end(&pair->read);
	inbox_take(&pair->filled, &pair->read);
	assert_true(put(&pair->filled, "d", "later", 5));
	check_next(&pair->read, "a/b", "\0\xFF\n", 3);
	{
		struct arrival arrival;

		assert_true(inbox_next(&pair->read, &arrival));
		assert_string_equal(arrival.topic, "c");
		assert_int_equal(arrival.len, 0);
		assert_false(arrival.retained);
	}
	check_end(&pair->read);
	inbox_take(&pair->filled, &pair->read);
	check_next(&pair->read, "d", "later", 5);
	check_end(&pair->read);
}

/* 64 KiB, not an octet more; full is full, without a trace; crowded before that. */
static void test_bounds(void **state)
{
	static unsigned char payload[INBOX_PAYLOAD + 1];
	struct pair *pair = *state;
	size_t count = 0;

	memset(payload, 'p', sizeof(payload));
	assert_false(put(&pair->filled, "t", payload, sizeof(payload)));
	assert_false(put(&pair->filled, "t", payload, SIZE_MAX));
	while (!inbox_is_crowded(&pair->filled)) {
		assert_true(put(&pair->filled, "t", payload, INBOX_PAYLOAD));
		count++;
	}
	assert_true(
		put(&pair->filled, "t", payload, INBOX_PAYLOAD)); /* there is room for one more */
	count++;
	while (put(&pair->filled, "t", payload, INBOX_PAYLOAD))
		count++;
	assert_true(count >= 3);
	inbox_take(&pair->filled, &pair->read);
	while (count-- > 0)
		check_next(&pair->read, "t", payload, INBOX_PAYLOAD);
	check_end(&pair->read);
	assert_false(inbox_is_crowded(&pair->filled));
}

static void test_count(void **state)
{
	struct pair *pair = *state;

	for (size_t i = 0; i < INBOX_COUNT; i++) {
		assert_int_equal(inbox_is_crowded(&pair->filled), i > INBOX_COUNT / 2);
		assert_true(put(&pair->filled, "t", "x", 1));
	}
	assert_false(put(&pair->filled, "t", "x", 1));
}

/* Against counters, at random: nothing lost, doubled or out of order. */
static void test_random(void **state)
{
	struct dice dice = dice_new();
	struct pair *pair = *state;
	unsigned put_count = 0, taken = 0;
	char text[64];

	for (int step = 0; step < 100000; step++) {
		if (dice_below(&dice, 3) > 0) {
			snprintf(text, sizeof(text), "%u", put_count);
			put_count += put(&pair->filled, text, text, strlen(text));
			continue;
		}
		inbox_take(&pair->filled, &pair->read);
		while (taken < put_count) {
			snprintf(text, sizeof(text), "%u", taken++);
			check_next(&pair->read, text, text, strlen(text));
		}
		check_end(&pair->read);
	}
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, open_pair, close_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(test_exchange),
		WITH_PAIR(test_bounds),
		WITH_PAIR(test_count),
		WITH_PAIR(test_random),
	};

	return cmocka_run_group_tests_name("inbox", tests, NULL, NULL);
}
