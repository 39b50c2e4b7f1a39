#include "meters.h"

#include <string.h>

#include "aidon.h"
#include "dsmr.h"
#include "iskra.h"
#include "kamstrup.h"
#include "landisgyr.h"
#include "sagemcom.h"

#define HOUR_MS 3600000

/* ---- from a sample to the lists of Kaifa, whose encoder plays a meter that is written down ---- */

struct kaifa meters_kaifa(const struct sample *sample)
{
	const struct household_state *state = &sample->state;
	struct kaifa meter = {
		.meter_id = "6970631400000000",
		.meter_type = "MA304H4",
		.source = { 0x02, 0x01 },
		.now = sample_civil(&sample->now),
		.clock = sample_civil(&sample->now),
		.power_import = state->power_import,
		.power_export = state->power_export,
		.reactive_import = state->reactive_import,
		.reactive_export = state->reactive_export,
	};

	memcpy(meter.current, state->current_ma, sizeof(meter.current));
	memcpy(meter.voltage, state->voltage_dv, sizeof(meter.voltage));
	memcpy(meter.energy, sample->energy, sizeof(meter.energy));
	return meter;
}

static size_t play_ma304(struct encoder *e, const struct sample *sample, unsigned list,
                         const struct seal *seal)
{
	const struct kaifa meter = meters_kaifa(sample);

	(void)seal;
	return kaifa_encode(e, &meter, (enum kaifa_list)list);
}

static size_t play_ma105(struct encoder *e, const struct sample *sample, unsigned list,
                         const struct seal *seal)
{
	struct kaifa meter = meters_kaifa(sample);

	(void)seal;
	meter.meter_id = "6970631400000001";
	meter.meter_type = "MA105H2E";
	meter.one_phase = true;
	return kaifa_encode(e, &meter, (enum kaifa_list)list);
}

/* ---- who sends what when ---- */

/* clang-format off */
static const struct meters_row rows[] = {
	{ "kaifa-ma304", "Kaifa MA304H4, KFM_001, three phases (NO); 2400 8N1, HDLC", 3, 2400, 10, NULL,
	  { { KAIFA_LIST_3, HOUR_MS, 10000 }, { KAIFA_LIST_2, 10000, 0 }, { KAIFA_LIST_1, 2000, 0 } }, play_ma304 },
	{ "kaifa-ma105", "Kaifa MA105H2E, KFM_001, one phase (NO); 2400 8N1, HDLC", 1, 2400, 10, NULL,
	  { { KAIFA_LIST_3, HOUR_MS, 10000 }, { KAIFA_LIST_2, 10000, 0 }, { KAIFA_LIST_1, 2000, 0 } }, play_ma105 },
	{ "aidon-6525", "Aidon 6525, AIDON_V0001, three wires (NO); 2400 8E1, HDLC", 3, 2400, 11, NULL,
	  { { AIDON_LIST_3, HOUR_MS, 10000 }, { AIDON_LIST_2, 10000, 0 }, { AIDON_LIST_1, 2500, 0 } }, aidon_encode },
	{ "kamstrup-omnipower", "Kamstrup Omnipower, Kamstrup_V0001 (NO, SE); 2400 8N1, HDLC", 3, 2400, 10, NULL,
	  { { KAMSTRUP_LIST_2, HOUR_MS, 5000 }, { KAMSTRUP_LIST_1, 10000, 0 } }, kamstrup_encode },
	{ "lg-e450", "Landis+Gyr E450 (CH); 2400 8E1, HDLC with general block transfer", 3, 2400, 11, NULL,
	  { { 1, 5000, 0 } }, landisgyr_encode },
	{ "iskra-am550", "Iskraemeco AM550 (CH); 115200 8N1, segmented HDLC", 3, 115200, 10, NULL,
	  { { 1, 5000, 0 } }, iskra_encode },
	{ "sagemcom-t210d", "Sagemcom T210-D (AT), encrypted; 2400 8E1, M-Bus", 3, 2400, 11, sagemcom_title,
	  { { 1, 5000, 0 } }, sagemcom_encode },
	{ "dsmr5", "DSMR 5 meter with gas (NL); 115200 8N1, P1", 3, 115200, 10, NULL,
	  { { 1, 1000, 0 } }, dsmr_encode },
};
/* clang-format on */

size_t meters_count(void)
{
	return sizeof(rows) / sizeof(rows[0]);
}

const struct meters_row *meters_at(size_t index)
{
	return &rows[index];
}

const struct meters_row *meters_find(const char *name)
{
	for (size_t i = 0; i < meters_count(); i++) {
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	}
	return NULL;
}

unsigned meters_due(const struct meters_row *row, const struct han_datetime *now,
                    unsigned *delay_ms)
{
	uint32_t of_hour_ms = (now->minute * 60u + now->second) * 1000u;

	for (size_t i = 0; i < sizeof(row->lists) / sizeof(row->lists[0]); i++) {
		const struct meters_schedule *due = &row->lists[i];
		uint32_t since;

		if (due->list == 0)
			break;
		since = (of_hour_ms + HOUR_MS - due->offset_ms) % due->period_ms;
		if (since > 0 && due->period_ms - since >= 1000)
			continue;
		*delay_ms = since > 0 ? due->period_ms - since : 0;
		return due->list;
	}
	return 0;
}

unsigned meters_next(const struct meters_row *row, struct sampler *sampler, struct sample *sample,
                     unsigned *delay_ms)
{
	unsigned list;

	do {
		sampler_next(sampler, sample);
		list = meters_due(row, &sample->now, delay_ms);
	} while (list == 0);
	return list;
}
