/* The options that commands share: of what is decoded, and of a serial port. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#include <han/decoder.h>

#include "serial-line.h"

/* How a serial port is read; what is not one, standard input among it, keeps its settings. */
struct options_line {
	unsigned baud; /* 0: not given, 2400 or that of the protocol; options_line_end() */
	enum serial_format format;
};

struct options {
	const char *command;
	const char *source; /* "-": standard input */
	bool compact;       /* decode alone */
	bool bare;          /* --protocol dlms: one APDU without a frame */
	struct options_line line;
	struct han_settings settings;
};

/* Reads them, ends the program on wrong ones. Keys are taken out of argv; who has given the settings to a
 * decoder wipes them with options_wipe(). */
void options_read(struct options *options, int argc, char **argv, const char *command);
void options_wipe(struct options *options);

/* The value of one option; each ends the program when it is none. */
void options_read_protocol(struct options *options, const char *text); /* "auto" and so on */
void options_read_baud(struct options *options, const char *text);     /* "9600" */
void options_read_format(struct options *options, const char *text);   /* "8E1" */

/* When all options were read: the baud that was not given. */
void options_line_end(struct options *options);

/* The key out of text, which is wiped: no list of processes shows it from here on. option: its name, for the
 * message that ends the program when it is none. */
void options_read_key(uint8_t key[HAN_KEY_OCTETS], bool *given, char *text, const char *command,
                      const char *option);

/* 32 hex digits. False, and nothing written, when they are malformed. */
bool options_parse_key(const char *text, uint8_t key[HAN_KEY_OCTETS]);

/* "9600", a known baud; 0 when it is none. */
unsigned options_parse_baud(const char *text);

#endif
