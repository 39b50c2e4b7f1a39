#include "diagnostics.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "trouble.h"

/* Without a reading: what the port says. */
static void describe_silence(const struct meter *meter, char buf[DIAGNOSTICS_PROBLEM])
{
	const struct search *search = &meter->search;
	bool local = meter_is_local(meter->settings);
	char where[SEARCH_TEXT];

	search_describe(search, where);
	if (search_is_empty(search))
		snprintf(buf, DIAGNOSTICS_PROBLEM, "%.240s", where);
	else if (meter->port_err == -EINPROGRESS)
		snprintf(buf, DIAGNOSTICS_PROBLEM, "connecting to %.200s: wait a few seconds",
		         search_path(search));
	else if (meter->port_err)
		snprintf(buf, DIAGNOSTICS_PROBLEM,
		         "port %.100s is not open (%s): check the %s and the device setting",
		         search_path(search), strerror(-meter->port_err),
		         local ? "adapter" : "serial server");
	else if (meter->counters.bytes == 0)
		snprintf(buf, DIAGNOSTICS_PROBLEM,
		         "nothing comes in on %.150s: check the cable and the bus power", where);
	else if (meter->counters.frames_ok == 0 && search_tried_all(search))
		snprintf(buf, DIAGNOSTICS_PROBLEM,
		         "octets come in on %.120s but no valid frame, whatever the line setting: "
		         "check the cable, and protocol",
		         search_path(search));
	else if (meter->counters.frames_ok == 0)
		snprintf(buf, DIAGNOSTICS_PROBLEM, "octets come in on %.120s but no valid frame%s",
		         search_path(search),
		         !search_line_is_given(search) ? " yet: other settings are being tried"
		         : local                       ? ": check baud, format and protocol"
		                 : ": check the line setting of the server, and protocol");
	else
		snprintf(buf, DIAGNOSTICS_PROBLEM,
		         "the meter on %.120s has fallen silent: check the cable and the bus power",
		         search_path(search));
}

char *diagnostics_problem(const struct meter *meter, char buf[DIAGNOSTICS_PROBLEM])
{
	char text[TROUBLE_TEXT];

	if (meter->muted)
		snprintf(buf, DIAGNOSTICS_PROBLEM,
		         "the bus power is being cycled: wait a few seconds");
	else if (meter->online && meter->troubles.err)
		snprintf(buf, DIAGNOSTICS_PROBLEM, "%s",
		         trouble_describe(meter->troubles.err, meter->settings->section, text));
	else if (meter->online)
		snprintf(buf, DIAGNOSTICS_PROBLEM, "ok");
	else
		describe_silence(meter, buf);
	return buf;
}

static void publish_number(struct publisher *p, const char *name, long long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", number);
	publisher_diagnostic(p, name, text);
}

void diagnostics_publish(struct publisher *p, const struct meter_counters *meter,
                         const struct mqtt_counters *mqtt, const char *problem)
{
	const struct {
		const char *name;
		uint64_t count;
	} rows[] = {
		{ "bytes", meter->bytes },
		{ "frames_ok", meter->frames_ok },
		{ "crc_errors", meter->crc_errors },
		{ "parity_errors", meter->parity_errors },
		{ "framing_errors", meter->framing_errors },
		{ "discarded_bytes", meter->discarded_bytes },
		{ "resyncs", meter->resyncs },
		{ "decrypt_failed", meter->decrypt_failed },
		{ "replayed", meter->replayed },
		{ "decode_failed", meter->decode_failed },
		{ "rejected_values", 0 },
		{ "published", mqtt->published },
		{ "dropped", mqtt->dropped },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		publish_number(p, rows[i].name, (long long)rows[i].count);
	if (meter->has_frame)
		publish_number(p, "last_frame_age", meter->last_frame_age_s);
	if (meter->has_clock)
		publish_number(p, "clock_offset", meter->clock_offset_s);
	publisher_diagnostic(p, "problem", problem);
}
