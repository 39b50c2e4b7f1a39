/* A JSON object written into a buffer, as cJSON would print it, without a heap. Pure. */
#ifndef WRITER_H
#define WRITER_H

#include <stdbool.h>
#include <stddef.h>

struct writer {
	char *buf; /* the caller's; outlives the writer */
	size_t size;
	size_t len;
	bool overflow; /* something did not fit: nothing is written from there on */
};

/* Opens the object. */
void writer_init(struct writer *w, char *buf, size_t size);

/* Members, whose names need no escape: a text, with what JSON would take for something else escaped; a text that has
 * nothing of that; what is JSON already, a number; an object, whose members come next until it is closed. */
void writer_text(struct writer *w, const char *name, const char *text);
void writer_plain(struct writer *w, const char *name, const char *text);
void writer_raw(struct writer *w, const char *name, const char *json, size_t len);
void writer_open(struct writer *w, const char *name);
void writer_close(struct writer *w);

/* Closes the object. Returns buf, NULL when it did not fit. */
char *writer_end(struct writer *w);

#endif
