#include "line.h"

#include <string.h>

static struct span behind(struct span span, size_t n)
{
	return (struct span){ span.octets + n, span.len - n };
}

bool line_next(struct span *rest, struct span *line)
{
	const uint8_t *end;
	size_t len;

	if (rest->len == 0)
		return false;
	end = memchr(rest->octets, '\n', rest->len);
	len = end ? (size_t)(end - rest->octets) : rest->len;
	*line = (struct span){ rest->octets, len };
	*rest = behind(*rest, end ? len + 1 : len);
	if (line->len > 0 && line->octets[line->len - 1] == '\r')
		line->len--;
	return true;
}

/* One to three digits, 0 … 255. */
static bool read_number(struct span *rest, uint8_t *number)
{
	unsigned value = 0;
	size_t n = 0;

	while (n < rest->len && n < 4 && rest->octets[n] >= '0' && rest->octets[n] <= '9')
		value = 10 * value + (rest->octets[n++] - '0');
	if (n < 1 || n > 3 || value > 255)
		return false;
	*number = (uint8_t)value;
	*rest = behind(*rest, n);
	return true;
}

static bool skip(struct span *rest, char mark)
{
	if (rest->len == 0 || rest->octets[0] != (uint8_t)mark)
		return false;
	*rest = behind(*rest, 1);
	return true;
}

/* A, B and C: what a number is, the mark behind it tells. */
static bool read_upper(struct span *rest, struct han_obis *obis)
{
	uint8_t number;

	if (!read_number(rest, &number))
		return false;
	if (skip(rest, '-')) {
		obis->a = number;
		if (!read_number(rest, &number))
			return false;
	}
	if (skip(rest, ':')) {
		obis->b = number;
		if (!read_number(rest, &number))
			return false;
	}
	obis->c = number;
	return true;
}

static bool read_code(struct span *rest, struct han_obis *obis, bool *has_f)
{
	*obis = (struct han_obis){ 1, 0, 0, 0, 255, 255 };
	if (!read_upper(rest, obis) || !skip(rest, '.') || !read_number(rest, &obis->d))
		return false;
	if (skip(rest, '.') && !read_number(rest, &obis->e))
		return false;
	*has_f = skip(rest, '*') || skip(rest, '&');
	return !*has_f || read_number(rest, &obis->f);
}

bool line_group(struct span *rest, struct group *group)
{
	const uint8_t *end, *star;
	struct span all;

	if (rest->len == 0 || rest->octets[0] != '(')
		return false;
	all = behind(*rest, 1);
	end = memchr(all.octets, ')', all.len);
	if (!end)
		return false;
	all.len = (size_t)(end - all.octets);
	if (memchr(all.octets, '(', all.len))
		return false;
	*rest = behind(*rest, all.len + 2);
	star = memchr(all.octets, '*', all.len);
	group->all = group->value = all;
	group->unit = (struct span){ end, 0 };
	if (star) {
		group->value.len = (size_t)(star - all.octets);
		group->unit = behind(all, group->value.len + 1);
	}
	return true;
}

/* How many groups, with nothing behind them; 0 when it is anything else. */
static unsigned count_groups(struct span rest)
{
	struct group group;
	unsigned count = 0;

	while (line_group(&rest, &group))
		count++;
	return rest.len == 0 ? count : 0;
}

bool line_read(struct span octets, struct line *line)
{
	struct span rest = octets;
	struct han_obis obis;
	bool has_f;
	unsigned count;

	if (!read_code(&rest, &obis, &has_f))
		return false;
	count = count_groups(rest);
	if (count == 0)
		return false;
	*line = (struct line){ obis, has_f, rest, count };
	return true;
}

bool line_continues(struct span octets)
{
	return count_groups(octets) > 0;
}
