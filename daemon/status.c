#include "status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append(char *buf, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *buf, size_t size, const char *format, ...)
{
	size_t len = strlen(buf);
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(buf + len, size - len, format, args);
	va_end(args);
	if (n >= 0 && (size_t)n >= size - len && size > 3)
		memcpy(buf + size - 4, "...", 4);
}

static void append_meters(const struct status_meter *meters, size_t count, char *buf, size_t size)
{
	size_t fine = 0;

	for (size_t i = 0; i < count; i++)
		fine += meters[i].fine;
	if (count == 0)
		append(buf, size, "starting");
	else if (count == 1)
		append(buf, size, "%s", meters[0].what);
	else if (fine == count)
		append(buf, size, "reading all %zu meters", count);
	else if (fine == 0)
		append(buf, size, "reading none of %zu meters", count);
	else
		append(buf, size, "reading %zu of %zu meters", fine, count);
}

static void append_broker(const struct status_broker *broker, char *buf, size_t size)
{
	if (broker->connected)
		append(buf, size, ", broker connected");
	else if (strcmp(broker->what, "connecting") == 0)
		append(buf, size, ", connecting to broker %s port %u", broker->host, broker->port);
	else
		append(buf, size, ", broker %s port %u not connected: %s", broker->host,
		       broker->port, broker->what);
}

char *status_print(const struct status_meter *meters, size_t count,
                   const struct status_broker *broker, char *buf, size_t size)
{
	size_t untold = 0;

	buf[0] = '\0';
	append_meters(meters, count, buf, size);
	append_broker(broker, buf, size);
	for (size_t i = 0; i < count && count > 1; i++) {
		if (!meters[i].fine && meters[i].what[0])
			append(buf, size, "; %s: %s", meters[i].name, meters[i].what);
		else
			untold += !meters[i].fine;
	}
	if (untold > 0)
		append(buf, size, "; and %zu more", untold);
	return buf;
}
