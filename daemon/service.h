/* What systemd is told: ready, status, reloading, stopping, and that the loop still turns.
 *
 * Everything here is silent when the program was not started by systemd.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include "loop.h"

struct service {
	struct timer watchdog;
	char status[256];
};

/* Feeds the watchdog from the loop's own timer, twice per WATCHDOG_USEC, so that a stuck handler is
 * seen. 0 or a negative errno. */
int service_init(struct service *service, struct loop *loop);
void service_fini(struct service *service);

void service_ready(struct service *service);
void service_reloading(struct service *service); /* until the next service_ready() */
void service_stopping(struct service *service);

/* One sentence for `systemctl status`; sent when it differs from the last. */
void service_status(struct service *service, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
