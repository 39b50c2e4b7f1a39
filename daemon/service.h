/* What systemd is told: ready, status, reloading, stopping, failed, and that the daemon still works.
 *
 * Everything here is silent when the program was not started by systemd.
 *
 * The watchdog sees what a restart cures. It is fed by a timer of the loop, thus
 * - a handler that does not return, or a lock that is not given back, stops the food;
 * - so does a source that lets no other have its turn. (It cannot: the loop takes one event per wait, and
 *   epoll serves in turns; a flood on a port costs time, not turns. Such a flood is bad input, which is
 *   no reason to end, so a loop that is merely never idle goes on being fed.)
 * - Another thread that works for the loop may hang for long without harm, in a name lookup for example, while
 *   meters are read on. The food stops when it has not moved for SERVICE_STALL_PERIODS periods.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include "loop.h"

#define SERVICE_TEXT          768 /* of a sentence, and of a remark */
#define SERVICE_STALL_PERIODS 30  /* 15 minutes at the unit's 30 s */

struct service {
	struct timer watchdog;
	uint64_t period_ms; /* of the watchdog; 0: there is none */
	uint64_t (*stalled_ms)(void *user);
	void *user;
	bool starved; /* on purpose, as the other thread hangs */
	char sentence[SERVICE_TEXT];
	char remark[SERVICE_TEXT];
	char sent[2 * SERVICE_TEXT + 1]; /* the status that systemd has */
};

/* Says "starting", and feeds the watchdog twice per WATCHDOG_USEC. */
void service_init(struct service *service, struct loop *loop);
void service_fini(struct service *service);

/* Since when the other thread has not moved, in milliseconds; asked before each feeding. */
void service_watch(struct service *service, uint64_t (*stalled_ms)(void *user), void *user);

void service_ready(struct service *service);
void service_reloading(struct service *service); /* until the next service_ready() */
void service_stopping(struct service *service);  /* asks for the time that a goodbye takes */

/* One sentence for `systemctl status`; sent when it differs from the last. Controls in it become "?". */
void service_status(struct service *service, const char *sentence);

/* What stands behind every sentence from now on, such as that a reload was refused; "" for nothing. */
void service_remark(struct service *service, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The last word of a program that ends: what systemd shows of the unit until its next start. error is a positive
 * errno, or 0 where none fits. Needs no service_init(). */
void service_failed(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
