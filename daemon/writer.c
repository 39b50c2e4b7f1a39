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

/* The next member's name, which is plain, and room for so many octets behind it; NULL: they do not fit. */
static char *begin_member(struct writer *w, const char *name, size_t len)
{
	size_t name_len = strlen(name);
	char *at = room_for(w, name_len + len + sizeof(",\"\":") - 1);

	if (!at)
		return NULL;
	if (at[-1] == '{')
		w->len--;
	else
		*at++ = ',';
	*at++ = '"';
	at = mempcpy(at, name, name_len);
	*at++ = '"';
	*at++ = ':';
	return at;
}

void writer_init(struct writer *w, char *buf, size_t size)
{
	*w = (struct writer){ .buf = buf, .size = size };
	put(w, "{", 1);
}

/* As far as it is plain: its end is the caller's. */
static void begin_text(struct writer *w, const char *name, const char *text, size_t len)
{
	char *at = begin_member(w, name, len + 1);

	if (!at)
		return;
	*at = '"';
	memcpy(at + 1, text, len);
}

void writer_plain(struct writer *w, const char *name, const char *text)
{
	begin_text(w, name, text, strlen(text));
	put(w, "\"", 1);
}

void writer_text(struct writer *w, const char *name, const char *text)
{
	size_t len = 0;

	while (is_plain(text[len]))
		len++;
	begin_text(w, name, text, len);
	for (text += len; *text; text++) {
		if (is_plain(*text))
			put(w, text, 1);
		else
			put_escaped(w, *text);
	}
	put(w, "\"", 1);
}

void writer_raw(struct writer *w, const char *name, const char *json, size_t len)
{
	char *at = begin_member(w, name, len);

	if (at)
		memcpy(at, json, len);
}

void writer_open(struct writer *w, const char *name)
{
	writer_raw(w, name, "{", 1);
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
