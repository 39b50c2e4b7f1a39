/* A reading as the JSON object that the perl decoder of the meter-reading community prints. Pure.
 *
 * Members, names, descriptions, units and strings are its own; energies are kWh and kVArh, the clock of a
 * Kaifa list is its string, octet-strings are texts in which each octet is one character. Numbers are exact,
 * whatever their size.
 */
#ifndef SEED_H
#define SEED_H

#include <stdbool.h>

#include <han/reading.h>

/* The object in UTF-8, keys sorted; on one line when compact. The caller's to free(); NULL when memory
 * ends. */
char *seed_print(const struct han_reading *reading, bool compact);

#endif
