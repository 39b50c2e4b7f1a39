#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "monotonic.h"
#include "options.h"
#include "plural.h"
#include "source.h"
#include "usage.h"

struct record {
	struct options options;
	const char *output; /* NULL: standard output */
};

static void read_option(struct record *r, int c, char **argv)
{
	switch (c) {
	case 'o':
		r->output = optarg;
		break;
	case 'p':
		options_read_protocol(&r->options, optarg);
		if (r->options.bare)
			usage_refuse("capture",
			             "--protocol takes auto, hdlc, mbus or p1: a port brings "
			             "no bare APDU");
		break;
	case 'b':
		options_read_baud(&r->options, optarg);
		break;
	case 'f':
		options_read_format(&r->options, optarg);
		break;
	default:
		usage_end_options(c, argv, "capture");
	}
}

static void read_options(struct record *r, int argc, char **argv)
{
	static const struct option known[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "protocol", required_argument, NULL, 'p' },
		{ "baud", required_argument, NULL, 'b' },
		{ "format", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	opterr = 0;
	*r = (struct record){ .options.command = "capture" };
	while ((c = getopt_long(argc, argv, USAGE_SHORT, known, NULL)) != -1)
		read_option(r, c, argv);
	if (argc - optind != 1)
		usage_refuse("capture", "it takes one port");
	r->options.source = argv[optind];
	options_line_end(&r->options);
	if (r->output && !r->output[0])
		usage_refuse("capture", "--output takes a file's name");
	if (!r->output && isatty(STDOUT_FILENO))
		usage_refuse("capture", "it writes to a file: --output FILE, or > FILE");
}

/* Never over what is there: it may be the only one of its kind. */
static FILE *open_output(const char *path)
{
	int fd;

	if (!path)
		return stdout;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0) {
		usage_tell_errno(path);
		return NULL;
	}
	return fdopen(fd, "w");
}

static int copy(struct source *source, FILE *out, const struct record *r)
{
	uint64_t start = monotonic_ms();
	unsigned long long octets = 0;
	struct source_chunk chunk;
	int n, rc = capture_write_mark(out, time(NULL), source->name,
	                               source->settings[0] ? source->settings : NULL);

	while (rc == 0 && (n = source_read(source, &chunk)) != 0) {
		if (n < 0)
			return n;
		octets += chunk.len;
		rc = capture_write(out, chunk.now_ms - 1 - start, chunk.octets, chunk.len);
	}
	if (rc < 0) {
		errno = -rc;
		return usage_tell_errno(r->output ? r->output : "standard output");
	}
	fprintf(stderr, "hantool: %s: %llu octet%s captured\n", source->name, octets,
	        plural(octets));
	return 0;
}

int record_main(int argc, char **argv)
{
	static struct source source;
	struct record r;
	FILE *out;
	int rc;

	read_options(&r, argc, argv);
	if (source_open(&source, r.options.source, &r.options.line) < 0)
		return EXIT_FAILURE;
	if (!source.live)
		usage_refuse("capture", "%s is neither a serial port nor tcp://HOST:PORT",
		             source.name);
	source_announce(&source);
	out = open_output(r.output);
	rc = out ? copy(&source, out, &r) : -EIO;
	if (out && fclose(out) == EOF && rc == 0)
		rc = usage_tell_errno(r.output ? r.output : "standard output");
	source_close(&source);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
