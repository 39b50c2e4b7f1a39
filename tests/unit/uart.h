/* A serial line at bit level: what a sender puts on the wire, and what a receiver with another speed or format
 * makes of it.
 *
 * The receiver samples a bit in its middle, on a clock of 16 ticks per bit that starts with the line's fall. After
 * an octet whose stop bit was low real ones differ: a 16550 takes the low stop bit for the next start bit, a
 * PL011 waits for the line to be high. Errors are counted as Linux does it: of break, parity and framing the
 * first that is the case; the octet of a break is 00.
 */
#ifndef UART_H
#define UART_H

#include <math.h>
#include <stdlib.h>

#include "check.h"

#include "serial-line.h"

/* Times at which the level changes, in ns, rising; it is high before the first. */
struct wire {
	double *edges;
	size_t count, size;
	double end_ns; /* of the last octet */
};

enum uart_kind { UART_16550, UART_PL011 };

struct uart {
	const struct wire *wire;
	enum uart_kind kind;
	unsigned baud;
	enum serial_format format;
	double now_ns; /* how far it has come */
	bool started;  /* now is the middle of a start bit already */
	size_t edge;   /* the first one behind now */
	unsigned parity, framing, breaks;
};

static inline void wire_free(struct wire *w)
{
	free(w->edges);
	*w = (struct wire){ .edges = NULL };
}

static inline void wire_set(struct wire *w, bool high, double at_ns)
{
	if (high == (w->count % 2 == 0))
		return;
	if (w->count == w->size) {
		w->size = w->size ? 2 * w->size : 4096;
		w->edges = realloc(w->edges, w->size * sizeof(*w->edges));
		assert_non_null(w->edges);
	}
	w->edges[w->count++] = at_ns;
}

static inline unsigned uart_data_bits(enum serial_format format)
{
	return format == SERIAL_7E1 ? 7 : 8;
}

static inline unsigned uart_bits(enum serial_format format) /* with start, parity and stop */
{
	return format == SERIAL_8E1 ? 11 : 10;
}

/* One octet after the other, from at_ns or from the end of what was sent before, whichever is later. */
static inline void wire_send(struct wire *w, const uint8_t *octets, size_t len, double at_ns,
                             double baud, enum serial_format format)
{
	const double bit_ns = 1e9 / baud;
	double t = at_ns > w->end_ns ? at_ns : w->end_ns;

	for (size_t i = 0; i < len; i++) {
		bool parity = false;

		wire_set(w, false, t);
		t += bit_ns;
		for (unsigned k = 0; k < uart_data_bits(format); k++, t += bit_ns) {
			bool bit = octets[i] >> k & 1;

			parity ^= bit;
			wire_set(w, bit, t);
		}
		if (format != SERIAL_8N1) {
			wire_set(w, parity, t);
			t += bit_ns;
		}
		wire_set(w, true, t);
		t += bit_ns;
	}
	w->end_ns = t;
}

/* Listens from at_ns on; what was begun is forgotten. */
static inline void uart_set(struct uart *u, unsigned baud, enum serial_format format, double at_ns)
{
	u->baud = baud;
	u->format = format;
	u->now_ns = at_ns;
	u->started = false;
}

static inline bool uart_level(struct uart *u, double at_ns)
{
	while (u->edge < u->wire->count && u->wire->edges[u->edge] <= at_ns)
		u->edge++;
	while (u->edge > 0 && u->wire->edges[u->edge - 1] > at_ns)
		u->edge--;
	return u->edge % 2 == 0;
}

/* Goes to the middle of the next start bit. False: there is none before until_ns. */
static inline bool uart_start(struct uart *u, double until_ns)
{
	const double tick_ns = 1e9 / u->baud / 16;

	while (!u->started) {
		size_t fall;

		uart_level(u, u->now_ns);
		fall = u->edge + u->edge % 2; /* even ones fall */
		if (fall >= u->wire->count || u->wire->edges[fall] >= until_ns)
			return false;
		u->now_ns = ceil(u->wire->edges[fall] / tick_ns) * tick_ns + 8 * tick_ns;
		u->started = !uart_level(u, u->now_ns);
	}
	return true;
}

static inline void uart_count(struct uart *u, bool is_break, bool parity_wrong, bool stop)
{
	if (is_break)
		u->breaks++;
	else if (parity_wrong)
		u->parity++;
	else if (!stop)
		u->framing++;
}

/* The next octet that begins before until_ns; *at_ns: when it was complete. */
static inline bool uart_receive(struct uart *u, double until_ns, uint8_t *octet, double *at_ns)
{
	const double bit_ns = 1e9 / u->baud;
	unsigned value = 0;
	bool odd = false, parity = false, stop;

	if (!uart_start(u, until_ns))
		return false;
	for (unsigned k = 0; k < uart_data_bits(u->format); k++) {
		bool bit = uart_level(u, u->now_ns += bit_ns);

		value |= (unsigned)bit << k;
		odd ^= bit;
	}
	if (u->format != SERIAL_8N1)
		parity = uart_level(u, u->now_ns += bit_ns);
	stop = uart_level(u, u->now_ns += bit_ns);
	uart_count(u, value == 0 && !parity && !stop, u->format != SERIAL_8N1 && parity != odd,
	           stop);
	*octet = (uint8_t)value;
	*at_ns = u->now_ns;
	/* of a break both wait for its end */
	u->started = !stop && u->kind == UART_16550 && (value != 0 || parity);
	if (!stop && !u->started && u->edge < u->wire->count)
		u->now_ns = u->wire->edges[u->edge];
	return true;
}

#endif
