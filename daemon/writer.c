#include "writer.h"

#include <stdio.h>
#include <string.h>

/* Where so many octets are to be written; NULL: they do not fit. */
static char *room_for(struct writer *w, size_t len)
{
	w->overflow |= len >= w->size - w->len;
	if (w->overflow)
		return NULL;
	w->len += len;
	return w->buf + w->len - len;
}

static void put(struct writer *w, const char *octets, size_t len)
{
	char *room = room_for(w, len);

	if (room)
		memcpy(room, octets, len);
}

/* Of a text, '\0' is not. */
static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

static void put_escaped(struct writer *w, char c)
{
	static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *found = strchr(special, c);
	char text[8] = { '\\', found ? letters[found - special] : 'u' };

	if (!found)
		snprintf(text + 2, sizeof(text) - 2, "%04x", (unsigned char)c);
	put(w, text, strlen(text));
}

static void put_text(struct writer *w, const char *text)
{
	put(w, "\"", 1);
	while (*text) {
		const char *end = text;

		while (is_plain(*end))
			end++;
		put(w, text, (size_t)(end - text));
		if (*end)
			put_escaped(w, *end++);
		text = end;
	}
	put(w, "\"", 1);
}

static void put_name(struct writer *w, const char *name)
{
	bool first = w->len > 0 && w->buf[w->len - 1] == '{';
	size_t len = strlen(name);
	char *room = room_for(w, len + (first ? 3 : 4));

	if (!room)
		return;
	if (!first)
		*room++ = ',';
	*room++ = '"';
	room = mempcpy(room, name, len);
	*room++ = '"';
	*room = ':';
}

void writer_init(struct writer *w, char *buf, size_t size)
{
	*w = (struct writer){ .buf = buf, .size = size };
	put(w, "{", 1);
}

void writer_text(struct writer *w, const char *name, const char *text)
{
	put_name(w, name);
	put_text(w, text);
}

void writer_raw(struct writer *w, const char *name, const char *json)
{
	put_name(w, name);
	put(w, json, strlen(json));
}

void writer_open(struct writer *w, const char *name)
{
	put_name(w, name);
	put(w, "{", 1);
}

void writer_close(struct writer *w)
{
	put(w, "}", 1);
}

char *writer_end(struct writer *w)
{
	writer_close(w);
	if (w->overflow)
		return NULL;
	w->buf[w->len] = '\0';
	return w->buf;
}
