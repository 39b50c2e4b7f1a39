/* What the firmware of some meters garbles, put right: rows of a table. */
#ifndef REPAIR_H
#define REPAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Mends a message that does not parse, in place; false when no row knows it. */
bool repair_message(uint8_t *octets, size_t len);

#endif
