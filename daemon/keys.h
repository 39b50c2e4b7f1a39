/* Every key of the configuration: THE table, and what can be asked of it.
 *
 * The keys of section "meter" are stored in a struct config_meter, all others in the struct config.
 */
#ifndef KEYS_H
#define KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "setting.h"

size_t keys_count(void);
const struct setting *keys_at(size_t index);

/* NULL when the section has no such key. */
const struct setting *keys_find(const char *section, const char *key);

/* A section that has this key, NULL when none has. */
const char *keys_section_of(const char *key);

/* The names most like what was written, NULL when none is. */
const char *keys_nearest_key(const char *section, const char *key);
const char *keys_nearest_section(const char *section);

bool keys_is_section(const char *section);

/* Whether a section (not "meter"), or a meter, says the same in both. */
bool keys_same(const struct config *a, const struct config *b, const char *section);
bool keys_same_meter(const struct config_meter *a, const struct config_meter *b);

#endif
