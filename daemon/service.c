#include "service.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

static void feed_watchdog(struct timer *timer)
{
	(void)timer;
	sd_notify(0, "WATCHDOG=1");
}

int service_init(struct service *service, struct loop *loop)
{
	uint64_t usec;
	uint64_t ms;
	int rc;

	*service = (struct service){ 0 };
	if (sd_watchdog_enabled(0, &usec) <= 0)
		return 0;
	rc = timer_init(&service->watchdog, loop, feed_watchdog);
	if (rc < 0)
		return rc;
	ms = usec / 2000;
	timer_start(&service->watchdog, 0, ms > 0 ? ms : 1);
	return 0;
}

void service_fini(struct service *service)
{
	timer_fini(&service->watchdog);
}

void service_ready(struct service *service)
{
	(void)service;
	sd_notify(0, "READY=1");
}

void service_reloading(struct service *service)
{
	(void)service;
	sd_notify(0, "RELOADING=1");
}

void service_stopping(struct service *service)
{
	(void)service;
	sd_notify(0, "STOPPING=1\nSTATUS=stopping");
}

void service_status(struct service *service, const char *format, ...)
{
	char status[sizeof(service->status)];
	va_list args;

	va_start(args, format);
	vsnprintf(status, sizeof(status), format, args);
	va_end(args);
	if (strcmp(status, service->status) == 0)
		return;
	memcpy(service->status, status, sizeof(status));
	sd_notifyf(0, "STATUS=%s", status);
}
