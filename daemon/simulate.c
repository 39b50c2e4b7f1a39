#include "simulate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "household.h"
#include "kaifa.h"

#define SECOND_NS 1e9
#define OCTET_NS  (10 * SECOND_NS / 2400) /* 8N1: ten bits */
#define WAIT_MAX  1e9                     /* s: decades, and any time_t holds it */
#define SPEED_MAX 1000

/* ---- settings ---- */

void simulate_init(struct simulate_settings *settings)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	*settings = (struct simulate_settings){ .speed = 1, .start = now + tm.tm_gmtoff };
}

bool simulate_read_speed(const char *text, double *speed)
{
	char *end;
	double read = strtod(text, &end);

	if (end == text || *end || !(read > 0 && read <= SPEED_MAX))
		return false;
	*speed = read;
	return true;
}

static struct han_datetime datetime_of(const struct tm *tm)
{
	return (struct han_datetime){
		.year = (uint16_t)(tm->tm_year + 1900),
		.month = (uint8_t)(tm->tm_mon + 1),
		.day = (uint8_t)tm->tm_mday,
		.weekday = (uint8_t)(tm->tm_wday ? tm->tm_wday : 7),
		.hour = (uint8_t)tm->tm_hour,
		.minute = (uint8_t)tm->tm_min,
		.second = (uint8_t)tm->tm_sec,
		.hundredths = HAN_UNSPECIFIED,
		.deviation = HAN_NO_DEVIATION,
		.status = 0,
	};
}

bool simulate_read_start(const char *text, time_t *start)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	struct han_datetime read = datetime_of(&tm);

	if (!end || *end || !han_datetime_exists(&read))
		return false;
	*start = timegm(&tm);
	return true;
}

/* ---- pty ---- */

struct player {
	int master;
	int slave; /* held open: a reader that goes away does not hang up */
	char path[64];
	double speed;
	struct timespec epoch; /* when the meter's first second began */
	sigset_t stop_signals; /* blocked, and looked for while waiting */
	bool stopped;
};

static int fail(const char *what)
{
	int rc = -errno;

	fprintf(stderr, "hantool: %s: %s\n", what, strerror(-rc));
	return rc;
}

static int open_pty(struct player *p)
{
	struct termios tio;

	p->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (p->master < 0 || grantpt(p->master) < 0 || unlockpt(p->master) < 0 ||
	    ptsname_r(p->master, p->path, sizeof(p->path)) != 0)
		return fail("no pseudo terminal");
	p->slave = open(p->path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p->slave < 0 || tcgetattr(p->slave, &tio) < 0)
		return fail(p->path);
	cfmakeraw(&tio);
	if (tcsetattr(p->slave, TCSANOW, &tio) < 0)
		return fail(p->path);
	return 0;
}

static void close_pty(struct player *p)
{
	if (p->slave >= 0)
		close(p->slave);
	if (p->master >= 0)
		close(p->master);
}

static int make_link(const char *path, const char *link)
{
	struct stat st;

	if (lstat(link, &st) == 0 && S_ISLNK(st.st_mode) && unlink(link) < 0)
		return fail(link);
	return symlink(path, link) < 0 ? fail(link) : 0;
}

/* Only when it is still ours: another one may have taken the name. */
static void remove_link(const char *path, const char *link)
{
	char target[sizeof(((struct player *)NULL)->path)];
	ssize_t len = readlink(link, target, sizeof(target));

	if (len > 0 && (size_t)len == strlen(path) && memcmp(target, path, (size_t)len) == 0)
		unlink(link);
}

/* ---- play ---- */

/* Waits until so many ns of the meter's time have passed since the epoch: an absolute moment, so that
 * nothing adds up. */
static void wait_until(struct player *p, double meter_ns)
{
	double at = (double)p->epoch.tv_nsec / SECOND_NS + meter_ns / SECOND_NS / p->speed;
	struct timespec now;
	double left;

	if (p->stopped)
		return;
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = at - (double)(now.tv_sec - p->epoch.tv_sec) -
		       (double)now.tv_nsec / SECOND_NS;
		left = left < 0 ? 0 : left > WAIT_MAX ? WAIT_MAX : left;
		now.tv_sec = (time_t)left;
		now.tv_nsec = (long)((left - (double)now.tv_sec) * SECOND_NS);
		p->stopped = sigtimedwait(&p->stop_signals, NULL, &now) > 0;
	} while (!p->stopped && errno == EINTR);
}

/* One octet after the other at the line's pace; what nobody reads is lost, as on a wire. */
static void send_frame(struct player *p, const uint8_t *frame, size_t len, double meter_ns)
{
	for (size_t i = 0; i < len && !p->stopped; i++) {
		wait_until(p, meter_ns + (double)i * OCTET_NS);
		if (write(p->master, frame + i, 1) < 0 && errno != EAGAIN)
			return;
	}
}

/* List 3 at ten seconds past the hour, list 2 every ten seconds, list 1 every two. 0: none. */
static int list_due(const struct tm *tm)
{
	if (tm->tm_min == 0 && tm->tm_sec == 10)
		return KAIFA_LIST_3;
	if (tm->tm_sec % 10 == 0)
		return KAIFA_LIST_2;
	return tm->tm_sec % 2 == 0 ? KAIFA_LIST_1 : 0;
}

static struct kaifa meter_of(const struct household *h, const struct household_state *state,
                             const struct tm *tm)
{
	struct kaifa meter = {
		.meter_id = "6970631400000000",
		.meter_type = "MA304H4",
		.source = { 0x02, 0x01 },
		.now = datetime_of(tm),
		.clock = datetime_of(tm),
		.power_import = state->power_import,
		.power_export = state->power_export,
		.reactive_import = state->reactive_import,
		.reactive_export = state->reactive_export,
		.energy = { h->sum[HOUSEHOLD_IMPORT] / 3600, h->sum[HOUSEHOLD_EXPORT] / 3600,
		            h->sum[HOUSEHOLD_REACTIVE_IMPORT] / 3600,
		            h->sum[HOUSEHOLD_REACTIVE_EXPORT] / 3600 },
	};

	memcpy(meter.current, state->current_ma, sizeof(meter.current));
	memcpy(meter.voltage, state->voltage_dv, sizeof(meter.voltage));
	return meter;
}

static void play(struct player *p, time_t start)
{
	struct household house;

	household_init(&house, (uint64_t)start, HOUSEHOLD_PHASES);
	clock_gettime(CLOCK_MONOTONIC, &p->epoch);
	for (time_t second = 0; !p->stopped; second++) {
		time_t local = start + second;
		uint8_t buf[ENCODER_FRAME_MAX];
		struct household_state state;
		struct encoder e;
		struct kaifa meter;
		struct tm tm;
		int list;

		gmtime_r(&local, &tm);
		state = household_step(&house,
		                       (uint32_t)(tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec));
		list = list_due(&tm);
		if (!list)
			continue;
		meter = meter_of(&house, &state, &tm);
		encoder_init(&e, buf, sizeof(buf));
		kaifa_encode(&e, &meter, (enum kaifa_list)list);
		send_frame(p, buf, e.len, (double)second * SECOND_NS);
	}
}

int simulate(const struct simulate_settings *settings)
{
	struct player p = { .master = -1, .slave = -1, .speed = settings->speed };
	int rc;

	sigemptyset(&p.stop_signals);
	sigaddset(&p.stop_signals, SIGINT);
	sigaddset(&p.stop_signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &p.stop_signals, NULL);

	rc = open_pty(&p);
	if (rc == 0 && settings->link)
		rc = make_link(p.path, settings->link);
	if (rc == 0) {
		if (printf("%s\n", p.path) < 0 || fflush(stdout) == EOF)
			rc = fail("standard output");
		else
			play(&p, settings->start);
		if (settings->link)
			remove_link(p.path, settings->link);
	}
	close_pty(&p);
	return rc;
}
