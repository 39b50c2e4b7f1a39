#include "about.h"

#include <stdlib.h>
#include <string.h>

#include "payload.h"
#include "status.h"

#define DESCRIBED_MAX 16 /* meters: their phrases are longer than STATUS_TEXT */

static const char *name_of(const struct station *st)
{
	const char *base = st->publisher.base;

	return base[0] ? strrchr(base, '/') + 1 : NULL;
}

static void list_meters(const struct station *stations, size_t count, const char **names,
                        struct payload_problem *problems, struct payload_bridge *info)
{
	for (size_t i = 0; i < count; i++) {
		const char *name = name_of(&stations[i]);

		if (name)
			names[info->meter_count++] = name;
		if (station_has_problem(&stations[i]))
			problems[info->problem_count++] =
				(struct payload_problem){ name ? name : station_name(&stations[i]),
				                          stations[i].problem.text };
	}
}

void about_tell(struct bridge *bridge, struct power *power, const struct station *stations,
                size_t count, const struct timespec *start)
{
	char line[BUS_LINE_TEXT], libmosquitto[32], *json = NULL;
	const char **names = calloc(count + 1, sizeof(*names));
	struct payload_problem *problems = calloc(count + 1, sizeof(*problems));
	struct payload_bridge info = {
		.version = HANMQTTD_VERSION,
		.start = start,
		.meters = names,
		.problems = problems,
		.libmosquitto = libmosquitto,
		.power_state = power_state_name(power),
		.power_cycles = power_cycles_today(power),
	};

	mqtt_library_version(libmosquitto, sizeof(libmosquitto));
	if (info.power_state)
		info.power_line = bus_line_print(&power->bus.line, line, sizeof(line));
	if (names && problems) {
		list_meters(stations, count, names, problems, &info);
		json = payload_bridge_info(&info);
	}
	if (json)
		bridge_info(bridge, json);
	free(json);
	free(problems);
	free(names);
}

/* What is fine is only counted where there are several; for more than some of the others the line has no room. */
void about_status(struct service *service, const struct mqtt *mqtt,
                  const struct mqtt_settings *broker, const struct station *stations, size_t count)
{
	const struct status_broker at = { mqtt->connected, mqtt->status, broker->host,
		                          broker->port };
	struct status_meter *meters = calloc(count + 1, sizeof(*meters));
	char what[DESCRIBED_MAX][200], text[STATUS_TEXT];
	size_t described = 0;

	for (size_t i = 0; meters && i < count; i++) {
		const struct station *st = &stations[i];

		meters[i] = (struct status_meter){ station_name(st), "", station_is_fine(st) };
		if (described == DESCRIBED_MAX || (meters[i].fine && count > 1))
			continue;
		meters[i].what = station_describe(st, what[described], sizeof(what[described]));
		described++;
	}
	if (meters)
		service_status(service, status_print(meters, count, &at, text, sizeof(text)));
	free(meters);
}
