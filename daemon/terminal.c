#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "monotonic.h"
#include "stop.h"
#include "usage.h"

#define SECOND_NS 1e9
#define WAIT_MAX  1e9 /* s: decades, and any time_t holds it */

static int open_pair(struct terminal *t)
{
	struct termios tio;

	t->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (t->master < 0 || grantpt(t->master) < 0 || unlockpt(t->master) < 0 ||
	    ptsname_r(t->master, t->path, sizeof(t->path)) != 0)
		return usage_tell_errno("no pseudo terminal");
	t->slave = open(t->path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->slave < 0 || tcgetattr(t->slave, &tio) < 0)
		return usage_tell_errno(t->path);
	cfmakeraw(&tio);
	if (tcsetattr(t->slave, TCSANOW, &tio) < 0)
		return usage_tell_errno(t->path);
	return 0;
}

static int make_link(struct terminal *t, const char *link)
{
	struct stat st;

	if (lstat(link, &st) == 0 && S_ISLNK(st.st_mode) && unlink(link) < 0)
		return usage_tell_errno(link);
	if (symlink(t->path, link) < 0)
		return usage_tell_errno(link);
	t->link = link;
	return 0;
}

/* Only when it is still ours: another one may have taken the name. */
static void remove_link(const struct terminal *t)
{
	char target[sizeof(t->path)];
	ssize_t len = readlink(t->link, target, sizeof(target));

	if (len > 0 && (size_t)len == strlen(t->path) && memcmp(target, t->path, (size_t)len) == 0)
		unlink(t->link);
}

int terminal_open(struct terminal *t, const char *link, double speed)
{
	int rc;

	*t = (struct terminal){ .master = -1, .slave = -1, .speed = speed };
	stop_block(&t->stop_signals);
	rc = open_pair(t);
	if (rc == 0 && link)
		rc = make_link(t, link);
	if (rc == 0 && (printf("%s\n", t->path) < 0 || fflush(stdout) == EOF))
		rc = usage_tell_errno("standard output");
	terminal_start(t);
	return rc;
}

void terminal_close(struct terminal *t)
{
	if (t->link)
		remove_link(t);
	if (t->slave >= 0)
		close(t->slave);
	if (t->master >= 0)
		close(t->master);
}

void terminal_start(struct terminal *t)
{
	t->epoch_ns = monotonic_ns();
}

bool terminal_sleep(struct terminal *t, double seconds)
{
	double left = seconds < 0 ? 0 : seconds > WAIT_MAX ? WAIT_MAX : seconds;
	struct timespec wait = { .tv_sec = (time_t)left };

	wait.tv_nsec = (long)((left - (double)wait.tv_sec) * SECOND_NS);
	if (!t->stopped)
		t->stopped = sigtimedwait(&t->stop_signals, NULL, &wait) > 0;
	return !t->stopped;
}

bool terminal_pause(struct terminal *t, double seconds)
{
	uint64_t start = monotonic_ns();
	bool goes_on = terminal_sleep(t, seconds);

	t->epoch_ns += monotonic_ns() - start;
	return goes_on;
}

double terminal_passed(const struct terminal *t)
{
	return (double)(monotonic_ns() - t->epoch_ns) * t->speed;
}

void terminal_wait(struct terminal *t, double ns)
{
	double left;

	do {
		left = (ns - terminal_passed(t)) / SECOND_NS / t->speed;
	} while (terminal_sleep(t, left) && left > 0);
}
