#include <han/obis.h>

#include "text.h"

bool han_obis_equal(struct han_obis x, struct han_obis y)
{
	return x.a == y.a && x.b == y.b && x.c == y.c && x.d == y.d && x.e == y.e && x.f == y.f;
}

char *han_obis_print(struct han_obis obis, char buf[HAN_OBIS_TEXT])
{
	const uint8_t groups[6] = { obis.a, obis.b, obis.c, obis.d, obis.e, obis.f };
	char *out = buf;

	for (int i = 0; i < 6; i++) {
		out = text_uint(out, groups[i], 1);
		*out++ = "-:...\0"[i];
	}
	return buf;
}
