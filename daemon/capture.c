#include "capture.h"

#include <errno.h>
#include <string.h>

#include "hex.h"

#define LINE_OCTETS 32 /* of a line that is written: mail programs leave it as it is */

static const char byte_order_mark[] = "\xEF\xBB\xBF";

/* What editors, mails and forums put in front of a line, or between lines. */
static bool is_front(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '>';
}

enum capture_is capture_detect(const uint8_t *buf, size_t len)
{
	size_t bom = strlen(byte_order_mark);

	if (len > 0 && buf[0] == (uint8_t)byte_order_mark[0]) {
		if (memcmp(buf, byte_order_mark, len < bom ? len : bom) != 0)
			return CAPTURE_NO;
		buf += len < bom ? len : bom;
		len -= len < bom ? len : bom;
	}
	for (; len > 0 && (is_front((char)*buf) || *buf == '\n'); len--)
		buf++;
	if (memcmp(buf, CAPTURE_MARK, len < CAPTURE_MARK_LEN ? len : CAPTURE_MARK_LEN) != 0)
		return CAPTURE_NO;
	return len < CAPTURE_MARK_LEN ? CAPTURE_PERHAPS : CAPTURE_YES;
}

int capture_write_mark(FILE *out, time_t start, const char *device, const char *settings)
{
	char text[32];
	struct tm tm;

	gmtime_r(&start, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (fprintf(out, CAPTURE_MARK ", %s, %s%s%s\n", text, device, settings ? ", " : "",
	            settings ? settings : "") < 0 ||
	    fflush(out) == EOF)
		return -errno;
	return 0;
}

static void write_line(FILE *out, uint64_t ms, const uint8_t *buf, size_t len)
{
	fprintf(out, "%llu ", (unsigned long long)ms);
	for (size_t i = 0; i < len; i++)
		fprintf(out, "%02x", buf[i]);
	fputc('\n', out);
}

int capture_write(FILE *out, uint64_t ms, const uint8_t *buf, size_t len)
{
	for (size_t i = 0; i < len; i += LINE_OCTETS)
		write_line(out, ms, buf + i, len - i < LINE_OCTETS ? len - i : LINE_OCTETS);
	return fflush(out) == EOF || ferror(out) ? -errno : 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool read_octets(const char *text, struct capture_arrival *arrival)
{
	arrival->len = 0;
	while (*text) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

		if (is_blank(*text)) {
			text++;
			continue;
		}
		if (low < 0 || arrival->len == sizeof(arrival->octets))
			return false;
		arrival->octets[arrival->len++] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	return true;
}

bool capture_read(const char *line, struct capture_arrival *arrival)
{
	const char *at = line;

	arrival->len = 0;
	arrival->ms = 0;
	if (strncmp(at, byte_order_mark, strlen(byte_order_mark)) == 0)
		at += strlen(byte_order_mark);
	while (is_front(*at))
		at++;
	if (*at == '#' || !*at)
		return true;
	for (; *at >= '0' && *at <= '9'; at++) {
		if (arrival->ms > UINT64_MAX / 20)
			return false;
		arrival->ms = arrival->ms * 10 + (uint64_t)(*at - '0');
	}
	return is_blank(*at) && read_octets(at, arrival);
}
