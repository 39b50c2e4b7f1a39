/* Ports side by side in one loop, on real pseudo terminals; a connection that brings nothing is made anew. */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "machine.h"
#include "trial.h"

#include "serial.h"

#define DEADLINE_MS 5000
#define FLOOD       4000 /* octets; the kernel keeps 4096 */
#define TURN_MAX    1024 /* that a flood may be read of while others wait */

struct port {
	struct pty pty;
	struct serial serial;
	size_t octets;
};

static struct trial trial;
static struct port flooded, other;

static void on_octets(void *user, const uint8_t *buf, size_t len)
{
	struct port *port = user;

	(void)buf;
	port->octets += len;
}

static void on_opened(void *user)
{
	(void)user;
}

static void on_lost(void *user, int err)
{
	(void)user;
	fail_msg("port lost: %d", err);
}

static void open_port(struct scratch *s, struct port *port, const char *name)
{
	const struct serial_settings settings = { port->pty.path, 2400, SERIAL_8N1, true };
	const struct serial_hooks hooks = { port, on_octets, on_opened, on_lost, NULL };

	port->octets = 0;
	machine_plug(s, &port->pty, name);
	serial_open(&port->serial, &trial.loop, &settings, &hooks);
}

static int setup(void **state)
{
	struct scratch *s;

	if (scratch_setup(state))
		return -1;
	s = *state;
	trial_init(&trial);
	scratch_mkdir(s, "dev");
	open_port(s, &flooded, "ttyAMA0");
	open_port(s, &other, "ttyAMA1");
	return 0;
}

static int teardown(void **state)
{
	serial_close(&flooded.serial);
	serial_close(&other.serial);
	pty_close(&flooded.pty);
	pty_close(&other.pty);
	trial_fini(&trial);
	return scratch_teardown(state);
}

/* Says so many octets, and waits until the port has them all. */
static void bring(struct port *port, size_t len)
{
	static const uint8_t octets[FLOOD];
	int held = 0;

	pty_write(&port->pty, octets, len);
	for (int turn = 0; held < (int)len && turn < DEADLINE_MS; turn++) {
		usleep(1000);
		assert_int_equal(ioctl(port->serial.source.fd, FIONREAD, &held), 0);
	}
	assert_int_equal(held, len);
}

static bool other_spoke(void *user)
{
	(void)user;
	return other.octets > 0;
}

static bool flood_is_over(void *user)
{
	(void)user;
	return flooded.octets == FLOOD;
}

static void test_flood(void **state)
{
	(void)state;
	bring(&flooded, FLOOD);
	bring(&other, 1);
	assert_true(trial_run(&trial, other_spoke, NULL, DEADLINE_MS));
	assert_in_range(flooded.octets, 1, TURN_MAX);
	assert_true(trial_run(&trial, flood_is_over, NULL, DEADLINE_MS));
	assert_int_equal(other.octets, 1);
}

/* ---- a serial server that hangs ---- */

#define SILENCE_MS 50

static struct {
	int door, call;
	struct serial serial;
	size_t octets;
	unsigned opened, renewed, lost;
} hung;

static void on_hung_octets(void *user, const uint8_t *buf, size_t len)
{
	(void)user;
	(void)buf;
	hung.octets += len;
}

static void on_hung_opened(void *user)
{
	(void)user;
	hung.opened++;
	hung.renewed += hung.serial.renewed;
}

static void on_hung_lost(void *user, int err)
{
	(void)user;
	hung.lost += err != -EINPROGRESS;
}

static bool hung_is_open(void *user)
{
	return hung.opened >= *(unsigned *)user;
}

static void await_open(unsigned times)
{
	assert_true(trial_run(&trial, hung_is_open, &times, DEADLINE_MS));
	assert_int_equal(hung.opened, times);
	if (hung.call >= 0) {
		char c;

		assert_int_equal(read(hung.call, &c, 1), 0); /* the one before was hung up */
		close(hung.call);
	}
	hung.call = accept(hung.door, NULL, NULL);
	assert_true(hung.call >= 0);
}

static bool hung_spoke(void *user)
{
	(void)user;
	return hung.octets > 0;
}

static int setup_hung(void **state)
{
	static char device[40];
	const struct serial_settings settings = { device, 2400, SERIAL_8N1, true };
	const struct serial_hooks hooks = { NULL, on_hung_octets, on_hung_opened, on_hung_lost,
		                            NULL };
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);

	(void)state;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memset(&hung, 0, sizeof(hung));
	hung.call = -1;
	hung.door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (hung.door < 0 || bind(hung.door, (struct sockaddr *)&address, size) < 0 ||
	    listen(hung.door, 4) < 0 ||
	    getsockname(hung.door, (struct sockaddr *)&address, &size) < 0)
		return -1;
	snprintf(device, sizeof(device), "tcp://127.0.0.1:%u", ntohs(address.sin_port));
	trial_init(&trial);
	serial_open(&hung.serial, &trial.loop, &settings, &hooks);
	return 0;
}

static int teardown_hung(void **state)
{
	(void)state;
	serial_close(&hung.serial);
	trial_fini(&trial);
	close(hung.call);
	close(hung.door);
	return 0;
}

static void test_renewed(void **state)
{
	(void)state;
	await_open(1);
	serial_distrust(&hung.serial, SILENCE_MS);
	assert_true(serial_is_open(&hung.serial)); /* it was silent for less */
	await_open(2);
	assert_true(trial_left_ms(&hung.serial.retry) > SILENCE_MS);
	await_open(3);
	assert_true(trial_left_ms(&hung.serial.retry) > 2 * SILENCE_MS);
	assert_int_equal(hung.renewed, 2);
	assert_int_equal(hung.lost, 0);

	assert_int_equal(write(hung.call, "x", 1), 1);
	assert_true(trial_run(&trial, hung_spoke, NULL, DEADLINE_MS));
	assert_true(trial_left_ms(&hung.serial.retry) > 0); /* octets alone are no frame */
	serial_note_frame(&hung.serial, 1);
	assert_int_equal(trial_left_ms(&hung.serial.retry), 0);
}

static bool hung_is_closed(void *user)
{
	(void)user;
	return !serial_is_open(&hung.serial);
}

/* So long ago came the last octet; and the next call is made at once. */
static void pass(uint64_t ms)
{
	hung.serial.octets_ms -= ms;
	if (serial_is_open(&hung.serial))
		timer_start(&hung.serial.retry, 1, 0);
	assert_true(trial_run(&trial, hung_is_closed, NULL, DEADLINE_MS));
	timer_start(&hung.serial.retry, 1, 0);
	await_open(hung.opened + 1);
}

/* The pauses between the calls grow to some minutes, and are never shorter than the meter's patience. */
static void test_pauses(void **state)
{
	(void)state;
	await_open(1);
	for (uint64_t ms = 30000; ms < 300000; ms = ms * 2 < 300000 ? ms * 2 : 300000) {
		serial_distrust(&hung.serial, 30000);
		assert_int_equal(hung.serial.trust_ms, ms);
		pass(ms);
		assert_in_range(trial_left_ms(&hung.serial.retry), ms, 300000);
	}
	assert_int_equal(hung.serial.trust_ms, 300000);
	serial_note_frame(&hung.serial, 1);
	serial_distrust(&hung.serial, 3600000);
	pass(3600000);
	assert_in_range(trial_left_ms(&hung.serial.retry), 3500000, 3600000);
}

/* Nobody answers the new call: that is told. */
static void test_not_renewed(void **state)
{
	(void)state;
	await_open(1);
	close(hung.door);
	hung.door = -1;
	serial_distrust(&hung.serial, SILENCE_MS);
	for (unsigned n = 0; hung.lost == 0 && n < DEADLINE_MS / 100; n++)
		trial_run(&trial, hung_spoke, NULL, 100);
	assert_int_equal(hung.lost, 1);
	assert_false(hung.serial.renewed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_flood, setup, teardown),
		cmocka_unit_test_setup_teardown(test_renewed, setup_hung, teardown_hung),
		cmocka_unit_test_setup_teardown(test_pauses, setup_hung, teardown_hung),
		cmocka_unit_test_setup_teardown(test_not_renewed, setup_hung, teardown_hung),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
