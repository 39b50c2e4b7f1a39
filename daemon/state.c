#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"

/* False without a state directory. */
static bool file_of(const char *kind, const char *about, char path[PATH_MAX])
{
	const char *dir = getenv("STATE_DIRECTORY");
	uint64_t h = hash_more(HASH_START, about, strlen(about));

	return dir && dir[0] &&
	       snprintf(path, PATH_MAX, "%s/%s-%016llx", dir, kind, (unsigned long long)h) <
	               PATH_MAX;
}

bool state_load(const char *kind, const char *about, char *buf, size_t size)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	if (!file_of(kind, about, path))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n < 0)
		return false;
	buf[n] = '\0';
	return true;
}

static int write_durably(const char *path, const char *text)
{
	char next[PATH_MAX + 8];
	int fd, err = 0;

	snprintf(next, sizeof(next), "%s.new", path);
	fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%s", text) < 0 || fsync(fd) < 0)
		err = -errno;
	if (close(fd) < 0 && err == 0)
		err = -errno;
	if (err == 0 && rename(next, path) < 0)
		err = -errno;
	if (err < 0)
		unlink(next);
	return err;
}

int state_save(const char *kind, const char *about, const char *text)
{
	char path[PATH_MAX];

	return file_of(kind, about, path) ? write_durably(path, text) : 0;
}
