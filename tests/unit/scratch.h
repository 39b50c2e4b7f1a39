/* A directory for one test, with the files it needs; gone when the test ends, failed or not. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#define SCRATCH_PATH 256

struct scratch {
	char dir[64];
};

/* 0, or -1 when there is none to be had. */
static inline int scratch_init(struct scratch *s)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(s->dir, sizeof(s->dir), "%.30s/hanmqttd-unit-XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(s->dir) ? 0 : -1;
}

static inline int scratch_unlink(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int scratch_fini(const struct scratch *s)
{
	return nftw(s->dir, scratch_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

/* A cmocka setup: *state becomes a struct scratch. */
static inline int scratch_setup(void **state)
{
	*state = calloc(1, sizeof(struct scratch));
	return *state ? scratch_init(*state) : -1;
}

/* A cmocka teardown. */
static inline int scratch_teardown(void **state)
{
	int rc = scratch_fini(*state);

	free(*state);
	return rc;
}

/* The path of a file in it; returns buf. */
static inline char *scratch_path(const struct scratch *s, const char *name, char buf[SCRATCH_PATH])
{
	int n = snprintf(buf, SCRATCH_PATH, "%s/%s", s->dir, name);

	assert_true(n > 0 && n < SCRATCH_PATH);
	return buf;
}

/* With the directories that lead to it. */
static inline void scratch_mkdir(const struct scratch *s, const char *name)
{
	char path[SCRATCH_PATH];

	scratch_path(s, name, path);
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700); /* most are there */
		*slash = '/';
	}
	assert_int_equal(mkdir(path, 0700), 0);
}

static inline void scratch_write(const struct scratch *s, const char *name, const void *octets,
                                 size_t len)
{
	char path[SCRATCH_PATH];
	int fd = open(scratch_path(s, name, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, octets, len), len);
	assert_int_equal(close(fd), 0);
}

static inline void scratch_text(const struct scratch *s, const char *name, const char *text)
{
	scratch_write(s, name, text, strlen(text));
}

#endif
