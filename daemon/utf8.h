/* Text that comes from outside. Pure. */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the octets are UTF-8 (RFC 3629) without control characters, those beyond ASCII included. */
bool utf8_is_text(const uint8_t *octets, size_t len);

/* For one line of UTF-8: control characters become "?", and, where it is no UTF-8, as it was cut somewhere, all that
 * is beyond ASCII. */
void utf8_make_line(char *text);

#endif
