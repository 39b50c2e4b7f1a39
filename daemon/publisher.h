/* One meter on the broker: its topics, and what is sent when.
 *
 * The newest payload of every topic is kept, so that the whole state can be sent again at any time. What
 * comes before the meter's identity is known is held and goes out with it. Messages leave through an
 * outlet; knows no broker.
 */
#ifndef PUBLISHER_H
#define PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <han/reading.h>

#include "announcer.h"
#include "board.h"
#include "derive.h"
#include "loop.h"
#include "message.h"
#include "payload.h"

enum publisher_discovery {
	PUBLISHER_DISCOVERY_DEVICE,
	PUBLISHER_DISCOVERY_COMPONENTS,
	PUBLISHER_DISCOVERY_OFF,
};

/* Which energies Home Assistant is to use. */
enum publisher_energy {
	PUBLISHER_ENERGY_LIVE,
	PUBLISHER_ENERGY_REGISTER,
};

struct publisher_settings {
	const char *prefix;    /* of all topics, "han" */
	unsigned qos;          /* of momentary values, 0 to 2 */
	unsigned register_qos; /* of registers, texts and clocks */
	bool retain;
	bool on_change;          /* momentary values leave when they have changed */
	unsigned min_interval_s; /* between two momentary values of a topic */
	bool expire;             /* momentary values are forgotten by the broker after a while */
	enum publisher_discovery discovery;
	enum publisher_energy energy_sensor;
	const char *homeassistant_prefix;
	bool reactive_energy_class;
	bool unknown_obis; /* codes without a name have topics too */
};

/* Topics of the daemon itself that a meter's entities use. */
struct publisher_bridge {
	const char *availability;
	const char *power_info;    /* JSON with the power of the bus; NULL: it is not ours */
	const char *power_command; /* cycles it on request; NULL: there is none */
};

/* Who speaks for the meter: does not change while the publisher lives. */
struct publisher_meter {
	const char *section;    /* its name in the configuration, "" for none */
	const char *topic_name; /* NULL: the meter's id */
	struct publisher_bridge bridge;
	const char *version;                  /* the daemon's */
	const struct derive_settings *derive; /* what is calculated; NULL: nothing */
};

/* When something has come. */
struct publisher_now {
	uint64_t ms;          /* of loop_now_ms() */
	struct timespec wall; /* UTC */
};

/* What every list needs stands together. */
struct publisher {
	const struct publisher_settings *settings;
	bool online;
	bool fresh; /* of the identity, nothing has been sent yet */
	bool news;  /* what the info says may be otherwise now, */
	enum han_framing framing;
	struct clock_zone zone;
	const struct han_list *list; /* and with another framing or list than these */
	char *unsent; /* JSON: the newest reading, while there is nobody to send it to */
	char *info;   /* JSON */
	const char *maker;
	struct outlet outlet;
	char identity[HAN_IDENTITY_TEXT];
	char base[160]; /* "han/6970631400000000"; "" until the identity is known */
	struct board board;
	char availability[192]; /* a topic below it */
	char left[192];         /* that of a meter before, to be told offline; "" for none */
	struct publisher_meter meter;
	struct announcer announcer;
};

/* settings, the texts of meter and outlet->user outlive the publisher. 0 or a negative errno. */
int publisher_init(struct publisher *p, struct loop *loop,
                   const struct publisher_settings *settings, const struct publisher_meter *meter,
                   const struct outlet *outlet);
void publisher_fini(struct publisher *p); /* accepts a half-built one */

/* The meter's id is known, or is another one now. */
void publisher_identify(struct publisher *p, const char *identity);

/* The line that lists come over may be another one now, or is set otherwise. */
void publisher_retuned(struct publisher *p);

/* A list has come over this line, now. */
void publisher_reading(struct publisher *p, const struct han_reading *reading,
                       const struct payload_meter *line, const struct publisher_now *now);

/* What was calculated from it, right behind it; the values' measurements are rows of quantity.h. */
void publisher_calculated(struct publisher *p, const struct han_value *values, size_t count,
                          const struct publisher_now *now);

void publisher_availability(struct publisher *p, bool online);

/* One topic of the diagnostics; payload is sent as it is. */
void publisher_diagnostic(struct publisher *p, const char *name, const char *payload);

/* Sends the discovery message, at once or as soon as Home Assistant can take another one. */
void publisher_announce(struct publisher *p);

/* Sends availability, info and all values again. */
void publisher_restate(struct publisher *p);

#endif
