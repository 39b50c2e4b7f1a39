#include "state.h"

#include <dirent.h>
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
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
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

/* Of what is there already the newest text is always kept. */
static bool has_room(const char *path)
{
	const char *place = getenv("STATE_DIRECTORY");
	DIR *dir = place && access(path, F_OK) < 0 ? opendir(place) : NULL;
	unsigned count = 0;

	if (!dir)
		return true;
	while (count < STATE_FILES_MAX && readdir(dir))
		count++;
	closedir(dir);
	return count < STATE_FILES_MAX;
}

int state_save(const char *kind, const char *about, const char *text)
{
	char path[PATH_MAX];

	if (!file_of(kind, about, path))
		return 0;
	return has_room(path) ? write_durably(path, text) : -EDQUOT;
}

static bool begins_with_line(const char *path, const char *line)
{
	char text[256];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return false;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return line[0] && strcmp(text, line) == 0;
}

/* A file of ours is KIND-HASH. */
static bool is_about(const char *dir, const char *name, const char *about)
{
	const char *hash = strrchr(name, '-');
	char path[PATH_MAX], wanted[20];

	if (!hash || strlen(hash) != 17)
		return false;
	snprintf(wanted, sizeof(wanted), "-%016llx",
	         (unsigned long long)hash_more(HASH_START, about, strlen(about)));
	return strcmp(hash, wanted) == 0 ||
	       (snprintf(path, sizeof(path), "%s/%s", dir, name) < PATH_MAX &&
	        begins_with_line(path, about));
}

int state_forget(const char *about)
{
	const char *dir = getenv("STATE_DIRECTORY");
	DIR *open_dir = dir && dir[0] ? opendir(dir) : NULL;
	const struct dirent *entry;
	int count = 0;

	if (!open_dir)
		return dir && dir[0] ? -errno : -ENOENT;
	while (count >= 0 && (entry = readdir(open_dir))) {
		if (is_about(dir, entry->d_name, about))
			count = unlinkat(dirfd(open_dir), entry->d_name, 0) < 0 ? -errno
			                                                        : count + 1;
	}
	closedir(open_dir);
	return count;
}
