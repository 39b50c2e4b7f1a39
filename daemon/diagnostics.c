#include "diagnostics.h"

#include <stdio.h>
#include <string.h>

#include "trouble.h"

char *diagnostics_problem(const struct meter *meter, char buf[DIAGNOSTICS_PROBLEM])
{
	const char *path = meter->serial.path;
	char text[TROUBLE_TEXT];

	if (meter->port_err)
		snprintf(buf, DIAGNOSTICS_PROBLEM,
		         "port %.80s is not open (%s): check the adapter and the device setting",
		         path, strerror(-meter->port_err));
	else if (meter->online && meter->trouble.err)
		snprintf(buf, DIAGNOSTICS_PROBLEM, "%s",
		         trouble_describe(meter->trouble.err, meter->settings->section, text));
	else if (meter->online)
		snprintf(buf, DIAGNOSTICS_PROBLEM, "ok");
	else if (meter->counters.bytes == 0)
		snprintf(buf, DIAGNOSTICS_PROBLEM,
		         "nothing comes in on %.80s: check the cable and the bus power", path);
	else if (meter->counters.frames_ok == 0)
		snprintf(buf, DIAGNOSTICS_PROBLEM,
		         "octets come in on %.80s but no valid frame: check baud, format "
		         "and protocol",
		         path);
	else
		snprintf(buf, DIAGNOSTICS_PROBLEM,
		         "the meter on %.80s has fallen silent: check the cable and the bus power",
		         path);
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
