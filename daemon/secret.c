#include "secret.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SECRET_ROOM 1024

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
	const char *why = "everybody may read it; accepted: a file with mode 0640 or less";
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

char *secret_read_credential(const char *name, char error[SECRET_ERROR])
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];
	struct stat st;

	error[0] = '\0';
	if (!dir || snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return NULL;
	if (stat(path, &st) < 0 && errno == ENOENT)
		return NULL;
	return secret_read_file(path, error);
}

void secret_free(char *secret)
{
	if (secret)
		explicit_bzero(secret, SECRET_ROOM);
	free(secret);
}
