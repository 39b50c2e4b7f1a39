#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "monotonic.h"
#include "stop.h"
#include "usage.h"

/* ---- open ---- */

/* Somebody else reads the port: the exclusive flag, which does not stop root, and the lock that hanmqttd and
 * hantool hold. */
static bool in_use(int fd)
{
	int exclusive = 0;

	return (ioctl(fd, TIOCGEXCL, &exclusive) == 0 && exclusive) ||
	       (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK);
}

static int tell_port(const char *name, int err)
{
	if (err == EBUSY)
		fprintf(stderr,
		        "hantool: %s: in use by another program; if that is the daemon: "
		        "systemctl stop hanmqttd\n",
		        name);
	else if (err == EACCES)
		fprintf(stderr,
		        "hantool: %s: %s; is the user in the group dialout, or whichever the "
		        "port belongs to?\n",
		        name, strerror(err));
	else
		fprintf(stderr, "hantool: %s: %s\n", name, strerror(err));
	return -err;
}

static int set_up_port(struct source *s, const struct options_line *line)
{
	int rc;

	if (in_use(s->fd))
		return -EBUSY;
	rc = serial_set_up(s->fd, line->baud, line->format);
	if (rc == 0 && fcntl(s->fd, F_SETFL, O_RDONLY) < 0) /* blocking again */
		rc = -errno;
	snprintf(s->settings, sizeof(s->settings), "%u %s", line->baud,
	         serial_format_name(line->format));
	return rc;
}

/* The terminal that somebody types at is a file, not a line: raw it would lock them out. */
static bool is_port(int fd)
{
	return isatty(fd) && tcgetpgrp(fd) < 0;
}

/* Without O_NONBLOCK a port may wait for a carrier that its three wires do not have; a FIFO must wait for
 * who writes. */
static int open_path(struct source *s, const struct options_line *line)
{
	int flags = O_RDONLY | O_NOCTTY | O_CLOEXEC, rc = 0;
	struct stat st;
	bool device = stat(s->name, &st) == 0 && S_ISCHR(st.st_mode);

	s->fd = open(s->name, device ? flags | O_NONBLOCK : flags);
	if (s->fd < 0)
		return device ? tell_port(s->name, errno) : usage_tell_errno(s->name);
	s->live = is_port(s->fd);
	if (s->live && line)
		rc = set_up_port(s, line);
	return rc < 0 ? tell_port(s->name, -rc) : 0;
}

/* Whoever opened standard input has set it up. */
static int open_input(struct source *s)
{
	s->fd = STDIN_FILENO;
	s->live = is_port(s->fd);
	return 0;
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
	struct address address;
	int rc;

	if (!address_read(s->name, &address)) {
		fprintf(stderr, "hantool: %s: no address; accepted: %s\n", s->name, ADDRESS_FORM);
		return -EINVAL;
	}
	rc = getaddrinfo(address.host, address.port, &hints, &found);
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

void source_heed_signals(struct source *s)
{
	sigset_t stop;

	stop_block(&stop);
	s->signals = signalfd(-1, &stop, SFD_CLOEXEC);
}

/* ---- read ---- */

/* Of fill(): the line was silent. */
#define SILENT (-4096)

/* More octets behind those in the buffer: how many, 0 at the end, SILENT where a line brings none. */
static int fill(struct source *s)
{
	struct pollfd wait[] = { { s->fd, POLLIN, 0 }, { s->signals, POLLIN, 0 } };
	ssize_t n;

	if (s->at == s->end)
		s->at = s->end = 0;
	if (poll(wait, 2, s->live ? SOURCE_SILENCE_MS : -1) == 0)
		return SILENT;
	s->stopped = wait[1].revents != 0;
	if (s->stopped)
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
	enum capture_is is = CAPTURE_PERHAPS;
	int n = 1;

	while (n > 0 && is == CAPTURE_PERHAPS && s->end < sizeof(s->buf)) {
		n = fill(s);
		is = capture_detect(s->buf, s->end);
	}
	s->capture = is == CAPTURE_YES;
	return n < 0 ? n : 0;
}

static int open_any(struct source *s, const struct options_line *line)
{
	if (address_is(s->name))
		return open_tcp(s);
	return strcmp(s->name, "-") == 0 ? open_input(s) : open_path(s, line);
}

int source_open(struct source *s, const char *name, const struct options_line *line)
{
	int rc;

	*s = (struct source){ .name = name, .fd = -1, .signals = -1 };
	rc = open_any(s, line);
	if (rc == 0 && s->live)
		source_heed_signals(s);
	else if (rc == 0)
		rc = detect_capture(s);
	s->timed = s->live || s->capture;
	if (rc < 0)
		source_close(s);
	return rc;
}

void source_announce(const struct source *s)
{
	if (s->live && isatty(STDERR_FILENO))
		fprintf(stderr, "hantool: reading %s%s%s; Ctrl-C ends\n",
		        strcmp(s->name, "-") == 0 ? "standard input" : s->name,
		        s->settings[0] ? " at " : "", s->settings);
}

/* A line of the capture's text, without its end, into line: its length, 0 at the end of the file, -1 when
 * it is too long. */
static int next_line(struct source *s, char line[CAPTURE_LINE_MAX])
{
	size_t len = 0;

	for (;;) {
		if (s->at == s->end) {
			int n = fill(s);

			if (n < 0 || s->stopped)
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
	return 1;
}

int source_read(struct source *s, struct source_chunk *chunk)
{
	int n = 1;

	if (s->capture)
		return read_capture(s, chunk);
	if (s->at == s->end)
		n = fill(s);
	if (n <= 0 && n != SILENT)
		return n;
	*chunk = (struct source_chunk){ s->buf + s->at, s->end - s->at,
		                        s->live ? monotonic_ms() + 1 : 0 };
	s->at = s->end;
	return 1;
}

void source_close(struct source *s)
{
	if (s->fd > STDERR_FILENO)
		close(s->fd);
	if (s->signals >= 0)
		close(s->signals);
	s->fd = s->signals = -1;
}
