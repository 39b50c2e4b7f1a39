/* A line of text that grows word by word: what was seen, to be compared with what is expected. */
#ifndef NOTE_H
#define NOTE_H

#include <stdio.h>
#include <string.h>

#include "check.h"

struct note {
	char text[8192];
	size_t len;
};

static inline void note_clear(struct note *note)
{
	note->len = 0;
	note->text[0] = '\0';
}

__attribute__((format(printf, 2, 3))) static inline void note_add(struct note *note,
                                                                  const char *format, ...)
{
	size_t room = sizeof(note->text) - note->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(note->text + note->len, room, format, args);
	va_end(args);
	assert_true(n >= 0 && (size_t)n < room);
	note->len += (size_t)n;
}

/* A blank before every word but the first. */
static inline const char *note_gap(const struct note *note)
{
	return note->len > 0 ? " " : "";
}

#endif
