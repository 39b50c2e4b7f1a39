#include "setting.h"

#include <string.h>

#define WORD_MAX 40

/* How many letters must be changed, added or dropped to make one word of the other (Levenshtein). */
static unsigned edits(const char *a, const char *b)
{
	unsigned row[WORD_MAX + 1];
	size_t len = strnlen(b, WORD_MAX);

	for (unsigned j = 0; j <= len; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1]; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= len; j++) {
			unsigned change = diagonal + (a[i - 1] != b[j - 1]);
			unsigned drop = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

			diagonal = row[j];
			row[j] = change < drop ? change : drop;
		}
	}
	return row[len];
}

/* "password" for password-file: what is left out at the end counts as one letter. */
static unsigned distance(const char *word, const char *candidate)
{
	size_t len = strlen(word);

	return len > 2 && strncmp(word, candidate, len) == 0 && candidate[len]
	               ? 1
	               : edits(word, candidate);
}

const char *setting_nearest(const char *word, const char *const *candidates, size_t count)
{
	unsigned best = (unsigned)strlen(word) / 2 + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < count; i++) {
		unsigned n = distance(word, candidates[i]);

		if (n < best) {
			best = n;
			nearest = candidates[i];
		}
	}
	return nearest;
}
