/* The wiring: meters → publishers → broker, the bus power, and what changes when the configuration does.
 *
 * Knows every room; decides nothing that a room can decide.
 */
#ifndef APP_H
#define APP_H

#include <stdbool.h>
#include <time.h>

#include "bridge.h"
#include "config.h"
#include "hourly.h"
#include "leftovers.h"
#include "look.h"
#include "loop.h"
#include "mqtt.h"
#include "power.h"
#include "rota.h"
#include "service.h"
#include "station.h"

struct app {
	struct loop *loop;
	struct service *service;
	struct config *config;
	bool verbose; /* the command line asks for debug messages */
	struct timespec start;
	struct power power;
	struct mqtt mqtt;
	struct bridge bridge;
	struct leftovers leftovers;
	struct hourly hourly;
	struct look look;
	struct rota diagnostics; /* of one meter after the other, each once a minute */
	struct timer telling;    /* what has changed, but not at once */
	bool info_changed, status_changed;
	uint64_t told_ms;         /* when that was done last */
	struct station *stations; /* as many as the configuration has meters */
	size_t station_count;
	uint64_t status_ms; /* when systemd was last told */
	unsigned dropping;  /* 0, or the session that drops messages, as the journal was told */
	bool abandoned;     /* a thread was left to end by itself */
};

/* Powers the bus, starts the broker session and the meters. Takes the configuration over. 0 or a negative
 * errno, logged. */
int app_start(struct app *app, struct loop *loop, struct service *service, struct config *config,
              bool verbose);

/* Takes the line of another configuration, which is put into force next. 0 or a negative errno, logged: then the one
 * that is in force goes on. */
int app_change_line(struct app *app, const struct config *config);

/* Puts another configuration into force, whose line was taken; what it does not change goes on undisturbed. Takes it
 * over. 0 or a negative errno, logged: then nothing runs any more. */
int app_reconfigure(struct app *app, struct config *config);

/* Says `offline`, ends the session and switches the bus off. Accepts one that was zeroed or did not start.
 * Whether no thread was left behind. */
bool app_stop(struct app *app);

#endif
