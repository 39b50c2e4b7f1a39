#include <han/decimal.h>

#include <string.h>

/* The longest: minus, "0.", 40 decimals; or minus, 20 digits, 40 zeros. */
_Static_assert(HAN_DECIMAL_TEXT >= 1 + 20 + 40 + 1 + 1, "a printed number fits");

/* From the last digit to the first, as they come out of a division. */
char *han_decimal_print(struct han_decimal number, char buf[HAN_DECIMAL_TEXT])
{
	char text[HAN_DECIMAL_TEXT], *at = text + sizeof(text);
	int exp10 = number.exp10;
	uint64_t rest = number.magnitude;

	*--at = '\0';
	if (exp10 < 0) {
		for (; exp10 < 0; exp10++, rest /= 10)
			*--at = (char)('0' + rest % 10);
		*--at = '.';
	}
	for (; exp10 > 0 && number.magnitude > 0; exp10--)
		*--at = '0';
	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (number.negative)
		*--at = '-';
	memcpy(buf, at, (size_t)(text + sizeof(text) - at));
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
