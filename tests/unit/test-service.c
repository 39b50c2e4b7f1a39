/* What systemd hears, at a socket of its kind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"

#include "log.h"
#include "service.h"

static struct {
	int fd;
	char name[128];
	struct loop loop;
	struct service service;
	uint64_t stalled_ms;
} s;

/* An abstract socket: nothing is left in the file system. */
static int listen_to_notes(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int len;

	(void)state;
	memset(&s, 0, sizeof(s));
	len = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "hanmqttd-test-%d",
	               getpid());
	snprintf(s.name, sizeof(s.name), "@%s", address.sun_path + 1);
	s.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s.fd < 0 ||
	    bind(s.fd, (struct sockaddr *)&address,
	         (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)) < 0)
		return -1;
	setenv("NOTIFY_SOCKET", s.name, 1);
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	log_init("test");
	log_set_level(LOG_ERR - 1);
	return loop_init(&s.loop);
}

static int forget_notes(void **state)
{
	(void)state;
	service_fini(&s.service);
	loop_fini(&s.loop);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	log_set_level(LOG_INFO);
	return close(s.fd);
}

/* The next datagram, "" for none. */
static const char *note(void)
{
	static char text[2048];
	ssize_t n = recv(s.fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void begin(void)
{
	service_init(&s.service, &s.loop);
	assert_string_equal(note(), "STATUS=starting");
}

static void test_states(void **state)
{
	unsigned long long usec;

	(void)state;
	begin();
	service_ready(&s.service);
	assert_string_equal(note(), "READY=1");
	service_reloading(&s.service);
	assert_int_equal(sscanf(note(), "RELOADING=1\nMONOTONIC_USEC=%llu", &usec), 1);
	assert_in_range(usec / 1000 + 10000, loop_now_ms(), loop_now_ms() + 10000);
	service_stopping(&s.service);
	assert_string_equal(note(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=5000000\nSTATUS=stopping");
	service_failed(16, "no %s", "line");
	assert_string_equal(note(), "STATUS=no line\nERRNO=16");
	service_failed(0, "no %s", "sense");
	assert_string_equal(note(), "STATUS=no sense");
}

/* A sentence is sent once; a remark stands behind each until it is taken back. */
static void test_status(void **state)
{
	(void)state;
	begin();
	service_status(&s.service, "reading, 229 W");
	assert_string_equal(note(), "STATUS=reading, 229 W");
	service_status(&s.service, "reading, 229 W");
	assert_string_equal(note(), "");
	service_remark(&s.service, "reload refused: %s", "x");
	assert_string_equal(note(), "STATUS=reading, 229 W; reload refused: x");
	service_status(&s.service, "reading, 230 W");
	assert_string_equal(note(), "STATUS=reading, 230 W; reload refused: x");
	service_remark(&s.service, "%s", "");
	assert_string_equal(note(), "STATUS=reading, 230 W");
	service_remark(&s.service, "%s", "");
	assert_string_equal(note(), "");
}

/* clang-format off */
static const struct {
	const char *name, *said, *sent;
} texts[] = {
	{ "a meter cannot say that it is ready", "reading X\nREADY=1", "STATUS=reading X?READY=1" },
	{ "other controls", "a\tb\x7f\x1b[1m", "STATUS=a?b??[1m" },
	{ "UTF-8 stays", "Z\xc3\xa4hler", "STATUS=Z\xc3\xa4hler" },
	{ "Latin 1 does not", "Z\xe4hler", "STATUS=Z?hler" },
};
/* clang-format on */

static void test_texts(void **state)
{
	(void)state;
	begin();
	for (size_t i = 0; i < COUNT(texts); i++) {
		say_case(texts[i].name);
		service_status(&s.service, texts[i].said);
		assert_string_equal(note(), texts[i].sent);
		service_failed(0, "%s", texts[i].said);
		assert_string_equal(note(), texts[i].sent);
	}
}

static void test_long(void **state)
{
	char text[4 * SERVICE_TEXT];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	begin();
	service_status(&s.service, text);
	assert_int_equal(strlen(note()), strlen("STATUS=") + SERVICE_TEXT - 1);
	service_remark(&s.service, "%s", text);
	assert_int_equal(strlen(note()), strlen("STATUS=") + 2 * SERVICE_TEXT);
}

static uint64_t stalled_ms(void *user)
{
	(void)user;
	loop_stop(&s.loop);
	return s.stalled_ms;
}

/* Whether the next feeding happens when the other thread has hung for so long. */
static bool is_fed(uint64_t ms)
{
	s.stalled_ms = ms;
	assert_int_equal(loop_run(&s.loop), 0);
	return strcmp(note(), "WATCHDOG=1") == 0;
}

static void test_watchdog(void **state)
{
	const uint64_t patience = SERVICE_STALL_PERIODS * 20;

	(void)state;
	setenv("WATCHDOG_USEC", "20000", 1);
	begin();
	service_watch(&s.service, stalled_ms, NULL);
	assert_true(is_fed(0));
	assert_true(is_fed(patience));
	assert_false(is_fed(patience + 1));
	assert_false(is_fed(patience * 1000));
	assert_true(is_fed(0)); /* it moves again */
}

/* A source that is always ready and never served takes the watchdog's turn from nobody. */
static void never_served(struct source *source, uint32_t events)
{
	(void)source;
	(void)events;
}

static void test_flood(void **state)
{
	struct source source = { -1, never_served };
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	source.fd = ends[0];
	assert_int_equal(loop_add(&s.loop, &source, 1 /* EPOLLIN */), 0);
	setenv("WATCHDOG_USEC", "20000", 1);
	begin();
	service_watch(&s.service, stalled_ms, NULL);
	for (int i = 0; i < 5; i++)
		assert_true(is_fed(0));
	loop_remove(&s.loop, &source);
	close(ends[0]);
	close(ends[1]);
}

static void test_nobody(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	service_init(&s.service, &s.loop);
	service_ready(&s.service);
	service_status(&s.service, "reading");
	service_failed(1, "failed");
	assert_string_equal(note(), "");
}

#define HEARD(test) cmocka_unit_test_setup_teardown(test, listen_to_notes, forget_notes)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HEARD(test_states),   HEARD(test_status), HEARD(test_texts),  HEARD(test_long),
		HEARD(test_watchdog), HEARD(test_flood),  HEARD(test_nobody),
	};

	return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
