/* Readings and states as text and JSON for the broker: pure, no topics.
 *
 * JSON stands in the caller's buffer, which is large enough for any reading; NULL where it is not. That of the bridge
 * has any number of meters, and is the caller's to free(); NULL when memory ends.
 */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include <han/reading.h>

#include "clock.h"
#include "writer.h"

#define PAYLOAD_JSON 16384

/* Whether a value comes as whoever subscribes to its name expects it: a register is no text, a clock no
 * number. */
bool payload_expected(const struct han_value *value);

/* A value for its own topic: the number with the list's decimals, the text, or the clock in ISO 8601
 * with offset (now: the host's time, see clock.h). Returns buf, NULL when it cannot be said: a clock that
 * does not tell a time or whose date does not exist, a structural zero, and what does not come as expected. */
char *payload_value(const struct han_value *value, time_t now, char buf[HAN_TEXT_MAX]);

/* One whole list: meter_id, list, time (the host's, UTC), meter_time, values. Each value comes with what
 * payload_value() has made of it, so many octets or NULL; structural zeros are left out. */
void payload_begin(struct writer *w, const struct han_reading *reading, const char *meter_id,
                   const struct timespec *now, struct clock_zone *zone, char buf[PAYLOAD_JSON]);
void payload_add(struct writer *w, const struct han_value *value, const char *text, size_t len);
char *payload_end(struct writer *w);

/* Whether it has registers: numbers that only grow, as far as they are published. */
bool payload_has_registers(const struct han_reading *reading);

/* The registers of a list: meter_id, meter_time, time (the host's, UTC), values. */
char *payload_registers(const struct han_reading *reading, const char *meter_id,
                        const struct timespec *now, char buf[PAYLOAD_JSON]);

/* Who the meter is and how it speaks; texts not known yet are NULL. */
struct payload_meter {
	const char *meter_id;
	const char *meter_type;
	const char *obis_version;
	const char *maker;
	const char *framing;
	const char *device;
	unsigned baud;
	const char *format;
};

char *payload_meter_info(const struct payload_meter *meter, char buf[PAYLOAD_JSON]);

/* Of a meter, what does not work. */
struct payload_problem {
	const char *meter, *text;
};

/* What the daemon is. */
struct payload_bridge {
	const char *version;
	const struct timespec *start;
	const char *const *meters; /* names, count of them */
	size_t meter_count;
	const struct payload_problem *problems; /* problem_count of them */
	size_t problem_count;
	const char *libmosquitto;
	const char *power_line;  /* NULL: none is held */
	const char *power_state; /* with a line: "on", "off", "settling", "cycling" */
	unsigned power_cycles;   /* of the last 24 hours */
};

char *payload_bridge_info(const struct payload_bridge *bridge);

#endif
