/* Which ports may be listened on, on made-up machines. */
#include <sys/types.h>
#include <utmpx.h>

#include "scratch.h"

#include "candidates.h"

#define PI     "/sys/firmware/devicetree/base/model=Raspberry Pi 4 Model B"
#define NOBODY "2147483646" /* no process has that number */

#define WANTS(name) "/etc/systemd/system/getty.target.wants/serial-getty@" name ".service>/no/where"
#define MASK(name)  "/etc/systemd/system/serial-getty@" name ".service>/dev/null"
#define CGROUP(name) \
	"/sys/fs/cgroup/system.slice/system-serial\\x2dgetty.slice/serial-getty@" name ".service/x="
#define BY_ID(name) "/dev/serial/by-id/" name

/* clang-format off */
static const struct {
	const char *name;
	const char *machine[8]; /* PATH=CONTENT, or PATH>TARGET of a link */
	const char *usable;     /* names, or with @ what they are opened by */
	const char *refused;
} cases[] = {
	{ "nothing there",         { "/dev/null=" }, "", "" },
	{ "a header",              { "/dev/ttyAMA0=", "/dev/serial0>ttyAMA0" }, "ttyAMA0@/dev/ttyAMA0", "" },
	{ "no udev",               { "/dev/ttyAMA0=" }, "ttyAMA0", "" },
	{ "all of a header",       { "/dev/ttyAMA5=", "/dev/ttyAMA4=", "/dev/ttyAMA3=", "/dev/ttyAMA2=", "/dev/ttyAMA1=", "/dev/ttyS0=", PI }, "ttyAMA1 ttyAMA2 ttyAMA3 ttyAMA4 ttyAMA5 ttyS0", "" },
	{ "serial0 comes first",   { "/dev/ttyAMA0=", "/dev/ttyS0=", "/dev/serial0>ttyS0", PI }, "ttyS0 ttyAMA0", "" },
	{ "a slot without port",   { "/dev/ttyAMA0=", "/dev/ttyS0=", "/sys/class/tty/ttyS0/type=0\n", PI }, "ttyAMA0", "" },
	{ "a kernel that keeps ttyS0", { "/dev/ttyS0=", "/dev/ttyS1=", "/sys/class/tty/ttyS0/type=0\n", "/sys/class/tty/ttyS1/type=19\n", PI }, "ttyS1", "" },
	{ "a PC",                  { "/dev/ttyS0=", "/dev/ttyS1=" }, "", "" },
	{ "a PC with serial0",     { "/dev/ttyS0=", "/dev/serial0>ttyS0" }, "", "" },
	{ "like the header's",     { "/dev/ttyAMA6=", "/dev/ttyAMA00=", "/dev/ttyAMA=" }, "", "" },
	{ "Pi 5, header on",       { "/dev/ttyAMA0=", "/dev/ttyAMA10=", "/dev/serial0>ttyAMA10", PI }, "ttyAMA0", "ttyAMA10: debugging" },
	{ "Pi 5, header off",      { "/dev/ttyAMA10=", "/dev/serial0>ttyAMA10", PI }, "", "ttyAMA10: debugging" },
	{ "serial0 leads nowhere", { "/dev/null=", "/dev/serial0>ttyAMA0" }, "", "" },

	{ "a console",             { "/dev/ttyAMA0=", "/sys/class/tty/console/active=tty0 ttyAMA0\n" }, "", "ttyAMA0: serial console" },
	{ "the only console",      { "/dev/ttyAMA0=", "/sys/class/tty/console/active=ttyAMA0" }, "", "ttyAMA0: serial console" },
	{ "the console of another", { "/dev/ttyAMA0=", "/sys/class/tty/console/active=tty0 ttyAMA1 ttyAMA01 xttyAMA0\n" }, "ttyAMA0", "" },
	{ "a console's attribute", { "/dev/ttyAMA0=", "/sys/class/tty/ttyAMA0/console=Y\n" }, "", "ttyAMA0: serial console" },
	{ "its attribute is N",    { "/dev/ttyAMA0=", "/sys/class/tty/ttyAMA0/console=N\n" }, "ttyAMA0", "" },
	{ "a console, and another", { "/dev/ttyAMA0=", "/dev/ttyAMA1=", "/sys/class/tty/console/active=ttyAMA0" }, "ttyAMA1", "ttyAMA0: serial console" },
	{ "a console on USB",      { "/dev/ttyUSB0=", "/sys/class/tty/console/active=ttyUSB0" }, "", "ttyUSB0: serial console" },

	{ "a login",               { "/dev/ttyAMA0=", WANTS("ttyAMA0") }, "", "ttyAMA0: login" },
	{ "a login by generator",  { "/dev/ttyAMA0=", "/run/systemd/generator/getty.target.wants/serial-getty@ttyAMA0.service>/x" }, "", "ttyAMA0: login" },
	{ "a plain getty",         { "/dev/ttyAMA0=", "/etc/systemd/system/getty.target.wants/getty@ttyAMA0.service>/x" }, "", "ttyAMA0: login" },
	{ "a login elsewhere",     { "/dev/ttyAMA0=", WANTS("ttyAMA1"), WANTS("ttyAMA01") }, "ttyAMA0", "" },
	{ "a masked login",        { "/dev/ttyAMA0=", WANTS("ttyAMA0"), MASK("ttyAMA0") }, "ttyAMA0", "" },
	{ "changed, not masked",   { "/dev/ttyAMA0=", WANTS("ttyAMA0"), "/etc/systemd/system/serial-getty@ttyAMA0.service>/dev/nullx" }, "", "ttyAMA0: login" },
	{ "a login that runs",     { "/dev/ttyAMA0=", CGROUP("ttyAMA0") }, "", "ttyAMA0: login" },
	{ "masked, but it runs",   { "/dev/ttyAMA0=", MASK("ttyAMA0"), CGROUP("ttyAMA0") }, "", "ttyAMA0: login" },
	{ "a console with login",  { "/dev/ttyAMA0=", WANTS("ttyAMA0"), "/sys/class/tty/console/active=ttyAMA0" }, "", "ttyAMA0: serial console" },

	{ "Bluetooth by name",     { "/dev/ttyAMA0=", "/dev/ttyS0=", "/dev/serial0>ttyS0", "/dev/serial1>ttyAMA0", PI }, "ttyS0", "ttyAMA0: Bluetooth" },
	{ "Bluetooth by tree",     { "/dev/ttyAMA0=", "/sys/class/tty/ttyAMA0/device/of_node/bluetooth/compatible=x" }, "", "ttyAMA0: Bluetooth" },
	{ "Bluetooth switched off", { "/dev/ttyAMA0=", "/sys/class/tty/ttyAMA0/device/of_node/bluetooth/status=disabled" }, "ttyAMA0", "" },

	{ "locked",                { "/dev/ttyUSB0=", "/run/lock/LCK..ttyUSB0=         1\n" }, "", "ttyUSB0: another program" },
	{ "locked, unreadably",    { "/dev/ttyUSB0=", "/run/lock/LCK..ttyUSB0=\x01\n" }, "", "ttyUSB0: another program" },
	{ "locked by the dead",    { "/dev/ttyUSB0=", "/run/lock/LCK..ttyUSB0=" NOBODY "\n" }, "ttyUSB0", "" },
	{ "another is locked",     { "/dev/ttyUSB0=", "/run/lock/LCK..ttyUSB1=1\n" }, "ttyUSB0", "" },

	{ "an adapter",            { "/dev/ttyUSB0=" }, "ttyUSB0@/dev/ttyUSB0", "" },
	{ "an adapter's name",     { "/dev/ttyUSB3=", BY_ID("usb-FTDI-if00>../../ttyUSB3"), BY_ID("usb-x>../../ttyUSB33") }, "ttyUSB3@/dev/serial/by-id/usb-FTDI-if00", "" },
	{ "two names",             { "/dev/ttyACM0=", BY_ID("b>../../ttyACM0"), BY_ID("a>../../ttyACM0") }, "ttyACM0@/dev/serial/by-id/a", "" },
	{ "header and adapter",    { "/dev/ttyUSB0=", "/dev/ttyAMA0=" }, "ttyAMA0 ttyUSB0", "" },
	{ "two adapters",          { "/dev/ttyUSB0=", "/dev/ttyACM0=", "/dev/ttyAMA0=" }, "ttyAMA0", "ttyUSB0: several ttyACM0: several" },
	{ "one of two is locked",  { "/dev/ttyUSB0=", "/dev/ttyUSB1=", "/run/lock/LCK..ttyUSB0=1" }, "", "ttyUSB0: another program ttyUSB1: several" },
	{ "one of two is taken",   { "/dev/ttyUSB0=", "/dev/ttyUSB1=", "/dev/taken>ttyUSB0" }, "ttyUSB1", "" },
	{ "the header is taken",   { "/dev/ttyAMA0=", "/dev/taken>serial0", "/dev/serial0>ttyAMA0", "/dev/ttyUSB0=" }, "ttyUSB0", "" },
	{ "taken by its name",     { "/dev/ttyUSB0=", BY_ID("a>../../ttyUSB0"), "/dev/taken>serial/by-id/a" }, "", "" },
	{ "taken, but not there",  { "/dev/ttyUSB0=", "/dev/taken>ttyUSB7" }, "ttyUSB0", "" },
};
/* clang-format on */

static void make_parents(const struct scratch *s, const char *name)
{
	char path[2 * SCRATCH_PATH];

	snprintf(path, sizeof(path), "%s%s", s->dir, name);
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700); /* most are there */
		*slash = '/';
	}
}

static void make(const struct scratch *s, const char *entry)
{
	size_t len = strcspn(entry, "=>");
	char name[SCRATCH_PATH], path[SCRATCH_PATH];

	snprintf(name, sizeof(name), "%.*s", (int)len, entry);
	make_parents(s, name);
	if (entry[len] == '>')
		assert_int_equal(symlink(entry + len + 1, scratch_path(s, name + 1, path)), 0);
	else
		scratch_text(s, name + 1, entry + len + 1);
}

/* Cuts the next word off; returns it. */
static char *next_word(char **rest)
{
	return *rest && **rest ? strsep(rest, " ") : NULL;
}

static void check_usable(const char *root, const struct candidates *found, const char *expected)
{
	char text[256], path[SCRATCH_PATH], *rest = text;
	size_t i = 0;

	snprintf(text, sizeof(text), "%s", expected);
	for (char *word = next_word(&rest); word; word = next_word(&rest), i++) {
		char *by = strchr(word, '@');

		if (by)
			*by++ = '\0';
		assert_true(i < found->usable);
		assert_string_equal(found->at[i].name, word);
		assert_int_equal(found->at[i].refusal, REFUSAL_NONE);
		snprintf(path, sizeof(path), "%s%s", root,
		         by ? by : found->at[i].path + strlen(root));
		assert_string_equal(found->at[i].path, path);
		assert_int_equal(access(path, F_OK), 0);
	}
	assert_int_equal(found->usable, i);
}

/* expected: "NAME: some words NAME: some words". */
static void check_refused(const struct candidates *found, const char *expected)
{
	char text[REFUSAL_TEXT], all[1024];
	const char *at = expected;

	candidates_refusals(found, all, sizeof(all));
	for (size_t i = found->usable; i < found->count; i++) {
		size_t name = strlen(found->at[i].name), len;
		char words[64];

		assert_memory_equal(at, found->at[i].name, name);
		assert_memory_equal(at + name, ": ", 2);
		at += name + 2;
		len = strcspn(at, ":");
		if (at[len])
			while (at[len] != ' ')
				len--;
		snprintf(words, sizeof(words), "%.*s", (int)len, at);
		at += len + (at[len] == ' ');
		candidate_refusal(&found->at[i], text);
		assert_non_null(strstr(text, words));
		assert_non_null(strchr(text, ':')); /* and what to do */
		assert_non_null(strstr(all, words));
	}
	assert_int_equal(*at, 0);
	assert_int_equal(all[0] == '\0', expected[0] == '\0');
}

static void test_machines(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct scratch s;
		struct candidates found;
		char taken[SCRATCH_PATH];
		const char *const devices[] = { NULL, taken };

		say_case(cases[i].name);
		assert_int_equal(scratch_init(&s), 0);
		for (size_t j = 0; j < COUNT(cases[i].machine) && cases[i].machine[j]; j++)
			make(&s, cases[i].machine[j]);
		scratch_path(&s, "dev/taken", taken);
		candidates_find(s.dir, devices, COUNT(devices), &found);
		check_usable(s.dir, &found, cases[i].usable);
		check_refused(&found, cases[i].refused);
		assert_int_equal(scratch_fini(&s), 0);
	}
}

static const struct {
	const char *name;
	short type;
	const char *line;
	pid_t pid; /* 0: this program */
	bool login;
} logins[] = {
	{ "a prompt", LOGIN_PROCESS, "ttyAMA0", 0, true },
	{ "somebody is in", USER_PROCESS, "ttyAMA0", 0, true },
	{ "he has left", DEAD_PROCESS, "ttyAMA0", 0, false },
	{ "the program is dead", LOGIN_PROCESS, "ttyAMA0", 2147483646, false },
	{ "another line", LOGIN_PROCESS, "ttyAMA01", 0, false },
};

static void test_utmp(void **state)
{
	struct scratch *s = *state;

	make(s, "/dev/ttyAMA0=");
	make_parents(s, "/run/utmp");
	for (size_t i = 0; i < COUNT(logins); i++) {
		struct utmpx entries[2] = { { .ut_type = BOOT_TIME } };
		struct candidates found;

		say_case(logins[i].name);
		entries[1].ut_type = logins[i].type;
		entries[1].ut_pid = logins[i].pid ? logins[i].pid : getpid();
		snprintf(entries[1].ut_line, sizeof(entries[1].ut_line), "%s", logins[i].line);
		scratch_write(s, "run/utmp", entries, sizeof(entries));
		candidates_find(s->dir, NULL, 0, &found);
		assert_int_equal(found.usable, !logins[i].login);
		assert_int_equal(found.count, 1);
	}
}

/* More than there is room for: no more are told, and none is used. */
static void test_crowd(void **state)
{
	struct scratch *s = *state;
	struct candidates found;
	char entry[64];

	for (int i = 0; i < 40; i++) {
		snprintf(entry, sizeof(entry), "/dev/ttyUSB%d=", i);
		make(s, entry);
	}
	make(s, "/dev/ttyAMA0=");
	candidates_find(s->dir, NULL, 0, &found);
	assert_int_equal(found.usable, 1);
	assert_int_equal(found.count, COUNT(found.at));
}

static const struct {
	const char *device;
	bool pi, other;
} headers[] = {
	{ NULL, true, true },
	{ "/dev/ttyAMA0", true, true },
	{ "/dev/ttyAMA3", true, true },
	{ "/dev/ttyAMA10", false, false },
	{ "/dev/ttyS0", true, false },
	{ "/dev/ttyUSB0", false, false },
	{ "tcp://ttyAMA0:1", false, false },
	{ "/none/serial0", true, true }, /* early in the boot, before udev has made the link */
	{ "/none/serial1", false, false },
};

static void test_headers(void **state)
{
	struct scratch *s = *state;
	char link[SCRATCH_PATH];

	for (size_t i = 0; i < COUNT(headers); i++)
		assert_int_equal(candidates_is_header(s->dir, headers[i].device), headers[i].other);
	make(s, PI);
	for (size_t i = 0; i < COUNT(headers); i++)
		assert_int_equal(candidates_is_header(s->dir, headers[i].device), headers[i].pi);
	make(s, "/dev/ttyAMA1=");
	make(s, "/dev/hat>ttyAMA1");
	assert_true(candidates_is_header(s->dir, scratch_path(s, "dev/hat", link)));
	make(s, "/dev/serial0>ttyAMA2"); /* which is not there yet */
	assert_true(candidates_is_header(s->dir, scratch_path(s, "dev/serial0", link)));
	make(s, "/dev/debug>ttyAMA10");
	assert_false(candidates_is_header(s->dir, scratch_path(s, "dev/debug", link)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machines),
		cmocka_unit_test_setup_teardown(test_utmp, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_crowd, scratch_setup, scratch_teardown),
		cmocka_unit_test_setup_teardown(test_headers, scratch_setup, scratch_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
