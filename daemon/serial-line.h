/* How a serial port is set: the speeds and formats that there are, and raw reading. For the daemon's ports and
 * for hantool's; knows nothing of when a port is opened.
 */
#ifndef SERIAL_LINE_H
#define SERIAL_LINE_H

#include <stdbool.h>
#include <stdint.h>

enum serial_format { SERIAL_8N1, SERIAL_8E1, SERIAL_7E1 };

bool serial_baud_known(unsigned baud);
const char *serial_format_name(enum serial_format format); /* "8N1" */

/* The format of that name, in whichever case. False, and nothing written, when there is none. */
bool serial_format_find(const char *name, enum serial_format *format);

/* How long an octet takes on the line, with its start, parity and stop bits; nanoseconds. */
uint64_t serial_octet_ns(unsigned baud, enum serial_format format);

/* Raw: every octet as it comes, without flow control and modem lines. Octets with a wrong parity bit pass
 * unmarked. The baud is a known one. 0, or a negative errno. */
int serial_set_up(int fd, unsigned baud, enum serial_format format);

#endif
