/* What people are told of all meters together: the service manager, the broker, the journal. */
#ifndef APP_TOLD_H
#define APP_TOLD_H

#include "app.h"

/* What has changed: called by app->telling. */
void app_tell(struct timer *timer);

/* The line of `systemctl status`. */
void app_tell_status(struct app *app);

/* The info of the bridge. */
void app_tell_info(struct app *app);

/* A meter's problem is another one: whether messages to the broker are dropped is said once, as it is no meter's. */
void app_tell_dropping(struct app *app);

#endif
