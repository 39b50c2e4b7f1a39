/* The GPIO line that powers the bus: which one it is, held as long as the daemon runs, switched.
 *
 * A Kaifa MA304 in Sweden talks only while the reader feeds its bus: the M-Bus Master hat does that
 * while one line of the Raspberry Pi's header is high. Owns that line and says in the journal which
 * one it took and why. Refuses to know the meters, and the time to wait after switching on.
 */
#ifndef BUS_H
#define BUS_H

#include <stdbool.h>
#include <stddef.h>

#include "gpio.h"

/* A header line has three numbers: Broadcom's (the kernel's, libgpiod's), wiringPi's, and the pin
 * of the 40-pin header. GPIO26 is wiringPi 25 and pin 37; GPIO25 is wiringPi 6 and pin 22. */
enum bus_kind {
	BUS_NONE,
	BUS_AUTO,
	BUS_BROADCOM, /* by its Broadcom number, on the header's chip */
	BUS_CHIP,     /* by device and offset */
};

struct bus_line {
	enum bus_kind kind;
	unsigned chip;   /* BUS_CHIP: N of /dev/gpiochipN, at most 255 */
	unsigned offset; /* BUS_BROADCOM: 0 to 27; BUS_CHIP: at most 65535 */
};

#define BUS_LINE_TEXT 48
#define BUS_LINE_FORMS                                                                        \
	"none, auto, GPIO26 (Broadcom number, 0 to 27), wiringpi:25 (the same line), pin:37 " \
	"(header pin, the same; none for power or ground) or gpiochip0:26"

/* Reads a line in one of BUS_LINE_FORMS: names as they stand there, numbers decimal without sign or
 * leading zeros. A wiringPi number or header pin becomes the Broadcom number. 0, or -EINVAL:
 * another form, no such number, or a pin that carries power or ground. */
int bus_line_parse(const char *text, struct bus_line *line);

/* Writes "GPIO26 (header pin 37, wiringPi 25)", "gpiochip0:26", "auto" or "none"; BUS_LINE_TEXT is
 * always enough. Returns buf. */
char *bus_line_print(const struct bus_line *line, char *buf, size_t size);

struct bus_settings {
	struct bus_line line;
	bool active_low;
};

struct bus {
	struct gpio gpio;
	struct bus_line line; /* what is held; BUS_BROADCOM whenever the header has it */
	bool held;            /* else line is BUS_NONE */
	bool on;              /* as last driven */
};

/* Finds the line, takes it, and powers the bus at once. Chips are known by their label
 * ("pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1") and not by their number, which differs
 * between kernels; a Broadcom number is looked for on such a chip, then as the name of a line, as in
 * "GPIO25", on any.
 *
 * BUS_AUTO takes a line only on such a chip and only with header_uart (a meter is on a header
 * UART): GPIO26 when hat_find() says so, otherwise GPIO25.
 *
 * 0: bus->held says whether a line is held. It is not for BUS_NONE, nor when BUS_AUTO found nothing
 * to hold, which is logged once and no reason to stop. A negative errno, logged with what to do,
 * only for a line that was named: -EBUSY another program has it, -EACCES the device may not be
 * opened, -ENODEV no such chip or line.
 */
int bus_open(struct bus *bus, const struct bus_settings *settings, bool header_uart);

/* The same on the machine below root: root/dev/gpiochip*, root/sys/firmware/devicetree/base. */
int bus_open_below(const char *root, struct bus *bus, const struct bus_settings *settings,
                   bool header_uart);

/* Drives the line inactive, then releases it; accepts a zeroed or half-built one. */
void bus_close(struct bus *bus);

/* Switches the power; only while bus->held. 0 or a negative errno. Not logged: the caller knows why
 * it switches. */
int bus_set(struct bus *bus, bool on);

#endif
