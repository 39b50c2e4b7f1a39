/* An OBIS code, A-B:C.D.E.F (IEC 62056-61): what a value is. */
#ifndef HAN_OBIS_H
#define HAN_OBIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/export.h>

struct han_obis {
	uint8_t a, b, c, d, e, f;
};

#define HAN_OBIS_TEXT 24 /* octets that the longest printed code needs, NUL included */

HAN_EXPORT bool han_obis_equal(struct han_obis x, struct han_obis y);

/* "1-0:1.8.0.255" into buf; returns buf. */
HAN_EXPORT char *han_obis_print(struct han_obis obis, char buf[HAN_OBIS_TEXT]);

#endif
