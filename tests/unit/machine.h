/* A made-up machine: a tree with serial ports that are pseudo terminals, and messages to send through them. */
#ifndef MACHINE_H
#define MACHINE_H

#include <termios.h>

#include "frame.h"
#include "pty.h"
#include "scratch.h"

/* A port of that name, as in "ttyAMA0", below the tree's /dev. */
static inline void machine_plug(const struct scratch *s, struct pty *pty, const char *name)
{
	char path[SCRATCH_PATH], in[64];

	snprintf(in, sizeof(in), "dev/%s", name);
	pty_init(pty, scratch_path(s, in, path));
}

/* A link in the tree. */
static inline void machine_link(const struct scratch *s, const char *name, const char *target)
{
	char path[SCRATCH_PATH];

	(void)unlink(scratch_path(s, name, path));
	assert_int_equal(symlink(target, path), 0);
}

static inline struct frame machine_message(void)
{
	uint8_t text[64];
	size_t len = unhex("e6e700 0f 40000000 00 02 01 06 000004d2", text, sizeof(text));
	struct frame frame;

	frame_make(&frame, 0xA000, "01", "0201", text, len);
	return frame;
}

/* The meter on that port sends a list. */
static inline void machine_speak(const struct pty *pty)
{
	struct frame frame = machine_message();

	pty_write(pty, frame.octets, frame.len);
}

/* What a wrong setting makes of a message. */
static inline void machine_mumble(const struct pty *pty)
{
	uint8_t octets[120];

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(0x80 | (i * 37 + i / 5));
	pty_write(pty, octets, sizeof(octets));
}

/* How the port is set. */
static inline speed_t machine_speed(const struct pty *pty)
{
	struct termios tio;
	int fd = pty_other(pty);

	assert_int_equal(tcgetattr(fd, &tio), 0);
	close(fd);
	return cfgetispeed(&tio);
}

#endif
