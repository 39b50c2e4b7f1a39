/* An exact decimal number: no binary floating point anywhere. */
#ifndef HAN_DECIMAL_H
#define HAN_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include <han/export.h>

/* Minus (negative) magnitude x 10^exp10. */
struct han_decimal {
	uint64_t magnitude;
	int16_t exp10; /* -40 … 40 */
	bool negative; /* never with magnitude 0 */
};

#define HAN_DECIMAL_EXP_MAX 40 /* of either sign */
#define HAN_DECIMAL_TEXT    64 /* octets that the longest printed number needs, NUL included */

/* The number as plain decimal text into buf, no exponent: exp10 -3 prints three decimals
 * ("11589.514", "0.000"), exp10 0 and above none ("1527"). Returns buf. */
HAN_EXPORT char *han_decimal_print(struct han_decimal number, char buf[HAN_DECIMAL_TEXT]);

/* The same value without trailing zeros behind the point: 232.0 becomes 232. */
HAN_EXPORT struct han_decimal han_decimal_trim(struct han_decimal number);

#endif
