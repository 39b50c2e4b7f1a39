/* The event loop: epoll sources, timers (all on one timerfd), signals (signalfd).
 *
 * One thread. A wait brings a few events at a time, so that many ports at once cost few waits; a handler may remove any
 * source and any timer, its own too: what waits for a source is forgotten when that is removed or watched for something
 * else. Handlers neither block nor sleep. Knows nothing of what the descriptors are for.
 */
#ifndef LOOP_H
#define LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#define LOOP_EVENTS 64 /* of one wait */

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* Embedded in its owner, which outlives its stay in the loop. */
struct source {
	int fd;
	void (*ready)(struct source *src, uint32_t events); /* events: EPOLLIN … */
};

struct timer;

struct loop {
	int fd;
	int clock; /* the timerfd, and when it will be ready; UINT64_MAX: never */
	uint64_t expires_ns;
	struct timer
		*first; /* the timer that is due first; all others that are pending are below it */
	uint64_t fired_ns; /* all that were due then have fired */
	bool overslept;    /* sources have had their turn before the timers */
	bool running;
	struct epoll_event
		events[LOOP_EVENTS]; /* of this wait: those from `next` on wait for their turn */
	int next, count;
	void (*settled)(void *user); /* after the handlers, before the next wait; may be NULL */
	void *user;
};

/* 0 or a negative errno; loop_fini accepts a loop that was never opened (fd -1). */
int loop_init(struct loop *loop);
void loop_fini(struct loop *loop);

/* Watches src->fd for events (EPOLLIN …); 0 or a negative errno. */
int loop_add(struct loop *loop, struct source *src, uint32_t events);
/* Watches for these events from now on: 0 is hangup and error alone. */
void loop_watch(struct loop *loop, struct source *src, uint32_t events);
void loop_remove(struct loop *loop, struct source *src);

/* Handles events until loop_stop(); 0, or a negative errno when the wait itself failed. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Milliseconds of the monotonic clock; never 0. */
uint64_t loop_now_ms(void);

/* Nanoseconds of the same clock, and what loop_now_ms() makes of them. */
uint64_t loop_now_ns(void);
uint64_t loop_ms(uint64_t ns);

/* A timer fires once, at the earliest delay_ms after timer_start(), or periodically. Of periods that were missed,
 * as the machine was busy or asleep, it makes up for one. */
struct timer {
	struct loop *loop;
	void (*fired)(struct timer *timer);
	uint64_t due_ns;    /* of loop_now_ns(); 0: not pending */
	uint64_t period_ns; /* 0: once */
	/* In the heap, see loop.c; of the first timer next and before mean nothing. */
	uint64_t place_ns; /* where it stands: due_ns, or before that when it was put off */
	struct timer *child, *next, *before;
};

/* Nothing is taken from the system for a timer, however many there are: it cannot fail. */
void timer_init(struct timer *timer, struct loop *loop, void (*fired)(struct timer *timer));
void timer_fini(struct timer *timer); /* accepts a timer that was zeroed and never initialised */
/* (Re)starts; delay_ms 0 fires as soon as possible; period_ms 0 means once. */
void timer_start(struct timer *timer, uint64_t delay_ms, uint64_t period_ms);
/* Fires once, at that time of loop_now_ns(), at once when it has passed. */
void timer_start_at(struct timer *timer, uint64_t ns);
void timer_stop(struct timer *timer); /* accepts one that was zeroed */

/* Signals of the set are blocked and delivered to received() instead. */
struct signals {
	struct source source;
	struct loop *loop;
	void (*received)(struct signals *signals, int signo);
};

int signals_init(struct signals *signals, struct loop *loop, const sigset_t *set,
                 void (*received)(struct signals *signals, int signo));
void signals_fini(struct signals *signals);

#endif
