#include "address.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool address_is(const char *text)
{
	return text[0] != '/' && strncasecmp(text, ADDRESS_SCHEME, strlen(ADDRESS_SCHEME)) == 0;
}

static bool read_port(const char *text, char port[6])
{
	size_t digits = strspn(text, "0123456789");
	long number = strtol(text, NULL, 10);

	if (digits == 0 || digits > 5 || text[digits] || number < 1 || number > 65535)
		return false;
	snprintf(port, sizeof("65535"), "%ld", number);
	return true;
}

/* What no name and no number has. */
static bool is_host(const char *host, size_t len, bool bracketed)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)host[i];

		if (c <= 0x20 || c == 0x7F || strchr("/[]@?#", c) || (c == ':' && !bracketed))
			return false;
	}
	return len > 0 && (!bracketed || memchr(host, ':', len));
}

bool address_read(const char *text, struct address *address)
{
	const char *host = text + strlen(ADDRESS_SCHEME), *colon, *end;
	struct address read;
	bool bracketed;

	if (!address_is(text))
		return false;
	colon = strrchr(host, ':');
	if (!colon || colon == host)
		return false;
	bracketed = host[0] == '[' && colon[-1] == ']';
	host += bracketed;
	end = colon - bracketed;
	if (end <= host || (size_t)(end - host) >= sizeof(read.host) ||
	    !is_host(host, (size_t)(end - host), bracketed) || !read_port(colon + 1, read.port))
		return false;
	memcpy(read.host, host, (size_t)(end - host));
	read.host[end - host] = '\0';
	*address = read;
	return true;
}
