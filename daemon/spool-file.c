#include "spool-file.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pages.h"

#define VERSION 1 /* of the tables */
#define BUSY_MS 500

#define INCREMENTAL "2" /* as SQLite says it */

#define TEXT_OF(number)      #number
#define TEXT_OF_VALUE(macro) TEXT_OF(macro)

int spool_error(sqlite3 *db)
{
	int said = sqlite3_system_errno(db);

	switch (sqlite3_errcode(db) & 0xFF) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CONSTRAINT: /* a number twice: it is not what we wrote */
	case SQLITE_ERROR:      /* a table that is missing, or another one */
		return -EUCLEAN;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_IOERR:
		return said == ENOSPC || said == EDQUOT ? -ENOSPC : -EIO;
	default:
		return said > 0 ? -said : -EIO;
	}
}

int spool_execute(sqlite3 *db, const char *text)
{
	return sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK ? 0 : spool_error(db);
}

/* The first column of the first row: a text that fits into buf, or a number. */
static int ask(sqlite3 *db, const char *question, char *buf, size_t size)
{
	sqlite3_stmt *statement;
	int rc = 0;

	if (sqlite3_prepare_v2(db, question, -1, &statement, NULL) != SQLITE_OK)
		return spool_error(db);
	if (sqlite3_step(statement) == SQLITE_ROW)
		snprintf(buf, size, "%s", (const char *)sqlite3_column_text(statement, 0));
	else
		rc = spool_error(db);
	sqlite3_finalize(statement);
	return rc;
}

static int open_file(const char *path, sqlite3 **db)
{
	int rc;

	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0,
	               0); /* page by page, and no small blocks ahead */
	sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
	rc = sqlite3_open_v2(
		path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL);

	if (!*db)
		return -ENOMEM;
	if (rc != SQLITE_OK)
		return spool_error(*db);
	sqlite3_busy_timeout(*db, BUSY_MS);
	return 0;
}

int spool_connect_damaged(const char *path, sqlite3 **db)
{
	int rc = open_file(path, db);

	if (rc < 0)
		return rc;
	sqlite3_db_config(*db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	/* else a file that was cut short would not be looked into at all */
	sqlite3_db_config(*db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
	return spool_execute(*db, "PRAGMA locking_mode = EXCLUSIVE;"
	                          "PRAGMA trusted_schema = OFF;"
	                          "PRAGMA cell_size_check = ON;"
	                          "PRAGMA temp_store = MEMORY;"
	                          "PRAGMA mmap_size = 0;");
}

/* Exclusive before WAL: then the index of the log is in this process' memory. The cache is small, temporary files
 * are none, and the log is written back when it has SPOOL_WAL_PAGES pages. */
static int connect_sound(const char *path, sqlite3 **db)
{
	int rc = open_file(path, db);
	char mode[8];

	if (rc == 0)
		rc = spool_execute(*db, "PRAGMA locking_mode = EXCLUSIVE;"
		                        "PRAGMA trusted_schema = OFF;"
		                        "PRAGMA cell_size_check = ON;"
		                        "PRAGMA temp_store = MEMORY;"
		                        "PRAGMA mmap_size = 0;"
		                        "PRAGMA cache_size = -256;"
		                        "PRAGMA page_size = " TEXT_OF_VALUE(SPOOL_PAGE_SIZE) ";");
	if (rc == 0)
		rc = ask(*db, "PRAGMA auto_vacuum", mode, sizeof(mode));
	if (rc == 0 && strcmp(mode, INCREMENTAL) != 0) /* it writes, and waits for the disk */
		rc = spool_execute(*db, "PRAGMA auto_vacuum = INCREMENTAL");
	if (rc == 0)
		rc = ask(*db, "PRAGMA journal_mode = WAL", mode, sizeof(mode));
	if (rc == 0 && strcmp(mode, "wal") != 0)
		rc = -EROFS;
	if (rc == 0)
		rc = spool_execute(*db,
		                   "PRAGMA synchronous = FULL;"
		                   "PRAGMA wal_autocheckpoint = " TEXT_OF_VALUE(
					   SPOOL_WAL_PAGES) ";"
		                                            "PRAGMA journal_size_limit = 300000;");
	return rc;
}

static int make_tables(sqlite3 *db)
{
	return spool_execute(
		db, "BEGIN IMMEDIATE;"
		    "CREATE TABLE waiting(number INTEGER PRIMARY KEY, hour INTEGER NOT NULL,"
		    " meter TEXT NOT NULL, topic TEXT NOT NULL, text TEXT NOT NULL,"
		    " checked INTEGER NOT NULL) STRICT;"
		    "CREATE TABLE newest(number INTEGER NOT NULL, hour INTEGER NOT NULL,"
		    " meter TEXT PRIMARY KEY, topic TEXT NOT NULL, text TEXT NOT NULL,"
		    " checked INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
		    "PRAGMA user_version = " TEXT_OF_VALUE(VERSION) ";"
								    "COMMIT");
}

static bool note_number(void *user, const struct spool_entry *entry)
{
	struct spool *s = user;

	if (entry->number > s->top)
		s->top = entry->number;
	return true;
}

static bool count_entry(void *user, const struct spool_entry *entry)
{
	struct spool *s = user;

	s->count++;
	s->octets += strlen(entry->meter) + strlen(entry->topic) + strlen(entry->text);
	return note_number(user, entry);
}

static int inspect(struct spool *s, const char **cause)
{
	char said[64];
	int rc = ask(s->db, "PRAGMA quick_check(1)", said, sizeof(said));

	if (rc == 0 && strcmp(said, "ok") != 0)
		rc = -EUCLEAN;
	if (rc == 0)
		rc = spool_read(s, 0, s, count_entry);
	if (rc == 0)
		rc = spool_newest(s, s, note_number);
	s->large = s->octets > SPOOL_LARGE;
	if (rc == 0 && s->unsound > 0)
		rc = -EUCLEAN;
	if (rc == -EUCLEAN)
		*cause = "is damaged";
	return rc;
}

static int prepare_tables(struct spool *s, const char **cause)
{
	char version[16];
	int rc = ask(s->db, "PRAGMA user_version", version, sizeof(version));

	if (rc == 0 && strcmp(version, "0") == 0)
		rc = make_tables(s->db);
	else if (rc == 0 && strcmp(version, TEXT_OF_VALUE(VERSION)) != 0) {
		*cause = "is of another version";
		return -EUCLEAN;
	}
	if (rc == 0)
		rc = spool_prepare(s);
	if (rc == -EUCLEAN)
		*cause = "is no database of ours";
	return rc;
}

/* SQLite would open what is no file, and wait for ever where it is a pipe. */
static void remove_no_file(const char *path, const char *suffix)
{
	char beside[PATH_MAX];
	struct stat st;

	snprintf(beside, sizeof(beside), "%.*s%s", PATH_MAX - 16, path, suffix);
	if (lstat(beside, &st) == 0 && !S_ISREG(st.st_mode))
		remove(beside);
}

/* SQLite would take a mode from the umask, and what is no file for one. */
static int make_file(const char *path, const char **cause)
{
	struct stat st;
	int fd;

	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		*cause = S_ISLNK(st.st_mode) ? "is a link" : "is no file";
		return -EUCLEAN;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return -errno;
	close(fd);
	remove_no_file(path, "-journal");
	remove_no_file(path, "-wal");
	return 0;
}

int spool_load(struct spool *s, const char *path, const char **cause)
{
	int rc = make_file(path, cause);

	if (rc < 0)
		return rc;
	rc = connect_sound(path, &s->db);
	if (rc == -EUCLEAN)
		*cause = "is no database";
	if (rc == 0)
		rc = prepare_tables(s, cause);
	if (rc == 0)
		rc = inspect(s, cause);
	if (rc == -EIO)
		*cause = "cannot be read";
	if (rc < 0)
		spool_close(s);
	return rc;
}

void spool_close(struct spool *s)
{
	for (size_t i = 0; i < SPOOL_STATEMENTS; i++)
		sqlite3_finalize(s->statements[i]);
	sqlite3_close(s->db);
	*s = (struct spool){ .dropped = s->dropped };
}

void spool_rest(struct spool *s)
{
	if (s->db)
		sqlite3_db_release_memory(s->db);
	pages_give_back("libsqlite3.so");
	malloc_trim(0); /* of what everybody else has freed, too */
}

/* Links on the way are the administrator's, and SQLite would refuse them with our file's. */
static int find_path(const char *directory, char path[PATH_MAX])
{
	char place[PATH_MAX];

	if (!realpath(directory, place))
		return -errno;
	if (snprintf(path, PATH_MAX, "%s/%s", place, SPOOL_FILE) + 16 >= PATH_MAX)
		return -ENAMETOOLONG;
	return 0;
}

int spool_open(struct spool *s, const char *directory, struct spool_repair *repair)
{
	char path[PATH_MAX];
	int rc;

	*s = (struct spool){ 0 };
	*repair = (struct spool_repair){ 0 };
	rc = find_path(directory, path);
	if (rc < 0)
		return rc;
	spool_finish_mending(path);
	rc = spool_load(s, path, &repair->cause);
	if (rc == 0 || !repair->cause)
		return rc;
	rc = spool_mend(path, &repair->saved);
	if (rc == 0) {
		const char *again = NULL;

		rc = spool_load(s, path, &again);
	}
	return rc;
}

/* ---- a file that was removed while it was open ---- */

bool spool_is_gone(const struct spool *s)
{
	int moved = 0;

	return s->db &&
	       sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
	       moved;
}

static int copy_into(sqlite3 *db, const char *path)
{
	char *text = sqlite3_mprintf("VACUUM INTO %Q", path);
	int rc = text ? spool_execute(db, text) : -ENOMEM;

	sqlite3_free(text);
	return rc;
}

/* The one without a name is closed before the new one has a log, whose name would be the same. */
int spool_put_back(struct spool *s, const char *directory)
{
	const char *cause = NULL;
	char path[PATH_MAX];
	struct stat st;
	int rc = find_path(directory, path);

	if (rc == 0 && lstat(path, &st) == 0)
		rc = -EEXIST;
	if (rc == 0)
		rc = make_file(path, &cause);
	if (rc < 0)
		return rc;
	rc = copy_into(s->db, path);
	if (rc < 0) {
		unlink(path);
		return rc;
	}
	spool_close(s);
	return spool_load(s, path, &cause);
}
