/* Messages on standard error: levels, lines, lengths; and the choice of the journal. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#include "log.h"
#include "ratelimit.h"

/* Standard error while a test runs: a pipe. */
static struct {
	int before, out;
} caught = { -1, -1 };

static int catch_stderr(void **state)
{
	int ends[2];

	(void)state;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	caught.before = dup(STDERR_FILENO);
	caught.out = ends[0];
	unsetenv("JOURNAL_STREAM");
	return dup2(ends[1], STDERR_FILENO) < 0 || close(ends[1]) < 0 ? -1 : 0;
}

static int release_stderr(void **state)
{
	(void)state;
	unsetenv("JOURNAL_STREAM");
	log_init("hanmqttd");
	log_set_level(LOG_INFO);
	close(caught.out);
	return dup2(caught.before, STDERR_FILENO) < 0 || close(caught.before) < 0 ? -1 : 0;
}

/* What was written since the last time. */
static const char *said(void)
{
	static char text[8192];
	ssize_t n = read(caught.out, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* clang-format off */
static const struct {
	int level;
	const char *name;
} levels[] = {
	{ LOG_ERR, "error" }, { LOG_WARNING, "warning" }, { LOG_NOTICE, "notice" }, { LOG_INFO, "info" }, { LOG_DEBUG, "debug" },
};
/* clang-format on */

/* At every level, exactly the messages up to it. */
static void test_levels(void **state)
{
	(void)state;
	log_init("hanmqttd");
	for (size_t set = 0; set < COUNT(levels); set++) {
		log_set_level(levels[set].level);
		for (size_t i = 0; i < COUNT(levels); i++) {
			char line[64] = "";

			if (i <= set)
				snprintf(line, sizeof(line), "hanmqttd: %s: 42\n", levels[i].name);
			assert_int_equal(log_enabled(levels[i].level), i <= set);
			log_write(levels[i].level, NULL, "%d", 42);
			assert_string_equal(said(), line);
		}
	}
}

static void test_shorthands(void **state)
{
	(void)state;
	log_init("hanmqttd");
	log_set_level(LOG_DEBUG);
	log_error("%s", "a");
	log_warning("%s", "b");
	log_notice("%s", "c");
	log_info("%s", "d");
	log_debug("%s", "e");
	assert_string_equal(said(),
	                    "hanmqttd: error: a\nhanmqttd: warning: b\nhanmqttd: notice: c\n"
	                    "hanmqttd: info: d\nhanmqttd: debug: e\n");
}

/* Without being told, as in a library's test, notes of work are written and its details are not. */
static void test_default_level(void **state)
{
	(void)state;
	assert_true(log_enabled(LOG_INFO));
	assert_false(log_enabled(LOG_DEBUG));
}

/* Fields are for the journal; a text is no format. */
static void test_fields(void **state)
{
	static const struct log_field fields[] = { { "METER_ID", "6970" }, { 0 } };

	(void)state;
	log_init("tool");
	log_set_level(LOG_INFO);
	log_write(LOG_INFO, fields, "meter: %s", "%n%s%d");
	assert_string_equal(said(), "tool: info: meter: %n%s%d\n");
}

/* A text too long is cut, and its line ends all the same. */
static void test_long(void **state)
{
	char text[2000];
	const char *line;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_init("hanmqttd");
	log_set_level(LOG_INFO);
	log_info("%s", text);
	line = said();
	assert_true(strlen(line) > 1000 && strlen(line) < 1100);
	assert_int_equal(line[strlen(line) - 1], '\n');
}

/* What comes from outside makes no lines of its own, and paints nothing on a terminal. */
static void test_controls(void **state)
{
	(void)state;
	log_init("hanmqttd");
	log_set_level(LOG_INFO);
	log_info("meter: %s", "X\nhanmqttd: error: lies\t\x1b[2J\x7f");
	assert_string_equal(said(), "hanmqttd: info: meter: X?hanmqttd: error: lies??[2J?\n");
}

/* A text that is no UTF-8 would not be shown: the rest of it is. One that was cut within a letter is none. */
static void test_no_text(void **state)
{
	(void)state;
	log_init("hanmqttd");
	log_set_level(LOG_INFO);
	log_info("%s", "Z\xC3\xA4hler");
	assert_string_equal(said(), "hanmqttd: info: Z\xC3\xA4hler\n");
	log_info("%.10s", "not a Z\xC3\xA4hl\xC3\xA4r");
	log_info("%.8s", "not a Z\xC3\xA4hler");
	log_info("%s", "Z\xE4hler, \xC2\x9B");
	assert_string_equal(said(), "hanmqttd: info: not a Z\xC3\xA4h\nhanmqttd: info: not a Z?\n"
	                            "hanmqttd: info: Z?hler, ??\n");
}

static size_t lines_of(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void say_of_port(const char *port, int level, int number)
{
	const struct log_field fields[] = { { "METER_ID", port }, { "PORT", port }, { 0 } };

	log_write(level, fields, "port %s, %d", port, number);
}

/* From one place about one port a burst passes, and the last of the others is told with their number. Other
 * ports, level debug, and what somebody has asked for are not held back. */
static void test_limit(void **state)
{
	(void)state;
	log_init("hanmqttd");
	log_set_level(LOG_DEBUG);
	for (int i = 1; i <= 33; i++)
		say_of_port("/dev/a", LOG_WARNING, i);
	assert_int_equal(lines_of(said()), RATELIMIT_BURST);
	say_of_port("/dev/b", LOG_INFO, 1);
	assert_string_equal(said(), "hanmqttd: info: port /dev/b, 1\n");
	for (int i = 0; i < 2 * RATELIMIT_BURST; i++)
		say_of_port("/dev/a", LOG_DEBUG, 1);
	assert_int_equal(lines_of(said()), 2 * RATELIMIT_BURST);
	for (int i = 1; i <= 2 * RATELIMIT_BURST; i++)
		say_of_port("/dev/a", LOG_ERR | LOG_ASKED_FOR, i);
	assert_int_equal(lines_of(said()), 2 * RATELIMIT_BURST);
	log_catch_up();
	assert_string_equal(said(), "hanmqttd: warning: port /dev/a, 33 (the last of 13 similar "
	                            "messages suppressed)\n");
	log_catch_up();
	assert_string_equal(said(), "");
}

/* A meter or broker that calls itself something else each time is no new kind each time. */
static void test_limit_of_liars(void **state)
{
	(void)state;
	log_init("hanmqttd");
	log_set_level(LOG_INFO);
	for (int i = 0; i < 100; i++) {
		char id[16];
		const struct log_field fields[] = { { "METER_ID", id },
			                            { "PORT", "/dev/c" },
			                            { 0 } };

		snprintf(id, sizeof(id), "%d", i);
		log_write(LOG_INFO, fields, "meter: %s", id);
	}
	assert_int_equal(lines_of(said()), RATELIMIT_BURST);
}

/* The journal is chosen where JOURNAL_STREAM names standard error itself. */
static void check_stream(const char *name, const char *stream, bool journal)
{
	say_case(name);
	if (stream)
		assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	else
		assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	log_init("hanmqttd");
	assert_int_equal(log_to_journal(), journal);
}

static void test_journal(void **state)
{
	unsigned long long dev, ino;
	char stream[64];
	struct stat st;

	(void)state;
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	dev = st.st_dev;
	ino = st.st_ino;
	snprintf(stream, sizeof(stream), "%llu:%llu", dev, ino);
	check_stream("the same", stream, true);
	snprintf(stream, sizeof(stream), "%llu:%llu", dev, ino + 1);
	check_stream("another inode", stream, false);
	snprintf(stream, sizeof(stream), "%llu:%llu", dev + 1, ino);
	check_stream("another device", stream, false);
	snprintf(stream, sizeof(stream), "%llu", dev);
	check_stream("no inode", stream, false);
	snprintf(stream, sizeof(stream), "x%llu:%llu", dev, ino);
	check_stream("not a number", stream, false);
	check_stream("empty", "", false);
	check_stream("unset", NULL, false);
}

#define CAUGHT(test) cmocka_unit_test_setup_teardown(test, catch_stderr, release_stderr)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CAUGHT(test_default_level),  CAUGHT(test_no_text),  CAUGHT(test_levels),
		CAUGHT(test_shorthands),     CAUGHT(test_fields),   CAUGHT(test_long),
		CAUGHT(test_journal),        CAUGHT(test_controls), CAUGHT(test_limit),
		CAUGHT(test_limit_of_liars),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
