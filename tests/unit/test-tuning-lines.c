/* The search for a line's setting on lines that could mislead it: silent and noisy ones, damaged messages, pseudo
 * terminals, another meter at the same port. */
#include "check.h"

#include "tuned.h"

/* A given speed stays, and its format is found. */
static void test_given_speed(void **state)
{
	static const struct tuned_meter meter = { "lg-e450", 4800, SERIAL_8E1, 10000, 0, 0, false };
	static struct tuned l;
	struct wire wire = { .edges = NULL };

	(void)state;
	wire_play(&wire, &meter, 1000, 60000);
	tuning_init(&l.tuning, 4800, TUNED_ANY, HAN_PROTOCOL_AUTO, NULL);
	tuned_open(&l, &wire, 100);
	tuned_run(&l, 25000);
	assert_true(tuning_settled(&l.tuning));
	check_line(&l, 4800, SERIAL_8E1);
	wire_free(&wire);
}

/* ---- silence, noise ---- */

static void test_silence_changes_nothing(void **state)
{
	const struct wire wire = { .edges = NULL };
	static struct tuned l;

	(void)state;
	tuned_auto(&l, NULL);
	tuned_open(&l, &wire, 100);
	tuned_run(&l, 86400000);
	assert_int_equal(l.pauses, 0);
	assert_false(tuning_pause(&l.tuning, (struct burst_errors){ 5, 5 }, l.now_ms));
	assert_false(tuning_settled(&l.tuning));
	assert_false(tuning_all_tried(&l.tuning));
	check_line(&l, 2400, SERIAL_8N1);
}

/* Each choice has its time, then people are told; and a meter that is plugged in then is found. */
static void check_noise(unsigned per_s, unsigned on_ms, unsigned off_ms)
{
	static const struct tuned_meter meter = { "aidon-6525", 2400, SERIAL_8E1, 0, 0, 0, false };
	struct wire wire = { .edges = NULL };
	struct dice dice = dice_new();
	static struct tuned l;

	for (unsigned at = 1000; at < 200000; at += on_ms + off_ms)
		wire_noise(&wire, &dice, at, at + on_ms, per_s);
	wire_play(&wire, &meter, 201000, 300000);
	tuned_auto(&l, NULL);
	tuned_open(&l, &wire, 100);
	tuned_run(&l, 20000);
	assert_false(tuning_all_tried(&l.tuning));
	tuned_run(&l, 200000);
	assert_true(tuning_all_tried(&l.tuning));
	assert_true(l.changes >= 7);
	assert_false(tuning_settled(&l.tuning));
	tuned_run(&l, 260000);
	assert_true(tuning_settled(&l.tuning));
	assert_false(tuning_all_tried(&l.tuning));
	check_line(&l, 2400, SERIAL_8E1);
	wire_free(&wire);
}

static void test_noise(void **state)
{
	(void)state;
	say_case("without any pause");
	check_noise(2000, 199000, 0);
	say_case("slow");
	check_noise(300, 199000, 0);
	say_case("fast");
	check_noise(100000, 199000, 0);
	say_case("in bursts");
	check_noise(2000, 400, 8000);
}

/* ---- damage ---- */

/* One message in so many is damaged; it was found before. */
static void check_stays(const struct tuned_meter *meter)
{
	struct wire wire = { .edges = NULL };
	static struct tuned l;
	const struct tuning_line right = { meter->baud, meter->format };

	say_case(meter->name);
	wire_play(&wire, meter, 1000, 1200000);
	tuned_auto(&l, &right);
	tuned_open(&l, &wire, 100);
	tuned_run(&l, 1200000);
	assert_int_equal(l.changes, 0);
	assert_true(tuning_settled(&l.tuning));
	/* and nobody was woken up for it */
	assert_true(l.pauses <= 20);
	wire_free(&wire);
}

static void test_damage_does_not_unsettle(void **state)
{
	static const struct tuned_meter damaged[] = {
		{ "kaifa-ma304", 2400, SERIAL_8N1, 0, 5, 0, false },
		{ "aidon-6525", 2400, SERIAL_8E1, 0, 50, 0, false },
		{ "kamstrup-omnipower", 2400, SERIAL_8N1, 0, 50, 0, false },
		{ "dsmr5", 115200, SERIAL_8N1, 10000, 50, 0, false },
		{ "sagemcom-t210d", 2400, SERIAL_8E1, 10000, 5, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(damaged); i++)
		check_stays(&damaged[i]);
}

/* Octets that look like frames keep it where it is, even though the first ones are damaged. */
static void test_damaged_at_first(void **state)
{
	static const struct tuned_meter bad = {
		"kamstrup-omnipower", 2400, SERIAL_8N1, 10000, 100, 0, false
	};
	static const struct tuned_meter text = { "dsmr5", 2400, SERIAL_8N1, 10000, 100, 0, false };
	struct wire wire = { .edges = NULL };
	static struct tuned l;

	(void)state;
	for (unsigned emulated = 0; emulated < 2; emulated++) {
		wire_play(&wire, emulated ? &text : &bad, 1000, 100000);
		tuned_auto(&l, NULL);
		uart_set(&l.uart, 2400, SERIAL_8N1, 0);
		l.emulated = emulated;
		tuned_open(&l, &wire, 100);
		tuned_run(&l, 30000);
		assert_int_equal(l.changes, 0);
		assert_false(tuning_settled(&l.tuning));
		tuned_run(&l, 100000); /* but not for ever */
		assert_true(l.changes > 0);
		wire_free(&wire);
	}
}

/* On a pseudo terminal any setting will do. */
static void test_pseudo_terminal(void **state)
{
	static const struct tuning_line starts[] = { { 2400, SERIAL_8N1 },
		                                     { 9600, SERIAL_7E1 },
		                                     { 115200, SERIAL_8N1 } };
	static struct tuned l;

	(void)state;
	for (size_t i = 0; i < COUNT(starts); i++) {
		const struct tuned_meter meter = {
			"kaifa-ma304", 2400, SERIAL_8N1, 0, 30, 0, false
		};
		struct wire wire = { .edges = NULL };

		wire_play(&wire, &meter, 1000, 300000);
		tuned_auto(&l, &starts[i]);
		l.emulated = l.blind = true;
		uart_set(&l.uart, 2400, SERIAL_8N1, 0);
		tuned_open(&l, &wire, 100);
		tuned_run(&l, 300000);
		assert_true(tuning_settled(&l.tuning));
		assert_true(l.first_frame_ms < 6000);
		assert_int_equal(l.changes, 0);
		wire_free(&wire);
	}
}

/* ---- settled, and not for ever ---- */

static void test_another_meter(void **state)
{
	static const struct tuned_meter first = { "kaifa-ma304", 2400, SERIAL_8N1, 0, 0, 0, false };
	static const struct tuned_meter second = { "aidon-6525", 2400, SERIAL_8E1, 0, 0, 0, false };
	static const struct tuned_meter third = { "dsmr5", 115200, SERIAL_8N1, 10000, 0, 0, false };
	struct wire wire = { .edges = NULL };
	static struct tuned l;

	(void)state;
	wire_play(&wire, &first, 1000, 100000);
	wire_play(&wire, &second, 101000, 400000);
	wire_play(&wire, &third, 1000000, 1400000); /* silence between does not count */
	tuned_auto(&l, NULL);
	l.uart.kind = UART_16550;
	tuned_open(&l, &wire, 100);
	tuned_run(&l, 200000);
	check_line(&l, 2400, SERIAL_8N1);
	tuned_run(&l, 240000);
	check_line(&l, 2400, SERIAL_8E1);
	assert_true(tuning_settled(&l.tuning));
	tuned_run(&l, 1100000);
	check_line(&l, 2400, SERIAL_8E1);
	tuned_run(&l, 1180000);
	check_line(&l, 115200, SERIAL_8N1);
	assert_true(tuning_settled(&l.tuning));
	wire_free(&wire);
}

/* One pause after the first frame, then nobody has to be woken up any more. */
static void test_settled_sleeps(void **state)
{
	static const struct tuned_meter meter = { "kaifa-ma304", 2400, SERIAL_8N1, 0, 0, 0, false };
	struct wire wire = { .edges = NULL };
	static struct tuned l;
	unsigned pauses;

	(void)state;
	wire_play(&wire, &meter, 1000, 600000);
	tuned_auto(&l, NULL);
	tuned_open(&l, &wire, 100);
	tuned_run(&l, 10000);
	assert_true(tuning_settled(&l.tuning));
	pauses = l.pauses;
	tuned_run(&l, 300500);
	tuning_opened(&l.tuning, l.now_ms); /* plugged in again, in the middle of a message */
	tuned_run(&l, 600000);
	assert_int_equal(l.pauses, pauses);
	assert_int_equal(l.changes, 0);
	wire_free(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given_speed),
		cmocka_unit_test(test_silence_changes_nothing),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_damage_does_not_unsettle),
		cmocka_unit_test(test_damaged_at_first),
		cmocka_unit_test(test_pseudo_terminal),
		cmocka_unit_test(test_another_meter),
		cmocka_unit_test(test_settled_sleeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
