/* A reading as the JSON object that the perl decoder of the meter-reading community prints. Pure.
 *
 * Members, names, descriptions, units and strings are its own; energies are kWh and kVArh, the clock of a
 * Kaifa list is its string, that of others ISO 8601, octet-strings are texts in which each octet is one
 * character. Numbers are exact, whatever their size. What it never saw has members of its own: "encryption",
 * headers of other framings, a telegram's lines as "payload", "suspect" with the reason.
 */
#ifndef SEED_H
#define SEED_H

#include <stdbool.h>

#include <han/reading.h>

/* The object in UTF-8, keys sorted; on one line when compact. Not decoded: the reading has no values, as it
 * is encrypted and the key is missing or wrong, and the object no "data" and no "payload". The caller's to
 * free(); NULL when memory ends. */
char *seed_print(const struct han_reading *reading, bool decoded, bool compact);

#endif
