#include "service.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "log.h"
#include "monotonic.h"
#include "utf8.h"

#define GOODBYE_US \
	5000000 /* a stop takes 2 s; more is for a machine that is very busy going down */

static bool may_feed(struct service *service)
{
	uint64_t stalled_ms = service->stalled_ms ? service->stalled_ms(service->user) : 0;
	bool starved = stalled_ms > SERVICE_STALL_PERIODS * service->period_ms;

	if (starved && !service->starved)
		log_error("service: the broker's thread has hung for %" PRIu64 " s, so that the "
		          "watchdog is fed no more: systemd will restart the daemon",
		          stalled_ms / 1000);
	service->starved = starved;
	return !starved;
}

static void feed_watchdog(struct timer *timer)
{
	if (may_feed(container_of(timer, struct service, watchdog)))
		sd_notify(0, "WATCHDOG=1");
}

void service_init(struct service *service, struct loop *loop)
{
	uint64_t usec;
	uint64_t ms;

	*service = (struct service){ 0 };
	service_status(service, "starting");
	if (sd_watchdog_enabled(0, &usec) <= 0)
		return;
	timer_init(&service->watchdog, loop, feed_watchdog);
	service->period_ms = usec / 1000;
	ms = usec / 2000;
	timer_start(&service->watchdog, 0, ms > 0 ? ms : 1);
}

void service_fini(struct service *service)
{
	timer_fini(&service->watchdog);
}

void service_watch(struct service *service, uint64_t (*stalled_ms)(void *user), void *user)
{
	service->stalled_ms = stalled_ms;
	service->user = user;
}

void service_ready(struct service *service)
{
	(void)service;
	sd_notify(0, "READY=1");
}

/* The time is what units of Type=notify-reload want to know. */
void service_reloading(struct service *service)
{
	(void)service;
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, monotonic_ns() / 1000);
}

void service_stopping(struct service *service)
{
	(void)service;
	sd_notifyf(0, "STOPPING=1\nEXTEND_TIMEOUT_USEC=%d\nSTATUS=stopping", GOODBYE_US);
}

static void send_status(struct service *service)
{
	char status[sizeof(service->sent)];

	snprintf(status, sizeof(status), "%s%s%s", service->sentence,
	         service->remark[0] ? "; " : "", service->remark);
	utf8_make_line(status); /* a line break would begin another assignment */
	if (strcmp(status, service->sent) == 0)
		return;
	memcpy(service->sent, status, sizeof(status));
	sd_notifyf(0, "STATUS=%s", status);
}

void service_status(struct service *service, const char *sentence)
{
	snprintf(service->sentence, sizeof(service->sentence), "%s", sentence);
	send_status(service);
}

void service_remark(struct service *service, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(service->remark, sizeof(service->remark), format, args);
	va_end(args);
	send_status(service);
}

void service_failed(int error, const char *format, ...)
{
	char status[SERVICE_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(status, sizeof(status), format, args);
	va_end(args);
	utf8_make_line(status);
	if (error > 0)
		sd_notifyf(0, "STATUS=%s\nERRNO=%d", status, error);
	else
		sd_notifyf(0, "STATUS=%s", status);
}
