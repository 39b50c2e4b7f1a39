#include "topic.h"

#include <stdbool.h>
#include <string.h>

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool fits_level(char c)
{
	return (unsigned char)c >= 0x20 && c != 0x7F && !strchr("/+#", c);
}

static bool fits_id(char c)
{
	return is_alphanumeric(c) || c == '_' || c == '-';
}

static char *replace(const char *name, char *buf, size_t size, bool (*fits)(char c))
{
	size_t n = 0;

	for (; name[n] && n + 1 < size; n++)
		buf[n] = fits(name[n]) ? name[n] : '_';
	buf[n] = '\0';
	return buf;
}

char *topic_level(const char *name, char *buf, size_t size)
{
	return replace(name, buf, size, fits_level);
}

char *topic_id(const char *name, char *buf, size_t size)
{
	return replace(name, buf, size, fits_id);
}

char *topic_slug(const char *name, char *buf, size_t size)
{
	size_t n = 0;

	for (; *name && n + 1 < size; name++) {
		char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;

		if (is_alphanumeric(c))
			buf[n++] = c;
		else if (n > 0 && buf[n - 1] != '_')
			buf[n++] = '_';
	}
	while (n > 0 && buf[n - 1] == '_')
		n--;
	buf[n] = '\0';
	return buf;
}
