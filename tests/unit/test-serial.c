/* Ports side by side in one loop, on real pseudo terminals. */
#include <sys/ioctl.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_flood, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
