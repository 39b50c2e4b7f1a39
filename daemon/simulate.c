#include "simulate.h"

#include <assert.h>
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

#include "meters.h"

#define SECOND_NS 1e9
#define WAIT_MAX  1e9 /* s: decades, and any time_t holds it */
#define SPEED_MAX 1000
#define YEAR_2025 1735689600 /* when invocation counters began */

/* ---- settings ---- */

void simulate_init(struct simulate_settings *settings)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	*settings = (struct simulate_settings){
		.meter = "kaifa-ma304",
		.speed = 1,
		.start = now + tm.tm_gmtoff,
	};
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

bool simulate_read_start(const char *text, time_t *start)
{
	struct tm tm = { 0 };
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	const struct han_datetime read = {
		.year = (uint16_t)(tm.tm_year + 1900),
		.month = (uint8_t)(tm.tm_mon + 1),
		.day = (uint8_t)tm.tm_mday,
		.hour = (uint8_t)tm.tm_hour,
		.minute = (uint8_t)tm.tm_min,
		.second = (uint8_t)tm.tm_sec,
	};

	if (!end || *end || !han_datetime_exists(&read))
		return false;
	*start = timegm(&tm);
	return true;
}

static int digit_of(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

bool simulate_read_key(const char *text, uint8_t key[SIMULATE_KEY_OCTETS])
{
	uint8_t read[SIMULATE_KEY_OCTETS];

	if (strlen(text) != 2 * sizeof(read))
		return false;
	for (size_t i = 0; i < sizeof(read); i++) {
		int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		read[i] = (uint8_t)(high << 4 | low);
	}
	memcpy(key, read, sizeof(read));
	return true;
}

size_t simulate_meter_count(void)
{
	return meters_count();
}

const char *simulate_meter_name(size_t index)
{
	return meters_at(index)->name;
}

const char *simulate_meter_about(size_t index)
{
	return meters_at(index)->about;
}

const char *simulate_check(const struct simulate_settings *settings)
{
	const struct meters_row *meter = meters_find(settings->meter);

	if (!meter)
		return "there is no such meter";
	if (meter->title && !settings->has_key)
		return "this meter encrypts its messages: give it a key with --key HEX";
	if (!meter->title && (settings->has_key || settings->has_auth_key))
		return "this meter does not encrypt its messages: it takes no keys";
	return NULL;
}

/* ---- pty ---- */

struct player {
	int master;
	int slave; /* held open: a reader that goes away does not hang up */
	char path[64];
	double speed;
	double octet_ns;       /* how long an octet takes on the line */
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

/* How many of len octets have begun by now, the first of them at meter_ns. */
static size_t octets_due(const struct player *p, size_t len, double meter_ns)
{
	struct timespec now;
	double passed_ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	passed_ns = ((double)(now.tv_sec - p->epoch.tv_sec) * SECOND_NS +
	             (double)(now.tv_nsec - p->epoch.tv_nsec)) *
	                    p->speed -
	            meter_ns;
	if (passed_ns >= (double)len * p->octet_ns)
		return len;
	return passed_ns > 0 ? (size_t)(passed_ns / p->octet_ns) : 0;
}

/* One octet after the other at the line's pace, on a fast one as many as are due; what nobody reads is lost,
 * as on a wire. */
static void send_message(struct player *p, const uint8_t *octets, size_t len, double meter_ns)
{
	size_t sent = 0;

	while (sent < len && !p->stopped) {
		size_t due;

		wait_until(p, meter_ns + (double)sent * p->octet_ns);
		due = octets_due(p, len, meter_ns);
		if (due <= sent)
			due = sent + 1;
		if (write(p->master, octets + sent, due - sent) < 0 && errno != EAGAIN)
			return;
		sent = due;
	}
}

static struct seal seal_of(const struct meters_row *meter, const struct simulate_settings *settings)
{
	struct seal seal = { .control = SEAL_ENCRYPTED };

	if (!meter->title)
		return seal;
	memcpy(seal.title, meter->title, sizeof(seal.title));
	memcpy(seal.key, settings->key, sizeof(seal.key));
	if (settings->has_auth_key) {
		seal.control |= SEAL_AUTHENTICATED;
		memcpy(seal.auth_key, settings->auth_key, sizeof(seal.auth_key));
	}
	return seal;
}

static void play(struct player *p, const struct meters_row *meter,
                 const struct simulate_settings *settings)
{
	const struct seal seal = seal_of(meter, settings);
	uint32_t number = (uint32_t)(time(NULL) - YEAR_2025) * 8;
	struct sampler sampler;

	p->octet_ns = meter->bits * SECOND_NS / meter->baud;
	sampler_init(&sampler, settings->start, meter->phases);
	clock_gettime(CLOCK_MONOTONIC, &p->epoch);
	for (time_t second = 0; !p->stopped; second++) {
		uint8_t buf[METERS_MESSAGE_MAX];
		struct sample sample;
		struct encoder e;
		unsigned list, delay_ms;

		sampler_next(&sampler, &sample);
		list = meters_due(meter, &sample.now, &delay_ms);
		if (list == 0)
			continue;
		sample.number = number++;
		encoder_init(&e, buf, sizeof(buf));
		meter->encode(&e, &sample, list, &seal);
		send_message(p, buf, e.len,
		             (double)second * SECOND_NS + delay_ms * SECOND_NS / 1000);
	}
}

int simulate(const struct simulate_settings *settings)
{
	const struct meters_row *meter = meters_find(settings->meter);
	struct player p = { .master = -1, .slave = -1, .speed = settings->speed };
	int rc;

	assert(!simulate_check(settings));

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
			play(&p, meter, settings);
		if (settings->link)
			remove_link(p.path, settings->link);
	}
	close_pty(&p);
	return rc;
}
