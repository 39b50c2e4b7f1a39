/* A serial port made of a pseudo terminal, under a path that stays when it is unplugged and plugged in again. */
#ifndef PTY_H
#define PTY_H

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "check.h"

struct pty {
	char path[256]; /* a link to the slave */
	int master;     /* -1: unplugged */
};

/* Plugs it in. */
static inline void pty_open(struct pty *pty)
{
	char slave[64];

	pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	assert_true(pty->master >= 0);
	assert_int_equal(grantpt(pty->master), 0);
	assert_int_equal(unlockpt(pty->master), 0);
	assert_int_equal(ptsname_r(pty->master, slave, sizeof(slave)), 0);
	(void)unlink(pty->path);
	assert_int_equal(symlink(slave, pty->path), 0);
}

static inline void pty_init(struct pty *pty, const char *path)
{
	snprintf(pty->path, sizeof(pty->path), "%s", path);
	pty_open(pty);
}

/* Unplugs it: whoever reads is hung up on, and the path leads nowhere. */
static inline void pty_close(struct pty *pty)
{
	(void)unlink(pty->path);
	if (pty->master >= 0)
		close(pty->master);
	pty->master = -1;
}

/* The other side says this, as far as the port takes it at once: little. */
static inline void pty_write(const struct pty *pty, const void *octets, size_t len)
{
	assert_int_equal(write(pty->master, octets, len), len);
}

/* Opened by somebody else: the descriptor. */
static inline int pty_other(const struct pty *pty)
{
	int fd = open(pty->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* Waits until there is something to read. */
static inline void pty_await(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&poll_fd, 1, 5000), 1);
}

#endif
