#include "utf8.h"

#include <string.h>

/* Octets of the character that begins there, without those of controls; 0: it is not UTF-8 (RFC 3629). */
static size_t utf8_length(const uint8_t *at, size_t left)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least; /* a longer spelling of a shorter one is none */
	} forms[] = { { 0x80, 0, 0x20 },
		      { 0xE0, 0xC0, 0xA0 },
		      { 0xF0, 0xE0, 0x800 },
		      { 0xF8, 0xF0, 0x10000 } };

	for (size_t n = 0; n < sizeof(forms) / sizeof(forms[0]) && n < left; n++) {
		uint32_t code = at[0] & (uint8_t)~forms[n].mask;

		if ((at[0] & forms[n].mask) != forms[n].lead)
			continue;
		for (size_t i = 1; i <= n; i++) {
			if ((at[i] & 0xC0) != 0x80)
				return 0;
			code = code << 6 | (at[i] & 0x3F);
		}
		return code < forms[n].least || code == 0x7F || code > 0x10FFFF ||
		                       (code >= 0xD800 && code < 0xE000)
		               ? 0
		               : n + 1;
	}
	return 0;
}

bool utf8_is_text(const uint8_t *at, size_t left)
{
	while (left > 0) {
		size_t n = utf8_length(at, left);

		if (n == 0)
			return false;
		at += n;
		left -= n;
	}
	return true;
}

void utf8_make_line(char *text)
{
	bool is_utf8;

	for (char *c = text; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7F)
			*c = '?';
	}
	is_utf8 = utf8_is_text((const uint8_t *)text, strlen(text));
	for (char *c = text; *c && !is_utf8; c++) {
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	}
}
