/* One INI file, line by line: sections and keys with the line they stand on.
 *
 * Owns inih. Knows no section and no key.
 */
#ifndef CONFFILE_H
#define CONFFILE_H

#include <stdbool.h>
#include <stdio.h>

#define CONFFILE_SECTION 48 /* characters of the longest section name, as inih stores it */

struct conffile {
	const char *path;
	unsigned line; /* the one being read, from 1; 0 for the file as a whole */
	FILE *stream;
	const struct conffile_hooks *hooks;
};

struct conffile_hooks {
	void *user;
	void (*section)(void *user, const struct conffile *at, const char *name);
	void (*key)(void *user, const struct conffile *at, const char *key, const char *value);
	void (*mistake)(void *user, const struct conffile *at, const char *what);
};

/* Reads the file to its end, whatever is wrong in it. A file that is not there is a mistake only when it
 * is required. */
void conffile_read(const char *path, bool required, const struct conffile_hooks *hooks);

#endif
