#include <han/decimal.h>

#include <string.h>

#include "text.h"

/* The longest: minus, "0.", 40 decimals; or minus, 20 digits, 40 zeros. */
_Static_assert(HAN_DECIMAL_TEXT >= 1 + 20 + 40 + 1 + 1, "a printed number fits");

char *han_decimal_print(struct han_decimal number, char buf[HAN_DECIMAL_TEXT])
{
	unsigned decimals = number.exp10 < 0 ? (unsigned)-number.exp10 : 0;
	unsigned zeros = number.exp10 > 0 && number.magnitude > 0 ? (unsigned)number.exp10 : 0;
	char digits[20];
	unsigned count = (unsigned)(text_uint(digits, number.magnitude, 1) - digits);
	char *out = buf;

	if (number.negative)
		*out++ = '-';
	if (count <= decimals) {
		*out++ = '0';
		*out++ = '.';
		memset(out, '0', decimals - count);
		out += decimals - count;
		decimals = 0;
	}
	for (unsigned i = 0; i < count; i++) {
		if (decimals > 0 && count - i == decimals)
			*out++ = '.';
		*out++ = digits[i];
	}
	memset(out, '0', zeros);
	out[zeros] = '\0';
	return buf;
}

struct han_decimal han_decimal_trim(struct han_decimal number)
{
	while (number.exp10 < 0 && number.magnitude % 10 == 0) {
		number.magnitude /= 10;
		number.exp10++;
	}
	return number;
}
