/* Texts of the state directory that may reach the disk a moment later: the loop never waits for it.
 *
 * A text that is written durably takes milliseconds, and a dying SD card lets one wait for half a minute; who says
 * to be another meter with each message makes several for each. So they go through memory, the newest of each, and a
 * thread writes them, which is there only as long as there are any. What must be on disk before anything else
 * happens is state.h's, and so are the files. As the directory, there is one of it in a process.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include <stdbool.h>
#include <stddef.h>

#define KEEPER_OCTETS (2 << 20) /* that wait in memory: more than the texts of a thousand meters */

/* From here on a thread writes; before, and where there can be no thread, who saves does. */
void keeper_start(void);

/* Waits for at most wait_ms until all is written; accepts one that was not started. Whether it is: if not, the
 * process must not wait for its threads. */
bool keeper_stop(unsigned wait_ms);

/* As state_load(), also of what is not on disk yet. */
bool keeper_load(const char *kind, const char *about, char *buf, size_t size);

/* As state_save(), soon. kind is constant; the others are copied. failed() is told a negative errno, perhaps by the
 * thread: -ENOBUFS, as the oldest ones make room when the disk takes none. */
void keeper_save(const char *kind, const char *about, const char *text,
                 void (*failed)(const char *about, int rc));

#endif
