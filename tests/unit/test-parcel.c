/* Messages in a parcel: they come out as they went in, in their order, of one parcel or of two. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"

#include "parcel.h"

#define PAYLOAD_MAX 900

struct parcels {
	struct parcel mine, shared;
	unsigned put, taken; /* messages, by their numbers */
	char topic[32], payload[PAYLOAD_MAX];
};

static void setup(struct parcels *p)
{
	*p = (struct parcels){ 0 };
	assert_true(parcel_init(&p->mine));
	assert_true(parcel_init(&p->shared));
}

static void teardown(struct parcels *p)
{
	parcel_fini(&p->mine);
	parcel_fini(&p->shared);
	parcel_fini(&p->shared);
}

/* What a message of that number is. */
static struct message numbered(struct parcels *p, unsigned number)
{
	snprintf(p->topic, sizeof(p->topic), "han/%u%.*s", number, (int)(number % 9), "/abcdefgh");
	memset(p->payload, (int)(number % 251), sizeof(p->payload));
	return (struct message){
		.topic = p->topic,
		.payload = p->payload,
		.len = number * 37 % PAYLOAD_MAX,
		.qos = (int)(number % 3),
		.retain = number % 2 == 0,
		.kind = (enum message_kind)(number % 3),
		.expiry_s = number * 1000003,
	};
}

static bool put(struct parcels *p)
{
	const struct message m = numbered(p, p->put);

	if (!parcel_put(&p->mine, &m))
		return false;
	p->put++;
	return true;
}

static bool take(struct parcels *p)
{
	struct message m, expected;

	if (!parcel_take(&p->shared, &m))
		return false;
	expected = numbered(p, p->taken++);
	assert_string_equal(m.topic, expected.topic);
	assert_int_equal(m.len, expected.len);
	assert_memory_equal(m.payload, expected.payload, m.len);
	assert_int_equal(m.qos, expected.qos);
	assert_int_equal(m.retain, expected.retain);
	assert_int_equal(m.kind, expected.kind);
	assert_int_equal(m.expiry_s, expected.expiry_s);
	assert_int_equal(m.ticket, 0);
	return true;
}

static void test_order(void **state)
{
	struct parcels p;

	(void)state;
	setup(&p);
	assert_false(take(&p));
	for (unsigned i = 0; i < 10; i++)
		assert_true(put(&p));
	assert_true(parcel_put_all(&p.shared, &p.mine));
	assert_int_equal(p.mine.count, 0);
	assert_true(take(&p)); /* some are gone when more come */
	assert_true(put(&p));
	assert_true(parcel_put_all(&p.shared, &p.mine));
	while (take(&p))
		continue;
	assert_int_equal(p.taken, 11);
	teardown(&p);
}

/* What finds no room changes nothing. */
static void test_full(void **state)
{
	struct message long_one = { .topic = "t", .payload = "", .len = PARCEL_OCTETS - 2 };
	struct parcels p;
	unsigned first;

	(void)state;
	setup(&p);
	assert_false(parcel_put(&p.mine, &long_one));
	long_one.len = SIZE_MAX;
	assert_false(parcel_put(&p.mine, &long_one));
	while (put(&p))
		continue;
	assert_true(p.put > 200);
	first = p.put;
	assert_true(parcel_put_all(&p.shared, &p.mine));
	while (put(&p))
		continue;
	assert_false(parcel_put_all(&p.shared, &p.mine));
	assert_int_equal(p.shared.count, first);
	assert_int_equal(p.mine.count, p.put - first);
	while (take(&p))
		continue;
	assert_int_equal(p.taken, first);
	assert_true(parcel_put_all(&p.shared, &p.mine));
	while (take(&p))
		continue;
	assert_int_equal(p.taken, p.put);
	teardown(&p);
}

static bool is_event(const struct message *m)
{
	return m->kind == MESSAGE_EVENT;
}

/* Of what is not taken yet, what is kept stays in its order. */
static void test_keep(void **state)
{
	struct parcels p;

	(void)state;
	setup(&p);
	while (p.put < 100)
		assert_true(put(&p));
	assert_true(parcel_put_all(&p.shared, &p.mine));
	while (p.taken < 4)
		assert_true(take(&p));
	parcel_keep(&p.shared, is_event);
	assert_int_equal(p.shared.count, 32); /* 4, 7 ... 97 */
	for (; p.shared.count > 0; p.taken += 2)
		assert_true(take(&p));
	assert_int_equal(p.taken, 100);
	parcel_keep(&p.shared, is_event);
	assert_false(take(&p));
	teardown(&p);
}

static void test_random(void **state)
{
	struct dice dice = dice_new();
	struct parcels p;

	(void)state;
	setup(&p);
	for (int step = 0; step < 20000; step++) {
		for (size_t n = dice_below(&dice, 40); n > 0; n--)
			put(&p);
		parcel_put_all(&p.shared, &p.mine);
		for (size_t n = dice_below(&dice, 40); n > 0; n--)
			take(&p);
		assert_int_equal(p.mine.count + p.shared.count, p.put - p.taken);
	}
	parcel_clear(&p.shared);
	assert_false(take(&p));
	teardown(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("parcel", tests, NULL, NULL);
}
