#include "about.h"

#include <stdlib.h>
#include <string.h>

#include "mqtt.h"
#include "payload.h"

#define NAMES_MAX 64

void about_tell(struct bridge *bridge, struct power *power, const struct station *stations,
                size_t count, const struct timespec *start)
{
	char line[BUS_LINE_TEXT], libmosquitto[32];
	const char *names[NAMES_MAX];
	struct payload_bridge info = {
		.version = HANMQTTD_VERSION,
		.start = start,
		.meters = names,
		.libmosquitto = libmosquitto,
		.power_state = power_state_name(power),
		.power_cycles = power_cycles_today(power),
	};
	char *json;

	mqtt_library_version(libmosquitto, sizeof(libmosquitto));
	if (info.power_state)
		info.power_line = bus_line_print(&power->bus.line, line, sizeof(line));
	for (size_t i = 0; i < count && info.meter_count < NAMES_MAX; i++) {
		const char *base = stations[i].publisher.base;

		if (base[0])
			names[info.meter_count++] = strrchr(base, '/') + 1;
	}
	json = payload_bridge_info(&info);
	if (json)
		bridge_info(bridge, json);
	free(json);
}
