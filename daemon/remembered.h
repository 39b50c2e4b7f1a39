/* Where a meter was found, across restarts: the port and its line setting, in the state directory. */
#ifndef REMEMBERED_H
#define REMEMBERED_H

#include <stdbool.h>

#include "tuning.h"

#define REMEMBERED_PATH 256

struct remembered {
	char path[REMEMBERED_PATH]; /* begins with / */
	struct tuning_line line;
};

/* What was found last for that device setting ("auto", or a path); false when nothing is kept, or nothing that
 * makes sense, and remembered is as before. */
bool remembered_load(const char *device, struct remembered *remembered);

/* Keeps it; a failure is logged and otherwise harmless. */
void remembered_save(const char *device, const struct remembered *remembered);

#endif
