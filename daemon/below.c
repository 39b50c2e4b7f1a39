#include "below.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *below(char path[PATH_MAX], const char *root, const char *format, ...)
{
	int used = snprintf(path, PATH_MAX, "%s", root);
	va_list args;

	va_start(args, format);
	if (used >= PATH_MAX ||
	    vsnprintf(path + used, PATH_MAX - (size_t)used, format, args) >= PATH_MAX - used)
		path[0] = '\0';
	va_end(args);
	return path;
}

char *below_read_line(const char *path, char *buf, int size)
{
	FILE *f = fopen(path, "re");

	buf[0] = '\0';
	if (!f)
		return buf;
	if (!fgets(buf, size, f))
		buf[0] = '\0';
	fclose(f);
	buf[strcspn(buf, "\n")] = '\0';
	return buf;
}
