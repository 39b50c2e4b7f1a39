#include "occupied.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utmpx.h>

#include "below.h"

/* ---- the kernel's messages ---- */

bool occupied_by_console(const char *root, const char *name)
{
	char path[PATH_MAX], line[512];
	char *rest = line;

	below_read_line(below(path, root, "/sys/class/tty/console/active"), line, sizeof(line));
	for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " ")) {
		if (strcmp(word, name) == 0)
			return true;
	}
	below_read_line(below(path, root, "/sys/class/tty/%s/console", name), line, sizeof(line));
	return line[0] == 'Y';
}

/* ---- logins ---- */

static const char *const units[] = { "serial-getty", "getty" };

/* A masked unit is a link to /dev/null, and does not start whatever wants it. */
static bool is_masked(const char *root, const char *unit, const char *name)
{
	static const char *const places[] = { "/etc/systemd/system", "/run/systemd/system" };
	char path[PATH_MAX], target[16];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		ssize_t n = readlink(below(path, root, "%s/%s@%s.service", places[i], unit, name),
		                     target, sizeof(target));

		if (n == (ssize_t)strlen("/dev/null") &&
		    memcmp(target, "/dev/null", (size_t)n) == 0)
			return true;
	}
	return false;
}

/* A link need not lead to where its unit is on this machine: the name counts. */
static bool link_exists(const char *path)
{
	return access(path, F_OK) == 0 || readlink(path, (char[1]){ 0 }, 1) >= 0;
}

static bool is_wanted(const char *root, const char *unit, const char *name)
{
	static const char *const places[] = {
		"/etc/systemd/system/getty.target.wants",
		"/etc/systemd/system/multi-user.target.wants",
		"/run/systemd/generator/getty.target.wants",
		"/run/systemd/generator.late/getty.target.wants",
		"/run/systemd/system/getty.target.wants",
		"/usr/lib/systemd/system/getty.target.wants",
	};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (link_exists(below(path, root, "%s/%s@%s.service", places[i], unit, name)))
			return true;
	}
	return false;
}

/* A service that runs has a control group of that name, whoever started it. */
static bool is_running(const char *root, const char *unit, const char *name)
{
	const char *slice = strcmp(unit, "getty") == 0 ? "getty" : "serial\\x2dgetty";
	char path[PATH_MAX];

	return access(below(path, root, "/sys/fs/cgroup/system.slice/system-%s.slice/%s@%s.service",
	                    slice, unit, name),
	              F_OK) == 0;
}

/* Logins that systemd did not start. A program that has ended is no longer one. */
static bool is_in_utmp(const char *root, const char *name)
{
	char path[PATH_MAX];
	FILE *f = fopen(below(path, root, "/run/utmp"), "re");
	struct utmpx entry;
	bool found = false;

	if (!f)
		return false;
	while (!found && fread(&entry, sizeof(entry), 1, f) == 1)
		found = (entry.ut_type == LOGIN_PROCESS || entry.ut_type == USER_PROCESS) &&
		        strncmp(entry.ut_line, name, sizeof(entry.ut_line)) == 0 &&
		        (kill(entry.ut_pid, 0) == 0 || errno != ESRCH);
	fclose(f);
	return found;
}

bool occupied_by_getty(const char *root, const char *name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (is_running(root, units[i], name) ||
		    (is_wanted(root, units[i], name) && !is_masked(root, units[i], name)))
			return true;
	}
	return is_in_utmp(root, name);
}

/* ---- Bluetooth, locks ---- */

/* The device tree has the radio below the UART, unless an overlay took it away; Raspberry Pi OS calls the
 * UART serial1. */
bool occupied_by_bluetooth(const char *root, const char *name)
{
	char path[PATH_MAX], target[PATH_MAX], status[16];
	ssize_t n = readlink(below(path, root, "/dev/serial1"), target, sizeof(target) - 1);

	if (n > 0) {
		target[n] = '\0';
		if (strcmp(basename(target), name) == 0)
			return true;
	}
	below(path, root, "/sys/class/tty/%s/device/of_node/bluetooth", name);
	if (access(path, F_OK) < 0)
		return false;
	below_read_line(
		below(path, root, "/sys/class/tty/%s/device/of_node/bluetooth/status", name),
		status, sizeof(status));
	return strcmp(status, "disabled") != 0;
}

/* A file without a number in it is a program's that writes it otherwise: it counts. */
bool occupied_by_lock(const char *root, const char *name)
{
	char path[PATH_MAX], line[32], *end;
	long pid;

	if (access(below(path, root, "/run/lock/LCK..%s", name), F_OK) < 0)
		return false;
	pid = strtol(below_read_line(path, line, sizeof(line)), &end, 10);
	return end == line || pid <= 0 || pid > INT_MAX || kill((pid_t)pid, 0) == 0 ||
	       errno != ESRCH;
}
