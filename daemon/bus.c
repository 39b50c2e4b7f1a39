#include "bus.h"

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "hat.h"
#include "log.h"

#define CONSUMER   "hanmqttd"
#define CHIPS      256 /* the kernel's GPIO_DEV_MAX: gpiochip0 to gpiochip255 */
#define OFFSET_MAX 65535
#define PATH_TEXT  256
#define HAT_LINE   26
#define OTHER_LINE 25 /* what is tried without a hat */
#define MIX_UP     "the hat's power line is GPIO26, which wiringPi counts as 25"

enum counting { PIN, WIRINGPI };

/* Row: Broadcom number; columns: header pin, wiringPi. The 12 pins that are missing here carry
 * power or ground; wiringPi 17 to 20 were on a small connector beside the header of 2012. */
/* clang-format off */
static const uint8_t header[][2] = {
	[0]  = { 27, 30 }, [1]  = { 28, 31 }, [2]  = {  3,  8 }, [3]  = {  5,  9 },
	[4]  = {  7,  7 }, [5]  = { 29, 21 }, [6]  = { 31, 22 }, [7]  = { 26, 11 },
	[8]  = { 24, 10 }, [9]  = { 21, 13 }, [10] = { 19, 12 }, [11] = { 23, 14 },
	[12] = { 32, 26 }, [13] = { 33, 23 }, [14] = {  8, 15 }, [15] = { 10, 16 },
	[16] = { 36, 27 }, [17] = { 11,  0 }, [18] = { 12,  1 }, [19] = { 35, 24 },
	[20] = { 38, 28 }, [21] = { 40, 29 }, [22] = { 15,  3 }, [23] = { 16,  4 },
	[24] = { 18,  5 }, [25] = { 22,  6 }, [26] = { 37, 25 }, [27] = { 13,  2 },
};
/* clang-format on */

#define HEADER_COUNT (sizeof(header) / sizeof(header[0]))

/* The chip behind the header: Raspberry Pi 1 to 3 and Zero, 4, 5. */
static const char *const header_labels[] = { "pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1" };

#define HEADER_LABELS "pinctrl-bcm2835, pinctrl-bcm2711 or pinctrl-rp1"

/* Reads a decimal number of at most max, without sign or leading zero; returns the rest or NULL. */
static const char *take_number(const char *text, unsigned max, unsigned *number)
{
	const char *pos = text;
	unsigned n = 0;

	while (*pos >= '0' && *pos <= '9' && n <= max) /* max * 10 + 9 is far from UINT_MAX */
		n = n * 10 + (unsigned)(*pos++ - '0');
	if (pos == text || n > max || (*text == '0' && pos - text > 1))
		return NULL;
	*number = n;
	return pos;
}

/* The number that makes up the rest of text behind prefix. */
static bool read_number(const char *text, const char *prefix, unsigned max, unsigned *number)
{
	size_t len = strlen(prefix);
	const char *rest;

	if (strncmp(text, prefix, len) != 0)
		return false;
	rest = take_number(text + len, max, number);
	return rest && *rest == '\0';
}

static bool read_chip_offset(const char *text, unsigned *chip, unsigned *offset)
{
	const char *prefix = "gpiochip";
	const char *rest;

	if (strncmp(text, prefix, strlen(prefix)) != 0)
		return false;
	rest = take_number(text + strlen(prefix), CHIPS - 1, chip);
	return rest && read_number(rest, ":", OFFSET_MAX, offset);
}

static bool find_broadcom(enum counting counting, unsigned number, unsigned *broadcom)
{
	for (unsigned i = 0; i < HEADER_COUNT; i++) {
		if (header[i][counting] == number) {
			*broadcom = i;
			return true;
		}
	}
	return false;
}

int bus_line_parse(const char *text, struct bus_line *line)
{
	unsigned number, offset;

	if (strcmp(text, "none") == 0)
		*line = (struct bus_line){ .kind = BUS_NONE };
	else if (strcmp(text, "auto") == 0)
		*line = (struct bus_line){ .kind = BUS_AUTO };
	else if (read_number(text, "GPIO", HEADER_COUNT - 1, &offset) ||
	         (read_number(text, "pin:", UINT8_MAX, &number) &&
	          find_broadcom(PIN, number, &offset)) ||
	         (read_number(text, "wiringpi:", UINT8_MAX, &number) &&
	          find_broadcom(WIRINGPI, number, &offset)))
		*line = (struct bus_line){ .kind = BUS_BROADCOM, .offset = offset };
	else if (read_chip_offset(text, &number, &offset))
		*line = (struct bus_line){ BUS_CHIP, number, offset };
	else
		return -EINVAL;
	return 0;
}

char *bus_line_print(const struct bus_line *line, char *buf, size_t size)
{
	switch (line->kind) {
	case BUS_NONE:
		snprintf(buf, size, "none");
		break;
	case BUS_AUTO:
		snprintf(buf, size, "auto");
		break;
	case BUS_BROADCOM:
		assert(line->offset < HEADER_COUNT);
		snprintf(buf, size, "GPIO%u (header pin %u, wiringPi %u)", line->offset,
		         header[line->offset][PIN], header[line->offset][WIRINGPI]);
		break;
	case BUS_CHIP:
		snprintf(buf, size, "gpiochip%u:%u", line->chip, line->offset);
		break;
	}
	return buf;
}

static int open_chip(const char *root, unsigned number, struct gpio *gpio)
{
	char path[PATH_TEXT];

	snprintf(path, sizeof(path), "%s/dev/gpiochip%u", root, number);
	return gpio_open(gpio, path);
}

static bool is_header_chip(const struct gpio *gpio)
{
	for (size_t i = 0; i < sizeof(header_labels) / sizeof(header_labels[0]); i++) {
		if (strcmp(gpio->label, header_labels[i]) == 0)
			return true;
	}
	return false;
}

static bool on_header_chip(struct gpio *gpio, unsigned broadcom, unsigned *offset)
{
	*offset = broadcom;
	return is_header_chip(gpio) && broadcom < gpio->count;
}

static bool has_line_of_name(struct gpio *gpio, unsigned broadcom, unsigned *offset)
{
	char name[sizeof("GPIO4294967295")];

	snprintf(name, sizeof(name), "GPIO%u", broadcom);
	return gpio_find_line(gpio, name, offset) == 0;
}

/* Where a line was found: device and offset. */
struct place {
	unsigned chip;
	unsigned offset;
};

/* Opens the first chip that has the line. -ENODEV: none has. -EACCES: none of those that may be
 * opened has, and place->chip may not be. */
static int search_chips(const char *root, unsigned broadcom,
                        bool (*has)(struct gpio *gpio, unsigned broadcom, unsigned *offset),
                        struct gpio *gpio, struct place *place)
{
	int result = -ENODEV;

	for (unsigned i = 0; i < CHIPS; i++) {
		int err = open_chip(root, i, gpio);

		if ((err == -EACCES || err == -EPERM) && result == -ENODEV) {
			result = -EACCES;
			place->chip = i;
		}
		if (err < 0)
			continue;
		if (has(gpio, broadcom, &place->offset)) {
			place->chip = i;
			return 0;
		}
		gpio_close(gpio);
	}
	return result;
}

/* Opens the chip that a named line is on; the errors of search_chips(). A chip that is open after
 * -ENODEV is the right one, but has fewer lines. */
static int find_named(const char *root, const struct bus_line *line, struct gpio *gpio,
                      struct place *place)
{
	int err;

	if (line->kind == BUS_BROADCOM) {
		err = search_chips(root, line->offset, on_header_chip, gpio, place);
		if (err < 0)
			err = search_chips(root, line->offset, has_line_of_name, gpio, place);
		return err;
	}
	*place = (struct place){ line->chip, line->offset };
	err = open_chip(root, line->chip, gpio);
	if (err == -EACCES || err == -EPERM)
		return -EACCES;
	return err < 0 || line->offset >= gpio->count ? -ENODEV : 0;
}

static void log_not_found(int level, const char *root, const struct bus_line *line,
                          const struct gpio *gpio, const char *then)
{
	char name[BUS_LINE_TEXT];

	bus_line_print(line, name, sizeof(name));
	if (line->kind == BUS_BROADCOM)
		log_write(level, NULL,
		          "bus: %s is not here: none of %s/dev/gpiochip* is labelled " HEADER_LABELS
		          " or has a line named \"GPIO%u\"%s",
		          name, root, line->offset, then);
	else if (gpio->chip)
		log_write(level, NULL, "bus: %s is not here: %s/dev/gpiochip%u (%s) has %u lines%s",
		          name, root, line->chip, gpio->label, gpio->count, then);
	else
		log_write(level, NULL, "bus: %s is not here: no chip %s/dev/gpiochip%u%s", name,
		          root, line->chip, then);
}

static void log_not_held(int level, const struct bus_line *line, struct gpio *gpio, unsigned offset,
                         int err, const char *then)
{
	char name[BUS_LINE_TEXT], consumer[GPIO_TEXT];

	bus_line_print(line, name, sizeof(name));
	if (err != -EBUSY)
		log_write(level, NULL, "bus: cannot drive %s of %s: %s%s", name, gpio->label,
		          strerror(-err), then);
	else if (gpio_read_consumer(gpio, offset, consumer) < 0 || consumer[0] == '\0')
		log_write(level, NULL, "bus: %s of %s is in use, its holder gives no name%s", name,
		          gpio->label, then);
	else
		log_write(level, NULL, "bus: %s of %s is held by \"%s\", stop that first%s", name,
		          gpio->label, consumer, then);
}

/* Takes the line that was looked for with result err, or says why not and lets go of the chip. */
static int take(const char *root, struct bus *bus, const struct bus_settings *settings,
                const struct bus_line *line, const struct place *place, int err)
{
	bool automatic = settings->line.kind == BUS_AUTO;
	int level = automatic ? LOG_WARNING : LOG_ERR;
	const char *then = automatic ? "; reading on, the bus is not powered"
	                             : "; to do without bus power: [power] line = none";

	if (err == -EACCES) {
		log_write(level, NULL,
		          "bus: no permission to open %s/dev/gpiochip%u: it must belong to the "
		          "group gpio, and the daemon's user to that group%s",
		          root, place->chip, then);
	} else if (err < 0) {
		log_not_found(level, root, line, &bus->gpio, then);
	} else {
		err = gpio_hold_on(&bus->gpio, place->offset, settings->active_low, CONSUMER);
		if (err == 0) {
			bus->held = true;
			bus->on = true;
			bus->line = *line;
			return 0;
		}
		log_not_held(level, line, &bus->gpio, place->offset, err, then);
	}
	gpio_close(&bus->gpio);
	return err;
}

static int open_auto(const char *root, struct bus *bus, const struct bus_settings *settings,
                     bool header_uart)
{
	struct bus_line line = { .kind = BUS_BROADCOM };
	char name[BUS_LINE_TEXT], product[HAT_TEXT];
	bool hat = hat_find(root, product);
	struct place place;
	int err;

	line.offset = hat ? HAT_LINE : OTHER_LINE;
	err = search_chips(root, line.offset, on_header_chip, &bus->gpio, &place);
	if (err == -ENODEV) {
		log_notice("bus: no Raspberry Pi header here (a chip labelled " HEADER_LABELS
		           "): no line is held, the bus is not powered");
		return 0;
	}
	if (!header_uart) {
		gpio_close(&bus->gpio);
		log_info("bus: no meter is on the header's UART: no line is held");
		return 0;
	}
	if (take(root, bus, settings, &line, &place, err) < 0)
		return 0; /* a machine may well use that line for something else */

	bus_line_print(&line, name, sizeof(name));
	if (hat)
		log_info("bus: powering the bus through %s of %s, because an \"%s\" hat is fitted",
		         name, bus->gpio.label, product);
	else
		log_notice("bus: powering the bus through %s of %s, because no " HAT_MASTER
		           " hat was found; if one is fitted, set [power] line = GPIO26: " MIX_UP,
		           name, bus->gpio.label);
	return 0;
}

static int open_named(const char *root, struct bus *bus, const struct bus_settings *settings)
{
	struct bus_line line = settings->line;
	char name[BUS_LINE_TEXT], product[HAT_TEXT];
	struct place place;
	int err = find_named(root, &line, &bus->gpio, &place);

	/* A line of the header has its three numbers however it was named. */
	if (err == 0 && is_header_chip(&bus->gpio) && place.offset < HEADER_COUNT)
		line = (struct bus_line){ .kind = BUS_BROADCOM, .offset = place.offset };
	err = take(root, bus, settings, &line, &place, err);
	if (err < 0)
		return err;

	bus_line_print(&line, name, sizeof(name));
	if (hat_find(root, product) && line.kind == BUS_BROADCOM && line.offset == OTHER_LINE)
		log_warning("bus: powering the bus through %s of %s as configured, but an \"%s\" "
		            "hat is fitted: " MIX_UP,
		            name, bus->gpio.label, product);
	else
		log_info("bus: powering the bus through %s of %s", name, bus->gpio.label);
	return 0;
}

int bus_open_below(const char *root, struct bus *bus, const struct bus_settings *settings,
                   bool header_uart)
{
	*bus = (struct bus){ 0 };
	if (settings->line.kind == BUS_NONE)
		return 0;
	if (settings->line.kind == BUS_AUTO)
		return open_auto(root, bus, settings, header_uart);
	return open_named(root, bus, settings);
}

int bus_open(struct bus *bus, const struct bus_settings *settings, bool header_uart)
{
	return bus_open_below("", bus, settings, header_uart);
}

void bus_close(struct bus *bus)
{
	int err = bus->held ? bus_set(bus, false) : 0;

	if (err < 0)
		log_warning("bus: cannot drive the line inactive, releasing it as it is: %s",
		            strerror(-err));
	gpio_close(&bus->gpio);
	*bus = (struct bus){ 0 };
}

int bus_set(struct bus *bus, bool on)
{
	int err;

	assert(bus->held);
	err = gpio_set(&bus->gpio, on);
	if (err == 0)
		bus->on = on;
	return err;
}
