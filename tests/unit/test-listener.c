/* A port with its decoder, on real pseudo terminals: frames, settings that change, ports that go. */
#include "machine.h"
#include "trial.h"

#include "listener.h"

#define DEADLINE_MS 5000

struct heard {
	struct trial trial;
	struct listener listener;
	struct pty pty;
	unsigned frames, opened, lost, retuned;
	size_t octets;
	unsigned wanted;  /* what is waited for */
	bool mute_first;  /* so do the first octets */
	unsigned mute_at; /* frames, with which the bus loses its power; 0: never */
};

static void on_octets(void *user, struct listener *l, size_t len)
{
	struct heard *h = user;

	assert_ptr_equal(l, &h->listener);
	h->octets += len;
	if (h->mute_first && h->octets == len)
		listener_mute(l, true);
}

static void on_event(void *user, struct listener *l, const struct han_event *event)
{
	struct heard *h = user;

	assert_ptr_equal(l, &h->listener);
	h->frames += listener_is_frame(event);
	if (h->mute_at && h->frames == h->mute_at)
		listener_mute(l, true);
}

static void on_opened(void *user, struct listener *l)
{
	struct heard *h = user;

	assert_int_equal(l->err, 0);
	h->opened++;
}

static void on_lost(void *user, struct listener *l)
{
	struct heard *h = user;

	assert_true(l->err < 0);
	h->lost++;
}

static void on_retuned(void *user, struct listener *l)
{
	struct heard *h = user;

	(void)l;
	h->retuned++;
}

static struct heard heard;

static int setup(void **state)
{
	struct scratch *s;
	struct listener_hooks hooks = {
		&heard, on_octets, on_event, on_opened, on_lost, on_retuned
	};

	if (scratch_setup(state))
		return -1;
	s = *state;
	memset(&heard, 0, sizeof(heard));
	trial_init(&heard.trial);
	scratch_mkdir(s, "dev");
	machine_plug(s, &heard.pty, "ttyAMA0");
	listener_init(&heard.listener, &heard.trial.loop, NULL, &hooks);
	return 0;
}

static int teardown(void **state)
{
	listener_fini(&heard.listener);
	trial_fini(&heard.trial);
	pty_close(&heard.pty);
	return scratch_teardown(state);
}

static void listen_with(unsigned baud, int format, const struct tuning_line *remembered)
{
	const struct listener_settings settings = {
		.device = heard.pty.path, .baud = baud, .format = format, .remembered = remembered
	};

	listener_open(&heard.listener, &settings);
}

static bool has_frames(void *user)
{
	(void)user;
	return heard.frames >= heard.wanted;
}

static bool has_octets(void *user)
{
	(void)user;
	return heard.octets >= heard.wanted;
}

static bool was_retuned(void *user)
{
	(void)user;
	return heard.retuned >= heard.wanted;
}

static bool was_lost(void *user)
{
	(void)user;
	return heard.lost >= heard.wanted;
}

static bool was_opened(void *user)
{
	(void)user;
	return heard.opened >= heard.wanted;
}

static void await(bool (*done)(void *user), unsigned wanted)
{
	heard.wanted = wanted;
	assert_true(trial_run(&heard.trial, done, NULL, DEADLINE_MS));
}

/* The first frame counts, and the setting stays. */
static void test_right_at_once(void **state)
{
	char where[LISTENER_WHERE];

	(void)state;
	listen_with(0, -1, NULL);
	assert_int_equal(heard.opened, 1);
	assert_int_equal(machine_speed(&heard.pty), B2400);
	for (unsigned i = 1; i <= 3; i++) {
		machine_speak(&heard.pty);
		await(has_frames, i);
	}
	assert_int_equal(heard.retuned, 0);
	assert_true(tuning_settled(&heard.listener.tuning));
	listener_where(&heard.listener, where);
	assert_non_null(strstr(where, "/dev/ttyAMA0 at 2400 8N1"));
}

/* Bursts without a frame change the setting of the port; a frame ends that. */
static void test_tries_others(void **state)
{
	struct tuning_line first, line;

	(void)state;
	listen_with(0, SERIAL_8N1, NULL);
	first = tuning_line(&heard.listener.tuning);
	for (unsigned n = 0; n < 8 && heard.retuned == 0; n++) {
		size_t before = heard.octets;

		machine_mumble(&heard.pty);
		await(has_octets, (unsigned)before + 100);
		heard.wanted = 1;
		(void)trial_run(&heard.trial, was_retuned, NULL, 2 * TUNING_PAUSE_MS);
	}
	assert_int_equal(heard.retuned, 1);
	line = tuning_line(&heard.listener.tuning);
	assert_int_not_equal(line.baud, first.baud);
	assert_int_not_equal(machine_speed(&heard.pty), B2400);
	machine_speak(&heard.pty);
	await(has_frames, 1);
	assert_true(tuning_settled(&heard.listener.tuning));
	assert_int_equal(tuning_line(&heard.listener.tuning).baud, line.baud);
}

/* A frame behind what looks like the beginning of a longer one: found at the end of the burst, before the
 * setting is judged. */
static void test_hidden_frame(void **state)
{
	static const uint8_t header[] = { 0x68, 0xFA, 0xFA, 0x68, 0x53, 0xFF }; /* of M-Bus */

	(void)state;
	listen_with(0, -1, NULL);
	pty_write(&heard.pty, header, sizeof(header));
	machine_speak(&heard.pty);
	await(has_frames, 1);
	assert_int_equal(heard.retuned, 0);
	assert_true(tuning_settled(&heard.listener.tuning));
}

/* What is given is kept, whatever comes. */
static void test_given(void **state)
{
	(void)state;
	listen_with(9600, SERIAL_8N1, NULL);
	assert_int_equal(machine_speed(&heard.pty), B9600);
	for (unsigned i = 1; i <= 3; i++) {
		machine_mumble(&heard.pty);
		await(has_octets, 120 * i);
		heard.wanted = 1;
		assert_false(trial_run(&heard.trial, was_retuned, NULL, TUNING_PAUSE_MS + 150));
	}
	assert_int_equal(machine_speed(&heard.pty), B9600);
}

static bool is_given_speed(void *user)
{
	(void)user;
	return machine_speed(&heard.pty) == B9600;
}

/* Another program sets the port otherwise: what comes makes no sense then, and the setting is restored. */
static void test_set_by_another(void **state)
{
	struct termios tio;
	int other;

	(void)state;
	listen_with(9600, SERIAL_8N1, NULL);
	other = pty_other(&heard.pty);
	assert_int_equal(tcgetattr(other, &tio), 0);
	cfsetspeed(&tio, B115200);
	assert_int_equal(tcsetattr(other, TCSANOW, &tio), 0);
	close(other);
	machine_mumble(&heard.pty);
	await(has_octets, 120);
	assert_int_equal(machine_speed(&heard.pty), B115200);
	assert_true(trial_run(&heard.trial, is_given_speed, NULL, DEADLINE_MS));
	machine_speak(&heard.pty);
	await(has_frames, 1);
}

static void test_remembered(void **state)
{
	const struct tuning_line remembered = { 115200, SERIAL_8N1 };

	(void)state;
	listen_with(0, -1, &remembered);
	assert_int_equal(machine_speed(&heard.pty), B115200);
	machine_speak(&heard.pty);
	await(has_frames, 1);
}

/* The port goes in the middle of a frame and comes again: the halves make no frame, the setting stays. */
static void test_replug(void **state)
{
	struct frame frame = machine_message();
	const struct tuning_line remembered = { 115200, SERIAL_8N1 };

	(void)state;
	listen_with(0, -1, &remembered);
	machine_speak(&heard.pty);
	await(has_frames, 1);
	pty_write(&heard.pty, frame.octets, 12);
	await(has_octets, (unsigned)frame.len + 12);
	pty_close(&heard.pty);
	await(was_lost, 1);
	assert_true(heard.listener.err < 0);
	pty_open(&heard.pty);
	await(was_opened, 2);
	assert_int_equal(machine_speed(&heard.pty), B115200);
	pty_write(&heard.pty, frame.octets + 12, frame.len - 12);
	machine_speak(&heard.pty);
	await(has_frames, 2);
	assert_int_equal(heard.frames, 2);
}

/* We were not running for a while: what the kernel kept of the frame belongs to it. The line was silent for as long:
 * the frame that follows is found at once. */
static void test_pauses(void **state)
{
	struct frame frame = machine_message();

	(void)state;
	listen_with(0, -1, NULL);
	machine_speak(&heard.pty);
	await(has_frames, 1);
	for (unsigned within = 0; within <= 1; within++) {
		unsigned octets = (unsigned)heard.octets;

		pty_write(&heard.pty, frame.octets, frame.len / 2);
		await(has_octets, octets + (unsigned)frame.len / 2);
		usleep((HAN_IDLE_MS + 50) * 1000);
		if (within)
			machine_speak(&heard.pty);
		else
			pty_write(&heard.pty, frame.octets + frame.len / 2,
			          frame.len - frame.len / 2);
		await(has_frames, 2 + within);
	}
}

/* A long frame takes more than HAN_IDLE_MS: a nap that lasts until its last octets may end before they are there. */
static void test_nap_within(void **state)
{
	static const uint8_t text[240];
	struct frame frame;

	(void)state;
	listen_with(2400, SERIAL_8N1, NULL);
	frame_make(&frame, 0xA000, "01", "0201", text, sizeof(text));
	pty_write(&heard.pty, frame.octets, 12);
	await(has_octets, 12);
	usleep((HAN_IDLE_MS + 50) * 1000);
	pty_write(&heard.pty, frame.octets + 12, frame.len - 13);
	await(has_octets, (unsigned)frame.len - 1);
	pty_write(&heard.pty, frame.octets + frame.len - 1, 1);
	await(has_frames, 1);
}

/* Closed and opened on another port, as often as one likes. */
static void test_again(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 3; i++) {
		listen_with(0, -1, NULL);
		assert_true(heard.listener.listening);
		machine_speak(&heard.pty);
		await(has_frames, i);
		listener_close(&heard.listener);
		listener_close(&heard.listener);
		assert_false(heard.listener.listening);
	}
	assert_int_equal(heard.lost, 0);
}

/* The bus may lose its power on what an event says: what else came with it does not count, and nothing is tried
 * meanwhile. */
static void test_muted_within(void **state)
{
	(void)state;
	heard.mute_at = 1;
	listen_with(0, -1, NULL);
	machine_speak(&heard.pty);
	machine_speak(&heard.pty);
	machine_mumble(&heard.pty);
	await(has_frames, 1);
	assert_int_equal(heard.frames, 1);
	assert_int_equal(trial_left_ms(&heard.listener.pause), 0);
	machine_speak(&heard.pty);
	heard.wanted = 2;
	assert_false(trial_run(&heard.trial, has_frames, NULL, 100));
	listener_mute(&heard.listener, false);
	machine_speak(&heard.pty);
	await(has_frames, 2);
}

static void test_muted_at_once(void **state)
{
	(void)state;
	heard.mute_first = true;
	listen_with(0, -1, NULL);
	machine_speak(&heard.pty);
	await(has_octets, 1);
	assert_int_equal(heard.frames, 0);
	assert_int_equal(trial_left_ms(&heard.listener.pause), 0);
}

/* The kernel's counts are from boot on: a port that is not open has none. */
static void test_errors(void **state)
{
	struct serial_errors errors;

	(void)state;
	listen_with(0, -1, NULL);
	heard.listener.serial.before = (struct serial_errors){ 3, 5 };
	pty_close(&heard.pty);
	await(was_lost, 1);
	errors = serial_errors(&heard.listener.serial);
	assert_int_equal(errors.parity, 0);
	assert_int_equal(errors.framing, 0);
}

static void test_where(void **state)
{
	char where[LISTENER_WHERE];
	const struct listener_settings settings = { .device = "/no/such/port", .format = -1 };

	(void)state;
	listener_open(&heard.listener, &settings);
	assert_int_equal(heard.lost, 1);
	assert_string_equal(listener_where(&heard.listener, where), "/no/such/port at 2400 8N1");
	snprintf(heard.listener.device, sizeof(heard.listener.device), "tcp://host:2001");
	assert_string_equal(listener_where(&heard.listener, where), "tcp://host:2001");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_right_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tries_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hidden_frame, setup, teardown),
		cmocka_unit_test_setup_teardown(test_given, setup, teardown),
		cmocka_unit_test_setup_teardown(test_set_by_another, setup, teardown),
		cmocka_unit_test_setup_teardown(test_remembered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replug, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pauses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nap_within, setup, teardown),
		cmocka_unit_test_setup_teardown(test_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_muted_within, setup, teardown),
		cmocka_unit_test_setup_teardown(test_muted_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_where, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
