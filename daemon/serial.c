#include "serial.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include "serial-told.h"

#define RETRY_FIRST_MS 500
#define RETRY_LAST_MS  10000
#define RENEW_LAST_MS  300000
#define HANG_UP_MS     2000 /* in which a server that takes one call only sees that it is over */
#define READS_TO_FLUSH 16
#define PART           64  /* octets that the kernel gives at once when it has more */
#define TURN           512 /* that a port is read of before it is others' turn */
#define SPARE          16 /* descriptors that are no port's: broker and disk need some when they return */

/* The same, or -EMFILE: then it is closed. With more ports than may be open the last ones wait, and not the broker,
 * whose descriptor they would take while it is away. */
static int leave_spare(int fd)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || (rlim_t)fd + SPARE < limit.rlim_cur)
		return fd;
	close(fd);
	return -EMFILE;
}

/* The descriptor, or a negative errno: -ENOTTY, -EBUSY when another program has locked the port. */
static int open_tty(const char *path, const struct serial_settings *settings)
{
	int fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return -errno;
	rc = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -EBUSY
	                                      : serial_set_up(fd, settings->baud, settings->format);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	return leave_spare(fd);
}

/* False where nothing is counted: a pty, a connection, a port that is not open or has just gone. */
static bool count_errors(int fd, struct serial_errors *errors)
{
	struct serial_icounter_struct count;

	if (fd < 0 || ioctl(fd, TIOCGICOUNT, &count) < 0)
		return false;
	*errors = (struct serial_errors){
		.parity = (unsigned)count.parity,
		.framing = (unsigned)count.frame + (unsigned)count.brk + (unsigned)count.overrun,
	};
	return true;
}

/* ---- naps ---- */

static void begin_naps(struct serial *s)
{
	nap_init(&s->nap, serial_octet_ns(s->settings.baud, s->settings.format));
}

/* Octets are waited for, on a line with naps for the first of them only: asking the kernel to be left alone, when it
 * has just woken us, would make us wait for its own work on that octet. */
static void wake(struct serial *s)
{
	if (s->armed)
		return;
	timer_stop(&s->nap_over);
	s->armed = true;
	s->once = nap_works(&s->nap);
	loop_watch(s->loop, &s->source, EPOLLIN | (s->once ? (uint32_t)EPOLLONESHOT : 0));
}

/* Nothing is left to read. In a nap octets wake nobody, not even inside the kernel; that the port is lost may be seen
 * at its end. */
static void rest(struct serial *s)
{
	uint64_t until = 0;

	if (s->hooks.wanted && s->local)
		until = nap_until(&s->nap, s->hooks.wanted(s->hooks.user), loop_now_ns());
	if (until == 0) {
		wake(s);
		return;
	}
	if (s->armed)
		loop_watch(s->loop, &s->source, 0);
	s->armed = false;
	timer_start_at(&s->nap_over, until);
}

/* ---- the port ---- */

/* The exclusive flag outlives us where somebody else has the tty open too. */
static void close_tty(struct serial *s)
{
	if (s->exclusive)
		ioctl(s->source.fd, TIOCNXCL);
	s->exclusive = false;
	timer_stop(&s->nap_over);
	loop_remove(s->loop, &s->source);
	close(s->source.fd);
	s->source.fd = -1;
}

/* A serial server that greets and hangs up, an adapter that fails as soon as it is opened: they are as good as ones
 * that refuse. */
static bool was_of_use(const struct serial *s)
{
	return s->heard || (s->local && loop_now_ms() - s->opened_ms >= RETRY_LAST_MS);
}

static void serial_lost(struct serial *s, int err)
{
	bool is_open = serial_is_open(s), of_use = is_open && was_of_use(s);
	bool is_gone = of_use || (is_open && s->local);

	s->in_vain = is_open && !of_use;
	s->renewed = false;
	if (is_open)
		close_tty(s);
	if (of_use)
		s->delay_ms = RETRY_FIRST_MS;
	serial_tell_lost(s, err, is_gone, of_use || err != s->last_err);
	s->last_err = err;
	timer_start(&s->retry, s->delay_ms, 0);
	s->delay_ms = s->delay_ms * 2 < RETRY_LAST_MS ? s->delay_ms * 2 : RETRY_LAST_MS;
	s->hooks.lost(s->hooks.user, err);
}

static int closed(const struct serial *s)
{
	return s->local ? -ENODEV : -ECONNRESET;
}

/* Reads until the kernel has no more, as one read may return a part only, but at least PART; where there are no naps the
 * loop tells if it has. A flood waits for its turn, which is short, so that other ports' last octets do not wait for
 * it. */
static void read_all(struct serial *s, bool awaited)
{
	uint8_t buf[TURN];

	for (size_t taken = 0; taken < TURN;) {
		ssize_t n = read(s->source.fd, buf, sizeof(buf));
		uint64_t now_ns;

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			rest(s);
			return;
		}
		if (n <= 0) {
			serial_lost(s, n == 0 ? closed(s) : -errno);
			return;
		}
		taken += (size_t)n;
		now_ns = loop_now_ns();
		s->octets_ms = loop_ms(now_ns);
		nap_octets(&s->nap, (size_t)n, awaited, now_ns);
		s->hooks.octets(s->hooks.user, buf, (size_t)n);
		if (!serial_is_open(s))
			return;
		if (n < PART || !nap_works(&s->nap)) {
			rest(s);
			return;
		}
	}
	wake(s);
}

static void serial_ready(struct source *src, uint32_t events)
{
	struct serial *s = container_of(src, struct serial, source);

	(void)events; /* hangup and error show up in read() as well */
	if (s->once)
		s->armed = false;
	read_all(s, true);
}

static void nap_over(struct timer *timer)
{
	read_all(container_of(timer, struct serial, nap_over), false);
}

static void take(struct serial *s, int fd)
{
	int rc;

	s->source.fd = fd;
	begin_naps(s);
	s->armed = true;
	s->once = false;
	rc = loop_add(s->loop, &s->source, EPOLLIN);
	if (rc < 0) {
		close(fd);
		s->source.fd = -1;
		serial_lost(s, rc);
		return;
	}
	if (!s->renewed)
		serial_tell_open(s);
	s->heard = false;
	s->opened_ms = s->octets_ms = loop_now_ms();
	if (s->trust_ms)
		timer_start(&s->retry, s->trust_ms, 0);
	if (!count_errors(fd, &s->before))
		s->before = (struct serial_errors){ 0 };
	s->hooks.opened(s->hooks.user);
	s->renewed = false;
}

static void try_tty(struct serial *s)
{
	int fd = open_tty(s->path, &s->settings);

	if (fd < 0)
		serial_lost(s, fd);
	else
		take(s, fd);
}

static void connected(struct tcp *tcp, int fd_or_err)
{
	struct serial *s = container_of(tcp, struct serial, tcp);

	if (fd_or_err >= 0)
		fd_or_err = leave_spare(fd_or_err);
	if (fd_or_err < 0)
		serial_lost(s, fd_or_err);
	else
		take(s, fd_or_err);
}

static void try_tcp(struct serial *s)
{
	struct address address;
	int rc = -EINVAL;

	if (address_read(s->path, &address))
		rc = tcp_open(&s->tcp, s->loop, &address, connected);
	if (rc < 0)
		serial_lost(s, rc);
}

static void try_open(struct serial *s)
{
	snprintf(s->path, sizeof(s->path), "%s", s->settings.device);
	if (s->local)
		try_tty(s);
	else
		try_tcp(s);
}

/* It is closed first: a server may take one call only, or count them. */
static void renew(struct serial *s)
{
	uint64_t silent_ms = loop_now_ms() - s->octets_ms;

	if (silent_ms < s->trust_ms) {
		timer_start(&s->retry, s->trust_ms - silent_ms, 0);
		return;
	}
	serial_tell_renewal(s);
	if (s->heard)
		s->last_err = 0;
	s->renewals++;
	s->renewed = true;
	if (s->trust_ms < RENEW_LAST_MS)
		s->trust_ms = s->trust_ms * 2 < RENEW_LAST_MS ? s->trust_ms * 2 : RENEW_LAST_MS;
	close_tty(s);
	timer_start(&s->retry, HANG_UP_MS, 0);
}

static void retry(struct timer *timer)
{
	struct serial *s = container_of(timer, struct serial, retry);

	(serial_is_open(s) ? renew : try_open)(s);
}

void serial_distrust(struct serial *s, uint64_t silence_ms)
{
	if (s->trust_ms || !serial_is_open(s) || s->local)
		return;
	s->trust_ms = silence_ms;
	renew(s);
}

void serial_open(struct serial *s, struct loop *loop, const struct serial_settings *settings,
                 const struct serial_hooks *hooks)
{
	*s = (struct serial){
		.loop = loop,
		.source = { -1, serial_ready },
		.local = serial_is_local(settings->device),
		.settings = *settings,
		.hooks = *hooks,
		.delay_ms = RETRY_FIRST_MS,
	};
	timer_init(&s->retry, loop, retry);
	timer_init(&s->nap_over, loop, nap_over);
	try_open(s);
	if (s->tcp.loop) /* whether it comes about is told later */
		s->hooks.lost(s->hooks.user, -EINPROGRESS);
}

void serial_close(struct serial *s)
{
	if (s->loop && serial_is_open(s))
		close_tty(s);
	tcp_close(&s->tcp);
	timer_fini(&s->nap_over);
	timer_fini(&s->retry);
}

bool serial_is_local(const char *device)
{
	return !address_is(device);
}

bool serial_is_open(const struct serial *s)
{
	return s->source.fd >= 0;
}

size_t serial_waiting(const struct serial *s)
{
	int count = 0;

	if (!serial_is_open(s) || ioctl(s->source.fd, FIONREAD, &count) < 0 || count < 0)
		return 0;
	return (size_t)count;
}

void serial_flush(struct serial *s)
{
	char buf[512];

	if (!serial_is_open(s))
		return;
	if (s->local)
		tcflush(s->source.fd, TCIFLUSH);
	else /* at most what the kernel holds: it is no loop with a fast peer */
		for (int turn = 0;
		     turn < READS_TO_FLUSH && read(s->source.fd, buf, sizeof(buf)) > 0;)
			turn++;
}

void serial_note_frame(struct serial *s, size_t len)
{
	s->heard = true;
	if (s->trust_ms)
		timer_stop(&s->retry);
	s->trust_ms = s->renewals = 0;
	nap_frame(&s->nap, len);
}

int serial_set_line(struct serial *s, unsigned baud, enum serial_format format)
{
	int rc = 0;

	if (!s->local)
		return 0;
	if (serial_is_open(s))
		rc = serial_set_up(s->source.fd, baud, format);
	if (rc < 0)
		return rc;
	s->settings.baud = baud;
	s->settings.format = format;
	begin_naps(s);
	serial_flush(s);
	return 0;
}

void serial_claim(struct serial *s)
{
	if (!s->exclusive && serial_is_open(s) && s->local)
		s->exclusive = ioctl(s->source.fd, TIOCEXCL) == 0;
}

struct serial_errors serial_errors(const struct serial *s)
{
	struct serial_errors now;

	if (!count_errors(s->source.fd, &now))
		return (struct serial_errors){ 0 };
	return (struct serial_errors){ now.parity - s->before.parity,
		                       now.framing - s->before.framing };
}
