#include "replay.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "simulate.h"
#include "source.h"
#include "terminal.h"
#include "usage.h"

#define MS_NS    1e6
#define OCTET_NS (10 * 1e9 / 2400) /* 8N1: ten bits */
#define LOOK_S   0.01              /* how often what the reader has left is looked at */
#define LOOKS    5 /* so often there must be nothing: between two queues nothing is seen either */

struct replay {
	const char *file;
	const char *link;
	double speed;
};

static void read_options(struct replay *r, int argc, char **argv)
{
	static const struct option known[] = {
		{ "speed", required_argument, NULL, 's' },
		{ "link", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	opterr = 0;
	*r = (struct replay){ .speed = 1 };
	while ((c = getopt_long(argc, argv, USAGE_SHORT, known, NULL)) != -1) {
		if (c == 'l')
			r->link = optarg;
		else if (c != 's')
			usage_end_options(c, argv, "replay");
		else if (!simulate_read_speed(optarg, &r->speed))
			usage_refuse("replay", "--speed takes a number above 0 up to 1000");
	}
	if (argc - optind != 1)
		usage_refuse("replay", "it takes one file");
	if (r->link && !r->link[0])
		usage_refuse("replay", "--link takes a path");
	r->file = argv[optind];
}

/* All of it: where the reader is slow, its time waits too. */
static int send(struct terminal *t, const uint8_t *octets, size_t len)
{
	while (len > 0 && !t->stopped) {
		ssize_t n = write(t->master, octets, len);

		if (n < 0 && errno != EAGAIN)
			return usage_tell_errno(t->path);
		if (n <= 0) {
			terminal_pause(t, LOOK_S);
			continue;
		}
		octets += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Arrivals at their times; a file without times octet by octet, as a line would bring it. */
static int play(struct terminal *t, struct source *source)
{
	struct source_chunk chunk;
	double sent = 0;
	int n, rc = 0;

	while (rc == 0 && !t->stopped && (n = source_read(source, &chunk)) != 0) {
		size_t step = source->timed ? chunk.len : 1;

		if (n < 0)
			return n;
		for (size_t i = 0; rc == 0 && !t->stopped && i < chunk.len; i += step) {
			terminal_wait(t, source->timed ? (double)(chunk.now_ms - 1) * MS_NS
			                               : sent * OCTET_NS);
			if (!t->stopped)
				rc = send(t, chunk.octets + i, step);
			sent += (double)step;
		}
	}
	return rc;
}

/* Until the reader has read all, or a signal comes. */
static void drain(struct terminal *t)
{
	int left, looks = 0;

	while (looks < LOOKS && ioctl(t->slave, FIONREAD, &left) == 0) {
		looks = left == 0 ? looks + 1 : 0;
		if (!terminal_sleep(t, LOOK_S))
			break;
	}
}

int replay_main(int argc, char **argv)
{
	static struct source source;
	struct terminal terminal;
	struct replay r;
	int rc;

	read_options(&r, argc, argv);
	if (source_open(&source, r.file, NULL) < 0)
		return EXIT_FAILURE;
	if (source.live)
		usage_refuse("replay", "it takes a file, not a line");
	rc = terminal_open(&terminal, r.link, r.speed);
	source_heed_signals(&source);
	if (rc == 0)
		rc = play(&terminal, &source);
	if (rc == 0)
		drain(&terminal);
	terminal_close(&terminal);
	source_close(&source);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
