/* hantool: decode what a meter sends, play a meter, name the lists known. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <han/decoder.h>

#include "seed.h"
#include "simulate.h"

enum { EXIT_USAGE = 2 };

static const char help[] =
	"Usage: hantool decode [OPTION]... [FILE|DEVICE|tcp://HOST:PORT|-]\n"
	"       hantool simulate [OPTION]...\n"
	"       hantool lists\n"
	"       hantool --help | --version\n"
	"\n"
	"decode prints one JSON object per message. A serial port is read at 2400 8N1.\n"
	"  --compact             one line per message\n"
	"  --protocol PROTOCOL   auto, hdlc, or dlms (a bare APDU)\n"
	"  --list LIST           auto\n"
	"\n"
	"simulate plays a meter on a pty and prints the pty's path.\n"
	"  --meter METER         kaifa-ma304, or another one (see below)\n"
	"  --key HEX             the encryption key of a meter that encrypts\n"
	"  --auth-key HEX        its authentication key, when it is to authenticate as well\n"
	"  --speed X             X times the meter's own pace, above 0 up to 1000\n"
	"  --start TIME          the meter's clock at the start, like 2026-01-31T23:59:50\n"
	"  --link PATH           make PATH a symbolic link to the pty\n"
	"\n"
	"lists names the lists that decode knows.\n"
	"\n"
	"See hantool(1).\n";

static void print_help(void)
{
	fputs(help, stdout);
	puts("\nMeters:");
	for (size_t i = 0; i < simulate_meter_count(); i++)
		printf("  %-20s  %s\n", simulate_meter_name(i), simulate_meter_about(i));
}

__attribute__((noreturn)) static void refuse_usage(const char *what)
{
	fprintf(stderr, "hantool: %s; `hantool --help` shows the commands\n", what);
	exit(EXIT_USAGE);
}

/* What both commands have: --help; getopt itself has told what was wrong. */
__attribute__((noreturn)) static void end_options(int c)
{
	if (c == 'h') {
		print_help();
		exit(EXIT_SUCCESS);
	}
	refuse_usage("wrong option");
}

static int tell_errno(const char *what)
{
	int rc = -errno;

	fprintf(stderr, "hantool: %s: %s\n", what, strerror(-rc));
	return rc;
}

/* ---- decode ---- */

struct decode {
	const char *source;
	bool compact;
	bool bare; /* the input is one APDU */
	struct han_decoder decoder;
	uint64_t offset; /* octets of the input so far */
	unsigned long messages;
	bool failed; /* a message cannot be printed */
};

static void print_reading(struct decode *d, const struct han_reading *reading)
{
	char *text = seed_print(reading, true, d->compact);

	if (!text)
		errno = ENOMEM;
	if (!text || printf("%s\n", text) < 0 || fflush(stdout) == EOF) {
		tell_errno("a message cannot be printed");
		d->failed = true;
	}
	free(text);
	d->messages++;
}

/* An event after the octets so far. Where a refused frame began only the decoder knows: what is told is
 * what it stands before. */
static void tell(struct decode *d, const struct han_event *event)
{
	unsigned long long end = d->offset, frame = end - event->frame_len;

	if (event->discarded > 0)
		fprintf(stderr, "hantool: before octet %llu: %zu octets belong to no frame\n",
		        frame, event->discarded);
	switch (event->type) {
	case HAN_MORE:
	case HAN_PART:
		break;
	case HAN_READING:
		print_reading(d, event->reading);
		break;
	case HAN_BAD_FRAME:
		fprintf(stderr, "hantool: before octet %llu: frame refused: %s\n", end,
		        han_err_name(event->err));
		break;
	case HAN_BAD_MESSAGE:
		fprintf(stderr, "hantool: before octet %llu: message not decoded: %s\n", end,
		        han_err_name(event->err));
		break;
	}
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + 1;
}

static void feed(struct decode *d, const uint8_t *buf, size_t len, uint64_t now)
{
	struct han_event event;

	do {
		size_t used = han_decoder_push(&d->decoder, buf, len, now, &event);

		buf += used;
		len -= used;
		d->offset += used;
		tell(d, &event);
	} while (event.type != HAN_MORE && !d->failed);
}

static void feed_end(struct decode *d)
{
	struct han_event event;

	do {
		han_decoder_end(&d->decoder, &event);
		tell(d, &event);
	} while (event.type != HAN_MORE && !d->failed);
}

/* A descriptor that can be read once SIGINT or SIGTERM came, which do nothing else from here on. */
static int open_signals(void)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	return signalfd(-1, &stop, SFD_CLOEXEC);
}

/* A stream of frames; live: from a line, where silence means something, until somebody stops it. */
static int decode_stream(struct decode *d, int fd, bool live)
{
	struct pollfd wait[] = { { fd, POLLIN, 0 }, { live ? open_signals() : -1, POLLIN, 0 } };
	uint8_t buf[4096];
	ssize_t n = 1;
	int rc = 0;

	while (n > 0 && !d->failed) {
		poll(wait, 2, -1);
		if (wait[1].revents)
			break;
		n = read(fd, buf, sizeof(buf));
		if (n > 0)
			feed(d, buf, (size_t)n, live ? now_ms() : 0);
	}
	if (n < 0 && !(live && errno == EIO)) /* EIO: the line hung up */
		rc = tell_errno(d->source);
	if (!d->failed)
		feed_end(d);
	return rc;
}

static int decode_bare(struct decode *d, int fd)
{
	static uint8_t apdu[64 * 1024];
	struct han_event event;
	ssize_t n = 1;

	while (n > 0 && d->offset < sizeof(apdu)) {
		n = read(fd, apdu + d->offset, sizeof(apdu) - d->offset);
		d->offset += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		return tell_errno(d->source);
	if (d->offset == sizeof(apdu)) {
		errno = EFBIG;
		return tell_errno(d->source);
	}
	han_decoder_apdu(&d->decoder, apdu, d->offset, &event);
	tell(d, &event);
	return 0;
}

/* 2400 8N1, without flow control and modem lines. */
static int set_up_tty(int fd)
{
	struct termios tio;

	if (tcgetattr(fd, &tio) < 0)
		return -1;
	cfmakeraw(&tio);
	tio.c_cflag |= CREAD | CLOCAL;
	tio.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
	if (cfsetspeed(&tio, B2400) < 0 || tcsetattr(fd, TCSANOW, &tio) < 0)
		return -1;
	return fcntl(fd, F_SETFL, O_RDONLY); /* blocking again */
}

/* Without O_NONBLOCK a port may wait for a carrier that its three wires do not have; a FIFO must wait for
 * who writes. The terminal that somebody types at is a file, not a line: raw it would lock them out. */
static int open_path(const char *path, bool *live)
{
	int flags = O_RDONLY | O_NOCTTY | O_CLOEXEC, fd = STDIN_FILENO;
	struct stat st;

	if (strcmp(path, "-") != 0) {
		if (stat(path, &st) == 0 && S_ISCHR(st.st_mode))
			flags |= O_NONBLOCK;
		fd = open(path, flags);
	}
	*live = fd >= 0 && isatty(fd) && tcgetpgrp(fd) < 0;
	if (fd < 0 || (*live && set_up_tty(fd) < 0)) {
		tell_errno(path);
		return -1;
	}
	return fd;
}

/* address: HOST:PORT, an IPv6 host in brackets. A descriptor, or -1, told. */
static int open_tcp(const char *address)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	const char *colon = strrchr(address, ':');
	struct addrinfo *found;
	char host[256];
	int fd = -1, rc;

	if (!colon || colon == address || !colon[1])
		refuse_usage("tcp:// wants HOST:PORT");
	if (address[0] == '[' && colon[-1] == ']')
		snprintf(host, sizeof(host), "%.*s", (int)(colon - address - 2), address + 1);
	else
		snprintf(host, sizeof(host), "%.*s", (int)(colon - address), address);
	rc = getaddrinfo(host, colon + 1, &hints, &found);
	if (rc != 0) {
		fprintf(stderr, "hantool: %s: %s\n", address, gai_strerror(rc));
		return -1;
	}
	for (struct addrinfo *a = found; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
			close(fd);
			fd = -1;
		}
	}
	if (fd < 0)
		tell_errno(address);
	freeaddrinfo(found);
	return fd;
}

static int open_source(const char *source, bool *live)
{
	static const char tcp[] = "tcp://";

	if (strncmp(source, tcp, strlen(tcp)) != 0)
		return open_path(source, live);
	*live = true;
	return open_tcp(source + strlen(tcp));
}

static void set_protocol(struct decode *d, const char *name)
{
	if (strcmp(name, "mbus") == 0 || strcmp(name, "p1") == 0)
		refuse_usage("this protocol is not available yet");
	d->bare = strcmp(name, "dlms") == 0;
	if (!d->bare && strcmp(name, "auto") != 0 && strcmp(name, "hdlc") != 0)
		refuse_usage("--protocol takes auto, hdlc or dlms");
}

static void read_decode_options(struct decode *d, int argc, char **argv)
{
	static const struct option known[] = {
		{ "compact", no_argument, NULL, 'c' },
		{ "protocol", required_argument, NULL, 'p' },
		{ "list", required_argument, NULL, 'l' },
		{ "key", required_argument, NULL, 'k' },
		{ "auth-key", required_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'c':
			d->compact = true;
			break;
		case 'p':
			set_protocol(d, optarg);
			break;
		case 'l':
			if (strcmp(optarg, "auto") != 0)
				refuse_usage("--list other than auto is not available yet");
			break;
		case 'k':
			refuse_usage("keys are not available yet");
		default:
			end_options(c);
		}
	}
	if (argc - optind > 1)
		refuse_usage("decode takes one source");
	d->source = optind < argc ? argv[optind] : "-";
}

static int run_decode(int argc, char **argv)
{
	static struct decode d;
	bool live;
	int fd, rc;

	read_decode_options(&d, argc, argv);
	fd = open_source(d.source, &live);
	if (fd < 0)
		return EXIT_FAILURE;
	han_decoder_init(&d.decoder, NULL);
	rc = d.bare ? decode_bare(&d, fd) : decode_stream(&d, fd, live);
	if (d.messages == 0)
		fprintf(stderr, "hantool: %s: no message could be decoded\n", d.source);
	return rc == 0 && !d.failed && d.messages > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- simulate ---- */

static int run_simulate(int argc, char **argv)
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
	int c;

	simulate_init(&settings);
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'm':
			settings.meter = optarg;
			break;
		case 'k':
			if (!simulate_read_key(optarg, settings.key))
				refuse_usage("--key takes 32 hex digits");
			settings.has_key = true;
			break;
		case 'a':
			if (!simulate_read_key(optarg, settings.auth_key))
				refuse_usage("--auth-key takes 32 hex digits");
			settings.has_auth_key = true;
			break;
		case 's':
			if (!simulate_read_speed(optarg, &settings.speed))
				refuse_usage("--speed takes a number above 0 up to 1000");
			break;
		case 't':
			if (!simulate_read_start(optarg, &settings.start))
				refuse_usage("--start takes a time like 2026-01-31T23:59:50");
			break;
		case 'l':
			settings.link = optarg;
			break;
		default:
			end_options(c);
		}
	}
	if (optind < argc)
		refuse_usage("simulate takes no arguments");
	if (simulate_check(&settings))
		refuse_usage(simulate_check(&settings));
	return simulate(&settings) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- lists ---- */

static int run_lists(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		refuse_usage("lists takes no arguments");
	for (size_t i = 0; i < han_list_count(); i++) {
		const struct han_list *list = han_list_at(i);

		printf("%-18s %-8s %s\n", han_list_name(list), han_list_maker(list),
		       han_list_about(list));
	}
	return fflush(stdout) == EOF ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{ "decode", run_decode },
		{ "simulate", run_simulate },
		{ "lists", run_lists },
	};
	static char program[] = "hantool"; /* who getopt says it is */

	if (argc < 2)
		refuse_usage("no command");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		argv[1] = program;
		return commands[i].run(argc - 1, argv + 1);
	}
	if (strcmp(argv[1], "--version") == 0)
		puts("hantool " HANMQTTD_VERSION);
	else if (strcmp(argv[1], "--help") == 0)
		print_help();
	else
		refuse_usage("unknown command");
	return EXIT_SUCCESS;
}
