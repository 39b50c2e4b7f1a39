/* Messages for people: to the journal with fields, or to standard error.
 *
 * Owns the level and the way out. When standard error is the journal's stream (JOURNAL_STREAM names
 * the same device and inode), a message goes there with fields; otherwise it is a line
 * "hanmqttd: LEVEL: text". Knows no room: a text begins with the room that speaks, "serial: ...".
 * Usable from any thread.
 *
 * Whatever keeps happening must not fill the disk: messages above level debug from one place in the source
 * about one PORT are limited as ratelimit.h says, and how many were suppressed is told.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

/* Chooses the way out; name stands in front of plain lines and lives as long as the program. */
void log_init(const char *name);

/* Whether messages go to the journal. */
bool log_to_journal(void);

/* Messages above this syslog level (LOG_ERR … LOG_DEBUG) are not written. Default LOG_INFO. */
void log_set_level(int level);
bool log_enabled(int level);

/* One field of the journal beside the message: NAME in capitals, value any text without NUL; NULL or "" leaves
 * the field out. A NULL name ends a list. Plain lines do not show fields. hanmqttd(8) lists them. */
struct log_field {
	const char *name;
	const char *value;
};

/* Beside a level: somebody has asked for it, as for the mistakes of a file that is read, and no limit applies. */
#define LOG_ASKED_FOR 0x100

/* FILE, LINE and FUNCTION are the place in the source that speaks. */
void log_write_at(const char *file, int line, const char *function, int level,
                  const struct log_field *fields, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* gcc before 12 does not know the name without its directory. */
#ifndef __FILE_NAME__
#define __FILE_NAME__ __FILE__
#endif

#define log_write(level, fields, ...) \
	log_write_at(__FILE_NAME__, __LINE__, __func__, level, fields, __VA_ARGS__)

#define log_error(...)   log_write(LOG_ERR, NULL, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, NULL, __VA_ARGS__)
#define log_notice(...)  log_write(LOG_NOTICE, NULL, __VA_ARGS__)
#define log_info(...)    log_write(LOG_INFO, NULL, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_DEBUG, NULL, __VA_ARGS__)

/* Tells what was suppressed: the last message of each kind, and how many there were. To be called every
 * minute or so. */
void log_catch_up(void);

#endif
