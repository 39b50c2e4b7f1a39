/* The bus-power line: its spellings, its three countings, the hat, and what is said when no line
 * can be had. A line that can be had takes a gpiochip and is the system suite's. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus.h"
#include "check.h"
#include "hat.h"
#include "log.h"

/* clang-format off */
static const struct {
	const char *text;
	struct bus_line line;
	const char *print;
} accepted[] = {
	{ "none",              { BUS_NONE,     0,   0     }, "none" },
	{ "auto",              { BUS_AUTO,     0,   0     }, "auto" },
	{ "GPIO26",            { BUS_BROADCOM, 0,   26    }, "GPIO26 (header pin 37, wiringPi 25)" },
	{ "wiringpi:25",       { BUS_BROADCOM, 0,   26    }, "GPIO26 (header pin 37, wiringPi 25)" },
	{ "pin:37",            { BUS_BROADCOM, 0,   26    }, "GPIO26 (header pin 37, wiringPi 25)" },
	{ "GPIO25",            { BUS_BROADCOM, 0,   25    }, "GPIO25 (header pin 22, wiringPi 6)" },
	{ "wiringpi:6",        { BUS_BROADCOM, 0,   25    }, "GPIO25 (header pin 22, wiringPi 6)" },
	{ "pin:22",            { BUS_BROADCOM, 0,   25    }, "GPIO25 (header pin 22, wiringPi 6)" },
	{ "GPIO0",             { BUS_BROADCOM, 0,   0     }, "GPIO0 (header pin 27, wiringPi 30)" },
	{ "GPIO2",             { BUS_BROADCOM, 0,   2     }, "GPIO2 (header pin 3, wiringPi 8)" },
	{ "GPIO4",             { BUS_BROADCOM, 0,   4     }, "GPIO4 (header pin 7, wiringPi 7)" },
	{ "GPIO14",            { BUS_BROADCOM, 0,   14    }, "GPIO14 (header pin 8, wiringPi 15)" },
	{ "GPIO27",            { BUS_BROADCOM, 0,   27    }, "GPIO27 (header pin 13, wiringPi 2)" },
	{ "wiringpi:0",        { BUS_BROADCOM, 0,   17    }, "GPIO17 (header pin 11, wiringPi 0)" },
	{ "wiringpi:31",       { BUS_BROADCOM, 0,   1     }, "GPIO1 (header pin 28, wiringPi 31)" },
	{ "pin:40",            { BUS_BROADCOM, 0,   21    }, "GPIO21 (header pin 40, wiringPi 29)" },
	{ "gpiochip0:17",      { BUS_CHIP,     0,   17    }, "gpiochip0:17" },
	{ "gpiochip4:0",       { BUS_CHIP,     4,   0     }, "gpiochip4:0" },
	{ "gpiochip255:65535", { BUS_CHIP,     255, 65535 }, "gpiochip255:65535" },
};

static const char *const refused[] = {
	"", " ", "None", "AUTO", "none ", " auto", "automatic", "25", "-1",
	"GPIO", "GPIO28", "GPIO025", "GPIO-1", "GPIO+1", "GPIO 1", "GPIO1 ", "GPIO0x1", "GPIO1.0",
	"GPIO4294967296", "GPIO18446744073709551641", "gpio25", "GPIO:25",
	"wiringpi:", "wiringpi:17", "wiringpi:18", "wiringpi:19", "wiringpi:20", "wiringpi:32",
	"wiringpi:256", "wiringpi:281", "wiringpi25", "wiringPi:25", "wiringpi:06",
	"pin:", "pin:0", "pin:41", "pin:255", "pin:256", "pin:293", "pin37", "pin:037", "Pin:37",
	"gpiochip", "gpiochip0", "gpiochip0:", "gpiochip:17", "gpiochip:", "gpiochip256:0",
	"gpiochip0:65536", "gpiochip0:4294967313", "gpiochip00:17", "gpiochip0:017", "gpiochip0:17:1",
	"gpiochip0:GPIO17", "gpiochip-1:0", "/dev/gpiochip0:17", "gpiochip0:17 ",
};

/* Power: 1, 2, 4, 17. Ground: the others. */
static const unsigned supply_pins[] = { 1, 2, 4, 6, 9, 14, 17, 20, 25, 30, 34, 39 };
/* clang-format on */

static void test_parse_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(accepted); i++) {
		struct bus_line line = { BUS_CHIP, 99, 99 };
		char buf[BUS_LINE_TEXT];

		say_case(accepted[i].text);
		assert_int_equal(bus_line_parse(accepted[i].text, &line), 0);
		assert_int_equal(line.kind, accepted[i].line.kind);
		assert_int_equal(line.chip, accepted[i].line.chip);
		assert_int_equal(line.offset, accepted[i].line.offset);
		assert_string_equal(bus_line_print(&line, buf, sizeof(buf)), accepted[i].print);
	}
}

static void test_parse_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct bus_line line = { BUS_CHIP, 99, 98 };

		say_case(refused[i]);
		assert_int_equal(bus_line_parse(refused[i], &line), -EINVAL);
		assert_int_equal(line.kind, BUS_CHIP);
		assert_int_equal(line.chip, 99);
		assert_int_equal(line.offset, 98);
	}
}

static bool is_supply(unsigned pin)
{
	for (size_t i = 0; i < COUNT(supply_pins); i++) {
		if (supply_pins[i] == pin)
			return true;
	}
	return false;
}

/* Every number of one counting is either refused or names one Broadcom number, all 28 are reached,
 * none twice, and the print leads back to the same number. */
static void check_counting(const char *prefix, const char *back)
{
	unsigned seen = 0, count = 0;

	for (unsigned number = 0; number < 300; number++) {
		struct bus_line line;
		char text[32], print[BUS_LINE_TEXT];
		const char *at;

		snprintf(text, sizeof(text), "%s%u", prefix, number);
		if (bus_line_parse(text, &line) < 0)
			continue;
		say_case(text);
		assert_int_equal(line.kind, BUS_BROADCOM);
		assert_in_range(line.offset, 0, 27);
		assert_false(seen & 1U << line.offset);
		seen |= 1U << line.offset;
		count++;
		bus_line_print(&line, print, sizeof(print));
		assert_true(strlen(print) < BUS_LINE_TEXT - 1); /* not cut short */
		at = strstr(print, back);
		assert_non_null(at);
		assert_int_equal(strtoul(at + strlen(back), NULL, 10), number);
	}
	assert_int_equal(seen, (1U << 28) - 1);
	assert_int_equal(count, 28);
}

static void test_countings_are_bijections(void **state)
{
	(void)state;
	check_counting("GPIO", "GPIO");
	check_counting("pin:", "header pin ");
	check_counting("wiringpi:", "wiringPi ");
}

static void test_supply_pins_are_refused(void **state)
{
	(void)state;
	for (unsigned pin = 1; pin <= 40; pin++) {
		struct bus_line line;
		char text[16];

		snprintf(text, sizeof(text), "pin:%u", pin);
		say_case(text);
		assert_int_equal(bus_line_parse(text, &line), is_supply(pin) ? -EINVAL : 0);
	}
}

static void test_print_is_cut_to_size(void **state)
{
	struct bus_line line = { BUS_BROADCOM, 0, 26 };
	char buf[8] = "xxxxxxx";

	(void)state;
	assert_string_equal(bus_line_print(&line, buf, 5), "GPIO");
	assert_memory_equal(buf + 5, "xx", 3);
}

/* A directory that stands in for the root of a machine. */
struct machine {
	char root[64];
};

static void path_in(const struct machine *m, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", m->root, name);
}

static void make_dir(const struct machine *m, const char *name)
{
	char path[PATH_MAX];

	path_in(m, name, path);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void make_file(const struct machine *m, const char *name, const void *octets, size_t len)
{
	char path[PATH_MAX];
	FILE *f;

	path_in(m, name, path);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(octets, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

#define HAT_DIR  "sys/firmware/devicetree/base/hat"
#define HAT_FILE "sys/firmware/devicetree/base/hat/product"

static int set_up_machine(void **state)
{
	static const char *const dirs[] = { "dev",
		                            "sys",
		                            "sys/firmware",
		                            "sys/firmware/devicetree",
		                            "sys/firmware/devicetree/base",
		                            HAT_DIR };
	struct machine *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	snprintf(m->root, sizeof(m->root), "/tmp/test-bus-XXXXXX");
	assert_non_null(mkdtemp(m->root));
	assert_int_equal(chmod(m->root, 0755), 0);
	for (size_t i = 0; i < COUNT(dirs); i++)
		make_dir(m, dirs[i]);
	*state = m;
	return 0;
}

static int tear_down_machine(void **state)
{
	static const char *const names[] = { "dev/gpiochip0",
		                             "dev/gpiochip1",
		                             "locked",
		                             HAT_FILE,
		                             HAT_DIR,
		                             "sys/firmware/devicetree/base",
		                             "sys/firmware/devicetree",
		                             "sys/firmware",
		                             "sys",
		                             "dev",
		                             "" };
	struct machine *m = *state;
	char path[PATH_MAX];

	for (size_t i = 0; i < COUNT(names); i++) {
		path_in(m, names[i], path);
		(void)remove(path); /* some are there in some tests only */
	}
	free(m);
	return 0;
}

#define LONG "M-Bus Master with a name that is longer than the room for it"

/* clang-format off */
static const struct {
	const char *name;
	const char *octets;
	size_t len;
	bool found;
	const char *product;
} hats[] = {
	{ "as the device tree has it",   "M-Bus Master\0",         13, true,  "M-Bus Master" },
	{ "its larger sister",           "M-Bus Master DS\0",      16, true,  "M-Bus Master DS" },
	{ "without the NUL",             "M-Bus Master",           12, true,  "M-Bus Master" },
	{ "octets behind the NUL",       "M-Bus Master\0rubbish",  20, true,  "M-Bus Master" },
	{ "longer than the room",        LONG,       sizeof(LONG) - 1, true,
	  "M-Bus Master with a name that is longer than th" },
	{ "not printable",               "M-Bus Master\n\033\377", 15, true,  "M-Bus Master???" },
	{ "another hat",                 "Sense HAT\0",            10, false, "Sense HAT" },
	{ "the name cut short",          "M-Bus Maste\0",          12, false, "M-Bus Maste" },
	{ "the name further on",         "An M-Bus Master\0",      16, false, "An M-Bus Master" },
	{ "other capitals",              "M-BUS MASTER\0",         13, false, "M-BUS MASTER" },
	{ "empty string",                "\0",                     1,  false, "" },
	{ "empty file",                  "",                       0,  false, "" },
};
/* clang-format on */

static void test_hat(void **state)
{
	const struct machine *m = *state;
	char product[HAT_TEXT];

	memset(product, 'x', sizeof(product));
	assert_false(hat_find(m->root, product)); /* no file: no hat */
	assert_string_equal(product, "");

	for (size_t i = 0; i < COUNT(hats); i++) {
		say_case(hats[i].name);
		make_file(m, HAT_FILE, hats[i].octets, hats[i].len);
		memset(product, 'x', sizeof(product));
		assert_int_equal(hat_find(m->root, product), hats[i].found);
		assert_string_equal(product, hats[i].product);
	}
}

/* Of several hats the one that powers the bus counts, wherever the firmware put it. */
static void test_hats(void **state)
{
	static const char *const more[] = { HAT_DIR "_1", HAT_DIR "_2" };
	struct machine *m = *state;
	char product[HAT_TEXT], path[PATH_MAX], file[64];

	make_file(m, HAT_FILE, "PoE HAT+\0", 9);
	for (size_t i = 0; i < COUNT(more); i++) {
		make_dir(m, more[i]);
		snprintf(file, sizeof(file), "%s/product", more[i]);
		make_file(m, file, i == 1 ? "M-Bus Master\0" : "Fan HAT+\0xxx", 13);
		assert_int_equal(hat_find(m->root, product), i == 1);
		assert_string_equal(product, i == 1 ? "M-Bus Master" : "PoE HAT+");
	}
	for (size_t i = 0; i < COUNT(more); i++) {
		snprintf(file, sizeof(file), "%s/product", more[i]);
		path_in(m, file, path);
		assert_int_equal(remove(path), 0);
		path_in(m, more[i], path);
		assert_int_equal(remove(path), 0);
	}
}

/* What bus_open_below() wrote to standard error, and its result. */
static int open_and_listen(const struct machine *m, const char *text, bool header_uart,
                           struct bus *bus, char *said, size_t size)
{
	struct bus_settings settings = { .active_low = false };
	int before = dup(STDERR_FILENO);
	FILE *f = tmpfile();
	size_t len;
	int err;

	assert_true(before >= 0 && f);
	assert_int_equal(bus_line_parse(text, &settings.line), 0);
	memset(bus, 0xA5, sizeof(*bus)); /* bus_open() expects nothing of it */
	fflush(stderr);
	dup2(fileno(f), STDERR_FILENO);
	err = bus_open_below(m->root, bus, &settings, header_uart);
	fflush(stderr);
	dup2(before, STDERR_FILENO);
	close(before);
	rewind(f);
	len = fread(said, 1, size - 1, f);
	said[len] = '\0';
	fclose(f);
	return err;
}

/* One line that begins with start and holds part; nothing at all when start is NULL. */
static void check_said(const char *said, const char *start, const char *part)
{
	say_case(said);
	if (!start) {
		assert_string_equal(said, "");
		return;
	}
	assert_ptr_equal(strstr(said, start), said);
	assert_non_null(strstr(said, part));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
}

#define NOTICE "hanmqttd: notice: bus: "
#define ERROR  "hanmqttd: error: bus: "

/* clang-format off */
static const struct {
	const char *line;
	bool header_uart;
	int err;
	const char *start, *part; /* of the one message */
} without_chip[] = {
	{ "none",         true,  0,       NULL,   NULL },
	{ "none",         false, 0,       NULL,   NULL },
	{ "auto",         true,  0,       NOTICE, "no Raspberry Pi header" },
	{ "auto",         false, 0,       NOTICE, "no Raspberry Pi header" },
	{ "GPIO25",       true,  -ENODEV, ERROR,  "GPIO25 (header pin 22, wiringPi 6) is not here" },
	{ "GPIO25",       false, -ENODEV, ERROR,  "a line named \"GPIO25\"" },
	{ "wiringpi:25",  true,  -ENODEV, ERROR,  "GPIO26 (header pin 37, wiringPi 25) is not here" },
	{ "pin:37",       true,  -ENODEV, ERROR,  "pinctrl-bcm2835, pinctrl-bcm2711 or pinctrl-rp1" },
	{ "gpiochip0:17", true,  -ENODEV, ERROR,  "gpiochip0:17 is not here: no chip /tmp/test-bus-" },
	{ "gpiochip9:17", false, -ENODEV, ERROR,  "/dev/gpiochip9" },
};
/* clang-format on */

static void check_without_chip(const struct machine *m)
{
	for (size_t i = 0; i < COUNT(without_chip); i++) {
		char said[1024];
		struct bus bus;

		say_case(without_chip[i].line);
		assert_int_equal(open_and_listen(m, without_chip[i].line,
		                                 without_chip[i].header_uart, &bus, said,
		                                 sizeof(said)),
		                 without_chip[i].err);
		assert_false(bus.held);
		assert_false(bus.on);
		assert_int_equal(bus.line.kind, BUS_NONE);
		check_said(said, without_chip[i].start, without_chip[i].part);
		bus_close(&bus);
		bus_close(&bus);
	}
}

static void test_machine_without_chips(void **state)
{
	check_without_chip(*state);
}

/* A name that promises a chip is not yet one. */
static void test_files_that_are_no_chips(void **state)
{
	make_file(*state, "dev/gpiochip0", "x", 1);
	make_dir(*state, "dev/gpiochip1");
	check_without_chip(*state);
}

/* A hat on a machine whose chip cannot be found changes nothing. */
static void test_hat_without_chip(void **state)
{
	make_file(*state, HAT_FILE, "M-Bus Master\0", 13);
	check_without_chip(*state);
}

/* clang-format off */
static const struct {
	const char *line;
	bool header_uart;
	int err;
	const char *start, *part;
} without_permission[] = {
	{ "none",         true,  0,       NULL,                          NULL },
	{ "auto",         true,  0,       "hanmqttd: warning: bus: ",    "and the daemon's user to that group; reading on" },
	{ "auto",         false, 0,       "hanmqttd: info: bus: ",       "no meter is on the header's UART" },
	{ "GPIO25",       true,  -EACCES, ERROR,                         "/dev/gpiochip0: it must belong to the group gpio" },
	{ "gpiochip0:17", true,  -EACCES, ERROR,                         "/dev/gpiochip0: it must belong to the group gpio" },
	{ "gpiochip1:17", true,  -ENODEV, ERROR,                         "no chip /tmp/test-bus-" },
};
/* clang-format on */

/* The device is a link into a directory that nobody may search. */
static void test_no_permission(void **state)
{
	const struct machine *m = *state;
	char target[PATH_MAX], link[PATH_MAX], locked[PATH_MAX];
	bool root = geteuid() == 0;
	int results[COUNT(without_permission)] = { 0 };
	char said[COUNT(without_permission)][1024];
	bool locks;

	make_dir(m, "locked");
	path_in(m, "locked", locked);
	path_in(m, "locked/gpiochip0", target);
	path_in(m, "dev/gpiochip0", link);
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(chmod(locked, 0), 0);
	if (root)
		assert_int_equal(seteuid(65534), 0); /* nobody; root passes every lock */
	locks = open(link, O_RDWR | O_CLOEXEC) < 0 && errno == EACCES;
	for (size_t i = 0; locks && i < COUNT(without_permission); i++) {
		struct bus bus;

		results[i] = open_and_listen(m, without_permission[i].line,
		                             without_permission[i].header_uart, &bus, said[i],
		                             sizeof(said[i]));
		bus_close(&bus);
	}
	if (root)
		assert_int_equal(seteuid(0), 0);
	if (!locks) {
		print_message("# permissions do not bind this user\n");
		skip();
	}
	for (size_t i = 0; i < COUNT(without_permission); i++) {
		say_case(without_permission[i].line);
		assert_int_equal(results[i], without_permission[i].err);
		check_said(said[i], without_permission[i].start, without_permission[i].part);
	}
}

static void test_close_zeroed(void **state)
{
	struct bus bus = { 0 };

	(void)state;
	bus_close(&bus);
	assert_false(bus.held);
}

#define machine_test(function) \
	cmocka_unit_test_setup_teardown(function, set_up_machine, tear_down_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_accepted),
		cmocka_unit_test(test_parse_refused),
		cmocka_unit_test(test_countings_are_bijections),
		cmocka_unit_test(test_supply_pins_are_refused),
		cmocka_unit_test(test_print_is_cut_to_size),
		machine_test(test_hat),
		machine_test(test_hats),
		machine_test(test_machine_without_chips),
		machine_test(test_files_that_are_no_chips),
		machine_test(test_hat_without_chip),
		machine_test(test_no_permission),
		cmocka_unit_test(test_close_zeroed),
	};

	unsetenv("JOURNAL_STREAM"); /* messages are read from standard error */
	log_init("hanmqttd");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
