#include "topic.h"

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

/* The length of the level that text begins with. */
static size_t level_len(const char *text)
{
	return strcspn(text, "/");
}

bool topic_matches(const char *filter, const char *topic)
{
	if (topic[0] == '$' && filter[0] != '$')
		return false;
	for (;;) {
		size_t wanted = level_len(filter), len = level_len(topic);

		if (strcmp(filter, "#") == 0)
			return true;
		if (!(wanted == 1 && filter[0] == '+') &&
		    (wanted != len || memcmp(filter, topic, len) != 0))
			return false;
		filter += wanted;
		topic += len;
		if (!*topic || !*filter)
			return *filter == *topic || strcmp(filter, "/#") == 0;
		filter++;
		topic++;
	}
}
