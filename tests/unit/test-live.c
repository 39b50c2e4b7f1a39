/* The register that is up to date: never falls, agrees with each register, and finds out of when that is. */
#include "live.h"

#include "check.h"

#define W    1000ULL /* mW */
#define WH   LIVE_MJ_PER_WH
#define HOUR 3600000ULL

static struct live live;
static uint64_t now_ms;

static int begin(void **state)
{
	(void)state;
	live_init(&live, 0);
	now_ms = 1000000;
	return 0;
}

/* So much power for so long, in lists every two seconds. */
static void draw(uint64_t watts, uint64_t ms)
{
	live_power(&live, watts * W, now_ms);
	for (uint64_t end = now_ms + ms; now_ms < end;) {
		now_ms = now_ms + 2000 < end ? now_ms + 2000 : end;
		live_power(&live, watts * W, now_ms);
	}
}

static int64_t say(uint64_t wh, uint64_t age_ms)
{
	return live_register(
		&live, &(struct live_register){ wh * WH, WH, now_ms - age_ms, now_ms - age_ms });
}

static void check_shown(uint64_t expected)
{
	bool dropped = true;
	uint64_t wh;

	assert_true(live_show(&live, &wh, &dropped));
	assert_int_equal(wh, expected);
	assert_false(dropped);
}

static void check_nothing(void)
{
	bool dropped;
	uint64_t wh = 4711;

	assert_false(live_show(&live, &wh, &dropped));
	assert_int_equal(wh, 4711);
}

static void test_nothing_before_a_register(void **state)
{
	(void)state;
	check_nothing();
	draw(1000, HOUR);
	check_nothing();
	assert_int_equal(say(5000, 0), 5000 * WH - 1000 * WH);
	check_shown(5000);
}

/* What was drawn since the full hour counts when its register comes. */
static void test_register_of_the_past(void **state)
{
	(void)state;
	draw(3600, 60000); /* a Wh each second */
	say(5000, 10000);
	check_shown(5010);
	draw(3600, 5000);
	check_shown(5015);
}

static void test_catches_up_at_once(void **state)
{
	(void)state;
	draw(1000, 2000);
	say(5000, 0);
	draw(1000, HOUR);
	check_shown(6000);
	assert_true(say(6007, 0) == 7 * (int64_t)WH);
	check_shown(6007);
}

static void test_waits_for_the_register(void **state)
{
	(void)state;
	draw(1000, 2000);
	say(5000, 0);
	draw(1000, HOUR);
	check_shown(6000);
	say(5900, 0);
	check_shown(6000);
	draw(1000, HOUR / 20);
	check_shown(6000); /* at 5950 */
	draw(1000, HOUR / 10);
	check_shown(6050);
}

/* What a register hides below its last digit is not forgotten. */
static void test_last_digit(void **state)
{
	(void)state;
	draw(1000, 2000);
	live_register(&live, &(struct live_register){ 5000 * WH, 10 * WH, now_ms, now_ms });
	draw(1000, HOUR * 7 / 1000);
	live_register(&live, &(struct live_register){ 5000 * WH, 10 * WH, now_ms, now_ms });
	check_shown(5007);
	draw(1000, HOUR * 5 / 1000);
	check_shown(5012);
	live_register(&live, &(struct live_register){ 5000 * WH, 10 * WH, now_ms, now_ms });
	check_shown(5012); /* does not fall; thought to be 5009.999… */
	draw(1000, HOUR * 4 / 1000);
	check_shown(5013);
}

static void test_floor(void **state)
{
	(void)state;
	assert_true(live_floor(&live, 5500 * WH));
	check_shown(5500);
	draw(1000, HOUR / 10);
	check_shown(5600);
	say(5400, 0);
	check_shown(5600);
	draw(1000, HOUR / 2);
	check_shown(5900);
}

/* Of the names that the meter had one is ahead. */
static void test_floors(void **state)
{
	(void)state;
	assert_true(live_floor(&live, 5500 * WH));
	assert_true(live_floor(&live, 5400 * WH));
	check_shown(5500);
	assert_true(live_floor(&live, 5600 * WH));
	check_shown(5600);
	draw(1000, HOUR / 10);
	check_shown(5700);
}

static void test_floor_behind_a_register(void **state)
{
	(void)state;
	draw(1000, 2000);
	say(5000, 0);
	assert_true(live_floor(&live, 5500 * WH));
	check_shown(5500);
	draw(1000, HOUR);
	check_shown(6000);
}

/* Of another meter: 150 kWh are three hours of 50 kW. */
static void test_strange_floor(void **state)
{
	bool dropped;
	uint64_t wh;

	(void)state;
	draw(1000, 2000);
	say(5000, 0);
	assert_false(live_floor(&live, 155001 * WH));
	check_shown(5000);
	assert_true(live_floor(&live, 155000 * WH));
	check_shown(155000);

	begin(NULL);
	assert_true(live_floor(&live, 48211337 * WH));
	draw(1000, 2000);
	check_shown(48211337);
	say(12, 0);
	assert_true(live_show(&live, &wh, &dropped));
	assert_int_equal(wh, 12);
	assert_true(dropped);
	check_shown(12);
}

static void test_max_power(void **state)
{
	(void)state;
	live_init(&live, 10000);
	draw(1000, 2000);
	say(5000, 0);
	assert_false(live_floor(&live, 35001 * WH));
	assert_true(live_floor(&live, 35000 * WH));
}

/* Eleven hours, at whose end more and less is drawn in turn; the register is that of the full hour, or of now, and
 * does not say so. */
static void live_in_doubt(bool of_hour)
{
	uint64_t ws = 100000 * 3600;

	for (unsigned hour = 0; hour < 11; hour++) {
		const uint64_t watts = hour % 2 ? 500 : 5000;
		uint64_t at_hour;

		draw(1000, HOUR - 10000);
		ws += 1000 * (HOUR - 10000) / 1000;
		at_hour = ws;
		draw(watts, 10000);
		ws += watts * 10;
		live_register(&live, &(struct live_register){ (of_hour ? at_hour : ws) / 3600 * WH,
		                                              WH, now_ms, now_ms - 10000 });
	}
	assert_in_range(live_energy(&live, now_ms), ws * 1000 - WH, ws * 1000 + WH);
}

static void test_finds_out_of_when(void **state)
{
	(void)state;
	live_in_doubt(true);
	assert_true(live.hour_credit > 0);
	assert_true(live.anchor_ms == now_ms - 10000);
	begin(NULL);
	live_in_doubt(false);
	assert_true(live.hour_credit < 0);
	assert_true(live.anchor_ms == now_ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_before_a_register, begin),
		cmocka_unit_test_setup(test_register_of_the_past, begin),
		cmocka_unit_test_setup(test_catches_up_at_once, begin),
		cmocka_unit_test_setup(test_waits_for_the_register, begin),
		cmocka_unit_test_setup(test_last_digit, begin),
		cmocka_unit_test_setup(test_floor, begin),
		cmocka_unit_test_setup(test_floors, begin),
		cmocka_unit_test_setup(test_floor_behind_a_register, begin),
		cmocka_unit_test_setup(test_strange_floor, begin),
		cmocka_unit_test_setup(test_max_power, begin),
		cmocka_unit_test_setup(test_finds_out_of_when, begin),
	};

	return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
