#include "diagnostics.h"

#include <stdio.h>

static void publish_number(struct publisher *p, const char *name, long long number)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", number);
	publisher_diagnostic(p, name, text);
}

void diagnostics_disown(struct publisher *p, const struct meter_counters *meter)
{
	if (!meter->has_frame)
		publisher_diagnostic(p, "last_frame_age", "");
	if (!meter->has_clock)
		publisher_diagnostic(p, "clock_offset", "");
}

void diagnostics_publish(struct publisher *p, const struct meter_counters *meter,
                         const struct mqtt_counters *mqtt, uint64_t rejected, const char *problem)
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
		{ "rejected_values", rejected },
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
