/* The inside of the spool: what spool.c (statements), spool-file.c (the connection) and spool-mend.c (repair) need of
 * each other. */
#ifndef SPOOL_FILE_H
#define SPOOL_FILE_H

#include "spool.h"

/* SQLite's last error as a negative errno. */
int spool_error(struct sqlite3 *db);

/* Runs statements that give no rows worth reading. 0 or a negative errno. */
int spool_execute(struct sqlite3 *db, const char *text);

/* Opens a damaged file to read what can be read; it stays as it is. */
int spool_connect_damaged(const char *path, struct sqlite3 **db);

/* Prepares all statements, for the tables that are there. */
int spool_prepare(struct spool *s);

/* Visits the sound rows of a question that has the columns of an entry and its check. 0 or a negative errno. */
int spool_read_from(struct sqlite3 *db, const char *question, void *user,
                    bool (*visit)(void *user, const struct spool_entry *entry));

/* Opens the file, or makes it, and looks at every page and every row. 0 or a negative errno, *cause says what is
 * wrong with it if it is beyond use; then it is as before. */
int spool_load(struct spool *s, const char *path, const char **cause);

/* Makes a sound file of what can be read of that at path, in its place, and sets that aside. */
int spool_mend(const char *path, size_t *saved);

/* Ends a repair that a power cut broke off. */
void spool_finish_mending(const char *path);

#endif
