#include "journal.h"

#include <stdio.h>
#include <string.h>

void journal_text(struct journal *j, const char *name, const char *value)
{
	if (j->count < JOURNAL_FIELDS)
		j->fields[j->count++] = (struct log_field){ name, value };
}

void journal_number(struct journal *j, const char *name, unsigned long long value)
{
	if (j->count == JOURNAL_FIELDS)
		return;
	snprintf(j->numbers[j->count], sizeof(j->numbers[0]), "%llu", value);
	journal_text(j, name, j->numbers[j->count]);
}

void journal_errno(struct journal *j, int err)
{
	if (err < 0)
		journal_text(j, "ERROR_CAUSE", strerrorname_np(-err));
}
