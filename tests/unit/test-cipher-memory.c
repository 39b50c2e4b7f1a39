/* The memory of the deciphering: counters that must not go back, titles that are not said, tags that must
 * not vanish. */
#include "opened.h"

/* Seals the list with this title and counter, opens it, and accepts it if it was opened. */
static enum han_err hear(struct cipher *c, const char *title, uint32_t counter, uint8_t control)
{
	struct seal seal = { 0xDB, control, 0, counter, title, NULL, EK, AK, { NULL } };
	struct sealed_apdu apdu;
	struct opened o;

	seal_list(&apdu, &seal);
	open_apdu(c, apdu.octets, apdu.len, &o);
	if (o.err == HAN_OK)
		cipher_accept(c, &o.encryption);
	return o.err;
}

#define A "4b464d0000000001"
#define B "4b464d0000000002"
#define C "4b464d0000000003"
#define D "4b464d0000000004"
#define E "4b464d0000000005"

/* clang-format off */
static const struct {
	const char *title;
	uint32_t counter;
	enum han_err err;
} talk[] = {
	{ A, 5,          HAN_OK },
	{ A, 5,          HAN_ERR_REPLAY },
	{ A, 4,          HAN_ERR_REPLAY },
	{ A, 0,          HAN_ERR_REPLAY },
	{ A, 6,          HAN_OK },
	{ A, 0xFFFFFFFE, HAN_OK },
	{ A, 0xFFFFFFFF, HAN_OK },
	{ A, 0xFFFFFFFF, HAN_ERR_REPLAY }, /* the last one of a key */
	{ A, 0,          HAN_ERR_REPLAY },
	{ B, 0,          HAN_OK }, /* each title has its own */
	{ B, 0,          HAN_ERR_REPLAY },
	{ C, 7,          HAN_OK },
	{ D, 7,          HAN_OK },
	{ A, 9,          HAN_ERR_REPLAY }, /* four are remembered */
	{ B, 1,          HAN_OK }, /* from their middle */
	{ A, 9,          HAN_ERR_REPLAY },
	{ C, 7,          HAN_ERR_REPLAY },
	{ D, 7,          HAN_ERR_REPLAY },
	{ E, 1,          HAN_OK }, /* instead of A: what is refused does not count as heard */
	{ B, 1,          HAN_ERR_REPLAY },
	{ C, 7,          HAN_ERR_REPLAY },
	{ D, 7,          HAN_ERR_REPLAY },
	{ E, 1,          HAN_ERR_REPLAY },
	{ A, 5,          HAN_OK }, /* instead of C: B was heard later */
	{ B, 1,          HAN_ERR_REPLAY },
	{ D, 7,          HAN_ERR_REPLAY },
	{ E, 1,          HAN_ERR_REPLAY },
	{ A, 5,          HAN_ERR_REPLAY },
	{ C, 7,          HAN_OK },
};
/* clang-format on */

static void test_replay(void **state)
{
	static const uint8_t controls[] = { 0x30, 0x20, 0x21, 0x10 };

	(void)state;
	for (size_t k = 0; k < COUNT(controls); k++) {
		struct cipher c = cipher_with(EK, AK, NULL);
		struct cipher lenient = cipher_with(EK, AK, NULL);

		lenient.allow_replay = true;
		for (size_t i = 0; i < COUNT(talk); i++) {
			print_message("# %02x, %zu\n", controls[k], i);
			assert_int_equal(hear(&c, talk[i].title, talk[i].counter, controls[k]),
			                 talk[i].err);
			assert_int_equal(
				hear(&lenient, talk[i].title, talk[i].counter, controls[k]),
				HAN_OK);
		}
	}
}

/* Only what the key bears out is remembered, and compared with what is remembered. */
static void test_counters_that_anyone_can_write(void **state)
{
	struct cipher c = cipher_with(EK, NULL, NULL);
	struct cipher none = cipher_with(NULL, NULL, NULL);

	(void)state;
	assert_int_equal(hear(&c, A, 9, 0x00), HAN_OK);
	assert_int_equal(hear(&c, A, 9, 0x10), HAN_OK);
	assert_int_equal(hear(&c, A, 8, 0x30), HAN_OK);
	assert_int_equal(hear(&c, A, 8, 0x30), HAN_ERR_REPLAY);
	assert_int_equal(hear(&c, A, 8, 0x00), HAN_OK);
	assert_int_equal(hear(&c, A, 8, 0x10), HAN_OK);
	assert_int_equal(c.peer_count, 1);

	/* Without a key the counter is no reason: the key is. */
	remember(&none, A, 9, false);
	assert_int_equal(hear(&none, A, 9, 0x30), HAN_ERR_NO_KEY);
}

/* What was opened but not accepted, or refused, is not remembered. */
static void test_only_accepted_counts(void **state)
{
	static const struct seal seal = { 0xDB, 0x30, 0, 1, TITLE, NULL, EK, AK, { NULL } };
	struct cipher c = cipher_with(EK, AK, NULL);
	struct sealed_apdu apdu;
	struct opened o;

	(void)state;
	seal_list(&apdu, &seal);
	for (int i = 0; i < 3; i++)
		check_opens(&c, &apdu, &seal, true);
	apdu.octets[apdu.len - 1] ^= 1;
	open_apdu(&c, apdu.octets, apdu.len, &o);
	assert_int_equal(o.err, HAN_ERR_TAG);
	assert_int_equal(c.peer_count, 0);
}

/* A title whose tag was verified once sends no message without one; others may. */
static void test_tags_do_not_vanish(void **state)
{
	struct cipher c = cipher_with(EK, AK, NULL);

	(void)state;
	assert_int_equal(hear(&c, A, 1, 0x20), HAN_OK);
	assert_int_equal(hear(&c, A, 2, 0x30), HAN_OK);
	assert_int_equal(hear(&c, A, 3, 0x20), HAN_ERR_TAG);
	assert_int_equal(hear(&c, A, 3, 0x00), HAN_ERR_TAG);
	assert_int_equal(hear(&c, B, 1, 0x20), HAN_OK);
	assert_int_equal(hear(&c, A, 3, 0x10), HAN_OK);
	assert_int_equal(hear(&c, A, 4, 0x21), HAN_ERR_TAG);
	assert_int_equal(hear(&c, B, 2, 0x20), HAN_OK);
}

static void check_title_taken(const struct cipher *c, const char *hidden, enum han_err err)
{
	struct seal seal = { 0xCA, 0x30, 0, 9, NULL, hidden, EK, AK, { NULL } };
	struct sealed_apdu apdu;
	struct opened o;

	seal_list(&apdu, &seal);
	open_apdu(c, apdu.octets, apdu.len, &o);
	assert_int_equal(o.err, err);
	if (err == HAN_OK)
		check_title(&o.encryption, hidden);
}

/* The settings' title, else that of the message accepted last. */
static void test_title_that_is_not_said(void **state)
{
	struct cipher c = cipher_with(EK, AK, NULL);
	struct cipher set = cipher_with(EK, AK, C);

	(void)state;
	check_title_taken(&c, A, HAN_ERR_TITLE);
	assert_int_equal(hear(&c, A, 1, 0x30), HAN_OK);
	check_title_taken(&c, A, HAN_OK);
	assert_int_equal(hear(&c, B, 1, 0x30), HAN_OK);
	check_title_taken(&c, B, HAN_OK);
	check_title_taken(&c, A, HAN_ERR_KEY);
	assert_int_equal(hear(&c, A, 2, 0x30), HAN_OK);
	check_title_taken(&c, A, HAN_OK);

	assert_int_equal(hear(&set, A, 1, 0x30), HAN_OK);
	check_title_taken(&set, C, HAN_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_counters_that_anyone_can_write),
		cmocka_unit_test(test_only_accepted_counts),
		cmocka_unit_test(test_tags_do_not_vanish),
		cmocka_unit_test(test_title_that_is_not_said),
	};

	return cmocka_run_group_tests_name("cipher-memory", tests, NULL, NULL);
}
