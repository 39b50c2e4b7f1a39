#include "conffile.h"

#include <errno.h>
#include <ini.h>
#include <string.h>
#include <sys/stat.h>

#include "utf8.h"

#define SYNTAX "accepted: [section], key = value, or a comment after #"

static void mistake(struct conffile *f, const char *what)
{
	f->hooks->mistake(f->hooks->user, f, what);
}

/* inih would not look at what stands behind a section's name. */
static bool is_empty(const char *rest)
{
	return strchr("#;", rest[strspn(rest, " \t\r")]);
}

/* Looks for [section] before inih does, which tells nobody of a section without keys. */
static void look_for_section(struct conffile *f, char *line)
{
	char *end = line[0] == '[' ? strchr(line, ']') : NULL;

	if (!end)
		return;
	if (!is_empty(end + 1))
		mistake(f, "text behind the section's ]; accepted: [section] in a line of its own");
	*end = '\0';
	if (end - line - 1 > CONFFILE_SECTION)
		mistake(f, "section name too long; accepted: at most 48 characters");
	f->hooks->section(f->hooks->user, f, line + 1);
	*end = ']';
}

static void skip_line(FILE *stream)
{
	int c;

	do {
		c = getc(stream);
	} while (c != '\n' && c != EOF);
}

static bool is_text(int c)
{
	return c >= 0x20 || c == '\t' || c == '\r';
}

static bool is_comment(const char *line)
{
	return line[0] == '#' || line[0] == ';';
}

/* What is no UTF-8 can stand in no topic; in a comment it does no harm. */
static bool is_utf8(const char *line)
{
	if (is_comment(line))
		return true;
	while (*line) {
		size_t len = strcspn(line, "\t\r");

		if (!utf8_is_text((const uint8_t *)line, len))
			return false;
		line += len + (line[len] != '\0');
	}
	return true;
}

/* What inih would refuse, of all such lines telling one. */
static bool is_understood(const char *line)
{
	if (line[0] == '[')
		return strchr(line, ']');
	return strchr("#;\r", line[0]) || strpbrk(line, "=:");
}

/* Some editors write it in front of a file; inih would take it away too late. */
static size_t drop_byte_order_mark(char *line, size_t len)
{
	if (len < 3 || memcmp(line, "\xEF\xBB\xBF", 3) != 0)
		return len;
	memmove(line, line + 3, len - 3 + 1);
	return len - 3;
}

/* A line for inih, without the blanks in front: they would make it a continuation of the line before.
 * What is no text or too long is told, and an empty line takes its place; of a comment the beginning will do. */
static char *read_line(char *line, int size, void *user)
{
	struct conffile *f = user;
	size_t room = (size_t)size - 2; /* for the newline and the NUL */
	size_t len = 0;
	bool text = true, cut;
	int c;

	while ((c = getc(f->stream)) != EOF && c != '\n' && len < room) {
		text &= is_text(c);
		if (len > 0 || (c != ' ' && c != '\t'))
			line[len++] = (char)c;
	}
	if (c == EOF && len == 0)
		return NULL;
	f->line++;
	line[len] = '\0';
	if (f->line == 1)
		len = drop_byte_order_mark(line, len);
	cut = c != EOF && c != '\n';
	if (cut)
		skip_line(f->stream);
	if (cut && !is_comment(line)) {
		char what[64];

		snprintf(what, sizeof(what), "line too long; accepted: at most %zu characters",
		         room);
		mistake(f, what);
		len = 0;
	} else if (!text || !is_utf8(line)) {
		mistake(f, "not text in UTF-8; " SYNTAX);
		len = 0;
	} else if (!is_understood(line)) {
		mistake(f, "not understood; " SYNTAX);
		len = 0;
	} else {
		look_for_section(f, line);
	}
	memcpy(line + len, "\n", 2);
	return line;
}

/* Returns what inih takes for success: mistakes are told by whoever finds them. */
static int take_key(void *user, const char *section, const char *key, const char *value)
{
	struct conffile *f = user;

	(void)section; /* told before, unshortened */
	f->hooks->key(f->hooks->user, f, key, value);
	return 1;
}

static bool is_directory(FILE *stream)
{
	struct stat st;

	return fstat(fileno(stream), &st) == 0 && S_ISDIR(st.st_mode);
}

void conffile_read(const char *path, bool required, const struct conffile_hooks *hooks)
{
	struct conffile f = { .path = path, .hooks = hooks, .stream = fopen(path, "re") };
	int bad_line;

	if (!f.stream) {
		if (required || errno != ENOENT)
			mistake(&f, strerror(errno));
		return;
	}
	if (is_directory(f.stream)) {
		mistake(&f, strerror(EISDIR));
		fclose(f.stream);
		return;
	}
	bad_line = ini_parse_stream(read_line, &f, take_key, &f);
	f.line = bad_line > 0 ? (unsigned)bad_line : 0;
	if (bad_line > 0)
		mistake(&f, "not understood; " SYNTAX);
	else if (bad_line < 0 || ferror(f.stream))
		mistake(&f, "cannot be read");
	fclose(f.stream);
}
