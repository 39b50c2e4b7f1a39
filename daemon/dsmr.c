#include "dsmr.h"

#include "p1lines.h"

enum form { NUMBER, TEXT, HEX, TIME, TARIFF, LOG, GAS };

struct line {
	const char *code;
	enum form form;
	struct han_obis obis;     /* of a number, */
	uint8_t digits, decimals; /* its places before the point and behind it, */
	const char *unit;         /* of which a k takes three */
	const char *text;
};

#define ENERGY(c, e)                                                                  \
	{                                                                             \
		"1-0:" #c ".8." #e, NUMBER, { 1, 0, c, 8, e, 255 }, 6, 3, "kWh", NULL \
	}
#define POWER(c)                                                                   \
	{                                                                          \
		"1-0:" #c ".7.0", NUMBER, { 1, 0, c, 7, 0, 255 }, 2, 3, "kW", NULL \
	}
#define VOLTAGE(c)                                                                \
	{                                                                         \
		"1-0:" #c ".7.0", NUMBER, { 1, 0, c, 7, 0, 255 }, 3, 1, "V", NULL \
	}
#define CURRENT(c)                                                                \
	{                                                                         \
		"1-0:" #c ".7.0", NUMBER, { 1, 0, c, 7, 0, 255 }, 3, 0, "A", NULL \
	}
#define OTHER(code, form, text)                     \
	{                                           \
		code, form, { 0 }, 0, 0, NULL, text \
	}

/* In the order of the standard's example (DSMR 5.0.2 P1). */
static const struct line lines[] = {
	OTHER("1-3:0.2.8", TEXT, "50"),
	OTHER("0-0:1.0.0", TIME, NULL),
	OTHER("0-0:96.1.1", HEX, "E0043000000000026"),
	ENERGY(1, 1),
	ENERGY(1, 2),
	ENERGY(2, 1),
	ENERGY(2, 2),
	OTHER("0-0:96.14.0", TARIFF, NULL),
	POWER(1),
	POWER(2),
	OTHER("0-0:96.7.21", TEXT, "00004"),
	OTHER("0-0:96.7.9", TEXT, "00002"),
	OTHER("1-0:99.97.0", LOG, NULL),
	OTHER("1-0:32.32.0", TEXT, "00002"),
	OTHER("1-0:52.32.0", TEXT, "00001"),
	OTHER("1-0:72.32.0", TEXT, "00000"),
	OTHER("1-0:32.36.0", TEXT, "00000"),
	OTHER("1-0:52.36.0", TEXT, "00003"),
	OTHER("1-0:72.36.0", TEXT, "00000"),
	OTHER("0-0:96.13.0", TEXT, ""),
	VOLTAGE(32),
	VOLTAGE(52),
	VOLTAGE(72),
	CURRENT(31),
	CURRENT(51),
	CURRENT(71),
	POWER(21),
	POWER(41),
	POWER(61),
	POWER(22),
	POWER(42),
	POWER(62),
	OTHER("0-1:24.1.0", TEXT, "003"),
	OTHER("0-1:96.1.0", HEX, "G0039000000000019"),
	OTHER("0-1:24.2.1", GAS, NULL),
};

/* Two long power failures: when each ended, and how long it took. */
static void put_log(struct encoder *e)
{
	static const struct han_datetime first = {
		.year = 2021, .month = 12, .day = 8, .hour = 15, .minute = 24, .second = 15
	};
	static const struct han_datetime second = { .year = 2024,
		                                    .month = 7,
		                                    .day = 6,
		                                    .hour = 4,
		                                    .minute = 3,
		                                    .second = 22,
		                                    .status = 0x80 };

	p1lines_text(e, "2");
	p1lines_text(e, "0-0:96.7.19");
	p1lines_time(e, &first);
	p1lines_number(e, 240, 10, 0, "s");
	p1lines_time(e, &second);
	p1lines_number(e, 301, 10, 0, "s");
}

static void put_number(struct encoder *e, const struct line *line, const struct sample *sample)
{
	int exp10 = (line->unit[0] == 'k' ? 3 : 0) - line->decimals;

	p1lines_number(e, sample_value(sample, line->obis, exp10), line->digits, line->decimals,
	               line->unit);
}

static void put_groups(struct encoder *e, const struct line *line, const struct sample *sample)
{
	switch (line->form) {
	case NUMBER:
		put_number(e, line, sample);
		break;
	case TEXT:
		p1lines_text(e, line->text);
		break;
	case HEX:
		p1lines_hex(e, line->text);
		break;
	case TIME:
		p1lines_time(e, &sample->now);
		break;
	case TARIFF:
		p1lines_number(e, sample->state.tariff + 1, 4, 0, NULL);
		break;
	case LOG:
		put_log(e);
		break;
	case GAS:
		p1lines_time(e, &sample->gas_time);
		p1lines_number(e, sample->gas_l, 5, 3, "m3");
		break;
	}
}

size_t dsmr_encode(struct encoder *e, const struct sample *sample, unsigned list,
                   const struct seal *seal)
{
	(void)list;
	(void)seal;
	p1lines_begin(e, "ISK5\\2M550T-1011");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		p1lines_code(e, lines[i].code);
		put_groups(e, &lines[i], sample);
		p1lines_end_line(e);
	}
	return p1lines_end(e);
}
