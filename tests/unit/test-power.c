/* The bus power as it runs: real timers, ports and meters, and a chip that keeps a diary instead of a level. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "note.h"
#include "post.h"
#include "pty.h"
#include "scratch.h"
#include "speaker.h"
#include "trial.h"

#include "gpio.h"
#include "log.h"
#include "power.h"
#include "state.h"
#include "station.h"

#define PATIENCE 10000

/* ---- the chip ---- */

static struct {
	bool missing;
	bool on, held;
	int refuses; /* what switching returns instead */
	unsigned switched_off, switched_on;
} chip;

int gpio_open(struct gpio *gpio, const char *path)
{
	if (chip.missing || strcmp(path, "/dev/gpiochip0") != 0)
		return -ENOENT;
	*gpio = (struct gpio){ .chip = (struct gpiod_chip *)&chip, .count = 54 };
	snprintf(gpio->label, sizeof(gpio->label), "pinctrl-bcm2835");
	return 0;
}

void gpio_close(struct gpio *gpio)
{
	if (gpio->held)
		chip.held = false;
	*gpio = (struct gpio){ 0 };
}

int gpio_find_line(struct gpio *gpio, const char *name, unsigned *offset)
{
	(void)gpio;
	(void)name;
	(void)offset;
	return -ENOENT;
}

int gpio_read_consumer(struct gpio *gpio, unsigned offset, char consumer[GPIO_TEXT])
{
	(void)gpio;
	(void)offset;
	consumer[0] = '\0';
	return 0;
}

int gpio_hold_on(struct gpio *gpio, unsigned offset, bool active_low, const char *consumer)
{
	(void)active_low;
	(void)consumer;
	gpio->held = &chip;
	gpio->offset = offset;
	chip.on = chip.held = true;
	return 0;
}

int gpio_set(struct gpio *gpio, bool on)
{
	assert_ptr_equal(gpio->held, &chip);
	if (on && chip.refuses)
		return chip.refuses;
	chip.on = on;
	chip.switched_on += on;
	chip.switched_off += !on;
	return 0;
}

/* ---- a house ---- */

struct house {
	struct scratch scratch;
	struct trial trial;
	struct post post;
	struct pty pty;
	struct speaker speaker;
	struct config config;
	struct config_meter meters[2];
	struct mqtt mqtt;
	struct look look;
	struct hourly hourly; /* not open: no meter here sends registers */
	struct power power;
	struct station stations[2];
	size_t count;
	unsigned awaited;   /* frames */
	struct note states; /* each as it became so */
	bool failed;
};

static void on_changed(void *user)
{
	struct house *h = user;
	const char *name = power_state_name(&h->power);

	note_add(&h->states, "%s%s:%u", note_gap(&h->states), name ? name : "none",
	         power_cycles_today(&h->power));
}

static void on_failed(void *user)
{
	struct house *h = user;

	h->failed = true;
}

static void on_identified(void *user, const struct station *st)
{
	(void)user;
	(void)st;
}

static void on_station(void *user)
{
	struct house *h = user;

	power_review(&h->power);
}

static void nobody(void *user)
{
	(void)user;
}

static void nothing_received(void *user, const char *topic, const void *payload, size_t len,
                             bool retained)
{
	(void)user;
	(void)topic;
	(void)payload;
	(void)len;
	(void)retained;
}

static void open_power(struct house *h)
{
	const struct power_hooks hooks = { h, on_changed, on_failed };

	assert_int_equal(power_open(&h->power, &h->trial.loop, &h->config.power, false, &hooks), 0);
}

static void open_stations(struct house *h)
{
	const struct publisher_bridge bridge = { "b/availability", "b/info", "b/cycle" };
	const struct station_hooks hooks = { h, on_identified, on_station, nobody, nobody, nobody };
	const struct outlet outlet = post_outlet(&h->post);

	for (size_t i = 0; i < h->count; i++)
		assert_int_equal(station_init(&h->stations[i], &h->trial.loop, &h->config, i,
		                              &h->mqtt, &h->look, &h->hourly, &bridge, &outlet,
		                              &hooks),
		                 0);
	assert_int_equal(power_serve(&h->power, h->stations, h->count), 0);
}

static void close_stations(struct house *h)
{
	power_serve(&h->power, NULL, 0);
	for (size_t i = 0; i < h->count; i++)
		station_fini(&h->stations[i]);
}

static int house_setup(void **state)
{
	const struct mqtt_hooks hooks = { .connected = nobody,
		                          .changed = nobody,
		                          .caught_up = nobody,
		                          .received = nothing_received };
	const struct mqtt_settings broker = {
		.host = "127.0.0.1", .port = 1, .client_id = "c", .keepalive_s = 30
	};
	const struct message will = { .topic = "w", .payload = "x", .len = 1 };
	const char *const none[] = { NULL };
	struct house *h = calloc(1, sizeof(*h));
	char path[SCRATCH_PATH];

	if (!h || scratch_init(&h->scratch) < 0)
		return -1;
	memset(&chip, 0, sizeof(chip));
	setenv("STATE_DIRECTORY", h->scratch.dir, 1);
	trial_init(&h->trial);
	speaker_init(&h->speaker);
	pty_init(&h->pty, scratch_path(&h->scratch, "tty", path));
	assert_int_equal(mqtt_open(&h->mqtt, &h->trial.loop, &broker, &will, none, &hooks), 0);
	h->config.publish =
		(struct publisher_settings){ .prefix = "han", .homeassistant_prefix = "ha" };
	h->config.power = (struct power_settings){ .settle_ms = 60, .off_ms = 80 };
	h->config.power.bus.line = (struct bus_line){ .kind = BUS_BROADCOM, .offset = 26 };
	h->config.power.cycle = (struct cycle_settings){ .after_ms = 300, .max = 6 };
	h->config.meters = h->meters;
	h->config.meter_count = h->count = 1;
	h->meters[0].settings.section = h->meters[1].settings.section = "";
	h->meters[0].settings.port = (struct search_settings){ .device = h->pty.path,
		                                               .baud = 2400,
		                                               .format = SERIAL_8N1 };
	h->meters[0].settings.silent_after_s = 100;
	note_clear(&h->states);
	*state = h;
	return 0;
}

static int house_teardown(void **state)
{
	struct house *h = *state;

	close_stations(h);
	power_close(&h->power);
	power_close(&h->power);
	assert_false(chip.held);
	mqtt_close(&h->mqtt, 1000);
	pty_close(&h->pty);
	trial_fini(&h->trial);
	post_clear(&h->post);
	scratch_fini(&h->scratch);
	free(h);
	return 0;
}

#define IN_HOUSE(test) cmocka_unit_test_setup_teardown(test, house_setup, house_teardown)

static bool is_on(void *user)
{
	const struct house *h = user;

	return h->power.state == POWER_ON;
}

static bool is_off(void *user)
{
	const struct house *h = user;

	return h->power.state == POWER_CYCLING;
}

static bool has_failed(void *user)
{
	const struct house *h = user;

	return h->power.state == POWER_OFF;
}

static bool is_offline(void *user)
{
	const struct house *h = user;

	return !h->stations[0].meter.online;
}

static bool is_settling(void *user)
{
	const struct house *h = user;

	return h->power.state == POWER_SETTLING;
}

static bool was_cycled_twice(void *user)
{
	(void)user;
	return chip.switched_off == 2;
}

static bool is_limit_told(void *user)
{
	const struct house *h = user;

	return h->power.cycle.limit_told;
}

static void say(struct house *h)
{
	size_t len = speaker_frame(&h->speaker, KAIFA_LIST_2);

	pty_write(&h->pty, h->speaker.frame, len);
}

static bool has_two_frames(void *user)
{
	const struct house *h = user;

	return h->stations[0].meter.counters.frames_ok == 2;
}

static bool has_frame(void *user)
{
	const struct house *h = user;

	return h->stations[0].meter.counters.frames_ok > 0;
}

#define RUN(h, done) assert_true(trial_run(&(h)->trial, done, h, PATIENCE))

/* Longer than a silence that is long enough; what could happen in it has happened. */
static bool never(void *user)
{
	(void)user;
	return false;
}

static void rest(struct house *h, uint64_t ms)
{
	assert_false(trial_run(&h->trial, never, h, ms));
}

static bool has_port(void *user)
{
	const struct house *h = user;

	return search_is_open(&h->stations[0].meter.search);
}

static bool has_as_many(void *user)
{
	const struct house *h = user;

	return h->stations[0].meter.counters.frames_ok == h->awaited;
}

/* ---- tests ---- */

/* The line is on from the first moment; the local port opens when the bus has come to rest, one of the
 * network at once. */
static void test_start(void **state)
{
	struct house *h = *state;
	char text[200];

	h->count = h->config.meter_count = 2;
	h->meters[1].settings.port = (struct search_settings){ .device = "tcp://127.0.0.1:1",
		                                               .baud = 2400,
		                                               .format = 0 };
	open_power(h);
	assert_true(chip.on);
	assert_string_equal(power_state_name(&h->power), "settling");
	open_stations(h);
	assert_false(h->stations[0].running);
	assert_true(h->stations[1].running);
	assert_string_equal(station_name(&h->stations[0]), h->pty.path); /* before it has begun */
	assert_string_equal(station_describe(&h->stations[0], text, sizeof(text)),
	                    "powering the bus");
	RUN(h, is_on);
	assert_true(h->stations[0].running);
	assert_string_equal(h->states.text, "on:0");
	say(h);
	RUN(h, has_frame);
	assert_int_equal(chip.switched_off, 0);
	close_stations(h);
	power_close(&h->power);
	assert_false(chip.on); /* driven off, then released */
	assert_int_equal(chip.switched_off, 1);
	h->count = 0;
}

/* The session with the broker is older than the meter: what a daemon that died has left there is put right, also
 * when the meter never speaks. */
static void test_known(void **state)
{
	struct house *h = *state;

	assert_int_equal(state_save("identity", h->pty.path, "6970631400000016\nmeter-id\n"), 0);
	open_power(h);
	open_stations(h);
	assert_int_equal(post_count(&h->post, "han/6970631400000016/availability"), 0);
	RUN(h, is_on);
	assert_string_equal(post_text(&h->post, "han/6970631400000016/availability"), "offline");
}

/* Without a line the ports open at once, and nothing is ever cycled. */
static void test_no_line(void **state)
{
	struct house *h = *state;

	h->config.power.bus.line.kind = BUS_NONE;
	open_power(h);
	assert_null(power_state_name(&h->power));
	open_stations(h);
	assert_true(h->stations[0].running);
	power_press(&h->power);
	rest(h, 400);
	assert_int_equal(chip.switched_off + chip.switched_on, 0);
	assert_string_equal(h->states.text, "");
	assert_int_equal(power_cycles_today(&h->power), 0);
}

/* A port that was away says nothing of how often its meter speaks: after outages that are like one another it would
 * be given as long as they lasted, and three times that, to be silent. */
static void test_outages(void **state)
{
	struct house *h = *state;

	h->config.power.bus.line.kind = BUS_NONE;
	open_power(h);
	open_stations(h);
	for (h->awaited = 1; h->awaited <= 4; h->awaited++) {
		RUN(h, has_port);
		say(h);
		RUN(h, has_as_many);
		pty_close(&h->pty);
		RUN(h, is_offline);
		pty_open(&h->pty);
	}
	assert_int_equal(h->stations[0].meter.rhythm.period_ms, 0);
}

/* Silence: off for a moment, on, and what came meanwhile does not count; the next attempt waits longer. */
static void test_silence(void **state)
{
	struct house *h = *state;
	uint64_t on_ms;

	open_power(h);
	open_stations(h);
	RUN(h, is_off);
	assert_false(chip.on);
	assert_true(strstr(h->stations[0].problem.text, "being cycled"));
	say(h);
	RUN(h, is_settling);
	assert_true(chip.on);
	say(h);
	RUN(h, is_on);
	on_ms = loop_now_ms();
	assert_string_equal(h->states.text, "on:0 cycling:1 settling:1 on:1");
	assert_false(strstr(h->stations[0].problem.text, "being cycled"));
	rest(h, 100);
	assert_int_equal(h->stations[0].meter.counters.frames_ok, 0);
	assert_int_equal(h->stations[0].meter.counters.bytes, 0);
	RUN(h, is_off);
	assert_in_range(loop_now_ms() - on_ms, 590, 2000); /* by two clocks */
	assert_int_equal(chip.switched_off, 2);
	assert_int_equal(h->power.cycle.attempts, 2);
}

/* A meter that is known to take its time is not silent yet. */
static void test_slow_meter(void **state)
{
	struct house *h = *state;

	open_power(h);
	open_stations(h);
	RUN(h, is_on);
	h->stations[0].meter.rhythm.period_ms = 500;
	rest(h, 1000);
	assert_int_equal(chip.switched_off, 0);
	RUN(h, is_off);
}

static void say_after(struct house *h, uint64_t pause_ms, uint64_t heard_ms)
{
	struct meter *meter = &h->stations[0].meter;

	station_mute(&h->stations[0], true);
	station_mute(&h->stations[0], false);
	meter->unmuted_ms -= heard_ms;
	meter->last_frame_ms -= pause_ms;
	say(h);
	rest(h, 100);
}

/* How slow it is shows also while the power is cycled; but not by a frame that the cycle has brought. */
static void test_slow_meter_is_learned(void **state)
{
	struct house *h = *state;
	const struct rhythm *rhythm = &h->stations[0].meter.rhythm;

	h->config.power.cycle.after_ms = 0;
	open_power(h);
	open_stations(h);
	RUN(h, is_on);
	say(h);
	rest(h, 100);
	for (int i = 0; i < 2; i++)
		say_after(h, 300000, 5000);
	assert_int_equal(rhythm->period_ms, 0);
	for (int i = 0; i < 2; i++)
		say_after(h, 300000, 180000);
	assert_in_range(rhythm->period_ms, 300000, 310000);
}

/* A valid frame keeps the power on, and ends the growth of the pauses. */
static void test_frames(void **state)
{
	struct house *h = *state;

	h->config.power.cycle.after_ms = 1200; /* a busy machine may be late */
	open_power(h);
	open_stations(h);
	RUN(h, is_on);
	for (int i = 0; i < 6; i++) {
		say(h);
		rest(h, 250);
	}
	assert_int_equal(chip.switched_off, 0);
	assert_int_equal(h->stations[0].meter.counters.frames_ok, 6);
	RUN(h, is_off);
	RUN(h, is_on);
	assert_int_equal(h->power.cycle.attempts, 1);
	say(h);
	rest(h, 150);
	assert_int_equal(h->stations[0].meter.counters.frames_ok, 7);
	RUN(h, is_off);
	assert_int_equal(h->power.cycle.attempts, 1);
}

/* Noise is no frame. */
static void test_noise(void **state)
{
	struct house *h = *state;

	open_power(h);
	open_stations(h);
	RUN(h, is_on);
	pty_write(&h->pty, "\x7e\xa0\x27noise", 8);
	RUN(h, is_off);
}

/* A port that is not open is no reason, one that is opened begins its silence then. */
static void test_port(void **state)
{
	struct house *h = *state;
	uint64_t opened_ms;

	pty_close(&h->pty);
	open_power(h);
	open_stations(h);
	RUN(h, is_on);
	rest(h, 400);
	assert_int_equal(chip.switched_off, 0);
	pty_open(&h->pty);
	opened_ms = loop_now_ms();
	RUN(h, is_off);
	assert_true(loop_now_ms() - opened_ms >= 300);
}

/* Only meters on local ports count. */
static void test_tcp_alone(void **state)
{
	struct house *h = *state;

	h->meters[0].settings.port.device = "tcp://127.0.0.1:1";
	open_power(h);
	open_stations(h);
	RUN(h, is_on);
	rest(h, 500);
	assert_int_equal(chip.switched_off, 0);
}

static void test_never(void **state)
{
	struct house *h = *state;

	h->config.power.cycle.after_ms = 0;
	open_power(h);
	open_stations(h);
	RUN(h, is_on);
	rest(h, 500);
	assert_int_equal(chip.switched_off, 0);
	assert_int_equal(trial_left_ms(&h->power.review), 0); /* and no wake-up for it */
}

/* The day's limit, and that a restart does not forget it; a command is not refused. */
static void test_limit(void **state)
{
	struct house *h = *state;

	h->config.power.cycle.max = 2;
	h->config.power.cycle.after_ms = 100;
	open_power(h);
	open_stations(h);
	RUN(h, was_cycled_twice);
	RUN(h, is_limit_told);
	rest(h, 600);
	assert_int_equal(chip.switched_off, 2);

	close_stations(h);
	power_close(&h->power);
	assert_int_equal(chip.switched_off, 3); /* as every stop does */
	note_clear(&h->states);
	open_power(h);
	assert_int_equal(power_cycles_today(&h->power), 2);
	open_stations(h);
	RUN(h, is_limit_told);
	rest(h, 300);
	assert_int_equal(chip.switched_off, 3);
	power_press(&h->power);
	assert_int_equal(chip.switched_off, 4);
	assert_int_equal(power_cycles_today(&h->power), 3);
	assert_string_equal(h->states.text, "on:2 cycling:3");
}

/* A cycle of last week, at an uptime that this boot has yet to come to, is forgotten, also for a start that comes then. */
static void test_last_week(void **state)
{
	struct house *h = *state;
	char text[64];

	h->count = 0;
	snprintf(text, sizeof(text), "%lld %lld\n", (long long)(loop_now_ms() / 1000) + 2,
	         (long long)time(NULL) - 7 * 86400);
	assert_int_equal(state_save("power", "cycles", text), 0);
	open_power(h);
	assert_int_equal(power_cycles_today(&h->power), 0);
	power_close(&h->power);
	sleep(3);
	open_power(h);
	assert_int_equal(power_cycles_today(&h->power), 0);
}

/* One request is one cycle, however often it comes within a few seconds. */
static void test_press(void **state)
{
	struct house *h = *state;

	h->config.power.cycle.after_ms = 0;
	open_power(h);
	open_stations(h);
	power_press(&h->power); /* it is only just being switched on */
	assert_int_equal(chip.switched_off, 0);
	RUN(h, is_on);
	say(h);
	RUN(h, has_frame);
	power_press(&h->power);
	power_press(&h->power);
	assert_int_equal(chip.switched_off, 1);
	assert_true(h->stations[0].meter.online); /* it is not the meter's fault */
	RUN(h, is_on);
	power_press(&h->power);
	assert_int_equal(chip.switched_off, 1);
	h->power.off_ms -= 5200; /* so much later */
	power_press(&h->power);
	assert_int_equal(chip.switched_off, 2);
	RUN(h, is_on);
	assert_int_equal(h->power.cycle.attempts, 0);
	assert_true(h->stations[0].meter.online);
	say(h);
	RUN(h, has_two_frames);
	assert_int_equal(h->stations[0].meter.rhythm.candidate_ms, 0); /* that pause was ours */
}

/* Off for longer than the meter may be silent: that begins when the power is on again. */
static void test_patience(void **state)
{
	struct house *h = *state;

	h->config.power.cycle.after_ms = 0;
	h->config.power.off_ms = 1300;
	h->meters[0].settings.silent_after_s = 1;
	open_power(h);
	open_stations(h);
	RUN(h, is_on);
	say(h);
	RUN(h, has_frame);
	power_press(&h->power);
	RUN(h, is_on);
	assert_true(h->stations[0].meter.online);
	RUN(h, is_offline);
}

/* A line that cannot be switched on is tried until it can. */
static void test_broken_line(void **state)
{
	struct house *h = *state;

	open_power(h);
	open_stations(h);
	RUN(h, is_off);
	chip.refuses = -EIO;
	RUN(h, has_failed);
	rest(h, 300);
	assert_string_equal(power_state_name(&h->power), "off");
	assert_string_equal(h->states.text, "on:0 cycling:1 off:1"); /* not told at each attempt */
	chip.refuses = 0;
	RUN(h, is_on);
	assert_true(chip.on);
	assert_false(h->stations[0].meter.muted);
}

/* New settings while the power is off: the stations are others, the line is not touched. */
static void test_meanwhile(void **state)
{
	struct house *h = *state;
	struct power_settings other = h->config.power;

	open_power(h);
	open_stations(h);
	RUN(h, is_off);
	close_stations(h);
	other.cycle.after_ms = 0;
	power_configure(&h->power, &other);
	open_stations(h);
	assert_false(h->stations[0].running);
	RUN(h, is_on);
	assert_true(h->stations[0].running);
	say(h);
	RUN(h, has_frame);
	rest(h, 500);
	assert_int_equal(chip.switched_off, 1);
	close_stations(h);
	power_close(&h->power);
	h->count = 0;
}

/* Another line that cannot be had: the one before is held again, and what it brings counts when it is at rest. */
static void test_in_vain(void **state)
{
	struct house *h = *state;
	struct power_settings other = h->config.power;

	other.bus.line = (struct bus_line){ .kind = BUS_CHIP, .chip = 1, .offset = 26 };
	other.settle_ms = 60000;
	open_power(h);
	open_stations(h);
	assert_int_equal(power_change(&h->power, &other, false), -ENODEV); /* no meter has begun */
	assert_false(h->stations[0].running);
	RUN(h, is_on);
	assert_int_equal(power_change(&h->power, &other, false), -ENODEV);
	assert_true(chip.held);
	assert_true(chip.on);
	assert_string_equal(h->states.text, "settling:0 on:0 settling:0");
	say(h);
	RUN(h, is_on);
	rest(h, 100);
	assert_int_equal(h->stations[0].meter.counters.bytes, 0);
	say(h);
	RUN(h, has_frame);
	RUN(h, is_off); /* silence is measured as before */
	assert_false(h->failed);
}

/* Where there was none, there is none then, and the meters are not disturbed. */
static void test_from_none(void **state)
{
	struct house *h = *state;
	const struct power_settings other = h->config.power;

	h->config.power.bus.line.kind = BUS_NONE;
	open_power(h);
	open_stations(h);
	chip.missing = true;
	assert_int_equal(power_change(&h->power, &other, false), -ENODEV);
	assert_null(power_state_name(&h->power));
	assert_false(h->stations[0].meter.muted);
	say(h);
	RUN(h, has_frame);
	assert_string_equal(h->states.text, "");
}

/* Neither can be had any more: that is for a new start. */
static void test_lost_line(void **state)
{
	struct house *h = *state;
	struct power_settings other = h->config.power;

	other.bus.line.offset = 25;
	open_power(h);
	open_stations(h);
	RUN(h, is_on);
	chip.missing = true;
	assert_int_equal(power_change(&h->power, &other, false), -ENODEV);
	assert_true(h->failed);
	assert_null(power_state_name(&h->power));
}

/* The same line by another name, the other way round: off, then on for stations that are given anew; the cycles of the
 * day are those that they were. */
static void test_change(void **state)
{
	struct house *h = *state;
	struct power_settings other = h->config.power;

	other.bus.line = (struct bus_line){ .kind = BUS_CHIP, .chip = 0, .offset = 26 };
	other.bus.active_low = true;
	open_power(h);
	open_stations(h);
	RUN(h, is_off);
	RUN(h, is_on);
	assert_int_equal(power_change(&h->power, &other, false), 0);
	close_stations(h);
	open_stations(h);
	assert_false(h->stations[0].running);
	assert_string_equal(power_state_name(&h->power), "settling");
	assert_int_equal(power_cycles_today(&h->power), 1);
	assert_int_equal(chip.switched_off, 2);
	assert_true(chip.on);
	RUN(h, is_on);
	say(h);
	RUN(h, has_frame);
	close_stations(h);
	power_close(&h->power);
	h->count = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_HOUSE(test_start),      IN_HOUSE(test_no_line),
		IN_HOUSE(test_outages),    IN_HOUSE(test_silence),
		IN_HOUSE(test_frames),     IN_HOUSE(test_noise),
		IN_HOUSE(test_port),       IN_HOUSE(test_never),
		IN_HOUSE(test_tcp_alone),  IN_HOUSE(test_limit),
		IN_HOUSE(test_press),      IN_HOUSE(test_broken_line),
		IN_HOUSE(test_meanwhile),  IN_HOUSE(test_patience),
		IN_HOUSE(test_last_week),  IN_HOUSE(test_known),
		IN_HOUSE(test_change),     IN_HOUSE(test_in_vain),
		IN_HOUSE(test_from_none),  IN_HOUSE(test_lost_line),
		IN_HOUSE(test_slow_meter), IN_HOUSE(test_slow_meter_is_learned),
	};

	log_set_level(LOG_CRIT);
	return cmocka_run_group_tests_name("power", tests, NULL, NULL);
}
