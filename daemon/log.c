#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#define FIELDS_MAX 16
#define TEXT_MAX   1024

static int log_level = LOG_INFO;
static const char *log_name = "";
static bool to_journal;

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

static int write_journal(int level, const struct log_field *fields, const char *text)
{
	char buf[FIELDS_MAX][256];
	struct iovec iov[FIELDS_MAX + 2];
	char priority[16], message[TEXT_MAX + sizeof("MESSAGE=")];
	int n = 0;

	iov[n].iov_base = message;
	iov[n++].iov_len = (size_t)snprintf(message, sizeof(message), "MESSAGE=%s", text);
	iov[n].iov_base = priority;
	iov[n++].iov_len = (size_t)snprintf(priority, sizeof(priority), "PRIORITY=%d", level);
	for (int i = 0; fields && fields[i].name && i < FIELDS_MAX; i++) {
		snprintf(buf[i], sizeof(buf[i]), "%s=%s", fields[i].name, fields[i].value);
		iov[n].iov_base = buf[i];
		iov[n++].iov_len = strlen(buf[i]);
	}
	return sd_journal_sendv(iov, n);
}

void log_write(int level, const struct log_field *fields, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list args;

	if (!log_enabled(level))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!to_journal || write_journal(level, fields, text) < 0)
		fprintf(stderr, "%s: %s: %s\n", log_name, level_name(level), text);
}
