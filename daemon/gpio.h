/* One gpiochip and one output line of it, over libgpiod.
 *
 * gpio-v1.c speaks to libgpiod 1.6, gpio-v2.c to 2.x; exactly one of them is compiled. Owns the two
 * handles. Refuses to know which chip and which line are meant, and logs nothing: bus.c does that.
 * 0 or a negative errno throughout.
 */
#ifndef GPIO_H
#define GPIO_H

#include <stdbool.h>

#define GPIO_TEXT 32 /* the kernel's GPIO_MAX_NAME_SIZE, NUL included */

struct gpiod_chip;

struct gpio {
	struct gpiod_chip *chip; /* NULL: not open */
	void *held;              /* the library's handle of the line; NULL: none is held */
	unsigned offset;         /* of the line that is held */
	unsigned count;          /* how many lines the chip has */
	char label[GPIO_TEXT];   /* as its driver calls it, "pinctrl-bcm2711" */
};

/* Opens the chip behind a device (or a link to one). -ENOENT: there is no such file; -EACCES: it
 * may not be opened; -ENOTTY, -ENODEV: it is no gpiochip. */
int gpio_open(struct gpio *gpio, const char *path);

/* Releases the line without driving it, and the chip; accepts a zeroed or half-opened one. */
void gpio_close(struct gpio *gpio);

/* The offset of the first line of that name; -ENOENT when the chip has none. */
int gpio_find_line(struct gpio *gpio, const char *name, unsigned *offset);

/* Who holds a line: the holder's own word for itself, "" when it is free or held without one. */
int gpio_read_consumer(struct gpio *gpio, unsigned offset, char consumer[GPIO_TEXT]);

/* Takes a line as an output that is on (active) from its first moment. -EBUSY: it is in use. */
int gpio_hold_on(struct gpio *gpio, unsigned offset, bool active_low, const char *consumer);

/* Drives the line that is held: on is active, whichever level that is. */
int gpio_set(struct gpio *gpio, bool on);

#endif
