/* Files of the system by their paths below a root, "" for this machine.
 *
 * Whoever looks at /sys, /dev and /etc gets that root passed in, so that tests can show it another machine.
 */
#ifndef BELOW_H
#define BELOW_H

#include <limits.h>

/* The path of a file below root, which the format begins with a slash; "", which does not exist, when it is too long.
 * Returns path. */
__attribute__((format(printf, 3, 4))) char *below(char path[PATH_MAX], const char *root,
                                                  const char *format, ...);

/* The first line of that file without its end, "" when there is none. Returns buf. */
char *below_read_line(const char *path, char *buf, int size);

#endif
