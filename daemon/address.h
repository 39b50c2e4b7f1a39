/* A serial server on the network as people write it: tcp://HOST:PORT, an IPv6 address in brackets. Pure. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>

#define ADDRESS_SCHEME "tcp://"
#define ADDRESS_FORM   "tcp://HOST:PORT, PORT from 1 to 65535, an IPv6 address as tcp://[::1]:PORT"

struct address {
	char host[256]; /* a name or a number, without brackets */
	char port[6];   /* 1 … 65535 */
};

/* Whether it is meant as one: it begins with tcp://, in whichever case. */
bool address_is(const char *text);

/* False, and *address as it was, when it is malformed. */
bool address_read(const char *text, struct address *address);

#endif
