#include "telegram.h"

#include <string.h>

#include <han/crc16.h>

#include "line.h"

#define START_LEN 5 /* '/', three letters of the maker, a digit that once was the speed */
#define CHECK_LEN 4 /* hex digits */

#define VERSION_CHECKED 40 /* DSMR 4.0 brought the check */

enum step { AT_START, IN_LINE, BEHIND_CR, AT_CHECK, AT_CHECK_LF, AT_END, AT_END_LF };

static enum look refuse(struct telegram_scan *scan, enum han_err reason)
{
	scan->reason = reason;
	return LOOK_BAD;
}

static bool is_letter(uint8_t octet)
{
	return (octet >= 'A' && octet <= 'Z') || (octet >= 'a' && octet <= 'z');
}

static int hex_digit(uint8_t octet)
{
	if (line_digit(octet))
		return octet - '0';
	if (octet >= 'A' && octet <= 'F')
		return octet - 'A' + 10;
	return octet >= 'a' && octet <= 'f' ? octet - 'a' + 10 : -1;
}

static enum look look_at_start(struct telegram_scan *scan, uint8_t octet)
{
	bool good = is_letter(octet);

	if (scan->at == 0)
		good = octet == '/';
	else if (scan->at == START_LEN - 1)
		good = line_digit(octet);
	if (!good)
		return LOOK_NOISE;
	if (++scan->at == START_LEN)
		scan->step = IN_LINE;
	return LOOK_MORE;
}

/* The identification is the first line. */
static void end_line(struct telegram_scan *scan, const uint8_t *octets,
                     struct han_p1_header *header)
{
	size_t len = scan->at;

	if (scan->line == 0) {
		if (octets[len - 1] == '\r')
			len--;
		header->ident_len = (uint8_t)(len - 1);
		memcpy(header->ident, octets + 1, len - 1);
	}
	scan->line = ++scan->at;
	scan->step = IN_LINE;
}

static enum look look_at_line(struct telegram_scan *scan, const uint8_t *octets,
                              struct han_p1_header *header)
{
	uint8_t octet = octets[scan->at];
	size_t limit = scan->line == 0 ? 1 + HAN_IDENT_MAX : LINE_MAX;
	bool first = scan->at == scan->line;

	if (octet == '\n') {
		end_line(scan, octets, header);
		return LOOK_MORE;
	}
	if (octet == '\r') {
		scan->step = BEHIND_CR;
	} else if (octet < 0x20 || octet > 0x7E || scan->at - scan->line == limit ||
	           (first && octet == '/')) {
		return refuse(scan, HAN_ERR_LINE);
	} else if (first && octet == '!') {
		scan->step = AT_CHECK;
		scan->len = scan->at + 1;
	}
	scan->at++;
	return LOOK_MORE;
}

static uint16_t crc_with_cr(struct span telegram)
{
	uint16_t crc = 0;
	struct span line;

	while (line_next(&telegram, &line)) {
		crc = han_crc16_arc(crc, line.octets, line.len);
		if (line.len == 0 || line.octets[0] != '!')
			crc = han_crc16_arc(crc, (const uint8_t *)"\r\n", 2);
	}
	return crc;
}

/* A file may have lost every CR; the line cannot. */
static bool crc_agrees(uint16_t crc, const uint8_t *octets, size_t len)
{
	if (han_crc16_arc(0, octets, len) == crc)
		return true;
	return !memchr(octets, '\r', len) && crc_with_cr((struct span){ octets, len }) == crc;
}

/* Whether the telegram says that its version is one with a check: 1-3:0.2.8(42). */
static bool says_checked(const struct line *line)
{
	struct span rest = line->groups;
	struct han_obis o = line->obis;
	struct group group;
	unsigned version = 0;

	if (o.a != 1 || o.b != 3 || o.c != 0 || o.d != 2 || o.e != 8 || !line_group(&rest, &group))
		return false;
	for (size_t i = 0; i < group.all.len && version < VERSION_CHECKED; i++) {
		if (!line_digit(group.all.octets[i]))
			return false;
		version = 10 * version + (group.all.octets[i] - '0');
	}
	return version >= VERSION_CHECKED;
}

/* Without a check each line must be sound: the identification, an empty line, object lines with values. */
static enum han_err check_lines(const uint8_t *octets, size_t len)
{
	struct span rest = { octets, len };
	struct span text;
	struct line line;
	bool object = false;

	line_next(&rest, &text);
	if (!line_next(&rest, &text) || text.len > 0)
		return HAN_ERR_LINE;
	while (line_next(&rest, &text) && (text.len == 0 || text.octets[0] != '!')) {
		if (text.len == 0 || (object && line_continues(text)))
			continue;
		object = line_read(text, &line);
		if (!object)
			return HAN_ERR_LINE;
		if (says_checked(&line))
			return HAN_ERR_CRC;
	}
	return object ? HAN_OK : HAN_ERR_LINE;
}

static enum look end_unchecked(struct telegram_scan *scan, const uint8_t *octets,
                               struct han_p1_header *header)
{
	enum han_err err = check_lines(octets, scan->len);

	if (err != HAN_OK)
		return refuse(scan, err);
	header->has_crc = false;
	header->crc = 0;
	scan->at++;
	return LOOK_FRAME;
}

static enum look look_at_check(struct telegram_scan *scan, const uint8_t *octets,
                               struct han_p1_header *header)
{
	const uint8_t *check = octets + scan->len;
	uint8_t octet = octets[scan->at];
	unsigned crc = 0;

	if (scan->at == scan->len && octet == '\n')
		return end_unchecked(scan, octets, header);
	if (scan->at == scan->len && octet == '\r')
		scan->step = AT_CHECK_LF;
	else if (hex_digit(octet) < 0)
		return refuse(scan, HAN_ERR_CRC);
	if (++scan->at < scan->len + CHECK_LEN)
		return LOOK_MORE;
	for (unsigned i = 0; i < CHECK_LEN; i++)
		crc = crc << 4 | (unsigned)hex_digit(check[i]);
	if (!crc_agrees((uint16_t)crc, octets, scan->len))
		return refuse(scan, HAN_ERR_CRC);
	header->has_crc = true;
	header->crc = (uint16_t)crc;
	scan->step = AT_END;
	return LOOK_MORE;
}

/* Behind the check the line end belongs to the telegram, and nothing else does. */
static enum look look_at_end(struct telegram_scan *scan, uint8_t octet)
{
	if (octet == '\r' && scan->step == AT_END) {
		scan->step = AT_END_LF;
		scan->at++;
		return LOOK_MORE;
	}
	if (octet == '\n')
		scan->at++;
	return LOOK_FRAME;
}

static enum look look_at_octet(struct telegram_scan *scan, const uint8_t *octets,
                               struct han_p1_header *header)
{
	uint8_t octet = octets[scan->at];

	switch ((enum step)scan->step) {
	case AT_START:
		return look_at_start(scan, octet);
	case IN_LINE:
		return look_at_line(scan, octets, header);
	case BEHIND_CR:
		if (octet != '\n')
			return refuse(scan, HAN_ERR_LINE);
		end_line(scan, octets, header);
		return LOOK_MORE;
	case AT_CHECK:
		return look_at_check(scan, octets, header);
	case AT_CHECK_LF:
		return octet == '\n' ? end_unchecked(scan, octets, header)
		                     : refuse(scan, HAN_ERR_CRC);
	case AT_END:
	case AT_END_LF:
		return look_at_end(scan, octet);
	}
	return LOOK_NOISE;
}

enum look telegram_scan(struct telegram_scan *scan, const uint8_t *octets, size_t have,
                        struct han_p1_header *header)
{
	enum look look = LOOK_MORE;

	while (look == LOOK_MORE && scan->at < have)
		look = look_at_octet(scan, octets, header);
	return look;
}

bool telegram_checked(const struct telegram_scan *scan)
{
	return scan->step == AT_END || scan->step == AT_END_LF;
}

static bool is_padding(uint8_t octet)
{
	return octet == 0 || octet == ' ' || octet == '\r' || octet == '\n';
}

enum han_err telegram_check(const uint8_t *octets, size_t len, struct han_p1_header *header,
                            size_t *telegram_len)
{
	struct telegram_scan scan = { AT_START, 0, 0, 0, HAN_OK };
	struct han_p1_header found = { 0 };
	enum look look;

	while (len > 0 && is_padding(octets[len - 1]))
		len--;
	look = telegram_scan(&scan, octets, len, &found);
	if (look == LOOK_MORE && scan.step == AT_CHECK && scan.at == scan.len)
		look = end_unchecked(&scan, octets, &found);
	else if (look == LOOK_MORE && telegram_checked(&scan))
		look = LOOK_FRAME;
	else if (look == LOOK_FRAME && scan.at < len)
		return HAN_ERR_TRAILING;
	if (look == LOOK_NOISE)
		return HAN_ERR_LINE;
	if (look != LOOK_FRAME)
		return look == LOOK_BAD ? scan.reason : HAN_ERR_TRUNCATED;
	*header = found;
	*telegram_len = scan.len;
	return HAN_OK;
}
