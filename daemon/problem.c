#include "problem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "trouble.h"

/* Fewer octets are the end of a frame, or the hum of a line. */
#define OCTETS_HEARD 8

/* What is over by itself with the next list of a few seconds is nothing to act on. */
#define DOUBTED_MS 60000

/* Of a minute's frames: a cable, or an adapter that starves on long ones, loses more than noise does. */
#define DAMAGED_MIN  3
#define DAMAGED_PART 10 /* one of so many */

static struct meter_heard heard_by(const struct meter *meter)
{
	return counters_heard_since(&meter->counters, meter->heard);
}

static bool is_heard(const struct meter *meter)
{
	return heard_by(meter).bytes >= OCTETS_HEARD;
}

static enum problem_rung rung_of_port(const struct meter *meter)
{
	if (search_is_empty(&meter->search))
		return PROBLEM_NO_PORT;
	if (meter->port_err)
		return meter->port_err == -EINPROGRESS ? PROBLEM_CONNECTING : PROBLEM_PORT;
	if (!meter->silent)
		return PROBLEM_WAITING;
	if (heard_by(meter).frames_damaged > 0)
		return PROBLEM_CHECKS;
	if (is_heard(meter))
		return PROBLEM_NO_FRAME;
	return meter->counters.frames_ok > 0 ? PROBLEM_SILENT : PROBLEM_NOTHING;
}

enum problem_rung problem_rung_of(const struct meter *meter)
{
	if (meter->muted)
		return PROBLEM_POWER;
	if (!meter->online)
		return rung_of_port(meter);
	return meter->troubles.err ? PROBLEM_MESSAGES : PROBLEM_NONE;
}

static bool is_damaged(const struct problem_recently *recently)
{
	uint64_t all = recently->frames_ok + recently->frames_damaged;

	return recently->frames_damaged >= DAMAGED_MIN &&
	       recently->frames_damaged * DAMAGED_PART >= all;
}

static enum problem_rung find_rung(const struct meter *meter, const struct gate *gate,
                                   const struct problem_recently *recently, uint64_t now_ms)
{
	enum problem_rung rung = problem_rung_of(meter);

	if (rung < PROBLEM_DAMAGE)
		return rung;
	if (is_damaged(recently))
		return PROBLEM_DAMAGE;
	if (rung < PROBLEM_REGISTERS)
		return rung;
	if (gate_doubted_ms(gate, now_ms) >= DOUBTED_MS)
		return PROBLEM_REGISTERS;
	if (recently->dropped > 0)
		return PROBLEM_SENDING;
	return recently->refused > 0 ? PROBLEM_REFUSED : PROBLEM_NONE;
}

/* ---- the sentences ---- */

/* What is said of a place: before and after it. */
struct sentence {
	enum { NOWHERE, PATH, WHERE } place; /* its path, or all that is listened to and how */
	const char *before, *after;
};

#define CABLE_AND_POWER   ": check the cable and the bus power"
#define CABLE_AND_ADAPTER " are damaged: check the cable and the adapter"

/* clang-format off */
static const struct sentence sentences[] = {
	[PROBLEM_POWER]      = { NOWHERE, "the bus power is being cycled: wait a few seconds", "" },
	[PROBLEM_NO_PORT]    = { WHERE,   "", "" },
	[PROBLEM_CONNECTING] = { PATH,    "connecting to ", ": wait a few seconds" },
	[PROBLEM_NOTHING]    = { WHERE,   "nothing comes in on ", CABLE_AND_POWER },
	[PROBLEM_SILENT]     = { PATH,    "the meter on ", " has fallen silent" CABLE_AND_POWER },
	[PROBLEM_CHECKS]     = { PATH,    "all frames on ", CABLE_AND_ADAPTER },
	[PROBLEM_DAMAGE]     = { PATH,    "many frames on ", CABLE_AND_ADAPTER },
	[PROBLEM_SENDING]    = { NOWHERE, "messages are dropped, as the broker takes them too slowly: check the broker and the network", "" },
	[PROBLEM_REFUSED]    = { NOWHERE, "the broker refuses messages: check its access rules and its limit for packets", "" },
	[PROBLEM_NONE]       = { NOWHERE, "ok", "" },
};
/* clang-format on */

/* The port; while it is searched, those that are listened to. */
static const char *port_of(const struct meter *meter, char where[SEARCH_TEXT])
{
	const struct search *search = &meter->search;

	return search_listener(search) ? search_path(search) : search_describe(search, where);
}

static void print_sentence(const struct meter *meter, const struct sentence *s,
                           char text[PROBLEM_TEXT])
{
	char room[SEARCH_TEXT];
	const char *where = "";

	if (s->place == PATH)
		where = port_of(meter, room);
	else if (s->place == WHERE)
		where = search_describe(&meter->search, room);
	snprintf(text, PROBLEM_TEXT, "%s%.160s%s", s->before, where, s->after);
}

/* "[meter cabin]" */
#define SECTION_TEXT 57

static const char *section_of(const struct meter *meter, char buf[SECTION_TEXT])
{
	const char *name = meter->settings->section;

	snprintf(buf, SECTION_TEXT, "[meter%s%.48s]", name[0] ? " " : "", name);
	return buf;
}

static void print_port(const struct meter *meter, char text[PROBLEM_TEXT])
{
	char where[SEARCH_TEXT];

	snprintf(text, PROBLEM_TEXT,
	         "port %.100s is not open (%.60s): check the %s and the device setting",
	         port_of(meter, where), strerror(-meter->port_err),
	         meter_is_local(meter->settings) ? "adapter" : "serial server");
}

static void print_waiting(const struct meter *meter, char text[PROBLEM_TEXT])
{
	char where[SEARCH_TEXT];

	search_describe(&meter->search, where);
	if (is_heard(meter))
		snprintf(text, PROBLEM_TEXT,
		         "octets come in on %.160s but no valid frame yet: wait a moment", where);
	else
		snprintf(text, PROBLEM_TEXT, "nothing has come in on %.160s yet: wait a moment",
		         where);
}

static void print_no_frame(const struct meter *meter, char text[PROBLEM_TEXT])
{
	const struct search *search = &meter->search;
	char section[SECTION_TEXT], where[SEARCH_TEXT];
	const char *advice;

	if (search_tried_all(search))
		advice = ", whatever the line setting: check the cable, and protocol in";
	else if (!search_line_is_given(search))
		advice =
			": other line settings are being tried; if none is right, check protocol in";
	else if (meter_is_local(meter->settings))
		advice = ": check baud, format and protocol in";
	else
		advice = ": check the line setting of the server, and protocol in";
	snprintf(text, PROBLEM_TEXT, "octets come in on %.80s but no valid frame%s %s",
	         port_of(meter, where), advice, section_of(meter, section));
}

static void print_registers(const struct gate *gate, char text[PROBLEM_TEXT])
{
	const struct gate_doubt *doubt = gate_doubt(gate);
	char what[GATE_TEXT];

	snprintf(text, PROBLEM_TEXT, "%.150s: %s%s", gate_describe(doubt, what),
	         gate_prospect(doubt),
	         doubt->reason == GATE_RISEN ? ", or max-power is raised" : "");
}

void problem_find(const struct meter *meter, const struct gate *gate,
                  const struct problem_recently *recently, uint64_t now_ms, struct problem *problem)
{
	char *text = problem->text, trouble[TROUBLE_TEXT];

	problem->rung = find_rung(meter, gate, recently, now_ms);
	switch (problem->rung) {
	case PROBLEM_PORT:
		print_port(meter, text);
		break;
	case PROBLEM_WAITING:
		print_waiting(meter, text);
		break;
	case PROBLEM_NO_FRAME:
		print_no_frame(meter, text);
		break;
	case PROBLEM_MESSAGES:
		snprintf(text, PROBLEM_TEXT, "%s",
		         trouble_describe(meter->troubles.err, meter->settings->section, trouble));
		break;
	case PROBLEM_REGISTERS:
		print_registers(gate, text);
		break;
	case PROBLEM_POWER:
	case PROBLEM_NO_PORT:
	case PROBLEM_CONNECTING:
	case PROBLEM_NOTHING:
	case PROBLEM_SILENT:
	case PROBLEM_CHECKS:
	case PROBLEM_DAMAGE:
	case PROBLEM_SENDING:
	case PROBLEM_REFUSED:
	case PROBLEM_NONE:
		print_sentence(meter, &sentences[problem->rung], text);
		break;
	}
}
