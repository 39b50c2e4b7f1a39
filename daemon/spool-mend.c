/* The repair of the spool's file.
 *
 * A sound one is made beside it from what can be read, complete, before the damaged one is moved out of the way.
 * Whenever the power fails, there is one of the two: the name SPOOL_FILE is missing only when the new one is whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool-file.h"

struct rescue {
	struct spool sound;
	uint64_t top; /* the highest number read from the front */
	bool backwards;
	size_t saved;
	int rc;
};

static bool save(void *user, const struct spool_entry *entry)
{
	struct rescue *r = user;

	if (r->backwards && entry->number <= r->top)
		return false;
	r->rc = spool_append(&r->sound, entry);
	if (r->rc == -EMSGSIZE) { /* nothing of ours */
		r->rc = 0;
		return true;
	}
	if (!r->backwards)
		r->top = entry->number;
	r->saved += r->rc == 0;
	return r->rc == 0;
}

static bool renew(void *user, const struct spool_entry *entry)
{
	struct rescue *r = user;

	r->rc = spool_renew(&r->sound, entry);
	return r->rc == 0;
}

/* A page that cannot be read ends the reading: from the front, then from the back. What fails here is just not
 * there. */
static void read_all(struct rescue *r, struct sqlite3 *damaged)
{
	static const char *const tables[] = {
		"SELECT number, hour, meter, topic, text, checked FROM waiting ORDER BY number",
		"SELECT number, hour, meter, topic, text, checked FROM waiting ORDER BY number DESC",
		"SELECT number, hour, meter, topic, text, checked FROM newest",
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && r->rc == 0; i++) {
		r->backwards = i == 1;
		spool_read_from(damaged, tables[i], r, i == 2 ? renew : save);
	}
}

static void wal_of(const char *path, char wal[PATH_MAX])
{
	snprintf(wal, PATH_MAX, "%.*s-wal", PATH_MAX - 8, path);
}

static int remove_file(const char *path)
{
	char wal[PATH_MAX];

	wal_of(path, wal);
	unlink(wal);
	if (unlink(path) < 0 && errno != ENOENT && rmdir(path) < 0)
		return -errno;
	return 0;
}

static int sync_directory(const char *path)
{
	char directory[PATH_MAX];
	int fd, rc = 0;

	snprintf(directory, sizeof(directory), "%.*s", (int)(strrchr(path, '/') - path), path);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static bool has_log(const char *path)
{
	char wal[PATH_MAX];

	wal_of(path, wal);
	return exists(wal);
}

static void names_of(const char *path, char fresh[PATH_MAX], char aside[PATH_MAX])
{
	snprintf(fresh, PATH_MAX, "%.*s.new", PATH_MAX - 16, path);
	snprintf(aside, PATH_MAX, "%.*s.damaged", PATH_MAX - 16, path);
}

/* The log of a file that is gone would be taken for the next one's. */
static int move_log(const char *path, const char *aside)
{
	char wal[PATH_MAX], wal_aside[PATH_MAX];

	wal_of(path, wal);
	wal_of(aside, wal_aside);
	if (exists(wal) && rename(wal, wal_aside) < 0)
		return -errno;
	return 0;
}

static int exchange(const char *path, const char *fresh, const char *aside)
{
	int rc = remove_file(aside);

	if (rc == 0 && rename(path, aside) < 0)
		rc = -errno;
	if (rc == 0)
		rc = move_log(path, aside);
	if (rc == 0)
		rc = sync_directory(path);
	if (rc == 0 && rename(fresh, path) < 0)
		rc = -errno;
	return rc == 0 ? sync_directory(path) : rc;
}

static int fill(struct rescue *r, const char *path)
{
	struct sqlite3 *damaged = NULL;
	struct stat st;
	int rc = spool_begin(&r->sound);

	if (rc < 0)
		return rc;
	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    spool_connect_damaged(path, &damaged) == 0)
		read_all(r, damaged);
	sqlite3_close(damaged);
	return r->rc == 0 ? spool_commit(&r->sound) : r->rc;
}

int spool_mend(const char *path, size_t *saved)
{
	char fresh[PATH_MAX], aside[PATH_MAX];
	struct rescue r = { 0 };
	const char *cause = NULL;
	int rc;

	names_of(path, fresh, aside);
	rc = remove_file(fresh);
	if (rc == 0)
		rc = spool_load(&r.sound, fresh, &cause);
	if (rc == 0)
		rc = fill(&r, path);
	spool_close(&r.sound); /* its log goes into it, */
	if (rc == 0 && has_log(fresh))
		rc = -ENOSPC; /* unless there was no room */
	if (rc == 0)
		rc = exchange(path, fresh, aside);
	else
		remove_file(fresh);
	if (rc == 0)
		*saved = r.saved;
	return rc;
}

void spool_finish_mending(const char *path)
{
	char fresh[PATH_MAX], aside[PATH_MAX];

	names_of(path, fresh, aside);
	if (exists(path) || !exists(fresh))
		return;
	if (move_log(path, aside) == 0)
		rename(fresh, path);
}
