/* Passwords and keys from files and from systemd's credentials. Never printed, wiped when given back. */
#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

#define SECRET_ERROR 320
#define SECRET_KEY   16 /* octets of a key */

/* The first line of a file that not everybody may read. NULL: error says why. secret_free() it. */
char *secret_read_file(const char *path, char error[SECRET_ERROR]);

/* The same from $CREDENTIALS_DIRECTORY/name. NULL with an empty error: there is no such credential. */
char *secret_read_credential(const char *name, char error[SECRET_ERROR]);

void secret_free(char *secret); /* accepts NULL */

/* A file that not everybody may read, to be read without a buffer, which would stay behind in memory. NULL:
 * error says why. */
FILE *secret_open(const char *path, char error[SECRET_ERROR]);

/* For a program that systemd has not started: the credentials that it gave to the service, while that runs. */
void secret_use_service_credentials(void);

/* Where a credential is, into size octets of path; false: there is no such. */
bool secret_find_credential(const char *name, char *path, size_t size);

/* Which state of which file a key came from, to tell another key without keeping this one. */
struct secret_version {
	dev_t device;
	ino_t file;
	off_t size;
	struct timespec changed;
};

bool secret_version_same(const struct secret_version *a, const struct secret_version *b);
struct secret_version secret_version_of(const char *path); /* NULL or not there: all zero */

/* A key of 32 hex digits, blanks anywhere, from a file that not everybody may read, or from
 * $CREDENTIALS_DIRECTORY/name. False: error says why, or is empty when there is no such credential; key
 * and version are as before. */
bool secret_read_key(const char *path, uint8_t key[SECRET_KEY], struct secret_version *version,
                     char error[SECRET_ERROR]);
bool secret_read_key_credential(const char *name, uint8_t key[SECRET_KEY],
                                struct secret_version *version, char error[SECRET_ERROR]);

#endif
