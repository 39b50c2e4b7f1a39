#include "remembered.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keeper.h"
#include "log.h"

#define TEXT_MAX (REMEMBERED_PATH + 32)

/* The path's line; "2400 8N1" in the next. Cuts text. */
static bool parse(char *text, struct remembered *r)
{
	char *rest = text;
	char *path = strsep(&rest, "\n");
	char *baud = rest ? strsep(&rest, " ") : NULL;
	char *format = rest ? strsep(&rest, "\n") : NULL;
	char *end;
	unsigned long number;

	if (!format || path[0] != '/' || strlen(path) >= sizeof(r->path))
		return false;
	for (const char *c = path; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7F)
			return false;
	}
	number = strtoul(baud, &end, 10);
	if (*end || number > 1000000 || !serial_baud_known((unsigned)number) ||
	    !serial_format_find(format, &r->line.format))
		return false;
	r->line.baud = (unsigned)number;
	memcpy(r->path, path, strlen(path) + 1);
	return true;
}

bool remembered_load(const char *device, struct remembered *remembered)
{
	char text[TEXT_MAX];
	struct remembered said;

	if (!keeper_load("port", device, text, sizeof(text)))
		return false;
	if (!parse(text, &said)) {
		log_debug("remembered port of %s: the file makes no sense and is ignored", device);
		return false;
	}
	*remembered = said;
	return true;
}

static void tell_failure(const char *device, int rc)
{
	(void)device;
	log_warning("meter: the state directory: %s; after a restart the port is searched anew",
	            strerror(-rc));
}

void remembered_save(const char *device, const struct remembered *remembered)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%s\n%u %s\n", remembered->path, remembered->line.baud,
	         serial_format_name(remembered->line.format));
	keeper_save("port", device, text, tell_failure);
}
