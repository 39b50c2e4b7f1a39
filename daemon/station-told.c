#include "station-told.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "journal.h"
#include "log.h"

/* ---- the journal ---- */

/* Steps that the rooms below tell of are not here. */
static const struct {
	enum problem_rung rung;
	const char *id, *cause;
	const char *over; /* NULL: what comes then is told anyway */
} lines[] = {
	{ PROBLEM_NOTHING, JOURNAL_METER_SILENT, "silence", NULL },
	{ PROBLEM_SILENT, JOURNAL_METER_SILENT, "silence", NULL },
	{ PROBLEM_NO_FRAME, JOURNAL_METER_SILENT, "silence", NULL },
	{ PROBLEM_CHECKS, JOURNAL_METER_SILENT, "silence", NULL },
	{ PROBLEM_DAMAGE, JOURNAL_METER_DAMAGED, "checks", "frames arrive whole again" },
};

static void log_sentence(const struct station *st, int level, const char *id, const char *cause,
                         const char *sentence)
{
	const char *name = st->meter.identity.text;
	struct journal j;

	meter_describe(&st->meter, id, &j);
	journal_text(&j, "ERROR_CAUSE", cause);
	log_write(level, j.fields, "meter: %s%s%s", name, name[0] ? ": " : "", sentence);
}

void station_log_problem(const struct station *st, enum problem_rung before)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (lines[i].rung == st->problem.rung)
			log_sentence(st, LOG_WARNING, lines[i].id, lines[i].cause,
			             st->problem.text);
		else if (lines[i].rung == before && lines[i].over && st->problem.rung > before)
			log_sentence(st, LOG_NOTICE, NULL, NULL, lines[i].over);
	}
}

static void log_doubt(const struct station *st, const struct gate_report *report)
{
	char what[GATE_TEXT], text[GATE_TEXT + 120], others[60] = "";

	if (report->others > 0)
		snprintf(others, sizeof(others), ", and %u more register%s in doubt",
		         report->others, report->others > 1 ? "s are" : " is");
	snprintf(text, sizeof(text), "%s%s: %s", gate_describe(&report->doubt, what), others,
	         gate_prospect(&report->doubt));
	log_sentence(st, LOG_WARNING, JOURNAL_METER_REGISTERS, report->doubt.measurement->name,
	             text);
}

void station_log_gate(const struct station *st, const struct gate_report *report)
{
	char text[GATE_TEXT + 120], what[GATE_TEXT];

	if (report->began) {
		log_doubt(st, report);
		return;
	}
	if (report->believed)
		snprintf(text, sizeof(text), "%s: believed now, as the meter stays with it",
		         gate_describe(&report->doubt, what));
	else
		snprintf(text, sizeof(text), "the registers are as they should be again");
	log_sentence(st, LOG_NOTICE, NULL, NULL, text);
}

/* ---- the status ---- */

bool station_has_problem(const struct station *st)
{
	return st->running && st->problem.rung != PROBLEM_NONE &&
	       st->problem.rung != PROBLEM_WAITING && st->problem.rung != PROBLEM_CONNECTING;
}

/* What the broker did not take is told with the broker. */
static bool is_well(const struct station *st)
{
	return st->problem.rung >= PROBLEM_SENDING;
}

bool station_is_fine(const struct station *st)
{
	return st->running && st->meter.online && is_well(st);
}

const char *station_name(const struct station *st)
{
	if (st->config->settings.section[0])
		return st->config->settings.section;
	if (!st->running) /* the bus is only just being powered */
		return st->config->settings.port.device ? st->config->settings.port.device : "auto";
	return st->meter.identity.text[0] ? st->meter.identity.text
	                                  : search_path(&st->meter.search);
}

/* "MA304H3E 6970…", or what is known of it */
static void describe_meter(const struct station *st, char *buf, size_t size)
{
	const char *name = st->meter.identity.text;
	const char *type = board_text(&st->publisher.board, "meter_type");

	snprintf(buf, size, "%.60s%s%s", type ? type : "", type && type[0] ? " " : "",
	         name[0] ? name : "a meter");
}

static void describe_reading(const struct station *st, char *buf, size_t size)
{
	char meter[160], where[SEARCH_TEXT];

	describe_meter(st, meter, sizeof(meter));
	snprintf(buf, size, "reading %s on %s%s%s%s%s%s", meter,
	         search_describe(&st->meter.search, where), st->power[0] ? ", " : "", st->power,
	         st->power[0] ? " W" : "", is_well(st) ? "" : "; ",
	         is_well(st) ? "" : st->problem.text);
}

static void describe_silent(const struct station *st, char *buf, size_t size)
{
	char meter[160];

	describe_meter(st, meter, sizeof(meter));
	snprintf(buf, size, "%s on %s is silent", meter, search_path(&st->meter.search));
}

/* As far as the first frame is awaited. */
static const char *describe_octets(const struct meter_counters *counters)
{
	if (counters->frames_ok > 0)
		return "";
	return counters->bytes > 0 ? ", octets but no valid frame yet" : ", nothing comes in";
}

static void describe_waiting(const struct station *st, char *buf, size_t size)
{
	const struct search *search = &st->meter.search;
	char where[SEARCH_TEXT];

	search_describe(search, where);
	if (search_is_empty(search))
		snprintf(buf, size, "waiting for a port: %s", where);
	else if (st->meter.port_err == -EINPROGRESS)
		snprintf(buf, size, "connecting to %s", search_path(search));
	else if (st->meter.port_err)
		snprintf(buf, size, "waiting for port %s: %s",
		         search_listener(search) ? search_path(search) : where,
		         strerror(-st->meter.port_err));
	else
		snprintf(buf, size, "%s on %s%s",
		         search_goes_on(search) ? "listening" : "waiting for a meter", where,
		         describe_octets(&st->meter.counters));
}

char *station_describe(const struct station *st, char *buf, size_t size)
{
	const struct meter *meter = &st->meter;
	const enum problem_rung rung = st->running ? problem_rung_of(meter) : PROBLEM_POWER;

	if (!st->running)
		snprintf(buf, size, "powering the bus");
	else if (rung == PROBLEM_POWER)
		snprintf(buf, size, "cycling the bus power");
	else if (rung == PROBLEM_MESSAGES)
		snprintf(buf, size, "%s: %s", search_path(&meter->search), st->problem.text);
	else if (rung == PROBLEM_CHECKS)
		snprintf(buf, size, "%s", st->problem.text);
	else if (meter->online)
		describe_reading(st, buf, size);
	else if (rung > PROBLEM_WAITING && meter->last_frame_ms && !search_goes_on(&meter->search))
		describe_silent(st, buf, size);
	else
		describe_waiting(st, buf, size);
	return buf;
}
