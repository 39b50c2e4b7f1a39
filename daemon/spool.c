#include "spool.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "spool-file.h"

static const char *const statements[SPOOL_STATEMENTS] = {
	/* One that is there already was written by a commit that said it had failed. A number that another one has
	 * was given in ignorance of what is on disk. */
	[SPOOL_INSERT] =
		"INSERT INTO waiting SELECT "
		"CASE WHEN EXISTS(SELECT 1 FROM waiting WHERE number = ?1) "
		"THEN (SELECT max(number) + 1 FROM waiting) ELSE ?1 END, "
		"?2, ?3, ?4, ?5, ?6 "
		"WHERE NOT EXISTS(SELECT 1 FROM waiting WHERE number = ?1 AND checked = ?6)",
	[SPOOL_RENEW] = "INSERT INTO newest VALUES(?1, ?2, ?3, ?4, ?5, ?6) "
			"ON CONFLICT(meter) DO UPDATE SET number = excluded.number, "
			"hour = excluded.hour, topic = excluded.topic, text = excluded.text, "
			"checked = excluded.checked WHERE excluded.number > number",
	[SPOOL_DELETE] = "DELETE FROM waiting WHERE number = ?1 RETURNING "
			 "length(CAST(meter || topic || text AS BLOB))",
	[SPOOL_READ] = "SELECT number, hour, meter, topic, text, checked FROM waiting "
		       "WHERE number > ?1 ORDER BY number",
	[SPOOL_NEWEST] = "SELECT number, hour, meter, topic, text, checked FROM newest",
	[SPOOL_OLDEST] = "SELECT min(number) FROM waiting",
	[SPOOL_PRUNE] = "DELETE FROM newest WHERE number <= "
			"(SELECT number FROM newest ORDER BY number DESC LIMIT 1 OFFSET ?1)",
};

int spool_prepare(struct spool *s)
{
	for (size_t i = 0; i < SPOOL_STATEMENTS; i++) {
		if (sqlite3_prepare_v3(s->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
		                       &s->statements[i], NULL) != SQLITE_OK)
			return spool_error(s->db);
	}
	return 0;
}

/* ---- the check of a row ---- */

static uint64_t hash_text(uint64_t h, const char *text)
{
	return hash_more(h, text, strlen(text) + 1);
}

/* Not of its number, which may become another. */
static int64_t check_of(const struct spool_entry *entry)
{
	uint64_t h = HASH_START;

	for (int shift = 0; shift < 64; shift += 8) {
		uint8_t octet = (uint8_t)((uint64_t)entry->hour >> shift);

		h = hash_more(h, &octet, 1);
	}
	return (int64_t)hash_text(hash_text(hash_text(h, entry->meter), entry->topic), entry->text);
}

static size_t octets_of(const struct spool_entry *entry)
{
	return strlen(entry->meter) + strlen(entry->topic) + strlen(entry->text);
}

/* ---- statements ---- */

/* Runs one that gives no more than a row; its number, 0 without a row, into result unless that is NULL. */
static int run(struct spool *s, enum spool_statement which, int64_t *result)
{
	sqlite3_stmt *statement = s->statements[which];
	int rc = sqlite3_step(statement);

	if (result)
		*result = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	while (rc == SQLITE_ROW)
		rc = sqlite3_step(statement);
	rc = rc == SQLITE_DONE ? 0 : spool_error(s->db);
	sqlite3_reset(statement);
	return rc;
}

static int write_row(struct spool *s, enum spool_statement which, const struct spool_entry *entry)
{
	sqlite3_stmt *statement = s->statements[which];

	sqlite3_bind_int64(statement, 1, (sqlite3_int64)entry->number);
	sqlite3_bind_int64(statement, 2, entry->hour);
	sqlite3_bind_text(statement, 3, entry->meter, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 4, entry->topic, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 5, entry->text, -1, SQLITE_STATIC);
	sqlite3_bind_int64(statement, 6, check_of(entry));
	return run(s, which, NULL);
}

static const char *text_at(sqlite3_stmt *statement, int column)
{
	const char *text = (const char *)sqlite3_column_text(statement, column);

	return text ? text : "";
}

/* The entry of the row; false when its check is wrong. */
static bool read_row(sqlite3_stmt *statement, struct spool_entry *entry)
{
	*entry = (struct spool_entry){
		.number = (uint64_t)sqlite3_column_int64(statement, 0),
		.hour = sqlite3_column_int64(statement, 1),
		.meter = text_at(statement, 2),
		.topic = text_at(statement, 3),
		.text = text_at(statement, 4),
	};
	return entry->number > 0 && entry->number <= INT64_MAX &&
	       sqlite3_column_int64(statement, 5) == check_of(entry);
}

/* Visits the rows of a statement. */
static int read_rows(sqlite3 *db, sqlite3_stmt *statement, size_t *unsound, void *user,
                     bool (*visit)(void *user, const struct spool_entry *entry))
{
	bool more = true;
	int rc = SQLITE_ROW;

	while (more && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
		struct spool_entry entry;

		if (read_row(statement, &entry))
			more = visit(user, &entry);
		else
			(*unsound)++;
	}
	rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : spool_error(db);
	sqlite3_reset(statement);
	return rc;
}

int spool_read_from(sqlite3 *db, const char *question, void *user,
                    bool (*visit)(void *user, const struct spool_entry *entry))
{
	sqlite3_stmt *statement;
	size_t unsound = 0;
	int rc;

	if (sqlite3_prepare_v2(db, question, -1, &statement, NULL) != SQLITE_OK)
		return spool_error(db);
	rc = read_rows(db, statement, &unsound, user, visit);
	sqlite3_finalize(statement);
	return rc;
}

/* ---- transactions ---- */

int spool_begin(struct spool *s)
{
	if (!s->db)
		return -EBADF;
	s->committed_count = s->count;
	s->committed_octets = s->octets;
	return spool_execute(s->db, "BEGIN IMMEDIATE");
}

/* Once for all meters, as it looks at each. */
static int prune(struct spool *s)
{
	if (!s->renewed)
		return 0;
	s->renewed = false;
	sqlite3_bind_int64(s->statements[SPOOL_PRUNE], 1, SPOOL_METERS);
	return run(s, SPOOL_PRUNE, NULL);
}

/* What a long outage let grow is given back to the disk when all of it was taken. */
int spool_commit(struct spool *s)
{
	int rc = prune(s);

	if (rc == 0 && s->large && s->count == 0) {
		rc = spool_execute(s->db, "PRAGMA incremental_vacuum");
		s->large = false;
	}
	return rc == 0 ? spool_execute(s->db, "COMMIT") : rc;
}

void spool_abandon(struct spool *s)
{
	if (!s->db)
		return;
	s->count = s->committed_count;
	s->octets = s->committed_octets;
	spool_execute(s->db, "ROLLBACK"); /* SQLite may have done so itself */
}

int spool_remove(struct spool *s, uint64_t number)
{
	int64_t octets;
	int rc;

	sqlite3_bind_int64(s->statements[SPOOL_DELETE], 1, (sqlite3_int64)number);
	rc = run(s, SPOOL_DELETE, &octets);
	if (rc == 0 && octets > 0) {
		s->count--;
		s->octets -= (size_t)octets < s->octets ? (size_t)octets : s->octets;
	}
	return rc;
}

static int drop_oldest(struct spool *s)
{
	int64_t oldest;
	int rc = run(s, SPOOL_OLDEST, &oldest);

	if (rc < 0)
		return rc;
	s->dropped++;
	return spool_remove(s, (uint64_t)oldest);
}

int spool_renew(struct spool *s, const struct spool_entry *entry)
{
	if (entry->partial)
		return 0;
	s->renewed = true;
	return write_row(s, SPOOL_RENEW, entry);
}

int spool_append(struct spool *s, const struct spool_entry *entry)
{
	size_t octets = octets_of(entry);
	int rc = octets > SPOOL_TEXT ? -EMSGSIZE : 0;

	while (rc == 0 && s->count > 0 &&
	       (s->count >= SPOOL_ENTRIES || s->octets + octets > SPOOL_OCTETS))
		rc = drop_oldest(s);
	if (rc == 0)
		rc = write_row(s, SPOOL_INSERT, entry);
	if (rc < 0)
		return rc;
	if (sqlite3_changes(s->db) == 0)
		return 0;
	s->count++;
	s->octets += octets;
	s->large |= s->octets > SPOOL_LARGE;
	return spool_renew(s, entry);
}

int spool_read(struct spool *s, uint64_t after, void *user,
               bool (*visit)(void *user, const struct spool_entry *entry))
{
	if (!s->db)
		return -EBADF;
	sqlite3_bind_int64(s->statements[SPOOL_READ], 1, (sqlite3_int64)after);
	return read_rows(s->db, s->statements[SPOOL_READ], &s->unsound, user, visit);
}

int spool_newest(struct spool *s, void *user,
                 bool (*visit)(void *user, const struct spool_entry *entry))
{
	if (!s->db)
		return -EBADF;
	return read_rows(s->db, s->statements[SPOOL_NEWEST], &s->unsound, user, visit);
}
