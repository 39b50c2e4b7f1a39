/* The first broken step and its sentence, for every rung, from what a meter's rooms say. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

#include "problem.h"

/* A meter on a named port, of which only what is looked at is set. */
struct facts {
	bool muted, online, silent, auto_line;
	int port_err;
	enum han_err trouble;
	uint64_t bytes, frames_ok, damaged; /* since the last valid frame, so far, since then */
	bool doubted;
	uint64_t doubted_ms;
	struct problem_recently recently;
};

#define PATH "/dev/ttyUSB0"

static void build(struct meter *meter, struct meter_settings *settings, const char *path,
                  const struct facts *f)
{
	static struct listener l;
	struct tuning_line line = { 2400, SERIAL_8N1 };

	*settings = (struct meter_settings){ .section = "cabin" };
	settings->port = (struct search_settings){ path,
		                                   f->auto_line ? 0 : 2400,
		                                   f->auto_line ? -1 : SERIAL_8N1,
		                                   HAN_PROTOCOL_AUTO,
		                                   NULL,
		                                   0 };
	memset(meter, 0, sizeof(*meter));
	meter->settings = settings;
	meter->search.settings = &settings->port;
	meter->search.root = "";
	meter->search.listeners[0] = &l;
	memset(&l, 0, offsetof(struct listener, decoder));
	snprintf(l.device, sizeof(l.device), "%s", path);
	l.listening = true;
	l.err = f->port_err;
	tuning_init(&l.tuning, line.baud, (int)line.format, HAN_PROTOCOL_AUTO, NULL);
	meter->port_err = f->port_err;
	meter->muted = f->muted;
	meter->online = f->online;
	meter->silent = f->silent;
	meter->troubles.err = f->trouble;
	meter->heard = (struct meter_heard){ 1000, 10 };
	meter->counters.bytes = 1000 + f->bytes;
	meter->counters.frames_damaged = 10 + f->damaged;
	meter->counters.frames_ok = f->frames_ok;
}

/* A gate that doubts the import, or does not. */
static void doubt(struct gate *g, bool doubted)
{
	struct han_reading reading = { .count = 1 }, room;
	struct gate_report report;
	struct han_value *v = &reading.values[0];

	v->measurement = NULL;
	for (size_t i = 0; i < han_measurement_count(); i++) {
		if (strcmp(han_measurement_at(i)->name, "energy_active_cum_import") == 0)
			v->measurement = han_measurement_at(i);
	}
	v->type = HAN_VALUE_NUMBER;
	v->unit = HAN_UNIT_KWH;
	v->number = (struct han_decimal){ 48211337, -3, false };
	assert_int_equal(gate_init(g, 1000), 0);
	gate_pass(g, &reading, (struct gate_now){ 1, 1 }, &room, &report);
	v->number.magnitude += doubted ? 500000 : 0;
	gate_pass(g, &reading, (struct gate_now){ 1, 1 }, &room, &report);
}

#define ONLINE .online = true, .frames_ok = 99

/* clang-format off */
static const struct {
	const char *name;
	struct facts facts;
	enum problem_rung rung;
	const char *text;
} cases[] = {
	{ "all is well", { ONLINE }, PROBLEM_NONE, "ok" },
	{ "power is cycled", { .muted = true, .port_err = -ENODEV }, PROBLEM_POWER,
	  "the bus power is being cycled: wait a few seconds" },
	{ "being connected", { .port_err = -EINPROGRESS }, PROBLEM_CONNECTING, "connecting to " PATH ": wait a few seconds" },
	{ "no port", { .port_err = -ENOENT, .silent = true, .frames_ok = 5 }, PROBLEM_PORT,
	  "port " PATH " is not open (No such file or directory): check the adapter and the device setting" },
	{ "just opened", { 0 }, PROBLEM_WAITING, "nothing has come in on " PATH " at 2400 8N1 yet: wait a moment" },
	{ "just opened, octets", { .bytes = 50 }, PROBLEM_WAITING,
	  "octets come in on " PATH " at 2400 8N1 but no valid frame yet: wait a moment" },
	{ "nothing ever", { .silent = true }, PROBLEM_NOTHING,
	  "nothing comes in on " PATH " at 2400 8N1: check the cable and the bus power" },
	{ "the hum of a line is nothing", { .silent = true, .bytes = 7 }, PROBLEM_NOTHING,
	  "nothing comes in on " PATH " at 2400 8N1: check the cable and the bus power" },
	{ "fallen silent, after the flag of the last frame", { .silent = true, .bytes = 1, .frames_ok = 5 }, PROBLEM_SILENT,
	  "the meter on " PATH " has fallen silent: check the cable and the bus power" },
	{ "noise", { .silent = true, .bytes = 8 }, PROBLEM_NO_FRAME,
	  "octets come in on " PATH " but no valid frame: check baud, format and protocol in [meter cabin]" },
	{ "noise while the setting is searched", { .silent = true, .bytes = 8, .auto_line = true }, PROBLEM_NO_FRAME,
	  "octets come in on " PATH " but no valid frame: other line settings are being tried; if none is right, check protocol in [meter cabin]" },
	{ "noise where there was a meter", { .silent = true, .bytes = 800, .frames_ok = 5 }, PROBLEM_NO_FRAME,
	  "octets come in on " PATH " but no valid frame: check baud, format and protocol in [meter cabin]" },
	{ "every frame damaged", { .silent = true, .bytes = 800, .damaged = 1 }, PROBLEM_CHECKS,
	  "all frames on " PATH " are damaged: check the cable and the adapter" },
	{ "every frame damaged for a moment", { .bytes = 800, .damaged = 1 }, PROBLEM_WAITING,
	  "octets come in on " PATH " at 2400 8N1 but no valid frame yet: wait a moment" },
	{ "one in ten damaged", { ONLINE, .recently = { 27, 3, 0, 0 } }, PROBLEM_DAMAGE,
	  "many frames on " PATH " are damaged: check the cable and the adapter" },
	{ "fewer", { ONLINE, .recently = { 28, 3, 0, 0 } }, PROBLEM_NONE, "ok" },
	{ "too few to speak of", { ONLINE, .recently = { 0, 2, 0, 0 } }, PROBLEM_NONE, "ok" },
	{ "damaged before refused", { ONLINE, .trouble = HAN_ERR_SEGMENT, .recently = { 0, 3, 0, 0 } }, PROBLEM_DAMAGE,
	  "many frames on " PATH " are damaged: check the cable and the adapter" },
	{ "no key", { ONLINE, .trouble = HAN_ERR_NO_KEY, .doubted = true, .doubted_ms = 90000 }, PROBLEM_MESSAGES,
	  "messages arrive but are refused: encrypted, and no key is given; set key-file in [meter cabin]" },
	{ "refused, then gone", { .silent = true, .frames_ok = 5, .trouble = HAN_ERR_NO_KEY }, PROBLEM_SILENT,
	  "the meter on " PATH " has fallen silent: check the cable and the bus power" },
	{ "a register in doubt", { ONLINE, .doubted = true, .doubted_ms = 60000 }, PROBLEM_REGISTERS,
	  "energy_active_cum_import rose from 48211.337 to 48711.337 kWh, more than max-power allows: "
	  "not published until the next list agrees, or max-power is raised" },
	{ "in doubt for a moment", { ONLINE, .doubted = true, .doubted_ms = 59999 }, PROBLEM_NONE, "ok" },
	{ "messages dropped", { ONLINE, .recently = { 30, 0, 1, 0 } }, PROBLEM_SENDING,
	  "messages are dropped, as the broker takes them too slowly: check the broker and the network" },
	{ "messages refused", { ONLINE, .recently = { 30, 0, 0, 2 } }, PROBLEM_REFUSED,
	  "the broker refuses messages: check its access rules and its limit for packets" },
	{ "both", { ONLINE, .recently = { 30, 0, 1, 2 } }, PROBLEM_SENDING, NULL },
	{ "a register before that", { ONLINE, .doubted = true, .doubted_ms = 60000, .recently = { 30, 0, 1, 0 } }, PROBLEM_REGISTERS, NULL },
};
/* clang-format on */

static struct meter meter; /* some hundred kB */

static void test_rungs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct facts *f = &cases[i].facts;
		struct meter_settings settings;
		struct problem problem;
		struct gate gate;

		say_case(cases[i].name);
		build(&meter, &settings, PATH, f);
		doubt(&gate, f->doubted);
		problem_find(&meter, &gate, &f->recently, 1 + f->doubted_ms, &problem);
		assert_int_equal(problem.rung, cases[i].rung);
		if (cases[i].text)
			assert_string_equal(problem.text, cases[i].text);
		gate_fini(&gate);
	}
}

struct told {
	struct facts facts;
	const char *text;
};

/* What is told of a meter that is listened to on path; device is what is set, NULL: auto. */
static void check_told(const struct told *told, const char *path, const char *device)
{
	struct meter_settings settings;
	struct problem problem;
	struct gate gate;

	say_case(told->text);
	build(&meter, &settings, path, &told->facts);
	settings.port.device = device;
	doubt(&gate, false);
	problem_find(&meter, &gate, &told->facts.recently, 1, &problem);
	assert_string_equal(problem.text, told->text);
	gate_fini(&gate);
}

/* What the network brings is nobody's adapter, and has no line setting of ours. */
static void test_network(void **state)
{
	static const struct told told[] = {
		{ { .port_err = -ECONNREFUSED },
		  "port tcp://10.0.0.7:2001 is not open (Connection refused): check the serial server and the device setting" },
		{ { .silent = true },
		  "nothing comes in on tcp://10.0.0.7:2001: check the cable and the bus power" },
		{ { .silent = true, .bytes = 9 },
		  "octets come in on tcp://10.0.0.7:2001 but no valid frame: check the line setting of the server, and protocol in [meter cabin]" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(told); i++)
		check_told(&told[i], "tcp://10.0.0.7:2001", "tcp://10.0.0.7:2001");
}

/* While the meter is searched no port is its own: those that are listened to are named. */
static void test_search(void **state)
{
	static const struct told told[] = {
		{ { .port_err = -EACCES },
		  "port /dev/ttyUSB0 at 2400 8N1 is not open (Permission denied): check the adapter and the device setting" },
		{ { .silent = true, .bytes = 9, .auto_line = true },
		  "octets come in on /dev/ttyUSB0 at 2400 8N1 but no valid frame: other line settings are being tried; "
		  "if none is right, check protocol in [meter cabin]" },
		{ { .silent = true, .bytes = 800, .damaged = 1 },
		  "all frames on /dev/ttyUSB0 at 2400 8N1 are damaged: check the cable and the adapter" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(told); i++)
		check_told(&told[i], PATH, NULL);
}

/* However long the port's path and the section's name, the sentence says what to do. */
static void test_room(void **state)
{
	char path[sizeof(((struct listener *)0)->device)];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct facts *f = &cases[i].facts;
		struct meter_settings settings;
		struct problem problem;
		struct gate gate;

		build(&meter, &settings, path, f);
		settings.section = "123456789012345678901234567890123456789012345678";
		doubt(&gate, f->doubted);
		problem_find(&meter, &gate, &f->recently, 1 + f->doubted_ms, &problem);
		say_case(problem.text);
		assert_true(strlen(problem.text) < PROBLEM_TEXT - 1);
		gate_fini(&gate);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rungs),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_search),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
