#include "gpio.h"

#include <errno.h>
#include <gpiod.h>
#include <stdio.h>

int gpio_open(struct gpio *gpio, const char *path)
{
	struct gpiod_chip *chip = gpiod_chip_open(path);

	if (!chip)
		return -errno;
	*gpio = (struct gpio){ .chip = chip, .count = gpiod_chip_num_lines(chip) };
	snprintf(gpio->label, sizeof(gpio->label), "%s", gpiod_chip_label(chip));
	return 0;
}

void gpio_close(struct gpio *gpio)
{
	if (gpio->held)
		gpiod_line_release(gpio->held);
	if (gpio->chip)
		gpiod_chip_close(gpio->chip);
	*gpio = (struct gpio){ 0 };
}

int gpio_find_line(struct gpio *gpio, const char *name, unsigned *offset)
{
	struct gpiod_line *line = gpiod_chip_find_line(gpio->chip, name);

	if (!line)
		return -errno;
	*offset = gpiod_line_offset(line);
	return 0;
}

int gpio_read_consumer(struct gpio *gpio, unsigned offset, char consumer[GPIO_TEXT])
{
	struct gpiod_line *line = gpiod_chip_get_line(gpio->chip, offset);
	const char *text;

	if (!line)
		return -errno;
	text = gpiod_line_consumer(line);
	snprintf(consumer, GPIO_TEXT, "%s", text ? text : "");
	return 0;
}

int gpio_hold_on(struct gpio *gpio, unsigned offset, bool active_low, const char *consumer)
{
	const struct gpiod_line_request_config config = {
		.consumer = consumer,
		.request_type = GPIOD_LINE_REQUEST_DIRECTION_OUTPUT,
		.flags = active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0,
	};
	struct gpiod_line *line = gpiod_chip_get_line(gpio->chip, offset);

	if (!line || gpiod_line_request(line, &config, 1) < 0)
		return -errno;
	gpio->held = line;
	gpio->offset = offset;
	return 0;
}

int gpio_set(struct gpio *gpio, bool on)
{
	return gpiod_line_set_value(gpio->held, on) < 0 ? -errno : 0;
}
