#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "usage.h"

static const char tcp[] = "tcp://";

/* ---- open ---- */

/* 8N1, without flow control and modem lines. */
static int set_up_tty(int fd, speed_t speed)
{
	struct termios tio;

	if (tcgetattr(fd, &tio) < 0)
		return -1;
	cfmakeraw(&tio);
	tio.c_cflag |= CREAD | CLOCAL;
	tio.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
	if (cfsetspeed(&tio, speed) < 0 || tcsetattr(fd, TCSANOW, &tio) < 0)
		return -1;
	return fcntl(fd, F_SETFL, O_RDONLY); /* blocking again */
}

/* Without O_NONBLOCK a port may wait for a carrier that its three wires do not have; a FIFO must wait for
 * who writes. The terminal that somebody types at is a file, not a line: raw it would lock them out. */
static int open_path(struct source *s, speed_t speed)
{
	int flags = O_RDONLY | O_NOCTTY | O_CLOEXEC;
	struct stat st;

	s->fd = STDIN_FILENO;
	if (strcmp(s->name, "-") != 0) {
		if (stat(s->name, &st) == 0 && S_ISCHR(st.st_mode))
			flags |= O_NONBLOCK;
		s->fd = open(s->name, flags);
	}
	s->live = s->fd >= 0 && isatty(s->fd) && tcgetpgrp(s->fd) < 0;
	if (s->fd < 0 || (s->live && set_up_tty(s->fd, speed) < 0))
		return usage_tell_errno(s->name);
	return 0;
}

/* HOST:PORT, an IPv6 host in brackets, into host; its port, or NULL. */
static const char *split_address(const char *address, char *host, size_t size)
{
	const char *colon = strrchr(address, ':');
	int n;

	if (!colon || colon == address || !colon[1])
		return NULL;
	if (address[0] == '[' && colon[-1] == ']')
		n = snprintf(host, size, "%.*s", (int)(colon - address - 2), address + 1);
	else
		n = snprintf(host, size, "%.*s", (int)(colon - address), address);
	return n > 0 && (size_t)n < size ? colon + 1 : NULL;
}

static int connect_to(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC,
	                address->ai_protocol);

	if (fd >= 0 && connect(fd, address->ai_addr, address->ai_addrlen) < 0) {
		int kept = errno;

		close(fd);
		errno = kept;
		fd = -1;
	}
	return fd;
}

static int open_tcp(struct source *s)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	char host[256];
	const char *port = split_address(s->name + strlen(tcp), host, sizeof(host));
	int rc;

	if (!port) {
		fprintf(stderr, "hantool: %s: tcp:// wants HOST:PORT\n", s->name);
		return -EINVAL;
	}
	rc = getaddrinfo(host, port, &hints, &found);
	if (rc != 0) {
		fprintf(stderr, "hantool: %s: %s\n", s->name, gai_strerror(rc));
		return -EHOSTUNREACH;
	}
	for (const struct addrinfo *a = found; a && s->fd < 0; a = a->ai_next)
		s->fd = connect_to(a);
	rc = s->fd < 0 ? usage_tell_errno(s->name) : 0;
	freeaddrinfo(found);
	s->live = true;
	return rc;
}

static int open_signals(void)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	return signalfd(-1, &stop, SFD_CLOEXEC);
}

/* ---- read ---- */

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + 1;
}

/* More octets behind those in the buffer: how many, 0 at the end. */
static int fill(struct source *s)
{
	struct pollfd wait[] = { { s->fd, POLLIN, 0 }, { s->signals, POLLIN, 0 } };
	ssize_t n;

	if (s->at == s->end)
		s->at = s->end = 0;
	poll(wait, 2, -1);
	if (wait[1].revents)
		return 0;
	n = read(s->fd, s->buf + s->end, sizeof(s->buf) - s->end);
	if (n < 0 && s->live && errno == EIO) /* the line hung up */
		return 0;
	if (n < 0)
		return usage_tell_errno(s->name);
	s->end += (size_t)n;
	return (int)n;
}

/* The first octets of a file tell whether it is a capture. */
static int detect_capture(struct source *s)
{
	int n = 1;

	while (n > 0 && s->end < CAPTURE_MARK_LEN && capture_marks(s->buf, s->end))
		n = fill(s);
	s->capture = s->end >= CAPTURE_MARK_LEN && capture_marks(s->buf, s->end);
	return n < 0 ? n : 0;
}

int source_open(struct source *s, const char *name, speed_t speed)
{
	int rc;

	*s = (struct source){ .name = name, .fd = -1, .signals = -1 };
	rc = strncmp(name, tcp, strlen(tcp)) == 0 ? open_tcp(s) : open_path(s, speed);
	if (rc == 0 && s->live)
		s->signals = open_signals();
	else if (rc == 0)
		rc = detect_capture(s);
	s->timed = s->live || s->capture;
	if (rc < 0)
		source_close(s);
	return rc;
}

/* A line of the capture's text, without its end, into line: its length, 0 at the end of the file, -1 when
 * it is too long. */
static int next_line(struct source *s, char line[CAPTURE_LINE_MAX])
{
	size_t len = 0;

	for (;;) {
		if (s->at == s->end) {
			int n = fill(s);

			if (n < 0)
				return n;
			if (n == 0)
				break;
		}
		if (len == CAPTURE_LINE_MAX - 1)
			return -1;
		line[len] = (char)s->buf[s->at++];
		if (line[len++] == '\n')
			break;
	}
	line[len > 0 && line[len - 1] == '\n' ? len - 1 : len] = '\0';
	return (int)len;
}

static int read_capture(struct source *s, struct source_chunk *chunk)
{
	char line[CAPTURE_LINE_MAX];
	uint64_t before = s->arrival.ms;
	int n;

	do {
		n = next_line(s, line);
		if (n == 0)
			return 0;
		s->line++;
		if (n < 0 || strlen(line) + 1 < (size_t)n || !capture_read(line, &s->arrival)) {
			fprintf(stderr, "hantool: %s:%lu: no line of a capture\n", s->name,
			        s->line);
			return -EBADMSG;
		}
	} while (s->arrival.len == 0);
	if (s->arrival.ms < before)
		s->arrival.ms = before;
	*chunk = (struct source_chunk){ s->arrival.octets, s->arrival.len, s->arrival.ms + 1 };
	return (int)chunk->len;
}

int source_read(struct source *s, struct source_chunk *chunk)
{
	if (s->capture)
		return read_capture(s, chunk);
	if (s->at == s->end) {
		int n = fill(s);

		if (n <= 0)
			return n;
	}
	*chunk = (struct source_chunk){ s->buf + s->at, s->end - s->at, s->live ? now_ms() : 0 };
	s->at = s->end;
	return (int)chunk->len;
}

void source_close(struct source *s)
{
	if (s->fd > STDERR_FILENO)
		close(s->fd);
	if (s->signals >= 0)
		close(s->signals);
	s->fd = s->signals = -1;
}
