#include "log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "hash.h"
#include "monotonic.h"
#include "plural.h"
#include "ratelimit.h"
#include "utf8.h"

#define FIELDS_MAX 20
#define FIELD_TEXT 256
#define TEXT_MAX   1024
#define SUPPRESSED "%u similar message%s suppressed"

static int log_level = LOG_INFO;
static const char *log_name = "";
static bool to_journal;
static struct ratelimit limit;
static pthread_mutex_t limit_lock = PTHREAD_MUTEX_INITIALIZER;

/* systemd names the device and the inode of the journal's stream, which may have been redirected. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == (dev_t)dev && st.st_ino == (ino_t)ino;
}

void log_init(const char *name)
{
	log_name = name;
	to_journal = stderr_is_journal();
}

bool log_to_journal(void)
{
	return to_journal;
}

void log_set_level(int level)
{
	__atomic_store_n(&log_level, level, __ATOMIC_RELAXED);
}

bool log_enabled(int level)
{
	return level <= __atomic_load_n(&log_level, __ATOMIC_RELAXED);
}

static const char *level_name(int level)
{
	switch (level) {
	case LOG_WARNING:
		return "warning";
	case LOG_NOTICE:
		return "notice";
	case LOG_INFO:
		return "info";
	case LOG_DEBUG:
		return "debug";
	default:
		return "error";
	}
}

/* What is sent to the journal: the fields that the message brings, and those that every message has. */
struct entry {
	struct iovec iov[FIELDS_MAX];
	char text[FIELDS_MAX][FIELD_TEXT];
	int count;
};

static void add_field(struct entry *e, const char *name, const char *value)
{
	int n = e->count;

	if (n == FIELDS_MAX || !value || !value[0])
		return;
	snprintf(e->text[n], FIELD_TEXT, "%s=%s", name, value);
	e->iov[n] = (struct iovec){ e->text[n], strlen(e->text[n]) };
	e->count++;
}

static void add_number(struct entry *e, const char *name, int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	add_field(e, name, text);
}

/* The place in the source that speaks. */
struct place {
	const char *file;
	int line;
	const char *function;
};

static int write_journal(const struct place *place, int level, const struct log_field *fields,
                         const char *text)
{
	char message[TEXT_MAX + sizeof("MESSAGE=")];
	struct entry e = { .count = 1 };
	int length = snprintf(message, sizeof(message), "MESSAGE=%s", text);

	e.iov[0] = (struct iovec){ message, (size_t)length };
	add_number(&e, "PRIORITY", level);
	add_field(&e, "SYSLOG_IDENTIFIER", log_name);
	if (place) {
		add_field(&e, "CODE_FILE", place->file);
		add_number(&e, "CODE_LINE", place->line);
		add_field(&e, "CODE_FUNC", place->function);
	}
	for (; fields && fields->name; fields++)
		add_field(&e, fields->name, fields->value);
	return sd_journal_sendv(e.iov, e.count);
}

static void write_out(const struct place *place, int level, const struct log_field *fields,
                      const char *text)
{
	if (!to_journal || write_journal(place, level, fields, text) < 0)
		fprintf(stderr, "%s: %s: %s\n", log_name, level_name(level), text);
}

/* The place and the port: two meters do not keep each other quiet. What a meter or a broker says about
 * itself does not count, or a liar would be a new kind each time. */
static uint64_t kind_of(const struct place *place, const struct log_field *fields)
{
	uint64_t hash = hash_more(HASH_START, place->file, strlen(place->file)) ^
	                (uint64_t)place->line << 40;

	for (; fields && fields->name; fields++) {
		if (strcmp(fields->name, "PORT") == 0 && fields->value)
			hash = hash_more(hash, fields->value, strlen(fields->value));
	}
	return hash;
}

static bool may_pass(const struct place *place, int level, const struct log_field *fields,
                     const char *text, unsigned *suppressed)
{
	bool pass;

	*suppressed = 0;
	if (level >= LOG_DEBUG)
		return true;
	pthread_mutex_lock(&limit_lock);
	pass = ratelimit_pass(&limit, kind_of(place, fields), monotonic_ms() + 1, level, text,
	                      suppressed);
	pthread_mutex_unlock(&limit_lock);
	return pass;
}

void log_write_at(const char *file, int line, const char *function, int level,
                  const struct log_field *fields, const char *format, ...)
{
	const struct place place = { file, line, function };
	const bool asked_for = level & LOG_ASKED_FOR;
	char text[TEXT_MAX];
	unsigned suppressed = 0;
	va_list args;
	size_t len;

	level &= ~LOG_ASKED_FOR;
	if (!log_enabled(level))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	utf8_make_line(text); /* journalctl shows what is no UTF-8 as "[blob data]" */
	if (!asked_for && !may_pass(&place, level, fields, text, &suppressed))
		return;
	len = strlen(text);
	if (suppressed)
		snprintf(text + len, sizeof(text) - len, " (" SUPPRESSED ")", suppressed,
		         plural(suppressed));
	write_out(&place, level, fields, text);
}

static bool next_suppressed(struct ratelimit_kind *kind)
{
	bool found;

	pthread_mutex_lock(&limit_lock);
	found = ratelimit_next(&limit, monotonic_ms() + 1, kind);
	pthread_mutex_unlock(&limit_lock);
	return found;
}

void log_catch_up(void)
{
	struct ratelimit_kind kind;

	while (next_suppressed(&kind)) {
		char text[TEXT_MAX];

		snprintf(text, sizeof(text), "%s (the last of " SUPPRESSED ")", kind.text,
		         kind.suppressed, plural(kind.suppressed));
		utf8_make_line(text);
		if (log_enabled(kind.level))
			write_out(NULL, kind.level, NULL, text);
	}
}
