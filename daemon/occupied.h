/* Who else uses a serial port, as far as it can be seen without opening it and from inside the service's
 * sandbox: /sys, /run and /etc; neither /proc nor other programs.
 *
 * root stands in front of every path, "" for this machine; name is the kernel's, as in "ttyAMA0".
 */
#ifndef OCCUPIED_H
#define OCCUPIED_H

#include <stdbool.h>

/* The kernel writes its messages there. */
bool occupied_by_console(const char *root, const char *name);

/* A login prompt runs there, or will at the next start. */
bool occupied_by_getty(const char *root, const char *name);

/* It leads to the Bluetooth radio of a Raspberry Pi. */
bool occupied_by_bluetooth(const char *root, const char *name);

/* A program that runs has written a lock file, /run/lock/LCK..NAME, as modem programs do. */
bool occupied_by_lock(const char *root, const char *name);

#endif
