#include "gpio.h"

#include <errno.h>
#include <gpiod.h>
#include <stdio.h>

int gpio_open(struct gpio *gpio, const char *path)
{
	struct gpiod_chip *chip = gpiod_chip_open(path);
	struct gpiod_chip_info *info = chip ? gpiod_chip_get_info(chip) : NULL;
	int err = -errno;

	if (!info) {
		if (chip)
			gpiod_chip_close(chip);
		return err;
	}
	*gpio = (struct gpio){ .chip = chip };
	gpio->count = (unsigned)gpiod_chip_info_get_num_lines(info);
	snprintf(gpio->label, sizeof(gpio->label), "%s", gpiod_chip_info_get_label(info));
	gpiod_chip_info_free(info);
	return 0;
}

void gpio_close(struct gpio *gpio)
{
	if (gpio->held)
		gpiod_line_request_release(gpio->held);
	if (gpio->chip)
		gpiod_chip_close(gpio->chip);
	*gpio = (struct gpio){ 0 };
}

int gpio_find_line(struct gpio *gpio, const char *name, unsigned *offset)
{
	int found = gpiod_chip_get_line_offset_from_name(gpio->chip, name);

	if (found < 0)
		return -errno;
	*offset = (unsigned)found;
	return 0;
}

int gpio_read_consumer(struct gpio *gpio, unsigned offset, char consumer[GPIO_TEXT])
{
	struct gpiod_line_info *info = gpiod_chip_get_line_info(gpio->chip, offset);
	const char *text;

	if (!info)
		return -errno;
	text = gpiod_line_info_get_consumer(info);
	snprintf(consumer, GPIO_TEXT, "%s", text ? text : "");
	gpiod_line_info_free(info);
	return 0;
}

/* Fills the library's three forms and hands them in. */
static int request_output(struct gpio *gpio, unsigned offset, struct gpiod_line_settings *settings,
                          struct gpiod_line_config *lines, struct gpiod_request_config *request)
{
	if (gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT) < 0 ||
	    gpiod_line_settings_set_output_value(settings, GPIOD_LINE_VALUE_ACTIVE) < 0 ||
	    gpiod_line_config_add_line_settings(lines, &offset, 1, settings) < 0)
		return -errno;

	gpio->held = gpiod_chip_request_lines(gpio->chip, request, lines);
	if (!gpio->held)
		return -errno;
	gpio->offset = offset;
	return 0;
}

int gpio_hold_on(struct gpio *gpio, unsigned offset, bool active_low, const char *consumer)
{
	struct gpiod_line_settings *settings = gpiod_line_settings_new();
	struct gpiod_line_config *lines = gpiod_line_config_new();
	struct gpiod_request_config *request = gpiod_request_config_new();
	int err = -ENOMEM;

	if (settings && lines && request) {
		gpiod_line_settings_set_active_low(settings, active_low);
		gpiod_request_config_set_consumer(request, consumer);
		err = request_output(gpio, offset, settings, lines, request);
	}
	gpiod_request_config_free(request); /* each of the three accepts NULL */
	gpiod_line_config_free(lines);
	gpiod_line_settings_free(settings);
	return err;
}

int gpio_set(struct gpio *gpio, bool on)
{
	enum gpiod_line_value value = on ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;

	return gpiod_line_request_set_value(gpio->held, gpio->offset, value) < 0 ? -errno : 0;
}
