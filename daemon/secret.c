#include "secret.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hex.h"

#define SECRET_ROOM 1024
#define SERVICE     "/run/credentials/hanmqttd.service"

static void refuse(char error[SECRET_ERROR], const char *path, const char *why)
{
	snprintf(error, SECRET_ERROR, "%.200s: %s", path, why);
}

/* Why the file can hold no secret; NULL: it can. */
static const char *unfit(FILE *stream)
{
	struct stat st;

	if (fstat(fileno(stream), &st) < 0)
		return strerror(errno);
	if (S_ISDIR(st.st_mode))
		return strerror(EISDIR);
	if (st.st_mode & S_IROTH)
		return "everybody may read it; accepted: a file with mode 0640 or less";
	return NULL;
}

/* NULL: why says what is wrong; a part of a line that is too long would be a wrong secret. */
static char *read_first_line(FILE *stream, const char **why)
{
	char *secret = calloc(1, SECRET_ROOM);
	size_t len;

	*why = "no memory";
	if (!secret)
		return NULL;
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

FILE *secret_open(const char *path, char error[SECRET_ERROR])
{
	FILE *stream = fopen(path, "re");
	const char *why;

	error[0] = '\0';
	if (!stream) {
		refuse(error, path, strerror(errno));
		return NULL;
	}
	why = unfit(stream);
	if (why) {
		refuse(error, path, why);
		fclose(stream);
		return NULL;
	}
	setvbuf(stream, NULL, _IONBF, 0);
	return stream;
}

char *secret_read_file(const char *path, char error[SECRET_ERROR])
{
	FILE *stream = secret_open(path, error);
	const char *why;
	char *secret;

	if (!stream)
		return NULL;
	secret = read_first_line(stream, &why);
	fclose(stream);
	if (!secret)
		refuse(error, path, why);
	return secret;
}

void secret_use_service_credentials(void)
{
	if (access(SERVICE, X_OK) == 0)
		setenv("CREDENTIALS_DIRECTORY", SERVICE, 0);
}

bool secret_find_credential(const char *name, char *path, size_t size)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	struct stat st;
	int len = dir ? snprintf(path, size, "%s/%s", dir, name) : -1;

	return len >= 0 && (size_t)len < size && (stat(path, &st) == 0 || errno != ENOENT);
}

char *secret_read_credential(const char *name, char error[SECRET_ERROR])
{
	char path[PATH_MAX];

	error[0] = '\0';
	return secret_find_credential(name, path, sizeof(path)) ? secret_read_file(path, error)
	                                                        : NULL;
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

static bool read_digits(FILE *stream, uint8_t key[SECRET_KEY])
{
	size_t digits = 0;
	int c;

	while ((c = getc(stream)) != EOF) {
		int digit = hex_digit((char)c);

		if (c == ' ' || (c >= '\t' && c <= '\r'))
			continue;
		if (digit < 0 || digits == (size_t)2 * SECRET_KEY)
			return false;
		key[digits / 2] = (uint8_t)(key[digits / 2] << 4 | digit);
		digits++;
	}
	return digits == (size_t)2 * SECRET_KEY && !ferror(stream);
}

static struct secret_version version_of(const struct stat *st)
{
	return (struct secret_version){ st->st_dev, st->st_ino, st->st_size, st->st_ctim };
}

struct secret_version secret_version_of(const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0 ? version_of(&st) : (struct secret_version){ 0 };
}

bool secret_read_key(const char *path, uint8_t key[SECRET_KEY], struct secret_version *version,
                     char error[SECRET_ERROR])
{
	FILE *stream = secret_open(path, error);
	uint8_t digits[SECRET_KEY] = { 0 };
	struct stat st;
	bool found;

	if (!stream)
		return false;
	found = fstat(fileno(stream), &st) == 0 && read_digits(stream, digits);
	fclose(stream);
	if (found) {
		memcpy(key, digits, SECRET_KEY);
		*version = version_of(&st);
	} else {
		refuse(error, path, "it holds no key; accepted: 32 hex digits");
	}
	explicit_bzero(digits, sizeof(digits));
	return found;
}

bool secret_read_key_credential(const char *name, uint8_t key[SECRET_KEY],
                                struct secret_version *version, char error[SECRET_ERROR])
{
	char path[PATH_MAX];

	error[0] = '\0';
	return secret_find_credential(name, path, sizeof(path)) &&
	       secret_read_key(path, key, version, error);
}
