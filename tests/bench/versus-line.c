/* The two ends of what versus.py compares: meters that speak to two ports, and a subscriber who hears what becomes
 * of it.
 *
 *     versus-line DIRECTORY PORT [ALLOCATIONS]
 *
 * Two ports, DIRECTORY/a and DIRECTORY/b; whoever listens to one publishes below the topic "versus-a" or "versus-b" of
 * the broker at 127.0.0.1:PORT, and behind all other messages of a frame the one whose topic ends with "/reading".
 * Frames are a Kaifa MA304's, in a day's proportions: list 2 every fifth, list 3 once an hour. Commands come on
 * standard input, one per line; each is answered by one:
 *
 *     send PORT LIST         one frame, for nobody to wait for: its length in octets
 *     turns COUNT            so many to each port in turn, whole, the next when the last has come
 *     pace COUNT GAP_MS      so many to both at the same time, octet by octet at 2400 baud
 *     run PORT COUNT WINDOW  so many to one, whole, as long as WINDOW of them have not come back
 *
 * turns and pace answer with, for a and b, the median and the mean of the microseconds between a frame's last octet
 * and its last message. ALLOCATIONS is the file of allocations.c: each frame is an epoch.
 */
#include <errno.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "../../daemon/kaifa.h"
#include "allocations.h"

#define OCTET_NS   4166667 /* at 2400 baud, 8N1 */
#define PATIENCE_S 20
#define HOUR       1800 /* frames */
#define TURNS_MAX  1000000

struct end {
	int master;
	size_t sent;      /* frames */
	size_t heard;     /* that have come back */
	int64_t heard_ns; /* when the last one did */
	float *waits_us;
	size_t wait_count;
};

static struct end ends[2];
static struct mosquitto *mosq;
static struct allocations *allocations;
static uint8_t frame[1024];

static void fail(const char *what)
{
	fprintf(stderr, "versus-line: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- the meters ---- */

static enum kaifa_list list_of(size_t number)
{
	if (number % HOUR == HOUR - 1)
		return KAIFA_LIST_3;
	return number % 5 == 0 ? KAIFA_LIST_2 : KAIFA_LIST_1;
}

/* Every value differs from the one before, and has as many digits. Of the power little comes together in a run. */
static size_t encode(size_t number, enum kaifa_list list)
{
	const uint32_t step = (uint32_t)(number * 7 % 40);
	const struct han_datetime now = { 2026,
		                          1,
		                          15,
		                          4,
		                          13,
		                          (uint8_t)(number / 60 % 60),
		                          (uint8_t)(number % 60),
		                          0xFF,
		                          (int16_t)0x8000,
		                          0 };
	const struct kaifa meter = {
		.meter_id = "6970631400000016",
		.meter_type = "MA304H4",
		.source = { 0x02, 0x01 },
		.now = now,
		.clock = now,
		.power_import = 20 + step,
		.reactive_export = 120 + step,
		.current = { 4210 + step, 1910 + step, 2510 + step },
		.voltage = { 2310 + step, 2300 + step, 2320 + step },
		.energy = { 48211337, 0, 311820, 9120004 },
	};
	struct encoder e;

	encoder_init(&e, frame, sizeof(frame));
	return kaifa_encode(&e, &meter, list);
}

static size_t next_frame(struct end *end)
{
	if (allocations)
		__atomic_add_fetch(&allocations->epoch, 1, __ATOMIC_SEQ_CST);
	end->sent++;
	return encode(end->sent, list_of(end->sent));
}

static void write_all(struct end *end, const uint8_t *octets, size_t len)
{
	while (len > 0) {
		ssize_t n = write(end->master, octets, len);

		if (n < 0 && errno != EAGAIN)
			fail("the port");
		octets += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
}

static void open_port(struct end *end, const char *directory, const char *name)
{
	char path[256], slave[64];

	end->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	if (end->master < 0 || grantpt(end->master) < 0 || unlockpt(end->master) < 0 ||
	    ptsname_r(end->master, slave, sizeof(slave)) != 0 || symlink(slave, path) < 0)
		fail("the port");
	/* held open, so that who listens may come and go */
	if (open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC) < 0)
		fail("the port");
	end->waits_us = calloc(TURNS_MAX, sizeof(*end->waits_us));
	if (!end->waits_us)
		fail("memory");
}

/* ---- the subscriber ---- */

static void on_message(struct mosquitto *client, void *user, const struct mosquitto_message *m)
{
	static const char first[] = "versus-", last[] = "/reading";
	size_t len = strlen(m->topic);
	struct end *end;

	(void)client;
	(void)user;
	if (strncmp(m->topic, first, sizeof(first) - 1) != 0 ||
	    len < sizeof(first) + sizeof(last) ||
	    strcmp(m->topic + len - sizeof(last) + 1, last) != 0)
		return;
	end = &ends[m->topic[sizeof(first) - 1] == 'b'];
	end->heard++;
	end->heard_ns = now_ns();
}

static void on_subscribe(struct mosquitto *client, void *user, int id, int count,
                         const int *granted)
{
	(void)client;
	(void)id;
	(void)count;
	(void)granted;
	*(bool *)user = true;
}

/* What has come by then; false: nothing in that time. */
static bool hear(int timeout_ms)
{
	struct pollfd fd = { .fd = mosquitto_socket(mosq), .events = POLLIN };
	bool ready;

	if (mosquitto_want_write(mosq))
		mosquitto_loop_write(mosq, 1);
	ready = poll(&fd, 1, timeout_ms) > 0;
	if (ready && mosquitto_loop_read(mosq, 1) != MOSQ_ERR_SUCCESS)
		fail("the broker");
	mosquitto_loop_misc(mosq);
	return ready;
}

static void open_broker(int port)
{
	static bool subscribed;

	mosquitto_lib_init();
	mosq = mosquitto_new("versus-line", true, &subscribed);
	if (!mosq)
		fail("the broker");
	mosquitto_int_option(mosq, MOSQ_OPT_TCP_NODELAY, 1);
	mosquitto_message_callback_set(mosq, on_message);
	mosquitto_subscribe_callback_set(mosq, on_subscribe);
	if (mosquitto_connect(mosq, "127.0.0.1", port, 600) != MOSQ_ERR_SUCCESS ||
	    mosquitto_subscribe(mosq, NULL, "#", 0) != MOSQ_ERR_SUCCESS)
		fail("the broker");
	while (!subscribed)
		hear(1000);
}

static void await(struct end *end, size_t missing)
{
	int64_t deadline = now_ns() + PATIENCE_S * INT64_C(1000000000);

	while (end->heard + missing < end->sent) {
		if (!hear(1000) && now_ns() > deadline) {
			errno = ETIMEDOUT;
			fail("a frame");
		}
	}
}

/* ---- commands ---- */

static int compare(const void *one, const void *other)
{
	const float *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

static void tell_waits(void)
{
	for (struct end *end = ends; end < ends + 2; end++) {
		double sum = 0;

		qsort(end->waits_us, end->wait_count, sizeof(*end->waits_us), compare);
		for (size_t i = 0; i < end->wait_count; i++)
			sum += (double)end->waits_us[i];
		printf("%.1f %.1f ", (double)end->waits_us[end->wait_count / 2],
		       sum / (double)end->wait_count);
		end->wait_count = 0;
	}
	puts("");
}

static void note_wait(struct end *end, int64_t since_ns)
{
	if (end->wait_count < TURNS_MAX)
		end->waits_us[end->wait_count++] = (float)(end->heard_ns - since_ns) / 1000;
}

static void turn(struct end *end)
{
	size_t len = next_frame(end);
	int64_t begun_ns = now_ns();

	write_all(end, frame, len);
	await(end, 0);
	note_wait(end, begun_ns);
}

static void take_turns(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		turn(&ends[i % 2]);
		turn(&ends[1 - i % 2]);
	}
	tell_waits();
}

static void sleep_until(int64_t ns)
{
	struct timespec at = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		continue;
}

/* A wire is late for no other program's sake, so neither is this while it may. */
static void take_precedence(bool yes)
{
	const struct sched_param param = { .sched_priority = yes };

	sched_setscheduler(0, yes ? SCHED_FIFO : SCHED_OTHER, &param);
}

/* A line never catches up. */
static void keep_pace(size_t count, int64_t gap_ns)
{
	int64_t due_ns = now_ns();

	take_precedence(true);
	for (size_t i = 0; i < count; i++) {
		size_t len = next_frame(&ends[0]);
		int64_t last_ns = due_ns;

		ends[1].sent++;
		for (size_t at = 0; at < len; at++) {
			due_ns = due_ns > now_ns() - OCTET_NS / 2 ? due_ns : now_ns();
			sleep_until(due_ns += OCTET_NS);
			last_ns = now_ns();
			write_all(&ends[i % 2], frame + at, 1);
			write_all(&ends[1 - i % 2], frame + at, 1);
		}
		for (struct end *end = ends; end < ends + 2; end++) {
			await(end, 0);
			note_wait(end, last_ns);
		}
		due_ns += gap_ns;
	}
	take_precedence(false);
	tell_waits();
}

static void run(struct end *end, size_t count, size_t window)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = next_frame(end);

		await(end, window);
		write_all(end, frame, len);
	}
	await(end, 0);
	puts("done");
}

static void obey(const char *line)
{
	size_t count, more;
	char port;

	if (sscanf(line, "send %c %zu", &port, &more) == 2) {
		count = encode(0, (enum kaifa_list)more);
		ends[port == 'b'].sent++;
		write_all(&ends[port == 'b'], frame, count);
		printf("%zu\n", count);
	} else if (sscanf(line, "turns %zu", &count) == 1) {
		take_turns(count);
	} else if (sscanf(line, "pace %zu %zu", &count, &more) == 2) {
		keep_pace(count, (int64_t)more * 1000000);
	} else if (sscanf(line, "run %c %zu %zu", &port, &count, &more) == 3) {
		run(&ends[port == 'b'], count, more);
	} else {
		exit(2);
	}
	fflush(stdout);
}

static void map_allocations(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	allocations = mmap(NULL, sizeof(*allocations), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (allocations == MAP_FAILED)
		fail(path);
}

int main(int argc, char **argv)
{
	char line[128];

	if (argc < 3)
		return 2;
	open_port(&ends[0], argv[1], "a");
	open_port(&ends[1], argv[1], "b");
	if (argc > 3)
		map_allocations(argv[3]);
	open_broker(atoi(argv[2]));
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		obey(line);
	return 0;
}
