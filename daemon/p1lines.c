#include "p1lines.h"

#include <string.h>

#define SUMMER     0x80
#define DIGITS_MAX 20 /* of 64 bits */

static void put(struct encoder *e, const char *text)
{
	encode_octets(e, text, strlen(text));
}

/* The lowest digits of a number, as many as are wanted. */
static void put_digits(struct encoder *e, uint64_t value, unsigned digits)
{
	char text[DIGITS_MAX + 1] = { 0 };

	for (unsigned i = digits; i > 0; i--) {
		text[i - 1] = (char)('0' + value % 10);
		value /= 10;
	}
	put(e, text);
}

static void put_hex(struct encoder *e, unsigned value, unsigned digits)
{
	while (digits-- > 0)
		encode_u8(e, (uint8_t) "0123456789ABCDEF"[value >> 4 * digits & 0x0F]);
}

void p1lines_begin(struct encoder *e, const char *ident)
{
	e->frame = e->len;
	put(e, "/");
	put(e, ident);
	put(e, "\r\n\r\n");
}

void p1lines_code(struct encoder *e, const char *code)
{
	put(e, code);
}

void p1lines_end_line(struct encoder *e)
{
	put(e, "\r\n");
}

void p1lines_text(struct encoder *e, const char *text)
{
	put(e, "(");
	put(e, text);
	put(e, ")");
}

void p1lines_hex(struct encoder *e, const char *text)
{
	put(e, "(");
	for (; *text; text++)
		put_hex(e, (uint8_t)*text, 2);
	put(e, ")");
}

void p1lines_time(struct encoder *e, const struct han_datetime *time)
{
	put(e, "(");
	put_digits(e, time->year, 2);
	put_digits(e, time->month, 2);
	put_digits(e, time->day, 2);
	put_digits(e, time->hour, 2);
	put_digits(e, time->minute, 2);
	put_digits(e, time->second, 2);
	put(e, time->status & SUMMER ? "S)" : "W)");
}

/* How many digits a number has, 0 none. */
static unsigned digits_of(uint64_t value)
{
	unsigned digits = 0;

	for (; value > 0; value /= 10)
		digits++;
	return digits;
}

void p1lines_number(struct encoder *e, uint64_t value, unsigned digits, unsigned decimals,
                    const char *unit)
{
	uint64_t one = 1;

	for (unsigned i = 0; i < decimals; i++)
		one *= 10;
	put(e, "(");
	if (digits < digits_of(value / one))
		digits = digits_of(value / one);
	put_digits(e, value / one, digits);
	if (decimals > 0) {
		put(e, ".");
		put_digits(e, value, decimals);
	}
	if (unit) {
		put(e, "*");
		put(e, unit);
	}
	put(e, ")");
}

/* CRC-16/ARC: polynomial 0x8005 reflected, start 0. */
static uint16_t check_of(const uint8_t *octets, size_t len)
{
	unsigned crc = 0;

	for (size_t i = 0; i < len; i++) {
		crc ^= octets[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
	}
	return (uint16_t)crc;
}

size_t p1lines_end(struct encoder *e)
{
	put(e, "!");
	if (e->overflow)
		return 0;
	put_hex(e, check_of(e->octets + e->frame, e->len - e->frame), 4);
	put(e, "\r\n");
	return e->overflow ? 0 : e->len - e->frame;
}
