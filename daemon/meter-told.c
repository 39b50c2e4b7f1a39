/* What others are told of a meter. */
#include "meter.h"

#include "journal.h"

void meter_describe(const struct meter *meter, const char *id, struct journal *j)
{
	const struct meter_counters counters = meter_counters(meter);

	*j = (struct journal){ 0 };
	journal_text(j, "MESSAGE_ID", id);
	journal_text(j, "METER_ID", meter->identity.text);
	journal_text(j, "METER", meter->settings->section);
	journal_text(j, "PORT", search_path(&meter->search));
	journal_text(j, "OBIS_LIST", meter->list);
	journal_number(j, "FRAMES_OK", counters.frames_ok);
	journal_number(j, "FRAMES_BAD", counters.frames_bad);
	journal_number(j, "MESSAGES_REFUSED",
	               counters.decrypt_failed + counters.replayed + counters.decode_failed);
}

struct meter_counters meter_counters(const struct meter *meter)
{
	struct meter_counters counters = meter->counters;
	struct serial_errors errors = search_errors(&meter->search);

	counters.parity_errors = errors.parity;
	counters.framing_errors = errors.framing;
	counters.has_frame = meter->last_frame_ms != 0;
	if (counters.has_frame)
		counters.last_frame_age_s =
			(unsigned)((loop_now_ms() - meter->last_frame_ms) / 1000);
	return counters;
}
