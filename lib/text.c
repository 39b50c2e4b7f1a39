#include "text.h"

char *text_uint(char *out, uint64_t value, unsigned width)
{
	char digits[20];
	unsigned count = 0;

	while (value > 0 || count < width) {
		digits[count++] = (char)('0' + value % 10);
		value /= 10;
		if (count == sizeof(digits))
			break;
	}
	while (count > 0)
		*out++ = digits[--count];
	return out;
}
