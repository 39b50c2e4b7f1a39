/* Passwords from files and from systemd's credentials. Never printed, wiped when given back. */
#ifndef SECRET_H
#define SECRET_H

#include <stddef.h>

#define SECRET_ERROR 320

/* The first line of a file that not everybody may read. NULL: error says why. secret_free() it. */
char *secret_read_file(const char *path, char error[SECRET_ERROR]);

/* The same from $CREDENTIALS_DIRECTORY/name. NULL with an empty error: there is no such credential. */
char *secret_read_credential(const char *name, char error[SECRET_ERROR]);

void secret_free(char *secret); /* accepts NULL */

#endif
