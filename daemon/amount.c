#include "amount.h"

#include <string.h>

#define MAX_MW          1000000000000ULL         /* 1 GW */
#define MAX_MJ          (1000000000ULL * KWH_MJ) /* 1 TWh */
#define KWH_MJ          (36ULL * KWH_MJ_TENS)
#define KWH_MJ_TENS     100000000ULL /* 10^8 */
#define KWH_MJ_EXPONENT 8
#define DIGITS_MAX      15 /* of a number that is read */

/* magnitude x 10^exponent, cut off; false beyond max. */
static bool shift(uint64_t magnitude, int exponent, uint64_t max, uint64_t *shifted)
{
	for (; exponent > 0 && magnitude > 0; exponent--) {
		if (magnitude > max / 10)
			return false;
		magnitude *= 10;
	}
	for (; exponent < 0 && magnitude > 0; exponent++)
		magnitude /= 10;
	if (magnitude > max)
		return false;
	*shifted = magnitude;
	return true;
}

bool amount_mw(struct han_decimal w, uint64_t *mw)
{
	return !w.negative && shift(w.magnitude, w.exp10 + 3, MAX_MW, mw);
}

bool amount_mj(struct han_decimal kwh, uint64_t *mj, uint64_t *step_mj)
{
	const int exponent = kwh.exp10 + KWH_MJ_EXPONENT;
	uint64_t amount, step;

	if (kwh.negative || kwh.magnitude > UINT64_MAX / 36)
		return false;
	if (!shift(kwh.magnitude * 36, exponent, MAX_MJ, &amount) ||
	    !shift(36, exponent, MAX_MJ, &step))
		return false;
	*mj = amount;
	*step_mj = step ? step : 1;
	return true;
}

bool amount_read(const char *text, struct han_decimal *number)
{
	struct han_decimal read = { 0 };
	const size_t whole = strspn(text, "0123456789");
	const size_t part = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
	const char *end = text + whole + (part > 0 ? part + 1 : 0);

	if (whole == 0 || *end || whole + part > DIGITS_MAX)
		return false;
	for (const char *c = text; c < end; c++) {
		if (*c != '.')
			read.magnitude = read.magnitude * 10 + (uint64_t)(*c - '0');
	}
	read.exp10 = (int16_t) - (int)part;
	*number = read;
	return true;
}
