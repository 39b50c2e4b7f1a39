#include "simulate.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "meters.h"
#include "options.h"
#include "setting.h"
#include "terminal.h"
#include "usage.h"

#define SECOND_NS  1e9
#define SPEED_MAX  1000
#define METERS_MAX 32
#define YEAR_2025  1735689600 /* when invocation counters began */

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

const char *simulate_check(const struct simulate_settings *settings)
{
	const struct meters_row *meter = meters_find(settings->meter);

	if (!meter)
		return "there is no such meter; `hantool lists` prints their names";
	if (meter->title && !settings->has_key)
		return "this meter encrypts its messages: give it a key with --key HEX";
	if (!meter->title && (settings->has_key || settings->has_auth_key))
		return "this meter does not encrypt its messages: it takes no keys";
	return NULL;
}

/* ---- play ---- */

struct player {
	struct terminal terminal;
	double octet_ns; /* how long an octet takes on the line */
};

/* How many of len octets have begun by now, the first of them at meter_ns. */
static size_t octets_due(const struct player *p, size_t len, double meter_ns)
{
	double passed_ns = terminal_passed(&p->terminal) - meter_ns;

	if (passed_ns >= (double)len * p->octet_ns)
		return len;
	return passed_ns > 0 ? (size_t)(passed_ns / p->octet_ns) : 0;
}

/* One octet after the other at the line's pace, on a fast one as many as are due; what nobody reads is lost,
 * as on a wire. */
static void send_message(struct player *p, const uint8_t *octets, size_t len, double meter_ns)
{
	size_t sent = 0;

	while (sent < len && !p->terminal.stopped) {
		size_t due;

		terminal_wait(&p->terminal, meter_ns + (double)sent * p->octet_ns);
		due = octets_due(p, len, meter_ns);
		if (due <= sent)
			due = sent + 1;
		if (write(p->terminal.master, octets + sent, due - sent) < 0 && errno != EAGAIN)
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
	terminal_start(&p->terminal);
	while (!p->terminal.stopped) {
		uint8_t buf[METERS_MESSAGE_MAX];
		struct sample sample;
		struct encoder e;
		unsigned delay_ms, list = meters_next(meter, &sampler, &sample, &delay_ms);
		time_t second = sampler.second - 1 - settings->start;

		sample.number = number++;
		encoder_init(&e, buf, sizeof(buf));
		meter->encode(&e, &sample, list, &seal);
		send_message(p, buf, e.len,
		             (double)second * SECOND_NS + delay_ms * SECOND_NS / 1000);
	}
}

int simulate(const struct simulate_settings *settings)
{
	struct player p;
	int rc;

	assert(!simulate_check(settings));
	rc = terminal_open(&p.terminal, settings->link, settings->speed);
	if (rc == 0)
		play(&p, meters_find(settings->meter), settings);
	terminal_close(&p.terminal);
	return rc;
}

/* ---- command ---- */

static void refuse_settings(const struct simulate_settings *s, const char *why)
{
	const char *names[METERS_MAX], *nearest = NULL;
	size_t count = 0;

	for (; count < meters_count() && count < METERS_MAX; count++)
		names[count] = meters_at(count)->name;
	if (!meters_find(s->meter))
		nearest = setting_nearest(s->meter, names, count);
	usage_refuse("simulate", "%s: %s%s%s", s->meter, why, nearest ? "; is this meant: " : "",
	             nearest ? nearest : "");
}

static bool read_option(struct simulate_settings *s, int c)
{
	switch (c) {
	case 'm':
		s->meter = optarg;
		break;
	case 'k':
		options_read_key(s->key, &s->has_key, optarg, "simulate", "--key");
		break;
	case 'a':
		options_read_key(s->auth_key, &s->has_auth_key, optarg, "simulate", "--auth-key");
		break;
	case 's':
		if (!simulate_read_speed(optarg, &s->speed))
			usage_refuse("simulate", "--speed takes a number above 0 up to 1000");
		break;
	case 't':
		if (!simulate_read_start(optarg, &s->start))
			usage_refuse("simulate", "--start takes a time like 2026-01-31T23:59:50");
		break;
	case 'l':
		s->link = optarg;
		break;
	default:
		return false;
	}
	return true;
}

int simulate_main(int argc, char **argv)
{
	static const struct option known[] = {
		{ "meter", required_argument, NULL, 'm' },
		{ "key", required_argument, NULL, 'k' },
		{ "auth-key", required_argument, NULL, 'a' },
		{ "speed", required_argument, NULL, 's' },
		{ "start", required_argument, NULL, 't' },
		{ "link", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct simulate_settings settings;
	const char *wrong;
	int c;

	opterr = 0;
	simulate_init(&settings);
	while ((c = getopt_long(argc, argv, USAGE_SHORT, known, NULL)) != -1) {
		if (!read_option(&settings, c))
			usage_end_options(c, argv, "simulate");
	}
	if (optind < argc)
		usage_refuse("simulate", "it takes no arguments");
	if (settings.link && !settings.link[0])
		usage_refuse("simulate", "--link takes a path");
	wrong = simulate_check(&settings);
	if (wrong)
		refuse_settings(&settings, wrong);
	return simulate(&settings) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
