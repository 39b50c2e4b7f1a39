#include "secret.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SECRET_ROOM 1024

#define EVERYBODY "everybody may read it; accepted: a file with mode 0640 or less"

static bool everybody_may_read(FILE *stream)
{
	struct stat st;

	return fstat(fileno(stream), &st) < 0 || (st.st_mode & S_IROTH);
}

/* Unbuffered, so that no copy stays behind in memory that was freed. NULL: why says what is wrong; a
 * part of a line that is too long would be a wrong secret. */
static char *read_first_line(FILE *stream, const char **why)
{
	char *secret = calloc(1, SECRET_ROOM);
	size_t len;

	*why = "no memory";
	if (!secret)
		return NULL;
	setvbuf(stream, NULL, _IONBF, 0);
	if (!fgets(secret, SECRET_ROOM, stream))
		secret[0] = '\0';
	len = strlen(secret);
	*why = NULL;
	if (len == SECRET_ROOM - 1 && secret[len - 1] != '\n' && getc(stream) != EOF)
		*why = "its first line is too long";
	secret[strcspn(secret, "\r\n")] = '\0';
	if (!secret[0])
		*why = "its first line is empty";
	if (!*why)
		return secret;
	secret_free(secret);
	return NULL;
}

char *secret_read_file(const char *path, char error[SECRET_ERROR])
{
	FILE *stream = fopen(path, "re");
	const char *why = EVERYBODY;
	char *secret = NULL;

	error[0] = '\0';
	if (!stream) {
		snprintf(error, SECRET_ERROR, "%.200s: %s", path, strerror(errno));
		return NULL;
	}
	if (!everybody_may_read(stream))
		secret = read_first_line(stream, &why);
	fclose(stream);
	if (!secret)
		snprintf(error, SECRET_ERROR, "%.200s: %s", path, why);
	return secret;
}

/* Where that credential is; false when there is none. */
static bool find_credential(const char *name, char path[PATH_MAX])
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	struct stat st;

	return dir && snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX &&
	       (stat(path, &st) == 0 || errno != ENOENT);
}

char *secret_read_credential(const char *name, char error[SECRET_ERROR])
{
	char path[PATH_MAX];

	error[0] = '\0';
	return find_credential(name, path) ? secret_read_file(path, error) : NULL;
}

void secret_free(char *secret)
{
	if (secret)
		explicit_bzero(secret, SECRET_ROOM);
	free(secret);
}

bool secret_version_same(const struct secret_version *a, const struct secret_version *b)
{
	return a->device == b->device && a->file == b->file && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static int digit_of(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Unbuffered, as above. */
static bool read_digits(FILE *stream, uint8_t key[SECRET_KEY])
{
	size_t digits = 0;
	int c;

	setvbuf(stream, NULL, _IONBF, 0);
	while ((c = getc(stream)) != EOF) {
		int digit = digit_of(c);

		if (c == ' ' || (c >= '\t' && c <= '\r'))
			continue;
		if (digit < 0 || digits == (size_t)2 * SECRET_KEY)
			return false;
		key[digits / 2] = (uint8_t)(key[digits / 2] << 4 | digit);
		digits++;
	}
	return digits == (size_t)2 * SECRET_KEY && !ferror(stream);
}

bool secret_read_key(const char *path, uint8_t key[SECRET_KEY], struct secret_version *version,
                     char error[SECRET_ERROR])
{
	FILE *stream = fopen(path, "re");
	uint8_t digits[SECRET_KEY] = { 0 };
	const char *why = NULL;
	struct stat st;

	error[0] = '\0';
	if (!stream) {
		snprintf(error, SECRET_ERROR, "%.200s: %s", path, strerror(errno));
		return false;
	}
	if (fstat(fileno(stream), &st) < 0 || (st.st_mode & S_IROTH))
		why = EVERYBODY;
	else if (!read_digits(stream, digits))
		why = "it holds no key; accepted: 32 hex digits";
	fclose(stream);
	if (why) {
		snprintf(error, SECRET_ERROR, "%.200s: %s", path, why);
	} else {
		memcpy(key, digits, SECRET_KEY);
		*version = (struct secret_version){ st.st_dev, st.st_ino, st.st_size, st.st_ctim };
	}
	explicit_bzero(digits, sizeof(digits));
	return !why;
}

bool secret_read_key_credential(const char *name, uint8_t key[SECRET_KEY],
                                struct secret_version *version, char error[SECRET_ERROR])
{
	char path[PATH_MAX];

	error[0] = '\0';
	return find_credential(name, path) && secret_read_key(path, key, version, error);
}
