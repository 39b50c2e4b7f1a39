/* Which boards sit on a Raspberry Pi's header, as their EEPROMs tell the firmware. */
#ifndef HAT_H
#define HAT_H

#include <stdbool.h>

#define HAT_TEXT   48
#define HAT_MASTER "M-Bus Master" /* how the product begins that powers a bus */

/* Whether a HAT_MASTER is fitted, alone or among others. product is its name, or else that of another hat,
 * made printable and cut to fit; "" without any. root stands in front of /sys/firmware/devicetree/base, ""
 * for this machine. */
bool hat_find(const char *root, char product[HAT_TEXT]);

#endif
