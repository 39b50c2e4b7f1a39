/* The wiring between the broker's session and those who speak through it: what comes from it goes to bridge,
 * looks, leftovers, hourly registers and stations; what they say goes to it. Part of app.c.
 */
#ifndef APP_BROKER_H
#define APP_BROKER_H

#include <stdbool.h>

#include "app.h"

/* An outlet (message.h) whose user is the app. */
int app_send(void *user, const struct message *message);

/* Looks at what the broker keeps. 0 or a negative errno. */
void app_open_look(struct app *app);

/* The hourly registers that wait for the broker, in the state directory. 0 or a negative errno. */
int app_open_hourly(struct app *app);

/* Bridge and session. 0 or a negative errno. */
int app_open_broker(struct app *app);

/* Says `offline` and ends the session in at most wait_ms. Whether its thread has ended. */
bool app_close_broker(struct app *app, unsigned wait_ms);

#endif
