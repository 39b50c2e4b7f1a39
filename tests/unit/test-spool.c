/* Entries on disk: what goes in comes out, in order, after whatever happened; how much there may be; what is damaged. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include "scratch.h"

#include "spool.h"

/* The C library's, as SQLite calls it: there is no room in a file that ends like this, but for its first page. */
static const char *full;
static unsigned writes;
ssize_t pwrite64(int fd, const void *octets, size_t len, off64_t offset)
{
	char link[32], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	writes++;
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	if (full && offset > 0 && n > (ssize_t)strlen(full) &&
	    strcmp(path + n - strlen(full), full) == 0) {
		errno = ENOSPC;
		return -1;
	}
	for (size_t done = 0; done < len; done += (size_t)n) {
		n = lseek64(fd, offset + (off64_t)done, SEEK_SET) < 0
		            ? -1
		            : write(fd, (const char *)octets + done, len - done);
		if (n < 0)
			return -1;
	}
	return (ssize_t)len;
}

struct seen {
	uint64_t numbers[64];
	size_t count, most;
	char last[512];
};

static bool see(void *user, const struct spool_entry *entry)
{
	struct seen *seen = user;

	assert_true(seen->count < 64);
	seen->numbers[seen->count++] = entry->number;
	snprintf(seen->last, sizeof(seen->last), "%s|%s|%s|%lld", entry->meter, entry->topic,
	         entry->text, (long long)entry->hour);
	return seen->count < seen->most;
}

static struct seen read_all(struct spool *s, uint64_t after)
{
	struct seen seen = { .most = 64 };

	assert_int_equal(spool_read(s, after, &seen, see), 0);
	return seen;
}

static struct spool open_spool(const struct scratch *scratch, const char **cause, size_t *saved)
{
	struct spool_repair repair;
	struct spool s;

	assert_int_equal(spool_open(&s, scratch->dir, &repair), 0);
	if (cause) {
		*cause = repair.cause;
		*saved = repair.saved;
	} else {
		assert_null(repair.cause);
	}
	return s;
}

static struct spool_entry entry_of(uint64_t number, const char *meter, const char *text)
{
	return (struct spool_entry){ number, (int64_t)number * 3600, meter, "han/m/hourly", text,
		                     false };
}

static void add(struct spool *s, uint64_t number, const char *meter, const char *text)
{
	struct spool_entry entry = entry_of(number, meter, text);

	assert_int_equal(spool_begin(s), 0);
	assert_int_equal(spool_append(s, &entry), 0);
	assert_int_equal(spool_commit(s), 0);
}

static void test_order(void **state)
{
	struct spool s = open_spool(*state, NULL, NULL);
	struct seen seen;

	add(&s, 1, "a", "one");
	add(&s, 2, "b", "two");
	add(&s, 5, "a", "five \xC3\xA9");
	assert_int_equal(s.count, 3);
	spool_close(&s);
	s = open_spool(*state, NULL, NULL);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.top, 5);
	seen = read_all(&s, 0);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.numbers[0], 1);
	assert_int_equal(seen.numbers[1], 2);
	assert_string_equal(seen.last, "a|han/m/hourly|five \xC3\xA9|18000");
	seen = read_all(&s, 2);
	assert_int_equal(seen.count, 1);
	seen = (struct seen){ .most = 2 };
	assert_int_equal(spool_read(&s, 0, &seen, see), 0);
	assert_int_equal(seen.count, 2);
	spool_close(&s);
}

/* The newest of each meter stays; numbers go on behind it. */
static void test_remove(void **state)
{
	struct spool s = open_spool(*state, NULL, NULL);
	struct seen seen = { .most = 64 };

	add(&s, 1, "a", "one");
	add(&s, 2, "b", "two");
	assert_int_equal(spool_begin(&s), 0);
	assert_int_equal(spool_remove(&s, 2), 0);
	assert_int_equal(spool_remove(&s, 2), 0);
	assert_int_equal(spool_remove(&s, 99), 0);
	assert_int_equal(spool_commit(&s), 0);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.octets, strlen("a"
	                                  "han/m/hourly"
	                                  "one"));
	spool_close(&s);
	s = open_spool(*state, NULL, NULL);
	assert_int_equal(s.top, 2);
	assert_int_equal(spool_newest(&s, &seen, see), 0);
	assert_int_equal(seen.count, 2);
	spool_close(&s);
}

/* What was given in ignorance of what is on disk becomes the next number. */
static void test_number_twice(void **state)
{
	struct spool s = open_spool(*state, NULL, NULL);
	struct seen seen;

	add(&s, 7, "a", "seven");
	add(&s, 7, "a", "seven");
	assert_int_equal(s.count, 1);
	add(&s, 7, "a", "eight");
	seen = read_all(&s, 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.numbers[1], 8);
	assert_string_equal(seen.last, "a|han/m/hourly|eight|25200");
	spool_close(&s);
}

static void test_abandon(void **state)
{
	struct spool s = open_spool(*state, NULL, NULL);
	struct spool_entry entry = entry_of(2, "a", "two");

	add(&s, 1, "a", "one");
	assert_int_equal(spool_begin(&s), 0);
	assert_int_equal(spool_append(&s, &entry), 0);
	spool_abandon(&s);
	assert_int_equal(s.count, 1);
	assert_int_equal(read_all(&s, 0).count, 1);
	add(&s, 2, "a", "two");
	spool_close(&s);
}

/* Octets run out long before entries do, with texts as large as these. */
static void test_bound(void **state)
{
	struct spool s = open_spool(*state, NULL, NULL);
	char *text = calloc(1, SPOOL_TEXT + 1);
	uint64_t number = 0;
	struct spool_entry entry;

	assert_non_null(text);
	memset(text, 'x', SPOOL_TEXT);
	entry = entry_of(1, "a", text);
	assert_int_equal(spool_begin(&s), 0);
	assert_int_equal(spool_append(&s, &entry), -EMSGSIZE);
	text[SPOOL_TEXT - 100] = '\0';
	while (s.dropped < 10) {
		entry.number = ++number;
		assert_int_equal(spool_append(&s, &entry), 0);
	}
	assert_int_equal(spool_commit(&s), 0);
	assert_true(s.octets <= SPOOL_OCTETS);
	assert_int_equal(s.count, number - 10);
	assert_int_equal(spool_begin(&s), 0);
	for (uint64_t i = 0; i <= number; i++)
		assert_int_equal(spool_remove(&s, i), 0);
	assert_int_equal(s.octets, 0);
	assert_int_equal(spool_commit(&s), 0);
	spool_close(&s);
	free(text);
}

static bool count(void *user, const struct spool_entry *entry)
{
	(void)entry;
	++*(size_t *)user;
	return true;
}

/* Of as many meters as there may be. */
static void test_meters(void **state)
{
	struct spool s = open_spool(*state, NULL, NULL);
	struct spool_entry entry;
	size_t known = 0;
	char name[16];

	assert_int_equal(spool_begin(&s), 0);
	for (uint64_t i = 1; i <= SPOOL_METERS + 20; i++) {
		snprintf(name, sizeof(name), "m%llu", (unsigned long long)i);
		entry = entry_of(i, name, "x");
		assert_int_equal(spool_append(&s, &entry), 0);
	}
	assert_int_equal(spool_commit(&s), 0);
	add(&s, SPOOL_METERS + 21, "m1", "again");
	assert_int_equal(spool_newest(&s, &known, count), 0);
	assert_int_equal(known, SPOOL_METERS);
	spool_close(&s);
}

/* A partial one is an entry as others are, and what was newest before it stays so, on disk too. */
static void test_partial(void **state)
{
	struct spool s = open_spool(*state, NULL, NULL);
	struct spool_entry entry = entry_of(2, "m", "partial");
	struct seen newest = { .most = 64 };

	entry.partial = true;
	add(&s, 1, "m", "whole");
	assert_int_equal(spool_begin(&s), 0);
	assert_int_equal(spool_append(&s, &entry), 0);
	entry.number = 3;
	assert_int_equal(spool_renew(&s, &entry), 0);
	assert_int_equal(spool_commit(&s), 0);
	spool_close(&s);
	s = open_spool(*state, NULL, NULL);
	assert_int_equal(s.count, 2);
	assert_int_equal(spool_newest(&s, &newest, see), 0);
	assert_string_equal(newest.last, "m|han/m/hourly|whole|3600");
	spool_close(&s);
}

/* Two at once would send each other's entries. */
static void test_two(void **state)
{
	const struct scratch *scratch = *state;
	struct spool s = open_spool(scratch, NULL, NULL), other;
	struct spool_repair repair;

	add(&s, 1, "a", "one");
	assert_int_equal(spool_open(&other, scratch->dir, &repair), -EBUSY);
	assert_null(repair.cause);
	spool_close(&s);
	other = open_spool(scratch, NULL, NULL);
	assert_int_equal(other.count, 1);
	spool_close(&other);
}

static void write_over(const char *path, const char *find, const char *by)
{
	FILE *file = fopen(path, "r+b");
	char octets[65536];
	size_t len;
	char *place;

	assert_non_null(file);
	len = fread(octets, 1, sizeof(octets), file);
	place = memmem(octets, len, find, strlen(find));
	assert_non_null(place);
	assert_int_equal(fseek(file, place - octets, SEEK_SET), 0);
	assert_int_equal(fwrite(by, 1, strlen(by), file), strlen(by));
	fclose(file);
}

static void test_damaged_text(void **state)
{
	char path[SCRATCH_PATH];
	struct spool s = open_spool(*state, NULL, NULL);
	const char *cause;
	struct seen seen;
	size_t saved;

	add(&s, 1, "a", "the first one");
	add(&s, 2, "a", "the other one");
	add(&s, 3, "b", "the third one");
	spool_close(&s);
	write_over(scratch_path(*state, SPOOL_FILE, path), "the other", "The other");
	s = open_spool(*state, &cause, &saved);
	assert_string_equal(cause, "is damaged");
	assert_int_equal(saved, 2);
	seen = read_all(&s, 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.numbers[1], 3);
	assert_int_equal(s.top, 3);
	spool_close(&s);
	assert_int_equal(access(scratch_path(*state, SPOOL_DAMAGED, path), F_OK), 0);
	s = open_spool(*state, NULL, NULL);
	spool_close(&s);
}

/* A power cut between the two steps of a repair: the old one is out of the way, with its log or without. */
static void test_broken_off(void **state)
{
	char path[SCRATCH_PATH], other[SCRATCH_PATH];
	struct spool s = open_spool(*state, NULL, NULL);
	FILE *log;

	add(&s, 4, "a", "saved");
	spool_close(&s);
	rename(scratch_path(*state, SPOOL_FILE, path),
	       scratch_path(*state, SPOOL_FILE ".new", other));
	log = fopen(scratch_path(*state, SPOOL_FILE "-wal", path), "w");
	assert_non_null(log);
	fputs("the log of the old one", log);
	fclose(log);
	s = open_spool(*state, NULL, NULL);
	assert_int_equal(s.count, 1);
	spool_close(&s);
	assert_int_equal(access(scratch_path(*state, SPOOL_DAMAGED "-wal", path), F_OK), 0);
}

/* The disk runs full in the middle of a repair: all is as before, and is repaired when there is room. */
static void test_no_room_to_mend(void **state)
{
	static const char *const files[] = { SPOOL_FILE ".new-wal", SPOOL_FILE ".new" };
	const struct scratch *scratch = *state;
	struct spool s = open_spool(scratch, NULL, NULL);
	struct spool_repair repair;
	char path[SCRATCH_PATH];
	const char *cause;
	size_t saved;

	add(&s, 1, "a", "the first one");
	add(&s, 2, "a", "the other one");
	spool_close(&s);
	write_over(scratch_path(scratch, SPOOL_FILE, path), "the other", "The other");
	for (size_t i = 0; i < 2; i++) {
		full = files[i];
		assert_int_equal(spool_open(&s, scratch->dir, &repair), -ENOSPC);
		full = NULL;
		assert_int_equal(access(scratch_path(scratch, SPOOL_DAMAGED, path), F_OK), -1);
	}
	s = open_spool(scratch, &cause, &saved);
	assert_string_equal(cause, "is damaged");
	assert_int_equal(saved, 1);
	assert_int_equal(s.count, 1);
	spool_close(&s);
}

static void test_other_version(void **state)
{
	char path[SCRATCH_PATH];
	struct spool s = open_spool(*state, NULL, NULL);
	const uint8_t version[] = { 0, 0, 0, 9 };
	const char *cause;
	size_t saved;
	int fd;

	add(&s, 4, "a", "saved");
	spool_close(&s);
	fd = open(scratch_path(*state, SPOOL_FILE, path), O_RDWR);
	assert_int_equal(pwrite(fd, version, 4, 60), 4);
	close(fd);
	s = open_spool(*state, &cause, &saved);
	assert_string_equal(cause, "is of another version");
	assert_int_equal(saved, 1);
	spool_close(&s);
}

/* A start does not wait for the disk to write. */
static void test_quiet(void **state)
{
	struct spool s = open_spool(*state, NULL, NULL);

	add(&s, 1, "a", "one");
	assert_true(writes > 0);
	spool_close(&s);
	writes = 0;
	s = open_spool(*state, NULL, NULL);
	assert_int_equal(read_all(&s, 0).count, 1);
	spool_close(&s);
	assert_int_equal(writes, 0);
}

static void remove_file(const struct scratch *scratch, const char *name)
{
	char path[SCRATCH_PATH];

	assert_int_equal(unlink(scratch_path(scratch, name, path)), 0);
}

/* What was removed is made again with all that was in it, its log with it or not. */
static void test_removed(void **state)
{
	const struct scratch *scratch = *state;

	for (int with_log = 0; with_log <= 1; with_log++) {
		struct spool s = open_spool(scratch, NULL, NULL);
		struct seen seen;
		char path[SCRATCH_PATH];
		struct stat st;

		add(&s, 1, "a", "one");
		assert_false(spool_is_gone(&s));
		remove_file(scratch, SPOOL_FILE);
		if (with_log)
			remove_file(scratch, SPOOL_FILE "-wal");
		assert_true(spool_is_gone(&s));
		add(&s, 2, "a", "two");
		assert_int_equal(spool_put_back(&s, scratch->dir), 0);
		assert_false(spool_is_gone(&s));
		assert_int_equal(s.count, 2);
		add(&s, 3, "a", "three");
		assert_int_equal(stat(scratch_path(scratch, SPOOL_FILE, path), &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		spool_close(&s);
		s = open_spool(scratch, NULL, NULL);
		seen = read_all(&s, 0);
		assert_int_equal(seen.count, 3);
		assert_string_equal(seen.last, "a|han/m/hourly|three|10800");
		spool_close(&s);
		remove_file(scratch, SPOOL_FILE);
	}
}

/* Where it cannot be made again it goes on without a name. */
static void test_removed_for_good(void **state)
{
	const struct scratch *scratch = *state;
	struct spool s = open_spool(scratch, NULL, NULL);
	char path[SCRATCH_PATH];

	add(&s, 1, "a", "one");
	remove_file(scratch, SPOOL_FILE);
	assert_int_equal(spool_put_back(&s, "/nowhere/at/all"), -ENOENT);
	full = SPOOL_FILE;
	assert_int_equal(spool_put_back(&s, scratch->dir), -ENOSPC);
	full = NULL;
	assert_int_equal(access(scratch_path(scratch, SPOOL_FILE, path), F_OK), -1);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(spool_put_back(&s, scratch->dir), -EEXIST);
	assert_int_equal(read_all(&s, 0).count, 1);
	add(&s, 2, "a", "two");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(spool_put_back(&s, scratch->dir), 0);
	assert_int_equal(read_all(&s, 0).count, 2);
	spool_close(&s);
}

/* Of SQLite's own file, in KiB. */
static unsigned long resident(void)
{
	FILE *maps = fopen("/proc/self/smaps", "re");
	unsigned long sum = 0, kib;
	bool inside = false;
	char line[PATH_MAX];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (strchr(line, '-') && strchr(line, ' ') && !strstr(line, "kB"))
			inside = strstr(line, "libsqlite3.so");
		else if (inside && sscanf(line, "Rss: %lu", &kib) == 1)
			sum += kib;
	}
	fclose(maps);
	return sum;
}

/* At rest its code is not in memory, and comes again. */
static void test_rest(void **state)
{
	struct spool s = open_spool(*state, NULL, NULL);
	unsigned long before, after;

	add(&s, 1, "a", "one");
	before = resident();
	spool_rest(&s);
	after = resident();
	assert_true(before == 0 || after < before / 2); /* 0: it is linked statically */
	add(&s, 2, "a", "two");
	assert_int_equal(read_all(&s, 0).count, 2);
	spool_rest(&s);
	spool_close(&s);
	spool_rest(&s); /* a closed one */
	s = open_spool(*state, NULL, NULL);
	assert_string_equal(read_all(&s, 0).last, "a|han/m/hourly|two|7200");
	spool_close(&s);
}

/* A pipe where SQLite keeps its journal or log: nobody waits for its other end. */
static void test_pipes(void **state)
{
	static const char *const names[] = { SPOOL_FILE "-journal", SPOOL_FILE "-wal" };
	const struct scratch *scratch = *state;
	char path[SCRATCH_PATH];

	for (size_t i = 0; i < 2; i++) {
		struct spool s = open_spool(scratch, NULL, NULL);

		add(&s, i + 1, "a", "one");
		spool_close(&s);
		assert_int_equal(mkfifo(scratch_path(scratch, names[i], path), 0600), 0);
		s = open_spool(scratch, NULL, NULL);
		assert_int_equal(read_all(&s, 0).count, i + 1);
		spool_close(&s);
	}
}

static void test_absent(void **state)
{
	struct spool_repair repair;
	struct spool s;

	(void)state;
	assert_int_equal(spool_open(&s, "/nowhere/at/all", &repair), -ENOENT);
	spool_close(&s);
	spool_close(&s);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SCRATCH(test_order),
		WITH_SCRATCH(test_remove),
		WITH_SCRATCH(test_number_twice),
		WITH_SCRATCH(test_abandon),
		WITH_SCRATCH(test_bound),
		WITH_SCRATCH(test_meters),
		WITH_SCRATCH(test_partial),
		WITH_SCRATCH(test_two),
		WITH_SCRATCH(test_damaged_text),
		WITH_SCRATCH(test_broken_off),
		WITH_SCRATCH(test_other_version),
		WITH_SCRATCH(test_no_room_to_mend),
		WITH_SCRATCH(test_quiet),
		WITH_SCRATCH(test_removed),
		WITH_SCRATCH(test_removed_for_good),
		WITH_SCRATCH(test_rest),
		WITH_SCRATCH(test_pipes),
		cmocka_unit_test(test_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
