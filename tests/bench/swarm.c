/* Many meters at once: Kaifa MA304s, each with a number, a household and a phase of its own, on pseudo terminals and
 * on TCP ports of this machine, at 2400 baud 8N1.
 *
 *	swarm PTYS PORTS LOG
 *
 * Prints the device of each meter, one a line, and obeys the lines of its standard input, each of which it answers with
 * that line:
 *
 *	burst   one list of every meter, whole, at once
 *	play    the lists at the meter's own pace from now on, every octet when a line would have brought it
 *
 * A meter's first list is the hourly one, which has all it ever says. LOG gets a line for each frame: the meter, its
 * own time in the frame, and when the last octet was written (nanoseconds, real-time clock). It ends with its input.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "kaifa.h"
#include "meters.h"
#include "sample.h"

#define TICK_NS   1000000
#define SECOND_NS 1000000000ULL
#define OCTET_NS  (SECOND_NS * 10 / 2400)
#define CYCLE_MS  10000 /* after which the lists begin again */
#define FRAME_MAX 512

struct meter {
	int fd;    /* to be written to; -1: nobody has called yet */
	int other; /* the terminal's other end, or the port that waits for a call */
	bool told; /* its hourly list went out */
	char id[32];
	struct sampler sampler;
	uint64_t second_ns; /* when its next second begins */
	uint64_t begun_ns;  /* of the frame on its way */
	size_t len, sent;   /* of that */
	char time[32];
	uint8_t frame[FRAME_MAX];
};

struct swarm {
	struct meter *meters;
	uint64_t *
		due_ns; /* of each meter, when something is to be done; apart, as it is looked at every time */
	size_t count;
	bool playing;
	const struct meters_row *row;
	FILE *log;
};

static uint64_t now_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

/* ---- ports ---- */

static void open_terminal(struct meter *m)
{
	struct termios tio;
	char path[64];

	m->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (m->fd < 0 || grantpt(m->fd) < 0 || unlockpt(m->fd) < 0 ||
	    ptsname_r(m->fd, path, sizeof(path)) != 0)
		die("no pseudo terminal");
	m->other = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (m->other < 0 || tcgetattr(m->other, &tio) < 0)
		die(path);
	cfmakeraw(&tio);
	if (tcsetattr(m->other, TCSANOW, &tio) < 0)
		die(path);
	printf("%s\n", path);
}

static void open_port(struct meter *m)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(at);

	m->fd = -1;
	m->other = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (m->other < 0 || bind(m->other, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    listen(m->other, 1) < 0 || getsockname(m->other, (struct sockaddr *)&at, &size) < 0)
		die("no port");
	printf("tcp://127.0.0.1:%u\n", ntohs(at.sin_port));
}

static void answer(struct meter *m)
{
	const int on = 1;

	m->fd = accept4(m->other, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (m->fd >= 0)
		setsockopt(m->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	else if (errno != EAGAIN)
		die("no call");
}

/* ---- lists ---- */

static void encode(struct meter *m, const struct sample *sample, unsigned list)
{
	struct kaifa kaifa = meters_kaifa(sample);
	struct encoder e;

	kaifa.meter_id = m->id;
	encoder_init(&e, m->frame, sizeof(m->frame));
	m->len = kaifa_encode(&e, &kaifa, m->told ? (enum kaifa_list)list : KAIFA_LIST_3);
	m->sent = 0;
	m->told = true;
	assert(m->len > 0);
	snprintf(m->time, sizeof(m->time), "%04u-%02u-%02uT%02u:%02u:%02u", kaifa.now.year,
	         kaifa.now.month, kaifa.now.day, kaifa.now.hour, kaifa.now.minute,
	         kaifa.now.second);
}

/* What nobody reads is lost, as on a wire; whoever hung up is not called back. */
static void write_until(struct swarm *s, struct meter *m, size_t len)
{
	if (m->fd >= 0 && write(m->fd, m->frame + m->sent, len - m->sent) < 0 && errno != EAGAIN) {
		close(m->fd);
		m->fd = -1;
	}
	m->sent = len;
	if (len == m->len)
		fprintf(s->log, "%s %s %" PRIu64 "\n", m->id, m->time, now_of(CLOCK_REALTIME));
}

static void burst(struct swarm *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct sample sample;

		sampler_next(&s->meters[i].sampler, &sample);
		encode(&s->meters[i], &sample, KAIFA_LIST_2);
	}
	for (size_t i = 0; i < s->count; i++)
		write_until(s, &s->meters[i], s->meters[i].len);
}

/* ---- pace ---- */

static void live_second(struct swarm *s, struct meter *m)
{
	struct sample sample;
	unsigned list, delay_ms = 0;

	sampler_next(&m->sampler, &sample);
	list = meters_due(s->row, &sample.now, &delay_ms);
	if (list > 0) {
		encode(m, &sample, list);
		m->begun_ns = m->second_ns + delay_ms * (SECOND_NS / 1000);
	}
	m->second_ns += SECOND_NS;
}

/* What is due by now; returns when there is more to do. */
static uint64_t act(struct swarm *s, struct meter *m, uint64_t now_ns)
{
	if (m->sent == m->len)
		live_second(s, m);
	if (m->sent < m->len && now_ns > m->begun_ns) {
		size_t due = (size_t)((now_ns - m->begun_ns) / OCTET_NS);

		write_until(s, m, due < m->len ? due : m->len);
	}
	return m->sent < m->len ? m->begun_ns + (m->sent + 1) * OCTET_NS : m->second_ns;
}

static void play(struct swarm *s)
{
	uint64_t now_ns = now_of(CLOCK_MONOTONIC);

	for (size_t i = 0; i < s->count; i++) {
		s->meters[i].second_ns = now_ns + i * 7919 % 1000 * (SECOND_NS / 1000);
		s->due_ns[i] = s->meters[i].second_ns;
	}
	s->playing = true;
}

static void tick(struct swarm *s)
{
	uint64_t now_ns = now_of(CLOCK_MONOTONIC);

	for (size_t i = 0; i < s->count; i++) {
		if (s->due_ns[i] <= now_ns)
			s->due_ns[i] = act(s, &s->meters[i], now_ns);
	}
}

/* ---- the whole ---- */

static void init(struct swarm *s, size_t terminals)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	now += tm.tm_gmtoff;
	for (size_t i = 0; i < s->count; i++) {
		struct meter *m = &s->meters[i];
		time_t phase = (time_t)(i * 7919 % CYCLE_MS / 1000);

		snprintf(m->id, sizeof(m->id), "6970631455%06zu", i);
		sampler_init(&m->sampler, now - phase, 3);
		household_init(&m->sampler.house, i, 3);
		if (i < terminals)
			open_terminal(m);
		else
			open_port(m);
	}
}

/* Whether there is more to come. */
static bool obey(struct swarm *s)
{
	char line[32];

	if (!fgets(line, sizeof(line), stdin))
		return false;
	for (size_t i = 0; i < s->count; i++) {
		if (s->meters[i].fd < 0)
			answer(&s->meters[i]);
	}
	if (strcmp(line, "burst\n") == 0)
		burst(s);
	else if (strcmp(line, "play\n") == 0)
		play(s);
	fputs(line, stdout);
	return fflush(stdout) == 0;
}

int main(int argc, char **argv)
{
	struct swarm s = { .row = meters_find("kaifa-ma304") };
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	const struct timespec tick_time = { .tv_nsec = TICK_NS };
	size_t terminals;

	signal(SIGPIPE, SIG_IGN);
	if (argc != 4 || !(s.log = fopen(argv[3], "w")))
		die("usage: swarm PTYS PORTS LOG");
	terminals = strtoul(argv[1], NULL, 10);
	s.count = terminals + strtoul(argv[2], NULL, 10);
	s.meters = calloc(s.count + 1, sizeof(*s.meters));
	s.due_ns = calloc(s.count + 1, sizeof(*s.due_ns));
	if (!s.meters || !s.due_ns)
		die("no memory");
	init(&s, terminals);
	fflush(stdout);
	for (bool more = true; more;) {
		int n = ppoll(&input, 1, s.playing ? &tick_time : NULL, NULL);

		if (s.playing)
			tick(&s);
		more = n < 1 || obey(&s);
	}
	free(s.due_ns);
	free(s.meters);
	return fclose(s.log) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
