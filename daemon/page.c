#include "page.h"

#define ROW_OCTETS 16
#define INDENT     2

static const char *const tones[] = {
	[PAGE_PLAIN] = "",         [PAGE_FAINT] = "\033[2m", [PAGE_GOOD] = "\033[32m",
	[PAGE_BAD] = "\033[1;31m", [PAGE_VALUE] = "\033[1m",
};

void page_init(struct page *p, FILE *out, bool colour)
{
	*p = (struct page){ .out = out, .colour = colour };
}

void page_head(struct page *p, const char *format, ...)
{
	va_list arguments;

	fputs(p->colour ? "\n\033[1;36m" : "\n", p->out);
	va_start(arguments, format);
	vfprintf(p->out, format, arguments);
	va_end(arguments);
	fputs(p->colour ? "\033[0m\n" : "\n", p->out);
}

/* The text behind the columns, to the line's end. */
__attribute__((format(printf, 3, 0))) static void write_text(const struct page *p,
                                                             enum page_tone tone,
                                                             const char *format, va_list arguments)
{
	bool coloured = p->colour && tones[tone][0];

	fprintf(p->out, "  %*s%s", (int)(INDENT * p->depth), "", coloured ? tones[tone] : "");
	vfprintf(p->out, format, arguments);
	fputs(coloured ? "\033[0m\n" : "\n", p->out);
}

/* The columns of up to a row's octets; none: blank. The hex is padded only where text follows. */
static void write_columns(const struct page *p, const uint8_t *octets, size_t len, bool padded)
{
	char offset[24] = "";

	if (len > 0)
		snprintf(offset, sizeof(offset), "%s%llu", p->inner ? "+" : "",
		         (unsigned long long)p->offset);
	fprintf(p->out, "%8s ", offset);
	for (size_t i = 0; i < len; i++)
		fprintf(p->out, " %02x", octets[i]);
	if (padded)
		fprintf(p->out, "%*s", (int)(3 * (ROW_OCTETS - len)), "");
}

void page_note(struct page *p, enum page_tone tone, const char *format, ...)
{
	va_list arguments;

	write_columns(p, NULL, 0, true);
	va_start(arguments, format);
	write_text(p, tone, format, arguments);
	va_end(arguments);
}

void page_row_list(struct page *p, enum page_tone tone, const uint8_t *octets, size_t len,
                   const char *format, va_list arguments)
{
	for (size_t at = 0; at < len; at += ROW_OCTETS) {
		size_t n = len - at < ROW_OCTETS ? len - at : ROW_OCTETS;

		write_columns(p, octets + at, n, at == 0);
		if (at == 0)
			write_text(p, tone, format, arguments);
		else
			fputc('\n', p->out);
		p->offset += n;
	}
}

void page_row(struct page *p, enum page_tone tone, const uint8_t *octets, size_t len,
              const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	page_row_list(p, tone, octets, len, format, arguments);
	va_end(arguments);
}

char *page_text(const uint8_t *octets, size_t len, char *buf, size_t size)
{
	bool cut = len > size - 1;
	size_t n = cut ? size - sizeof(PAGE_CUT) : len;

	for (size_t i = 0; i < n; i++)
		buf[i] = octets[i] >= 0x20 && octets[i] < 0x7F ? (char)octets[i] : '.';
	snprintf(buf + n, size - n, "%s", cut ? PAGE_CUT : "");
	return buf;
}
