/* The search for a line's setting with every meter at every setting that is known, by UARTs that begin with every
 * other one. */
#include "check.h"

#include "tuned.h"

#define PLUGGED_MS 5000

static const struct tuning_line starts[] = {
	{ 2400, SERIAL_8N1 },   { 2400, SERIAL_8E1 },   { 9600, SERIAL_8N1 },
	{ 9600, SERIAL_7E1 },   { 115200, SERIAL_8N1 }, { 115200, SERIAL_7E1 },
	{ 115200, SERIAL_8E1 }, { 4800, SERIAL_8N1 }, /* that no meter has */
};

/* clang-format off */
static const struct {
	struct tuned_meter meter;
	unsigned pause_ms; /* the longest between two messages */
} meters[] = {
	{ { "kaifa-ma304",        2400,   SERIAL_8N1, 0,     0, 0, false },   2000 },
	{ { "kaifa-ma304",        2400,   SERIAL_8N1, 10000, 0, 0, false },   10000 },
	{ { "kaifa-ma304",        2400,   SERIAL_8E1, 0,     0, 0, false },   2000 },
	{ { "kaifa-ma105",        2400,   SERIAL_8N1, 0,     0, 0, false },   2000 },
	{ { "aidon-6525",         2400,   SERIAL_8E1, 0,     0, 0, false },   2500 },
	{ { "aidon-6525",         2400,   SERIAL_8E1, 0,     0, 15, false },  2500 },
	{ { "aidon-6525",         2400,   SERIAL_8E1, 10000, 0, -15, false }, 10000 },
	{ { "kamstrup-omnipower", 2400,   SERIAL_8N1, 0,     0, 0, false },   10000 },
	{ { "kamstrup-omnipower", 2400,   SERIAL_8N1, 0,     0, 15, false },  10000 },
	{ { "kamstrup-omnipower", 2400,   SERIAL_8E1, 10000, 0, 0, false },   10000 },
	{ { "lg-e450",            2400,   SERIAL_8E1, 0,     0, 0, false },   5000 },
	{ { "lg-e450",            9600,   SERIAL_8N1, 10000, 0, 0, false },   10000 },
	{ { "sagemcom-t210d",     2400,   SERIAL_8E1, 0,     0, 0, false },   5000 },
	{ { "sagemcom-t210d",     2400,   SERIAL_8N1, 0,     0, 0, false },   5000 },
	{ { "sagemcom-t210d",     2400,   SERIAL_8E1, 10000, 0, 0, false },   10000 },
	{ { "iskra-am550",        115200, SERIAL_8N1, 0,     0, 0, false },   5000 },
	{ { "aidon-6525",         115200, SERIAL_8N1, 10000, 0, 0, false },   10000 },
	{ { "dsmr5",              115200, SERIAL_8N1, 0,     0, 0, false },   1000 },
	{ { "dsmr5",              115200, SERIAL_8N1, 10000, 0, -15, false }, 10000 },
	{ { "dsmr5",              115200, SERIAL_7E1, 10000, 0, 0, false },   10000 },
	{ { "dsmr5",              115200, SERIAL_8E1, 10000, 0, 0, false },   10000 },
	{ { "dsmr5",              9600,   SERIAL_8N1, 10000, 0, 0, false },   10000 },
	{ { "dsmr5",              9600,   SERIAL_7E1, 10000, 0, 0, false },   10000 },
	{ { "aidon-6525",         2400,   SERIAL_8E1, 0,     0, 0, true },  2500 },
	{ { "kamstrup-omnipower", 2400,   SERIAL_8N1, 0,     0, 0, true },  10000 },
	{ { "dsmr5",              115200, SERIAL_8E1, 10000, 0, 0, true },  10000 },
};
/* clang-format on */

/* Plugged in at that time, how long it takes to the first valid frame with the line that stays. */
static uint64_t time_to_find(struct tuned *l, const struct wire *wire,
                             const struct tuned_meter *meter, uint64_t at_ms)
{
	tuned_open(l, wire, at_ms);
	do {
		tuned_run(l, l->now_ms + 1000);
	} while (l->now_ms < at_ms + 120000 && !(tuning_settled(&l->tuning) && l->tuning.checked));
	tuned_run(l, l->now_ms + 25000);
	assert_true(tuning_settled(&l->tuning));
	assert_true(l->frames > 0);
	/* Where no errors are counted a wrong format whose frames are valid all the same has to do. */
	if (!l->blind)
		check_line(l, meter->baud, meter->format);
	return l->first_frame_ms > l->changed_ms ? l->first_frame_ms - at_ms
	                                         : l->changed_ms - at_ms;
}

/* The octets come one by one, or as from a queue; the port counts errors or does not; it is plugged in
 * between two messages or in one. */
static uint64_t worst_of(const struct wire *wire, const struct tuned_meter *meter,
                         unsigned pause_ms, const struct tuning_line *start)
{
	uint64_t worst = 0;

	for (unsigned way = 0; way < 2 * 2 * 6; way++) {
		static struct tuned l;
		uint64_t found;

		tuned_auto(&l, start);
		l.uart.kind = way & 1 ? UART_16550 : UART_PL011;
		l.blind = way & 2;
		l.chunk = way % 3 == 0 ? 16 : 1;
		found = time_to_find(&l, wire, meter, PLUGGED_MS + way / 4 * pause_ms / 6);
		if (found > worst)
			worst = found;
	}
	return worst;
}

static void test_every_setting_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(meters); i++) {
		const struct tuned_meter *meter = &meters[i].meter;
		struct wire wire = { .edges = NULL };
		uint64_t worst = 0, limit = (meter->crackles ? 7 : 5) * meters[i].pause_ms + 2000;
		size_t from = 0;

		wire_play(&wire, meter, 1000, 160000);
		for (size_t k = 0; k < COUNT(starts); k++) {
			uint64_t found = worst_of(&wire, meter, meters[i].pause_ms, &starts[k]);

			from = found > worst ? k : from;
			worst = found > worst ? found : worst;
		}
		print_message("# %-18s %6u %s every %4.1f s%s: %4.1f s at worst, from %u %s\n",
		              meter->name, meter->baud, serial_format_name(meter->format),
		              meters[i].pause_ms / 1000.0, meter->crackles ? ", crackling" : "",
		              (double)worst / 1000, starts[from].baud,
		              serial_format_name(starts[from].format));
		/* Of a line whose messages come every 2.5 s 60 s would do, of one with 10 s two minutes. */
		assert_true(worst <= limit);
		wire_free(&wire);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_setting_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
