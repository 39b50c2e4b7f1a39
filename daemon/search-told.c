/* What people, and the meter, are told of a search. */
#include <stdio.h>

#include "search.h"

const struct listener *search_listener(const struct search *s)
{
	return s->settings->device ? s->listeners[0] : s->found;
}

const char *search_path(const struct search *s)
{
	const struct listener *l = search_listener(s);

	return l ? l->device : "auto";
}

uint64_t search_opened_ms(const struct search *s)
{
	uint64_t first = 0;

	for (size_t i = 0; i < CANDIDATES_MAX; i++) {
		const struct listener *l = s->listeners[i];

		if (l && serial_is_open(&l->serial) && (!first || l->opened_ms < first))
			first = l->opened_ms;
	}
	return first;
}

bool search_is_open(const struct search *s)
{
	return search_opened_ms(s) != 0;
}

int search_err(const struct search *s)
{
	int err = 0;

	for (size_t i = 0; i < CANDIDATES_MAX; i++) {
		const struct listener *l = s->listeners[i];

		if (l && !l->err)
			return 0;
		if (l && !err)
			err = l->err;
	}
	return err;
}

bool search_is_empty(const struct search *s)
{
	for (size_t i = 0; i < CANDIDATES_MAX; i++) {
		if (s->listeners[i])
			return false;
	}
	return true;
}

bool search_line_is_given(const struct search *s)
{
	if (s->settings->device && !serial_is_local(s->settings->device))
		return true; /* by the serial server */
	return s->settings->baud != 0 && s->settings->format >= 0;
}

bool search_goes_on(const struct search *s)
{
	return !s->found && !(s->settings->device && search_line_is_given(s));
}

const char *search_doubt(const struct search *s, bool heard)
{
	if (!heard || s->found)
		return "is the bus powered, the cable in order?";
	if (search_goes_on(s) && !search_line_is_given(s))
		return "other line settings are being tried";
	return "is the line setting right?";
}

bool search_tried_all(const struct search *s)
{
	bool all = !search_is_empty(s) && !search_line_is_given(s);

	for (size_t i = 0; i < CANDIDATES_MAX; i++)
		all &= !s->listeners[i] || tuning_all_tried(&s->listeners[i]->tuning);
	return all;
}

struct serial_errors search_errors(const struct search *s)
{
	struct serial_errors sum = { 0 };

	for (size_t i = 0; i < CANDIDATES_MAX; i++) {
		struct serial_errors of = { 0 };

		if (s->listeners[i])
			of = serial_errors(&s->listeners[i]->serial);
		sum.parity += of.parity;
		sum.framing += of.framing;
	}
	return sum;
}

#define DESCRIBED 2 /* ports that are named; of others it is said how many */

static void describe_ports(const struct search *s, char buf[SEARCH_TEXT])
{
	char where[LISTENER_WHERE];
	size_t count = 0, n = 0;

	for (size_t i = 0; i < CANDIDATES_MAX; i++) {
		if (!s->listeners[i] || ++count > DESCRIBED)
			continue;
		n += (size_t)snprintf(buf + n, SEARCH_TEXT - n, "%s%s", n ? ", " : "",
		                      listener_where(s->listeners[i], where));
	}
	if (count > DESCRIBED)
		snprintf(buf + n, SEARCH_TEXT - n, " and %zu more", count - DESCRIBED);
}

char *search_describe(const struct search *s, char buf[SEARCH_TEXT])
{
	const struct listener *one = search_listener(s);
	char where[LISTENER_WHERE], refusals[160];

	if (one)
		snprintf(buf, SEARCH_TEXT, "%.*s", SEARCH_TEXT - 1, listener_where(one, where));
	else if (!search_is_empty(s))
		describe_ports(s, buf);
	else if (s->ports && s->ports->found.count > 0)
		snprintf(buf, SEARCH_TEXT, "no port to listen on: %s",
		         candidates_refusals(&s->ports->found, refusals, sizeof(refusals)));
	else
		snprintf(buf, SEARCH_TEXT,
		         "no serial port there (is the UART switched on, the adapter plugged in?)");
	return buf;
}
