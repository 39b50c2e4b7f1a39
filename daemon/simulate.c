#include "simulate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "household.h"
#include "kaifa.h"

#define OCTET_NS (10 * 1e9 / 2400) /* 8N1: ten bits */
#define SECOND   1000000000ULL

static volatile sig_atomic_t stopped;

static void on_stop(int signo)
{
	(void)signo;
	stopped = 1;
}

static int fail(const char *what)
{
	int rc = -errno;

	fprintf(stderr, "hantool: %s: %s\n", what, strerror(errno));
	return rc;
}

/* The master's descriptor. The slave stays open here too: a reader that goes away does not hang up. */
static int open_pty(char *path, size_t size)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios tio;
	int slave;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 ||
	    ptsname_r(master, path, size) != 0)
		return fail("pty");
	slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &tio) < 0)
		return fail(path);
	cfmakeraw(&tio);
	if (tcsetattr(slave, TCSANOW, &tio) < 0)
		return fail(path);
	return master;
}

/* Replaces a link, never anything else. */
static int make_link(const char *path, const char *link)
{
	struct stat st;

	if (lstat(link, &st) == 0 && S_ISLNK(st.st_mode))
		unlink(link);
	return symlink(path, link) < 0 ? fail(link) : 0;
}

static void sleep_until(const struct timespec *epoch, uint64_t ns)
{
	uint64_t at = (uint64_t)epoch->tv_nsec + ns;
	struct timespec until = { epoch->tv_sec + (time_t)(at / SECOND), (long)(at % SECOND) };

	while (!stopped && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		continue;
}

static struct han_datetime datetime_of(time_t local)
{
	struct tm tm;

	gmtime_r(&local, &tm);
	return (struct han_datetime){
		.year = (uint16_t)(tm.tm_year + 1900),
		.month = (uint8_t)(tm.tm_mon + 1),
		.day = (uint8_t)tm.tm_mday,
		.weekday = (uint8_t)(tm.tm_wday ? tm.tm_wday : 7),
		.hour = (uint8_t)tm.tm_hour,
		.minute = (uint8_t)tm.tm_min,
		.second = (uint8_t)tm.tm_sec,
		.hundredths = HAN_UNSPECIFIED,
		.deviation = HAN_NO_DEVIATION,
		.status = 0,
	};
}

/* List 3 at ten seconds past the hour, list 2 every ten seconds, list 1 every two. 0: none. */
static int list_due(time_t local)
{
	if (local % 3600 == 10)
		return KAIFA_LIST_3;
	if (local % 10 == 0)
		return KAIFA_LIST_2;
	return local % 2 == 0 ? KAIFA_LIST_1 : 0;
}

static size_t encode_second(struct encoder *e, const struct household *h,
                            const struct household_state *now, time_t local, enum kaifa_list list)
{
	struct kaifa meter = {
		.meter_id = "6970631400000000",
		.meter_type = "MA304H4",
		.source = { 0x02, 0x01 },
		.now = datetime_of(local),
		.power_import = now->power_import,
		.power_export = now->power_export,
		.reactive_import = now->reactive_import,
		.reactive_export = now->reactive_export,
		.energy = { h->import_ws / 3600, h->export_ws / 3600,
		            h->reactive_import_vars / 3600, h->reactive_export_vars / 3600 },
	};

	meter.clock = meter.now;
	memcpy(meter.current, now->current_ma, sizeof(meter.current));
	memcpy(meter.voltage, now->voltage_dv, sizeof(meter.voltage));
	return kaifa_encode(e, &meter, list);
}

/* One octet after the other at the line's pace; what nobody reads is lost, as on a wire. */
static void send_frame(int master, const struct encoder *e, size_t len,
                       const struct timespec *epoch, uint64_t start_ns, double speed)
{
	for (size_t i = 0; i < len && !stopped; i++) {
		sleep_until(epoch, start_ns + (uint64_t)((double)i * OCTET_NS / speed));
		if (write(master, e->octets + i, 1) < 0 && errno != EAGAIN)
			return;
	}
}

static void play(int master, const struct simulate_settings *settings)
{
	struct household house;
	struct encoder e;
	struct timespec epoch;

	household_init(&house, (uint64_t)settings->start);
	clock_gettime(CLOCK_MONOTONIC, &epoch);
	for (uint64_t second = 0; !stopped; second++) {
		time_t local = settings->start + (time_t)second;
		uint64_t start_ns = (uint64_t)((double)(second * SECOND) / settings->speed);
		struct household_state now = household_step(&house, (uint32_t)(local % 86400));
		int list = list_due(local);

		sleep_until(&epoch, start_ns);
		if (list)
			send_frame(master, &e,
			           encode_second(&e, &house, &now, local, (enum kaifa_list)list),
			           &epoch, start_ns, settings->speed);
	}
}

int simulate(const struct simulate_settings *settings)
{
	struct sigaction action = { .sa_handler = on_stop };
	char path[64];
	int master = open_pty(path, sizeof(path));
	int rc;

	if (master < 0)
		return master;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	rc = settings->link ? make_link(path, settings->link) : 0;
	if (rc < 0)
		return rc;
	printf("%s\n", path);
	fflush(stdout);
	play(master, settings);
	if (settings->link)
		unlink(settings->link);
	return 0;
}
