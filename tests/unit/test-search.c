/* Where a meter is, on made-up machines with real pseudo terminals. The look at the ports that a timer does is
 * done here when the test wants it. */
#include <errno.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "machine.h"
#include "trial.h"

#include "search.h"

#define DEADLINE_MS 5000

struct house {
	struct trial trial;
	struct search search;
	struct search_settings settings;
	struct pty header, usb;
	char root[64];
	unsigned frames, opened, lost, changed, wanted;
	size_t octets;
	const char *frame_path; /* as it was when the last frame came */
};

static struct house house;

static void on_octets(void *user, size_t len)
{
	((struct house *)user)->octets += len;
}

static void on_event(void *user, const struct han_event *event)
{
	struct house *h = user;

	if (!listener_is_frame(event))
		return;
	h->frames++;
	h->frame_path = search_path(&h->search);
}

static void on_opened(void *user)
{
	((struct house *)user)->opened++;
}

static void on_lost(void *user)
{
	((struct house *)user)->lost++;
}

static void on_changed(void *user)
{
	((struct house *)user)->changed++;
}

static int setup(void **state)
{
	struct scratch *s;

	if (scratch_setup(state))
		return -1;
	s = *state;
	memset(&house, 0, sizeof(house));
	house.header.master = house.usb.master = -1;
	house.settings.format = -1;
	trial_init(&house.trial);
	snprintf(house.root, sizeof(house.root), "%s", s->dir);
	scratch_mkdir(s, "dev/serial/by-id");
	scratch_mkdir(s, "state");
	scratch_mkdir(s, "sys/class/tty/console");
	return setenv("STATE_DIRECTORY", scratch_path(s, "state", (char[SCRATCH_PATH]){ 0 }), 1);
}

static int teardown(void **state)
{
	unsetenv("STATE_DIRECTORY");
	search_close(&house.search);
	trial_fini(&house.trial);
	if (house.header.path[0])
		pty_close(&house.header);
	if (house.usb.path[0])
		pty_close(&house.usb);
	return scratch_teardown(state);
}

static void begin(void)
{
	const struct search_hooks hooks = { &house,    on_octets, on_event,
		                            on_opened, on_lost,   on_changed };

	house.search = (struct search){ .loop = NULL };
	assert_int_equal(search_open(&house.search, &house.trial.loop, house.root, &house.settings,
	                             NULL, false, &hooks),
	                 0);
}

/* Its timer is told to fire: what it does then. */
static void look(void)
{
	house.search.look.fired(&house.search.look);
}

static bool has_frames(void *user)
{
	(void)user;
	return house.frames >= house.wanted;
}

static bool has_octets(void *user)
{
	(void)user;
	return house.octets >= house.wanted;
}

static bool has_lost(void *user)
{
	(void)user;
	return house.lost >= house.wanted;
}

static bool has_opened(void *user)
{
	(void)user;
	return house.opened >= house.wanted;
}

static void await(bool (*done)(void *user), unsigned wanted)
{
	house.wanted = wanted;
	assert_true(trial_run(&house.trial, done, NULL, DEADLINE_MS));
}

static bool listens_on(const char *name)
{
	char path[SCRATCH_PATH];

	snprintf(path, sizeof(path), "%s/dev/%s", house.root, name);
	for (size_t i = 0; i < CANDIDATES_MAX; i++) {
		if (house.search.listeners[i] &&
		    strcmp(house.search.listeners[i]->device, path) == 0)
			return true;
	}
	return false;
}

static unsigned count_listeners(void)
{
	unsigned count = 0;

	for (size_t i = 0; i < CANDIDATES_MAX; i++)
		count += house.search.listeners[i] != NULL;
	return count;
}

static void check_path(const char *name)
{
	const char *path = search_path(&house.search);
	size_t root = strlen(house.root);

	assert_memory_equal(path, house.root, root);
	assert_memory_equal(path + root, "/dev/", 5);
	assert_string_equal(path + root + 5, name);
}

static void check_describes(const char *words)
{
	char text[SEARCH_TEXT];

	if (!strstr(search_describe(&house.search, text), words))
		fail_msg("\"%s\" is not in \"%s\"", words, text);
}

static bool is_exclusive(const struct pty *pty)
{
	int fd = pty_other(pty), set = 0, rc = ioctl(fd, TIOCGEXCL, &set);

	close(fd);
	if (rc < 0) {
		print_message("# %s here\n", strerror(errno)); /* an emulator's kernel */
		skip();
	}
	return set;
}

/* Others are kept away from the first valid frame on, and not before. */
static void test_claimed(void **state)
{
	machine_plug(*state, &house.usb, "ttyUSB0");
	begin();
	machine_mumble(&house.usb);
	await(has_octets, 1);
	assert_false(is_exclusive(&house.usb));
	machine_speak(&house.usb);
	await(has_frames, 1);
	assert_true(is_exclusive(&house.usb));
}

/* All are heard; the first with a frame wins, and that frame is not lost. */
static void test_first_wins(void **state)
{
	machine_plug(*state, &house.header, "ttyAMA0");
	machine_plug(*state, &house.usb, "ttyUSB0");
	begin();
	assert_int_equal(count_listeners(), 2);
	assert_int_equal(house.opened, 2);
	assert_string_equal(search_path(&house.search), "auto");
	assert_true(search_goes_on(&house.search));
	check_describes("ttyAMA0 at 2400 8N1, ");
	check_describes("ttyUSB0 at 2400 8N1");
	machine_mumble(&house.header);
	machine_speak(&house.usb);
	await(has_frames, 1);
	check_path("ttyUSB0");
	assert_ptr_equal(house.frame_path, search_path(&house.search));
	assert_int_equal(count_listeners(), 1);
	assert_false(search_goes_on(&house.search));
	machine_speak(&house.header);
	machine_speak(&house.usb);
	await(has_frames, 2);
	assert_int_equal(house.frames, 2);
}

/* There is nothing, then there is. */
static void test_plugged_later(void **state)
{
	begin();
	assert_true(search_is_empty(&house.search));
	assert_int_equal(search_err(&house.search), 0);
	check_describes("no serial port there");
	assert_true(trial_left_ms(&house.search.look) > 0);
	assert_true(trial_left_ms(&house.search.look) <= 30000);
	machine_plug(*state, &house.usb, "ttyUSB0");
	look();
	assert_false(search_is_empty(&house.search));
	machine_speak(&house.usb);
	await(has_frames, 1);
	check_path("ttyUSB0");
}

/* How long a port is open says nothing of the time in which there was none. */
static void test_opened_since(void **state)
{
	uint64_t first, again;

	begin();
	assert_int_equal(search_opened_ms(&house.search), 0);
	machine_plug(*state, &house.usb, "ttyUSB0");
	look();
	first = search_opened_ms(&house.search);
	assert_in_range(first + DEADLINE_MS, loop_now_ms(), loop_now_ms() + DEADLINE_MS);
	machine_speak(&house.usb);
	await(has_frames, 1);
	pty_close(&house.usb);
	await(has_lost, 1);
	assert_int_equal(search_opened_ms(&house.search), 0);
	look();
	assert_true(search_is_empty(&house.search));
	again = loop_now_ms();
	machine_plug(*state, &house.usb, "ttyUSB0");
	look();
	assert_true(search_opened_ms(&house.search) >= again);
	again = search_opened_ms(&house.search);
	machine_plug(*state, &house.header, "ttyAMA0");
	look();
	assert_int_equal(count_listeners(), 2);
	assert_int_equal(search_opened_ms(&house.search), again); /* one was open all the time */
}

/* A console is never listened on, and what is left is said. */
static void test_console(void **state)
{
	scratch_text(*state, "sys/class/tty/console/active", "tty0 ttyAMA0\n");
	machine_plug(*state, &house.header, "ttyAMA0");
	begin();
	assert_true(search_is_empty(&house.search));
	check_describes("no port to listen on: ttyAMA0 is a serial console");
	scratch_text(*state, "sys/class/tty/console/active", "tty0\n");
	look();
	assert_int_equal(count_listeners(), 1);
	scratch_text(*state, "sys/class/tty/console/active", "ttyAMA0\n");
	look();
	assert_int_equal(count_listeners(), 0);
}

/* A meter that is silent for longer as a rule is not looked for elsewhere before that. */
static void test_slow_meter(void **state)
{
	machine_plug(*state, &house.header, "ttyAMA0");
	machine_plug(*state, &house.usb, "ttyUSB0");
	begin();
	machine_speak(&house.header);
	await(has_frames, 1);
	search_allow(&house.search, 10800000);
	house.search.frame_ms = loop_now_ms() - 3600000;
	look();
	assert_int_equal(count_listeners(), 1);
	assert_false(search_goes_on(&house.search));
	assert_in_range(trial_left_ms(&house.search.look), 7100000, 7200000);
	house.search.frame_ms = loop_now_ms() - 10800000;
	look();
	assert_int_equal(count_listeners(), 2);
	search_allow(&house.search, 30000); /* ten minutes at least */
	machine_speak(&house.header);
	await(has_frames, 2);
	house.search.frame_ms = loop_now_ms() - 300000;
	look();
	assert_int_equal(count_listeners(), 1);
}

/* Of many that are left out as many are named as there is room for. */
static void test_many_refused(void **state)
{
	char name[SCRATCH_PATH], text[SEARCH_TEXT];

	for (unsigned i = 0; i < 9; i++) {
		snprintf(name, sizeof(name), "dev/ttyUSB%u", i);
		scratch_text(*state, name, "");
	}
	begin();
	assert_true(search_is_empty(&house.search));
	check_describes("no port to listen on: ttyUSB0 is one of several USB adapters, ttyUSB1");
	check_describes("ttyUSB3 is one of several");
	assert_true(strlen(search_describe(&house.search, text)) < SEARCH_TEXT);
}

/* A port that is a console now, but not when it was remembered, is no longer one. */
static void test_remembered_console(void **state)
{
	machine_plug(*state, &house.header, "ttyAMA0");
	begin();
	machine_speak(&house.header);
	await(has_frames, 1);
	search_close(&house.search);
	scratch_text(*state, "sys/class/tty/console/active", "ttyAMA0\n");
	begin();
	assert_true(search_is_empty(&house.search));
}

/* Another meter's port is left out, whatever it is called there. */
static void test_taken(void **state)
{
	char taken[SCRATCH_PATH];
	const char *const devices[] = { NULL, taken };

	machine_plug(*state, &house.header, "ttyAMA0");
	machine_plug(*state, &house.usb, "ttyUSB0");
	machine_link(*state, "dev/serial0", "ttyAMA0");
	scratch_path(*state, "dev/serial0", taken);
	house.settings.taken = devices;
	house.settings.taken_count = COUNT(devices);
	begin();
	assert_int_equal(count_listeners(), 1);
	assert_true(listens_on("ttyUSB0"));
}

/* After a restart the port is tried first, alone, with its setting; then with the others. */
static void test_remembered(void **state)
{
	struct remembered kept = { .line = { 9600, SERIAL_8N1 } };

	machine_plug(*state, &house.header, "ttyAMA0");
	machine_plug(*state, &house.usb, "ttyUSB0");
	snprintf(kept.path, sizeof(kept.path), "%s", house.usb.path);
	remembered_save("auto", &kept);
	begin();
	assert_int_equal(count_listeners(), 1);
	assert_true(listens_on("ttyUSB0"));
	assert_int_equal(machine_speed(&house.usb), B9600);
	assert_true(trial_left_ms(&house.search.look) > 12000); /* two lists of most meters */
	look();
	assert_int_equal(count_listeners(), 2);
	assert_int_equal(machine_speed(&house.usb), B9600);
	assert_int_equal(machine_speed(&house.header), B2400);
	machine_speak(&house.header);
	await(has_frames, 1);
	assert_true(remembered_load("auto", &kept));
	assert_string_equal(kept.path, house.header.path);
	assert_int_equal(kept.line.baud, 2400);
}

/* A remembered port that is gone is not waited for. */
static void test_remembered_gone(void **state)
{
	struct remembered kept = { .path = "/dev/ttyUSB7", .line = { 9600, SERIAL_8N1 } };

	machine_plug(*state, &house.header, "ttyAMA0");
	remembered_save("auto", &kept);
	begin();
	assert_true(listens_on("ttyAMA0"));
}

/* An adapter comes back with another number: its name by-id is the same. */
static void test_other_number(void **state)
{
	machine_plug(*state, &house.usb, "ttyUSB0");
	machine_link(*state, "dev/serial/by-id/usb-meter", "../../ttyUSB0");
	begin();
	machine_speak(&house.usb);
	await(has_frames, 1);
	check_path("serial/by-id/usb-meter");
	pty_close(&house.usb);
	await(has_lost, 1);
	assert_true(search_err(&house.search) < 0);
	assert_true(trial_left_ms(&house.search.look) <=
	            60000); /* it is not waited for without end */
	machine_plug(*state, &house.usb, "ttyUSB1");
	machine_link(*state, "dev/serial/by-id/usb-meter", "../../ttyUSB1");
	await(has_opened, 2);
	assert_int_equal(search_err(&house.search), 0);
	machine_speak(&house.usb);
	await(has_frames, 2);
	check_path("serial/by-id/usb-meter");
	assert_false(search_goes_on(&house.search));
	assert_true(trial_left_ms(&house.search.look) > 60000);
	pty_close(&house.usb);
	await(has_lost, house.lost + 1);
	assert_true(trial_left_ms(&house.search.look) <= 60000); /* every time */
}

/* A lost port is waited for while others are not heard; then all are. */
static void test_lost(void **state)
{
	machine_plug(*state, &house.header, "ttyAMA0");
	machine_plug(*state, &house.usb, "ttyUSB0");
	begin();
	machine_speak(&house.usb);
	await(has_frames, 1);
	pty_close(&house.usb);
	await(has_lost, 3); /* it is tried again, and the wait is not begun anew */
	assert_false(listens_on("ttyAMA0"));
	assert_true(trial_left_ms(&house.search.look) <= 29000);
	look();
	assert_true(listens_on("ttyAMA0"));
	assert_false(listens_on("ttyUSB0"));
	machine_speak(&house.header);
	await(has_frames, 2);
	check_path("ttyAMA0");
}

/* The meter was put on another port: after long silence all are heard again, this one too. */
static void test_long_silence(void **state)
{
	machine_plug(*state, &house.header, "ttyAMA0");
	machine_plug(*state, &house.usb, "ttyUSB0");
	begin();
	machine_speak(&house.usb);
	await(has_frames, 1);
	look();
	assert_int_equal(count_listeners(), 1);
	house.search.frame_ms = loop_now_ms() - 601000; /* before the machine's start, perhaps */
	look();
	assert_int_equal(count_listeners(), 2);
	machine_speak(&house.header);
	await(has_frames, 2);
	check_path("ttyAMA0");
}

/* A named device: the one listener, whatever stands in the tree. */
static void test_named(void **state)
{
	machine_plug(*state, &house.header, "ttyAMA0");
	machine_plug(*state, &house.usb, "ttyUSB0");
	house.settings.device = house.usb.path;
	begin();
	assert_int_equal(count_listeners(), 1);
	assert_string_equal(search_path(&house.search), house.usb.path);
	assert_true(search_goes_on(&house.search)); /* for the setting */
	machine_speak(&house.usb);
	await(has_frames, 1);
	assert_false(search_goes_on(&house.search));
	assert_int_equal(trial_left_ms(&house.search.look), 0); /* nothing wakes it up */
	pty_close(&house.usb);
	await(has_lost, 1);
	assert_string_equal(search_path(&house.search), house.usb.path);
}

static void mumble_in_vain(unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		size_t before = house.octets;

		machine_mumble(&house.usb);
		await(has_octets, (unsigned)before + 120);
		house.wanted = UINT_MAX;
		assert_false(trial_run(&house.trial, has_frames, NULL, TUNING_PAUSE_MS + 100));
	}
}

/* What is given, here or by a serial server, is not searched, and was not tried among others. */
static void test_given(void **state)
{
	machine_plug(*state, &house.usb, "ttyUSB0");
	house.settings = (struct search_settings){ .device = house.usb.path,
		                                   .baud = 9600,
		                                   .format = SERIAL_8N1 };
	begin();
	assert_false(search_goes_on(&house.search));
	mumble_in_vain(4);
	assert_false(search_tried_all(&house.search));
	search_close(&house.search);
	house.settings = (struct search_settings){ .device = "tcp://127.0.0.1:1", .format = -1 };
	begin();
	assert_false(search_goes_on(&house.search));
}

/* As many more descriptors as that, and the limit as it was. */
static rlim_t limit_descriptors(rlim_t more)
{
	int lowest = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct rlimit limit;
	rlim_t before;

	assert_true(lowest >= 0);
	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	before = limit.rlim_cur;
	limit.rlim_cur = (rlim_t)lowest + more;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	return before;
}

static void restore_descriptors(rlim_t before)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = before;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

/* A port that comes while the bus is without power is no more heard than those that were there. */
static void test_muted(void **state)
{
	machine_plug(*state, &house.header, "ttyAMA0");
	begin();
	search_mute(&house.search, true);
	machine_plug(*state, &house.usb, "ttyUSB0");
	look();
	assert_int_equal(count_listeners(), 2);
	machine_speak(&house.header);
	machine_speak(&house.usb);
	house.wanted = 1;
	assert_false(trial_run(&house.trial, has_frames, NULL, 100));
	assert_int_equal(house.octets, 0);
	machine_speak(&house.usb);
	search_mute(&house.search, false);
	assert_false(trial_run(&house.trial, has_frames, NULL, 100)); /* thrown away */
	machine_speak(&house.usb);
	await(has_frames, 1);
	check_path("ttyUSB0");
}

/* Without descriptors nothing can be opened now: a named port is waited for, others are looked for again. */
static void test_no_descriptors(void **state)
{
	rlim_t before;

	machine_plug(*state, &house.usb, "ttyUSB0");
	house.settings.device = house.usb.path;
	before = limit_descriptors(0);
	begin();
	restore_descriptors(before);
	assert_int_equal(house.lost, 1);
	assert_int_equal(search_err(&house.search), -EMFILE);
	await(has_opened, 1);
	search_close(&house.search);
	house.settings.device = NULL;
	house.search = (struct search){ .loop = NULL };
	before = limit_descriptors(0);
	begin();
	restore_descriptors(before);
	assert_false(search_is_open(&house.search));
	look();
	assert_true(search_is_open(&house.search));
}

/* One speed is given, and no format is right. */
static void test_tried_all(void **state)
{
	machine_plug(*state, &house.usb, "ttyUSB0");
	house.settings.device = house.usb.path;
	house.settings.baud = 300;
	begin();
	assert_false(search_tried_all(&house.search));
	mumble_in_vain(6);
	assert_true(search_tried_all(&house.search));
}

static const struct {
	const char *name, *text;
	bool sound;
} kept[] = {
	{ "as saved", "/dev/ttyUSB0\n9600 8E1\n", true },
	{ "no newline", "/dev/ttyUSB0\n9600 8E1", true },
	{ "empty", "", false },
	{ "a path only", "/dev/ttyUSB0\n", false },
	{ "no format", "/dev/ttyUSB0\n9600\n", false },
	{ "no path", "\n9600 8E1\n", false },
	{ "a relative path", "dev/ttyUSB0\n9600 8E1\n", false },
	{ "an escape in the path", "/dev/tty\x1b[2J\n9600 8E1\n", false },
	{ "no speed", "/dev/ttyUSB0\n 8E1\n", false },
	{ "an odd speed", "/dev/ttyUSB0\n9601 8E1\n", false },
	{ "a speed that wraps", "/dev/ttyUSB0\n4294976896 8E1\n", false },
	{ "a negative speed", "/dev/ttyUSB0\n-9600 8E1\n", false },
	{ "an odd format", "/dev/ttyUSB0\n9600 8O1\n", false },
	{ "noise", "\xff\xfe\x01", false },
};

/* What is kept may be anything. */
static void test_kept(void **state)
{
	static char huge[100000];
	struct remembered r = { .path = "/x", .line = { 2400, SERIAL_8N1 } };

	for (size_t i = 0; i < COUNT(kept); i++) {
		struct remembered said = { .path = "before" };

		say_case(kept[i].name);
		remembered_save("auto", &r);
		scratch_text(*state, "state/port-5dc77784260a7236", kept[i].text);
		assert_int_equal(remembered_load("auto", &said), kept[i].sound);
		assert_string_equal(said.path, kept[i].sound ? "/dev/ttyUSB0" : "before");
		assert_int_equal(said.line.baud, kept[i].sound ? 9600 : 0);
	}
	memset(huge, '/', sizeof(huge) - 1);
	scratch_text(*state, "state/port-5dc77784260a7236", huge);
	assert_false(remembered_load("auto", &r));
}

/* Without a state directory nothing is kept, and nothing is wrong. */
static void test_stateless(void **state)
{
	unsetenv("STATE_DIRECTORY");
	machine_plug(*state, &house.header, "ttyAMA0");
	begin();
	machine_speak(&house.header);
	await(has_frames, 1);
}

/* What is asked of one that is closed is answered: what was found is no more. */
static void test_closed(void **state)
{
	machine_plug(*state, &house.usb, "ttyUSB0");
	begin();
	machine_speak(&house.usb);
	await(has_frames, 1);
	check_path("ttyUSB0");
	search_close(&house.search);
	assert_null(search_listener(&house.search));
	assert_string_equal(search_path(&house.search), "auto");
	assert_false(search_is_open(&house.search));
	check_describes("no serial port there");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_first_wins),
		CASE(test_claimed),
		CASE(test_plugged_later),
		CASE(test_console),
		CASE(test_remembered_console),
		CASE(test_taken),
		CASE(test_remembered),
		CASE(test_slow_meter),
		CASE(test_many_refused),
		CASE(test_remembered_gone),
		CASE(test_opened_since),
		CASE(test_other_number),
		CASE(test_lost),
		CASE(test_long_silence),
		CASE(test_named),
		CASE(test_given),
		CASE(test_muted),
		CASE(test_no_descriptors),
		CASE(test_tried_all),
		CASE(test_kept),
		CASE(test_stateless),
		CASE(test_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
