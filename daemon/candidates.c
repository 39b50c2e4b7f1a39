#include "candidates.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "below.h"
#include "occupied.h"

#define DEBUG_UART "ttyAMA10"

/* ---- names ---- */

static bool is_raspberry_pi(const char *root)
{
	char path[PATH_MAX], model[64];

	below_read_line(below(path, root, "/sys/firmware/devicetree/base/model"), model,
	                sizeof(model));
	return strncmp(model, "Raspberry Pi", strlen("Raspberry Pi")) == 0;
}

/* The name of the device that a link leads to, or of the path itself. */
static const char *name_of(const char *path, char target[PATH_MAX])
{
	ssize_t n = readlink(path, target, PATH_MAX - 1);

	if (n < 0)
		return basename(path);
	target[n] = '\0';
	return basename(target);
}

static bool is_header_name(const char *root, const char *name)
{
	size_t len = strlen("ttyAMA");

	/* the mini UART: the second one to a kernel that keeps the first for another chip */
	if (strcmp(name, "ttyS0") == 0 || strcmp(name, "ttyS1") == 0)
		return is_raspberry_pi(root);
	return strncmp(name, "ttyAMA", len) == 0 && name[len] >= '0' && name[len] <= '5' &&
	       !name[len + 1];
}

bool candidates_is_header(const char *root, const char *device)
{
	char real[PATH_MAX];
	const char *name;

	if (!device)
		return true;
	name = realpath(device, real) ? basename(real) : name_of(device, real);
	return is_header_name(root, name) || strcmp(name, "serial0") == 0;
}

/* ---- what there is ---- */

static bool is_taken(const char *path, const char *const *taken, size_t count)
{
	char real[PATH_MAX], other[PATH_MAX];

	if (!realpath(path, real))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (taken[i] && realpath(taken[i], other) && strcmp(real, other) == 0)
			return true;
	}
	return false;
}

static enum refusal refusal_of(const char *root, const char *name)
{
	if (occupied_by_console(root, name))
		return REFUSAL_CONSOLE;
	if (occupied_by_getty(root, name))
		return REFUSAL_GETTY;
	if (occupied_by_bluetooth(root, name))
		return REFUSAL_BLUETOOTH;
	if (occupied_by_lock(root, name))
		return REFUSAL_LOCKED;
	return REFUSAL_NONE;
}

/* What is more than there is room for is left out. */
static void add(struct candidates *found, const char *path, const char *name, enum refusal refusal)
{
	struct candidate *c = &found->at[found->count];

	if (found->count == sizeof(found->at) / sizeof(found->at[0]) ||
	    strlen(path) >= sizeof(c->path) || strlen(name) >= sizeof(c->name))
		return;
	snprintf(c->path, sizeof(c->path), "%s", path);
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->refusal = refusal;
	found->count++;
}

/* Kernels have names for ports of the 8250 kind that are not there; their type is 0. */
static bool has_hardware(const char *root, const char *name)
{
	char path[PATH_MAX], type[16];

	below_read_line(below(path, root, "/sys/class/tty/%s/type", name), type, sizeof(type));
	return strcmp(type, "0") != 0;
}

static void add_header(const char *root, const char *name, const char *const *taken, size_t count,
                       struct candidates *found)
{
	char path[PATH_MAX];

	below(path, root, "/dev/%s", name);
	for (size_t i = 0; i < found->count; i++) {
		if (strcmp(found->at[i].name, name) == 0)
			return;
	}
	if (access(path, F_OK) == 0 && has_hardware(root, name) && !is_taken(path, taken, count))
		add(found, path, name, refusal_of(root, name));
}

static void find_header(const char *root, const char *const *taken, size_t count,
                        struct candidates *found)
{
	static const char *const names[] = { "ttyAMA0", "ttyAMA1", "ttyAMA2", "ttyAMA3",
		                             "ttyAMA4", "ttyAMA5", "ttyS0",   "ttyS1" };
	char path[PATH_MAX], target[PATH_MAX];
	const char *first;

	first = name_of(below(path, root, "/dev/serial0"), target);
	if (is_header_name(root, first))
		add_header(root, first, taken, count, found);
	else if (strcmp(first, DEBUG_UART) == 0 && access(path, F_OK) == 0)
		add(found, path, DEBUG_UART, REFUSAL_DEBUG);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (is_header_name(root, names[i]))
			add_header(root, names[i], taken, count, found);
	}
}

/* The adapter's name that stays when its number changes, else its number. */
static void name_by_id(const char *root, const char *name, char path[PATH_MAX])
{
	char pattern[PATH_MAX], target[PATH_MAX];
	glob_t links = { 0 };

	below(path, root, "/dev/%s", name);
	if (glob(below(pattern, root, "/dev/serial/by-id/*"), 0, NULL, &links) == 0) {
		for (size_t i = 0; i < links.gl_pathc; i++) {
			if (strcmp(name_of(links.gl_pathv[i], target), name) != 0 ||
			    strlen(links.gl_pathv[i]) >= CANDIDATE_PATH)
				continue;
			snprintf(path, PATH_MAX, "%s", links.gl_pathv[i]);
			break;
		}
	}
	globfree(&links);
}

/* Which of several is the meter's nobody can know, and the others may mind being listened to: a radio that
 * another program is about to open. */
static void find_adapters(const char *root, const char *const *taken, size_t count,
                          struct candidates *found)
{
	size_t before = found->count;
	char pattern[PATH_MAX], path[PATH_MAX];
	glob_t ports = { 0 };

	glob(below(pattern, root, "/dev/ttyUSB*"), 0, NULL, &ports);
	glob(below(pattern, root, "/dev/ttyACM*"), GLOB_APPEND, NULL, &ports);
	for (size_t i = 0; i < ports.gl_pathc; i++) {
		const char *name = basename(ports.gl_pathv[i]);

		if (is_taken(ports.gl_pathv[i], taken, count))
			continue;
		name_by_id(root, name, path);
		add(found, path, name, refusal_of(root, name));
	}
	globfree(&ports);
	for (size_t i = before; i < found->count && found->count - before > 1; i++) {
		if (found->at[i].refusal == REFUSAL_NONE)
			found->at[i].refusal = REFUSAL_SEVERAL;
	}
}

/* Those to be listened on come first, in the order they have. */
static void sort(struct candidates *found)
{
	for (size_t i = 0; i < found->count; i++) {
		struct candidate c = found->at[i];

		if (c.refusal != REFUSAL_NONE)
			continue;
		memmove(&found->at[found->usable + 1], &found->at[found->usable],
		        (i - found->usable) * sizeof(c));
		found->at[found->usable++] = c;
	}
}

void candidates_find(const char *root, const char *const *taken, size_t taken_count,
                     struct candidates *found)
{
	*found = (struct candidates){ .count = 0 };
	find_header(root, taken, taken_count, found);
	find_adapters(root, taken, taken_count, found);
	sort(found);
}

/* ---- for people ---- */

/* What stands behind the name, and with a rest also behind what has to be named there. */
static const struct refusal_row {
	const char *text;
	const char *rest;
} refusals[] = {
	[REFUSAL_CONSOLE] = { "is a serial console: on a Raspberry Pi switch it off with raspi-config "
	                      "(Interface Options, Serial Port: no login shell, but the port), "
	                      "elsewhere remove console=",
	                      " from the kernel's command line, then reboot" },
	[REFUSAL_GETTY] = { "has a login prompt: `systemctl disable --now serial-getty@",
	                    "` takes it away" },
	[REFUSAL_BLUETOOTH] = { "leads to the Bluetooth radio: dtoverlay=disable-bt in config.txt "
	                        "gives it to the header",
	                        NULL },
	[REFUSAL_LOCKED] = { "is in use by another program: /run/lock/LCK..", " says so" },
	[REFUSAL_DEBUG] = { "is the connector for debugging, not the header: dtparam=uart0=on in "
	                    "config.txt switches the header's UART on",
	                    NULL },
	[REFUSAL_SEVERAL] = { "is one of several USB adapters: set device to the meter's, ",
	                      " if it is this" },
};

char *candidate_refusal(const struct candidate *candidate, char buf[REFUSAL_TEXT])
{
	const struct refusal_row *row = &refusals[candidate->refusal];
	const char *named =
		candidate->refusal == REFUSAL_SEVERAL ? candidate->path : candidate->name;

	buf[0] = '\0';
	if (row->text)
		snprintf(buf, REFUSAL_TEXT, "%s %s%s%s", candidate->name, row->text,
		         row->rest ? named : "", row->rest ? row->rest : "");
	return buf;
}

char *candidates_refusals(const struct candidates *found, char *buf, size_t size)
{
	char text[REFUSAL_TEXT];
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = found->usable; i < found->count && n < size; i++) {
		candidate_refusal(&found->at[i], text);
		text[strcspn(text, ":")] = '\0';
		n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? ", " : "", text);
	}
	return buf;
}
