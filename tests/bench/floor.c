/* The least that a program can do for a meter's values on MQTT, for the daemon to be compared with.
 *
 *     floor DEVICE PORT MESSAGES
 *
 * epoll, read until EAGAIN, libmosquitto's own thread. It decodes nothing: it counts octets to the end that an HDLC
 * frame's header announces, and sends the messages that stand in the file MESSAGES for a frame of that length to the
 * broker at 127.0.0.1:PORT. The file's lines: "frame OCTETS", or "minute" for what is sent once a minute; below
 * each, "message QOS RETAIN EXPIRY TOPIC PAYLOAD". Says "ready" on standard output once the broker has accepted it.
 */
#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

#define SETS     8
#define MESSAGES 64

struct message {
	char *topic, *payload;
	int len, qos;
	bool retain;
	mosquitto_property *properties;
};

struct set {
	size_t octets; /* of the frame; 0: once a minute */
	size_t count;
	struct message messages[MESSAGES];
};

static struct set sets[SETS];
static size_t set_count;
static struct mosquitto *mosq;

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void read_message(char *line)
{
	struct set *set = &sets[set_count - 1];
	struct message *m = &set->messages[set->count];
	unsigned retain, expiry;
	int at = 0, end = 0;

	if (set_count == 0 || set->count == MESSAGES ||
	    sscanf(line, "message %d %u %u %n%*s%n", &m->qos, &retain, &expiry, &at, &end) < 3)
		fail(line);
	m->topic = strndup(line + at, (size_t)(end - at));
	m->payload = strdup(line + end + 1);
	if (!m->topic || !m->payload)
		fail("memory");
	m->len = (int)strlen(m->payload);
	m->retain = retain;
	if (expiry > 0)
		mosquitto_property_add_int32(&m->properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL,
		                             expiry);
	set->count++;
}

static void read_sets(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[4096];

	if (!file)
		fail(path);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "message ", 8) == 0)
			read_message(line);
		else if (set_count == SETS)
			fail("sets");
		else if (sscanf(line, "frame %zu", &sets[set_count].octets) == 1 ||
		         strcmp(line, "minute") == 0)
			set_count++;
	}
	fclose(file);
}

static void publish(size_t octets)
{
	const struct set *set = sets;

	while (set < sets + set_count && set->octets != octets)
		set++;
	for (size_t i = 0; set < sets + set_count && i < set->count; i++) {
		const struct message *m = &set->messages[i];

		mosquitto_publish_v5(mosq, NULL, m->topic, m->len, m->payload, m->qos, m->retain,
		                     m->properties);
	}
}

/* Flag, 0xA0 with the upper three bits of the length, which counts all but the flags. */
static void take(const uint8_t *octets, size_t len)
{
	static size_t have, end;

	for (size_t i = 0; i < len; i++) {
		if (++have == 2)
			end = (size_t)(octets[i] & 7) << 8;
		else if (have == 3)
			end = (end | octets[i]) + 2;
		if (have < 3 || have < end)
			continue;
		publish(have);
		have = 0;
	}
}

static int open_tty(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios tio;

	if (fd < 0 || tcgetattr(fd, &tio) < 0)
		fail(path);
	cfmakeraw(&tio);
	if (cfsetspeed(&tio, B2400) < 0 || tcsetattr(fd, TCSANOW, &tio) < 0)
		fail(path);
	return fd;
}

static int open_minute(void)
{
	const struct itimerspec spec = { { 60, 0 }, { 60, 0 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd < 0 || timerfd_settime(fd, 0, &spec, NULL) < 0)
		fail("timer");
	return fd;
}

static void connected(struct mosquitto *client, void *user, int code)
{
	(void)client;
	(void)user;
	if (code != 0)
		exit(1);
	puts("ready");
	fflush(stdout);
}

static void open_broker(int port)
{
	mosquitto_lib_init();
	mosq = mosquitto_new("floor", true, NULL);
	if (!mosq)
		fail("client");
	mosquitto_int_option(mosq, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
	mosquitto_int_option(mosq, MOSQ_OPT_TCP_NODELAY, 1); /* bursts would stall for 40 ms */
	mosquitto_connect_callback_set(mosq, connected);
	if (mosquitto_connect(mosq, "127.0.0.1", port, 60) != MOSQ_ERR_SUCCESS ||
	    mosquitto_loop_start(mosq) != MOSQ_ERR_SUCCESS)
		fail("broker");
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		fail("epoll");
}

int main(int argc, char **argv)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC), tty, minute;

	if (argc != 4)
		return 2;
	read_sets(argv[3]);
	tty = open_tty(argv[1]);
	minute = open_minute();
	open_broker(atoi(argv[2]));
	watch(epoll, tty);
	watch(epoll, minute);
	for (;;) {
		struct epoll_event event;
		uint8_t buf[512];
		ssize_t n;

		if (epoll_wait(epoll, &event, 1, -1) < 1)
			continue;
		while ((n = read(event.data.fd, buf, sizeof(buf))) > 0) {
			if (event.data.fd == minute)
				publish(0);
			else
				take(buf, (size_t)n);
		}
		if (event.events & EPOLLHUP)
			return 0;
	}
}
