/* The options that decode and explain share, and those of a line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <termios.h>

#include <han/decoder.h>

struct options {
	const char *source; /* "-": standard input */
	bool compact;       /* decode alone */
	bool bare;          /* --protocol dlms: one APDU without a frame */
	speed_t speed;      /* of a serial port */
	struct han_settings settings;
};

/* Reads them, ends the program on wrong ones. Keys are taken out of argv; who has given the settings to a
 * decoder wipes them with options_wipe(). */
void options_read(struct options *options, int argc, char **argv, const char *command);
void options_wipe(struct options *options);

/* What --protocol says, "auto" and so on; ends the program when it says none of them. */
void options_read_protocol(struct options *options, const char *text);

/* "2400 8N1" */
const char *options_line(const struct options *options);

#endif
