/* The bounded store between two threads: order, copies, conflation, and who goes when room ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"

#include "outbox.h"

#define PLACES 64
#define OCTETS 65536

static int open_box(void **state)
{
	struct outbox *box = calloc(1, sizeof(*box));

	*state = box;
	return box && outbox_init(box, PLACES, OCTETS) ? 0 : -1;
}

static int close_box(void **state)
{
	outbox_fini(*state);
	outbox_fini(*state); /* once more is harmless */
	free(*state);
	return 0;
}

static bool put(struct outbox *box, enum message_kind kind, const char *topic, const char *payload)
{
	const struct message message = {
		.topic = topic, .payload = payload, .len = strlen(payload), .kind = kind
	};

	return outbox_put(box, &message);
}

static bool put_ticket(struct outbox *box, const char *topic, uint64_t ticket)
{
	const struct message message = {
		.topic = topic, .payload = "t", .len = 1, .qos = 1, .ticket = ticket
	};

	return outbox_put(box, &message);
}

static void check_next(struct outbox *box, const char *topic, const char *payload)
{
	struct message message;

	assert_true(outbox_take(box, &message));
	assert_string_equal(message.topic, topic);
	assert_int_equal(message.len, strlen(payload));
	assert_memory_equal(message.payload, payload, message.len);
}

static void check_end(struct outbox *box)
{
	struct message message = { .topic = "untouched" };

	assert_false(outbox_take(box, &message));
	assert_string_equal(message.topic, "untouched");
	assert_true(outbox_is_empty(box));
}

/* All of a message comes out as it went in, and stays until the next is taken. */
static void test_copies(void **state)
{
	static const char payload[] = { 'a', '\0', 'b' };
	const struct message binary = {
		.topic = "binary",
		.payload = payload,
		.len = sizeof(payload),
		.qos = 2,
		.retain = true,
		.kind = MESSAGE_EVENT,
		.expiry_s = 60,
		.ticket = UINT64_MAX,
	};
	const struct message cleared = { .topic = "cleared", .retain = true };
	struct outbox *box = *state;
	struct message message;
	char topic[] = "han/1/a";

	check_end(box);
	assert_true(put(box, MESSAGE_STATE, topic, "1"));
	memset(topic, 'x', sizeof(topic) - 1); /* it was copied */
	assert_true(outbox_put(box, &binary));
	assert_true(outbox_put(box, &cleared));
	assert_false(outbox_is_empty(box));
	check_next(box, "han/1/a", "1");
	assert_true(outbox_take(box, &message));
	for (int i = 0; i < 1000; i++)
		put(box, MESSAGE_EVENT, "later", "0123456789");
	assert_string_equal(message.topic, "binary");
	assert_int_equal(message.len, sizeof(payload));
	assert_memory_equal(message.payload, payload, sizeof(payload));
	assert_int_equal(message.qos, 2);
	assert_true(message.retain);
	assert_int_equal(message.kind, MESSAGE_EVENT);
	assert_int_equal(message.expiry_s, 60);
	assert_true(message.ticket == UINT64_MAX);
	assert_true(outbox_take(box, &message));
	assert_string_equal(message.topic, "cleared");
	assert_int_equal(message.len, 0);
	assert_false(message.ticket || message.expiry_s || message.qos);
}

/* A newer state stands where the older one stood; events, and what has a ticket, stand for themselves. */
static void test_conflation(void **state)
{
	struct outbox *box = *state;

	put(box, MESSAGE_STATE, "a", "1");
	put(box, MESSAGE_EVENT, "e", "1");
	put(box, MESSAGE_DIAGNOSTIC, "d", "1");
	put_ticket(box, "t", 1);
	put(box, MESSAGE_STATE, "b", "1");
	put(box, MESSAGE_STATE, "a", "2");
	put(box, MESSAGE_EVENT, "e", "2");
	put(box, MESSAGE_DIAGNOSTIC, "d", "22");
	put_ticket(box, "t", 2);
	put(box, MESSAGE_STATE, "a", "of another length, and a longer one at that");
	check_next(box, "a", "of another length, and a longer one at that");
	put(box, MESSAGE_STATE, "a", "4"); /* the other one is gone: a new place */
	check_next(box, "e", "1");
	check_next(box, "d", "22");
	check_next(box, "t", "t");
	check_next(box, "b", "1");
	check_next(box, "e", "2");
	check_next(box, "t", "t");
	check_next(box, "a", "4");
	check_end(box);
	assert_int_equal(box->dropped, 0);
}

/* Puts messages of a kind, each on a topic of its own, until one is not taken; returns how many were. */
static unsigned fill(struct outbox *box, enum message_kind kind, const char *name)
{
	unsigned count = 0;
	char topic[32];

	do
		snprintf(topic, sizeof(topic), "%s%u", name, count++);
	while (count < 1000 && put(box, kind, topic, "x"));
	return count - 1;
}

/* Who makes room for whom, by number. */
static void test_places(void **state)
{
	struct outbox *box = *state;
	uint64_t dropped;

	for (unsigned i = 0; i < 8; i++)
		put_ticket(box, "t", i + 1);
	assert_int_equal(fill(box, MESSAGE_STATE, "s"), PLACES - 8);
	assert_true(box->state_lost);
	assert_true(put(box, MESSAGE_STATE, "s3", "newer")); /* this one has a place */
	assert_false(put(box, MESSAGE_EVENT, "e", "x"));
	assert_false(put(box, MESSAGE_DIAGNOSTIC, "d", "x"));
	outbox_clear(box);
	box->state_lost = false;
	dropped = box->dropped;

	put(box, MESSAGE_EVENT, "e1", "x");
	put(box, MESSAGE_DIAGNOSTIC, "d1", "x");
	put(box, MESSAGE_EVENT, "e2", "x");
	put(box, MESSAGE_DIAGNOSTIC, "d2", "x");
	put(box, MESSAGE_STATE, "s", "x");
	for (unsigned i = 0; i < PLACES - 5; i++)
		put_ticket(box, "t", i + 1);
	assert_int_equal(box->dropped - dropped, 0);
	put(box, MESSAGE_DIAGNOSTIC, "d3", "x"); /* d1 goes */
	put(box, MESSAGE_EVENT, "e3", "x");      /* d2 */
	put(box, MESSAGE_STATE, "s2", "x");      /* d3 */
	put_ticket(box, "late", 1);              /* e1 */
	put(box, MESSAGE_EVENT, "e4", "x");      /* e2 */
	assert_false(put(box, MESSAGE_DIAGNOSTIC, "d4", "x"));
	assert_int_equal(box->dropped - dropped, 6);
	assert_false(box->state_lost);
	put_ticket(box, "late", 2); /* e3 */
	put_ticket(box, "late", 3); /* e4 */
	put_ticket(box, "late", 4); /* s */
	assert_true(box->state_lost);
	check_next(box, "t", "t");
	put(box, MESSAGE_STATE, "s3", "x");
	put_ticket(box, "late", 5); /* s2 */
	put_ticket(box, "late", 6); /* s3 */
	assert_false(put_ticket(box, "late", 7));
	assert_int_equal(box->dropped - dropped, 12);
}

/* What the broker is to keep counts as a state here, also when no newer one takes its place: an announcement. */
static void test_kept_event(void **state)
{
	struct outbox *box = *state;
	const struct message message = {
		.topic = "config", .payload = "x", .len = 1, .retain = true, .kind = MESSAGE_EVENT
	};

	put(box, MESSAGE_EVENT, "e", "x");
	outbox_put(box, &message);
	for (unsigned i = 0; i < PLACES - 1; i++)
		put(box, MESSAGE_EVENT, "e", "x");
	assert_int_equal(box->dropped, 1);
	assert_false(box->state_lost);
	put(box, MESSAGE_EVENT, "e", "x");
	assert_true(box->state_lost);
}

/* The same by octets: as many go as are in the way, and none in vain. */
static void test_octets(void **state)
{
	static char payload[OCTETS + 1];
	struct outbox *box = *state;
	char topic[8];

	memset(payload, 'p', sizeof(payload) - 1);
	assert_false(put(box, MESSAGE_STATE, "s", payload));
	assert_true(box->state_lost);
	assert_int_equal(fill(box, MESSAGE_DIAGNOSTIC, "d"), 999);
	payload[OCTETS - 16] = '\0';
	put_ticket(box, "t", 1);
	assert_false(put(box, MESSAGE_STATE, "s", payload)); /* not with the ticket */
	assert_int_equal(box->count, PLACES);
	payload[OCTETS - 100] = '\0';
	assert_true(put(box, MESSAGE_STATE, "s", payload));
	assert_int_equal(box->count, 6); /* 16 octets each: four have room beside the other two */
	for (unsigned i = 0; i < 4; i++) {
		snprintf(topic, sizeof(topic), "d%u", 995 + i);
		check_next(box, topic, "x");
	}
	check_next(box, "t", "t");
	check_next(box, "s", payload);
	check_end(box);
}

static void test_too_long(void **state)
{
	static char payload[OUTBOX_MESSAGE];
	struct outbox box;
	struct message message = {
		.topic = "t", .payload = payload, .len = OUTBOX_MESSAGE - 2, .kind = MESSAGE_EVENT
	};

	(void)state;
	assert_true(outbox_init(&box, 8, 4 * OUTBOX_MESSAGE));
	assert_true(outbox_put(&box, &message));
	message.len++;
	assert_false(outbox_put(&box, &message));
	message.len = SIZE_MAX;
	assert_false(outbox_put(&box, &message));
	message.kind = MESSAGE_STATE;
	assert_false(outbox_put(&box, &message));
	assert_int_equal(box.dropped, 3);
	assert_false(box.state_lost); /* it would be as long the next time */
	assert_true(outbox_take(&box, &message));
	assert_int_equal(message.len, OUTBOX_MESSAGE - 2);
	outbox_fini(&box);
}

/* More room, and less again, with all that waits; what was taken stays. */
static void test_resize(void **state)
{
	struct outbox *box = *state;
	struct message message;

	put(box, MESSAGE_EVENT, "first", "1");
	assert_int_equal(fill(box, MESSAGE_STATE, "s"), PLACES);
	assert_true(outbox_take(box, &message));
	assert_false(outbox_resize(box, PLACES - 2, OCTETS));
	assert_true(outbox_resize(box, 4 * PLACES, 4 * OCTETS));
	assert_string_equal(message.topic, "s0");
	assert_true(box->state_lost);
	put(box, MESSAGE_STATE, "s2", "newer");
	put(box, MESSAGE_EVENT, "last", "1");
	check_next(box, "s1", "x");
	check_next(box, "s2", "newer");
	for (unsigned i = 3; i < PLACES; i++)
		assert_true(outbox_take(box, &message));
	check_next(box, "last", "1");
	check_end(box);
	assert_true(outbox_resize(box, 2, 1024));
	put(box, MESSAGE_EVENT, "a", "1");
	put(box, MESSAGE_EVENT, "b", "2");
	put(box, MESSAGE_EVENT, "c", "3");
	check_next(box, "b", "2");
}

/* ---- against a plain array that does the same, slowly ---- */

struct model_message {
	char topic[8], payload[48];
	enum message_kind kind;
	uint64_t ticket;
	size_t cost;
};

struct model {
	struct model_message all[PLACES];
	size_t count;
	uint64_t dropped;
};

static size_t model_cost(const struct model *m)
{
	size_t cost = 0;

	for (size_t i = 0; i < m->count; i++)
		cost += m->all[i].cost;
	return cost;
}

static void model_remove(struct model *m, size_t i)
{
	m->count--;
	memmove(&m->all[i], &m->all[i + 1], (m->count - i) * sizeof(m->all[0]));
}

/* How dear a message is: the cheapest go first. */
static int worth(const struct model_message *m)
{
	return m->ticket ? 3 : m->kind == MESSAGE_STATE ? 2 : m->kind == MESSAGE_EVENT ? 1 : 0;
}

/* The oldest of the cheapest that may go for this one; -1: none. */
static int victim(const struct model *m, const struct model_message *incoming)
{
	int most = (int[]){ 0, 1, 1, 2 }[worth(incoming)], found = -1;

	for (size_t i = 0; i < m->count; i++) {
		int w = worth(&m->all[i]);

		if (w <= most && (found < 0 || w < worth(&m->all[found])))
			found = (int)i;
	}
	return found;
}

static bool model_put(struct model *m, const struct model_message *incoming, size_t limit,
                      size_t max)
{
	struct model before = *m;

	for (size_t i = 0; i < m->count && !incoming->ticket && incoming->kind != MESSAGE_EVENT;
	     i++) {
		if (m->all[i].ticket || m->all[i].kind != incoming->kind ||
		    strcmp(m->all[i].topic, incoming->topic) != 0)
			continue;
		if (model_cost(m) - m->all[i].cost + incoming->cost <= limit) {
			m->all[i] = *incoming;
			return true;
		}
		model_remove(m, i);
		before = *m;
		break;
	}
	while (m->count == max || model_cost(m) + incoming->cost > limit) {
		int i = victim(m, incoming);

		if (i < 0) {
			*m = before;
			m->dropped++;
			return false;
		}
		model_remove(m, (size_t)i);
		m->dropped++;
	}
	m->all[m->count++] = *incoming;
	return true;
}

static void roll_message(struct dice *dice, struct model_message *m, struct message *message)
{
	*m = (struct model_message){ .kind = (enum message_kind)dice_below(dice, 3),
		                     .ticket = dice_below(dice, 8) ? 0 : 1 + dice_below(dice, 9) };
	snprintf(m->topic, sizeof(m->topic), "%c%zu", "sed"[m->kind], dice_below(dice, 12));
	memset(m->payload, 'a' + (int)dice_below(dice, 26), dice_below(dice, sizeof(m->payload)));
	m->cost = arena_cost(strlen(m->topic) + 1 + strlen(m->payload));
	*message = (struct message){ .topic = m->topic,
		                     .payload = m->payload,
		                     .len = strlen(m->payload),
		                     .kind = m->kind,
		                     .ticket = m->ticket };
}

static void check_take(struct outbox *box, struct model *model)
{
	struct message message;

	assert_int_equal(outbox_take(box, &message), model->count > 0);
	if (model->count == 0)
		return;
	assert_string_equal(message.topic, model->all[0].topic);
	assert_int_equal(message.len, strlen(model->all[0].payload));
	assert_memory_equal(message.payload, model->all[0].payload, message.len);
	assert_true(message.ticket == model->all[0].ticket);
	model_remove(model, 0);
}

static void run_model(struct dice *dice, size_t max, size_t limit, size_t puts_of_ten)
{
	struct model model = { .count = 0 };
	struct outbox box;

	assert_true(outbox_init(&box, max, limit));
	for (int step = 0; step < 20000; step++) {
		struct model_message m;
		struct message message;

		if (dice_below(dice, 10) < puts_of_ten) {
			roll_message(dice, &m, &message);
			assert_int_equal(outbox_put(&box, &message),
			                 model_put(&model, &m, limit, max));
		} else {
			check_take(&box, &model);
		}
		assert_int_equal(box.count, model.count);
		assert_int_equal(box.arena.live, model_cost(&model));
		assert_true(box.dropped == model.dropped);
	}
	while (model.count > 0)
		check_take(&box, &model);
	assert_true(outbox_is_empty(&box));
	outbox_fini(&box);
}

static void test_random(void **state)
{
	struct dice dice = dice_new();

	(void)state;
	for (size_t round = 0; round < 20; round++)
		run_model(&dice, 1 + dice_below(&dice, PLACES), 256 + dice_below(&dice, 2000),
		          3 + dice_below(&dice, 7));
}

#define WITH_BOX(test) cmocka_unit_test_setup_teardown(test, open_box, close_box)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BOX(test_copies),           WITH_BOX(test_conflation),
		WITH_BOX(test_places),           WITH_BOX(test_octets),
		cmocka_unit_test(test_too_long), WITH_BOX(test_resize),
		cmocka_unit_test(test_random),   WITH_BOX(test_kept_event),
	};

	return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
