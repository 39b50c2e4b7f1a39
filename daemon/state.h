/* What is kept across restarts: small texts in the state directory (STATE_DIRECTORY, as systemd sets it).
 *
 * A text has a kind, like "identity", and what it is about, like a port. Without the directory nothing is kept.
 */
#ifndef STATE_H
#define STATE_H

#include <stdbool.h>
#include <stddef.h>

#define STATE_FILES_MAX 8192 /* more than a thousand meters need; ever new numbers fill no disk */

/* The text, or the first size - 1 octets of it, up to a NUL; false when there is none, and buf is as before.
 * Anybody may have written it: to be judged. */
bool state_load(const char *kind, const char *about, char *buf, size_t size);

/* Keeps it durably, and waits for the disk (keeper.h does not): after a power failure there is the text, or the one
 * before it. 0, also without a directory, or a negative errno: -EDQUOT, a new one would be too many. */
int state_save(const char *kind, const char *about, const char *text);

/* Removes all that is kept about it, of whatever kind, and every text whose first line it is: what is kept about
 * a port may name it. How many files; -ENOENT without a directory, or another negative errno. */
int state_forget(const char *about);

#endif
